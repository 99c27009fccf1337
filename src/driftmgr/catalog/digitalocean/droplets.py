"""Droplets and their snapshots.

Source: the provider's ``droplet/droplets.go`` and ``snapshot/resource_droplet_snapshot.go``; ``GET /v2/droplets``.
"""

from collections.abc import Callable, Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import CREATED_WITH, TAGS, go_time, listed, lower, maker_of_tags, urn
from driftmgr.catalog.entry import (
    GLOBAL,
    LOW,
    MEDIUM,
    UNTOLD,
    Attribute,
    AttributeLike,
    Join,
    ParentRef,
    ResourceType,
)
from driftmgr.catalog.transforms import if_told, one, present, untold


def _has(feature: str) -> Attribute:
    return Attribute(f"contains(features || `[]`, '{feature}')", default=False)


def _address(version: str, kind: str, read: Callable[[Any], Any] | None = None) -> Attribute:
    return Attribute(f"networks.{version}[?type=='{kind}'].ip_address | [0]", read=read)


def _lower(text: str | None) -> str | None:
    return text.lower() if text else text


_POOL_SCOPES = ("droplet:read", "project:read", "ssh_key:read", "tag:read", "vpc:read")
_POOLS = listed("/v2/droplets/autoscale", "autoscale_pools", "droplet:read")


def _maker(found: Mapping[str, Any]) -> str | None:
    return f"autoscale pool {found['pool']}" if found["pool"] else maker_of_tags(found["tags"])


def _policy(record: Mapping[str, Any] | None) -> Any:
    """When backups are made; where none are, ``backups`` says so."""
    if record is None or record["backup_enabled"]:
        return record and record.get("backup_policy")
    return UNTOLD


DROPLET = ResourceType(
    name="digitalocean_droplet",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed(
        "/v2/droplets", "droplets", ("droplet:read", "block_storage:read", "image:read", "tag:read", "vpc:read")
    ),
    joins={
        "Pool": Join(
            of=_POOLS,
            call=listed("/v2/droplets/autoscale/{pool}/members", "droplets", "droplet:read", given={"pool": "id"}),
            on="droplet_id",
            to="id",
            value="Parent.name",
        ),
        "Backups": Join(
            call=listed("/v2/droplets/backups/policies", "values(policies)", "droplet:read"), on="droplet_id", to="id"
        ),
    },
    id="id",
    owner=Attribute("{pool: Pool, tags: tags}", read=_maker),
    attributes={
        # The provider keeps what HCL says; the API tells whether it still holds.
        "backup_policy": Attribute(
            "Backups",
            read=_policy,
            nested={
                "hour": Attribute("hour", default=0),
                "plan": Attribute("plan", when="plan"),
                "weekday": Attribute("weekday", when="weekday && plan == 'weekly'"),
            },
            when="backup_policy",
        ),
        "backups": _has("backups"),
        "created_at": "created_at",
        "disk": "disk",
        # Only the answer to the create request tells it so far.
        "gpu_partition_mode": Attribute("gpu_partition_mode", read=if_told),
        "ipv4_address": _address("v4", "public"),
        "ipv4_address_private": _address("v4", "private"),
        "ipv6": _has("ipv6"),
        "ipv6_address": _address("v6", "public", _lower),
        "locked": "locked",
        "memory": "memory",
        "monitoring": _has("monitoring"),
        "name": "name",
        "price_hourly": "size.price_hourly",
        "price_monthly": "size.price_monthly",
        "private_networking": _has("private_networking"),
        "public_networking": Attribute("networks.v4[?type=='public'] | [0]", read=present),
        "region": "region.slug",
        "size": "size.slug",
        "status": "status",
        "tags": TAGS,
        "urn": urn("droplet", "id"),
        "vcpus": "vcpus",
        "volume_ids": "volume_ids",
        "vpc_uuid": "vpc_uuid",
    },
    unreadable={
        "droplet_agent": CREATED_WITH,
        "graceful_shutdown": "tells the provider how to stop a droplet; no property of it",
        "image": "a slug moves on to newer images: the provider keeps the one that HCL named",
        "resize_disk": "tells the provider how to resize a droplet; no property of it",
        "ssh_keys": CREATED_WITH,
        "user_data": CREATED_WITH,
    },
)


def snapshot(
    kind: str, name: str, others: Mapping[str, AttributeLike], *, owner: AttributeLike | None = None
) -> ResourceType:
    """The snapshots of one kind of resource, whose attribute ``{kind}_id`` names what was copied."""
    return ResourceType(
        name=name,
        criticality=LOW,
        reach=GLOBAL,
        # One list tells those of both kinds.
        list=listed("/v2/snapshots", f"snapshots[?resource_type=='{kind}']", ("snapshot:read", "tag:read")),
        id="id",
        owner=owner,
        attributes={
            "created_at": "created_at",
            f"{kind}_id": "resource_id",
            "min_disk_size": "min_disk_size",
            "name": "name",
            "regions": "regions",
            "size": "size_gigabytes",
            **others,
        },
        parents=(ParentRef(type=f"digitalocean_{kind}", attribute=f"{kind}_id", part=False),),
    )


SNAPSHOT = snapshot("droplet", "digitalocean_droplet_snapshot", {})


AUTOSCALE = ResourceType(
    name="digitalocean_droplet_autoscale",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed("/v2/droplets/autoscale", "autoscale_pools", _POOL_SCOPES),
    id="id",
    attributes={
        "config": Attribute(
            "config",
            nested={
                name: Attribute(name, default=0)
                for name in (
                    "cooldown_minutes",
                    "max_instances",
                    "min_instances",
                    "target_cpu_utilization",
                    "target_memory_utilization",
                    "target_number_instances",
                )
            },
        ),
        "created_at": Attribute("created_at", read=go_time),
        "current_utilization": Attribute("current_utilization", read=one),
        "droplet_template": Attribute(
            "droplet_template",
            nested={
                # A slug moves on to newer images: the provider keeps the one that HCL named.
                "image": Attribute("image", read=untold),
                "ipv6": Attribute("ipv6", default=False),
                "project_id": "project_id",
                "public_networking": Attribute("public_networking", read=if_told),
                "region": "region",
                "size": "size",
                "ssh_keys": "ssh_keys",
                "tags": Attribute("tags", normal=lower),
                "user_data": "user_data",
                "vpc_uuid": "vpc_uuid",
                "with_droplet_agent": Attribute("with_droplet_agent", default=False),
            },
        ),
        "name": "name",
        "status": "status",
        "updated_at": Attribute("updated_at", read=go_time),
    },
)

CUSTOM_IMAGE = ResourceType(
    name="digitalocean_custom_image",
    criticality=LOW,
    reach=GLOBAL,
    list=listed("/v2/images", "images[?type=='custom']", "image:read", params={"private": "true"}),
    # One that was deleted may still be told of; the provider takes it for gone.
    exists="status != 'deleted'",
    id="id",
    attributes={
        "created_at": "created_at",
        "description": "description",
        "distribution": "distribution",
        "image_id": "id",
        "min_disk_size": "min_disk_size",
        "name": "name",
        "public": "public",
        "regions": "regions",
        "size_gigabytes": "size_gigabytes",
        "slug": "slug",
        "status": "status",
        "tags": TAGS,
        "type": "type",
    },
    unreadable={"url": CREATED_WITH},
    import_id="cannot be imported",
)
