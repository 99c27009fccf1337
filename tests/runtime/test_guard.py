"""The guard: limits, breaker, budget and retries together."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from driftmgr.runtime.breaker import BreakerPolicy, CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard, Verdict
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from runtime.clock import Clock

HERE = Endpoint(provider="aws", account="1", region="eu-west-1", service="sqs")
ELSEWHERE = Endpoint(provider="aws", account="1", region="eu-west-2", service="sqs")


class ThrottledError(Exception):
    """The endpoint said: slow down."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("slow down")
        self.retry_after = retry_after


def judge(error: BaseException) -> Verdict:
    """Throttled, out of order, or an answer."""
    if isinstance(error, ThrottledError):
        return Verdict(kind="throttle", retry_after=error.retry_after)
    return Verdict(kind="transient" if isinstance(error, OSError | TimeoutError) else "denied")


class Bench:
    """A guard on a clock of its own, and an endpoint that fails as told."""

    def __init__(self, limit: Limit | None = None, **options: Any) -> None:
        self.clock = Clock()
        chosen = limit or Limit(rate=1000, burst=1000)
        self.guard = Guard(lambda _: chosen, now=self.clock.now, sleep=self.clock.sleep, **options)
        self.sent: list[float] = []

    def send(self, *failures: BaseException) -> Callable[[], Awaitable[str]]:
        pending = list(failures)

        async def once() -> str:
            self.sent.append(self.clock.time)
            if pending:
                raise pending.pop(0)
            return "answer"

        return once

    async def call(self, *failures: BaseException, endpoint: Endpoint = HERE) -> str:
        return await self.guard.call(endpoint, "sqs.list", self.send(*failures), judge, contextlib.nullcontext())


def test_transient_and_throttled_are_ridden_out() -> None:
    """Failures that pass are tried again until the answer comes."""
    bench = Bench()
    assert asyncio.run(bench.call(OSError("reset"), ThrottledError(), OSError("reset"))) == "answer"
    assert len(bench.sent) == 4


def test_a_refusal_is_never_tried_again() -> None:
    """A 403 is an answer: one request, and the breaker and the budget know nothing of it."""
    bench = Bench()
    for _ in range(20):
        with pytest.raises(PermissionError):
            asyncio.run(bench.guard.call(HERE, "x", bench.send(PermissionError()), _denied, contextlib.nullcontext()))
    assert len(bench.sent) == 20
    assert bench.guard.breaker(HERE).state == "closed"


def _denied(error: BaseException) -> Verdict:
    return Verdict(kind="denied")


def test_throttling_never_opens_the_breaker() -> None:
    """Only what says that the endpoint is out of order counts for the breaker."""
    bench = Bench(policy=RetryPolicy(attempts=50, first_wait=0.01, give_up_after=1e6))
    assert asyncio.run(bench.call(*(ThrottledError() for _ in range(40)))) == "answer"
    assert bench.guard.breaker(HERE).state == "closed"


def test_retry_after_is_kept_by_every_caller_of_the_bucket() -> None:
    """Nothing is sent to the endpoint before the moment it asked for."""
    bench = Bench()

    async def both() -> None:
        await bench.call(ThrottledError(retry_after=30.0))
        await bench.call()

    asyncio.run(both())
    first, second, third = bench.sent
    assert second - first >= 30.0
    assert third >= second


def test_a_dead_endpoint_is_asked_no_more_than_its_breaker_allows() -> None:
    """A hundred calls to a dead endpoint cost its threshold and two rounds of probes, and all end in its own error."""
    bench = Bench(policy=RetryPolicy(attempts=8, first_wait=0.01, longest_wait=0.05, give_up_after=120))

    async def all_calls() -> list[Any]:
        calls = (bench.call(*(OSError("down") for _ in range(100))) for _ in range(100))
        return await asyncio.gather(*calls, return_exceptions=True)

    ended = asyncio.run(all_calls())
    assert all(isinstance(error, CircuitOpenError | OSError) for error in ended)
    # The hundred may be under way before the first fails; after that only probes pass.
    assert len(bench.sent) <= 100 + 2 * BreakerPolicy().probes
    assert bench.guard.breaker(HERE).state == "open"


