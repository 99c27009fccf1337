"""A circuit breaker: stop asking an endpoint that does not answer, then ask it carefully again.

closed: every call passes; ``failures`` in a row open it. open: none passes for ``open_seconds``. half-open: ``probes``
calls pass, no more, however many ask at once; the first answer closes it, and if all fail it opens again.

In a row means in the order of sending. Failures are quick and answers slow: of thirty calls under way of which a
fifth fails, the first to end are six failures, and an endpoint that answers four of five would be cut off. For the same
reason one failed probe proves nothing.

Own, because every library tried lets all callers through when half-open.
"""

import threading
import time
from collections.abc import Callable
from typing import Literal

import msgspec

BreakerState = Literal["closed", "open", "half_open"]
Outcome = Literal["answered", "failed", "abandoned"]
OnChange = Callable[[BreakerState], None]

_PROBED_AGAIN_AFTER = 1.0
"""Seconds after which a caller that came while probes were under way may look again."""
_REMEMBERED = 1024
"""Calls whose ends are remembered, the last ones sent; more than can be under way at once."""


class BreakerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When a breaker opens and how it closes again."""

    failures: int = 5
    open_seconds: float = 20.0
    probes: int = 3


class CircuitOpenError(Exception):
    """The call was not made: its endpoint does not answer.

    ``retry_after`` is when to ask again, ``in_vain`` how many rounds of probes failed since it last answered,
    ``last`` what it failed with.
    """

    def __init__(self, retry_after: float, in_vain: int, last: BaseException | None) -> None:
        super().__init__(f"not asked, because it failed before: {last}")
        self.retry_after = retry_after
        self.in_vain = in_vain
        self.last = last


class Pass:
    """One admitted call; its end must be reported exactly once."""

    def __init__(self, breaker: "CircuitBreaker", round_: int, number: int) -> None:
        self._breaker = breaker
        self._round = round_
        self._number = number

    def report(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """``abandoned`` says nothing about the endpoint (the caller was cancelled)."""
        self._breaker._end(self._round, self._number, outcome, error)  # noqa: SLF001  # the two are one state machine


class CircuitBreaker:
    """The state machine. Thread-safe; ``now`` is a monotonic clock in seconds."""

    def __init__(
        self, policy: BreakerPolicy, now: Callable[[], float] = time.monotonic, on_change: OnChange = lambda _: None
    ) -> None:
        self._policy = policy
        self._now = now
        self._on_change = on_change
        self._lock = threading.Lock()
        self._state: BreakerState = "closed"
        self._opened_at = 0.0
        self._last: BaseException | None = None
        self._in_vain = 0
        # Each change of state starts a round: what was admitted in an earlier one no longer counts.
        self._round = 0
        # The calls of this round, numbered as they were sent; of those that failed and that were given up, the numbers.
        self._sent = 0
        self._probing = 0
        self._failed: set[int] = set()
        self._abandoned: set[int] = set()

    @property
    def state(self) -> BreakerState:
        """Where it stands; an open one whose time is over turns half-open when the next call asks."""
        return self._state

    def admit(self) -> Pass:
        """Let a call through; raises ``CircuitOpenError`` if it must not be made."""
        with self._lock:
            if self._state == "open":
                left = self._opened_at + self._policy.open_seconds - self._now()
                if left > 0:
                    raise CircuitOpenError(left, self._in_vain, self._last)
                self._become("half_open")
            if self._state == "half_open":
                if self._probing >= self._policy.probes:
                    raise CircuitOpenError(_PROBED_AGAIN_AFTER, self._in_vain, self._last)
                self._probing += 1
            number, self._sent = self._sent, self._sent + 1
            self._failed.discard(number - _REMEMBERED)
            self._abandoned.discard(number - _REMEMBERED)
            return Pass(self, self._round, number)

    def _end(self, round_: int, number: int, outcome: Outcome, error: BaseException | None) -> None:
        with self._lock:
            if round_ != self._round or number <= self._sent - _REMEMBERED:
                return
            if outcome == "failed":
                self._last = error
                self._failed.add(number)
                if self._is_down(number):
                    self._in_vain += self._state == "half_open"
                    self._opened_at = self._now()
                    self._become("open")
            elif outcome == "abandoned":
                self._abandoned.add(number)
                self._probing -= self._state == "half_open"
            elif self._state == "half_open":
                self._last, self._in_vain = None, 0
                self._become("closed")

    def _is_down(self, number: int) -> bool:
        """Whether enough calls around this one failed."""
        if self._state == "half_open":
            return len(self._failed) >= self._policy.probes
        in_a_row = 1
        for step in (-1, 1):
            other = number + step
            while other in self._failed or other in self._abandoned:
                in_a_row += other in self._failed
                other += step
        return in_a_row >= self._policy.failures

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._round += 1
        self._sent = self._probing = 0
        self._failed.clear()
        self._abandoned.clear()
        self._on_change(state)
