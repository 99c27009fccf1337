"""Real states of other people, of provider versions of 2019 to 2022 and of four clouds.

They lie beside the project, or where DRIFTMGR_STATE_CORPUS says; without them these tests skip and say so.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.instances import sort_instances
from driftmgr.catalog import CLOUDS, catalog_of
from driftmgr.drift.traits import traits_of
from driftmgr.model import ResourceAddress
from driftmgr.state import read_state

CORPUS = Path(os.environ.get("DRIFTMGR_STATE_CORPUS") or Path(__file__).parents[3] / "shared/corpora/tfstates")
STATES = sorted(CORPUS.glob("*.tfstate")) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif(
    not STATES,
    reason=f"STATES OF OTHER PEOPLE NOT READ: no *.tfstate in {CORPUS} (DRIFTMGR_STATE_CORPUS names another)",
)


def documents() -> list[tuple[Path, dict[str, Any]]]:
    """Every state with its plain JSON."""
    return [(path, json.loads(path.read_text())) for path in STATES]


def test_every_instance_of_every_state_is_read() -> None:
    """Each state gives exactly its instances, attributes equal to the plain JSON, and no problem."""
    for path, document in documents():
        read = read_state(path)
        found = list(read.instances())
        assert read.problems == (), path.name
        recorded = [item for resource in document["resources"] for item in resource["instances"]]
        assert len(found) == len(recorded), path.name
        for instance, item in zip(found, recorded, strict=True):
            assert json.loads(bytes(instance.document)) == item.get("attributes", {}), path.name


def test_every_address_prints_and_parses() -> None:
    """The address of each instance is one that Terraform could print."""
    for path in STATES:
        for instance in read_state(path).instances():
            assert ResourceAddress.parse(str(instance.address)) == instance.address


def test_every_instance_is_judged_or_told() -> None:
    """Each instance has traits to find its object by, or is counted in a gap; none is lost, none fails."""
    catalogs = {cloud: catalog_of(cloud) for cloud in CLOUDS}
    for path in STATES:
        instances = [found for found in read_state(path).instances() if found.address.mode == "managed"]
        found = sort_instances(instances, catalogs, frozenset())
        traits = [item for cloud in CLOUDS for item in traits_of(found.instances[cloud], catalogs[cloud])]
        assert all(item.keys or item.children_of for item in traits), path.name
        with_object = [item for item in instances if not item.type.startswith(("random_", "null_", "local_", "tls_"))]
        assert len(traits) + found.unsupported == len(with_object), path.name
        assert sum(gap.instances for gap in found.gaps) == found.unsupported, path.name
