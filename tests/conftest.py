"""Fixtures of every test that needs a cloud: one emulator per worker, emptied for each test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from conformance.emulator import Emulator, cleared_names
from digitalocean.fixtures import (
    digitalocean_cloud,
    digitalocean_server,
    digitalocean_spaces,
    recorded,
    recorded_pair,
    recorded_spaces,
    spaces_server,
)
from driftmgr.app.state_guard import state_guard
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.telemetry import redaction

__all__ = [
    "digitalocean_cloud",
    "digitalocean_server",
    "digitalocean_spaces",
    "recorded",
    "recorded_pair",
    "recorded_spaces",
    "spaces_server",
]

# A busy machine is no defect of what is tested: an example may take its time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test made known as a secret is an ordinary word to the next one."""
    monkeypatch.setattr(redaction, "_known", set())


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The worker's simulated AWS."""
    running = Emulator(tmp_path_factory.mktemp("emulator") / "moto.log")
    yield running
    running.stop()


@pytest.fixture
def cloud(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, emulator: Emulator
) -> Iterator[Emulator]:
    """An empty simulated AWS, the only one that this process and its children see; no memory of earlier scans."""
    for name in cleared_names(os.environ):
        monkeypatch.delenv(name)
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    emulator.reset()
    shared_guard.cache_clear()
    state_guard.cache_clear()
    yield emulator
    # What this test's calls met (an open circuit, a halved rate) is no matter of the next one's.
    shared_guard.cache_clear()
    state_guard.cache_clear()
