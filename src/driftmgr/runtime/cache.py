"""A cache of answers with a time to live: many who ask for the same at once cause one request."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

from cachebox import TTLCache

from driftmgr.telemetry import metrics

Answer = TypeVar("Answer")

_ABSENT, _ASK_AGAIN = object(), object()
_ENTRIES = 50_000


class SingleFlightCache:
    """Keeps each answer for ``ttl`` seconds, in memory. Thread-safe, bound to no event loop; errors are not kept.

    Answers are shared by all who ask, so nobody may change one. ``name`` is the cache's label in the metrics.
    """

    def __init__(self, name: str, ttl: float, entries: int = _ENTRIES) -> None:
        self._name = name
        self._answers: TTLCache[Hashable, Any] = TTLCache(entries, ttl)
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[Any]] = {}
        self.hits = self.misses = self.shared = 0

    async def get(self, key: Hashable, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """The kept answer, else that of ``make()``, which runs once however many ask; raises what it raises.

        When the one who runs it is cancelled, another of those who wait runs it.
        """
        while True:
            with self._lock:
                known: Any = self._answers.get(key, _ABSENT)
                other = self._under_way.get(key)
                if known is not _ABSENT:
                    self.hits += 1
                elif other is not None:
                    self.shared += 1
                else:
                    self.misses += 1
                    mine: Future[Any] = Future()
                    # A future that runs cannot be cancelled: one who stops waiting must not stop the others.
                    mine.set_running_or_notify_cancel()
                    self._under_way[key] = mine
            if known is not _ABSENT:
                self._tell("hit")
                return cast("Answer", known)
            if other is None:
                self._tell("miss")
                return await self._make(key, mine, make)
            answer: Any = await asyncio.wrap_future(other)
            if answer is not _ASK_AGAIN:
                self._tell("shared")
                return cast("Answer", answer)

    async def _make(self, key: Hashable, mine: "Future[Any]", make: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await make()
        except BaseException as error:
            with self._lock:
                del self._under_way[key]
            if isinstance(error, Exception):
                mine.set_exception(error)
            else:
                mine.set_result(_ASK_AGAIN)
            raise
        with self._lock:
            self._answers.insert(key, answer)
            del self._under_way[key]
        mine.set_result(answer)
        return answer

    def _tell(self, outcome: str) -> None:
        metrics.add(metrics.CACHE, cache=self._name, outcome=outcome)
