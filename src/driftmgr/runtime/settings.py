"""Retries and breakers as an operator sets them, by environment variables.

``DRIFTMGR_RETRY=attempts/seconds`` bounds one call, all its retries together; ``DRIFTMGR_BREAKER_AWS=failures/seconds``
(also ``_AZURE``, ``_GCP``, ``_DIGITALOCEAN``) says when a cloud's breakers open, and for how long.
"""

from collections.abc import Mapping

from driftmgr.model.errors import DriftMgrError
from driftmgr.runtime.breaker import BreakerPolicy
from driftmgr.runtime.guard import BREAKERS
from driftmgr.runtime.retry import RetryPolicy

RETRY = "DRIFTMGR_RETRY"
BREAKER = "DRIFTMGR_BREAKER_"


def retry_policy(environment: Mapping[str, str]) -> RetryPolicy:
    """The retry policy of an environment; raises ``DriftMgrError``."""
    if RETRY not in environment:
        return RetryPolicy()
    attempts, seconds = _pair(RETRY, environment[RETRY])
    return RetryPolicy(attempts=attempts, give_up_after=seconds, attempt_deadline=min(60.0, seconds))


def breaker_policies(environment: Mapping[str, str]) -> dict[str, BreakerPolicy]:
    """The breaker policy of each cloud; raises ``DriftMgrError``."""
    policies = dict(BREAKERS)
    for provider in BREAKERS:
        name = f"{BREAKER}{provider.upper()}"
        if name in environment:
            failures, seconds = _pair(name, environment[name])
            policies[provider] = BreakerPolicy(failures=failures, open_seconds=seconds)
    return policies


def _pair(name: str, text: str) -> tuple[int, float]:
    first, _, second = text.partition("/")
    try:
        count, seconds = int(first), float(second)
    except ValueError:
        count, seconds = 0, 0.0
    if count < 1 or not 0 < seconds < float("inf"):
        raise DriftMgrError(f"{name}={text}: not a count and a time", hint=f"write {name}=5/20: a number, and seconds")
    return count, seconds
