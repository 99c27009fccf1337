"""Many scans: at once they share limits and answers; one after the other they leave nothing behind."""

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import REGION
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.app.reading import call_cache
from driftmgr.clouds.aws import limits
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.runtime.guard import Endpoint
from driftmgr.telemetry import metrics
from faults.conftest import Estate
from faults.estate import findings
from faults.proxy import first_of, no_fault, throttle


def request(drifted: Estate, **more: Any) -> ScanRequest:
    """A scan of the estate."""
    return ScanRequest(sources=(str(drifted.state),), regions=(REGION,), **more)


def open_files() -> int:
    """Files, sockets and pipes of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_fifty_scans_at_once_agree_and_share(drifted: Estate) -> None:
    """Fifty scans in one process find the same; what they ask is asked once, and all draw from the same buckets."""
    call_cache.cache_clear()
    proxy = drifted.through(no_fault)
    wanted = request(drifted, cache_ttl=600.0)
    with ThreadPoolExecutor(50) as pool:
        reports = list(pool.map(app.scan, [wanted] * 50))
    truth = findings(drifted.truth)
    assert all(findings(report) == truth for report in reports)
    # One for the identity of each; of the rest, what one scan costs.
    asked = sum(one.service != "sts" for one in proxy.requests)
    assert asked <= drifted.truth.scan.api_calls
    assert sum(thread.name == "aws" for thread in threading.enumerate()) <= limits.IN_FLIGHT_PER_PROCESS
    shared = call_cache(600.0)
    assert shared.misses / (shared.hits + shared.shared + shared.misses) <= 0.2


def test_throttling_met_by_one_scan_slows_the_others(drifted: Estate) -> None:
    """What one scan learns about an endpoint's limit, all scans of the process know."""
    endpoint = Endpoint(provider="aws", account="123456789012", region=REGION, service="sqs")
    drifted.through(first_of("sqs", throttle))
    app.scan(request(drifted, types=("aws_sqs_queue",)))
    slowed = shared_guard().bucket(endpoint, "sqs.list_queues").rate
    assert slowed < limits.LIMITS["sqs"].limit.rate


def test_a_repeated_scan_is_answered_from_memory(drifted: Estate) -> None:
    """Of a workload that scans the same estate ten times, at least 80 % of what is asked is answered by the caches."""
    call_cache.cache_clear()
    drifted.through(no_fault)
    metrics.disable()
    recorder = metrics.enable()
    try:
        for _ in range(10):
            assert findings(app.scan(request(drifted, cache_ttl=600.0))) == findings(drifted.truth)
        counts: dict[str, float] = {}
        for metric in recorder.registry.collect():
            for sample in metric.samples:
                if sample.name == "driftmgr_cache_requests_total" and sample.labels["cache"] == "shards":
                    counts[sample.labels["outcome"]] = sample.value
    finally:
        metrics.disable()
    assert counts["hit"] / (counts["hit"] + counts["miss"]) >= 0.8


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts files by /proc")
def test_scans_leave_no_file_thread_or_task_behind(drifted: Estate) -> None:
    """After the first few scans, ten more keep no file, socket or thread open."""
    drifted.through(no_fault)
    wanted = request(drifted, types=("aws_sqs_queue", "aws_ssm_parameter"))
    for _ in range(3):
        app.scan(wanted)
    gc.collect()
    files, threads = open_files(), threading.active_count()
    for _ in range(10):
        app.scan(wanted)
    gc.collect()
    assert open_files() <= files
    # The shared pools may still have grown to their sizes, which other tests bound.
    assert threading.active_count() - threads <= limits.IN_FLIGHT_PER_PROCESS
