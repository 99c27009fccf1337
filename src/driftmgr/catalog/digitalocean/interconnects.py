"""What connects networks: peerings, NAT gateways, partner attachments, prefixes of one's own.

Source: the provider's ``vpcpeering/``, ``vpcnatgateway/``, ``partnernetworkconnect/``, ``byoipprefix/``.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import CREATED_WITH, IN_PROJECT, go_time, listed
from driftmgr.catalog.entry import GLOBAL, HIGH, MEDIUM, Attribute, ResourceType
from driftmgr.catalog.transforms import untold

VPC_PEERING = ResourceType(
    name="digitalocean_vpc_peering",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/vpc_peerings", "vpc_peerings", "vpc_peering:read"),
    id="id",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "name": "name",
        "status": "status",
        "vpc_ids": "vpc_ids",
    },
)


def _public(gateways: list[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """The public side of a gateway, a block with its addresses; none where it has no public gateway."""
    addresses = [{"ipv4": gateway.get("ipv4") or gateway.get("ip")} for gateway in gateways or ()]
    return [{"public_gateways": addresses}] if addresses else []


NAT_GATEWAY = ResourceType(
    name="digitalocean_vpc_nat_gateway",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/vpc_nat_gateways", "vpc_nat_gateways", "vpc_nat_gateway:read"),
    id="id",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "egresses": Attribute("egresses.public_gateways", read=_public),
        "icmp_timeout_seconds": Attribute("icmp_timeout_seconds", default=0),
        "name": "name",
        "project_id": "project_id",
        "region": "region",
        "size": "size",
        "state": "state",
        "tcp_timeout_seconds": Attribute("tcp_timeout_seconds", default=0),
        "type": "type",
        "udp_timeout_seconds": Attribute("udp_timeout_seconds", default=0),
        "updated_at": Attribute("updated_at", read=go_time),
        "vpcs": Attribute(
            "vpcs",
            nested={
                "default_gateway": Attribute("default_gateway", default=False),
                "gateway_ip": "gateway_ip",
                "subnet_uuid": "subnet_uuid",
                "vpc_uuid": "vpc_uuid",
            },
        ),
    },
    parents=(IN_PROJECT,),
)


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _bgp(found: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The peering, where anything of it is set."""
    told = found and (found.get("peer_router_ip") or found.get("local_router_ip") or found.get("peer_asn"))
    return found if told else None


PARTNER_ATTACHMENT = ResourceType(
    name="digitalocean_partner_attachment",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/partner_network_connect/attachments", "partner_attachments", "partner_network_connect:read"),
    id="id",
    attributes={
        "bgp": Attribute(
            "bgp",
            read=_bgp,
            nested={
                # Told by a call of its own, which is one for secrets.
                "auth_key": Attribute("auth_key", read=untold),
                "local_router_ip": "local_router_ip",
                "peer_router_asn": "peer_asn",
                "peer_router_ip": "peer_router_ip",
            },
        ),
        "children": "children",
        "connection_bandwidth_in_mbps": Attribute("connection_bandwidth_in_mbps", default=0),
        "created_at": Attribute("created_at", read=go_time),
        "naas_provider": "naas_provider",
        "name": "name",
        "parent_uuid": "parent_uuid",
        "redundancy_zone": "redundancy_zone",
        "region": Attribute("region", read=_lower),
        "state": "state",
        "vpc_ids": "vpc_ids",
    },
)

BYOIP_PREFIX = ResourceType(
    name="digitalocean_byoip_prefix",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed("/v2/byoip_prefixes", "byoip_prefixes", "byoip_prefix:read"),
    id="uuid",
    attributes={
        "advertised": Attribute("advertised", default=False),
        "failure_reason": "failure_reason",
        "prefix": "prefix",
        "region": "region",
        "status": "status",
        "uuid": "uuid",
    },
    unreadable={"signature": CREATED_WITH},
)
