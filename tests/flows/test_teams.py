"""Several DigitalOcean teams in one scan: whose an object is, and what the refusal of one token costs."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitalocean import recordings
from digitalocean.cloud import Cloud
from digitalocean.fixtures import Recorded
from digitalocean.identity import TEAM
from digitalocean.server import TOKEN, Server
from driftmgr.clouds.digitalocean.api import shared_guard
from flows.conftest import Run

OTHER_TOKEN, OTHER_TEAM = "dop_v1_of_another_team", "other-team"
BOTH = ("--token", "DIGITALOCEAN_TOKEN", "--token", "OTHER_TOKEN")


@pytest.fixture
def other(
    folder: Path,
    recorded: Callable[[str], Recorded],
    digitalocean_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Cloud:
    """Volumes in the first team and Droplets in another, which is given; one state has both, by two configurations."""
    shared_guard.cache_clear()
    other = digitalocean_server.teams[OTHER_TOKEN] = Cloud(OTHER_TEAM)
    monkeypatch.setenv("OTHER_TOKEN", OTHER_TOKEN)
    other.load(recordings.saved_cloud("droplets"))
    pair = recorded("volumes")
    state = json.loads(pair.state.read_text())
    theirs = json.loads(recordings.state_path("droplets").read_text())["resources"]
    state["resources"] += [
        one | {"provider": f"{one['provider']}.other", "name": f"other_{one['name']}"} for one in theirs
    ]
    (folder / "terraform.tfstate").write_text(json.dumps(state))
    return other


@pytest.fixture
def first(other: Cloud, digitalocean_server: Server) -> Cloud:
    """The first of the two teams."""
    return digitalocean_server.cloud


def found(report: Any) -> set[tuple[str, str, str]]:
    """Kind, address or type, and team of each finding."""
    return {
        (
            drift["kind"],
            (drift.get("address") or drift["type"]).removeprefix("digitalocean_"),
            drift["scope"]["account"],
        )
        for drift in report["drifts"]
    }


def path_of(cloud: Cloud, collection: str, name: str) -> str:
    """The path of the one object with a name."""
    (path,) = (path for path in cloud.paths_of(collection) if cloud.stored(path)["name"] == name)
    return path


def test_each_instance_is_held_to_its_own_team(first: Cloud, other: Cloud, run: Run) -> None:
    """All is in sync in two teams; a change is told of the team in which it was made, and never as missing in both."""
    clean = run("detect", *BOTH, "-o", "json")
    assert (clean.code, clean.json["drifts"], clean.json["gaps"]) == (0, [], [])
    assert clean.json["summary"]["in_sync"] == clean.json["summary"]["managed"] == 16
    assert {scope["account"] for scope in clean.json["scan"]["scopes"]} == {TEAM, OTHER_TEAM}
    other.change(path_of(other, "/v2/droplets", "plain"), name="renamed")
    other.delete(path_of(other, "/v2/droplets", "hidden"))
    first.delete(path_of(first, "/v2/volumes", "plain"))
    assert found(run("detect", *BOTH, "-o", "json").json) == {
        ("changed", "droplet.other_plain", OTHER_TEAM),
        ("missing", "droplet.other_hidden", OTHER_TEAM),
        ("missing", "volume.plain", TEAM),
    }


def test_what_no_state_knows_is_told_with_its_team(first: Cloud, other: Cloud, run: Run) -> None:
    """Two objects of one name are two findings, each with its team, in the table too."""
    for cloud in (first, other):
        cloud.create("/v2/volumes", name="by-hand", region="nyc3", size_gigabytes=1)
    ran = run("detect", *BOTH, "-o", "json")
    assert found(ran.json) == {("unmanaged", "volume", TEAM), ("unmanaged", "volume", OTHER_TEAM)}
    table = run("detect", *BOTH).out
    assert f"of account {TEAM}\n" in table
    assert f"of account {OTHER_TEAM}\n" in table


def test_a_name_that_both_teams_use_is_no_proof(first: Cloud, other: Cloud, run: Run) -> None:
    """A tag is known by its name alone: the one of the other team is neither the instance's nor hides its loss."""
    first.create("/v2/tags", name="web")
    assert found(run("detect", *BOTH, "-o", "json").json) == set()
    other.delete("/v2/tags/web")
    for droplet in other.objects("/v2/droplets"):
        droplet["tags"] = ["production", "web"] if droplet["name"].startswith("web-") else []
    assert found(run("detect", *BOTH, "-o", "json").json) == {("missing", "tag.other_web", OTHER_TEAM)}


def test_many_lost_objects_are_believed_in_a_team_that_was_found(other: Cloud, run: Run) -> None:
    """An id that the cloud made up shows that the token is the right one: what is gone is missing, no suspicion."""
    for name in ("plain", "hidden", "web-1"):
        other.delete(path_of(other, "/v2/droplets", name))
    ran = run("detect", *BOTH, "-o", "json")
    assert {row for row in found(ran.json) if row[0] == "missing"} == {
        ("missing", f"droplet.other_{name}", OTHER_TEAM) for name in ("plain", "hidden", "web[0]")
    }
    assert ran.json["gaps"] == []


