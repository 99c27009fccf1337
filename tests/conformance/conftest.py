"""Fixtures of the conformance tests: one provider process per worker, one estate per test."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.emulator import Emulator
from conformance.harness import Case
from conformance.terraform import PROVIDER_VERSION, ProviderProcess, Terraform, find_provider

_MIRROR = "DRIFTMGR_PROVIDER_MIRROR"
_REQUIRED = "DRIFTMGR_REQUIRE_CONFORMANCE"


def _lacking() -> str | None:
    """What this machine lacks for conformance tests, in words."""
    if shutil.which("terraform") is None:
        return "terraform is not on the PATH"
    mirror = os.environ.get(_MIRROR)
    if not mirror:
        return f"{_MIRROR} does not name a filesystem mirror with the aws provider {PROVIDER_VERSION}"
    if find_provider(Path(mirror)) is None:
        return f"no unpacked aws provider {PROVIDER_VERSION} in the mirror {mirror}"
    return None


@pytest.fixture(scope="session")
def provider_mirror() -> Path:
    """The root of the filesystem mirror; skips, or fails where these tests are required."""
    if lacking := _lacking():
        if os.environ.get(_REQUIRED) == "1":
            pytest.fail(f"conformance tests are required here, yet {lacking}", pytrace=False)
        pytest.skip(f"CONFORMANCE WITH TERRAFORM NOT CHECKED: {lacking}")
    return Path(os.environ[_MIRROR])


@pytest.fixture(scope="session")
def provider_process(
    provider_mirror: Path, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProviderProcess]:
    """The worker's provider."""
    binary = find_provider(provider_mirror)
    assert binary is not None
    process = ProviderProcess(binary, emulator, tmp_path_factory.mktemp("provider") / "provider.log")
    yield process
    process.stop()


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    provider_mirror: Path,
    provider_process: ProviderProcess,
    cloud: Emulator,
) -> Iterator[Case]:
    """An empty cloud and an empty working directory; scans in this process see only that cloud."""
    terraform = Terraform(tmp_path, mirror=provider_mirror, emulator=cloud, provider=provider_process)
    made = Case(re.sub(r"\W+", "_", request.node.name), terraform, cloud)
    yield made
    made.save_record()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is marked, so that ``-m "not conformance"`` leaves it out."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.conformance)
