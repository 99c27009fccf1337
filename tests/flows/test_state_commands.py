"""``driftmgr state``: what a user does with states where they are kept."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator, inherited_environment
from driftmgr.telemetry.audit import AuditTrail
from flows.conftest import Run
from flows.test_errors import DRIFTMGR, assert_told
from state.peer import Peer, needs_terraform
from state.test_with_terraform import BACKENDS, make_stores

SECRETS = ("hunter2-password", "state-secret-42", "schema-secret-43", "script-secret-44")
RESOURCES: list[dict[str, Any]] = [
    {
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "main",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [
            {
                "attributes": {
                    "id": "db-1",
                    "engine": "postgres",
                    "password": "schema-secret-43",
                    "tags": {"a": "state-secret-42", "b": "shown"},
                    "user_data": "export PASSWORD='script-secret-44'",
                },
                "sensitive_attributes": [
                    [
                        {"type": "get_attr", "value": "tags"},
                        {"type": "index", "value": {"value": "a", "type": "string"}},
                    ]
                ],
            }
        ],
    },
    {
        "mode": "managed",
        "module": "module.net",
        "type": "example_thing",
        "name": "web",
        "provider": 'provider["registry.terraform.io/example/example"]',
        "instances": [
            {"index_key": "a", "attributes": {"id": "web-a", "api_token": "hunter2-password"}},
            {"index_key": "b", "attributes": {"id": "web-b\u001b[31m"}, "status": "tainted"},
        ],
    },
]
HOLD = """
import sys, time
from driftmgr.app.holding import held
from driftmgr.app.states import Where
with held(Where(arguments=(sys.argv[1],)).source().backend, "test"):
    print("held", flush=True)
    time.sleep(60)
"""


def state_text(serial: int = 4, lineage: str = "l", resources: Any = RESOURCES, indent: int = 1) -> str:
    """A state."""
    document = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": lineage}
    return json.dumps({**document, "resources": resources}, indent=indent)


@pytest.fixture
def place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current directory with a state, and a data directory of its own."""
    monkeypatch.setenv("DRIFTMGR_DATA_DIR", str(folder / "data"))
    (folder / "terraform.tfstate").write_text(state_text())
    return folder


def test_instances_are_listed(place: Path, run: Run) -> None:
    """All addresses, those at or below one, those of an id; a control character is shown, not sent."""
    ran = run("state", "list")
    assert ran.out.splitlines() == [
        "aws_db_instance.main",
        'module.net.example_thing.web["a"]',
        'module.net.example_thing.web["b"] (tainted)',
    ]
    assert run("state", "list", "--address", "module.net", "--id", "web-a").out == 'module.net.example_thing.web["a"]\n'
    assert run("state", "list", "--address", "module.ne").out == ""
    (place / "other.tfstate").write_text(state_text())
    several = run("state", "list", "*.tfstate", "--id", "db-1")
    assert several.out == "other.tfstate\taws_db_instance.main\nterraform.tfstate\taws_db_instance.main\n"
    listed = run("state", "list", "terraform.tfstate", "-o", "json").json
    assert listed[0] == {
        "address": "aws_db_instance.main",
        "type": "aws_db_instance",
        "id": "db-1",
        "status": "ready",
        "source": "terraform.tfstate",
    }


@pytest.mark.parametrize("form", ["table", "json"])
def test_an_instance_is_shown_without_its_secrets(place: Path, run: Run, form: str) -> None:
    """What the schema, the state, a name or its form calls sensitive is hidden; the rest is told exactly."""
    ran = run("state", "show", "aws_db_instance.main", "-o", form)
    assert "postgres" in ran.out
    assert "shown" in ran.out
    thing = run("state", "show", 'module.net.example_thing.web["a"]', "-o", form)
    assert "web-a" in thing.out
    assert not any(secret in ran.out + thing.out for secret in SECRETS)
    assert ran.out.count("(sensitive)") == 3
    assert "\x1b" not in run("state", "show", 'module.net.example_thing.web["b"]').out


def test_an_address_without_an_instance_is_told(place: Path, run: Run) -> None:
    """An address that is none, or that stands for several, says which there are."""
    assert_told(run("state", "show", "a.b"), "a.b: no such instance in the state", "state list")
    assert_told(run("state", "show", "module.net"), "no such instance", 'module.net.example_thing.web["a"]')


def test_an_unreadable_instance_is_not_an_absent_one(place: Path, run: Run) -> None:
    """What can be read is listed and shown; that something cannot is an error, and nothing is called absent for it."""
    broken = {"mode": "managed", "type": "a_b", "name": "c", "instances": [{"attributes": [1]}]}
    (place / "terraform.tfstate").write_text(state_text(resources=[*RESOURCES, broken]))
    ran = run("state", "list")
    assert (ran.code, len(ran.out.splitlines())) == (1, 3)
    assert "not all instances are listed; 1 cannot be read, the first: terraform.tfstate: a_b.c: " in ran.err
    assert run("state", "show", "aws_db_instance.main").code == 0
    told = "a_b.c is not among the instances that can be read; 1 cannot be read"
    assert_told(run("state", "show", "a_b.c"), told, "state pull")


