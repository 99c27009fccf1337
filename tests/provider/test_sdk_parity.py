"""The engine against real Terraform over a provider that is not ours: written with the Python SDK ``tf``.

Its resources are applied by Terraform and then changed behind its back.
"""

import asyncio
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.intent import declared_arguments
from driftmgr.model.errors import DriftMgrWarning
from driftmgr.provider.engine import ProviderEngine, Source
from driftmgr.provider.errors import ProviderError
from driftmgr.provider.refresh import Reading
from driftmgr.provider.search import target_platform
from driftmgr.state import read_state

SDK = Path(__file__).parents[2] / ".cache/tf-provider/bin/python"
PROGRAM = Path(__file__).with_name("sdk_provider.py")

pytestmark = [
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH"),
    pytest.mark.skipif(not SDK.exists(), reason="the Python SDK for providers is not installed: make sdk"),
]

CONFIG = """
terraform {
  required_providers {
    sdk = { source = "example/sdk" }
  }
}
provider "sdk" {
  region = "here"
}
resource "sdk_note" "plain" {
  for_each = toset(["same", "gone", "changed", "unset", "chosen", "hinted", "replaced"])
  name     = each.key
  text     = "a text"
  size     = 3
}
resource "sdk_note" "whole" {
  for_each = toset(["same-whole", "sets", "elements", "nested"])
  name     = each.key
  on       = true
  size     = 0.1
  names    = ["a", "b"]
  labels   = ["x", "y"]
  tags     = { k = "v", "quoted \\"key\\"" = "é" }
  policy   = jsonencode({ b = [1, 2], a = { c = null } })
  secret   = "one"
  rule {
    port = 1
    cidr = "10.0.0.0/8"
  }
  rule {
    port = 2
  }
}
"""
CHANGES: Mapping[str, Mapping[str, Any] | None] = {
    "gone": None,
    "changed": {"text": "another", "size": 4, "serial": 7},
    "unset": {"text": None, "tags": {}, "names": []},
    "chosen": {"zone": "b"},
    "hinted": {"hint": "of the cloud"},
    "replaced": {"name": "Replaced"},
    "sets": {
        "labels": ["y", "x"],
        "policy": {"a": {"c": None}, "b": [1, 2]},
        "rule": [{"port": 2, "cidr": None}, {"port": 1, "cidr": "10.0.0.0/8"}],
    },
    "elements": {"labels": ["x", "z"], "names": ["b", "a"], "rule": [{"port": 2, "cidr": "0.0.0.0/0"}]},
    "nested": {"tags": {"k": "w"}, "policy": {"b": [2, 1]}, "on": False, "size": 0.25, "secret": "two"},
}


PROGRAM_NAME = "terraform-provider-sdk"


