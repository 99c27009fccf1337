"""Droplets, their actions and images."""

from typing import Any

from digitalocean.actions import Deed, action, deed_of, links_of_new, read_action
from digitalocean.identity import ipv4_of, ipv6_of, number_of
from digitalocean.paging import page_of
from digitalocean.products.networks import default_vpc
from digitalocean.products.regions import base_image, region, size
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply, Setting

_DROPLETS = "/v2/droplets"
_IMAGES = "/v2/images"
_DEFAULT_POLICY = {"plan": "weekly", "weekday": "SUN", "hour": 0}


def _image(call: Call, wanted: Any) -> Object:
    """The image that a Droplet is made from: a slug, or the id of an image or snapshot."""
    if found := base_image(str(wanted)) or call.cloud.find(_IMAGES, id=_number(wanted)):
        return found
    if snapshot := call.cloud.find("/v2/snapshots", id=str(wanted)):
        return _image_of_snapshot(snapshot)
    raise ApiError(422, "You specified an invalid image for Droplet creation.")


def _number(value: Any) -> int | None:
    return int(value) if str(value).isdigit() else None


def _image_of_snapshot(snapshot: Object) -> Object:
    base = base_image("ubuntu-24-04-x64")
    assert base is not None
    named = {
        name: snapshot[name] for name in ("name", "regions", "created_at", "min_disk_size", "size_gigabytes", "tags")
    }
    return (
        base | named | {"id": int(snapshot["id"]), "type": "snapshot", "slug": None, "public": False, "description": ""}
    )


def _sized(slug: str) -> Object:
    chosen = size(slug)
    return {name: chosen[name] for name in ("memory", "vcpus", "disk")} | {"size": chosen, "size_slug": slug}


def _networks(call: Call) -> Object:
    body, seed = call.body, call.seed
    v4 = [
        {
            "ip_address": ipv4_of(seed, "10.108.0.0/20"),
            "netmask": "255.255.240.0",
            "gateway": "10.108.0.1",
            "type": "private",
        }
    ]
    if body.get("public_networking", True):
        v4.insert(0, {"ip_address": ipv4_of(seed), "netmask": "255.254.0.0", "gateway": "198.18.0.1", "type": "public"})
    v6 = [{"ip_address": ipv6_of(seed), "netmask": 64, "gateway": "2001:db8::1", "type": "public"}]
    return {"v4": v4, "v6": v6 if body.get("ipv6") else []}


def _features(body: Object) -> list[str]:
    asked = [name for name in ("backups", "ipv6", "monitoring") if body.get(name)]
    agent = ["droplet_agent"] if body.get("with_droplet_agent", True) else []
    return [*asked, *agent, "private_networking"]


def _backup_window(policy: Object | None) -> Object | None:
    return {"start": "2026-11-08T00:00:00Z", "end": "2026-11-08T04:00:00Z"} if policy else None


def _new_droplet(call: Call) -> Object:
    body = call.body
    where = body.get("region") or "nyc3"
    number = number_of(call.seed)
    return {
        **_sized(body["size"]),
        "id": number,
        "locked": False,
        "status": "active",
        "kernel": None,
        "created_at": NOW,
        "features": _features(body),
        "backup_ids": [],
        "next_backup_window": _backup_window(_DEFAULT_POLICY if body.get("backups") else None),
        "snapshot_ids": [],
        "image": _image(call, body["image"]),
        "volume_ids": [one["id"] if isinstance(one, dict) else one for one in body.get("volumes") or ()],
        "networks": _networks(call),
        "region": region(where),
        "tags": list(body.get("tags") or ()),
        "vpc_uuid": body.get("vpc_uuid") or default_vpc(call.cloud, where)["id"],
    }


def _droplet_made(call: Call, droplet: Object) -> None:
    for volume in droplet["volume_ids"]:
        call.cloud.require("/v2/volumes", volume)["droplet_ids"] = [droplet["id"]]
    if call.body.get("backups"):
        set_policy(call, droplet, call.body.get("backup_policy") or _DEFAULT_POLICY)


