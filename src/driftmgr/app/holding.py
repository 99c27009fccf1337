"""Hold Terraform's lock on a state while something is done, and let go of it however that ends."""

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

from driftmgr.model import DriftMgrError
from driftmgr.state import StateError
from driftmgr.state.backends.protocol import LockInfo, StateBackend, StateLockedError
from driftmgr.store.states import LockRecords

_ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_RETRY_SECONDS = 1.0


class Uninterrupted:
    """While it is entered, signals that end a program are a ``KeyboardInterrupt``, and wait for steps that must end.

    In a thread that is not the main one there are no signals to wait for.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._deferring = False
        self._came = False

    def __enter__(self) -> Self:
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._on_signal) for number in _ENDING}
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """A step that a signal must not cut short; one that came meanwhile counts at its end."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self._came:
            self._came = False
            raise KeyboardInterrupt

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self._deferring:
            raise KeyboardInterrupt
        self._came = True


@contextlib.contextmanager
def held(
    backend: StateBackend, operation: str, *, wait_seconds: float = 0.0, records: LockRecords | None = None
) -> Iterator[Uninterrupted]:
    """Hold the lock while the block runs; raises ``StateError``, ``StateLockedError`` when it stays with another.

    What the lock is gets written down first, so that ``unlock`` knows it after a process was killed.
    """
    lock = LockInfo.new(operation, backend.label)
    known = records or LockRecords()
    try:
        known.add(backend.label, lock.id, operation)
    except OSError as error:
        raise DriftMgrError(
            f"the lock cannot be written down: {error}", hint="set DRIFTMGR_DATA_DIR to a folder that can be written"
        ) from error
    with Uninterrupted() as signals:
        taken = False
        try:
            deadline = time.monotonic() + wait_seconds
            while not taken:
                with signals.step():
                    taken = _tried(backend, lock, is_last=time.monotonic() >= deadline)
                if not taken:
                    time.sleep(min(_RETRY_SECONDS, max(0.0, deadline - time.monotonic())))
            # What a killed process held on this state is gone, now that the lock is ours.
            for old in known.of(backend.label):
                if old.is_left:
                    known.remove(old.lock_id)
            yield signals
        finally:
            with signals.step():
                if taken:
                    _release(backend, lock)
                known.remove(lock.id)


def _tried(backend: StateBackend, lock: LockInfo, *, is_last: bool) -> bool:
    try:
        backend.lock(lock)
    except StateLockedError:
        if is_last:
            raise
        return False
    except StateError:
        # Nobody knows whether a call that failed took it.
        with contextlib.suppress(StateError):
            backend.unlock(lock.id)
        raise
    return True


def _release(backend: StateBackend, lock: LockInfo) -> None:
    try:
        backend.unlock(lock.id)
    except StateError as error:
        raise StateError(
            f"{backend.label}: the lock {lock.id} was not released: {error.message}",
            hint=f"release it: driftmgr state unlock SOURCE {lock.id}",
        ) from error
