"""States in files, locked as Terraform locks them.

https://developer.hashicorp.com/terraform/language/backend/local

The lock is one on the state's own file, so that the file is written in place: a new one under its name would not be
locked. Who holds it stands in ``.NAME.lock.info`` beside it.
"""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from driftmgr.state.backends.file_locks import is_locked, try_lock
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

_NAME = "terraform.tfstate"
_BLOCK = 1 << 20


def open_local(settings: Mapping[str, Any], workspace: str, access: Access) -> "LocalBackend":
    """The state of a workspace under the directory of ``access``."""
    workspaces = access.directory / str(settings.get("workspace_dir") or "terraform.tfstate.d")
    default = access.directory / str(settings.get("path") or _NAME)
    path = default if workspace == DEFAULT_WORKSPACE else workspaces / workspace / _NAME
    return LocalBackend(path, default=default, workspaces=workspaces)


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    handle: int
    lock: LockInfo
    created: bool


class LocalBackend:
    """One file. ``default`` and ``workspaces`` are the file of the default workspace and the folder of the others."""

    def __init__(self, path: Path, *, default: Path | None = None, workspaces: Path | None = None) -> None:
        self.path = path
        self.label = os.path.normpath(path)
        self._default = default or path
        self._workspaces = workspaces
        self._held: _Held | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """The file itself, whatever leads to it."""
        return ("local", self.path.resolve())

    @property
    def has_workspaces(self) -> bool:
        """Whether it is the state of a working directory, not just a file."""
        return self._workspaces is not None

    def read(self) -> bytes | None:
        """What is in the file; an empty one is no state, as for Terraform."""
        try:
            return (_content(self._held.handle) if self._held else self.path.read_bytes()) or None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._problem("cannot be read", error) from error

    def write(self, content: bytes) -> None:
        """Replace what is in the file: in place, and space for it is reserved before the first byte changes."""
        try:
            with contextlib.ExitStack() as closing:
                handle = self._held.handle if self._held else self._opened(closing)
                if hasattr(os, "posix_fallocate") and content:
                    os.posix_fallocate(handle, 0, len(content))
                os.lseek(handle, 0, os.SEEK_SET)
                view = memoryview(content)
                while view:
                    view = view[os.write(handle, view[:_BLOCK]) :]
                os.ftruncate(handle, len(content))
                os.fsync(handle)
        except OSError as error:
            raise self._problem("cannot be written", error) from error

    def lock(self, lock: LockInfo) -> None:
        """Lock the file and write down who did."""
        if self._held:
            raise StateLockedError(self.label, self._held.lock)
        created = not self.path.exists()
        try:
            self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise self._problem("cannot be locked", error) from error
        lock = msgspec.structs.replace(lock, path=str(self.path))
        with contextlib.ExitStack() as undoing:
            undoing.callback(os.close, handle)
            if not try_lock(handle, self.label):
                raise StateLockedError(self.label, self._recorded())
            self._write_record(lock)
            undoing.pop_all()
        self._held = _Held(handle=handle, lock=lock, created=created)

    def unlock(self, lock_id: str) -> None:
        """Let go of our own lock, or remove the record that a program left which is no longer there."""
        if self._held is None:
            self._remove_stale(lock_id)
            return
        held = self._held
        if held.lock.id != lock_id:
            raise self._of_another(lock_id, held.lock)
        self._record.unlink(missing_ok=True)
        os.close(held.handle)
        self._held = None
        if held.created:
            with contextlib.suppress(OSError):
                if self.path.stat().st_size == 0:
                    self.path.unlink()

    def holder(self) -> LockInfo | None:
        """Who holds the lock; a record without a lock is what a dead program left."""
        if self._held:
            return self._held.lock
        if not self._is_locked():
            return None
        return self._recorded() or LockInfo()

    def workspaces(self) -> tuple[str, ...]:
        """The workspaces that have a file."""
        found = [DEFAULT_WORKSPACE] if self._default.is_file() else []
        folders = self._workspaces.glob(f"*/{_NAME}") if self._workspaces else ()
        return (*found, *sorted(path.parent.name for path in folders))

    @property
    def _record(self) -> Path:
        return self.path.with_name(f".{self.path.name.removeprefix('.')}.lock.info")

    def _recorded(self) -> LockInfo | None:
        try:
            return LockInfo.decode(self._record.read_bytes())
        except (OSError, StateError):
            return None  # the lock is what counts; its record may be half written, or of another user

    def _write_record(self, lock: LockInfo) -> None:
        try:
            handle = os.open(self._record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(lock.encode())
        except OSError as error:
            raise self._problem("cannot be locked", error) from error

    def _remove_stale(self, lock_id: str) -> None:
        if self._is_locked():
            raise StateError(
                f"{self.label}: the lock is held by a program that runs ({self._recorded() or LockInfo()})",
                hint="end that program: the lock of a file goes with it",
            )
        stale = self._recorded()
        if stale is None:
            raise StateError(f"{self.label}: nobody holds the lock", hint="there is nothing to unlock")
        if stale.id != lock_id:
            raise self._of_another(lock_id, stale)
        self._record.unlink(missing_ok=True)

    def _of_another(self, lock_id: str, holder: LockInfo) -> StateError:
        return StateError(f"{self.label}: not locked with the id {lock_id}, but by {holder}", hint="check the id")

    def _is_locked(self) -> bool:
        try:
            with self.path.open("rb") as file:
                return is_locked(file.fileno(), self.label)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._problem("cannot be read", error) from error

    def _opened(self, closing: contextlib.ExitStack) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        closing.callback(os.close, handle)
        return handle

    def _problem(self, what: str, error: OSError) -> StateError:
        return StateError(f"{self.label} {what}: {error.strerror or error}", hint="check path, permissions and space")


def _content(handle: int) -> bytes:
    parts = []
    os.lseek(handle, 0, os.SEEK_SET)
    while part := os.read(handle, _BLOCK):
        parts.append(part)
    return b"".join(parts)
