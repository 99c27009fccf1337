"""When one state may take the place of another: Terraform's own rules of lineage and serial.

https://developer.hashicorp.com/terraform/cli/commands/state/push
https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/migrate.go
"""

import contextlib
from typing import Any

import msgspec

from driftmgr.state.read import EncryptedStateError, StateError, parse_state


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """What counts when a state is replaced; ``serial`` and ``lineage`` of an encrypted one stand in the clear, too."""

    serial: int = 0
    lineage: str = ""
    resources: list[msgspec.Raw] | None = None
    outputs: dict[str, msgspec.Raw] | None = None
    encrypted_data: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it holds nothing that could get lost."""
        return not (self.resources or self.outputs or self.encrypted_data)


def outline_of(content: bytes, label: str) -> Outline:
    """Read what counts of a state; raises ``StateError`` for what is no state of format 4."""
    with contextlib.suppress(EncryptedStateError):  # it is opaque to us, not to its owner
        parse_state(content, source=label)
    outline: Outline = _decoded(content, label, Outline)
    return outline


def check_replacement(new: bytes, old: bytes, label: str) -> None:
    """Raise ``StateError`` when Terraform would refuse to put one state in the place of another."""
    ours, theirs = outline_of(new, "the state to push"), outline_of(old, label)
    if theirs.is_empty:
        return
    if ours.lineage and theirs.lineage and ours.lineage != theirs.lineage:
        raise StateError(
            f"{label}: is of another lineage ({theirs.lineage}) than the state to push ({ours.lineage})",
            hint="check that it is the right state; --force replaces one by an unrelated one",
        )
    if ours.serial < theirs.serial:
        raise StateError(
            f"{label}: its serial {theirs.serial} is newer than that of the state to push ({ours.serial})",
            hint="pull it, make the change again; --force replaces it by the older one",
        )
    if ours.serial == theirs.serial and _decoded(new, "the state to push", Any) != _decoded(old, label, Any):
        raise StateError(
            f"{label}: has the same serial {theirs.serial} as the state to push, and other content",
            hint="raise the serial of the state to push if it is the newer one, or --force",
        )


def _decoded(content: bytes, label: str, kind: Any) -> Any:
    try:
        content.decode()  # a part that is skipped is not looked at
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StateError(f"{label}: not a Terraform state: {error}", hint="restore it from a backup") from error
