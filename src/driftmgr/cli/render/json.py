"""The report as JSON: the stable contract, ``schema_version`` 1."""

from typing import Any

import msgspec

from driftmgr.model import AttributeChange, Drift, DriftReport

_OPTIONAL = ("reason", "location", "rule")
"""Members that are there only where they say something."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def render(report: DriftReport, *, show_suppressed: bool = False, color: bool = False) -> str:  # noqa: ARG001
    """The whole report, ``suppressed`` differences only when asked for; with any gap ``complete`` is false."""
    document: dict[str, Any] = {
        "schema_version": report.schema_version,
        "complete": not report.gaps,
        "scan": report.scan,
        "summary": report.summary,
        "drifts": [_drift(drift, show_suppressed=show_suppressed) for drift in report.drifts],
        "gaps": report.gaps,
        "accepted_gaps": report.accepted_gaps,
    }
    if show_suppressed:
        document["suppressed"] = [_drift(drift, show_suppressed=True) for drift in report.suppressed]
        document["ignored"] = [_drift(drift, show_suppressed=True) for drift in report.ignored]
    return msgspec.json.format(_ENCODER.encode(document), indent=2).decode()


def _drift(drift: Drift, *, show_suppressed: bool) -> dict[str, Any]:
    document = msgspec.structs.asdict(drift)
    # Tags are for rules; they may hold what the state calls sensitive.
    del document["tags"]
    document = {name: value for name, value in document.items() if value or name not in _OPTIONAL}
    document["changes"] = [_change(change) for change in drift.changes]
    if show_suppressed:
        document["suppressed"] = [_change(change) for change in drift.suppressed]
    else:
        del document["suppressed"]
    return document


def _change(change: AttributeChange) -> dict[str, Any]:
    return {
        "path": change.path,
        "recorded": change.recorded,
        "observed": change.observed,
        "class": change.classification,
        "sensitive": change.sensitive,
        **({"rule": change.rule} if change.rule else {}),
        **({} if change.intended is None else {"intended": change.intended}),
        **({"requires_replace": True} if change.requires_replace else {}),
    }
