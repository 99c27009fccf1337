"""States that only Terraform or OpenTofu can fetch, by a program that stands for them."""

import json
from pathlib import Path

import pytest

from driftmgr.app.sources import read_states
from driftmgr.clouds.aws import AwsSession
from driftmgr.intent import backend_settings, configured_backend
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.runtime.terraform import ProgramError, run_program
from driftmgr.state import StateError, locate
from driftmgr.state.backends.protocol import Access, LockInfo

RESOURCE = {"mode": "managed", "type": "a_b", "name": "c", "instances": [{"attributes": {"id": "x"}}]}
PLAIN = json.dumps({"version": 4, "serial": 1, "lineage": "l", "resources": [RESOURCE]})
ENCRYPTED = json.dumps({"serial": 1, "lineage": "l", "meta": {}, "encrypted_data": "x", "encryption_version": "v0"})
# It prints a state when it is run as it must be: where, for which workspace, unattended.
PROGRAM = """#!/bin/sh
[ "$1 $2" = "workspace list" ] && {{ printf '* default\\n  other\\n'; exit 0; }}
[ "$1 $2" = "state pull" ] && [ -f marker ] && [ "$TF_INPUT" = 0 ] && [ -z "$TF_CLI_ARGS" ] || exit 3
[ "$TF_WORKSPACE" = missing ] && {{ echo 'Warning: x Error: no such workspace, run terraform init' >&2; exit 1; }}
cat <<'END'
{state}
END
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a backend that we do not know, the current one, and no program on the path yet."""
    (tmp_path / "bin").mkdir()
    stack = tmp_path / "stack"
    stack.mkdir()
    (stack / "marker").touch()
    (stack / "main.tf").write_text('terraform {\n  backend "cos" {}\n}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("TF_CLI_ARGS", "-bad")
    return stack


def install(folder: Path, name: str, state: str = PLAIN) -> None:
    """Put a program on the path."""
    program = folder.parent / "bin" / name
    program.write_text(PROGRAM.format(state=state))
    program.chmod(0o755)


def addresses(*arguments: str) -> list[str]:
    """What the states hold."""
    return [str(instance.address) for instance in read_states(arguments, AwsSession()).instances]


def test_a_backend_that_we_do_not_know_is_read_by_terraform(folder: Path) -> None:
    """``state pull`` runs in the named directory, for its workspace, and its output is the state."""
    install(folder, "terraform")
    assert addresses("stack") == ["a_b.c"]
    assert read_states(["stack"], AwsSession()).labels == ("stack (cos)",)
    assert len(read_states(["stack"], AwsSession(), workspaces=("all",)).labels) == 2


def test_a_workspace_that_is_not_there_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program says of its failure is handed on, without its warnings."""
    install(folder, "terraform")
    monkeypatch.setenv("TF_WORKSPACE", "missing")
    with pytest.raises(
        StateError, match=r"stack \(cos, workspace missing\): terraform state pull: no such workspace"
    ) as raised:
        addresses("stack")
    assert "terraform init" in raised.value.hint


def test_such_a_backend_is_only_read(folder: Path) -> None:
    """Nothing is written or locked through the program."""
    install(folder, "terraform")
    access = Access(
        configured=configured_backend, completion=backend_settings, guard=Guard(lambda _: Limit(rate=1, burst=1))
    )
    (source,) = locate("stack", access)
    told = "is read through terraform"
    with pytest.raises(StateError, match=told):
        source.backend.write(b"x")
    with pytest.raises(StateError, match=told):
        source.backend.lock(LockInfo.new("test", "x"))
    with pytest.raises(StateError, match=told):
        source.backend.unlock("x")
    with pytest.raises(StateError, match=told):
        source.backend.holder()


def test_without_the_program_it_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither program on the path is an error that says so."""
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(StateError, match="neither terraform nor tofu is on the PATH"):
        addresses("stack")


def test_an_encrypted_state_is_decrypted_by_tofu(folder: Path) -> None:
    """A state that OpenTofu encrypted is read by it, in the directory it belongs to; Terraform cannot."""
    (folder / "main.tf").write_text("terraform {}\n")
    (folder / "terraform.tfstate").write_text(ENCRYPTED)
    install(folder, "terraform")
    with pytest.raises(StateError, match="encrypted by OpenTofu, and tofu is not on the PATH"):
        addresses("stack")
    install(folder, "tofu")
    assert addresses("stack") == ["a_b.c"]
    with pytest.raises(StateError, match="encrypted by OpenTofu") as raised:
        addresses("st*/terraform.tfstate")
    assert "tofu state pull" in raised.value.hint


def test_a_program_that_hangs_is_ended(folder: Path) -> None:
    """A program that does not end in time is an error."""
    with pytest.raises(ProgramError, match="sleep 60 did not end within 0 s"):
        run_program(["sleep", "60"], folder, {"PATH": "/usr/bin:/bin"}, 0.2)
    with pytest.raises(DriftMgrError, match="cannot be run"):
        run_program([str(folder / "none")], folder, {}, 1)
