"""The use cases: the only place that wires states, catalog, clouds and comparison together."""

from driftmgr.app.accept import Choice, Proposal, accept, proposal
from driftmgr.app.request import Inventory, OnProgress, Progress, Role, ScanRequest
from driftmgr.app.scan import discover, plan, scan, verify
from driftmgr.app.single import ObjectRequest, read_object

__all__ = [
    "Choice",
    "Inventory",
    "ObjectRequest",
    "OnProgress",
    "Progress",
    "Proposal",
    "Role",
    "ScanRequest",
    "accept",
    "discover",
    "plan",
    "proposal",
    "read_object",
    "scan",
    "verify",
]
