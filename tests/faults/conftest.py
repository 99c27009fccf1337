"""Fixtures of the fault tests: one emulator with an estate, and a proxy in front of it that does harm."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator, cleared_names
from driftmgr.clouds.aws.asking import shared_guard
from driftmgr.model import DriftReport
from faults import estate
from faults.command import Command
from faults.proxy import Choose, FaultProxy


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The simulated AWS behind the proxy."""
    running = Emulator(tmp_path_factory.mktemp("emulator") / "moto.log")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def proxy(emulator: Emulator) -> Iterator[FaultProxy]:
    """What stands between all scans and the emulator; without a fault until a test chooses one.

    One for all, because queue URLs hold the port that they were asked through.
    """
    with FaultProxy(emulator.port) as running:
        yield running


@contextmanager
def only_the_emulator(emulator: Emulator, proxy: FaultProxy, cache: Path) -> Iterator[pytest.MonkeyPatch]:
    """Scans of this process see only the emulator, and remember nothing of earlier ones."""
    with pytest.MonkeyPatch.context() as environment:
        for name in cleared_names(os.environ):
            environment.delenv(name)
        for name, value in emulator.environment.items():
            environment.setenv(name, value)
        environment.setenv("AWS_ENDPOINT_URL", proxy.url)
        environment.setenv("DRIFTMGR_CACHE_DIR", str(cache))
        proxy.calm()
        shared_guard.cache_clear()
        yield environment
    shared_guard.cache_clear()


class Estate:
    """The estate, drifted: its state, its fault-free report, and the faults to look at it through."""

    def __init__(
        self, state: Path, truth: DriftReport, proxy: FaultProxy, emulator: Emulator, environment: pytest.MonkeyPatch
    ) -> None:
        self.state, self.truth, self.environment = state, truth, environment
        self._proxy, self._emulator = proxy, emulator

    def through(self, choose: Choose) -> FaultProxy:
        """From now on requests meet these faults; what scans learned before is forgotten."""
        self._proxy.calm(choose)
        shared_guard.cache_clear()
        return self._proxy

    @property
    def cache(self) -> Path:
        """Where scans keep what they may use again."""
        return Path(os.environ["DRIFTMGR_CACHE_DIR"])

    def client(self, service: str) -> Any:
        """A client of the emulator, past the proxy."""
        return self._emulator.client(service)

    def scan(self, source: str | None = None, **asked: Any) -> DriftReport:
        """A scan as the command makes it, of the estate's state or another one."""
        return estate.scan(source or self.state, **asked)


@pytest.fixture(scope="session")
def built(emulator: Emulator, proxy: FaultProxy, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DriftReport]:
    """The state of an estate, and the fault-free report after it was changed behind Terraform's back.

    Built once: scans only read.
    """
    folder = tmp_path_factory.mktemp("estate")
    with only_the_emulator(emulator, proxy, folder / "cache"):
        estate.build(emulator, folder / "terraform.tfstate")
        clean = estate.scan(folder / "terraform.tfstate")
        assert not clean.drifts
        assert not clean.gaps
        estate.change_behind_its_back(emulator)
        truth = estate.scan(folder / "terraform.tfstate")
    assert sorted(drift.kind for drift in truth.drifts) == ["changed", "missing", "missing", "unmanaged"]
    assert not truth.gaps
    return folder / "terraform.tfstate", truth


@pytest.fixture
def drifted(emulator: Emulator, proxy: FaultProxy, built: tuple[Path, DriftReport], tmp_path: Path) -> Iterator[Estate]:
    """The drifted estate, without any fault yet."""
    state, truth = built
    with only_the_emulator(emulator, proxy, tmp_path / "cache") as environment:
        yield Estate(state, truth, proxy, emulator, environment)
        Command.end_all()
