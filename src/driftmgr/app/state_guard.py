"""One guard for all that a process asks of state backends over HTTP, whichever product answers."""

import functools
import os

import msgspec

from driftmgr.runtime import settings
from driftmgr.runtime.breaker import BreakerPolicy
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit

_PRODUCTS = ("consul", "http", "kubernetes", "tfe")
_LIMIT = Limit(rate=20, burst=40)
"""Ours, of each endpoint: who keeps states says little of how often they may be asked for."""


@functools.cache
def state_guard() -> Guard:
    """The guard; ``cache_clear`` makes it forget what it met (tests do). Raises ``DriftMgrError`` for a bad setting.

    An endpoint (a host, a bucket, an account) has a limit, a retry budget and a breaker of its own.
    """
    policy, clouds = settings.impatient_policies(os.environ)
    products = dict.fromkeys(_PRODUCTS, msgspec.structs.replace(BreakerPolicy(), failures=policy.attempts))
    return Guard(lambda _: _LIMIT, policy=policy, breakers=products | clouds)
