"""Network file storage: shares, what they are attached to, access points, snapshots.

Source: the provider's ``nfs/``; ``GET /v2/nfs``, ``/v2/nfs/snapshots``, ``/v2/nfs/shares/{share}/access_points``.
"""

from driftmgr.catalog.entry import (
    GLOBAL,
    HIGH,
    LOW,
    MEDIUM,
    Attribute,
    ParentRef,
    ResourceType,
    Template,
    http_call,
)
from driftmgr.catalog.equivalences import ignoring_case

_SCOPE = "nfs:list"
# Neither of these lists has pages.
_SHARES = http_call("/v2/nfs", "shares", _SCOPE)
_POINTS = http_call("/v2/nfs/shares/{share}/access_points", "access_points", _SCOPE, given={"share": "id"})
_OF_SHARE = ParentRef(type="digitalocean_nfs", attribute="share_id", within=True)


def _protocols(names: list[str] | None) -> list[str]:
    """Where the API names none, the provider reads the one that it sends unasked."""
    return names or ["NFS4"]


def _tier(name: str | None) -> str | None:
    """``PERFORMANCE_TIER_HIGH`` as HCL has it."""
    return None if name is None else name.lower().removeprefix("performance_tier_")


SHARE = ResourceType(
    name="digitalocean_nfs",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_SHARES,
    id="id",
    attributes={
        "host": "host",
        "mount_path": "mount_path",
        "name": "name",
        "performance_tier": Attribute("performance_tier", read=_tier),
        "region": "region",
        "size": "size_gib",
        "status": "status",
        "vpc_id": "vpc_ids[0]",
        "vpc_ids": "vpc_ids",
    },
    unreadable={"tags": "the provider neither sends nor reads them"},
    import_id="{id},{region}",
)

ATTACHMENT = ResourceType(
    name="digitalocean_nfs_attachment",
    criticality=LOW,
    reach=GLOBAL,
    list=_SHARES,
    expand="vpc_ids",
    # The provider makes up an id of its own.
    id=Template("{Value}-{Parent.id}"),
    keys=(("share_id", "vpc_id"),),
    # The first one is what the share itself names.
    is_default="Value == Parent.vpc_ids[0]",
    attributes={
        "region": Attribute("Parent.region", equal=ignoring_case),
        "share_id": "Parent.id",
        "vpc_id": "Value",
    },
    parents=(_OF_SHARE,),
    import_id="cannot be imported",
)

ACCESS_POINT = ResourceType(
    name="digitalocean_nfs_access_point",
    criticality=HIGH,
    reach=GLOBAL,
    list=_SHARES,
    expand=_POINTS,
    exists="status != 'ACCESS_POINT_DELETED'",
    id="id",
    is_default="is_default",
    attributes={
        "access_policy": Attribute(
            "access_policy",
            nested={
                "anongid": Attribute("anongid", default=0),
                "anonuid": Attribute("anonuid", default=0),
                "identity_enforcement_enabled": Attribute("identity_enforcement_enabled", default=False),
                "protocols": Attribute("protocols", read=_protocols),
                "squash_config": "squash_config",
            },
        ),
        "created_at": "created_at",
        "is_default": Attribute("is_default", default=False),
        "name": "name",
        "path": "path",
        "share_id": "share_id",
        "status": "status",
        "updated_at": "updated_at",
        "vpc_id": "vpc_id",
    },
    parents=(_OF_SHARE,),
)

SNAPSHOT = ResourceType(
    name="digitalocean_nfs_snapshot",
    criticality=LOW,
    reach=GLOBAL,
    list=http_call("/v2/nfs/snapshots", "snapshots", _SCOPE),
    id="id",
    attributes={
        "created_at": "created_at",
        "name": "name",
        "region": "region",
        "share_id": "share_id",
        "size": "size_gib",
        "status": "status",
    },
    parents=(ParentRef(type="digitalocean_nfs", attribute="share_id", part=False),),
)