@pytest.mark.parametrize(
    ("status", "reason", "why"),
    [(401, "denied", "refused the token of OTHER_TOKEN"), (422, "unreachable", "cannot be reached")],
)
def test_a_token_that_is_refused_costs_its_own_team(
    status: int, reason: str, why: str, first: Cloud, other: Cloud, run: Run
) -> None:
    """The other team is judged in full; what may be of the unseen one gets no verdict, not even by an equal name."""
    other.refusals["/v2/account"] = status
    first.delete(path_of(first, "/v2/volumes", "plain"))
    first.create("/v2/tags", name="web")
    ran = run("detect", *BOTH, "-o", "json")
    (gap,) = ran.json["gaps"]
    assert (gap["type"], gap["scope"]["account"], gap["reason"]) == ("*", "OTHER_TOKEN", reason)
    assert why in gap["message"]
    assert gap["instances"] == 8
    assert found(ran.json) == {("missing", "volume.plain", TEAM)}
    summary = ran.json["summary"]
    assert (summary["managed"], summary["in_sync"], summary["unverified"]) == (16, 7, 8)
    assert run("discover", *BOTH, "-o", "json").code == 3


def test_a_token_that_is_not_there_costs_its_own_team(other: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set is a gap beside a team that can be read, and an error where there is none."""
    monkeypatch.delenv("OTHER_TOKEN")
    ran = run("detect", *BOTH, "-o", "json")
    assert (ran.code, ran.json["drifts"], ran.json["summary"]["unverified"]) == (3, [], 8)
    assert [gap["message"] for gap in ran.json["gaps"]] == ["the variable OTHER_TOKEN is not set"]
    alone = run("detect", "--token", "OTHER_TOKEN")
    assert (alone.code, alone.err.splitlines()[0]) == (1, "error: the variable OTHER_TOKEN is not set")


def test_a_part_of_one_team_that_is_down_costs_that_team(first: Cloud, other: Cloud, run: Run) -> None:
    """Where one team may not list Droplets, its own get no verdict; a Droplet that the other team lost is missing."""
    other.refusals["/v2/droplets"] = 403
    first.delete(path_of(first, "/v2/droplets", "other"))
    ran = run("detect", *BOTH, "-o", "json")
    assert {gap["scope"]["account"] for gap in ran.json["gaps"]} == {OTHER_TEAM}
    assert {row for row in found(ran.json) if row[1].startswith("droplet.")} == {("missing", "droplet.other", TEAM)}
    assert ran.json["summary"]["unverified"] == 4


def test_all_tokens_refused_is_an_error(first: Cloud, other: Cloud, run: Run) -> None:
    """Without any team there is nothing to tell."""
    first.refusals["/v2/account"] = other.refusals["/v2/account"] = 401
    ran = run("detect", *BOTH)
    assert ran.code == 1
    assert "refused the token of DIGITALOCEAN_TOKEN" in ran.err


@pytest.fixture
def vault(other: Cloud, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault with the tokens of both teams, which are in no variable."""
    monkeypatch.delenv("DIGITALOCEAN_TOKEN")
    monkeypatch.delenv("OTHER_TOKEN")
    (folder / "key").write_text("A" * 43 + "=")
    (folder / "key").chmod(0o600)
    monkeypatch.setenv("DRIFTMGR_VAULT_KEY_FILE", str(folder / "key"))
    monkeypatch.setenv("DRIFTMGR_VAULT", str(folder / "vault.json"))
    assert run("vault", "init").code == 0
    for name, value in (("first", TOKEN), ("other", OTHER_TOKEN), ("old", "dop_v1_revoked_long_ago")):
        command = [str(Path(sys.executable).with_name("driftmgr")), "vault", "set", name]
        subprocess.run(command, input=value.encode(), check=True, env=dict(os.environ))


@pytest.mark.usefixtures("vault")
def test_tokens_come_from_the_vault(run: Run, folder: Path) -> None:
    """``vault:NAME`` names a token wherever one is named: on the command line and in the settings."""
    named = run("detect", "--token", "vault:first", "--token", "vault:other", "-o", "json")
    assert (named.code, named.json["summary"]["in_sync"]) == (0, 16)
    (folder / "driftmgr.yaml").write_text("tokens: [vault:first, vault:other]\n")
    assert run("detect", "-o", "json").json["summary"]["in_sync"] == 16
    assert run("check").code == 0
    assert '["vault:first","vault:other"]' in run("config", "show").out


@pytest.mark.usefixtures("vault")
def test_a_token_of_the_vault_is_told_by_its_name_alone(run: Run, folder: Path) -> None:
    """A refused token is a gap with the name that it has in the vault; its value is nowhere."""
    (folder / "driftmgr.yaml").write_text("tokens: [vault:first, vault:old]\n")
    ran = run("detect", "-o", "json")
    (gap,) = ran.json["gaps"]
    assert gap["scope"]["account"] == "vault:old"
    assert "refused the token of vault:old" in gap["message"]
    assert "revoked" not in ran.out + ran.err


@pytest.mark.usefixtures("vault")
def test_a_token_that_the_vault_lacks_says_who_asks(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the option, or the line of the settings."""
    told = run("detect", "--token", "vault:none")
    assert (told.code, told.err.splitlines()[0]) == (1, "error: --token: vault:none: the vault has no secret none")
    (folder / "driftmgr.yaml").write_text("tokens:\n  - vault:first\n  - vault:none\n")
    assert run("detect").err.startswith("error: driftmgr.yaml:3: vault:none: the vault has no secret none\n")
    monkeypatch.delenv("DRIFTMGR_VAULT_KEY_FILE")
    assert "this vault is opened by a key" in run("detect").err
