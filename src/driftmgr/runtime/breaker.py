"""A circuit breaker: stop asking an endpoint that does not answer, then ask it carefully again.

closed: every call passes; ``failures`` in a row open it. open: none passes for ``open_seconds``. half-open: ``probes``
calls pass, no more, however many ask at once; all answered closes it, one failure opens it again.

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


class BreakerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When a breaker opens and how it closes again."""

    failures: int = 5
    open_seconds: float = 20.0
    probes: int = 1


class CircuitOpenError(Exception):
    """The call was not made: its endpoint does not answer.

    ``retry_after`` is when to ask again, ``in_vain`` how often probes failed since it last answered,
    ``last`` what it failed with.
    """

    def __init__(self, retry_after: float, in_vain: int, last: BaseException | None) -> None:
        super().__init__(f"not asked, because it failed before: {last}")
        self.retry_after = retry_after
        self.in_vain = in_vain
        self.last = last


class Pass:
    """One admitted call; its end must be reported exactly once."""

    def __init__(self, breaker: "CircuitBreaker", round_: int) -> None:
        self._breaker = breaker
        self._round = round_

    def report(self, outcome: Outcome, error: BaseException | None = None) -> None:
        """``abandoned`` says nothing about the endpoint (the caller was cancelled)."""
        self._breaker._end(self._round, outcome, error)  # noqa: SLF001  # the two are one state machine


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
        self._failures = 0
        self._opened_at = 0.0
        self._last: BaseException | None = None
        self._in_vain = 0
        # Each change of state starts a round: what was admitted in an earlier one no longer counts.
        self._round = 0
        self._admitted = 0
        self._answered = 0

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
                if self._admitted >= self._policy.probes:
                    raise CircuitOpenError(_PROBED_AGAIN_AFTER, self._in_vain, self._last)
                self._admitted += 1
            return Pass(self, self._round)

    def _end(self, round_: int, outcome: Outcome, error: BaseException | None) -> None:
        with self._lock:
            if round_ != self._round:
                return
            if outcome == "failed":
                self._last = error
                self._failures += 1
                if self._state == "half_open" or self._failures >= self._policy.failures:
                    self._in_vain += self._state == "half_open"
                    self._opened_at = self._now()
                    self._become("open")
            elif outcome == "answered":
                self._failures = 0
                self._answered += 1
                if self._state == "half_open" and self._answered >= self._policy.probes:
                    self._last, self._in_vain = None, 0
                    self._become("closed")
            elif self._state == "half_open":
                self._admitted -= 1

    def _become(self, state: BreakerState) -> None:
        self._state = state
        self._round += 1
        self._failures = self._admitted = self._answered = 0
        self._on_change(state)
