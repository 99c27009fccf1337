"""The real servers, each started once per worker at its first use; a test skips visibly where it is not installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from state.backends.azurite import Azurite, find_azurite
from state.backends.postgres import Postgres, find_programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The worker's PostgreSQL."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # Not in pytest's own folder: another user runs the server, who does not get in there.
    with tempfile.TemporaryDirectory(prefix="driftmgr-postgres-") as folder:
        running = Postgres(programs, Path(folder))
        yield running
        running.stop()


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The worker's Azurite."""
    program = find_azurite()
    if program is None:
        pytest.skip("Azurite is not installed (npm install --prefix .cache/azurite azurite, with Node)")
    running = Azurite(program, tmp_path_factory.mktemp("azurite"))
    yield running
    running.stop()
