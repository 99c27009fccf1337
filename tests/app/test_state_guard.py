"""The guard of state backends."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from driftmgr.app.sources import access_with
from driftmgr.app.state_guard import state_guard
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.runtime.guard import Endpoint, Verdict


@pytest.fixture(autouse=True)
def _two_attempts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Guards that nobody has asked yet, and that nobody else gets."""
    monkeypatch.setenv("DRIFTMGR_RETRY", "2/5")
    for made in (state_guard, shared_guard):
        made.cache_clear()
    yield
    for made in (state_guard, shared_guard):
        made.cache_clear()


def host(name: str) -> Endpoint:
    """A server that keeps states."""
    return Endpoint(provider="http", account=name, region=None, service="state")


def test_a_dead_host_costs_no_other_host_and_no_cloud() -> None:
    """Backends are handed a guard of their own, in which every host has its own breaker."""
    guard = access_with(AwsSession()).guard
    assert guard is not shared_guard(patient=False)

    async def fails() -> None:
        raise OSError("gone")

    async def ask() -> None:
        await guard.call(host("dead"), "read", fails, lambda _: Verdict(kind="transient"), contextlib.nullcontext())

    with pytest.raises(OSError, match="gone"):
        asyncio.run(ask())
    assert guard.breaker(host("dead")).state == "open"
    assert guard.breaker(host("alive")).state == "closed"
