"""Network file shares with what hangs on them."""

from typing import Any

from digitalocean.changes.words import Case, Change, changed, gone, place
from digitalocean.cloud import Cloud

_SHARES, _POINTS, _SNAPSHOTS = "/v2/nfs", "/v2/nfs/access_points", "/v2/nfs/snapshots"


def _media(**members: Any) -> Change:
    return changed(_SHARES, "media", **members)


def _policy(**members: Any) -> Change:
    return lambda cloud: cloud.stored(place(cloud, _POINTS, name="reports"))["access_policy"].update(members)


def _point_made(share: str, **members: Any) -> Change:
    def change(cloud: Cloud) -> None:
        owner = cloud.stored(place(cloud, _SHARES, name=share))
        path = f"{_SHARES}/shares/{owner['id']}/access_points"
        policy = {"anonuid": 0, "anongid": 0, "protocols": ["NFS4"], "squash_config": "NO_SQUASH"}
        body = {"name": "leak", "path": "/", "vpc_id": owner["vpc_ids"][0], "access_policy": policy}
        made = cloud.answer("POST", path, body=body).body["access_point"]
        cloud.change(f"{_POINTS}/{made['id']}", **members)

    return change


def _attached(cloud: Cloud) -> None:
    cloud.stored(place(cloud, _SHARES, name="media"))["vpc_ids"].append("5a4981aa-9653-4bd1-bef5-d6bff52042e4")


def _detached(cloud: Cloud) -> None:
    cloud.stored(place(cloud, _SHARES, name="media"))["vpc_ids"].pop()


def _share_made(cloud: Cloud) -> None:
    """A share with an access point and in two networks: all of it is told by its row."""
    networks = [cloud.stored(path)["id"] for path in cloud.paths_of("/v2/vpcs")]
    cloud.create(_SHARES, name="stray", region="nyc3", size_gib=50, vpc_ids=networks)
    _point_made("stray")(cloud)


def _snapped(cloud: Cloud) -> None:
    path = f"{place(cloud, _SHARES, name='plain')}/actions"
    body = {"type": "snapshot", "region": "nyc3", "params": {"name": "by-hand"}}
    assert cloud.answer("POST", path, body=body).status == 201


def _reversed(cloud: Cloud) -> None:
    cloud.stored(place(cloud, _POINTS, name="reports"))["access_policy"]["protocols"].reverse()


CHANGES: dict[str, Case] = {
    "share grown": ("files", _media(size_gib=200), {("changed", "nfs.media", "size")}),
    "share of another tier": (
        "files",
        _media(performance_tier="PERFORMANCE_TIER_STANDARD"),
        {("changed", "nfs.media", "performance_tier")},
    ),
    "share deleted": ("files", gone(_SHARES, name="plain"), {("missing", "nfs.plain", "")}),
    "share made by hand": ("files", _share_made, {("unmanaged", "nfs", "")}),
    "share attached by hand": ("files", _attached, {("unmanaged", "nfs_attachment", "")}),
    "share detached": ("files", _detached, {("missing", "nfs_attachment.media", "")}),
    "share in no network": (
        "files",
        _media(vpc_ids=[], status="INACTIVE"),
        {("changed", "nfs.media", "vpc_id"), ("missing", "nfs_attachment.media", "")},
    ),
    "access for root": (
        "files",
        _policy(squash_config="NO_SQUASH", identity_enforcement_enabled=False),
        {("changed", "nfs_access_point.reports", "access_policy")},
    ),
    "access with a protocol less": (
        "files",
        _policy(protocols=["NFS4"]),
        {("changed", "nfs_access_point.reports", "access_policy")},
    ),
    "access: protocols in another order": ("files", _reversed, set()),
    "access point to another path": (
        "files",
        lambda cloud: cloud.stored(place(cloud, _POINTS, name="reports")).update(path="/"),
        {("changed", "nfs_access_point.reports", "path")},
    ),
    "access point deleted": (
        "files",
        changed(_POINTS, "reports", status="ACCESS_POINT_DELETED"),
        {("missing", "nfs_access_point.reports", "")},
    ),
    "access point made by hand": ("files", _point_made("plain"), {("unmanaged", "nfs_access_point", "")}),
    "access point that every share has": ("files", _point_made("plain", is_default=True), set()),
    "snapshot of a share renamed": (
        "files",
        changed(_SNAPSHOTS, "media-before-upgrade", name="x"),
        {("changed", "nfs_snapshot.media", "name")},
    ),
    "snapshot of a share deleted": (
        "files",
        gone(_SNAPSHOTS, name="media-before-upgrade"),
        {("missing", "nfs_snapshot.media", "")},
    ),
    "snapshot of a share by hand": ("files", _snapped, {("unmanaged", "nfs_snapshot", "")}),
}
