"""Reads of providers under the guard of all outside calls: limits, breaker and retries of each configuration.

A provider retries by itself before it tells an error. What it then says of throttling or of a network that failed is
worth few more tries, and slows down the other reads of the same configuration.
"""

import functools
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from typing import Protocol, TypeVar

import msgspec

from driftmgr.provider.errors import ProviderDiedError, ProviderError
from driftmgr.provider.reference import ProviderReference
from driftmgr.runtime import settings
from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard, Verdict
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.retry import RetryPolicy
from driftmgr.telemetry import traces

Answer = TypeVar("Answer")

LIMIT = Limit(rate=400, burst=400)
"""Ours: far above what ten reads in flight reach on a cloud, so that only throttling brings it into play."""
# A read has a deadline of its own (``Launch.call_seconds``); it may wait for a provider's own retries.
_POLICY = RetryPolicy(attempts=5, first_wait=1.0, attempt_deadline=600.0)
_CLOUDS: Mapping[str, str] = {"azurerm": "azure", "azapi": "azure", "google": "gcp", "google-beta": "gcp"}
_PASSING = re.compile(
    r"connection (?:reset|refused|closed)|broken pipe|unexpected eof|: eof\b|i/o timeout|client\.timeout exceeded"
    r"|tls handshake timeout|network is unreachable|no route to host|temporary failure"
    r"|status ?code: 5\d\d|error 5\d\d|internal ?server ?error|service ?unavailable|bad ?gateway|gateway ?timeout",
    re.IGNORECASE,
)


class Ask(Protocol):
    """Awaits ``send()`` as often as it takes; raises ``ProviderError``."""

    async def __call__(self, operation: str, send: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer."""


async def unguarded(operation: str, send: Callable[[], Awaitable[Answer]]) -> Answer:  # noqa: ARG001  # an ``Ask``
    """Ask once."""
    return await send()


@functools.cache
def shared_guard() -> Guard:
    """The guard of this process for providers; ``cache_clear`` makes it forget what it met (tests do)."""
    policy = _POLICY
    if settings.RETRY in os.environ:
        given = settings.retry_policy(os.environ)
        policy = msgspec.structs.replace(given, attempt_deadline=_POLICY.attempt_deadline)
    return Guard(lambda _: LIMIT, policy=policy, breakers=settings.breaker_policies(os.environ))


def guarded(reference: ProviderReference, guard: Guard | None = None) -> Ask:
    """Ask a provider configuration under the guard, which all scans of this process share."""
    chosen = guard or shared_guard()
    cloud = _CLOUDS.get(reference.type, reference.type)
    endpoint = Endpoint(provider=cloud, account="", region=None, service=reference.name)

    async def ask(operation: str, send: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            with traces.span("driftmgr.call", **{"driftmgr.operation": operation}):
                return await chosen.call(endpoint, operation, send, verdict_of, nullcontext())
        except CircuitOpenError as error:
            reason = error.last.reason if isinstance(error.last, ProviderError) else "unreachable"
            raise ProviderError(str(error), reason=reason) from error

    return ask


def verdict_of(error: BaseException) -> Verdict:
    """What a failed call of a provider means for the next try."""
    if isinstance(error, ProviderDiedError) or not isinstance(error, ProviderError):
        return Verdict(kind="permanent")
    if error.reason == "throttled":
        return Verdict(kind="throttle")
    passing = error.reason in {"unreachable", "timeout"} and _PASSING.search(error.message)
    return Verdict(kind="transient" if passing else "permanent")
