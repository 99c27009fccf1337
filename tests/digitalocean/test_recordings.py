"""The recorded pairs hold: the real provider writes them again, and the official document allows every answer."""

import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from digitalocean import document, prism, recordings, terraform
from digitalocean.cloud import Cloud
from digitalocean.fixtures import Recorded
from digitalocean.server import TOKEN, Server
from digitalocean.spaces import Spaces

FAMILIES = recordings.families()
# Paths whose objects are no answers of their own.
_NOT_READ_ALONE = re.compile(r"/v2/projects/[^/]+/resources$")


@pytest.fixture(scope="session")
def document_file(digitalocean_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The official document; skips where it or Prism is not there."""
    if reason := prism.lacking():
        pytest.skip(f"ANSWERS NOT HELD TO THE OFFICIAL DOCUMENT: {reason}")
    path = tmp_path_factory.mktemp("document") / "document.json"
    path.write_bytes(document.prepared(digitalocean_server.cloud.serves))
    return path


@pytest.fixture(scope="session")
def validated(digitalocean_server: Server, document_file: Path) -> Iterator[str]:
    """The address of Prism in front of the simulated cloud."""
    log = document_file.with_name("prism.log")
    with prism.Prism(digitalocean_server.url, document_file, log) as running:
        yield running.url


@pytest.fixture(scope="session")
def validated_answers(digitalocean_server: Server, document_file: Path) -> Iterator[str]:
    """The same for answers alone."""
    log = document_file.with_name("prism-answers.log")
    with prism.Prism(digitalocean_server.url, document_file, log, requests=False) as running:
        yield running.url


def _get(url: str) -> tuple[int, bytes]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_every_configuration_is_recorded() -> None:
    """Each family has its pair, and no pair lacks its configuration."""
    assert sorted(path.name for path in recordings.RECORDED.iterdir()) == FAMILIES


@pytest.mark.parametrize("family", [family for family in FAMILIES if recordings.spaces_writes(family)])
def test_recorded_buckets_are_made_again(
    recorded_spaces: Callable[[str], Recorded], digitalocean_spaces: Spaces, family: str
) -> None:
    """Every bucket of a recorded state is there after loading, and no other."""
    resources = msgspec.json.decode(recorded_spaces(family).state.read_bytes())["resources"]
    buckets = [one for one in resources if one["type"] == "digitalocean_spaces_bucket"]
    names = {instance["attributes"]["name"] for one in buckets for instance in one["instances"]}
    assert {one["Name"] for one in digitalocean_spaces.client().list_buckets()["Buckets"]} == names


@pytest.mark.parametrize("family", FAMILIES)
def test_a_recorded_cloud_is_loaded_whole(recorded: Callable[[str], Recorded], family: str) -> None:
    """Nothing of a recording is lost or added by loading it."""
    loaded = recorded(family)
    kept = (recordings.RECORDED / family / "cloud.json").read_bytes()
    assert recordings.cloud_text(loaded.cloud.saved()) == kept


def test_every_answer_is_as_the_document_says(validated: str, recorded: Callable[[str], Recorded]) -> None:
    """Every list, object and setting of all recordings passes Prism (in one test: Prism takes long to start)."""
    refused = []
    for family in FAMILIES:
        cloud = recorded(family).cloud
        for path in _readable(cloud):
            status, body = _get(validated + path)
            if status != 200:
                refused.append(f"{family} {path}: {status} {body.decode()[:600]}")
    assert not refused, "\n".join(refused)


def _readable(cloud: Cloud) -> list[str]:
    """Every path that ``GET`` answers."""
    paths = []
    for path, held in cloud.saved().items():
        paths.append(path)
        if isinstance(held, list) and not _NOT_READ_ALONE.search(path):
            paths += cloud.paths_of(path)
    return [path for path in paths if cloud.answer("GET", path).status != 405]


@pytest.mark.conformance
@pytest.mark.parametrize("family", FAMILIES)
def test_the_real_provider_writes_the_recording(
    request: pytest.FixtureRequest,
    digitalocean_cloud: Cloud,
    digitalocean_server: Server,
    digitalocean_spaces: Spaces,
    tmp_path: Path,
    family: str,
) -> None:
    """Applied again, a family gives the recorded state and objects, and the provider wants no further change."""
    if reason := terraform.lacking():
        pytest.skip(f"RECORDINGS NOT HELD TO THE REAL PROVIDER: {reason}")
    endpoint = digitalocean_server.url if prism.lacking() else request.getfixturevalue("validated_answers")
    run = terraform.Terraform(tmp_path, endpoint=endpoint, spaces=digitalocean_spaces.url)
    run.write((recordings.CONFIGURATIONS / f"{family}.tf").read_text())
    run.apply()
    state, cloud, writes = run.state(), digitalocean_cloud.saved(), list(digitalocean_spaces.writes)
    assert run.planned_changes() == []
    if os.environ.get("DRIFTMGR_RECORD") == "1":
        recordings.write(family, state=state, cloud=cloud, spaces=writes)
    assert msgspec.json.decode(state) == msgspec.json.decode(recordings.state_path(family).read_bytes())
    assert recordings.cloud_text(cloud) == (recordings.RECORDED / family / "cloud.json").read_bytes()
    assert recordings.writes_text(writes) == recordings.writes_text(recordings.spaces_writes(family))