def set_policy(call: Call, droplet: Object, policy: Object | None) -> None:
    """Keep what ``/v2/droplets/ID/backups/policy`` answers."""
    held = call.cloud.setting(f"{_DROPLETS}/{droplet['id']}/backups/policy")
    held.pop("backup_policy", None)
    held |= {"backup_enabled": policy is not None, "next_backup_window": _backup_window(policy)}
    if policy is not None:
        held["backup_policy"] = {**_DEFAULT_POLICY, **policy, "window_length_hours": 4, "retention_period_days": 28}
    droplet["next_backup_window"] = held["next_backup_window"]
    droplet["features"] = [name for name in droplet["features"] if name != "backups"]
    if policy is not None:
        droplet["features"].insert(0, "backups")


def _droplet_removed(call: Call, droplet: Object) -> None:
    for volume in droplet["volume_ids"]:
        call.cloud.require("/v2/volumes", volume)["droplet_ids"] = []
    for path in ("/v2/reserved_ips", "/v2/reserved_ipv6"):
        for address in call.cloud.objects(path):
            if address.get("droplet_id") == droplet["id"]:
                address["droplet_id"] = None


def _rename(call: Call, droplet: Object) -> None:
    droplet["name"] = call.body["name"]


def _resize(call: Call, droplet: Object) -> None:
    disk = droplet["disk"]
    droplet |= _sized(call.body["size"])
    if not call.body.get("disk"):
        droplet["disk"] = disk


def _power(status: str) -> Deed:
    def switch(_: Call, droplet: Object) -> None:
        droplet["status"] = status

    return switch


def _enable_ipv6(call: Call, droplet: Object) -> None:
    droplet["features"].append("ipv6")
    address = {"ip_address": ipv6_of(call.path), "netmask": 64, "gateway": "2001:db8::1", "type": "public"}
    droplet["networks"]["v6"] = [address]


def _snapshot(call: Call, droplet: Object) -> None:
    number = number_of(call.seed)
    snapshot = {
        "id": str(number),
        "name": call.body["name"],
        "created_at": NOW,
        "regions": [droplet["region"]["slug"]],
        "min_disk_size": droplet["disk"],
        "size_gigabytes": 2.36,
        "resource_id": str(droplet["id"]),
        "resource_type": "droplet",
        "tags": [],
    }
    call.cloud.keep("/v2/snapshots", snapshot)
    droplet["snapshot_ids"].append(number)


_DEEDS: dict[str, Deed] = {
    "rename": _rename,
    "resize": _resize,
    "snapshot": _snapshot,
    "enable_ipv6": _enable_ipv6,
    "power_off": _power("off"),
    "shutdown": _power("off"),
    "power_on": _power("active"),
    "enable_backups": lambda call, droplet: set_policy(
        call, droplet, call.body.get("backup_policy") or _DEFAULT_POLICY
    ),
    "change_backup_policy": lambda call, droplet: set_policy(call, droplet, call.body["backup_policy"]),
    "disable_backups": lambda call, droplet: set_policy(call, droplet, None),
}


def _droplet_action(call: Call) -> Reply:
    droplet = call.cloud.require(_DROPLETS, call.parameters["droplet"])
    deed_of(call, _DEEDS)(call, droplet)
    done = action(call, kind="droplet", resource=droplet["id"], where=droplet["region"]["slug"])
    return Reply(status=201, body={"action": done})


def _droplet_snapshots(call: Call) -> Reply:
    call.cloud.require(_DROPLETS, call.parameters["droplet"])
    mine = [one for one in call.cloud.objects("/v2/snapshots") if one["resource_id"] == call.parameters["droplet"]]
    members = ("name", "created_at", "regions", "min_disk_size", "size_gigabytes")
    shown = [{name: one[name] for name in members} | {"id": int(one["id"]), "type": "snapshot"} for one in mine]
    return Reply(body={"snapshots": shown, "links": {}, "meta": {"total": len(shown)}})


def _no_policy(call: Call) -> Object:
    droplet = call.cloud.require(_DROPLETS, call.parameters["droplet"])
    return {"droplet_id": droplet["id"], "backup_enabled": False, "next_backup_window": None}


