"""What an argument leads to: files, patterns, working directories with recorded and configured backends, workspaces."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.intent import IntentError, backend_settings, configured_backend
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.state import StateError, StateSource, locate
from driftmgr.state.backends.protocol import Access
from driftmgr.state.source import without_query

PARTIAL = 'terraform {\n  backend "local" {}\n}\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(argument: str, environment: dict[str, str] | None = None, **options: Any) -> tuple[StateSource, ...]:
    """What the argument leads to, without anything of the outside."""
    access = Access(
        configured=configured_backend,
        completion=backend_settings,
        guard=Guard(lambda _: Limit(rate=1, burst=1)),
        environment=environment or {},
    )
    return locate(argument, access, **options)


def labels(*arguments: Any, **options: Any) -> list[str]:
    """How the states are named."""
    return [source.label for source in found(*arguments, **options)]


def touch(*paths: str) -> None:
    """Make states."""
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("{}")


def test_a_pattern_leads_to_states_alone(here: Path) -> None:
    """Backups and records of locks are no states, whatever the pattern says."""
    touch("a/x.tfstate", "a/x.tfstate.backup", "a/.x.tfstate.lock.info", "b/y.tfstate")
    assert labels("**/*.tfstate*") == ["a/x.tfstate", "b/y.tfstate"]
    assert [source.root for source in found("**/*.tfstate")] == [None, None]
    assert found("a/x.tfstate")[0].root == here / "a"


def test_two_ways_to_one_state_have_one_identity(here: Path) -> None:
    """A file, its directory and a link to it are the same state."""
    touch("stack/terraform.tfstate")
    (here / "link.tfstate").symlink_to(here / "stack/terraform.tfstate")
    ways = ("stack", "stack/terraform.tfstate", "link.tfstate", str(here / "stack"))
    assert len({found(way)[0].backend.identity for way in ways}) == 1


def test_workspaces_are_chosen(here: Path) -> None:
    """The selected workspace, others by name, and all that have a state; a file has none."""
    touch("s/terraform.tfstate", "s/terraform.tfstate.d/a/terraform.tfstate", "lone.tfstate")
    assert labels("s") == ["s/terraform.tfstate"]
    assert labels("s", {"TF_WORKSPACE": "a"}) == ["s/terraform.tfstate.d/a/terraform.tfstate"]
    assert labels("s", workspaces=("a",)) == ["s/terraform.tfstate.d/a/terraform.tfstate"]
    everything = ["s/terraform.tfstate", "s/terraform.tfstate.d/a/terraform.tfstate"]
    assert labels("s", workspaces=("all",)) == everything
    assert labels("lone.tfstate", workspaces=("all",)) == ["lone.tfstate"]
    with pytest.raises(StateError, match="workspace b has no state, there is one for default, a"):
        found("s", workspaces=("b",))
    Path("s/terraform.tfstate").unlink()
    assert labels("s", workspaces=("all",)) == everything[1:]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "", "a b", "x\n", "-o=/tmp/x y"])
def test_a_workspace_cannot_lead_elsewhere(here: Path, name: str) -> None:
    """A name that Terraform refuses, or that is a path, is refused, given or selected."""
    touch("s/terraform.tfstate")
    with pytest.raises(StateError, match="not the name of a workspace"):
        found("s", workspaces=(name,))
    if name:
        with pytest.raises(StateError, match="not the name of a workspace"):
            found("s", {"TF_WORKSPACE": name})


def test_a_backend_is_completed_in_order(here: Path) -> None:
    """Files and values complete the block of the configuration, later ones win, and go before what init recorded."""
    touch("one.tfstate", "two.tfstate", "recorded.tfstate")
    (here / "main.tf").write_text(PARTIAL)
    (here / "a.tfbackend").write_text('path = "one.tfstate" # here\n')
    (here / "b.json").write_text('{"path": "two.tfstate"}')
    assert labels(".", backend_config=("a.tfbackend",)) == ["one.tfstate"]
    assert labels(".", backend_config=("a.tfbackend", "b.json")) == ["two.tfstate"]
    assert labels(".", backend_config=("b.json", "path=one.tfstate")) == ["one.tfstate"]
    record = {"version": 3, "backend": {"type": "local", "config": {"path": "recorded.tfstate"}}}
    touch(".terraform/terraform.tfstate")
    (here / ".terraform/terraform.tfstate").write_text(json.dumps(record))
    assert labels(".") == ["recorded.tfstate"]
    assert labels(".", backend_config=("a.tfbackend",)) == ["one.tfstate"]


def test_a_backend_that_changed_since_init_is_refused(here: Path) -> None:
    """When init recorded a backend of another type than the configuration names, nobody knows where the state is."""
    (here / "main.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    touch(".terraform/terraform.tfstate", "terraform.tfstate")
    record = {"version": 3, "backend": {"type": "local", "config": {}}}
    (here / ".terraform/terraform.tfstate").write_text(json.dumps(record))
    with pytest.raises(StateError, match=r"recorded a backend of type local, main\.tf:2 names one of type s3"):
        found(".")


def test_an_expression_is_not_guessed(here: Path) -> None:
    """A value that only OpenTofu can work out is refused by name, at any depth, unless it is given."""
    touch("x.tfstate")
    (here / "main.tofu").write_text('terraform {\n  backend "local" {\n    path = "${var.a}.tfstate"\n  }\n}\n')
    with pytest.raises(StateError, match="configured by an expression, path = "):
        found(".")
    assert labels(".", backend_config=("path=x.tfstate",)) == ["x.tfstate"]
    (here / "main.tofu").write_text('terraform {\n backend "s3" {\n  assume_role = { role_arn = local.r }\n }\n}\n')
    with pytest.raises(StateError, match=r"assume_role = local\.r \(main\.tofu:2\)"):
        found(".")


@given(st.text(max_size=60))
def test_an_address_is_shown_without_its_secrets(secret: str) -> None:
    """User, password, query and fragment of an address are never shown."""
    hidden = secret.replace("@", "").replace("/", "") + "SECRET"
    assert "SECRET" not in without_query(f"https://user:{hidden}@host/path?token={hidden}#{hidden}")


def test_a_broken_configuration_is_told_unless_init_recorded_the_backend(here: Path) -> None:
    """A broken block is told with file and line; the record of init says where the state is without it."""
    touch("x.tfstate")
    (here / "main.tf").write_text('terraform {\n  backend "s3" {\n')
    with pytest.raises(IntentError, match=r"main\.tf:\d: not HCL"):
        found(".")
    touch(".terraform/terraform.tfstate")
    record = {"version": 3, "backend": {"type": "local", "config": {"path": "x.tfstate"}}}
    (here / ".terraform/terraform.tfstate").write_text(json.dumps(record))
    assert labels(".") == ["x.tfstate"]


def test_a_pattern_of_a_thousand_folders_is_refused(here: Path) -> None:
    """However deep a pattern goes, it is looked for or refused."""
    assert list(here.iterdir()) == []
    with pytest.raises(StateError, match="cannot be looked for"):
        found("states/**" + "/*" * 2000 + "/x.tfstate")
