"""The single-flight cache."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from driftmgr.runtime.cache import SingleFlightCache


class Source:
    """Counts how often it is asked; answers when it is let."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked = 0
        self.error = error
        self.may_answer = threading.Event()
        self.may_answer.set()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        while not self.may_answer.is_set():  # noqa: ASYNC110  # set by other loops, which asyncio.Event cannot
            await asyncio.sleep(0.001)
        if self.error:
            raise self.error
        return number


def test_an_answer_is_kept() -> None:
    """The second question costs nothing, and the counters say so."""
    cache, source = SingleFlightCache("test", 60), Source()

    async def ask() -> list[int]:
        return [await cache.get("a", source) for _ in range(5)]

    assert asyncio.run(ask()) == [1] * 5
    assert (cache.hits, cache.misses, cache.shared) == (4, 1, 0)


def test_keys_are_apart() -> None:
    """What one key holds no other sees."""
    cache, source = SingleFlightCache("test", 60), Source()

    async def ask() -> tuple[int, int]:
        return await cache.get(("one", 1), source), await cache.get(("two", 1), source)

    assert asyncio.run(ask()) == (1, 2)


def test_an_answer_ends_with_its_time() -> None:
    """After its time to live the source is asked anew."""
    cache, source = SingleFlightCache("test", 0.02), Source()

    async def ask() -> tuple[int, int]:
        first = await cache.get("a", source)
        await asyncio.sleep(0.05)
        return first, await cache.get("a", source)

    assert asyncio.run(ask()) == (1, 2)


def test_errors_are_not_kept() -> None:
    """A failure reaches everybody who waited for it and nobody after them."""
    cache, source = SingleFlightCache("test", 60), Source(OSError("down"))

    async def ask() -> int:
        for _ in range(2):
            with pytest.raises(OSError, match="down"):
                await cache.get("a", source)
        source.error = None
        return await cache.get("a", source)

    assert asyncio.run(ask()) == 3


def test_many_who_ask_at_once_cause_one_request() -> None:
    """A hundred callers on ten event loops of ten threads: one request, one answer for all."""
    cache, source = SingleFlightCache("test", 60), Source()
    source.may_answer.clear()

    async def ten() -> list[int]:
        return await asyncio.gather(*(cache.get("a", source) for _ in range(10)))

    with ThreadPoolExecutor(10) as pool:
        running = [pool.submit(asyncio.run, ten()) for _ in range(10)]
        while cache.misses + cache.shared < 100:
            threading.Event().wait(0.001)
        source.may_answer.set()
        answers = [answer for one in running for answer in one.result(30)]
    assert answers == [1] * 100
    assert (source.asked, cache.misses, cache.shared, cache.hits) == (1, 1, 99, 0)


def test_a_cancelled_leader_hands_over() -> None:
    """When the one who asks the source is cancelled, another of the waiting asks; nobody else is cancelled."""
    cache, source = SingleFlightCache("test", 60), Source()
    source.may_answer.clear()

    async def ask() -> list[int]:
        leader = asyncio.ensure_future(cache.get("a", source))
        await asyncio.sleep(0.01)
        others = [asyncio.ensure_future(cache.get("a", source)) for _ in range(3)]
        await asyncio.sleep(0.01)
        leader.cancel()
        await asyncio.sleep(0.01)
        source.may_answer.set()
        assert leader.cancelled()
        return await asyncio.gather(*others)

    assert asyncio.run(ask()) == [2, 2, 2]


def test_a_cancelled_follower_stops_nobody() -> None:
    """One who no longer waits does not end the request of those who do."""
    cache, source = SingleFlightCache("test", 60), Source()
    source.may_answer.clear()

    async def ask() -> int:
        leader = asyncio.ensure_future(cache.get("a", source))
        await asyncio.sleep(0.01)
        follower = asyncio.ensure_future(cache.get("a", source))
        await asyncio.sleep(0.01)
        follower.cancel()
        await asyncio.sleep(0.01)
        source.may_answer.set()
        return await leader

    assert asyncio.run(ask()) == 1


def test_a_full_cache_keeps_working() -> None:
    """More keys than it holds cost requests, never errors."""
    cache, source = SingleFlightCache("test", 60, entries=4), Source()

    async def ask() -> None:
        for number in range(20):
            await cache.get(number, source)

    asyncio.run(ask())
    assert source.asked == 20
