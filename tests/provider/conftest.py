"""A fake provider as a program, and instances for it."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from driftmgr.model import ResourceInstance
from driftmgr.provider.process import Launch
from driftmgr.provider.search import directory_hash, target_platform

FAKE = Path(__file__).with_name("fake_provider.py")
PROVIDER = 'provider["registry.terraform.io/example/fake"]'


class FakeCloud:
    """The fake provider's cloud, log and settings in one directory; ``launch`` starts a provider that sees them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._cloud = directory / "cloud.json"
        self._log = directory / "calls.log"
        self._log.touch()
        self.binary = directory / "terraform-provider-fake_v1.0.0"
        self.binary.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(FAKE))}\n")
        self.binary.chmod(0o755)
        self.holds({})

    def holds(self, objects: Mapping[str, Mapping[str, Any]]) -> None:
        """Set what exists, by id."""
        self._cloud.write_text(json.dumps(objects))

    def environment(self, **settings: Any) -> dict[str, str]:
        """The variables that a fake provider with these settings starts with."""
        known = {"cloud": str(self._cloud), "log": str(self._log)}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"FAKE_PROVIDER": json.dumps(known | settings)}

    def launch(
        self, *, plain: bool = False, call_seconds: float = 20.0, start_seconds: float = 30.0, **settings: Any
    ) -> Launch:
        """How to start it."""
        return Launch(
            binary=self.binary,
            cwd=self.directory,
            environment=self.environment(**settings),
            plain=plain,
            call_seconds=call_seconds,
            start_seconds=start_seconds,
        )

    def install(self, directory: Path, things: Mapping[str, Mapping[str, Any]]) -> Path:
        """Make a working directory with the provider and a state that records things by id."""
        place = directory / ".terraform/providers/registry.terraform.io/example/fake/1.0.0" / target_platform()
        place.mkdir(parents=True)
        (place / self.binary.name).write_bytes(self.binary.read_bytes())
        (place / self.binary.name).chmod(0o755)
        instances = [
            {
                "index_key": name,
                "schema_version": 2,
                "attributes": {"id": name, "name": name, "rule": []} | dict(recorded),
            }
            for name, recorded in things.items()
        ]
        resource = {
            "mode": "managed",
            "type": "fake_thing",
            "name": "one",
            "provider": PROVIDER,
            "instances": instances,
        }
        state = {"version": 4, "serial": 1, "lineage": "x", "resources": [resource]}
        (directory / "terraform.tfstate").write_bytes(msgspec.json.encode(state))
        return directory

    @property
    def calls(self) -> list[str]:
        """Every call that any fake provider got here, in order."""
        return self._log.read_text().splitlines()


@pytest.fixture
def fake(tmp_path: Path) -> FakeCloud:
    """An empty fake cloud."""
    return FakeCloud(tmp_path)


@pytest.fixture
def thing() -> Callable[..., ResourceInstance]:
    """Makes instances of ``fake_thing``: ``thing("a", note="x")`` is recorded as a thing with the id ``a``."""

    def make(identity: str, **attributes: Any) -> ResourceInstance:
        recorded = {"id": identity, "name": identity, "rule": []} | attributes
        return ResourceInstance.of(f'fake_thing.one["{identity}"]', recorded, provider=PROVIDER, schema_version=2)

    return make


@pytest.fixture
def root(fake: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root module with the fake provider installed and locked."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path / "cache"))
    directory = fake.install(tmp_path / "root", {})
    place = next(directory.rglob("terraform-provider-fake*")).parent
    said = f'  version = "1.0.0"\n  hashes = ["{directory_hash(place)}"]'
    lock = f'provider "registry.terraform.io/example/fake" {{\n{said}\n}}\n'
    (directory / ".terraform.lock.hcl").write_text(lock)
    (directory / "main.tf").write_text('provider "fake" {\n  region = "here"\n}\n')
    return directory
