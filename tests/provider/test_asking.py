"""Reads of providers under the guard of all outside calls."""

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from driftmgr.model import ResourceInstance
from driftmgr.provider.asking import guarded, shared_guard, verdict_of
from driftmgr.provider.errors import ProviderDiedError, ProviderError, raise_errors
from driftmgr.provider.messages import messages_of
from driftmgr.provider.reference import ProviderReference
from driftmgr.provider.refresh import Reading, Refresh
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from provider.conftest import FakeCloud
from provider.test_refresh import session
from runtime.clock import Clock

REFERENCE = ProviderReference.named("example/fake")
Thing = Callable[..., ResourceInstance]


class Bench:
    """A guard on a clock that sleeping moves, and reads through it."""

    def __init__(self, attempts: int = 5) -> None:
        self.clock = Clock()
        policy = RetryPolicy(attempts=attempts, give_up_after=200, attempt_deadline=60)
        limit = Limit(rate=400, burst=400)
        self.guard = Guard(lambda _: limit, policy=policy, now=self.clock.now, sleep=self.clock.sleep)

    def read(self, fake: FakeCloud, *instances: ResourceInstance, **settings: Any) -> list[Reading]:
        """The readings, one after the other."""
        opened = functools.partial(session, fake, **settings)
        refresh = Refresh(opened, concurrency=1, ask=guarded(REFERENCE, self.guard))
        return list(asyncio.run(refresh.run(instances)))


@pytest.mark.parametrize(
    "refusal", ["ThrottlingException: Rate exceeded", "read tcp 10.0.0.1: connection reset by peer"]
)
def test_what_passes_is_asked_again(fake: FakeCloud, thing: Thing, refusal: str) -> None:
    """A provider that tells of throttling or of its network is asked again, later."""
    fake.holds({"a": {}})
    bench = Bench()
    (found,) = bench.read(fake, thing("a"), refusals=2, refusal=refusal)
    assert found.outcome == "read"
    assert fake.calls.count("read") == 3
    assert bench.clock.time > 1000.0


def test_throttling_slows_all_reads_of_a_configuration(fake: FakeCloud, thing: Thing) -> None:
    """The bucket that they draw from halves its rate."""
    fake.holds({"a": {}})
    bench = Bench()
    bucket = bench.guard.bucket
    rates: list[float] = []

    def seen(endpoint: Any, operation: str) -> Any:
        rates.append(bucket(endpoint, operation).rate)
        return bucket(endpoint, operation)

    bench.guard.bucket = seen  # type: ignore[method-assign]
    bench.read(fake, thing("a"), refusals=1, refusal="TooManyRequests")
    asyncio.run(guarded(REFERENCE, bench.guard)("x", _answer))
    assert rates[0] == 400
    assert rates[1] < 400


async def _answer() -> str:
    return "answer"


def test_an_error_of_the_provider_is_an_answer(fake: FakeCloud, thing: Thing) -> None:
    """Denied is denied at once: one read."""
    fake.holds({"a": {"!fault": "error"}})
    (found,) = Bench().read(fake, thing("a"))
    assert (found.outcome, found.reason) == ("failed", "denied")
    assert fake.calls.count("read") == 1


def test_a_cloud_that_is_down_is_given_up(fake: FakeCloud, thing: Thing) -> None:
    """Its breaker opens; what is left fails at once, with what it failed with and no more reads."""
    things = [thing(f"t{number}") for number in range(40)]
    fake.holds({f"t{number}": {} for number in range(40)})
    found = Bench().read(fake, *things, refusals=10_000, refusal="dial tcp: connect: connection refused")
    assert {(item.outcome, item.reason) for item in found} == {("failed", "unreachable")}
    assert "not asked, because it failed before" in found[-1].message
    assert fake.calls.count("read") < 20


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("operation error EC2: DescribeVpcs, StatusCode: 429, ThrottlingException", "throttle"),
        ("googleapi: Error 429: Quota exceeded, rateLimitExceeded", "throttle"),
        ("operation error STS: https response error StatusCode: 503, ServiceUnavailable", "transient"),
        ("googleapi: Error 503: The service is currently unavailable., backendError", "transient"),
        ('Get "https://x": net/http: TLS handshake timeout', "transient"),
        ('Post "https://x": dial tcp 10.0.0.1:443: i/o timeout', "transient"),
        ("unexpected EOF", "transient"),
        ("StatusCode: 403, AccessDenied", "permanent"),
        ("a value that the provider cannot read: 5031", "permanent"),
    ],
)
def test_classes_of_errors_in_providers_words(text: str, kind: str) -> None:
    """As their SDKs write them into diagnostics."""
    diagnostic = messages_of(6)["Diagnostic"](severity=1, summary="reading", detail=text)
    with pytest.raises(ProviderError) as caught:
        raise_errors([diagnostic], "read")
    assert verdict_of(caught.value).kind == kind


def test_a_death_and_a_deadline_are_no_matter_of_the_guard() -> None:
    """Whoever runs the reads starts the provider anew, and reads what hung once more."""
    assert verdict_of(ProviderDiedError("ended: connection reset")).kind == "permanent"
    assert verdict_of(ProviderError("did not answer read within 300 s", reason="timeout")).kind == "permanent"


def test_an_operator_bounds_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """``DRIFTMGR_RETRY`` holds for providers too; the time that one read may take stays its own."""
    shared_guard.cache_clear()
    monkeypatch.setenv("DRIFTMGR_RETRY", "2/30")
    policy = shared_guard().policy
    shared_guard.cache_clear()
    assert (policy.attempts, policy.give_up_after, policy.attempt_deadline) == (2, 30.0, 600.0)
