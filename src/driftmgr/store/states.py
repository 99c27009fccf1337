"""What is kept about states that were replaced: copies of what was there before, and the locks we hold."""

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from driftmgr.telemetry.files import replace_file

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)


def data_directory() -> Path:
    """Where DriftMgr keeps what must not get lost: DRIFTMGR_DATA_DIR, else the user's data directory (XDG)."""
    if chosen := os.environ.get("DRIFTMGR_DATA_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local/share") / "driftmgr"


def keep_backup(label: str, serial: int, content: bytes) -> Path:
    """Write a copy of a state that only its owner may read; gives its path. Raises ``OSError``."""
    folder = data_directory() / "backups" / _UNSAFE.sub("_", label).strip("_")[-120:]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    path = folder / f"{moment}-serial-{serial}.tfstate"
    replace_file(path, content)
    return path


class LockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lock that a process of ours took, and may have left when it was killed."""

    label: str
    lock_id: str
    operation: str
    pid: int
    host: str
    created: str

    @property
    def is_left(self) -> bool:
        """Whether its process has ended, as far as this machine can tell."""
        # On Windows the question whether a process is there would end it.
        if self.host != socket.gethostname() or os.name != "posix":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


class LockRecords:
    """The locks that processes of this user hold, one file each."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_directory() / "locks"

    def add(self, label: str, lock_id: str, operation: str) -> None:
        """Write down a lock before it is taken; raises ``OSError``."""
        record = LockRecord(
            label=label,
            lock_id=lock_id,
            operation=operation,
            pid=os.getpid(),
            host=socket.gethostname(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._path(lock_id), msgspec.json.encode(record))

    def remove(self, lock_id: str) -> None:
        """Forget a lock that was released."""
        with contextlib.suppress(OSError):
            self._path(lock_id).unlink(missing_ok=True)

    def of(self, label: str) -> Iterator[LockRecord]:
        """The locks of a state, the newest last."""
        found = []
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                found.append(msgspec.json.decode(path.read_bytes(), type=LockRecord))
        yield from sorted((record for record in found if record.label == label), key=lambda record: record.created)

    def _path(self, lock_id: str) -> Path:
        return self._folder / f"{_UNSAFE.sub('_', lock_id)}.json"
