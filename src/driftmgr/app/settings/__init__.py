"""``driftmgr.yaml``: what a team sets once for all commands."""

from driftmgr.app.settings.load import Loaded, find, load, parse
from driftmgr.app.settings.model import Settings

__all__ = ["Loaded", "Settings", "find", "load", "parse"]
