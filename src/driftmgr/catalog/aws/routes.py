"""Route tables, their routes and associations.

Source: provider ``internal/service/ec2/vpc_route_table.go``, ``vpc_route.go``, ``vpc_route_table_association.go``.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.vpc import IN_VPC, INTERFACES, default_vpc, ec2_arn, made_by
from driftmgr.catalog.entry import (
    MEDIUM,
    Attribute,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import cidr
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
_LOCAL, _LATTICE, _ENDPOINT = "local", "VpcLattice", "vpce-"
# What FSx puts on the tables that it writes routes into; the provider leaves it out.
_SERVICE_TAG = "AmazonFSx"
# Routes that AWS services make lead to interfaces whose instance is another's.
_INTERFACE = "{id: NetworkInterfaceId, foreign: OwnerId && Attachment && Attachment.InstanceOwnerId != OwnerId}"


def _interfaces(path: str, *, many: bool) -> Join:
    return Join(call=INTERFACES, on="NetworkInterfaceId", to=path, value=_INTERFACE, many=many)


def _is_endpoint(gateway: str | None) -> bool:
    return (gateway or "").startswith(_ENDPOINT)


def _made_by_aws(route: Mapping[str, Any], *, foreign: bool) -> str | None:
    """Which service made a route: the provider leaves these out of a table, for other resources speak for them."""
    gateway = route.get("GatewayId")
    if route.get("Origin") == "EnableVgwRoutePropagation":
        return "propagation by a virtual private gateway"
    # A gateway endpoint (S3, DynamoDB) puts its own routes in by prefix list; one of a load balancer is a target.
    if route.get("DestinationPrefixListId") and _is_endpoint(gateway):
        return f"gateway endpoint {gateway}"
    if gateway == _LATTICE:
        return "VPC Lattice"
    return "a service that brought its own network interface" if foreign else None


def _maker(found: Mapping[str, Any]) -> str | None:
    """Which service made a route; the provider takes those of a route server for a table's own."""
    route, interface = found["route"], found["interface"] or {}
    if route.get("Origin") == "Advertisement":
        return "a route server"
    return _made_by_aws(route, foreign=bool(interface.get("foreign")))


def _gateway(gateway: str | None) -> str | None:
    return None if _is_endpoint(gateway) else gateway


def _endpoint(gateway: str | None) -> str | None:
    return gateway if _is_endpoint(gateway) else None


def _inline_routes(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A table's routes without those that AWS made."""
    foreign = {interface["id"] for interface in found["interfaces"] or () if interface["foreign"]}
    return [
        {name: route.get(member) or "" for name, member in (_DESTINATIONS | _TARGETS).items()}
        | {
            "gateway_id": _gateway(route.get("GatewayId")) or "",
            "vpc_endpoint_id": _endpoint(route.get("GatewayId")) or "",
        }
        for route in found["routes"] or ()
        if _made_by_aws(route, foreign=route.get("NetworkInterfaceId") in foreign) is None
    ]


def without_local_routes(routes: Any) -> list[dict[str, Any]]:
    """Routes that lead out: a table always has the local ones, HCL may name them and the state then records them.

    A local route that leads elsewhere is no longer one. Networks in one spelling.
    """
    return [
        route | {"ipv6_cidr_block": cidr(route.get("ipv6_cidr_block"))}
        for route in routes or ()
        if route.get("gateway_id") != _LOCAL
    ]


def _tags(tags: Any) -> dict[str, str]:
    return {key: value for key, value in aws_tags(tags).items() if key != _SERVICE_TAG}


ROUTE_TABLE = ResourceType(
    name="aws_route_table",
    criticality=MEDIUM,
    list=DESCRIBE_ROUTE_TABLES,
    joins={"Interfaces": _interfaces("Routes[].NetworkInterfaceId", many=True)},
    id="RouteTableId",
    # Every VPC is born with a main table.
    is_default="Associations[?Main] | [0]",
    owner=made_by(),
    attributes=pascal_names("owner_id", "vpc_id")
    | {
        "arn": ec2_arn("route-table", "RouteTableId", "OwnerId"),
        "propagating_vgws": "PropagatingVgws[].GatewayId",
        "route": Attribute(
            "{routes: Routes, interfaces: Interfaces}",
            read=_inline_routes,
            normal=without_local_routes,
            key=tuple(_DESTINATIONS),
        ),
        "tags_all": Attribute("Tags", read=_tags),
    },
    companions=(
        Companion(type="aws_default_route_table", attribute="id", inline=("propagating_vgws", "route"), whole=True),
        # Destroying it gives the VPC its first main table back, so that one is no stranger.
        Companion(type="aws_main_route_table_association", attribute="original_route_table_id", whole=True),
        Companion(
            type="aws_vpn_gateway_route_propagation",
            attribute="route_table_id",
            adds={"propagating_vgws": "vpn_gateway_id"},
        ),
    ),
    parents=(IN_VPC,),
)

ROUTE = ResourceType(
    name="aws_route",
    criticality=MEDIUM,
    list=DESCRIBE_ROUTE_TABLES,
    expand="Routes",
    joins={"Vpc": default_vpc("Parent.VpcId"), "Interface": _interfaces("NetworkInterfaceId", many=False)},
    # The form that terraform import takes; the provider records a hash of it.
    id=Template("{Parent.RouteTableId}_{DestinationCidrBlock || DestinationIpv6CidrBlock || DestinationPrefixListId}"),
    keys=(
        ("route_table_id", "destination_cidr_block"),
        ("route_table_id", "destination_ipv6_cidr_block"),
        ("route_table_id", "destination_prefix_list_id"),
    ),
    is_default=(
        "GatewayId=='local' || "
        "(Vpc.IsDefault && DestinationCidrBlock=='0.0.0.0/0' && Parent.Associations[?Main]"
        " && starts_with(GatewayId || '', 'igw-'))"
    ),
    owner=Attribute("{route: @, interface: Interface}", read=_maker),
    attributes=_TARGETS
    | {
        "destination_cidr_block": "DestinationCidrBlock",
        "destination_ipv6_cidr_block": Attribute("DestinationIpv6CidrBlock", normal=cidr),
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
    owner=made_by("Parent.OwnerId", "Parent.Tags"),
    attributes=pascal_names("gateway_id", "route_table_id", "subnet_id"),
    parents=(
        ParentRef(type="aws_route_table", attribute="route_table_id"),
        ParentRef(type="aws_subnet", attribute="subnet_id"),
    ),
)
