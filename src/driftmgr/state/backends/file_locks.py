"""Locks on files as Terraform takes them: POSIX record locks over the whole file.

https://github.com/hashicorp/terraform/blob/main/internal/states/statemgr/filesystem_lock_unix.go

Where the system has them, ours belong to the open file (OFD locks), not to the process: they exclude record locks of
others just the same, but another part of this process that closes the file does not let go of them.
"""

import errno
import os
import platform
import struct

from driftmgr.state.read import StateError

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows
    fcntl = None  # type: ignore[assignment]

_REFUSED = frozenset({errno.EACCES, errno.EAGAIN})


def try_lock(handle: int, label: str) -> bool:
    """Lock a file that is open for writing; ``False`` if another holds it. Closing the file lets go of the lock.

    Raises ``StateError`` where the file cannot be locked at all.
    """
    _check_system(label)
    try:
        fcntl.fcntl(handle, getattr(fcntl, "F_OFD_SETLK", fcntl.F_SETLK), _whole_file(fcntl.F_WRLCK))
    except OSError as error:
        if error.errno in _REFUSED:
            return False
        raise StateError(
            f"{label}: the file cannot be locked: {error.strerror}",
            hint="its file system knows no locks; see --no-lock",
        ) from error
    return True


def is_locked(handle: int, label: str) -> bool:
    """Whether another holds a lock on an open file; raises ``StateError`` where that cannot be told."""
    _check_system(label)
    asked = getattr(fcntl, "F_OFD_GETLK", fcntl.F_GETLK)
    return _kind(fcntl.fcntl(handle, asked, _whole_file(fcntl.F_WRLCK))) != fcntl.F_UNLCK


def _check_system(label: str) -> None:
    if fcntl is None:
        raise StateError(f"{label}: a file cannot be locked on this system", hint="use --no-lock and work alone")


# struct flock: the order of its members differs, https://man7.org/linux/man-pages/man2/fcntl.2.html
_IS_DARWIN = platform.system() == "Darwin"
_LAYOUT = "qqihh" if _IS_DARWIN else "hhqqi4x"


def _whole_file(kind: int) -> bytes:
    members = (0, 0, 0, kind, os.SEEK_SET) if _IS_DARWIN else (kind, os.SEEK_SET, 0, 0, 0)
    return struct.pack(_LAYOUT, *members)


def _kind(answer: bytes) -> int:
    return int(struct.unpack(_LAYOUT, answer)[3 if _IS_DARWIN else 0])
