"""The catalog of DigitalOcean against what the real provider recorded: silent after apply, exact after each change."""

from collections.abc import Callable
from typing import Any

import pytest

from digitalocean import recordings
from digitalocean.changes import CHANGES
from digitalocean.changes.words import Row
from digitalocean.cloud import Cloud
from digitalocean.fixtures import Recorded
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.catalog import catalog_of
from driftmgr.model import DriftReport

CATALOG = catalog_of("digitalocean")


def scan(pair: Recorded, **asked: Any) -> DriftReport:
    """The report about a recorded pair."""
    return app.scan(ScanRequest(sources=(str(pair.state),), **asked))


def rows(report: DriftReport) -> set[Row]:
    """What is reported, a row for each attribute."""
    found: set[Row] = set()
    for drift in report.drifts:
        who = (drift.address or drift.type).removeprefix("digitalocean_")
        names = {change.path.partition("[")[0].partition(".")[0] for change in drift.changes}
        found |= {(drift.kind, who, name) for name in names or {""}}
    return found


@pytest.mark.parametrize("family", recordings.families())
def test_a_clean_apply_is_silent(recorded_pair: Callable[[str], Recorded], family: str) -> None:
    """Nothing is reported of what Terraform just made, and all that has an entry is in sync."""
    report = scan(recorded_pair(family))
    assert not report.drifts
    assert {gap.reason for gap in report.gaps} <= {"unsupported"}
    assert report.summary.in_sync == report.summary.managed - sum(gap.instances for gap in report.gaps)
    assert report.summary.managed > 0


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_reported_exactly(recorded_pair: Callable[[str], Recorded], name: str) -> None:
    """The report after a change behind Terraform's back has the rows of that change and no other."""
    family, change, expected = CHANGES[name]
    pair = recorded_pair(family)
    change(pair.cloud)
    assert rows(scan(pair)) == expected


def test_a_part_of_the_api_that_is_down_costs_its_own_gaps(recorded: Callable[[str], Recorded]) -> None:
    """What cannot be listed gets no verdict and is never missing; the rest is whole."""
    pair = recorded("volumes")
    pair.cloud.refusals["/v2/volumes"] = 403
    report = scan(pair)
    assert not report.drifts
    assert {(gap.type, gap.reason) for gap in report.gaps} == {
        ("digitalocean_volume", "denied"),
        ("digitalocean_volume_attachment", "denied"),
    }
    assert report.summary.unverified == 5
    assert report.summary.in_sync == report.summary.managed - 5


def test_calls_grow_with_pages(digitalocean_cloud: Cloud, tmp_path: Any) -> None:
    """450 volumes cost two calls more than none."""
    state = tmp_path / "terraform.tfstate"
    state.write_text('{"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "l", "resources": []}')

    def calls() -> int:
        request = ScanRequest(sources=(str(state),), clouds=("digitalocean",))
        return app.scan(request).scan.api_calls

    before = calls()
    for number in range(450):
        digitalocean_cloud.create("/v2/volumes", name=f"volume-{number}", region="nyc3", size_gigabytes=1)
    assert calls() == before + 2


def test_tags_are_listed_where_a_state_has_some_or_somebody_asks(recorded: Callable[[str], Recorded]) -> None:
    """Tags come into being with use, so that none is ever a finding by itself; what asks for them costs a call."""
    pair = recorded("vpcs")
    pair.cloud.create("/v2/tags", name="by-hand")

    def asked(**options: Any) -> tuple[int, set[Row]]:
        pair.cloud.requests.clear()
        found = rows(scan(pair, **options))
        return sum(path.startswith("/v2/tags") for _, path in pair.cloud.requests), found

    assert asked() == (0, set())
    assert asked(types=("digitalocean_tag",)) == (1, set())
    number, found = asked(include_defaults=True)
    assert number == 1
    assert ("unmanaged", "tag", "") in found


@pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.name)
def test_every_configurable_attribute_is_mapped_or_said_to_be_unreadable(entry: Any) -> None:
    """No attribute that HCL can set is passed over in silence, and none is made up."""
    block = CATALOG.schemas[entry.name].block
    configurable = {name for name, attribute in block.attributes.items() if attribute.configurable}
    told = {*entry.attributes, *entry.unreadable}
    assert configurable | block.block_types.keys() <= told | {"id", "timeouts"}
    assert told <= {*block.attributes, *block.block_types}
    assert not entry.attributes.keys() & entry.unreadable.keys()
    assert all(parent.type in CATALOG for parent in entry.parents)
