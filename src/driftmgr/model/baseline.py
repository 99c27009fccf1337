"""What a team accepted: the third side of a comparison, beside state and cloud."""

from collections.abc import Mapping
from typing import Any

import msgspec

from driftmgr.model.resource import attributes_document, decode_attributes
from driftmgr.model.scope import Scope


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """One act of accepting: its number (from 1), when (RFC 3339 in UTC), who, and why."""

    serial: int
    at: str
    by: str
    note: str = ""


class AcceptedObject(msgspec.Struct, frozen=True, kw_only=True):
    """One object as it was when it was accepted, its attributes in Terraform's shape.

    ``document`` is the undecoded JSON object of the attributes. ``address`` is that of the managed instance, ``None``
    for an unmanaged object; ``state`` is then the lineage of the state that knew it (its name, for a state without
    one) and ``provider`` the provider configuration. ``sensitive`` are the paths that the state called sensitive.
    ``serial`` is the acceptance it comes from, 0 for one that is not kept yet.
    """

    type: str
    id: str
    scope: Scope
    document: msgspec.Raw
    address: str | None = None
    state: str | None = None
    provider: str = ""
    sensitive: tuple[str, ...] = ()
    serial: int = 0

    @classmethod
    def of(cls, attributes: Mapping[str, Any], **others: Any) -> "AcceptedObject":
        """Build one from plain attributes."""
        return cls(document=attributes_document(attributes), **others)

    @property
    def attributes(self) -> dict[str, Any]:
        """The accepted attributes, decoded exactly."""
        return decode_attributes(self.document)


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """All that is accepted, and every act that led there, the oldest first."""

    objects: tuple[AcceptedObject, ...]
    acceptances: tuple[Acceptance, ...]

    @property
    def latest(self) -> Acceptance:
        """The last act."""
        return self.acceptances[-1]
