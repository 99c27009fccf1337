"""The values: exact attributes, tags, scopes and the exit code of a report."""

from decimal import Decimal

import msgspec
import pytest

from driftmgr.model import (
    Acceptance,
    AcceptedObject,
    Baseline,
    Drift,
    DriftMgrError,
    DriftReport,
    Gap,
    RemoteObject,
    ResourceInstance,
    ScanRecord,
    Scope,
    Summary,
    decode_attributes,
)

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")


def test_numbers_keep_their_digits() -> None:
    """Integers of any size and fractions of any precision are decoded exactly."""
    decoded = decode_attributes(b'{"big": 123456789012345678901234567890, "fine": 0.1234567890123456789012345}')
    assert decoded == {"big": 123456789012345678901234567890, "fine": Decimal("0.1234567890123456789012345")}


def test_an_instance_of_plain_attributes_reads_as_one_of_a_state() -> None:
    """An instance made in code has the type of its address and gives its attributes back, decimals too."""
    instance = ResourceInstance.of("aws_vpc.x[0]", {"a": Decimal("1.50"), "b": [1]}, source="s")
    assert (instance.type, instance.source, instance.attributes) == ("aws_vpc", "s", {"a": Decimal("1.5"), "b": [1]})


@pytest.mark.parametrize(
    ("attributes", "tags"),
    [
        ({"tags_all": {"a": "1"}, "tags": {}}, {"a": "1"}),
        ({"tags": {"b": "2"}}, {"b": "2"}),
        ({"tags": None}, {}),
        ({}, {}),
    ],
)
def test_tags_are_those_of_all(attributes: dict[str, object], tags: dict[str, str]) -> None:
    """An object's tags are all of them, empty where its type has none."""
    assert RemoteObject(type="t", id="i", scope=HERE, attributes=attributes).tags == tags


def test_scopes_print_and_sort() -> None:
    """A scope without a region is global; scopes have an order."""
    everywhere = Scope(cloud="aws", account="111122223333")
    assert (str(HERE), str(everywhere)) == ("aws/111122223333/eu-central-1", "aws/111122223333/global")
    assert Scope(cloud="aws", account="1") < Scope(cloud="aws", account="2")


def test_values_cannot_be_changed() -> None:
    """A value is frozen: a change makes a new one."""
    with pytest.raises(AttributeError):
        HERE.region = "x"  # type: ignore[misc]
    assert msgspec.structs.replace(HERE, region="x").region == "x"
    assert HERE.region == "eu-central-1"


def test_an_error_for_people_has_a_message_and_a_hint() -> None:
    """The one exception for users carries both and prints as its message."""
    error = DriftMgrError("what", hint="how")
    assert (str(error), error.message, error.hint) == ("what", "what", "how")


def test_the_exit_code_is_that_of_findings_then_of_open_gaps() -> None:
    """2 with any finding, 3 with a gap that nobody accepted, else 0."""
    scan = ScanRecord(
        id="1",
        started_at="",
        finished_at="",
        mode="deep",
        engine="catalog",
        sources=(),
        scopes=(),
        api_calls=0,
        seconds=0.0,
    )
    summary = Summary(managed=0, in_sync=0, changed=0, missing=0, unmanaged=0)
    gap = Gap(type="t", operation="o", reason="denied", message="m")
    drift = Drift(kind="missing", type="t", id="i", scope=HERE, severity="low")
    report = DriftReport(scan=scan, summary=summary)
    assert report.exit_code == 0
    with_gap = msgspec.structs.replace(report, gaps=(gap,))
    assert with_gap.exit_code == 3
    assert msgspec.structs.replace(with_gap, accepted_gaps=("unsupported",)).exit_code == 3
    assert msgspec.structs.replace(with_gap, accepted_gaps=("denied",)).exit_code == 0
    assert msgspec.structs.replace(with_gap, drifts=(drift,)).exit_code == 2
    for outcome, code in (("interrupted", 130), ("terminated", 143)):
        stopped = msgspec.structs.replace(report.scan, outcome=outcome)
        assert msgspec.structs.replace(with_gap, scan=stopped).exit_code == code


def test_accepted_attributes_are_kept_exactly() -> None:
    """Big integers, fractions and null come back as they were; the latest act of a baseline is its last."""
    attributes = {"size": 10**30, "share": Decimal("0.1"), "none": None, "blocks": [{"a": "ä"}]}
    scope = Scope(cloud="aws", account="1")
    found = AcceptedObject.of(attributes, type="aws_x", id="x", scope=scope)
    assert found.attributes == attributes
    acts = tuple(Acceptance(serial=serial, at="2026-11-25T12:00:00Z", by="ada") for serial in (1, 2))
    assert Baseline(objects=(found,), acceptances=acts).latest.serial == 2
