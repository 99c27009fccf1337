"""A command as a user runs it, against the simulated AWS with the demo's estate in it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from conformance.emulator import Emulator
from demo.build import REGION, Names, build, state_of
from demo.changes import make_changes
from driftmgr.cli import main
from flows.command import Ran
from flows.proxy import Proxy

Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("detect", "-o", "json")``: exit code, standard output, standard error."""

    def run_it(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        code = ended.value.code
        return Ran(code=code if isinstance(code, int) else -1, out=told.out, err=told.err)

    return run_it


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory, and no memory of earlier scans."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / ".cache"))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def estate(cloud: Emulator, folder: Path) -> Names:
    """The demo's estate, unchanged, with its state in the current directory."""
    names = build(partial(cloud.client, region=REGION))
    (folder / "terraform.tfstate").write_text(state_of(names))
    return names


@pytest.fixture(scope="module")
def drifted_state(emulator: Emulator) -> Iterator[tuple[Names, str]]:
    """The demo's estate after its changes, once per module: its tests only look."""
    emulator.reset()
    client = partial(emulator.client, region=REGION)
    names = build(client)
    assert all(make_changes(client, names))
    yield names, state_of(names)
    emulator.reset()


@pytest.fixture
def drifted(
    drifted_state: tuple[Names, str], emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Names:
    """The changed estate, with its state in the current directory."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    names, state = drifted_state
    (folder / "terraform.tfstate").write_text(state)
    return names


@pytest.fixture
def proxy(cloud: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The simulated AWS behind a proxy; ``proxy.refusals["ListRoles"] = 403, "AccessDenied"``."""
    between = Proxy(cloud.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
    yield between
    between.stop()
