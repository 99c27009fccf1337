"""Any one call of a scan may be refused: that costs verdicts, each told by a gap, and never makes a finding."""

import itertools
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from digitalocean import recordings
from digitalocean.cloud import Cloud
from digitalocean.fixtures import Recorded
from digitalocean.test_agreement import rows, scan
from driftmgr.clouds.digitalocean.api import shared_guard

ABSENT = {"/v2/databases/{}/online-migration", "/v2/databases/{}/autoscale", "/v2/databases/{}/logsink"}
"""Answer 404 where there is none; https://docs.digitalocean.com/reference/api/digitalocean/#tag/Databases"""
_ID = re.compile(r"/(?:[0-9a-f]{8}-[0-9a-f-]+|\d+)(?=/|$)")


def telling(cloud: Cloud) -> dict[str, str]:
    """By their shape, one of the paths each that were asked and that told of something."""
    told: dict[str, str] = {}
    for method, asked in cloud.requests:
        parts = urlsplit(asked)
        body: Any = cloud.answer(method, parts.path, query=dict(parse_qsl(parts.query))).body
        held = [value for name, value in body.items() if name not in {"links", "meta"}]
        if parts.path != "/v2/account" and any(isinstance(value, list | dict) and value for value in held):
            told.setdefault(_ID.sub("/{}", parts.path), parts.path)
    return told


@pytest.mark.parametrize("family", recordings.families())
def test_a_refused_call_makes_no_finding(
    recorded_pair: Callable[[str], Recorded], family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a clean apply there is none, whichever list, part of an object or child list cannot be read."""
    monkeypatch.setenv("DRIFTMGR_BREAKER_DIGITALOCEAN", "1000/1")
    pair = recorded_pair(family)
    whole = scan(pair)
    paths = telling(pair.cloud)
    assert paths
    for status, (shape, path) in zip(itertools.cycle((403, 404)), paths.items(), strict=False):
        pair.cloud.refusals = {f"{path}$": 403 if shape in ABSENT else status}
        shared_guard.cache_clear()
        report = scan(pair)
        assert not rows(report), path
        assert report.summary.managed == whole.summary.managed, path
        assert report.summary.in_sync + report.summary.unverified == report.summary.managed, path
        if report.summary.in_sync < whole.summary.in_sync:
            assert set(report.gaps) - set(whole.gaps), path
