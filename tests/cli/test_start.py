"""Starting the command: cheap, and honest about what it is."""

import json
import subprocess
import sys
from importlib.metadata import version

import pytest

HEAVY = {"aiobotocore", "asyncio", "boto3", "botocore", "driftmgr.catalog", "driftmgr.clouds", "jmespath", "rich"}

COMMANDS = (
    "detect",
    "check",
    "report",
    "discover",
    "state",
    "baseline",
    "ignore",
    "config",
    "init",
    "catalog",
    "vault",
    "audit",
    "completion",
)


def ran(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints, and the modules that it imported."""
    program = (
        "import sys, json\n"
        "from driftmgr.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code, ended.code\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout, set(json.loads(done.stderr))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_imports_no_cloud_sdk(arguments: tuple[str, ...]) -> None:
    """Help and version import click, and nothing of a cloud, a renderer or the catalog."""
    _, modules = ran(*arguments)
    assert "click" in modules
    assert not modules & HEAVY


def test_help_names_every_command_and_exit_code() -> None:
    """The help lists the commands with a line each, and what the exit codes mean."""
    text, _ = ran("--help")
    assert "Exit codes: 0 in sync, 2 drift, 3 no drift found but not all of it could be" in " ".join(text.split())
    listed = [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()]
    assert listed == list(COMMANDS)


def test_every_command_explains_itself() -> None:
    """Each command and subcommand has help, with the same first line as in the list."""
    overview, _ = ran("--help")
    for command in COMMANDS:
        text, _ = ran(command, "--help")
        first = next(line.strip() for line in text.splitlines()[1:] if line.strip())
        assert f"{command}" in overview
        assert first in overview
    text, _ = ran("catalog", "--help")
    listed = [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()]
    assert listed == ["cost", "permissions", "scaffold", "show", "types"]


def test_version_is_that_of_the_package() -> None:
    """--version prints the installed version."""
    assert ran("--version")[0] == f"driftmgr, version {version('driftmgr')}\n"
