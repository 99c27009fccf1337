"""One guard for all that a process asks of AWS: scans, sign-in, states in S3."""

import asyncio
import contextlib
import functools
import os
from collections.abc import Callable
from typing import TypeVar

from driftmgr.clouds.aws import limits
from driftmgr.clouds.aws.errors import verdict_of
from driftmgr.runtime import settings
from driftmgr.runtime.breaker import CircuitOpenError
from driftmgr.runtime.guard import Endpoint, Guard
from driftmgr.runtime.threads import DaemonThreads

Answer = TypeVar("Answer")

THREADS = DaemonThreads(limits.IN_FLIGHT_PER_PROCESS, "aws")
# Apart from those, whose jobs wait for a sign-in: it must not wait for one of their threads.
_SIGN_IN = DaemonThreads(16, "aws-sign-in")


@functools.cache
def shared_guard(*, patient: bool = True) -> Guard:
    """The guard of this process for scans, and the one for what comes before them, which is not ``patient``.

    ``cache_clear`` makes both forget what they met (tests do). Raises ``DriftMgrError`` for a setting that cannot
    be read.
    """
    if not patient:
        policy, breakers = settings.impatient_policies(os.environ)
    else:
        policy, breakers = settings.retry_policy(os.environ), settings.breaker_policies(os.environ)
    return Guard(limits.limit_of, policy=policy, breakers=breakers)


def ask_now(endpoint: Endpoint, operation: str, send: Callable[[], Answer]) -> Answer:
    """The answer of a blocking call, made under the guard; raises what the call raises.

    For what has no event loop: signing in, and reading a state. Not to be called from one.
    """

    async def ask() -> Answer:
        gate = contextlib.nullcontext()
        return await shared_guard(patient=False).call(endpoint, operation, lambda: _SIGN_IN.run(send), verdict_of, gate)

    try:
        return asyncio.run(ask())
    except CircuitOpenError as error:
        raise error.last or error from error
