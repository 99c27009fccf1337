"""The values every other package speaks of: frozen, keyword-only, never mutated, no I/O.

Shapes follow Terraform's vocabulary (``docs/glossary.md``). A value that crosses a package
border is one of these; whatever a package needs for itself it keeps to itself.
"""

from driftmgr.model.address import ModuleStep, ResourceAddress
from driftmgr.model.backend import Backend
from driftmgr.model.baseline import Acceptance, AcceptedObject, Baseline
from driftmgr.model.drift import (
    AttributeChange,
    ChangeClass,
    Drift,
    DriftKind,
    Gap,
    GapReason,
    Severity,
    SourceLocation,
    worst_first,
)
from driftmgr.model.errors import DriftMgrError
from driftmgr.model.report import BaselineRecord, DriftReport, ScanRecord, Summary, coverage_of
from driftmgr.model.resource import InstanceStatus, Parent, RemoteObject, ResourceInstance, decode_attributes, tags_of
from driftmgr.model.scope import Scope

__all__ = [
    "Acceptance",
    "AcceptedObject",
    "AttributeChange",
    "Backend",
    "Baseline",
    "BaselineRecord",
    "ChangeClass",
    "Drift",
    "DriftKind",
    "DriftMgrError",
    "DriftReport",
    "Gap",
    "GapReason",
    "InstanceStatus",
    "ModuleStep",
    "Parent",
    "RemoteObject",
    "ResourceAddress",
    "ResourceInstance",
    "ScanRecord",
    "Scope",
    "Severity",
    "SourceLocation",
    "Summary",
    "coverage_of",
    "decode_attributes",
    "tags_of",
    "worst_first",
]
