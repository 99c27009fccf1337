"""Cloud firewalls. Source: the provider's ``firewall/firewalls.go``; ``GET /v2/firewalls``."""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import TAGS, cluster_of_tags, listed, lower, maker_of_tags
from driftmgr.catalog.entry import CRITICAL, GLOBAL, Attribute, ResourceType


def _ports(rule: Mapping[str, Any]) -> str | None:
    """The ports of a rule: the API writes all of them, and those of a protocol that has none, as 0."""
    if rule["ports"] != "0":
        ports: str | None = rule["ports"]
        return ports
    return None if rule["protocol"] == "icmp" else "all"


def _maker(found: Mapping[str, Any]) -> str | None:
    """The cluster that made a firewall and named it by its own id.

    The tag alone is no sign: by it anybody's firewall covers the nodes of a cluster.
    https://docs.digitalocean.com/products/kubernetes/details/managed/
    """
    cluster = cluster_of_tags(found["tags"])
    named = cluster is not None and found["name"] in {f"k8s-{cluster}-worker", f"k8s-public-access-{cluster}"}
    return maker_of_tags(found["tags"]) if named else None


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
    list=listed("/v2/firewalls", "firewalls", ("firewall:read", "droplet:read", "tag:read")),
    id="id",
    owner=Attribute("{name: name, tags: tags}", read=_maker),
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
