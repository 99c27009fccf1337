"""A token bucket that learns: how many requests per second an endpoint is sent.

A caller reserves the next token and is told how long to wait for it. Reservations are served in the order they were
made, whatever event loop or thread asks: with a bounded number under way per scan, all scans get on alike.
"""

import threading
import time
from collections.abc import Callable, Mapping

import msgspec

_FLOOR = 0.1
"""The share of the table's rate below which throttling does not push a bucket."""
_RECOVERY_SECONDS = 30.0
"""How long a bucket takes from nothing back to the table's rate."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """``rate`` tokens per second, at most ``burst`` saved up; one bucket per service, or ``per_operation``.

    ``own`` holds the operations that draw from a bucket of their own instead.
    """

    rate: float
    burst: float
    per_operation: bool = False
    own: Mapping[str, "Limit"] = {}


class TokenBucket:
    """One bucket. Thread-safe; ``now`` is a monotonic clock in seconds.

    Throttled, it halves its rate and loses what it saved up; then the rate creeps back. Answers to requests that
    were sent before the last halving do not halve it again: they tell of the old rate.
    """

    def __init__(self, limit: Limit, now: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._now = now
        self._lock = threading.Lock()
        self._rate = limit.rate
        self._tokens = limit.burst
        self._seen = now()
        self._halved_at = float("-inf")
        self._closed_until = float("-inf")

    @property
    def rate(self) -> float:
        """Tokens per second, as of now."""
        with self._lock:
            self._advance()
            return self._rate

    def reserve(self) -> float:
        """Take the next token; gives the seconds to wait before it may be used."""
        with self._lock:
            self._advance()
            self._tokens -= 1
            queued = -self._tokens / self._rate if self._tokens < 0 else 0.0
            return queued + max(0.0, self._closed_until - self._seen)

    @property
    def is_closed(self) -> bool:
        """Whether the endpoint asked to be left alone for now: a token reserved before that must wait again."""
        return self._now() < self._closed_until

    def close(self, seconds: float) -> None:
        """Nothing is to be sent for that long: the endpoint says that its quota is used up."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._now() + seconds)

    def throttled(self, sent_at: float, retry_after: float | None = None) -> None:
        """A request sent at ``sent_at`` was throttled; nothing is sent for ``retry_after`` seconds."""
        with self._lock:
            self._advance()
            if retry_after:
                self._closed_until = max(self._closed_until, self._now() + retry_after)
            if sent_at >= self._halved_at:
                self._rate = max(self._rate / 2, self._limit.rate * _FLOOR)
                self._tokens = min(self._tokens, 0.0)
                self._halved_at = self._now()

    def _advance(self) -> None:
        now = self._now()
        passed, self._seen = max(0.0, now - self._seen), now
        self._tokens = min(self._limit.burst, self._tokens + passed * self._rate)
        self._rate = min(self._limit.rate, self._rate + passed * self._limit.rate / _RECOVERY_SECONDS)