def test_a_state_is_pulled_byte_by_byte(place: Path, run: Run) -> None:
    """Standard output and the file hold exactly the bytes of the state; the file is its owner's alone."""
    content = b'\xef\xbb\xbf{"version": 4,\r\n "serial":1,"unknown_member": 1e400}'
    (place / "terraform.tfstate").write_bytes(content)
    assert subprocess.run([DRIFTMGR, "state", "pull"], capture_output=True, check=True).stdout == content
    assert run("state", "pull", "--file", "copy").code == 0
    assert (place / "copy").read_bytes() == content
    assert (place / "copy").stat().st_mode & 0o777 == 0o600
    assert_told(run("state", "pull", "nothing.tfstate"), "nothing.tfstate: there is no state", "check")


def test_a_state_is_pushed_byte_by_byte(place: Path, run: Run) -> None:
    """The bytes of the file take the place of the state, which is kept; the same again changes nothing."""
    before = (place / "terraform.tfstate").read_bytes()
    newer = state_text(serial=5, indent=7).encode() + b"\n\n"
    (place / "newer").write_bytes(newer)
    ran = run("state", "push", "newer")
    assert (ran.code, ran.out) == (0, "")
    assert "wrote terraform.tfstate: serial 5, serial 4 before" in ran.err
    assert (place / "terraform.tfstate").read_bytes() == newer
    (backup,) = (place / "data/backups").rglob("*-serial-*.tfstate")
    assert backup.read_bytes() == before
    assert str(backup) in ran.err
    assert "is that state already" in run("state", "push", "newer").err
    assert len(list((place / "data/backups").rglob("*-serial-*.tfstate"))) == 1


def test_a_push_that_terraform_would_refuse_is_refused(place: Path, run: Run) -> None:
    """An older serial, another lineage and what is no state change nothing, unless forced; then a copy is kept."""
    before = (place / "terraform.tfstate").read_bytes()
    for name, text in {"old": state_text(3), "alien": state_text(9, "m"), "none": "{}"}.items():
        (place / name).write_text(text)
    assert_told(run("state", "push", "old"), "serial 4 is newer", "--force")
    assert_told(run("state", "push", "alien"), "of another lineage", "--force")
    assert_told(run("state", "push", "none"), "not a Terraform state", "name a state file")
    assert_told(run("state", "push", "missing"), "missing cannot be read", "name a state file")
    assert (place / "terraform.tfstate").read_bytes() == before
    assert not (place / "data/backups").exists()
    assert run("state", "push", "alien", "--force", "--backup", "kept").code == 0
    assert (place / "kept").read_bytes() == before
    assert run("state", "push", "alien", "new/terraform.tfstate").code == 0
    assert (place / "new/terraform.tfstate").read_text() == state_text(9, "m")


def test_a_backup_that_cannot_be_written_stops_the_push(place: Path, run: Run) -> None:
    """Without a copy of what is there nothing is replaced, and the lock is let go of."""
    before = (place / "terraform.tfstate").read_bytes()
    (place / "newer").write_text(state_text(5))
    assert_told(run("state", "push", "newer", "--backup", "no/such/folder/x"), "nothing was changed", "--backup")
    assert (place / "terraform.tfstate").read_bytes() == before
    assert run("state", "backends", "-o", "json").json[0]["locked_by"] is None


def test_several_states_are_not_pulled_as_one(place: Path, run: Run) -> None:
    """A command about one state refuses a pattern that leads to more."""
    (place / "other.tfstate").write_text(state_text())
    assert_told(run("state", "pull", "*.tfstate"), "2 states, this command is about one", "name one: other.tfstate")


def test_backends_tell_where_states_are(place: Path, run: Run) -> None:
    """Backend, workspace, workspaces and lock are told, in both forms."""
    (place / "terraform.tfstate.d/a").mkdir(parents=True)
    (place / "terraform.tfstate.d/a/terraform.tfstate").write_text(state_text())
    (found,) = run("state", "backends", "-o", "json").json
    assert found == {
        "label": "terraform.tfstate",
        "backend": "local",
        "workspace": "default",
        "workspaces": ["default", "a"],
        "locked_by": None,
        "problems": [],
    }
    assert "workspaces  default, a" in run("state", "backends").out


