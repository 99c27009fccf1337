"""The retry policy and the budget of retries."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.runtime.retry import RetryBudget, RetryPolicy

FAST = RetryPolicy(attempts=4, first_wait=0.001, longest_wait=0.002, give_up_after=5)


class Flaky:
    """Fails a number of times, then answers."""

    def __init__(self, failures: int, error: type[Exception] = OSError) -> None:
        self.failures, self.error, self.tries = failures, error, 0

    async def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.failures:
            raise self.error(f"try {self.tries}")
        return "answer"


class Rules:
    """Network failures only; what else a policy asks is given."""

    def __init__(self, *, after: float | None = None, allowed: int = 1_000_000, queued: float = 0.0) -> None:
        self.after, self.allowed, self.queued = after, allowed, queued
        self.began = time.monotonic()

    def retryable(self, error: BaseException) -> bool:
        return isinstance(error, OSError)

    def retry_after(self, error: BaseException) -> float | None:
        return self.after

    def may_retry(self, error: BaseException) -> bool:
        self.allowed -= 1
        return self.allowed >= 0

    def spent(self) -> float:
        return time.monotonic() - self.began - self.queued


class Sleeper:
    """Remembers how long it was told to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def run(call: Flaky, policy: RetryPolicy = FAST, rules: Rules | None = None, sleep: Sleeper | None = None) -> str:
    """One call under a policy."""
    return asyncio.run(policy.run(call, rules or Rules(), sleep or asyncio.sleep))


def test_passing_faults_are_ridden_out() -> None:
    """A call that fails fewer times than the policy allows gives its answer."""
    call = Flaky(3)
    assert run(call) == "answer"
    assert call.tries == 4


def test_last_error_is_raised_when_attempts_end() -> None:
    """After the last attempt its own exception is raised, not a wrapper."""
    with pytest.raises(OSError, match="try 4"):
        run(Flaky(9))


def test_what_cannot_pass_is_not_tried_again() -> None:
    """An error that is not retryable is raised at once."""
    call = Flaky(1, KeyError)
    with pytest.raises(KeyError):
        run(call)
    assert call.tries == 1


def test_deadline_ends_the_tries() -> None:
    """No further attempt starts after the deadline."""
    policy = RetryPolicy(attempts=1000, first_wait=0.01, longest_wait=0.02, give_up_after=0.1)
    call = Flaky(10_000)
    with pytest.raises(OSError, match="try"):
        run(call, policy)
    assert call.tries < 200


def test_the_wait_that_an_error_asks_for_is_kept() -> None:
    """The next try starts no earlier than Retry-After says, however small the jitter."""
    sleeper = Sleeper()
    assert run(Flaky(2), rules=Rules(after=3.0), sleep=sleeper) == "answer"
    assert sleeper.slept == [3.0, 3.0]


def test_a_wait_beyond_the_end_is_not_begun() -> None:
    """A Retry-After that ends after the deadline ends the call at once."""
    sleeper = Sleeper()
    with pytest.raises(OSError, match="try 1"):
        run(Flaky(1), rules=Rules(after=6.0), sleep=sleeper)
    assert sleeper.slept == []


def test_time_in_our_own_queue_does_not_count() -> None:
    """A call that waited for its token is not given up for that."""
    sleeper = Sleeper()
    assert run(Flaky(1), rules=Rules(after=6.0, queued=10.0), sleep=sleeper) == "answer"
    assert sleeper.slept == [6.0]


def test_a_refused_retry_is_not_made() -> None:
    """Whoever may refuse a retry is asked for each, and its no is final."""
    call = Flaky(9)
    with pytest.raises(OSError, match="try 3"):
        run(call, rules=Rules(allowed=2))


@given(st.floats(min_value=0.01, max_value=10), st.floats(min_value=0.01, max_value=10), st.integers(1, 8))
def test_waits_are_jittered_within_the_backoff(first: float, longest: float, failures: int) -> None:
    """Each wait lies between nothing and first_wait doubled per try, capped by longest_wait."""
    sleeper = Sleeper()
    policy = RetryPolicy(attempts=9, first_wait=first, longest_wait=longest, give_up_after=1e9)
    run(Flaky(failures), policy, sleep=sleeper)
    assert len(sleeper.slept) == failures
    for number, slept in enumerate(sleeper.slept):
        assert 0 <= slept <= min(longest, first * 2.0**number)


def test_an_outage_is_not_amplified() -> None:
    """With no answer at all, retries end after the budget's capacity, however many calls are made."""
    budget = RetryBudget(capacity=10)
    assert sum(budget.spend() for _ in range(1_000)) == 10


def test_a_third_of_requests_may_be_retries_for_ever() -> None:
    """A flaky endpoint that answers two of three requests never runs out of its budget."""
    budget = RetryBudget(capacity=10)
    for _ in range(1_000):
        assert budget.spend()
        budget.earn()
        budget.earn()


def test_a_budget_never_exceeds_its_capacity() -> None:
    """A long good time does not save up retries for an outage."""
    budget = RetryBudget(capacity=3)
    for _ in range(100):
        budget.earn()
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]