def _droplet_actions(call: Call) -> Reply:
    droplet = call.cloud.require(_DROPLETS, call.parameters["droplet"])
    done = [one for one in call.cloud.objects("/v2/actions") if one["resource_id"] == droplet["id"]]
    return Reply(body=page_of(done, "actions", call))


def _policies(call: Call) -> Reply:
    numbers = [str(one["id"]) for one in call.cloud.objects(_DROPLETS)]
    policies = {number: call.cloud.setting(f"{_DROPLETS}/{number}/backups/policy") for number in numbers}
    return Reply(body={"policies": policies, "links": {}, "meta": {"total": len(policies)}})


def _new_image(call: Call) -> Object:
    return {
        "id": number_of(call.seed),
        "type": "custom",
        "slug": None,
        "public": False,
        "regions": [call.body["region"]],
        "created_at": NOW,
        "min_disk_size": 7,
        "size_gigabytes": 2.34,
        "description": call.body.get("description", ""),
        "tags": list(call.body.get("tags") or ()),
        "status": "available",
        "error_message": "",
    }


def _transfer(call: Call, image: Object) -> None:
    image["regions"].append(call.body["region"])


def _image_action(call: Call) -> Reply:
    image = call.cloud.require(_IMAGES, call.parameters["image"])
    deed_of(call, {"transfer": _transfer, "convert": lambda _call, _image: None})(call, image)
    return Reply(status=201, body=action(call, kind="image", resource=image["id"], where=image["regions"][0]))


def _read_image_action(call: Call) -> Reply:
    return Reply(body=call.cloud.require("/v2/actions", call.parameters["action"]))


def _read_image(call: Call) -> Reply:
    return Reply(body={"image": _image(call, call.parameters["image"])})


_UNSTORED = (
    "image",
    "region",
    "size",
    "ssh_keys",
    "backups",
    "backup_policy",
    "ipv6",
    "monitoring",
    "private_networking",
)

PRODUCT = Product(
    collections=(
        Collection(
            path=_DROPLETS,
            many="droplets",
            one="droplet",
            unstored=(*_UNSTORED, "user_data", "volumes", "public_networking", "with_droplet_agent", "project_id"),
            make=_new_droplet,
            made=_droplet_made,
            with_new=links_of_new("droplet"),
            removed=_droplet_removed,
            pending={"status": "new"},
            create_status=202,
            kind="droplet",
            filters={"name": "name", "tag_name": "tags"},
            methods="list read make delete",
        ),
        Collection(
            path=_IMAGES,
            many="images",
            one="image",
            unstored=("url", "region"),
            defaults={"distribution": "Unknown"},
            make=_new_image,
            pending={"status": "NEW"},
            create_status=202,
            filters={"tag_name": "tags"},
        ),
        Collection(
            path="/v2/snapshots",
            many="snapshots",
            one="snapshot",
            filters={"resource_type": "resource_type"},
            methods="list read delete",
        ),
    ),
    settings=(Setting(path=_DROPLETS + "/{droplet}/backups/policy", one="policy", default=_no_policy),),
    endpoints=(
        Endpoint(method="POST", path=_DROPLETS + "/{droplet}/actions", answer=_droplet_action),
        Endpoint(method="GET", path=_DROPLETS + "/{droplet}/actions/{action}", answer=read_action),
        Endpoint(method="GET", path=_DROPLETS + "/{droplet}/snapshots", answer=_droplet_snapshots),
        Endpoint(method="GET", path=_DROPLETS + "/{droplet}/actions", answer=_droplet_actions),
        Endpoint(method="GET", path=_DROPLETS + "/backups/policies", answer=_policies),
        Endpoint(method="GET", path=_IMAGES + "/{image}", answer=_read_image),
        Endpoint(method="POST", path=_IMAGES + "/{image}/actions", answer=_image_action),
        Endpoint(method="GET", path=_IMAGES + "/{image}/actions/{action}", answer=_read_image_action),
    ),
)