def test_what_is_done_is_recorded(place: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit trail tells each command about a state, with what it did and no content of a state."""
    monkeypatch.setenv("DRIFTMGR_AUDIT", str(place / "trail"))
    (place / "newer").write_text(state_text(5))
    run("state", "push", "newer")
    run("state", "show", "aws_db_instance.main")
    lines = list(AuditTrail(place / "trail").lines())
    assert [(line["action"], line["outcome"]) for line in lines] == [
        ("state.push", "started"),
        ("state.push", "ok"),
        ("state.show", "started"),
        ("state.show", "ok"),
    ]
    assert lines[1]["detail"]["serial"] == 5
    assert not any(secret in (place / "trail").read_text() for secret in SECRETS)


@pytest.fixture
def stack(cloud: Emulator, place: Path) -> Peer:
    """A working directory whose state Terraform keeps in S3, locked in DynamoDB and by an object."""
    make_stores(cloud)
    directory = place / "stack"
    directory.mkdir()
    peer = Peer(directory, BACKENDS["both"], cloud.environment)
    peer.apply()
    return peer


@needs_terraform
def test_a_killed_process_leaves_a_lock_that_unlock_releases(stack: Peer, run: Run, cloud: Emulator) -> None:
    """Terraform is locked out until unlock releases what a killed process left, by its id, and not before it ended."""
    data = os.environ["DRIFTMGR_DATA_DIR"]
    environment = {**inherited_environment(), **cloud.environment, "DRIFTMGR_DATA_DIR": data}
    holder = [sys.executable, "-c", HOLD, str(stack.directory)]
    with subprocess.Popen(holder, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        assert_told(run("state", "unlock", "stack", "--yes"), "locked by", "make sure that it is not at work")
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    assert "Error acquiring the state lock" in stack.run("plan").stderr
    (found,) = run("state", "backends", "stack", "-o", "json").json
    lock_id = found["locked_by"]["ID"]
    assert lock_id in run("state", "backends", "stack").out
    assert_told(run("state", "unlock", "stack"), "nobody is there to be asked", "--yes")
    assert_told(run("state", "unlock", "stack", "another", "--yes"), "not locked with the id another", "check the id")
    assert run("state", "unlock", "stack", "--yes").err == f"released the lock {lock_id}\n"
    assert "No changes" in stack.do("plan")


@needs_terraform
def test_a_pushed_state_is_terraforms(stack: Peer, run: Run, folder: Path) -> None:
    """What was pulled, changed and pushed is what Terraform plans from; its lock keeps a push out."""
    assert run("state", "pull", "stack", "--file", "copy").code == 0
    document = json.loads((folder / "copy").read_text())
    document["serial"] += 1
    document["resources"] = [item for item in document["resources"] if item["name"] != "a"]
    (folder / "changed").write_text(json.dumps(document))
    with stack.holding_the_lock():
        assert_told(run("state", "push", "changed", "stack"), "the state is locked by", "wait until that has ended")
    document["serial"] += 5
    (folder / "changed").write_text(json.dumps(document))
    assert run("state", "push", "changed", "stack").code == 0
    stack.write()
    assert "terraform_data.a will be created" in stack.do("plan")


@needs_terraform
def test_a_working_directory_gets_its_first_state(place: Path, run: Run) -> None:
    """A state can be pushed to a working directory that was never applied, and not to any other directory."""
    stack = Peer(place / "fresh")
    stack.directory.mkdir()
    assert_told(run("state", "push", "terraform.tfstate", "fresh"), "neither a state nor", "name a state file")
    stack.write()
    (place / "first").write_text(state_text(7, resources=[]))
    assert run("state", "push", "first", "fresh").code == 0
    assert (stack.directory / "terraform.tfstate").read_bytes() == (place / "first").read_bytes()
    stack.do("init")
    pulled = json.loads(stack.do("state", "pull"))
    assert (pulled["serial"], pulled["lineage"]) == (7, "l")


def test_without_a_source_the_settings_say_which(place: Path, run: Run) -> None:
    """All commands look where ``driftmgr.yaml`` says; a source that is named goes before it."""
    inner = place / "elsewhere"
    inner.mkdir()
    (place / "terraform.tfstate").rename(inner / "kept.tfstate")
    assert_told(run("state", "list"), "neither a state nor a Terraform working directory", "")
    (place / "driftmgr.yaml").write_text("sources: [elsewhere/kept.tfstate]\n")
    assert "aws_db_instance.main" in run("state", "list").out
    assert "postgres" in run("state", "show", "aws_db_instance.main").out
    assert "kept.tfstate" in run("state", "backends").out
    assert run("state", "pull", "--file", "copy").code == 0
    assert (place / "copy").read_bytes() == (inner / "kept.tfstate").read_bytes()
    (place / "newer").write_text(state_text(serial=5))
    assert run("state", "push", "newer").code == 0
    assert (inner / "kept.tfstate").read_text() == state_text(serial=5)
    (place / "other.tfstate").write_text(state_text(resources=[]))
    assert run("state", "list", "other.tfstate").out == ""


def test_which_of_several_sources_is_not_guessed(place: Path, run: Run) -> None:
    """A command about one state says what the settings name; nothing is written."""
    (place / "driftmgr.yaml").write_text("sources: [terraform.tfstate, other.tfstate]\n")
    before = (place / "terraform.tfstate").read_bytes()
    (place / "newer").write_text(state_text(serial=5))
    for command in (("pull",), ("push", "newer"), ("unlock",)):
        assert_told(run("state", *command), "terraform.tfstate, other.tfstate", "name one of them")
    assert (place / "terraform.tfstate").read_bytes() == before
