"""The engine against real Terraform over the same provider, in both protocols: values, upgrades, hashes, plans.

The provider is the fake one, run by Terraform as any other: installed by ``init`` from a mirror, over AutoMTLS.
"""

import asyncio
import json
import shutil
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from driftmgr.app import engines
from driftmgr.app.intent import declared_arguments
from driftmgr.app.request import ScanRequest
from driftmgr.app.scan import Clock
from driftmgr.model import DriftMgrError
from driftmgr.provider.engine import ProviderEngine
from driftmgr.provider.search import read_lock, target_platform
from driftmgr.provider.terraform import scratch_copy
from driftmgr.state import read_state
from provider.conftest import FakeCloud

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")

CONFIG = """
terraform {
  required_providers {
    fake = { source = "example/fake" }
  }
}
module "inner" {
  source = "../modules/inner"
}
provider "fake" {
  region = module.inner.region
}
"""
INNER = 'output "region" {\n  value = "here"\n}\n'
LONG = Decimal("0.300000000000000000000000000001")

# Recorded, observed (None: gone), schema version.
THINGS: Mapping[str, tuple[dict[str, Any], dict[str, Any] | None, int]] = {
    "same": ({"note": "n", "tags": {"k": "v"}}, {}, 2),
    "gone": ({"note": "n"}, None, 2),
    "changed": ({"note": "n", "size": 1, "stamp": "1"}, {"note": "m", "size": 2, "stamp": "2"}, 2),
    "empty": ({"tags": None, "names": None, "note": None}, {"tags": {}, "names": [], "note": ""}, 2),
    "long": ({"size": LONG}, {}, 2),
    "huge": ({"size": 123456789012345678901234567890}, {"size": 123456789012345678901234567891}, 2),
    "sets": (
        {"rule": [{"port": 1, "cidr": "a"}, {"port": 2, "cidr": "b"}]},
        {"rule": [{"port": 2, "cidr": "b"}, {"port": 1, "cidr": "a"}]},
        2,
    ),
    "elements": (
        {"rule": [{"port": 1, "cidr": "a"}]},
        {"rule": [{"port": 1, "cidr": ""}, {"port": 3, "cidr": None}]},
        2,
    ),
    "lists": ({"names": ["a", "b"]}, {"names": ["b", "a"]}, 2),
    "older": ({"comment": "x"}, {"note": "x"}, 1),
    "older_changed": ({"comment": "x"}, {"note": "y"}, 1),
    "typed": (
        {"anything": {"value": {"a": [1, "b"]}, "type": ["object", {"a": ["tuple", ["number", "string"]]}]}},
        {"anything": {"value": "text", "type": "string"}},
        2,
    ),
    "secret": ({"secret": "one"}, {"secret": "two"}, 2),
    "left": ({"left_the_schema": True}, {}, 2),
}


