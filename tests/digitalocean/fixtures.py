"""Fixtures for every test that needs a simulated DigitalOcean; README.md says how they are used."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from conformance.emulator import Emulator
from digitalocean import recordings
from digitalocean.cloud import Cloud
from digitalocean.server import TOKEN, Server
from digitalocean.spaces import Spaces
from driftmgr.clouds.digitalocean.api import shared_guard


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A family: its state file, and the running cloud that holds its objects."""

    state: Path
    cloud: Cloud
    url: str
    token: str = TOKEN


@pytest.fixture(scope="session")
def digitalocean_server() -> Iterator[Server]:
    """The worker's simulated DigitalOcean."""
    with Server() as server:
        yield server


@pytest.fixture
def digitalocean_cloud(digitalocean_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cloud]:
    """An empty team, whose token and address are in the environment, and of which no earlier scan is remembered."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / "cache"))
    shared_guard.cache_clear()
    digitalocean_server.teams = {TOKEN: digitalocean_server.cloud}
    digitalocean_server.cloud.reset()
    monkeypatch.setenv("DIGITALOCEAN_TOKEN", TOKEN)
    monkeypatch.setenv("DIGITALOCEAN_API_URL", digitalocean_server.url)
    for name in ("DIGITALOCEAN_ACCESS_TOKEN", "SPACES_ACCESS_KEY_ID", "SPACES_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    yield digitalocean_server.cloud
    shared_guard.cache_clear()


@pytest.fixture(scope="session")
def spaces_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spaces]:
    """The worker's simulated Spaces, with an S3 emulator of its own."""
    emulator = Emulator(tmp_path_factory.mktemp("spaces") / "moto.log")
    with Spaces(emulator) as spaces:
        yield spaces
    emulator.stop()


@pytest.fixture
def digitalocean_spaces(spaces_server: Spaces, monkeypatch: pytest.MonkeyPatch) -> Spaces:
    """Spaces without a bucket, whose address and keys are in the environment."""
    spaces_server.load([])
    monkeypatch.setenv("SPACES_ENDPOINT_URL", spaces_server.endpoint)
    monkeypatch.setenv("SPACES_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("SPACES_SECRET_ACCESS_KEY", "testing")
    return spaces_server


@pytest.fixture
def recorded_spaces(recorded: Callable[[str], Recorded], digitalocean_spaces: Spaces) -> Callable[[str], Recorded]:
    """``recorded`` for a family with buckets: they are made too."""

    def load(family: str) -> Recorded:
        digitalocean_spaces.load(recordings.spaces_writes(family))
        return recorded(family)

    return load


@pytest.fixture
def recorded(digitalocean_cloud: Cloud, digitalocean_server: Server) -> Callable[[str], Recorded]:
    """``recorded("droplets")``: what the real provider wrote, and the cloud as it was then."""

    def load(family: str) -> Recorded:
        digitalocean_cloud.load(recordings.saved_cloud(family))
        return Recorded(state=recordings.state_path(family), cloud=digitalocean_cloud, url=digitalocean_server.url)

    return load


@pytest.fixture
def recorded_pair(request: pytest.FixtureRequest) -> Callable[[str], Recorded]:
    """``recorded`` or ``recorded_spaces``, as the family needs."""

    def load(family: str) -> Recorded:
        name = "recorded_spaces" if family.startswith("spaces") else "recorded"
        pair: Recorded = request.getfixturevalue(name)(family)
        return pair

    return load
