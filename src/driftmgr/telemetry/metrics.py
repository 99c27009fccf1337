"""Metrics, from one table. Until ``enable`` is called they cost a comparison, and prometheus-client is not imported."""

import shutil
import threading
from pathlib import Path
from typing import Any, Literal

import msgspec

SERIES_PER_INSTRUMENT = 2_000
"""Label combinations an instrument keeps apart; what comes later is counted under ``other``."""


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: its name (a counter's without ``_total``), what it measures, and its labels."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()


_ENDPOINT = ("provider", "account", "region", "service")

REQUESTS = Instrument(
    name="driftmgr_api_requests",
    kind="counter",
    help="Requests sent, by how they ended.",
    labels=(*_ENDPOINT, "outcome"),
)
REQUEST_SECONDS = Instrument(
    name="driftmgr_api_request_seconds",
    kind="histogram",
    help="Time from sending a request to its end.",
    labels=("provider", "service"),
)
RETRIES = Instrument(
    name="driftmgr_api_retries", kind="counter", help="Requests that were sent again.", labels=(*_ENDPOINT, "reason")
)
RETRIES_REFUSED = Instrument(
    name="driftmgr_api_retries_refused",
    kind="counter",
    help="Retries that the budget of an endpoint refused.",
    labels=(*_ENDPOINT, "reason"),
)
BREAKER_STATE = Instrument(
    name="driftmgr_breaker_state", kind="gauge", help="0 closed, 1 half-open, 2 open.", labels=_ENDPOINT
)
BREAKER_CHANGES = Instrument(
    name="driftmgr_breaker_changes", kind="counter", help="Changes of a breaker's state.", labels=(*_ENDPOINT, "to")
)
LIMITER_RATE = Instrument(
    name="driftmgr_limiter_rate",
    kind="gauge",
    help="Requests per second that an endpoint was last slowed down to.",
    labels=_ENDPOINT,
)
LIMITER_WAIT = Instrument(
    name="driftmgr_limiter_wait_seconds",
    kind="histogram",
    help="Time a request waited for its token.",
    labels=("provider", "service"),
)
CACHE = Instrument(
    name="driftmgr_cache_requests",
    kind="counter",
    help="Answers asked of a cache: hit, miss, or shared with a request under way.",
    labels=("cache", "outcome"),
)
SCANS = Instrument(name="driftmgr_scans", kind="counter", help="Scans, by how they ended.", labels=("outcome",))
SCAN_SECONDS = Instrument(name="driftmgr_scan_seconds", kind="histogram", help="Time of a whole scan.")
RESOURCES = Instrument(
    name="driftmgr_resources_discovered", kind="counter", help="Objects of the cloud that scans met.", labels=("type",)
)
DRIFTS = Instrument(
    name="driftmgr_drifts_found", kind="counter", help="Findings of scans.", labels=("kind", "severity")
)
GAPS = Instrument(name="driftmgr_gaps", kind="counter", help="Gaps of scans.", labels=("reason",))
DISK_FREE = Instrument(
    name="driftmgr_disk_free_bytes", kind="gauge", help="Free bytes where the cache lies.", labels=("directory",)
)

INSTRUMENTS = (
    REQUESTS,
    REQUEST_SECONDS,
    RETRIES,
    RETRIES_REFUSED,
    BREAKER_STATE,
    BREAKER_CHANGES,
    LIMITER_RATE,
    LIMITER_WAIT,
    CACHE,
    SCANS,
    SCAN_SECONDS,
    RESOURCES,
    DRIFTS,
    GAPS,
    DISK_FREE,
)
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)


class Recorder:
    """The metrics of a process, in a registry of prometheus-client; CPU, memory and files of the process among them."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: PLC0415  # only when on
        from prometheus_client.process_collector import ProcessCollector  # noqa: PLC0415

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._lock = threading.Lock()
        self._series: dict[str, set[tuple[str, ...]]] = {one.name: set() for one in INSTRUMENTS}
        self._metrics: dict[str, Any] = {}
        for one in INSTRUMENTS:
            kind: Any = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}[one.kind]
            more = {"buckets": _BUCKETS} if one.kind == "histogram" else {}
            self._metrics[one.name] = kind(one.name, one.help, one.labels, registry=self.registry, **more)

    def child(self, instrument: Instrument, labels: dict[str, str]) -> Any:
        """The series of these labels; raises ``ValueError`` if they are not those of the table."""
        if labels.keys() != set(instrument.labels):
            raise ValueError(f"{instrument.name} has the labels {instrument.labels}, not {tuple(labels)}")
        metric = self._metrics[instrument.name]
        if not labels:
            return metric
        values = tuple(labels[name] for name in instrument.labels)
        with self._lock:
            known = self._series[instrument.name]
            if values not in known and len(known) >= SERIES_PER_INSTRUMENT:
                values = ("other",) * len(values)
            known.add(values)
        return metric.labels(*values)

    def serve(self, port: int, address: str = "127.0.0.1") -> int:
        """Answer scrapes on a port until the process ends (0: a free one); gives the port. Raises ``OSError``."""
        from prometheus_client import start_http_server  # noqa: PLC0415

        server, _ = start_http_server(port, addr=address, registry=self.registry)
        return int(server.server_address[1])

    def write(self, path: Path) -> None:
        """Write all metrics in one step, for a textfile collector; raises ``OSError``."""
        from prometheus_client import write_to_textfile  # noqa: PLC0415

        write_to_textfile(str(path), self.registry)

    def watch_disk(self, directory: Path) -> None:
        """Tell the free bytes of a directory at each scrape."""
        existing = next(place for place in (directory, *directory.absolute().parents) if place.exists())
        series = self.child(DISK_FREE, {"directory": str(directory)})
        series.set_function(lambda: float(shutil.disk_usage(existing).free))


class _Current:
    """The recorder of the process, once there is one."""

    recorder: Recorder | None = None


def enable() -> Recorder:
    """Start to record; the same recorder however often it is called."""
    if _Current.recorder is None:
        _Current.recorder = Recorder()
    return _Current.recorder


def disable() -> None:
    """Stop to record, and forget what was."""
    _Current.recorder = None


def add(instrument: Instrument, amount: float = 1.0, /, **labels: str) -> None:
    """Count."""
    if _Current.recorder is not None:
        _Current.recorder.child(instrument, labels).inc(amount)


def observe(instrument: Instrument, value: float, /, **labels: str) -> None:
    """Add a measurement to a histogram."""
    if _Current.recorder is not None:
        _Current.recorder.child(instrument, labels).observe(value)


def set_to(instrument: Instrument, value: float, /, **labels: str) -> None:
    """Set a gauge."""
    if _Current.recorder is not None:
        _Current.recorder.child(instrument, labels).set(value)
