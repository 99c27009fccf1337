"""Retries and breakers as an operator sets them, by environment variables.

``DRIFTMGR_RETRY=attempts/seconds`` bounds one call, all its retries together; ``DRIFTMGR_BREAKER_AWS=failures/seconds``
(also ``_AZURE``, ``_GCP``, ``_DIGITALOCEAN``) says when a cloud's breakers open, and for how long.
"""

from collections.abc import Mapping

import msgspec

from driftmgr.model.errors import DriftMgrError
from driftmgr.runtime.breaker import BreakerPolicy
from driftmgr.runtime.guard import BREAKERS
from driftmgr.runtime.retry import RetryPolicy

RETRY = "DRIFTMGR_RETRY"
BREAKER = "DRIFTMGR_BREAKER_"
# Somebody waits for a sign-in or a state, and a wrong endpoint or proxy is likelier than an outage.
_IMPATIENT = RetryPolicy(attempts=8, longest_wait=2.0, give_up_after=10.0)


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


def impatient_policies(environment: Mapping[str, str]) -> tuple[RetryPolicy, dict[str, BreakerPolicy]]:
    """The policies of the few calls that come before a scan; raises ``DriftMgrError``.

    They have no time to wait for a breaker: their own attempts are the bound.
    """
    policy = retry_policy(environment) if RETRY in environment else _IMPATIENT
    breakers = breaker_policies(environment)
    return policy, {name: msgspec.structs.replace(one, failures=policy.attempts) for name, one in breakers.items()}


def _pair(name: str, text: str) -> tuple[int, float]:
    first, _, second = text.partition("/")
    try:
        count, seconds = int(first), float(second)
    except ValueError:
        count, seconds = 0, 0.0
    if count < 1 or not 0 < seconds < float("inf"):
        raise DriftMgrError(f"{name}={text}: not a count and a time", hint=f"write {name}=5/20: a number, and seconds")
    return count, seconds
