"""The retry policy."""

import asyncio

import pytest

from driftmgr.runtime.retry import RetryPolicy

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


def retryable(error: BaseException) -> bool:
    """Network failures only."""
    return isinstance(error, OSError)


def test_passing_faults_are_ridden_out() -> None:
    """A call that fails fewer times than the policy allows gives its answer."""
    call = Flaky(3)
    assert asyncio.run(FAST.run(call, retryable=retryable)) == "answer"
    assert call.tries == 4


def test_last_error_is_raised_when_attempts_end() -> None:
    """After the last attempt its own exception is raised, not a wrapper."""
    with pytest.raises(OSError, match="try 4"):
        asyncio.run(FAST.run(Flaky(9), retryable=retryable))


def test_what_cannot_pass_is_not_tried_again() -> None:
    """An error that is not retryable is raised at once."""
    call = Flaky(1, KeyError)
    with pytest.raises(KeyError):
        asyncio.run(FAST.run(call, retryable=retryable))
    assert call.tries == 1


def test_deadline_ends_the_tries() -> None:
    """No further attempt starts after the deadline."""
    policy = RetryPolicy(attempts=1000, first_wait=0.01, longest_wait=0.02, give_up_after=0.1)
    call = Flaky(10_000)
    with pytest.raises(OSError, match="try"):
        asyncio.run(policy.run(call, retryable=retryable))
    assert call.tries < 200
