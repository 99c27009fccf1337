"""Network file shares, their snapshots, access points and attachments to VPCs."""

from collections.abc import Callable

from digitalocean.identity import ipv4_of, uuid_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_SHARES = "/v2/nfs"
_SNAPSHOTS = "/v2/nfs/snapshots"
_POINTS = "/v2/nfs/access_points"


def _new_share(call: Call) -> Object:
    identifier = uuid_of(call.seed)
    tier = call.body.get("performance_tier") or "standard"
    return {
        "id": identifier,
        "status": "ACTIVE",
        "created_at": NOW,
        "vpc_ids": list(call.body.get("vpc_ids") or ()),
        "performance_tier": f"PERFORMANCE_TIER_{tier.upper()}",
        "mount_path": f"/1/{identifier}",
        "host": ipv4_of(call.seed, "10.128.0.0/20"),
    }


def _action(call: Call, *, share: Object, resource: Object, kind: str) -> Object:
    return {
        "id": uuid_of(f"action {call.seed}"),
        "region_slug": share["region"],
        "resource_id": resource["id"],
        "resource_type": kind,
        "started_at": NOW,
        "completed_at": NOW,
        "status": "COMPLETED",
        "type": call.body["type"] if call.body else "DELETE_ACCESS_POINT",
    }


def _resize(_: Call, share: Object, asked: Object) -> Object:
    share["size_gib"] = asked["size_gib"]
    return share


def _attach(_: Call, share: Object, asked: Object) -> Object:
    share["vpc_ids"].append(asked["vpc_id"])
    return share


def _detach(_: Call, share: Object, asked: Object) -> Object:
    share["vpc_ids"].remove(asked["vpc_id"])
    return share


def _switch(_: Call, share: Object, asked: Object) -> Object:
    share["performance_tier"] = f"PERFORMANCE_TIER_{asked['performance_tier'].upper()}"
    return share


def _snapshot(call: Call, share: Object, asked: Object) -> Object:
    snapshot = {
        "id": uuid_of(call.seed),
        "name": asked["name"],
        "size_gib": share["size_gib"],
        "region": share["region"],
        "status": "ACTIVE",
        "created_at": NOW,
        "share_id": share["id"],
    }
    return call.cloud.keep(_SNAPSHOTS, snapshot)


_DEEDS: dict[str, Callable[[Call, Object, Object], Object]] = {
    "resize": _resize,
    "attach": _attach,
    "detach": _detach,
    "switch_performance_tier": _switch,
    "snapshot": _snapshot,
}


def _share_action(call: Call) -> Reply:
    share = call.cloud.require(_SHARES, call.parameters["share"])
    resource = _DEEDS[call.body["type"]](call, share, call.body["params"])
    kind = "SNAPSHOT" if resource is not share else "SHARE"
    return Reply(status=201, body={"action": _action(call, share=share, resource=resource, kind=kind)})


def _new_point(call: Call) -> Reply:
    share = call.cloud.require(_SHARES, call.parameters["share"])
    point = call.body | {
        "id": uuid_of(call.seed),
        "share_id": share["id"],
        "status": "ACCESS_POINT_ACTIVE",
        "created_at": NOW,
        "updated_at": NOW,
        "is_default": False,
    }
    call.cloud.keep(_POINTS, point)
    asked = {"id": uuid_of(f"action {call.seed}"), "type": "CREATE_ACCESS_POINT", "resource_type": "SHARE"}
    done = asked | {
        "region_slug": share["region"],
        "resource_id": share["id"],
        "started_at": NOW,
        "status": "COMPLETED",
    }
    return Reply(status=201, body={"access_point": point, "action": done})


def _points_of_share(call: Call) -> Reply:
    call.cloud.require(_SHARES, call.parameters["share"])
    points = [one for one in call.cloud.objects(_POINTS) if one["share_id"] == call.parameters["share"]]
    return Reply(body={"access_points": points})


def _delete_point(call: Call) -> Reply:
    point = call.cloud.require(_POINTS, call.parameters["point"])
    call.cloud.drop(_POINTS, point["id"])
    share = call.cloud.require(_SHARES, point["share_id"])
    done = _action(call, share=share, resource=share, kind="SHARE")
    return Reply(body={"access_point": point | {"status": "ACCESS_POINT_DELETED"}, "action": done})


PRODUCT = Product(
    collections=(
        Collection(
            path=_SHARES,
            many="shares",
            one="share",
            make=_new_share,
            pending={"status": "CREATING"},
            paged=False,
            filters={"region": "region"},
            methods="list read make delete",
        ),
        Collection(
            path=_SNAPSHOTS,
            many="snapshots",
            one="snapshot",
            paged=False,
            filters={"region": "region", "share_id": "share_id"},
            methods="list read delete",
        ),
        Collection(path=_POINTS, many="access_points", one="access_point", methods="read"),
    ),
    endpoints=(
        Endpoint(method="POST", path=_SHARES + "/{share}/actions", answer=_share_action),
        Endpoint(method="POST", path=_SHARES + "/shares/{share}/access_points", answer=_new_point),
        Endpoint(method="GET", path=_SHARES + "/shares/{share}/access_points", answer=_points_of_share),
        Endpoint(method="DELETE", path=_POINTS + "/{point}", answer=_delete_point),
    ),
)
