"""DigitalOcean VPCs. Source: the provider's ``vpc/resource_vpc.go`` and ``GET /v2/vpcs``."""

from driftmgr.catalog.digitalocean.words import go_time, listed
from driftmgr.catalog.entry import GLOBAL, MEDIUM, Attribute, ResourceType

VPC = ResourceType(
    name="digitalocean_vpc",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed("/v2/vpcs", "vpcs", "vpc:read"),
    id="id",
    is_default="default",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "default": "default",
        "description": "description",
        "ip_range": "ip_range",
        "name": "name",
        "region": "region",
        "urn": "urn",
    },
)
