"""Route tables, their routes and associations. Source: provider ``internal/service/ec2/vpc_route_table.go``, ``vpc_route.go``."""

from typing import Any

from driftmgr.catalog.aws.vpc import IN_VPC, default_vpc, ec2_arn
from driftmgr.catalog.entry import MEDIUM, Attribute, ParentRef, ResourceType, Template, aws_call, pascal_names
from driftmgr.catalog.transforms import aws_tags

DESCRIBE_ROUTE_TABLES = aws_call("ec2.describe_route_tables", "RouteTables", params={"MaxResults": 100})

_TARGETS = {
    "carrier_gateway_id": "CarrierGatewayId",
    "core_network_arn": "CoreNetworkArn",
    "egress_only_gateway_id": "EgressOnlyInternetGatewayId",
    "local_gateway_id": "LocalGatewayId",
    "nat_gateway_id": "NatGatewayId",
    "network_interface_id": "NetworkInterfaceId",
    "transit_gateway_id": "TransitGatewayId",
    "vpc_peering_connection_id": "VpcPeeringConnectionId",
}
_DESTINATIONS = {
    "cidr_block": "DestinationCidrBlock",
    "ipv6_cidr_block": "DestinationIpv6CidrBlock",
    "destination_prefix_list_id": "DestinationPrefixListId",
}
# Gateway Load Balancer endpoints are targets; gateway endpoints (S3, DynamoDB) put their own routes in by prefix list.
_ENDPOINT = "vpce-"


def _is_endpoint(gateway: str | None) -> bool:
    return (gateway or "").startswith(_ENDPOINT)


def _made_by_aws(route: dict[str, Any]) -> str | None:
    """Which service made a route: propagation by a virtual gateway, or a gateway endpoint."""
    if route.get("Origin") == "EnableVgwRoutePropagation":
        return "propagation by a virtual private gateway"
    if route.get("DestinationPrefixListId") and _is_endpoint(route.get("GatewayId")):
        return f"gateway endpoint {route['GatewayId']}"
    return None


def _gateway(gateway: str | None) -> str | None:
    return None if _is_endpoint(gateway) else gateway


def _endpoint(gateway: str | None) -> str | None:
    return gateway if _is_endpoint(gateway) else None


def _inline_routes(routes: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """What the provider records of a table's routes: without the local ones and those that AWS made."""
    return [
        {name: route.get(member) or "" for name, member in (_DESTINATIONS | _TARGETS).items()}
        | {
            "gateway_id": _gateway(route.get("GatewayId")) or "",
            "vpc_endpoint_id": _endpoint(route.get("GatewayId")) or "",
        }
        for route in routes or ()
        if route.get("GatewayId") != "local" and _made_by_aws(route) is None
    ]


ROUTE_TABLE = ResourceType(
    name="aws_route_table",
    criticality=MEDIUM,
    list=DESCRIBE_ROUTE_TABLES,
    id="RouteTableId",
    # Every VPC is born with a main table; aws_default_route_table manages it.
    is_default="Associations[?Main] | [0]",
    attributes=pascal_names("owner_id", "vpc_id")
    | {
        "arn": ec2_arn("route-table", "RouteTableId"),
        "propagating_vgws": "PropagatingVgws[].GatewayId",
        "route": Attribute("Routes", read=_inline_routes),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
)

ROUTE = ResourceType(
    name="aws_route",
    criticality=MEDIUM,
    list=DESCRIBE_ROUTE_TABLES,
    expand="Routes",
    joins={"Vpc": default_vpc("Parent.VpcId")},
    # The form that terraform import takes; the provider records a hash of it.
    id=Template("{Parent.RouteTableId}_{DestinationCidrBlock || DestinationIpv6CidrBlock || DestinationPrefixListId}"),
    keys=(
        ("route_table_id", "destination_cidr_block"),
        ("route_table_id", "destination_ipv6_cidr_block"),
        ("route_table_id", "destination_prefix_list_id"),
    ),
    is_default=(
        "GatewayId=='local' || "
        "(Vpc.IsDefault && DestinationCidrBlock=='0.0.0.0/0' && Parent.Associations[?Main] && starts_with(GatewayId, 'igw-'))"
    ),
    owner=Attribute("@", read=_made_by_aws),
    attributes=_TARGETS
    | {
        "destination_cidr_block": "DestinationCidrBlock",
        "destination_ipv6_cidr_block": "DestinationIpv6CidrBlock",
        "destination_prefix_list_id": "DestinationPrefixListId",
        "gateway_id": Attribute("GatewayId", read=_gateway),
        "instance_id": "InstanceId",
        "instance_owner_id": "InstanceOwnerId",
        "origin": "Origin",
        "route_table_id": "Parent.RouteTableId",
        "state": "State",
        "vpc_endpoint_id": Attribute("GatewayId", read=_endpoint),
    },
    parents=(ParentRef(type="aws_route_table", attribute="route_table_id", inline=("route",)),),
)

ROUTE_TABLE_ASSOCIATION = ResourceType(
    name="aws_route_table_association",
    criticality=MEDIUM,
    list=DESCRIBE_ROUTE_TABLES,
    expand="Associations",
    exists="!Main && AssociationState.State!='disassociated'",
    id="RouteTableAssociationId",
    attributes=pascal_names("gateway_id", "route_table_id", "subnet_id"),
    parents=(ParentRef(type="aws_route_table", attribute="route_table_id"),),
)
