"""DigitalOcean VPCs. Source: the provider's ``digitalocean/vpc`` and ``GET /v2/vpcs``."""

from driftmgr.catalog.entry import GLOBAL, MEDIUM, ResourceType, http_call

VPC = ResourceType(
    name="digitalocean_vpc",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=http_call("/v2/vpcs", "vpcs", "vpc:read"),
    id="id",
    is_default="default",
    attributes={
        "created_at": "created_at",
        "default": "default",
        "description": "description",
        "ip_range": "ip_range",
        "name": "name",
        "region": "region",
        "urn": "urn",
    },
)