def test_a_short_outage_is_waited_out() -> None:
    """Calls that meet an open breaker wait for it and are answered when the endpoint is back."""
    bench = Bench(policy=RetryPolicy(attempts=8, first_wait=0.01, longest_wait=0.05, give_up_after=120))
    back_at = bench.clock.time + 15

    async def send() -> str:
        bench.sent.append(bench.clock.time)
        await asyncio.sleep(0)
        if bench.clock.time < back_at:
            raise OSError("down")
        return "answer"

    async def all_calls() -> list[str]:
        calls = (bench.guard.call(HERE, "x", send, judge, contextlib.nullcontext()) for _ in range(30))
        return await asyncio.gather(*calls)

    assert asyncio.run(all_calls()) == ["answer"] * 30


def test_endpoints_do_not_share_their_trouble() -> None:
    """A dead region costs another region, account or service nothing."""
    bench = Bench(policy=RetryPolicy(attempts=5, first_wait=0.001, longest_wait=0.002))
    with pytest.raises((OSError, CircuitOpenError)):
        asyncio.run(bench.call(*(OSError("down") for _ in range(50))))
    assert bench.guard.breaker(HERE).state == "open"
    before = bench.clock.time
    assert asyncio.run(bench.call(endpoint=ELSEWHERE)) == "answer"
    assert bench.clock.time == before


def test_the_budget_ends_retries_of_a_flaky_endpoint() -> None:
    """An endpoint that fails more than it answers gets no more retries than its budget holds."""
    never = {"aws": BreakerPolicy(failures=10_000)}
    bench = Bench(policy=RetryPolicy(attempts=8, first_wait=0.001, give_up_after=1e9), breakers=never)

    async def all_calls() -> None:
        for _ in range(200):
            with contextlib.suppress(OSError):
                await bench.call(*(OSError("flaky") for _ in range(100)))

    asyncio.run(all_calls())
    assert len(bench.sent) == 200 + 100


def test_a_request_without_end_is_given_up() -> None:
    """An attempt ends at its deadline and counts as transient."""
    bench = Bench(policy=RetryPolicy(attempts=2, first_wait=0.001, attempt_deadline=0.05))
    tries = 0

    async def send() -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.Event().wait()
        return "answer"

    assert asyncio.run(bench.guard.call(HERE, "x", send, judge, contextlib.nullcontext())) == "answer"
    assert tries == 2


def test_a_cancelled_call_says_nothing_about_the_endpoint() -> None:
    """Callers that are cancelled leave the breaker as it was."""
    bench = Bench()

    async def forever() -> str:
        await asyncio.Event().wait()
        return "never"

    async def cancel_many() -> None:
        for _ in range(10):
            task = asyncio.ensure_future(
                bench.guard.call(HERE, "x", forever, judge, contextlib.nullcontext()),
            )
            await asyncio.sleep(0.001)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(cancel_many())
    assert bench.guard.breaker(HERE).state == "closed"


def test_at_least_95_of_100_calls_succeed_with_20_percent_faults() -> None:
    """With every fifth request failing, all calls succeed (the promise is 95 of 100)."""
    bench = Bench()
    requests = 0

    async def send() -> str:
        nonlocal requests
        requests += 1
        if requests % 5 == 0:
            raise ThrottledError if requests % 2 else OSError("reset")
        return "answer"

    async def all_calls() -> list[Any]:
        calls = (bench.guard.call(HERE, "x", send, judge, contextlib.nullcontext()) for _ in range(500))
        return await asyncio.gather(*calls, return_exceptions=True)

    assert asyncio.run(all_calls()) == ["answer"] * 500


def test_buckets_are_per_service_or_per_operation() -> None:
    """Operations share their service's bucket unless the table says that each has its own."""
    shared, own = Bench(Limit(rate=1, burst=1)), Bench(Limit(rate=1, burst=1, per_operation=True))
    assert shared.guard.bucket(HERE, "a") is shared.guard.bucket(HERE, "b")
    assert own.guard.bucket(HERE, "a") is not own.guard.bucket(HERE, "b")
    assert shared.guard.bucket(HERE, "a") is not shared.guard.bucket(ELSEWHERE, "a")


def test_an_operation_with_a_limit_of_its_own_leaves_the_others_theirs() -> None:
    """It draws from its bucket at its rate; all others share the service's."""
    guard = Bench(Limit(rate=20, burst=20, own={"slow": Limit(rate=3, burst=3)})).guard
    assert guard.bucket(HERE, "slow").rate == 3
    assert guard.bucket(HERE, "slow") is guard.bucket(HERE, "slow")
    assert guard.bucket(HERE, "a").rate == 20
    assert guard.bucket(HERE, "a") is guard.bucket(HERE, "b")