class Project:
    """A working directory, its cloud, and the mirror that its provider comes from, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.directory, self._cloud = folder, folder / "root", folder / "cloud.json"
        self.package = folder / "mirror/registry.terraform.io/example/sdk/1.0.0" / target_platform()
        self.environment = {
            "PATH": os.environ["PATH"],
            # The SDK keeps a key in its home.
            "HOME": str(folder),
            "SDK_CLOUD": str(self._cloud),
            "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc"),
            "CHECKPOINT_DISABLE": "1",
        }
        self.configure(f"filesystem_mirror {{ path = {json.dumps(str(folder / 'mirror'))} }}")

    def apply(self) -> None:
        """Install the provider, and have Terraform make the estate."""
        self.directory.mkdir()
        self.package.mkdir(parents=True)
        program = self.package / f"{PROGRAM_NAME}_v1.0.0"
        program.write_text(f"#!/bin/sh\nexec {shlex.quote(str(SDK))} {shlex.quote(str(PROGRAM))}\n")
        program.chmod(0o755)
        self._cloud.write_text("{}")
        (self.directory / "main.tf").write_text(CONFIG)
        self.terraform("init", "-input=false")
        self.terraform("apply", "-auto-approve", "-input=false")

    def configure(self, installation: str) -> None:
        """Write the CLI configuration."""
        (self.folder / "cli.tfrc").write_text(f"provider_installation {{\n{installation}\n}}\n")

    def change_behind_its_back(self) -> None:
        """What ``CHANGES`` says."""
        found = json.loads(self._cloud.read_text())
        for name, change in CHANGES.items():
            found[name] = {**found[name], **change} if change is not None else None
        self._cloud.write_text(json.dumps({name: item for name, item in found.items() if item}))

    def terraform(self, *arguments: str, code: int = 0) -> str:
        """Run a command of Terraform's."""
        command = ["terraform", *arguments]
        done = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def plan(self, *arguments: str) -> Any:
        """A plan as JSON."""
        self.terraform("plan", "-input=false", "-out=made.plan", *arguments)
        return json.loads(self.terraform("show", "-json", "made.plan"), parse_float=Decimal)

    def engine(self) -> ProviderEngine:
        """The engine, seeing what Terraform sees."""
        return ProviderEngine(declared_arguments, environment=self.environment)

    def readings(self) -> dict[str, Reading]:
        """What the engine reads of all instances, by address."""
        instances = list(read_state(self.directory / "terraform.tfstate").instances())
        found = asyncio.run(self.engine().read(instances, lambda _: self.directory))
        return {str(item.instance.address): item for item in found}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an estate of eleven notes, applied."""
    made = Project(tmp_path_factory.mktemp("applied"))
    made.apply()
    return made.folder


@pytest.fixture
def project(applied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of it, to be changed."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / "cache"))
    shutil.copytree(applied, tmp_path / "copy", symlinks=True)
    return Project(tmp_path / "copy")


def test_a_clean_apply_yields_nothing(project: Project) -> None:
    """No difference that counts, right after Terraform applied all of it."""
    found = project.readings()
    assert len(found) == 11
    assert {item.message for item in found.values()} == {""}
    assert [one for item in found.values() for one in item.judged if one.change.classification == "drift"] == []


def test_raw_findings_are_those_of_a_refresh(project: Project) -> None:
    """The same instances, attributes and values as ``plan -refresh-only``; what counts is what a plan would undo."""
    project.change_behind_its_back()
    ours = {address: item for address, item in project.readings().items() if item.outcome == "gone" or item.changed}
    listed = {row["address"]: row["change"] for row in project.plan("-refresh-only")["resource_drift"]}
    theirs = {name: row for name, row in listed.items() if _form(row["before"]) != _form(row["after"])}
    assert ours.keys() == theirs.keys()
    for address, item in ours.items():
        before, after = theirs[address]["before"], theirs[address]["after"]
        assert (item.outcome == "gone") == (after is None)
        changed = {name for name in before if after is not None and _form(before, name) != _form(after, name)}
        assert set(item.changed) == changed
        for name in changed:
            assert _form(item.recorded, name) == _form(before, name)
            assert _form(item.observed, name) == _form(after, name)


def test_what_counts_is_what_a_plan_would_undo(project: Project) -> None:
    """And what the configuration may leave to the cloud; a plan is silent about that, a refresh is not."""
    project.change_behind_its_back()
    counted = {
        address: item
        for address, item in project.readings().items()
        if item.outcome == "gone" or any(one.change.classification == "drift" for one in item.judged)
    }
    planned = {
        row["address"]: row["change"]["actions"]
        for row in project.plan()["resource_changes"]
        if row["change"]["actions"] != ["no-op"]
    }
    left_to_the_cloud = {'sdk_note.plain["chosen"]', 'sdk_note.plain["hinted"]'}
    assert counted.keys() == planned.keys() | left_to_the_cloud
    assert [one.action for one in counted['sdk_note.plain["chosen"]'].judged] == ["only_if_configured"]
    assert [one.action for one in counted['sdk_note.plain["hinted"]'].judged] == ["not_configured"]
    replaced = {address for address, item in counted.items() if any(one.change.requires_replace for one in item.judged)}
    assert replaced == {address for address, actions in planned.items() if actions == ["delete", "create"]}


def test_one_object_is_read_as_an_import_reads_it(project: Project) -> None:
    """By its id, every value as the state has it; that an id is nobody's is told."""
    source = Source('provider["registry.terraform.io/example/sdk"]', project.directory)

    def found(identity: str) -> Any:
        return asyncio.run(project.engine().read_object(source, "sdk_note", identity))

    instances = read_state(project.directory / "terraform.tfstate").instances()
    recorded = next(item.attributes for item in instances if item.attributes["id"] == "nested")
    values = found("nested")
    # Without a recorded text the SDK writes JSON with its own blanks.
    assert json.loads(values.pop("policy")) == json.loads(recorded.pop("policy"))
    assert _form(values) == _form({**recorded, "secret": "(sensitive)"})
    with pytest.raises(ProviderError, match="nobody is 0 objects"):
        found("nobody")


def test_dev_overrides_are_honoured_as_terraform_honours_them(project: Project) -> None:
    """The binary of the CLI configuration is run by both, though it is not the one that the lock file knows."""
    built = project.folder / "built"
    built.mkdir()
    program = (project.package / f"{PROGRAM_NAME}_v1.0.0").read_text()
    (built / PROGRAM_NAME).write_text(f"{program}# built a minute ago\n")
    (built / PROGRAM_NAME).chmod(0o755)
    shutil.rmtree(project.directory / ".terraform/providers")
    project.configure(f'dev_overrides {{\n  "example/sdk" = {json.dumps(str(built))}\n}}\ndirect {{}}')
    project.change_behind_its_back()
    with pytest.warns(DriftMgrWarning, match="example/sdk is run from"):
        ours = {name for name, item in project.readings().items() if item.outcome == "gone" or item.changed}
    assert ours == {row["address"] for row in project.plan("-refresh-only")["resource_drift"]}


def _form(values: Any, name: str | None = None) -> str:
    """JSON in which sets have no order and numbers are exact."""
    chosen = values if name is None else {name: values[name]}
    return json.dumps(_plain(chosen), sort_keys=True)


def _plain(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _plain(item, key) for key, item in value.items()}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if name in {"labels", "rule"} else items
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return value