class Project:
    """A working directory with a state, initialised by Terraform for the fake provider."""

    def __init__(self, fake: FakeCloud, protocol: int) -> None:
        self.directory = fake.directory / "live" / "root"
        self.directory.mkdir(parents=True)
        inner = fake.directory / "live" / "modules" / "inner"
        inner.mkdir(parents=True)
        (inner / "main.tf").write_text(INNER)
        place = fake.directory / "mirror/registry.terraform.io/example/fake/1.0.0" / target_platform()
        place.mkdir(parents=True)
        shutil.copy(fake.binary, place / fake.binary.name)
        mirror = json.dumps(str(fake.directory / "mirror"))
        (fake.directory / "cli.tfrc").write_text(
            f"provider_installation {{\n  filesystem_mirror {{ path = {mirror} }}\n}}\n"
        )
        (self.directory / "main.tf").write_text(CONFIG)
        self.environment = fake.environment(protocol=protocol, tls="p521") | {
            "TF_CLI_CONFIG_FILE": str(fake.directory / "cli.tfrc"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "DRIFTMGR_CACHE_DIR": str(fake.directory / "cache"),
        }
        self.terraform("init", "-input=false")
        self._record()

    @property
    def state(self) -> Path:
        """The local state."""
        return self.directory / "terraform.tfstate"

    def terraform(self, *arguments: str) -> str:
        """Run a command of Terraform's."""
        command = ["terraform", *arguments]
        done = subprocess.run(
            command, cwd=self.directory, env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def referee(self) -> dict[str, Any]:
        """``resource_drift`` of a refresh-only plan by address."""
        self.terraform("plan", "-refresh-only", "-input=false", "-out=refresh.plan")
        plan = json.loads(self.terraform("show", "-json", "refresh.plan"), parse_float=Decimal)
        # A state that does not say yet what is sensitive makes Terraform list instances with equal sides.
        return {
            row["address"]: row["change"]
            for row in plan.get("resource_drift", ())
            if _form(row["change"]["before"]) != _form(row["change"]["after"])
        }

    def _record(self) -> None:
        instances = [
            {
                "index_key": name,
                "schema_version": version,
                "attributes": {"id": name, "name": name, "rule": []} | recorded,
            }
            for name, (recorded, _, version) in THINGS.items()
        ]
        resource = {
            "mode": "managed",
            "type": "fake_thing",
            "name": "one",
            "provider": 'provider["registry.terraform.io/example/fake"]',
            "instances": instances,
        }
        state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x", "resources": [resource]}
        self.state.write_bytes(msgspec.json.Encoder(decimal_format="number").encode(state))


@pytest.fixture(params=[5, 6])
def project(fake: FakeCloud, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One for each protocol; what exists differs from what is recorded as ``THINGS`` says."""
    fake.holds({name: observed for name, (_, observed, _) in THINGS.items() if observed is not None})
    made = Project(fake, request.param)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def test_raw_findings_are_those_of_terraform(project: Project) -> None:
    """The same instances, the same attributes, the same values on both sides, digit by digit."""
    given = {"example/fake": {"region": "here"}}
    instances = list(read_state(project.state).instances())
    found = asyncio.run(ProviderEngine(declared_arguments, given=given).read(instances, lambda _: project.directory))
    assert {item.message for item in found} == {""}
    theirs = project.referee()
    ours = {str(item.instance.address): item for item in found if item.outcome == "gone" or item.changed}
    assert ours.keys() == theirs.keys()
    for address, item in ours.items():
        before, after = theirs[address]["before"], theirs[address]["after"]
        assert (item.observed is None) == (after is None)
        changed = {
            name for name in before if after is not None and _form(before[name], name) != _form(after[name], name)
        }
        assert set(item.changed) == changed
        for name in changed:
            sides = [_form((side or {})[name], name) for side in (item.recorded, item.observed)]
            assert sides == [_form(before[name], name), _form(after[name], name)]


def test_terraforms_own_lock_file_verifies_the_binary(project: Project) -> None:
    """The hash that ``terraform init`` wrote is the one that we compute."""
    hashes = read_lock(project.directory / ".terraform.lock.hcl")["registry.terraform.io/example/fake"].hashes
    assert [item[:3] for item in hashes] == ["h1:"]
    given: dict[str, dict[str, Any]] = {"example/fake": {}}
    instances = list(read_state(project.state).instances())[:1]
    assert (
        asyncio.run(ProviderEngine(declared_arguments, given=given).read(instances, lambda _: project.directory))[
            0
        ].outcome
        == "read"
    )
    binary = next(project.directory.glob(".terraform/providers/*/*/*/*/*/terraform-provider-fake*")).resolve()
    binary.write_text(binary.read_text() + "\n")
    refused = asyncio.run(ProviderEngine(declared_arguments, given=given).read(instances, lambda _: project.directory))[
        0
    ]
    assert refused.reason == "denied"


def test_the_plan_engine_finds_the_same_and_touches_nothing(project: Project) -> None:
    """Configured through a module beside the root, which only Terraform can resolve; no file of it changes."""
    before = _files(project.directory)
    request = ScanRequest(sources=(str(project.directory),), engine="plan", managed_only=True)
    report = asyncio.run(engines.scan(request, Clock(), None))
    assert _files(project.directory) == before
    rows = {(drift.kind, drift.address) for drift in report.drifts}
    changed = ("changed", "huge", "elements", "lists", "older_changed", "typed", "secret")
    expected = {("changed", f'fake_thing.one["{name}"]') for name in changed} | {("missing", 'fake_thing.one["gone"]')}
    assert rows == expected
    assert report.summary.managed == len(THINGS)
    secrets = [change for drift in report.drifts for change in drift.changes if change.path == "secret"]
    assert [(change.recorded, change.observed) for change in secrets] == [("(sensitive)", "(sensitive)")]


def test_a_plan_that_fails_is_told_in_terraforms_words(project: Project) -> None:
    """And what to do, where Terraform says it."""
    (project.directory / "main.tf").write_text(CONFIG.replace("../modules/inner", "../modules/other"))
    request = ScanRequest(sources=(str(project.directory),), engine="plan")
    with pytest.raises(DriftMgrError, match="terraform plan: Module source has changed") as caught:
        asyncio.run(engines.scan(request, Clock(), None))
    assert "terraform init" in caught.value.hint


def test_a_copy_leads_where_the_directory_leads(tmp_path: Path) -> None:
    """Modules two steps up are reached; the copy's own files are copies, installed providers links."""
    root = tmp_path / "a" / "b" / "root"
    (root / ".terraform/modules").mkdir(parents=True)
    (root / ".terraform/providers/x").mkdir(parents=True)
    (root / ".git").mkdir()
    (tmp_path / "a" / "shared").mkdir()
    (tmp_path / "a" / "shared" / "main.tf").write_text("x")
    (root / "terraform.tfstate").write_text("{}")
    (root / ".terraform/modules/modules.json").write_text('{"Modules": [{"Dir": "."}, {"Dir": "../../shared"}]}')
    copy = scratch_copy(root, tmp_path / "scratch")
    assert (copy / "../../shared/main.tf").read_text() == "x"
    assert not (copy / "terraform.tfstate").is_symlink()
    assert (copy / ".terraform/providers").resolve() == root / ".terraform/providers"
    assert not (copy / ".git").exists()
    (copy / "terraform.tfstate").write_text("changed")
    assert (root / "terraform.tfstate").read_text() == "{}"


def _files(directory: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def _form(value: Any, name: str = "") -> str:
    """JSON in which the one set has no order and every number is exact."""
    if isinstance(value, list):
        items = [_form(item) for item in value]
        return f"[{', '.join(sorted(items) if name == 'rule' else items)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key}: {_form(item, key)}' for key, item in value.items()))}}}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return format(Decimal(value), "f")
    return json.dumps(value)
