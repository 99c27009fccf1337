"""One retry policy: exponential backoff with full jitter, only for what may pass.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

Answer = TypeVar("Answer")
Sleep = Callable[[float], Awaitable[None]]

_CAPACITY, _REFUND = 100.0, 0.5


class RetryBudget:
    """How many retries a failing endpoint may cost: starts full, a retry costs 1, an answer gives back a half.

    A third of all requests may so be retries for as long as it takes; in an outage, where nothing is given
    back, the retries end after ``capacity`` however many calls there are. Thread-safe.
    """

    def __init__(self, capacity: float = _CAPACITY, refund: float = _REFUND) -> None:
        self._capacity, self._refund = capacity, refund
        self._left = capacity
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry; false when there is none left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """A request was answered."""
        with self._lock:
            self._left = min(self._capacity, self._left + self._refund)


class RetryRules(Protocol):
    """What a policy asks about a failure."""

    def retryable(self, error: BaseException) -> bool:
        """Whether another try may help."""

    def retry_after(self, error: BaseException) -> float | None:
        """The wait in seconds that the error itself asks for."""

    def may_retry(self, error: BaseException) -> bool:
        """Asked last, once per retry: may refuse it (a budget)."""

    def spent(self) -> float:
        """The seconds since the call began, those in a queue of ours left out."""


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long one call is tried; all times in seconds.

    ``give_up_after`` bounds the whole call, all attempts and waits together, ``attempt_deadline`` one
    attempt: a server that answers a byte at a time would otherwise hold it for ever.
    """

    attempts: int = 10
    first_wait: float = 0.5
    longest_wait: float = 20.0
    give_up_after: float = 120.0
    attempt_deadline: float = 60.0

    async def run(
        self, call: Callable[[], Awaitable[Answer]], rules: RetryRules, sleep: Sleep = asyncio.sleep
    ) -> Answer:
        """Await ``call()`` until it answers, fails for good or the policy ends; raises its last exception.

        The next try starts no earlier than the error asks for, and there is none if it would come after the end.
        """
        jitter = wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)

        def wait(state: RetryCallState) -> float:
            return max(jitter(state), rules.retry_after(_error_of(state)) or 0.0)

        def stop(state: RetryCallState) -> bool:
            late = rules.spent() + state.upcoming_sleep >= self.give_up_after
            return late or state.attempt_number >= self.attempts or not rules.may_retry(_error_of(state))

        worth_it = retry_if_exception(rules.retryable)
        retrying = AsyncRetrying(stop=stop, wait=wait, retry=worth_it, sleep=sleep, reraise=True)
        return await retrying(call)


def _error_of(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    if error is None:  # pragma: no cover  # tenacity asks only after a failure
        raise AssertionError("no failure to wait for")
    return error
