"""Terraform and OpenTofu states: find them, read them as a stream."""

from driftmgr.state.locate import LocalState, S3State, StateSource, locate
from driftmgr.state.read import StateError, StateFile, parse_state, read_state

__all__ = ["LocalState", "S3State", "StateError", "StateFile", "StateSource", "locate", "parse_state", "read_state"]
