"""The part of the estate that is on DigitalOcean: the shop in front of the order service, and what happened to it.

``tests/digitalocean/configurations/shop.tf`` is its configuration. What the real provider wrote when it applied that to
the simulated DigitalOcean, state and objects, is recorded beside; a test holds the recording to the provider.
"""

import json
from collections.abc import Iterable
from typing import Any

from demo.changes import Change
from digitalocean import recordings
from digitalocean.changes.words import changed, gone, made, place
from digitalocean.cloud import Cloud
from digitalocean.server import TOKEN, Server

FAMILY = "shop"
UNREADABLE = "/v2/monitoring/alerts"


def build(cloud: Cloud) -> None:
    """Hold the objects of the shop; the token may not read alerts."""
    cloud.load(recordings.saved_cloud(FAMILY))
    cloud.refusals[UNREADABLE] = 403


def with_shop(state: str) -> str:
    """A state with the resources of the shop among its own."""
    document = json.loads(state)
    document["resources"] += json.loads(recordings.state_path(FAMILY).read_bytes())["resources"]
    return json.dumps(document, indent=2) + "\n"


def environment(server: Server) -> dict[str, str]:
    """The variables that lead to the simulated DigitalOcean, and to no other."""
    return {"DIGITALOCEAN_API_URL": server.url, "DIGITALOCEAN_TOKEN": TOKEN}


def _opened(cloud: Cloud) -> None:
    rules: list[dict[str, Any]] = cloud.stored(place(cloud, "/v2/firewalls", name="shop"))["inbound_rules"]
    rules.append({"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0", "::/0"]}})


def _pointed_elsewhere(cloud: Cloud) -> None:
    cloud.change(place(cloud, "/v2/domains/shop.example/records", type="A", name="www"), data="203.0.113.66")


CHANGES = (
    Change("the firewall of the shop lets everybody in by SSH", _opened, "changed", "digitalocean_firewall.shop"),
    Change("its name leads to another server", _pointed_elsewhere, "changed", "digitalocean_record.www"),
    Change(
        "one of its servers has no backups any more",
        changed("/v2/droplets", "shop-1", features=["droplet_agent", "monitoring", "private_networking"]),
        "changed",
        "digitalocean_droplet.web[0]",
    ),
    Change(
        "the volume with what customers sent was deleted",
        gone("/v2/volumes", name="uploads"),
        "missing",
        "digitalocean_volume.uploads",
    ),
    Change(
        "a server was made by hand",
        made("/v2/droplets", name="miner", region="fra1", size="s-1vcpu-1gb", image="debian-12-x64"),
        "unmanaged",
        "digitalocean_droplet",
    ),
    Change(
        "and a key that opens new ones",
        made("/v2/account/keys", name="backdoor", public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB x"),
        "unmanaged",
        "digitalocean_ssh_key",
    ),
)


def make_changes(cloud: Cloud) -> Iterable[str]:
    """Make them one by one; gives the story of each once it is done."""
    for change in CHANGES:
        change.make(cloud)
        yield change.story
