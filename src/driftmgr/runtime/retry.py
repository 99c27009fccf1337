"""One retry policy: exponential backoff with full jitter, only for what may pass.

Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, stop_after_delay, wait_random_exponential

Answer = TypeVar("Answer")


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long one call is tried; all times in seconds."""

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 20.0
    give_up_after: float = 120.0

    async def run(self, call: Callable[[], Awaitable[Answer]], *, retryable: Callable[[BaseException], bool]) -> Answer:
        """Await ``call()`` until it answers, fails for good or the policy ends; raises its last exception."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self.attempts) | stop_after_delay(self.give_up_after),
            wait=wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait),
            retry=retry_if_exception(retryable),
            reraise=True,
        )
        return await retrying(call)
