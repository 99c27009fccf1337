"""A report that was kept is read again as it was, and what is none is told from it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from driftmgr.app.stored_report import decode_report, read_report
from driftmgr.cli.render import FORMATS, renderer_of
from driftmgr.cli.render.json import render
from driftmgr.drift.secrets import masked
from driftmgr.model import DriftMgrError, DriftReport
from fuzz.reports import REPORTS, mutations

GOLDEN = Path(__file__).parents[1] / "flows/golden/report.json"
PLAIN = json.loads(GOLDEN.read_text())


def refusal(document: Any) -> str:
    """What is said about a document that is no report."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(DriftMgrError) as caught:
        decode_report(content, "kept.json")
    assert caught.value.hint
    assert caught.value.message.startswith("kept.json")
    return caught.value.message


def told_of(document: bytes) -> DriftReport | DriftMgrError:
    """The report of a document, or what is said about it."""
    try:
        return decode_report(document, "kept.json")
    except DriftMgrError as error:
        return error


@given(REPORTS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_kept_report_is_rendered_as_the_first_was(found: DriftReport) -> None:
    """JSON, read and written again, is the same JSON to the byte, and every other format tells the same."""
    found = masked(found)
    text = render(found, show_suppressed=True)
    again = decode_report(text.encode(), "kept.json")
    assert render(again, show_suppressed=True) == text
    for name in FORMATS:
        options = {"show_suppressed": True, "color": False}
        assert renderer_of(name)(again, **options) == renderer_of(name)(found, **options)


@given(mutations())
@settings(max_examples=150, deadline=None)
def test_whatever_a_file_holds_there_is_one_message(document: bytes) -> None:
    """A broken or hostile file is refused with a message, or it is a report that every format can tell."""
    found = told_of(document)
    if isinstance(found, DriftMgrError):
        assert found.hint
    else:
        assert all(renderer_of(name)(found, show_suppressed=True) for name in FORMATS)


def test_members_of_a_later_version_are_left_alone() -> None:
    """What this version does not know is no reason to refuse a report, at any depth."""
    later = {**PLAIN, "new": [1], "scan": {**PLAIN["scan"], "new": {}}}
    later["drifts"] = [{**drift, "new": None} for drift in PLAIN["drifts"]]
    assert len(decode_report(json.dumps(later).encode(), "kept.json").drifts) == len(PLAIN["drifts"])


def test_secrets_of_an_older_version_are_masked() -> None:
    """A report that was kept before the rule for secrets is read without them."""
    token = "ghp_" + "a1B2" * 9
    drift = {**PLAIN["drifts"][0], "changes": [{"path": "description", "recorded": token, "observed": "x"}]}
    found = decode_report(json.dumps({**PLAIN, "drifts": [drift]}).encode(), "kept.json")
    assert token not in render(found)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (b"", "kept.json:1: broken JSON"),
        (b'{"schema_version": 1,\n"scan": }', "kept.json:2: broken JSON"),
        (b"\xff\xfe", "broken JSON"),
        ([], "no report of driftmgr"),
        ({"version": 4, "resources": []}, "no report of driftmgr"),
        ({**PLAIN, "schema_version": 2}, "written by a newer driftmgr (schema_version 2; this one reads 1)"),
        ({**PLAIN, "schema_version": 0}, "schema_version 0 is none of a report"),
        ({**PLAIN, "schema_version": True}, "schema_version True is none of a report"),
        ({"schema_version": 1, "scan": {}, "objects": []}, "an inventory of driftmgr discover"),
        ({**PLAIN, "drifts": [{}]}, "missing required field `kind` - at `$.drifts[0]`"),
        (
            {**PLAIN, "gaps": [{**PLAIN["gaps"][0], "reason": "bored"}]},
            "Invalid enum value 'bored' - at `$.gaps[0].reason`",
        ),
        ({**PLAIN, "summary": {**PLAIN["summary"], "managed": 10**400}}, "a count or time is out of range"),
        ({**PLAIN, "summary": {**PLAIN["summary"], "gaps": -1}}, "a count or time is out of range"),
        (json.dumps(PLAIN).replace("null", "[" * 200 + "]" * 200).encode(), "nested too deeply"),
        (b'{"schema_version": 1, "scan": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_report_is_said_clearly(document: Any, said: str) -> None:
    """Broken, foreign, newer and hostile files each get the message that fits, with the line where there is one."""
    assert said in refusal(document)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The message names the file and what the system says."""
    with pytest.raises(DriftMgrError, match="No such file"):
        read_report(tmp_path / "none.json")
    with pytest.raises(DriftMgrError, match="cannot be read"):
        read_report(tmp_path)
