"""Reserved IPs (once floating IPs). Source: the provider's ``reservedip/``; ``GET /v2/reserved_ips``."""

from typing import Any

from driftmgr.catalog.digitalocean.words import listed, urn
from driftmgr.catalog.entry import GLOBAL, LOW, MEDIUM, Attribute, ParentRef, ResourceType, Template

_ADDRESSES = listed("/v2/reserved_ips", "reserved_ips", ("reserved_ip:read", "droplet:read", "project:read"))


def same_address(recorded: Any, observed: Any) -> bool:
    """The name of an address under its new and its old kind."""
    return str(recorded).rpartition(":")[2] == str(observed).rpartition(":")[2]


RESERVED_IP = ResourceType(
    name="digitalocean_reserved_ip",
    aliases=("digitalocean_floating_ip",),
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_ADDRESSES,
    id="ip",
    keys=(("ip_address",),),
    attributes={
        # Where none is recorded an assignment of its own may have put it somewhere.
        "droplet_id": Attribute("droplet.id", when="droplet_id"),
        "ip_address": "ip",
        "region": "region.slug",
        "urn": Attribute(urn("reservedip", "ip"), equal=same_address),
    },
)

ASSIGNMENT = ResourceType(
    name="digitalocean_reserved_ip_assignment",
    aliases=("digitalocean_floating_ip_assignment",),
    criticality=LOW,
    reach=GLOBAL,
    list=_ADDRESSES,
    exists="droplet.id",
    # The provider makes up an id of its own.
    id=Template("{ip},{droplet.id}"),
    keys=(("ip_address", "droplet_id"),),
    attributes={"droplet_id": "droplet.id", "ip_address": "ip"},
    parents=(
        ParentRef(type="digitalocean_reserved_ip", attribute="ip_address", by="ip_address", inline=("droplet_id",)),
    ),
)


_ADDRESSES6 = listed("/v2/reserved_ipv6", "reserved_ipv6s", ("reserved_ip:read", "droplet:read"))

RESERVED_IPV6 = ResourceType(
    name="digitalocean_reserved_ipv6",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_ADDRESSES6,
    id="ip",
    attributes={
        "droplet_id": Attribute("droplet.id", when="droplet_id"),
        "ip": "ip",
        "region_slug": "region_slug",
        "urn": urn("reservedipv6", "ip"),
    },
)

IPV6_ASSIGNMENT = ResourceType(
    name="digitalocean_reserved_ipv6_assignment",
    criticality=LOW,
    reach=GLOBAL,
    list=_ADDRESSES6,
    exists="droplet.id",
    id=Template("{ip},{droplet.id}"),
    keys=(("ip", "droplet_id"),),
    attributes={"droplet_id": "droplet.id", "ip": "ip"},
    parents=(ParentRef(type="digitalocean_reserved_ipv6", attribute="ip", by="ip", inline=("droplet_id",)),),
)
