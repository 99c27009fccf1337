"""Threads for blocking calls that nobody has to wait for.

The standard library's executor joins its threads when the interpreter ends: one request that hangs would keep an
interrupted program alive. These threads are daemons, and one whose caller gave up is replaced by a new one.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

Answer = TypeVar("Answer")
_Job = tuple["Future[Any]", Callable[[], Any]]


class DaemonThreads:
    """At most ``size`` jobs at once whose callers still wait; threads start when there is work for them."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._serving = 0
        self._idle = 0
        self._abandoned: set[Future[Any]] = set()

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Await the result of ``work()``, in the caller's context; a cancelled caller leaves a job to itself."""
        done: Future[Answer] = Future()
        here = contextvars.copy_context()
        self._submit(done, lambda: here.run(work))
        try:
            return await asyncio.wrap_future(done)
        except asyncio.CancelledError:
            self._leave(done)
            raise

    def _submit(self, done: "Future[Any]", work: Callable[[], Any]) -> None:
        with self._lock:
            self._jobs.put((done, work))
            if self._idle < self._jobs.qsize() and self._serving < self._size:
                self._serving += 1
                threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _leave(self, done: "Future[Any]") -> None:
        # Replacements are bounded: calls that all hang must not grow into threads without end.
        with self._lock:
            if done.running() and len(self._abandoned) < self._size:
                self._abandoned.add(done)
                self._serving -= 1
                if self._jobs.qsize():
                    self._serving += 1
                    threading.Thread(target=self._serve, name=self._name, daemon=True).start()

    def _serve(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
            done, work = self._jobs.get()
            with self._lock:
                self._idle -= 1
            if done.set_running_or_notify_cancel():
                _answer(done, work)
            with self._lock:
                if done in self._abandoned:
                    self._abandoned.discard(done)
                    return
            del done, work


def _answer(done: "Future[Any]", work: Callable[[], Any]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001  # handed to the caller, whatever it is
        done.set_exception(error)
