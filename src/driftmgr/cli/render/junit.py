"""The report as JUnit XML, which every CI system shows: a finding is a failed test, a gap one that could not run."""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from driftmgr.cli.render import words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts
from driftmgr.model import AttributeChange, Drift, DriftReport

_WIDTH = 1000
# What XML 1.0 has no character for.
_NO_XML = re.compile("[\ufffe\uffff\ud800-\udfff]")


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """Suites: ``scan`` (did it come to its end), ``drift``, ``gaps``; an accepted gap is a skipped test."""
    root = Element("testsuites", name="driftmgr")
    scan = _suite(root, report, "scan")
    case = SubElement(scan, "testcase", classname="driftmgr.scan", name=_clean(words.coverage(report)))
    if report.scan.outcome != "complete":
        _outcome(case, "error", report.scan.outcome, words.verdict(report), "")
    if report.scan.notes:
        SubElement(case, "system-out").text = "\n".join(map(_clean, report.scan.notes))
    drifts = _suite(root, report, "drift")
    for drift in report.drifts:
        changes = (*drift.changes, *drift.suppressed) if show_suppressed else drift.changes
        _outcome(_case(drifts, drift, report), "failure", drift.severity, _message(drift), _lines(changes))
    for drift in report.ignored if show_suppressed else ():
        _outcome(_case(drifts, drift, report), "skipped", "", f"ignored by {drift.rule}", "")
    gaps = _suite(root, report, "gaps")
    for gap in report.gaps:
        what = f"{gap.type}: {', '.join(gap.attributes)}" if gap.attributes else gap.type
        name = f"{what} {words.place(gap)}: {gap.operation}"
        case = SubElement(gaps, "testcase", classname=_clean(f"driftmgr.gap.{gap.type}"), name=_clean(name))
        if gap.reason in report.accepted_gaps:
            _outcome(case, "skipped", "", f"{gap.reason} (accepted): {gap.message}", "")
        else:
            _outcome(case, "error", gap.reason, f"{gap.reason}: {gap.message}", words.ADVICE[gap.reason])
    _count(root, report)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, report: DriftReport, name: str) -> Element:
    return SubElement(root, "testsuite", name=f"driftmgr.{name}", timestamp=report.scan.started_at.removesuffix("Z"))


def _case(suite: Element, drift: Drift, report: DriftReport) -> Element:
    who = drift.address or f"{drift.type} {drift.id or 'unknown'}"
    place = f" {where}" if (where := words.where(drift, report)) else ""
    attributes = {"classname": f"driftmgr.{drift.kind}.{drift.type}", "name": f"{who}{place}"}
    if drift.location:
        attributes |= {"file": drift.location.file, "line": str(drift.location.line)}
    return SubElement(suite, "testcase", {name: _clean(text) for name, text in attributes.items()})


def _message(drift: Drift) -> str:
    paths = ", ".join(change.path for change in drift.changes)
    why = f" ({drift.reason})" if drift.reason else ""
    part = f", part of {drift.parent}" if drift.parent else ""
    return f"{drift.severity}: {drift.kind}{': ' if paths else ''}{paths}{part}{why}"


def _lines(changes: Iterable[AttributeChange]) -> str:
    lines = []
    for change in changes:
        recorded, observed = cut_pair(pair_texts(change.recorded, change.observed), _WIDTH)
        why = f"{change.classification}: {change.rule}" if change.rule else change.classification
        rule = "" if change.classification == "drift" else f"  [{why}]"
        lines.append(f"{harmless(change.path)}: {recorded} -> {observed}{rule}")
    return "\n".join(lines)


def _outcome(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    found = SubElement(case, tag, {"message": _clean(message), **({"type": kind} if kind else {})})
    found.text = _NO_XML.sub("?", text) or None


def _count(root: Element, report: DriftReport) -> None:
    for suite in root:
        _counts(suite)
        suite.set("time", f"{report.scan.seconds if suite is root[0] else 0:.3f}")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{report.scan.seconds:.3f}")


def _counts(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))


def _clean(text: str) -> str:
    return _NO_XML.sub("?", harmless(text))
