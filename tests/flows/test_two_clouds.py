"""One state, two clouds: both are scanned in one run, and what one of them refuses costs the other nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.build import Names
from digitalocean.fixtures import Recorded
from flows.conftest import Run


@pytest.fixture
def both(estate: Names, folder: Path, recorded: Callable[[str], Recorded]) -> Recorded:
    """The demo's AWS estate and volumes of DigitalOcean, unchanged, in one state of the current directory."""
    pair = recorded("volumes")
    state = json.loads((folder / "terraform.tfstate").read_text())
    state["resources"] += json.loads(pair.state.read_text())["resources"]
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    return pair


def test_a_state_of_two_clouds_is_one_scan(both: Recorded, run: Run) -> None:
    """The report covers the instances and scopes of both clouds; a change of one is a row among all."""
    clean = run("detect", "-o", "json", "--accept-gaps", "unsupported").json
    assert {scope["cloud"] for scope in clean["scan"]["scopes"]} == {"aws", "digitalocean"}
    assert (clean["drifts"], clean["summary"]["managed"]) == ([], 28)
    (path,) = (path for path in both.cloud.paths_of("/v2/volumes") if both.cloud.stored(path)["name"] == "data")
    both.cloud.change(path, size_gigabytes=900)
    ran = run("detect", "-o", "json")
    assert ran.code == 2
    assert [drift["address"] for drift in ran.json["drifts"]] == ["digitalocean_volume.data"]


def test_one_cloud_alone_can_be_asked_for(both: Recorded, run: Run) -> None:
    """With --cloud the instances of the other are outside the question, and nothing is asked of it."""
    ran = run("detect", "--cloud", "digitalocean", "-o", "json")
    assert ran.code == 0
    assert (ran.json["summary"]["managed"], ran.json["summary"]["outside"]) == (8, 20)
    both.cloud.requests.clear()
    run("detect", "--cloud", "aws")
    assert both.cloud.requests == []


def test_a_cloud_that_refuses_the_sign_in_is_a_gap_beside_the_other(both: Recorded, run: Run) -> None:
    """The AWS part is whole; every DigitalOcean instance is without verdict, none is missing."""
    both.cloud.refusals["/v2/account"] = 401
    ran = run("detect", "-o", "json", "--accept-gaps", "unsupported")
    assert (ran.code, ran.json["drifts"]) == (3, [])
    (gap,) = (gap for gap in ran.json["gaps"] if gap["operation"] == "sign-in")
    assert (gap["scope"]["cloud"], gap["reason"], gap["instances"]) == ("digitalocean", "denied", 8)
    assert "refused the token of DIGITALOCEAN_TOKEN" in gap["message"]
    assert ran.json["summary"]["in_sync"] == 19


def test_a_cloud_alone_that_refuses_the_sign_in_is_an_error(both: Recorded, run: Run) -> None:
    """Where nothing else was asked for, a refused token is one line that says what to do."""
    both.cloud.refusals["/v2/account"] = 401
    ran = run("detect", "--cloud", "digitalocean")
    assert ran.code == 1
    assert "refused the token of DIGITALOCEAN_TOKEN" in ran.err
    assert "make a new one with read scopes" in ran.err
