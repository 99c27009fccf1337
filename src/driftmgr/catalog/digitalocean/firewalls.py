"""Cloud firewalls. Source: the provider's ``firewall/firewalls.go``; ``GET /v2/firewalls``."""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import MADE_BY_TAGS, TAGS, listed, lower
from driftmgr.catalog.entry import CRITICAL, GLOBAL, Attribute, ResourceType


def _ports(rule: Mapping[str, Any]) -> str | None:
    """The ports of a rule: the API writes all of them, and those of a protocol that has none, as 0."""
    if rule["ports"] != "0":
        ports: str | None = rule["ports"]
        return ports
    return None if rule["protocol"] == "icmp" else "all"


def _rules(path: str, prefix: str, ends: str) -> Attribute:
    nested = {
        name: f"{ends}.{name.removeprefix(prefix)}"
        for name in (
            f"{prefix}addresses",
            f"{prefix}droplet_ids",
            f"{prefix}kubernetes_ids",
            f"{prefix}load_balancer_uids",
        )
    }
    return Attribute(
        path,
        nested={
            **nested,
            f"{prefix}tags": Attribute(f"{ends}.tags", normal=lower),
            "port_range": Attribute("{ports: ports, protocol: protocol}", read=_ports),
            "protocol": "protocol",
        },
    )


FIREWALL = ResourceType(
    name="digitalocean_firewall",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=listed("/v2/firewalls", "firewalls", "firewall:read"),
    id="id",
    owner=MADE_BY_TAGS,
    attributes={
        "created_at": "created_at",
        "droplet_ids": "droplet_ids",
        "inbound_rule": _rules("inbound_rules", "source_", "sources"),
        "name": "name",
        "outbound_rule": _rules("outbound_rules", "destination_", "destinations"),
        "pending_changes": "pending_changes",
        "status": "status",
        "tags": TAGS,
    },
)
