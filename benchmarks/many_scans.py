"""Many scans in one process: fifty at once against one, the same again and again, many in a loop; and telemetry.

.venv/bin/python benchmarks/many_scans.py 1000     the loop alone, with this many scans
"""

import gc
import os
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from figures import Figure

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from conformance.emulator import REGION, Emulator, cleared_names
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.app.reading import call_cache
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.telemetry import logs, metrics, traces
from driftmgr.telemetry.logs import Logger
from faults.estate import build

_log = Logger("benchmark")

AT_ONCE = 50
LOOP = 100
AGAIN, HIT_RATE = 10, 0.8
TIMES, OFF_SHARE = 10_000, 0.01
WARM_UP = 20
# What may come on top in a loop: allocator noise, in kibibytes per scan.
_KIB_PER_SCAN = 8.0


def measure() -> Iterator[Figure]:
    """All figures of this page, against an emulator of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        emulator = Emulator(folder / "emulator.log")
        try:
            surround(emulator, folder)
            state = folder / "terraform.tfstate"
            build(emulator, state)
            yield from at_once(state)
            yield again_and_again(state)
            yield telemetry_that_is_off(state)
            yield from in_a_loop(state, LOOP)
        finally:
            emulator.stop()


def surround(emulator: Emulator, folder: Path) -> None:
    """This process sees only the emulator, and keeps its memory in a folder."""
    for variable in cleared_names(os.environ):
        del os.environ[variable]
    os.environ.update(emulator.environment)
    os.environ["DRIFTMGR_CACHE_DIR"] = str(folder / "cache")


def at_once(state: Path) -> Iterator[Figure]:
    """Fifty scans at the same time, with and without shared answers, against one."""
    one = request(state)
    app.scan(one)
    alone, calls = timed([one])
    for ttl, what, most in ((0.0, "each asking for itself", 50.0), (600.0, "sharing answers", 1.2)):
        shared_guard.cache_clear()
        call_cache.cache_clear()
        together, asked = timed([request(state, cache_ttl=ttl)] * AT_ONCE)
        yield Figure(
            what=f"{AT_ONCE} scans at once, {what}, against one",
            value=f"{together / alone:.1f} times the time, {asked / calls:.1f} times the requests",
            target=f"{most:g} times the requests",
            reached=asked / calls <= most,
        )


def again_and_again(state: Path) -> Figure:
    """The same scan ten times within the time that answers may be old: what the caches answer."""
    metrics.disable()
    recorder = metrics.enable()
    counts = {"hit": 0.0, "miss": 0.0}
    try:
        for _ in range(AGAIN):
            app.scan(request(state, cache_ttl=599.0))
        for metric in recorder.registry.collect():
            for sample in metric.samples:
                if sample.name == "driftmgr_cache_requests_total" and sample.labels["cache"] == "shards":
                    counts[sample.labels["outcome"]] = sample.value
    finally:
        metrics.disable()
    rate = counts["hit"] / (counts["hit"] + counts["miss"])
    return Figure(
        what=f"the same scan {AGAIN} times with `--cache-ttl`: answered by the cache",
        value=f"{rate:.0%} of {counts['hit'] + counts['miss']:.0f} shards",
        target=f"{HIT_RATE:.0%}",
        reached=rate >= HIT_RATE,
    )


def telemetry_that_is_off(state: Path) -> Figure:
    """What one request pays for spans, metrics and a debug line that nobody asked for, of its CPU time in a scan."""

    def one_request() -> None:
        with traces.span("driftmgr.call", **{"driftmgr.operation": "x", "cloud.region": "y"}):
            metrics.add(metrics.REQUESTS, outcome="ok", provider="a", account="b", region="c", service="d")
            metrics.observe(metrics.REQUEST_SECONDS, 1.0, provider="a", service="b")
            metrics.observe(metrics.LIMITER_WAIT, 1.0, provider="a", service="b")
            _log.debug("request", operation="x")

    logs.configure("error", "json", None)
    begin = time.process_time()
    calls = app.scan(request(state)).scan.api_calls
    whole = (time.process_time() - begin) / calls
    paid = min(timeit.repeat(one_request, number=TIMES, repeat=5)) / TIMES
    return Figure(
        what="telemetry that is off, of the CPU time of a request",
        value=f"{paid / whole:.2%} ({paid * 1e6:.1f} µs of {whole * 1e3:.1f} ms)",
        target=f"{OFF_SHARE:.0%}",
        reached=paid / whole <= OFF_SHARE,
    )


def in_a_loop(state: Path, scans: int) -> Iterator[Figure]:
    """Scan after scan: memory, files and threads after the last against after a few."""
    wanted = request(state, types=("aws_sqs_queue",))
    for _ in range(WARM_UP):
        app.scan(wanted)
    before = held()
    for _ in range(scans):
        app.scan(wanted)
    after = held()
    memory, files, threads = (late - early for early, late in zip(before, after, strict=True))
    yield Figure(
        what=f"left behind by {scans} scans in a loop",
        value=f"{memory / scans:.1f} KiB of memory per scan, {files} files, {threads} threads",
        target=f"{_KIB_PER_SCAN:g} KiB, 0 files, 0 threads",
        reached=memory / scans <= _KIB_PER_SCAN and files <= 0 and threads <= 0,
    )


def request(state: Path, *, cache_ttl: float = 0.0, types: tuple[str, ...] = ()) -> ScanRequest:
    """A scan of the estate."""
    return ScanRequest(sources=(str(state),), regions=(REGION,), cache_ttl=cache_ttl, types=types)


def timed(requests: list[ScanRequest]) -> tuple[float, int]:
    """Seconds and requests of scans that run at once."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(len(requests)) as pool:
        reports = list(pool.map(app.scan, requests))
    return time.perf_counter() - begin, sum(report.scan.api_calls for report in reports)


def held() -> tuple[float, int, int]:
    """Resident memory in KiB, open files, and threads of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(list(Path("/proc/self/fd").iterdir()))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024, files, threading.active_count()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        LOOP = int(sys.argv[1])
    for figure in measure():
        print(
            f"{figure.what}: {figure.value} (target {figure.target}{'' if figure.reached else ': MISSED'})", flush=True
        )
