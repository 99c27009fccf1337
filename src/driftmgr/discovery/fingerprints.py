"""Cheap signs that an object is still what the last scan looked at (smart mode)."""

from typing import Protocol

from driftmgr.model import Scope


class Fingerprints(Protocol):
    """Remembers the token of an object from one deep look to the next."""

    def unchanged(self, scope: Scope, resource_type: str, identity: str, token: str) -> bool:
        """Whether the last deep look at this object found the same token."""

    def looked(self, scope: Scope, resource_type: str, identity: str, token: str) -> None:
        """Remember the token of an object whose details were just read."""


class NoFingerprints:
    """Knows nothing, so every object counts as changed."""

    def unchanged(self, scope: Scope, resource_type: str, identity: str, token: str) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def looked(self, scope: Scope, resource_type: str, identity: str, token: str) -> None:
        """Forgets at once."""
