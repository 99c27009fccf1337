"""What the shards of a scan found, in files: for a scan that goes on where it was stopped, or follows another closely.

A file holds the observed attributes of one shard, as sensitive as a state, so it is private to the user; never a
credential. It appears in one step and whole.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from driftmgr.model import RemoteObject
from driftmgr.telemetry.files import replace_file

_FORMAT = 1
_SUFFIX = ".shard"


class _Saved(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    saved_at: float
    objects: list[RemoteObject]


class SavedShards:
    """Shards by key, each usable for ``max_age`` seconds; what cannot be read counts as not saved."""

    def __init__(self, directory: Path, max_age: float, now: Callable[[], float] = time.time) -> None:
        self._directory = directory
        self._max_age = max_age
        self._now = now

    def load(self, key: str) -> tuple[RemoteObject, ...] | None:
        """The objects of a shard, or ``None``."""
        try:
            found = msgspec.msgpack.decode(self._path(key).read_bytes(), type=_Saved)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            return None
        # A time in the future is that of a clock that was set back since.
        age = self._now() - found.saved_at
        return tuple(found.objects) if found.format == _FORMAT and 0 <= age < self._max_age else None

    def save(self, key: str, objects: Iterable[RemoteObject]) -> bool:
        """Keep what a shard found; false if it cannot be kept exactly. Raises ``OSError``."""
        kept = _Saved(format=_FORMAT, saved_at=self._now(), objects=list(objects))
        try:
            document = msgspec.msgpack.encode(kept)
            exact = msgspec.msgpack.decode(document, type=_Saved) == kept
        except (TypeError, ValueError, OverflowError):
            exact = False
        if exact:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._path(key), document)
        return exact

    def prune(self) -> None:
        """Remove what is too old to be used, and what a killed program left half-written."""
        for path in self._files():
            try:
                too_old = self._now() - path.stat().st_mtime >= self._max_age
            except FileNotFoundError:
                continue
            if too_old:
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove all of them."""
        for path in self._files():
            path.unlink(missing_ok=True)
        if self._directory.is_dir() and not any(self._directory.iterdir()):
            self._directory.rmdir()

    def _files(self) -> list[Path]:
        if not self._directory.is_dir():
            return []
        return [Path(entry.path) for entry in os.scandir(self._directory) if _SUFFIX in entry.name]

    def _path(self, key: str) -> Path:
        return self._directory / f"{hashlib.sha256(key.encode()).hexdigest()}{_SUFFIX}"
