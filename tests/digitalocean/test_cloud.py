"""The simulated cloud itself: what all its products have in common."""

import urllib.error
import urllib.request
from typing import Any

import msgspec
import pytest

from digitalocean.cloud import Cloud
from digitalocean.server import TOKEN, Server


def _ask(url: str, *, token: str = TOKEN) -> tuple[int, dict[str, Any], dict[str, str]]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, msgspec.json.decode(answer.read()), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, msgspec.json.decode(error.read()), dict(error.headers)


def test_following_the_next_links_brings_every_object_once(
    digitalocean_cloud: Cloud, digitalocean_server: Server
) -> None:
    """450 volumes are three pages of at most 200, each once, and the count is told on each."""
    for number in range(450):
        digitalocean_cloud.create("/v2/volumes", name=f"volume-{number}", region="nyc3", size_gigabytes=1)
    found, url = [], f"{digitalocean_server.url}/v2/volumes?per_page=500"
    while url:
        _, page, _ = _ask(url)
        found.append([one["name"] for one in page["volumes"]])
        assert page["meta"] == {"total": 450}
        url = page["links"].get("pages", {}).get("next", "")
    assert [len(page) for page in found] == [200, 200, 50]
    assert len({name for page in found for name in page}) == 450


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (429, "too_many_requests"),
        (503, "service_unavailable"),
    ],
)
def test_a_refusal_has_the_status_and_word_of_the_api(
    digitalocean_cloud: Cloud, digitalocean_server: Server, status: int, word: str
) -> None:
    """A refused path answers id and message; others still answer."""
    digitalocean_cloud.refusals["/v2/volumes"] = status
    told, body, headers = _ask(f"{digitalocean_server.url}/v2/volumes")
    assert (told, body["id"]) == (status, word)
    assert ("retry-after" in headers) == (status == 429)
    assert _ask(f"{digitalocean_server.url}/v2/droplets")[0] == 200


def test_teams_see_their_own_objects_alone(digitalocean_cloud: Cloud, digitalocean_server: Server) -> None:
    """A token chooses the team; an unknown one is refused."""
    other = digitalocean_server.teams["other"] = Cloud()
    other.create("/v2/vpcs", name="theirs", region="nyc3")
    digitalocean_cloud.create("/v2/vpcs", name="ours", region="nyc3")
    url = f"{digitalocean_server.url}/v2/vpcs"
    assert [one["name"] for one in _ask(url)[1]["vpcs"]] == ["ours"]
    assert [one["name"] for one in _ask(url, token="other")[1]["vpcs"]] == ["theirs"]
    assert _ask(url, token="unknown")[0] == 401


def test_every_answer_tells_the_rate_limit(digitalocean_cloud: Cloud, digitalocean_server: Server) -> None:
    """The remaining requests of the hour become fewer."""
    url = f"{digitalocean_server.url}/v2/droplets"
    left = [int(_ask(url)[2]["ratelimit-remaining"]) for _ in range(2)]
    assert left == [4999, 4998]
    assert digitalocean_cloud.requests == [("GET", "/v2/droplets")] * 2


def test_objects_of_the_same_making_have_ids_of_their_own(digitalocean_cloud: Cloud) -> None:
    """Two equal requests make two objects, and the same ids in another team."""
    members: dict[str, Any] = {"name": "web", "region": "nyc3", "size": "s-1vcpu-1gb", "image": "debian-12-x64"}
    twins = [digitalocean_cloud.create("/v2/droplets", **members)["id"] for _ in range(2)]
    assert len(set(twins)) == 2
    again = Cloud()
    assert [again.create("/v2/droplets", **members)["id"] for _ in range(2)] == twins


def test_what_is_below_an_object_goes_with_it(digitalocean_cloud: Cloud) -> None:
    """The records of a deleted domain are gone, and asking for them is answered with 404."""
    digitalocean_cloud.create("/v2/domains", name="example.com")
    assert digitalocean_cloud.objects("/v2/domains/example.com/records")
    digitalocean_cloud.delete("/v2/domains/example.com")
    assert digitalocean_cloud.answer("GET", "/v2/domains/example.com/records").status == 404
    assert not [path for path in digitalocean_cloud.paths() if "example.com" in path]
