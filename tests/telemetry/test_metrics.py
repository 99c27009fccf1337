"""Metrics."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from driftmgr.telemetry import metrics
from driftmgr.telemetry.metrics import INSTRUMENTS, REQUESTS, SCANS, Instrument, Recorder

LABELS = {"provider": "aws", "account": "1", "region": "eu", "service": "sqs", "outcome": "ok"}


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Metrics on, from nothing."""
    metrics.disable()
    yield metrics.enable()
    metrics.disable()


def test_what_is_counted_is_scraped(recorder: Recorder) -> None:
    """Counters, gauges and histograms are answered in the text format, with the process's own CPU and memory."""
    metrics.add(REQUESTS, **LABELS)
    metrics.add(REQUESTS, 2, **LABELS)
    metrics.set_to(metrics.LIMITER_RATE, 7.5, provider="aws", account="1", region="eu", service="sqs")
    metrics.observe(metrics.SCAN_SECONDS, 0.3)
    port = recorder.serve(0)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    labels = 'account="1",outcome="ok",provider="aws",region="eu",service="sqs"'
    assert f"driftmgr_api_requests_total{{{labels}}} 3.0" in text
    assert 'driftmgr_limiter_rate{account="1",provider="aws",region="eu",service="sqs"} 7.5' in text
    assert 'driftmgr_scan_seconds_bucket{le="0.5"} 1.0' in text
    if sys.platform == "linux":
        assert "process_cpu_seconds_total" in text
        assert "process_resident_memory_bytes" in text
        assert "process_open_fds" in text


def test_a_textfile_is_written_whole(recorder: Recorder, tmp_path: Path) -> None:
    """The file for a textfile collector holds all metrics and nothing is left beside it."""
    metrics.add(SCANS, outcome="complete")
    recorder.watch_disk(tmp_path / "not" / "there" / "yet")
    recorder.write(tmp_path / "driftmgr.prom")
    text = (tmp_path / "driftmgr.prom").read_text()
    assert 'driftmgr_scans_total{outcome="complete"} 1.0' in text
    free = next(line for line in text.splitlines() if line.startswith("driftmgr_disk_free_bytes{"))
    assert float(free.split()[-1]) > 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["driftmgr.prom"]


def test_labels_are_those_of_the_table(recorder: Recorder) -> None:
    """A label too few or too many is a defect that shows at once."""
    with pytest.raises(ValueError, match="has the labels"):
        metrics.add(SCANS)
    with pytest.raises(ValueError, match="has the labels"):
        metrics.add(SCANS, outcome="x", user="someone")


def test_series_are_bounded(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values a label takes, an instrument's series do not grow without end, and nothing is uncounted."""
    monkeypatch.setattr(metrics, "SERIES_PER_INSTRUMENT", 10)
    for number in range(100):
        metrics.add(metrics.RESOURCES, type=f"aws_type_{number}")
    samples = {
        sample.labels["type"]: sample.value
        for metric in recorder.registry.collect()
        for sample in metric.samples
        if sample.name == "driftmgr_resources_discovered_total"
    }
    assert len(samples) == 11
    assert samples["other"] == 90


def test_off_records_nothing_and_imports_nothing() -> None:
    """Until it is enabled no metric costs more than a comparison: prometheus-client is not even imported."""
    program = (
        "import sys\nfrom driftmgr.telemetry import metrics\n"
        "metrics.add(metrics.SCANS, outcome='x'); metrics.observe(metrics.SCAN_SECONDS, 1)\n"
        "metrics.set_to(metrics.BREAKER_STATE, 1)\n"
        "print('prometheus_client' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_names_follow_the_conventions(instrument: Instrument) -> None:
    """Names start with driftmgr_, units are base units, and labels never hold what has no bound."""
    assert instrument.name.startswith("driftmgr_")
    assert not instrument.name.endswith(("_ms", "_total", "_percent"))
    assert instrument.kind != "histogram" or instrument.name.endswith("_seconds")
    assert not {"id", "address", "arn", "message", "user", "operation"} & set(instrument.labels)
    assert instrument.help.endswith(".")
