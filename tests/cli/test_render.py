"""Reports as text: nothing secret, nothing that drives a terminal, the difference in sight."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftmgr.cli.render import json as as_json
from driftmgr.cli.render import markdown, table, words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts, value_text
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap, ScanRecord, Scope, SourceLocation, Summary

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")
HOSTILE = "evil\x1b[2J\u202e\n| `code` | <b>"


def report(*drifts: Drift, gaps: tuple[Gap, ...] = (), **others: Any) -> DriftReport:
    """A report of these findings."""
    scan = ScanRecord(
        id="1",
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:00:01Z",
        mode="deep",
        engine="catalog",
        sources=("a.tfstate",),
        scopes=(HERE,),
        api_calls=1,
        seconds=1.0,
    )
    summary = Summary(managed=5, in_sync=5 - len(drifts), changed=len(drifts), missing=0, unmanaged=0, gaps=len(gaps))
    return DriftReport(scan=scan, summary=summary, drifts=drifts, gaps=gaps, **others)


def changed(*changes: AttributeChange, **others: Any) -> Drift:
    """A changed queue."""
    given_ones = {"kind": "changed", "type": "aws_sqs_queue", "id": "q", "scope": HERE, "severity": "medium"}
    return Drift(**{**given_ones, "address": "aws_sqs_queue.q", **others}, changes=changes)


def test_hostile_text_is_shown_and_does_nothing() -> None:
    """Names and values from the cloud drive no terminal and break out of no Markdown cell."""
    change = AttributeChange(path=f'tags_all["{HOSTILE}"]', recorded=HOSTILE, observed=None)
    gap = Gap(type="aws_vpc", operation="x", reason="denied", message=HOSTILE, scope=HERE)
    found = report(changed(change, id=HOSTILE, name=HOSTILE, parent=HOSTILE), gaps=(gap,))
    for text in (table.render(found), markdown.render(found)):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\\x1b[2J" in text
    rows = [line for line in markdown.render(found).splitlines() if line.startswith("| medium")]
    assert [row.replace("\\|", "").count("|") for row in rows] == [7]


def test_a_change_that_replaces_the_object_says_so() -> None:
    """Every format tells which attributes only a new object can have, and says nothing of the others."""
    found = report(
        changed(
            AttributeChange(path="zone", recorded="a", observed="b", requires_replace=True),
            AttributeChange(path="size", recorded=1, observed=2),
        )
    )
    for text, marked in (
        (table.render(found), '"a" -> "b"  # forces replacement'),
        (markdown.render(found), "`zone` (forces"),
    ):
        assert marked in text
        assert text.count("forces replacement") == 1
    zone, size = json.loads(as_json.render(found))["drifts"][0]["changes"]
    assert zone["requires_replace"] is True
    assert "requires_replace" not in size


def test_a_sensitive_value_is_never_shown() -> None:
    """A change of a sensitive attribute is told by the mask alone."""
    change = AttributeChange(path="value", recorded="(sensitive)", observed="(sensitive)", sensitive=True)
    assert "value: (sensitive) -> (sensitive)" in table.render(report(changed(change)))
    assert json.loads(as_json.render(report(changed(change))))["drifts"][0]["changes"][0]["sensitive"] is True


def test_places_in_the_configuration_are_shown() -> None:
    """File and line of the block, a change that nobody asked for, and what could not be read, in table and Markdown."""
    asked = AttributeChange(path="name", recorded="a", observed="b", intended=True)
    unasked = AttributeChange(path="delay", recorded=1, observed=2, intended=False)
    found = report(changed(asked, unasked, location=SourceLocation(file="live/main.tf", line=7)))
    found = msgspec.structs.replace(found, scan=msgspec.structs.replace(found.scan, notes=("b.tf:3: not HCL",)))
    lines = table.render(found).splitlines()
    assert "  ~ changed   aws_sqs_queue.q  live/main.tf:7" in lines
    assert [line for line in lines if line.endswith("[not set in the configuration]")] == [
        "      delay: 1 -> 2  [not set in the configuration]"
    ]
    assert "Note: b.tf:3: not HCL" in lines
    text = markdown.render(found)
    assert "`aws_sqs_queue.q` at `live/main.tf:7`" in text
    assert "Note: b.tf:3: not HCL" in text
    drift = json.loads(as_json.render(found))["drifts"][0]
    assert (drift["location"], [change["intended"] for change in drift["changes"]]) == (
        {"file": "live/main.tf", "line": 7},
        [True, False],
    )


def test_json_in_a_string_is_shown_as_a_document() -> None:
    """Two policies of other layout differ in sight only where they differ in meaning."""
    before, after = '{"b": [1], "a": 2}', '{"a":2,"b":[3]}'
    assert pair_texts(before, after) == ('{"a": 2, "b": [1]}', '{"a": 2, "b": [3]}')
    assert value_text("{no json") == '"{no json"'


def test_an_element_that_one_side_lacks_shows_what_it_sets() -> None:
    """Of an added or removed element only members with a value are shown."""
    element = {"cidr_blocks": ["0.0.0.0/0"], "description": "", "prefix_list_ids": [], "self": False, "x": None}
    assert pair_texts(None, element) == ("null", '{"cidr_blocks": ["0.0.0.0/0"], "self": false}')


def test_long_values_are_cut_around_their_first_difference() -> None:
    """Of two long values the part that differs stays in sight."""
    same = "x" * 300
    first, second = cut_pair((f"{same}before{same}", f"{same}after{same}"), 60)
    assert "before" in first
    assert "after" in second
    assert max(len(first), len(second)) <= 60


@example("x" * 50, "x" * 60, 30)
@given(st.text(max_size=200), st.text(max_size=200), st.integers(min_value=30, max_value=100))
def test_different_texts_stay_different(first: str, second: str, width: int) -> None:
    """However two different values are cut, they fit and do not look the same."""
    one, other = cut_pair((first, second), width)
    assert max(len(one), len(other)) <= width
    assert (one == other) == (first == second)


@given(st.text())
def test_harmless_text_holds_no_control_character(text: str) -> None:
    """No C0, C1 or reordering character survives, and text without any stays as it is."""
    shown = harmless(text)
    assert not any(ord(sign) < 32 or 0x7F <= ord(sign) <= 0x9F or sign in "\u202a\u202e\u2066" for sign in shown)
    assert shown == text or not text.isprintable()


@pytest.mark.parametrize(
    ("drifts", "gaps", "accepted", "verdict", "code"),
    [
        (0, 0, (), "In sync", 0),
        (0, 1, (), "No drift in what could be looked at", 3),
        (0, 1, ("denied",), "No drift in what could be looked at", 0),
        (1, 0, (), "Drift: 1 changed", 2),
        (1, 1, (), "Drift: 1 changed", 2),
    ],
)
def test_the_verdict_never_says_more_than_was_seen(
    drifts: int, gaps: int, accepted: tuple[str, ...], verdict: str, code: int
) -> None:
    """In sync is said only without any gap, accepted or not; the exit code follows findings, then open gaps."""
    gap = Gap(type="aws_vpc", operation="ec2.describe_vpcs", reason="denied", message="no", scope=HERE)
    found = report(*[changed()] * drifts, gaps=(gap,) * gaps, accepted_gaps=accepted)
    assert (words.verdict(found), found.exit_code) == (verdict, code)
    for text in (table.render(found).splitlines(), markdown.render(found).splitlines()):
        assert verdict in text[0]
        assert any("Incomplete: 1 gap" in line for line in text[:3]) == bool(gaps)
    assert json.loads(as_json.render(found))["complete"] is not bool(gaps)


def test_many_gaps_are_named_in_short() -> None:
    """The notice names the first three kinds of gaps and counts the others; gaps of all types are of instances."""
    gaps = tuple(
        Gap(type=kind, operation="x", reason="denied", message="no", scope=HERE)
        for kind in ("*", "aws_a", "aws_b", "aws_b", "aws_c", "aws_d")
    )
    notice = words.gap_notice(report(gaps=gaps))
    assert notice == "Incomplete: 6 gaps: instances denied, aws_a denied, aws_b denied and 2 more"
