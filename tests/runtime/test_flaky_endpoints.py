"""What a fifth of requests failing, by chance, costs the calls of a scan: nothing but time."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from driftmgr.runtime import guard as guarding
from driftmgr.runtime.breaker import BreakerPolicy
from driftmgr.runtime.guard import BREAKERS, Endpoint, Guard, Verdict
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from runtime import fleeting

FAILING = 0.2
IN_FLIGHT = 30


@pytest.fixture(autouse=True)
def _same_jitter_in_every_run() -> Iterator[None]:
    before = random.getstate()
    random.seed(7)
    yield
    random.setstate(before)


def judge(error: BaseException) -> Verdict:
    """Every failure of these tests is a reset connection."""
    return Verdict(kind="transient")


class Flaky:
    """An endpoint that resets a share of connections at once and takes its time to answer."""

    def __init__(self, provider: str, seed: int, failing: float = FAILING, policy: RetryPolicy | None = None) -> None:
        self.endpoint = Endpoint(provider=provider, account="1", region=None, service="x")
        self.guard = Guard(lambda _: Limit(rate=1e6, burst=1e6), now=fleeting.now, policy=policy)
        self.failing = failing
        self.sent: list[float] = []
        self._chance = random.Random(seed)  # noqa: S311  # no secret, only repeatable
        self._gate = asyncio.Semaphore(IN_FLIGHT)

    async def send(self) -> str:
        self.sent.append(fleeting.now())
        if self._chance.random() < self.failing:
            await asyncio.sleep(0.001)
            raise ConnectionResetError
        await asyncio.sleep(0.05 + self._chance.random())
        return "answer"

    async def calls(self, number: int) -> list[BaseException]:
        """The failures of that many calls made at once."""
        made = (self.guard.call(self.endpoint, "x", self.send, judge, self._gate) for _ in range(number))
        ended = await asyncio.gather(*made, return_exceptions=True)
        return [item for item in ended if isinstance(item, BaseException)]

    async def opened(self) -> None:
        """Have its breaker opened, as five failures in a row do by bad luck."""
        breaker = self.guard.breaker(self.endpoint)
        for _ in range(BREAKERS[self.endpoint.provider].failures):
            breaker.admit().report("failed", ConnectionResetError())
        assert breaker.state == "open"


@pytest.mark.parametrize("provider", sorted(BREAKERS))
def test_no_call_of_a_scan_is_lost(provider: str) -> None:
    """Of scans through an endpoint that resets a fifth of connections, at once, while answers are slow, all is read."""

    async def scan(seed: int) -> list[BaseException]:
        return await Flaky(provider, seed).calls(150)

    assert [fleeting.run(scan(seed)) for seed in range(12)] == [[]] * 12


def test_an_open_breaker_is_no_verdict() -> None:
    """Calls that meet a breaker which bad luck opened are all answered: a failed probe or two do not end them."""

    async def scan(seed: int) -> list[BaseException]:
        flaky = Flaky("aws", seed)
        await flaky.opened()
        return await flaky.calls(3)

    assert [fleeting.run(scan(seed)) for seed in range(400)] == [[]] * 400


@pytest.mark.parametrize("provider", sorted(BREAKERS))
def test_quick_failures_beside_slow_answers_do_not_open_it(provider: str) -> None:
    """That failures end before answers does not make them a row: the breaker opens as rarely as chance says."""

    async def openings(seed: int) -> int:
        flaky = Flaky(provider, seed)
        breaker = flaky.guard.breaker(flaky.endpoint)
        opened, was = 0, "closed"
        calls = asyncio.ensure_future(flaky.calls(100))
        while not calls.done():
            await asyncio.sleep(0.01)
            opened += was == "closed" != breaker.state
            was = breaker.state
        return opened

    scans = 20
    requests = scans * 100 / (1 - FAILING)
    expected = requests * FAILING ** BREAKERS[provider].failures
    found = sum(fleeting.run(openings(seed)) for seed in range(scans))
    assert found <= 3 * expected + 2


def test_the_odds_are_those_we_promise() -> None:
    """By the numbers in force, a fifth of requests failing costs less than one call in a million its answer."""
    attempts = FAILING ** RetryPolicy().attempts
    rounds_in_vain = (FAILING ** BreakerPolicy().probes) ** guarding._HOPELESS  # the number in force
    opened_in_a_scan = 1_000 * FAILING ** BREAKERS["aws"].failures
    assert attempts < 1e-6
    assert rounds_in_vain < 1e-4
    assert opened_in_a_scan * rounds_in_vain < 1e-4


@pytest.mark.parametrize("provider", sorted(BREAKERS))
def test_an_endpoint_that_is_down_is_given_up_soon(provider: str) -> None:
    """A dead endpoint costs all calls together no more than two times its breaker's, and a few requests."""

    async def outage() -> tuple[int, float, int]:
        flaky = Flaky(provider, seed=1, failing=1.0)
        failures = await flaky.calls(200)
        return len(failures), fleeting.now(), len(flaky.sent)

    lost, seconds, requests = fleeting.run(outage())
    policy = BREAKERS[provider]
    assert lost == 200
    assert seconds < 2 * policy.open_seconds + 15
    # What was under way when it opened, and two rounds of probes.
    assert requests <= IN_FLIGHT + policy.failures + 2 * policy.probes
