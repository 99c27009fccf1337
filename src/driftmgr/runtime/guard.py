"""The guard of all outside calls of a process: limits, breakers and retries of each endpoint, shared by all scans."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import msgspec

from driftmgr.runtime.breaker import BreakerPolicy, BreakerState, CircuitBreaker, CircuitOpenError, Pass
from driftmgr.runtime.limiter import Limit, TokenBucket
from driftmgr.runtime.retry import RetryBudget, RetryPolicy, Sleep
from driftmgr.telemetry import metrics
from driftmgr.telemetry.logs import Logger

Answer = TypeVar("Answer")

BREAKERS: Mapping[str, BreakerPolicy] = {
    "aws": BreakerPolicy(failures=5, open_seconds=20),
    "azure": BreakerPolicy(failures=4, open_seconds=25),
    "gcp": BreakerPolicy(failures=4, open_seconds=20),
    "digitalocean": BreakerPolicy(failures=3, open_seconds=30),
}
_HOPELESS = 2
"""Rounds of probes that failed one after the other; from then on calls fail at once until one is answered."""
_log = Logger("runtime")


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What fails and throttles as one: a service of a region (``None``: global), as one account sees it."""

    provider: str
    account: str
    region: str | None
    service: str

    @property
    def labels(self) -> dict[str, str]:
        """The endpoint as labels of a metric."""
        region = self.region or "global"
        return {"provider": self.provider, "account": self.account, "region": region, "service": self.service}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a failure means.

    ``throttle`` slows the endpoint's bucket down, ``transient`` counts for its breaker, both are tried again; any
    other kind is an answer. ``retry_after`` is the wait that the endpoint asked for.
    """

    kind: str
    retry_after: float | None = None

    @property
    def retryable(self) -> bool:
        """Whether another try may help."""
        return self.kind in {"throttle", "transient"}


Judge = Callable[[BaseException], Verdict]
LimitOf = Callable[[Endpoint], Limit]


class Guard:
    """Makes calls under the limits of their endpoints. Thread-safe, bound to no event loop."""

    def __init__(
        self,
        limit_of: LimitOf,
        *,
        policy: RetryPolicy | None = None,
        breakers: Mapping[str, BreakerPolicy] = BREAKERS,
        now: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.policy = policy or RetryPolicy()
        self.now = now
        self.sleep = sleep
        self._limit_of = limit_of
        self._breaker_policies = breakers
        self._lock = threading.Lock()
        self._breakers: dict[Endpoint, CircuitBreaker] = {}
        self._budgets: dict[Endpoint, RetryBudget] = {}
        self._buckets: dict[tuple[Endpoint, str], TokenBucket] = {}

    async def call(
        self,
        endpoint: Endpoint,
        operation: str,
        send: Callable[[], Awaitable[Answer]],
        judge: Judge,
        gate: AbstractAsyncContextManager[Any],
    ) -> Answer:
        """Await ``send()`` as often as it takes; raises its last exception, or ``CircuitOpenError``.

        ``gate`` is held from queueing for a token to the end of the request, and free while a retry waits.
        """
        under_way = _Call(self, endpoint, operation, judge)

        async def once() -> Answer:
            async with gate:
                return await under_way.once(send)

        return await self.policy.run(once, under_way, self.sleep)

    def breaker(self, endpoint: Endpoint) -> CircuitBreaker:
        """The breaker of an endpoint."""
        with self._lock:
            if endpoint not in self._breakers:
                policy = self._breaker_policies.get(endpoint.provider) or BreakerPolicy()
                self._breakers[endpoint] = CircuitBreaker(policy, self.now, lambda state: _tell(endpoint, state))
            return self._breakers[endpoint]

    def bucket(self, endpoint: Endpoint, operation: str) -> TokenBucket:
        """The token bucket that an operation draws from."""
        shared = self._limit_of(endpoint)
        limit = shared.own.get(operation, shared)
        key = (endpoint, operation if limit.per_operation or operation in shared.own else "")
        with self._lock:
            if key not in self._buckets:
                self._buckets[key] = TokenBucket(limit, self.now)
            return self._buckets[key]

    def budget(self, endpoint: Endpoint) -> RetryBudget:
        """The retry budget of an endpoint."""
        with self._lock:
            return self._budgets.setdefault(endpoint, RetryBudget())


class _Call:
    """One call on its way: it may take several requests."""

    def __init__(self, guard: Guard, endpoint: Endpoint, operation: str, judge: Judge) -> None:
        self._endpoint = endpoint
        self._operation = operation
        self._judge = judge
        self._policy, self._now, self._sleep = guard.policy, guard.now, guard.sleep
        self._bucket = guard.bucket(endpoint, operation)
        self._breaker = guard.breaker(endpoint)
        self._budget = guard.budget(endpoint)
        self._started = self._now()
        self._queued = 0.0

    def retryable(self, error: BaseException) -> bool:
        return not isinstance(error, CircuitOpenError) and self._judge(error).retryable

    def retry_after(self, error: BaseException) -> float | None:
        return self._judge(error).retry_after

    def spent(self) -> float:
        return self._now() - self._started - self._queued

    def may_retry(self, error: BaseException) -> bool:
        kind = self._judge(error).kind
        # Throttled retries cannot amplify anything: the bucket bounds them.
        allowed = kind == "throttle" or self._budget.spend()
        metrics.add(metrics.RETRIES if allowed else metrics.RETRIES_REFUSED, reason=kind, **self._endpoint.labels)
        _log.info("retry" if allowed else "retry refused", operation=self._operation, kind=kind, error=str(error))
        return allowed

    async def once(self, send: Callable[[], Awaitable[Answer]]) -> Answer:
        await self._turn()
        admitted = await self._admitted()
        sent_at = self._now()
        try:
            async with asyncio.timeout(self._policy.attempt_deadline):
                answer = await send()
        except Exception as error:
            verdict = self._judge(error)
            if verdict.kind == "throttle":
                self._bucket.throttled(sent_at, verdict.retry_after)
                metrics.set_to(metrics.LIMITER_RATE, self._bucket.rate, **self._endpoint.labels)
            self._end(admitted, sent_at, verdict.kind, error)
            raise
        except BaseException:
            admitted.report("abandoned")
            raise
        self._budget.earn()
        self._end(admitted, sent_at, "ok", None)
        return answer

    async def _turn(self) -> None:
        """Wait for a token."""
        began = self._now()
        wait = self._bucket.reserve()
        while wait > 0:
            await self._sleep(wait)
            wait = self._bucket.reserve() if self._bucket.is_closed else 0.0
        waited = self._now() - began
        self._queued += waited
        metrics.observe(metrics.LIMITER_WAIT, waited, provider=self._endpoint.provider, service=self._endpoint.service)

    async def _admitted(self) -> Pass:
        """Wait until the breaker lets the call through; raises ``CircuitOpenError`` when that is in vain."""
        while True:
            try:
                return self._breaker.admit()
            except CircuitOpenError as error:
                if error.in_vain >= _HOPELESS or self.spent() + error.retry_after >= self._policy.give_up_after:
                    raise
                await self._sleep(error.retry_after)

    def _end(self, admitted: Pass, sent_at: float, outcome: str, error: Exception | None) -> None:
        admitted.report("failed" if outcome == "transient" else "answered", error)
        endpoint = self._endpoint
        metrics.add(metrics.REQUESTS, outcome=outcome, **endpoint.labels)
        seconds = self._now() - sent_at
        metrics.observe(metrics.REQUEST_SECONDS, seconds, provider=endpoint.provider, service=endpoint.service)


def _tell(endpoint: Endpoint, state: BreakerState) -> None:
    metrics.set_to(metrics.BREAKER_STATE, {"closed": 0, "half_open": 1, "open": 2}[state], **endpoint.labels)
    metrics.add(metrics.BREAKER_CHANGES, to=state, **endpoint.labels)
    _log.warning("circuit breaker", state=state, **endpoint.labels)
