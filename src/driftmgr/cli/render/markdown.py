"""The report as Markdown, for a pull request or a ticket."""

import re
from collections.abc import Iterator

from driftmgr.cli.render import words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts
from driftmgr.model import Drift, DriftReport

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!@])")
_WIDTH = 120


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """The same content and order as the table."""
    return "\n".join(_lines(report, show_suppressed=show_suppressed)) + "\n"


def _lines(report: DriftReport, *, show_suppressed: bool) -> Iterator[str]:
    yield f"## {words.verdict(report)}"
    yield ""
    if notice := words.gap_notice(report):
        yield f"**{notice}**  "
    yield words.coverage(report)
    if held_to := words.baseline(report):
        yield f"  \n{_plain(held_to)}"
    for note in report.scan.notes:
        yield f"  \nNote: {_plain(note)}"
    if report.drifts:
        yield ""
        yield "| severity | finding | object | attribute | recorded | observed |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for drift in report.drifts:
            yield from _rows(drift, report)
    if show_suppressed:
        yield from _left_out(report)
    if report.gaps:
        yield ""
        yield "### Not looked at"
        yield ""
        yield "| reason | type | where | message |"
        yield "| --- | --- | --- | --- |"
        for gap in report.gaps:
            accepted = " (accepted)" if gap.reason in report.accepted_gaps else ""
            yield f"| {gap.reason}{accepted} | {_code(gap.type)} | {_plain(words.place(gap))} | {_plain(gap.message)} |"
    yield ""
    yield _plain(words.cost(report).replace("\n", ". "))


def _left_out(report: DriftReport) -> Iterator[str]:
    if report.ignored:
        yield from ("", "### Ignored", "")
    for drift in report.ignored:
        who = _code(drift.address or f"{drift.type} {drift.id}")
        paths = "".join(f" {_code(change.path)}" for change in drift.suppressed)
        yield f"- {drift.kind} {who}{paths}: {_plain(drift.rule or '')}"
    if report.suppressed:
        yield from ("", "### Explained by rules", "")
    for drift in report.suppressed:
        for change in drift.suppressed:
            why = f"{change.classification}, {_plain(change.rule or '')}"
            yield f"- {_code(drift.address or '')} {_code(change.path)}: {why}"


def _rows(drift: Drift, report: DriftReport) -> Iterator[str]:
    who = _code(drift.address) if drift.address else f"{_code(drift.type)} {_code(drift.id or '')}"
    if drift.parent:
        who += f" part of {_code(drift.parent)}"
    if drift.location:
        who += f" at {_code(words.source_line(drift.location))}"
    if place := words.where(drift, report):
        who += f" {_plain(place)}"
    why = f": {_plain(drift.reason)}" if drift.reason else ""
    start = f"| {drift.severity}{why} | {drift.kind} | {who} |"
    if not drift.changes:
        yield f"{start} | | |"
    for change in drift.changes:
        recorded, observed = cut_pair(pair_texts(change.recorded, change.observed), _WIDTH)
        mark = " (absorbed)" if change.classification == "absorbed" else ""
        mark += f" ({words.FORCES_REPLACEMENT})" if change.requires_replace else ""
        yield f"{start} {_code(change.path)}{mark} | {_code(recorded)} | {_code(observed)} |"


def _code(text: str) -> str:
    # Inside code only the pipe ends a cell, and backticks need a longer fence.
    safe = harmless(text).replace("|", "\\|")
    fence = "``" if "`" in safe else "`"
    pad = " " if "`" in safe else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", harmless(text))
