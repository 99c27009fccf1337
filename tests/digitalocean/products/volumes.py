"""Volumes, their snapshots and attachments."""

from digitalocean.actions import Deed, action, deed_of, read_action
from digitalocean.identity import uuid_of
from digitalocean.products.regions import region
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_VOLUMES = "/v2/volumes"
_SNAPSHOTS = "/v2/snapshots"


def _new_volume(call: Call) -> Object:
    body = call.body
    return {
        "id": uuid_of(call.seed),
        "region": region(body["region"]),
        "created_at": NOW,
        "droplet_ids": [],
        "description": body.get("description", ""),
        "filesystem_type": body.get("filesystem_type", ""),
        "filesystem_label": body.get("filesystem_label", ""),
        "tags": list(body.get("tags") or ()),
    }


def _attach(call: Call, volume: Object) -> None:
    droplet = call.cloud.require("/v2/droplets", call.body["droplet_id"])
    volume["droplet_ids"] = [droplet["id"]]
    droplet["volume_ids"] = [*droplet["volume_ids"], volume["id"]]


def _detach(call: Call, volume: Object) -> None:
    droplet = call.cloud.require("/v2/droplets", call.body["droplet_id"])
    volume["droplet_ids"] = []
    droplet["volume_ids"] = [one for one in droplet["volume_ids"] if one != volume["id"]]


def _resize(call: Call, volume: Object) -> None:
    volume["size_gigabytes"] = call.body["size_gigabytes"]


_DEEDS: dict[str, Deed] = {"attach": _attach, "detach": _detach, "resize": _resize}


def _volume_action(call: Call) -> Reply:
    volume = call.cloud.require(_VOLUMES, call.parameters["volume"])
    deed_of(call, _DEEDS)(call, volume)
    done = action(call, kind="backend", resource=volume["id"], where=volume["region"]["slug"])
    return Reply(status=202, body={"action": done})


def _snapshots(call: Call) -> Reply:
    mine = [one for one in call.cloud.objects(_SNAPSHOTS) if one["resource_id"] == call.parameters["volume"]]
    return Reply(body={"snapshots": mine, "links": {}, "meta": {"total": len(mine)}})


def _snapshot(call: Call) -> Reply:
    volume = call.cloud.require(_VOLUMES, call.parameters["volume"])
    snapshot = {
        "id": uuid_of(call.seed),
        "name": call.body["name"],
        "created_at": NOW,
        "regions": [volume["region"]["slug"]],
        "min_disk_size": volume["size_gigabytes"],
        "size_gigabytes": 0,
        "resource_id": volume["id"],
        "resource_type": "volume",
        "tags": list(call.body.get("tags") or ()),
    }
    call.cloud.keep(_SNAPSHOTS, snapshot)
    call.cloud.with_tags(snapshot)
    return Reply(status=201, body={"snapshot": snapshot})


PRODUCT = Product(
    collections=(
        Collection(
            path=_VOLUMES,
            many="volumes",
            one="volume",
            unstored=("snapshot_id",),
            make=_new_volume,
            kind="volume",
            filters={"name": "name"},
            methods="list read make delete",
        ),
    ),
    endpoints=(
        Endpoint(method="POST", path=_VOLUMES + "/{volume}/actions", answer=_volume_action),
        Endpoint(method="GET", path=_VOLUMES + "/{volume}/actions/{action}", answer=read_action),
        Endpoint(method="GET", path=_VOLUMES + "/{volume}/snapshots", answer=_snapshots),
        Endpoint(method="POST", path=_VOLUMES + "/{volume}/snapshots", answer=_snapshot),
    ),
)
