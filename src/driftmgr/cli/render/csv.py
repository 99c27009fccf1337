"""The report as CSV: a row per difference, finding without one, and gap, so that no part passes for the whole."""

import csv
import io
from collections.abc import Iterator

from driftmgr.cli.render.text import harmless, pair_texts, spreadsheet_cell
from driftmgr.model import Drift, DriftReport, Gap, Scope

_COLUMNS = (
    "finding",
    "severity",
    "address",
    "type",
    "id",
    "name",
    "cloud",
    "account",
    "region",
    "source",
    "file",
    "line",
    "attribute",
    "recorded",
    "observed",
    "reason",
    "rule",
    "message",
)


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """``finding`` is changed, missing, unmanaged or gap; a row with a ``rule`` is one that does not count."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in _rows(report, show_suppressed=show_suppressed):
        writer.writerow({name: spreadsheet_cell(harmless(cell)) for name, cell in row.items()})
    return text.getvalue()


def _rows(report: DriftReport, *, show_suppressed: bool) -> Iterator[dict[str, str]]:
    for drift in report.drifts:
        yield from _finding(drift, show_suppressed=show_suppressed)
    if show_suppressed:
        for drift in (*report.ignored, *report.suppressed):
            yield from _finding(drift, show_suppressed=True)
    for gap in report.gaps:
        yield _gap(gap, accepted=gap.reason in report.accepted_gaps)


def _finding(drift: Drift, *, show_suppressed: bool) -> Iterator[dict[str, str]]:
    start = {
        "finding": drift.kind,
        "severity": drift.severity,
        "address": drift.address or "",
        "type": drift.type,
        "id": drift.id or "",
        "name": drift.name or "",
        **_place(drift.scope),
        "source": drift.source or "",
        "file": drift.location.file if drift.location else "",
        "line": str(drift.location.line) if drift.location else "",
        "reason": drift.reason or "",
        "rule": drift.rule or "",
        "message": f"part of {drift.parent}" if drift.parent else "",
    }
    changes = (*drift.changes, *drift.suppressed) if show_suppressed else drift.changes
    for change in changes:
        recorded, observed = pair_texts(change.recorded, change.observed)
        rule = change.rule or drift.rule or ("" if change.classification == "drift" else change.classification)
        yield {**start, "attribute": change.path, "recorded": recorded, "observed": observed, "rule": rule}
    if not changes:
        yield start


def _gap(gap: Gap, *, accepted: bool) -> dict[str, str]:
    return {
        "finding": "gap",
        "type": gap.type,
        **(_place(gap.scope) if gap.scope else {}),
        "attribute": " ".join(gap.attributes),
        "reason": gap.reason,
        "rule": "accepted" if accepted else "",
        "message": f"{gap.operation}: {gap.message}",
    }


def _place(scope: Scope) -> dict[str, str]:
    return {"cloud": scope.cloud, "account": scope.account, "region": scope.region or ""}
