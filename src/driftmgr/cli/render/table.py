"""The report for a terminal."""

import shutil
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from driftmgr.cli.render import words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap

_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}
_AROUND = 12
"""Characters of a line around the values of a change."""
_SIGNS = {"changed": "~", "missing": "-", "unmanaged": "+"}
_NARROWEST, _UNKNOWN_WIDTH = 40, 160


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:
    """Verdict and gaps first, then the findings by severity, then the gaps in full and the cost."""
    width = max(_NARROWEST, shutil.get_terminal_size((_UNKNOWN_WIDTH, 24)).columns)
    console = Console(
        width=width,
        no_color=not color,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
    )
    with console.capture() as capture:
        for line in _lines(report, width, show_suppressed=show_suppressed):
            # Ids and addresses are for copying: a long line stays one line.
            console.print(line, soft_wrap=True)
    return capture.get()


def _lines(report: DriftReport, width: int, *, show_suppressed: bool) -> Iterator[Text]:
    yield Text(words.verdict(report), "bold red" if report.drifts else "bold yellow" if report.gaps else "bold green")
    if notice := words.gap_notice(report):
        yield Text(notice, "bold yellow")
    yield Text(words.coverage(report))
    yield Text(f"Sources: {harmless(', '.join(report.scan.sources)) or 'none'}")
    if held_to := words.baseline(report):
        yield Text(harmless(held_to))
    for note in report.scan.notes:
        yield Text(f"Note: {harmless(note)}", "yellow")
    severity = None
    for drift in report.drifts:
        if drift.severity != severity:
            severity = drift.severity
            yield Text()
            yield Text(severity.upper(), _STYLES[severity])
        yield from _drift(drift, report, width, show_suppressed=show_suppressed)
    if show_suppressed:
        yield from _suppressed(report, width)
    yield from _gaps(report)
    yield Text()
    yield Text(words.cost(report), "dim")


def _drift(drift: Drift, report: DriftReport, width: int, *, show_suppressed: bool) -> Iterator[Text]:
    who = drift.address or drift.type
    place = f"  {harmless(words.source_line(drift.location))}" if drift.location else ""
    yield Text.assemble(f"  {_SIGNS[drift.kind]} {drift.kind:<9} ", (harmless(who), "bold"), (place, "dim"))
    name = f" ({harmless(drift.name)})" if drift.name and drift.name != drift.id else ""
    yield Text(
        f"      id {harmless(drift.id or 'unknown')}{name} {harmless(words.where(drift, report))}".rstrip(), "dim"
    )
    if drift.parent:
        yield Text(f"      part of {harmless(drift.parent)}")
    if drift.reason:
        yield Text(f"      why: {harmless(drift.reason)}", "dim")
    for change in drift.changes:
        yield from _change(change, width)
    if show_suppressed:
        for change in drift.suppressed:
            yield from _change(change, width, rule=True)


def _change(change: AttributeChange, width: int, *, rule: bool = False) -> Iterator[Text]:
    path = harmless(change.path)
    before, after = "dim" if rule else "red", "dim" if rule else "green"
    unset = "  [not set in the configuration]" if change.intended is False else ""
    why = f"  [{change.classification}: {change.rule}]" if rule else unset
    if change.classification == "absorbed":
        why = "  [absorbed]"
    why += f"  # {words.FORCES_REPLACEMENT}" if change.requires_replace else ""
    recorded, observed = pair_texts(change.recorded, change.observed)
    if len(path) + len(recorded) + len(observed) + len(why) + _AROUND <= width:
        yield Text.assemble(f"      {path}: ", (recorded, before), " -> ", (observed, after), why)
        return
    # Both on one line would hide what differs: one line each.
    recorded, observed = cut_pair((recorded, observed), width - _AROUND)
    yield Text.assemble(f"      {path}:{why}")
    yield Text.assemble("        - ", (recorded, before))
    yield Text.assemble("        + ", (observed, after))


def _suppressed(report: DriftReport, width: int) -> Iterator[Text]:
    if report.ignored:
        yield Text()
        yield Text("IGNORED", "dim")
    for drift in report.ignored:
        rule = f"  [{harmless(drift.rule or '')}]"
        yield Text(f"  {_SIGNS[drift.kind]} {harmless(drift.address or f'{drift.type} {drift.id}')}{rule}", "dim")
        for change in drift.suppressed:
            yield from _change(change, width, rule=True)
    if report.suppressed:
        yield Text()
        yield Text("EXPLAINED BY RULES", "dim")
    for drift in report.suppressed:
        yield Text(f"  = {harmless(drift.address or drift.type)}", "dim")
        for change in drift.suppressed:
            yield from _change(change, width, rule=True)


def _gaps(report: DriftReport) -> Iterator[Text]:
    if not report.gaps:
        return
    yield Text()
    yield Text("NOT LOOKED AT", "bold yellow")
    for gap in report.gaps:
        yield from _gap(gap, accepted=gap.reason in report.accepted_gaps)


def _gap(gap: Gap, *, accepted: bool) -> Iterator[Text]:
    what = f"{gap.type}: {', '.join(gap.attributes)}" if gap.attributes else gap.type
    mark = " (accepted)" if accepted else ""
    yield Text.assemble(f"  ? {gap.reason:<12} ", (harmless(what), "bold"), f" {words.place(gap)}{mark}")
    yield Text(f"      {gap.operation}: {harmless(gap.message)}", "dim")
    if not accepted:
        yield Text(f"      {words.ADVICE[gap.reason]}", "dim")
