"""What every kind of state backend can do, and Terraform's own record of a lock.

A backend that has no lock, or none configured, raises ``StateError`` from ``lock`` and says so: whoever writes all the
same says ``--no-lock``.

https://developer.hashicorp.com/terraform/language/state/locking
https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/locker.go
"""

import getpass
import os
import socket
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from driftmgr.model import Backend
from driftmgr.runtime.guard import Guard
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.backends.s3 import S3Calls

DEFAULT_WORKSPACE = "default"
_NAMES = {
    "id": "ID",
    "operation": "Operation",
    "info": "Info",
    "who": "Who",
    "version": "Version",
    "created": "Created",
    "path": "Path",
}


class LockInfo(msgspec.Struct, frozen=True, kw_only=True, rename=_NAMES):
    """Who holds the lock of a state, as Terraform writes it down (``created`` is an RFC 3339 time)."""

    id: str = ""
    operation: str = ""
    info: str = ""
    who: str = ""
    version: str = ""
    created: str = ""
    path: str = ""

    @classmethod
    def new(cls, operation: str, path: str) -> "LockInfo":
        """A lock of ours, with an id of its own; ``path`` is where the state is."""
        return cls(
            id=str(uuid.uuid4()),
            operation=operation,
            who=f"{_user()}@{socket.gethostname()}",
            version="driftmgr",
            created=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            path=path,
        )

    @classmethod
    def decode(cls, content: bytes | str) -> "LockInfo":
        """Read Terraform's JSON; raises ``StateError``."""
        try:
            return msgspec.json.decode(content, type=cls)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise StateError(
                f"the record of a lock cannot be read: {error}", hint="see who holds it, then: terraform force-unlock"
            ) from error

    def encode(self) -> bytes:
        """Terraform's JSON."""
        return msgspec.json.encode(self)

    def __str__(self) -> str:
        since = f" since {self.created}" if self.created else ""
        words = (self.who, f"{self.operation}{since}" if self.operation else "", f"id {self.id}" if self.id else "")
        return ", ".join(filter(None, words)) or "somebody unknown"


class StateLockedError(StateError):
    """Somebody else holds the lock; ``holder`` is ``None`` where the backend does not tell who."""

    def __init__(self, label: str, holder: LockInfo | None) -> None:
        super().__init__(
            f"{label}: the state is locked" + (f" by {holder}" if holder else ""),
            hint="wait until that has ended; if nobody holds it any more: driftmgr state unlock",
        )
        self.holder = holder


class StateBackend(Protocol):
    """One state (of one workspace) where it is kept. All calls block; none may be made from a running event loop."""

    @property
    def label(self) -> str:
        """How messages and reports name it, without secrets."""

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells this state from every other; equal for two ways to the same one. Never shown."""

    def read(self) -> bytes | None:
        """The state's bytes as they are kept, ``None`` where there is none yet; raises ``StateError``."""

    def write(self, content: bytes) -> None:
        """Replace the state's bytes; the caller holds the lock. Raises ``StateError``."""

    def lock(self, lock: LockInfo) -> None:
        """Take Terraform's lock; raises ``StateLockedError``, and ``StateError`` where it cannot be told."""

    def unlock(self, lock_id: str) -> None:
        """Release the lock of this id; raises ``StateError`` if another one holds it, or nobody does."""

    def holder(self) -> LockInfo | None:
        """Who holds the lock now, ``None`` when nobody does; raises ``StateError`` where that cannot be told."""

    def workspaces(self) -> tuple[str, ...]:
        """The names of the workspaces with a state, ``default`` included when it has one; raises ``StateError``."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What ``app`` hands to an opener, so that ``state`` need not know the clouds.

    ``guard`` is for ``runtime.http.HttpClient``; ``aws`` gives the calls of an S3 backend for its settings (profile,
    role, endpoints); ``directory`` is what relative paths of the settings start from; ``environment`` holds the
    variables that Terraform's backends read. ``configured`` reads which backend the configuration of a directory names,
    with those variables; ``completion`` what one ``-backend-config`` adds. Both raise ``DriftMgrError``.
    """

    guard: Guard
    configured: Callable[[Path, Mapping[str, str]], Backend | None]
    completion: Callable[[str], Backend]
    aws: "Callable[[Mapping[str, Any]], S3Calls] | None" = None
    directory: Path = Path()
    environment: Mapping[str, str] = os.environ


class Opener(Protocol):
    """Opens backends of one type; registered in ``backends.OPENERS``.

    ``settings`` are the arguments of the backend block as Terraform records them, ``None`` and absent meaning the same.
    Opening asks nothing of the network. Raises ``StateError`` for settings that are missing and that nobody may guess,
    or that cannot be.
    """

    def __call__(self, settings: Mapping[str, Any], workspace: str, access: Access) -> StateBackend:
        """The backend."""


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
