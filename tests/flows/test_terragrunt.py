"""A tree of Terragrunt units is a source: every unit's state is read where its files say it is."""

import json
from pathlib import Path

import pytest

from demo.build import Names
from flows.conftest import Run

ROOT = """
remote_state {
  backend = "local"
  config = {
    path = "${get_parent_terragrunt_dir()}/states/${path_relative_to_include()}.tfstate"
  }
}
"""
UNIT = """
include "root" { path = find_in_parent_folders("root.hcl") }
terraform { source = "${get_terragrunt_dir()}/../../modules/empty" }
"""


@pytest.fixture
def tree(estate: Names, folder: Path) -> Path:
    """Two units, the queues' and all else's, whose states the shared file places; the estate is as they say."""
    state = json.loads((folder / "terraform.tfstate").read_text())
    (folder / "terraform.tfstate").unlink()
    (folder / "root.hcl").write_text(ROOT)
    (folder / "modules" / "empty").mkdir(parents=True)
    (folder / "modules" / "empty" / "main.tf").write_text("")
    queues = [item for item in state["resources"] if item["type"] == "aws_sqs_queue"]
    others = [item for item in state["resources"] if item["type"] != "aws_sqs_queue"]
    for name, resources in (("queues", queues), ("others", others)):
        (folder / "live" / name).mkdir(parents=True)
        (folder / "live" / name / "terragrunt.hcl").write_text(UNIT)
        place = folder / "states" / "live" / f"{name}.tfstate"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(state | {"resources": resources, "lineage": name}))
    return folder


def test_all_units_of_a_tree_are_one_scan(tree: Path, run: Run) -> None:
    """Both states are read, and nothing of one is unmanaged for the other."""
    report = run("detect", ".", "-o", "json", "--accept-gaps", "unsupported").json
    assert report["drifts"] == []
    assert len(report["scan"]["sources"]) == 2
    assert report["summary"]["managed"] == 20


def test_a_unit_whose_state_cannot_be_told_is_a_gap(tree: Path, run: Run) -> None:
    """One unit that nobody can resolve costs its own state, and no object is called unmanaged meanwhile."""
    (tree / "live" / "queues" / "terragrunt.hcl").write_text("remote_state { backend = local.unknown }\n")
    ran = run("detect", ".", "-o", "json", "--accept-gaps", "unsupported")
    assert (ran.code, ran.json["drifts"]) == (3, [])
    (gap,) = (gap for gap in ran.json["gaps"] if gap["operation"] == "state.read")
    assert "terragrunt.hcl" in gap["message"]
    assert (gap["type"], gap["reason"]) == ("*", "unreachable")


def test_a_unit_alone_that_cannot_be_told_is_an_error(tree: Path, run: Run) -> None:
    """Where nothing else was asked for, the reason is the error, with file and line."""
    (tree / "live" / "queues" / "terragrunt.hcl").write_text("remote_state { backend = local.unknown }\n")
    ran = run("detect", "live/queues")
    assert ran.code == 1
    assert "terragrunt.hcl:1" in ran.err
