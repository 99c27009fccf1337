"""Pair what a state recorded with what the cloud holds, compare, and say what it means. Pure."""

from driftmgr.drift.compare import Comparator
from driftmgr.drift.detect import Findings, detect
from driftmgr.drift.match import Matching, match

__all__ = ["Comparator", "Findings", "Matching", "detect", "match"]
