"""The wheel, as a user gets it: built from the project, installed with its run-time dependencies alone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

PROJECT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
DEVELOPMENT = {"boto3", "coverage", "flask", "hypothesis", "import-linter", "moto", "mypy", "pytest", "ruff", "uv"}


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program outside the project's environment; fail with all it said."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "UV_PROJECT", "COVERAGE_", "COV_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment | {"UV_LINK_MODE": "copy"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project, built with the locked hatchling."""
    target = tmp_path_factory.mktemp("dist")
    command = (UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable)
    run(*command, "--out-dir", target, cwd=PROJECT)
    return next(target.glob("driftmgr-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` folder of an environment that holds the wheel and the locked run-time dependencies."""
    home = tmp_path_factory.mktemp("user")
    locked = run(UV, "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", cwd=PROJECT)
    (home / "requirements.txt").write_text(locked)
    run(UV, "venv", "--quiet", "--python", sys.executable, home / "venv", cwd=home)
    install = (UV, "pip", "install", "--quiet", "--python", home / "venv")
    run(*install, "--requirements", home / "requirements.txt", cwd=home)
    run(*install, "--no-deps", wheel, cwd=home)
    return home / "venv" / "bin"


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """The schema packs and the type marker are inside; tests, demo and tools are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "driftmgr/py.typed" in names
    assert [name for name in names if name.startswith("driftmgr/catalog/schema_packs/aws-") and name.endswith(".zip")]
    assert {name.split("/")[0].split("-")[0] for name in names} == {"driftmgr"}


def test_no_development_tool_is_needed(installed: Path) -> None:
    """The environment of a user holds none of the tools we develop with, and its dependencies fit together."""
    listed = run(UV, "pip", "freeze", "--python", installed.parent, cwd=installed)
    packages = {line.partition("==")[0].partition(" @ ")[0] for line in listed.splitlines()}
    assert "driftmgr" in packages
    assert not packages & DEVELOPMENT
    run(UV, "pip", "check", "--python", installed.parent, cwd=installed)


def test_the_command_helps(installed: Path) -> None:
    """``driftmgr --help`` names the commands."""
    told = run(installed / "driftmgr", "--help", cwd=installed)
    assert "detect" in told
    assert "discover" in told


def test_the_command_reads_its_own_catalog(installed: Path) -> None:
    """``driftmgr catalog types`` lists the types from the package data of the wheel."""
    assert "aws_sqs_queue" in run(installed / "driftmgr", "catalog", "types", cwd=installed)
