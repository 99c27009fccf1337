"""Findings for tests of the policy, in short."""

import json
from typing import Any

from driftmgr.model import AttributeChange, Drift, DriftReport, ScanRecord, Scope, Summary

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")


def change(path: str, recorded: Any = None, observed: Any = None, **others: Any) -> AttributeChange:
    """One difference."""
    return AttributeChange(path=path, recorded=recorded, observed=observed, **others)


def changed(resource_type: str, *changes: AttributeChange, **others: Any) -> Drift:
    """A changed instance, of low criticality unless said."""
    given = {"id": "x", "scope": HERE, "severity": "low", "address": f"{resource_type}.x", **others}
    return Drift(kind="changed", type=resource_type, changes=changes, **given)


def missing(resource_type: str, **others: Any) -> Drift:
    """A deleted instance."""
    given = {"id": "x", "scope": HERE, "severity": "low", "address": f"{resource_type}.x", **others}
    return Drift(kind="missing", type=resource_type, **given)


def unmanaged(resource_type: str, **others: Any) -> Drift:
    """An object that no state knows."""
    return Drift(kind="unmanaged", type=resource_type, **{"id": "x", "scope": HERE, "severity": "low", **others})


def report(*drifts: Drift, **others: Any) -> DriftReport:
    """A report of these findings about ten instances."""
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
    kinds = [drift.kind for drift in drifts]
    gone = kinds.count("changed") + kinds.count("missing")
    summary = Summary(
        managed=10,
        in_sync=10 - gone,
        changed=kinds.count("changed"),
        missing=kinds.count("missing"),
        unmanaged=kinds.count("unmanaged"),
        suppressed=sum(len(drift.suppressed) for drift in drifts),
    )
    return DriftReport(scan=scan, summary=summary, drifts=drifts, **others)


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
