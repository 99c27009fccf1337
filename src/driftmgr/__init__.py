"""DriftMgr: every way the cloud differs from its Terraform or OpenTofu state.

``from driftmgr import detect, discover, load_state``; ``docs/python-api.md`` has examples. A name is imported when it
is used: importing the package costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftmgr.app.api import detect, discover, load_report, load_state
    from driftmgr.app.request import Inventory
    from driftmgr.app.sources import States
    from driftmgr.model import (
        AttributeChange,
        Drift,
        DriftMgrError,
        DriftReport,
        Gap,
        RemoteObject,
        ResourceInstance,
        Scope,
    )

_HOMES = {
    "detect": "driftmgr.app.api",
    "discover": "driftmgr.app.api",
    "load_report": "driftmgr.app.api",
    "load_state": "driftmgr.app.api",
    "Inventory": "driftmgr.app.request",
    "States": "driftmgr.app.sources",
    "AttributeChange": "driftmgr.model",
    "Drift": "driftmgr.model",
    "DriftMgrError": "driftmgr.model",
    "DriftReport": "driftmgr.model",
    "Gap": "driftmgr.model",
    "RemoteObject": "driftmgr.model",
    "ResourceInstance": "driftmgr.model",
    "Scope": "driftmgr.model",
}

__all__ = [
    "AttributeChange",
    "Drift",
    "DriftMgrError",
    "DriftReport",
    "Gap",
    "Inventory",
    "RemoteObject",
    "ResourceInstance",
    "Scope",
    "States",
    "detect",
    "discover",
    "load_report",
    "load_state",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
