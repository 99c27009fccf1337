"""The report as one HTML file: to keep, to send, to print. No script, nothing loaded from elsewhere.

The page is built as a tree and written by the standard library, so that every text and attribute is escaped.
"""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from driftmgr.cli.render import words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts
from driftmgr.model import AttributeChange, Drift, DriftReport

_WIDTH = 4000
"""Characters of a value that are shown."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0; --tint: #f6f8fa;
  --critical: #a40e26; --high: #c93c00; --medium: #7d5600; --low: #0a5ca8; --good: #146c2e;
  --before: #ffebe9; --after: #dafbe1; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --soft: #9198a1; --line: #3d444d;
  --tint: #151b23; --critical: #ff8182; --high: #ff9b63; --medium: #e3b341; --low: #79c0ff; --good: #7ee787;
  --before: #3c1618; --after: #12301c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .25rem 0; } .soft { color: var(--soft); font-size: .875rem; }
.drift { color: var(--critical); } .gaps, .notice { color: var(--medium); } .sync { color: var(--good); }
.notice { font-weight: 600; }
dl { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
dl div { border: 1px solid var(--line); background: var(--tint); border-radius: .4rem; padding: .4rem .8rem; }
dt { font-size: .8rem; color: var(--soft); } dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
article { border: 1px solid var(--line); border-left: .3rem solid var(--low); border-radius: .4rem; padding: .6rem;
  margin: .6rem 0; break-inside: avoid; }
.critical { border-left-color: var(--critical); } .high { border-left-color: var(--high); }
.medium { border-left-color: var(--medium); } .low { border-left-color: var(--low); }
.mark { display: inline-block; min-width: 7rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .04em; }
code, td.value { font: .85rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; margin-top: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem; border-top: 1px solid var(--line); }
th { font-size: .8rem; color: var(--soft); font-weight: 600; border-top: 0; }
td:first-child { width: 26%; overflow-wrap: anywhere; }
.before { background: var(--before); } .after { background: var(--after); }
@media print { body { max-width: none; padding: 0; font-size: 10pt; }
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --tint: #fff; --critical: #a40e26; --high: #c93c00;
    --medium: #7d5600; --low: #0a5ca8; --good: #146c2e; --before: #ffebe9; --after: #dafbe1; }
  article, td { print-color-adjust: exact; -webkit-print-color-adjust: exact; } tr { break-inside: avoid; } }
"""


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """The same content and order as the table; values whole up to some thousand characters."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _text(head, "title", f"DriftMgr: {words.verdict(report)}")
    SubElement(head, "style").text = _STYLE
    body = SubElement(page, "body")
    _summary(SubElement(body, "header"), report)
    main = SubElement(body, "main")
    _findings(main, report, show_suppressed=show_suppressed)
    if show_suppressed:
        _left_out(main, report)
    _gaps(main, report)
    footer = SubElement(body, "footer")
    for line in words.cost(report).splitlines():
        _text(footer, "p", line, "soft")
    _text(footer, "p", f"Scan {report.scan.id}, {report.scan.started_at} to {report.scan.finished_at}", "soft")
    indent(page, "")
    return f"<!DOCTYPE html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _summary(header: Element, report: DriftReport) -> None:
    state = "drift" if report.drifts else "gaps" if report.gaps else "sync"
    _text(header, "h1", words.verdict(report), state)
    if notice := words.gap_notice(report):
        _text(header, "p", notice, "notice")
    _text(header, "p", words.coverage(report))
    _text(header, "p", f"Sources: {', '.join(report.scan.sources) or 'none'}", "soft")
    if held_to := words.baseline(report):
        _text(header, "p", held_to, "soft")
    for note in report.scan.notes:
        _text(header, "p", f"Note: {note}", "gaps")
    summary = report.summary
    counts = SubElement(header, "dl")
    for word, number in (
        ("managed", summary.managed),
        ("in sync", summary.in_sync),
        ("changed", summary.changed),
        ("missing", summary.missing),
        ("unmanaged", summary.unmanaged),
        ("without a full verdict", summary.unverified),
        ("gaps", summary.gaps),
        ("ignored", summary.ignored),
    ):
        tile = SubElement(counts, "div")
        _text(tile, "dt", word)
        _text(tile, "dd", f"{number:,}")


def _findings(main: Element, report: DriftReport, *, show_suppressed: bool) -> None:
    severity = None
    for drift in report.drifts:
        if drift.severity != severity:
            severity = drift.severity
            _text(main, "h2", severity.capitalize(), severity)
        article = _article(main, drift, report)
        _changes(article, drift.changes)
        if show_suppressed and drift.suppressed:
            _text(article, "p", "Explained by rules:", "soft")
            _changes(article, drift.suppressed)


def _article(main: Element, drift: Drift, report: DriftReport) -> Element:
    article = SubElement(main, "article", {"class": drift.severity})
    title = SubElement(article, "h3")
    _text(title, "span", drift.kind, "mark")
    _text(title, "code", drift.address or drift.type)
    name = f" ({drift.name})" if drift.name and drift.name != drift.id else ""
    place = f" {where}" if (where := words.where(drift, report)) else ""
    _text(article, "p", f"id {drift.id or 'unknown'}{name}{place}", "soft")
    if drift.parent:
        _text(article, "p", f"part of {drift.parent}", "soft")
    if drift.location:
        _text(article, "p", words.source_line(drift.location), "soft")
    if drift.reason:
        _text(article, "p", drift.reason)
    if drift.rule:
        _text(article, "p", f"ignored by {drift.rule}")
    return article


def _changes(article: Element, changes: Iterable[AttributeChange]) -> None:
    rows = [
        (change, cut_pair(pair_texts(change.recorded, change.observed), _WIDTH), _rule_of(change)) for change in changes
    ]
    if not rows:
        return
    table = _table(article, "attribute", "recorded", "observed")
    for change, (recorded, observed), rule in rows:
        row = SubElement(table, "tr")
        cell = SubElement(row, "td")
        _text(cell, "code", change.path)
        if rule:
            _text(cell, "p", rule, "soft")
        _text(row, "td", recorded, "value before")
        _text(row, "td", observed, "value after")


def _rule_of(change: AttributeChange) -> str:
    if change.classification == "drift":
        return ""
    return f"{change.classification}: {change.rule}" if change.rule else change.classification


def _left_out(main: Element, report: DriftReport) -> None:
    for title, drifts in (("Ignored", report.ignored), ("Explained by rules", report.suppressed)):
        if drifts:
            _text(main, "h2", title)
        for drift in drifts:
            _changes(_article(main, drift, report), (*drift.changes, *drift.suppressed))


def _gaps(main: Element, report: DriftReport) -> None:
    if not report.gaps:
        return
    _text(main, "h2", "Not looked at", "gaps")
    table = _table(main, "type", "reason", "where", "message")
    for gap in report.gaps:
        accepted = gap.reason in report.accepted_gaps
        row = SubElement(table, "tr")
        cell = SubElement(row, "td")
        _text(cell, "code", gap.type)
        if gap.attributes:
            _text(cell, "p", ", ".join(gap.attributes), "soft")
        _text(row, "td", f"{gap.reason} (accepted)" if accepted else gap.reason)
        _text(row, "td", words.place(gap))
        cell = SubElement(row, "td")
        _text(cell, "p", f"{gap.operation}: {gap.message}")
        if not accepted:
            _text(cell, "p", words.ADVICE[gap.reason], "soft")


def _table(parent: Element, *columns: str) -> Element:
    table = SubElement(parent, "table")
    row = SubElement(SubElement(table, "thead"), "tr")
    for column in columns:
        _text(row, "th", column)
    return SubElement(table, "tbody")


def _text(parent: Element, tag: str, text: str, style: str = "") -> None:
    SubElement(parent, tag, {"class": style} if style else {}).text = harmless(text)
