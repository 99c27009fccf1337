"""Terraform and OpenTofu states: find them, read them as a stream, lock and replace them."""

from driftmgr.state.locate import locate
from driftmgr.state.read import EncryptedStateError, StateError, StateFile, parse_state, read_state
from driftmgr.state.source import StateSource

__all__ = [
    "EncryptedStateError",
    "StateError",
    "StateFile",
    "StateSource",
    "locate",
    "parse_state",
    "read_state",
]
