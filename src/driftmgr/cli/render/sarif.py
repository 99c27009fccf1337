"""The report as SARIF 2.1.0, for code scanning: a finding points to its block in the configuration, else to its state.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What could not be looked at is a result too:
whoever reads alerts alone must not take a type that was refused for one that is in sync.
"""

import hashlib
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import msgspec

from driftmgr.cli.render import words
from driftmgr.cli.render.text import cut_pair, harmless, pair_texts
from driftmgr.model import Drift, DriftReport, Gap

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_RANKS = {"critical": 100.0, "high": 75.0, "medium": 50.0, "low": 25.0}
_RULES = {
    "changed": "An attribute of a managed object differs from the state",
    "missing": "A managed object does not exist any more",
    "unmanaged": "An object that no state knows",
    "gap": "Something could not be looked at",
}
_WIDTH = 300


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """One run; with ``show_suppressed`` the ignored findings are suppressed results."""
    results = [_finding(drift, report) for drift in report.drifts]
    results += [_suppressed(_finding(drift, report), drift.rule or "") for drift in report.ignored if show_suppressed]
    results += [_gap(gap, report) for gap in report.gaps]
    scan = report.scan
    run = {
        "tool": {
            "driver": {
                "name": "DriftMgr",
                "semanticVersion": version("driftmgr"),
                "rules": [_rule(name, text) for name, text in _RULES.items()],
            }
        },
        "automationDetails": {"id": f"driftmgr/{scan.id}"},
        "invocations": [
            {
                "executionSuccessful": scan.outcome == "complete",
                "exitCode": report.exit_code,
                "startTimeUtc": scan.started_at,
                "endTimeUtc": scan.finished_at,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": harmless(note)}} for note in scan.notes
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"summary": report.summary},
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _rule(name: str, text: str) -> dict[str, Any]:
    return {"id": name, "name": name.capitalize(), "shortDescription": {"text": text}}


def _finding(drift: Drift, report: DriftReport) -> dict[str, Any]:
    who = drift.address or f"{drift.type} {drift.id or 'unknown'}"
    part = f", part of {drift.parent}" if drift.parent else ""
    place = f" {where}" if (where := words.where(drift, report)) else ""
    lines = [f"{who}{place} is {drift.kind}{part}", *([drift.reason] if drift.reason else ()), *_changes(drift)]
    about = {"severity": drift.severity, "type": drift.type, "id": harmless(drift.id or ""), "scope": str(drift.scope)}
    return {
        **_result(drift.kind, lines, (drift.kind, drift.type, who, str(drift.scope))),
        "level": _LEVELS[drift.severity],
        "rank": _RANKS[drift.severity],
        **_locations(who, drift, report),
        "properties": about,
    }


def _changes(drift: Drift) -> list[str]:
    lines = []
    for change in drift.changes:
        recorded, observed = cut_pair(pair_texts(change.recorded, change.observed), _WIDTH)
        mark = " (absorbed)" if change.classification == "absorbed" else ""
        lines.append(f"{change.path}: {recorded} -> {observed}{mark}")
    return lines


def _gap(gap: Gap, report: DriftReport) -> dict[str, Any]:
    what = f"{gap.type}: {', '.join(gap.attributes)}" if gap.attributes else gap.type
    lines = [f"{what} {words.place(gap)}: {gap.reason}", f"{gap.operation}: {gap.message}", words.ADVICE[gap.reason]]
    found = {
        **_result("gap", lines, ("gap", what, gap.operation, gap.reason, words.place(gap))),
        "level": "warning",
        **_locations(what, None, report),
        "properties": {"reason": gap.reason, "operation": harmless(gap.operation), "instances": gap.instances},
    }
    return _suppressed(found, "--accept-gaps") if gap.reason in report.accepted_gaps else found


def _result(rule: str, lines: list[str], identity: tuple[str, ...]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": list(_RULES).index(rule),
        "message": {"text": "\n".join(map(harmless, lines))},
        "partialFingerprints": {"driftmgr/v1": hashlib.sha256("\0".join(identity).encode()).hexdigest()},
    }


def _suppressed(result: dict[str, Any], justification: str) -> dict[str, Any]:
    why = {"kind": "external", "status": "accepted", "justification": harmless(justification)}
    return {**result, "suppressions": [why]}


def _locations(who: str, drift: Drift | None, report: DriftReport) -> dict[str, Any]:
    """Where a reader finds it: file and line of the block, else the state, whose first line stands for the whole."""
    file, line = next(iter(report.scan.sources), ""), 1
    if drift is not None and drift.location is not None:
        file, line = drift.location.file, drift.location.line
    elif drift is not None and drift.source:
        file = drift.source
    logical = {"logicalLocations": [{"fullyQualifiedName": harmless(who), "kind": "resource"}]}
    if not file:
        return {"locations": [logical]}
    artifact = {"uri": _uri(file)} if "://" in file else {"uri": _uri(file), "uriBaseId": "%SRCROOT%"}
    physical = {"artifactLocation": artifact, "region": {"startLine": max(1, line)}}
    return {"locations": [{"physicalLocation": physical, **logical}]}


def _uri(file: str) -> str:
    scheme, there, rest = file.partition("://")
    return f"{scheme}://{quote(rest)}" if there else quote(file)
