"""The use cases: the only place that wires states, catalog, clouds and comparison together."""

from driftmgr.app.request import Inventory, OnProgress, Progress, Role, ScanRequest
from driftmgr.app.scan import discover, plan, scan, verify

__all__ = ["Inventory", "OnProgress", "Progress", "Role", "ScanRequest", "discover", "plan", "scan", "verify"]
