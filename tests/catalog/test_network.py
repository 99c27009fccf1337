"""The network read from answers that moto does not give, in botocore's shape, as the provider would read them."""

from typing import Any

import pytest

from catalog.ec2 import ACCOUNT, OTHER, collected, observed, shaped
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.network_acls import protocol_number, protocols_as_numbers
from driftmgr.catalog.aws.routes import without_local_routes
from driftmgr.drift.detect import Asked, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import RemoteObject, ResourceInstance

CIDR = "DestinationCidrBlock"
ROUTES = {
    "10.0.0.0/16": {CIDR: "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
    "10.1.0.0/16": {CIDR: "10.1.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"},
    "10.2.0.0/16": {CIDR: "10.2.0.0/16", "NetworkInterfaceId": "eni-fsx", "Origin": "CreateRoute"},
    "10.3.0.0/16": {CIDR: "10.3.0.0/16", "NetworkInterfaceId": "eni-own", "Origin": "CreateRoute"},
    "10.4.0.0/16": {CIDR: "10.4.0.0/16", "GatewayId": "vpce-glb", "Origin": "CreateRoute"},
    "10.5.0.0/16": {CIDR: "10.5.0.0/16", "VpcPeeringConnectionId": "pcx-1", "Origin": "CreateRoute"},
    "10.6.0.0/16": {CIDR: "10.6.0.0/16", "NetworkInterfaceId": "eni-rs", "Origin": "Advertisement"},
    "pl-s3": {"DestinationPrefixListId": "pl-s3", "GatewayId": "vpce-s3", "Origin": "CreateRoute"},
    "pl-own": {"DestinationPrefixListId": "pl-own", "TransitGatewayId": "tgw-1", "Origin": "CreateRoute"},
    "pl-lattice": {"DestinationPrefixListId": "pl-lattice", "GatewayId": "VpcLattice", "Origin": "CreateRoute"},
    "::/0": {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "Origin": "CreateRoute"},
}
INTERFACES = [
    shaped("NetworkInterface", NetworkInterfaceId="eni-fsx", OwnerId=ACCOUNT, Attachment={"InstanceOwnerId": OTHER}),
    shaped("NetworkInterface", NetworkInterfaceId="eni-own", OwnerId=ACCOUNT, Attachment={"InstanceOwnerId": ACCOUNT}),
    shaped("NetworkInterface", NetworkInterfaceId="eni-rs", OwnerId=ACCOUNT),
]
TABLE = shaped(
    "RouteTable",
    RouteTableId="rtb-1",
    VpcId="vpc-1",
    OwnerId=ACCOUNT,
    Routes=list(ROUTES.values()),
    PropagatingVgws=[{"GatewayId": "vgw-1"}],
    Associations=[],
    Tags=[{"Key": "AmazonFSx", "Value": "ManagedByAmazonFSx"}, {"Key": "Name", "Value": "a"}],
)


def routes_of(*tables: dict[str, Any]) -> dict[str, list[RemoteObject]]:
    """Tables and routes as they are found, their interfaces and a default VPC beside them."""
    vpcs = [shaped("Vpc", VpcId="vpc-default", IsDefault=True), shaped("Vpc", VpcId="vpc-1", IsDefault=False)]
    answers = {
        "route_tables": {"RouteTables": list(tables)},
        "network_interfaces": {"NetworkInterfaces": INTERFACES},
        "vpcs": {"Vpcs": vpcs},
    }
    return collected(answers, "aws_route_table", "aws_route")


def test_a_table_records_the_routes_that_are_nobody_elses() -> None:
    """Propagated routes and those of gateway endpoints, VPC Lattice and services' interfaces are left out."""
    (table,) = routes_of(TABLE)["aws_route_table"]
    recorded = [{key: value for key, value in route.items() if value} for route in table.attributes["route"]]
    assert recorded == [
        {"cidr_block": "10.0.0.0/16", "gateway_id": "local"},
        {"cidr_block": "10.3.0.0/16", "network_interface_id": "eni-own"},
        {"cidr_block": "10.4.0.0/16", "vpc_endpoint_id": "vpce-glb"},
        {"cidr_block": "10.5.0.0/16", "vpc_peering_connection_id": "pcx-1"},
        {"cidr_block": "10.6.0.0/16", "network_interface_id": "eni-rs"},
        {"destination_prefix_list_id": "pl-own", "transit_gateway_id": "tgw-1"},
        {"ipv6_cidr_block": "::/0", "egress_only_gateway_id": "eigw-1"},
    ]
    assert table.attributes["propagating_vgws"] == ["vgw-1"]
    assert table.attributes["tags_all"] == {"Name": "a"}


def test_routes_that_aws_made_are_owned_or_default() -> None:
    """Each route of a service names it, the local one is a default, and what a user wrote is neither."""
    found = {route.id.removeprefix("rtb-1_"): route for route in routes_of(TABLE)["aws_route"]}
    assert found.keys() == ROUTES.keys()
    assert {name: route.owner for name, route in found.items() if route.owner} == {
        "10.1.0.0/16": "propagation by a virtual private gateway",
        "10.2.0.0/16": "a service that brought its own network interface",
        "10.6.0.0/16": "a route server",
        "pl-s3": "gateway endpoint vpce-s3",
        "pl-lattice": "VPC Lattice",
    }
    assert [name for name, route in found.items() if route.is_default] == ["10.0.0.0/16"]
    balanced = found["10.4.0.0/16"].attributes
    assert (balanced["vpc_endpoint_id"], balanced["gateway_id"]) == ("vpce-glb", None)


@pytest.mark.parametrize(
    ("target", "vpc", "main", "is_default"),
    [
        ({"GatewayId": "igw-1"}, "vpc-default", True, True),
        ({"GatewayId": "igw-1"}, "vpc-default", False, False),
        ({"GatewayId": "igw-1"}, "vpc-1", True, False),
        ({"NatGatewayId": "nat-1"}, "vpc-default", True, False),
    ],
)
def test_the_way_out_of_the_default_vpc(target: dict[str, str], vpc: str, main: bool, is_default: bool) -> None:  # noqa: FBT001 - a column
    """Only the route to the internet gateway in the main table of the default VPC is made by AWS."""
    routes = [{CIDR: "0.0.0.0/0", **target}]
    associations = [{"Main": main, "RouteTableAssociationId": "rtbassoc-1"}]
    table = shaped("RouteTable", RouteTableId="rtb-1", VpcId=vpc, Routes=routes, Associations=associations)
    (route,) = routes_of(table)["aws_route"]
    assert route.is_default is is_default


def test_local_routes_are_no_difference() -> None:
    """HCL may name the local route or not; one that leads elsewhere is like others; networks have one spelling."""
    local = {"cidr_block": "10.0.0.0/16", "gateway_id": "local", "ipv6_cidr_block": ""}
    other = {"cidr_block": "", "gateway_id": "", "ipv6_cidr_block": "2001:DB8:0::/48"}
    assert without_local_routes([local, other]) == [other | {"ipv6_cidr_block": "2001:db8::/48"}]
    assert without_local_routes([local | {"gateway_id": "", "network_interface_id": "eni-1"}])
    assert without_local_routes(None) == []


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("aws_vpc", shaped("Vpc", VpcId="i-1", OwnerId=OTHER)),
        (
            "aws_subnet",
            shaped("Subnet", SubnetId="i-1", OwnerId=OTHER, SubnetArn=f"arn:aws:ec2:eu-west-1:{OTHER}:subnet/i-1"),
        ),
        ("aws_internet_gateway", shaped("InternetGateway", InternetGatewayId="i-1", OwnerId=OTHER)),
        ("aws_route_table", shaped("RouteTable", RouteTableId="i-1", OwnerId=OTHER)),
        ("aws_network_acl", shaped("NetworkAcl", NetworkAclId="i-1", OwnerId=OTHER)),
        ("aws_security_group", shaped("SecurityGroup", GroupId="i-1", OwnerId=OTHER)),
        ("aws_vpc_endpoint", shaped("VpcEndpoint", VpcEndpointId="i-1", OwnerId=OTHER)),
        (
            "aws_route_table_association",
            shaped("RouteTableAssociation", RouteTableAssociationId="i-1", Main=False) | {"Parent": {"OwnerId": OTHER}},
        ),
    ],
)
def test_what_another_account_shares_is_its_own(name: str, item: dict[str, Any]) -> None:
    """An object of a shared network is owned by the account that shares it, and its ARN names that account."""
    found = observed(name, item)
    assert found.owner == f"account {OTHER}"
    assert OTHER in found.attributes.get("arn", OTHER)
    assert observed(name, item | {"OwnerId": ACCOUNT, "Parent": {"OwnerId": ACCOUNT}}).owner is None


def test_tags_name_the_maker_of_a_network() -> None:
    """What a CloudFormation stack made is owned by it, in any part of the network."""
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "base"}]
    for name, item in (
        ("aws_vpc", shaped("Vpc", VpcId="i-1", OwnerId=ACCOUNT, Tags=tags)),
        ("aws_eip", shaped("Address", AllocationId="i-1", Tags=tags)),
        ("aws_nat_gateway", shaped("NatGateway", NatGatewayId="i-1", Tags=tags)),
        ("aws_vpc_endpoint", shaped("VpcEndpoint", VpcEndpointId="i-1", OwnerId=ACCOUNT, Tags=tags)),
        ("aws_flow_log", shaped("FlowLog", FlowLogId="i-1", Tags=tags)),
    ):
        assert observed(name, item).owner == "CloudFormation stack base"


def block(pool: str, state: str = "associated") -> dict[str, Any]:
    """One IPv6 network of a VPC."""
    return {
        "AssociationId": "assoc-1",
        "Ipv6CidrBlock": "2001:db8::/56",
        "Ipv6CidrBlockState": {"State": state},
        "NetworkBorderGroup": "eu-west-1",
        "Ipv6Pool": pool,
    }


@pytest.mark.parametrize(
    ("pool", "generated", "ipam_pool", "length"),
    [("Amazon", True, None, None), ("ipam-pool-1", False, "ipam-pool-1", 56)],
)
def test_ipv6_of_a_vpc(pool: str, generated: bool, ipam_pool: str | None, length: int | None) -> None:  # noqa: FBT001 - a column
    """Amazon's addresses have no pool and no length; blocks that are on their way out are gone."""
    vpc = shaped("Vpc", VpcId="vpc-1", Ipv6CidrBlockAssociationSet=[block(pool, "disassociated"), block(pool)])
    found = observed("aws_vpc", vpc).attributes
    assert found["assign_generated_ipv6_cidr_block"] is generated
    assert (found["ipv6_ipam_pool_id"], found["ipv6_netmask_length"]) == (ipam_pool, length)
    assert found["ipv6_cidr_block"] == "2001:db8::/56"
    bare = observed("aws_vpc", shaped("Vpc", VpcId="vpc-1")).attributes
    assert bare["ipv6_cidr_block"] is bare["ipv6_netmask_length"] is bare["assign_generated_ipv6_cidr_block"] is None


def test_a_pool_that_is_not_told() -> None:
    """AWS may say no more than "one of IPAM": the pool is then no attribute of the VPC, its length is."""
    vpc = shaped("Vpc", VpcId="vpc-1", Ipv6CidrBlockAssociationSet=[block("IPAM Managed")])
    found = observed("aws_vpc", vpc).attributes
    assert "ipv6_ipam_pool_id" not in found
    assert found["ipv6_netmask_length"] == 56


def test_a_subnet_with_everything() -> None:
    """Attributes that the provider alone sets one by one are found where EC2 tells them."""
    subnet = shaped(
        "Subnet",
        SubnetId="subnet-1",
        EnableDns64=True,
        EnableLniAtDeviceIndex=1,
        MapCustomerOwnedIpOnLaunch=True,
        CustomerOwnedIpv4Pool="ipv4pool-coip-1",
        OutpostArn="arn:aws:outposts:eu-west-1:111122223333:outpost/op-1",
        Ipv6Native=True,
        Ipv6CidrBlockAssociationSet=[
            {"AssociationId": "a-1", "Ipv6CidrBlock": "2001:db8::/64", "Ipv6CidrBlockState": {"State": "associated"}}
        ],
        PrivateDnsNameOptionsOnLaunch={"HostnameType": "resource-name", "EnableResourceNameDnsAAAARecord": True},
    )
    found = observed("aws_subnet", subnet).attributes
    assert found["enable_dns64"] is found["ipv6_native"] is found["map_customer_owned_ip_on_launch"] is True
    assert (found["enable_lni_at_device_index"], found["customer_owned_ipv4_pool"]) == (1, "ipv4pool-coip-1")
    assert (found["ipv6_cidr_block"], found["ipv6_cidr_block_association_id"]) == ("2001:db8::/64", "a-1")
    assert found["private_dns_hostname_type_on_launch"] == "resource-name"
    assert found["enable_resource_name_dns_aaaa_record_on_launch"] is True


def test_addresses_of_a_nat_gateway() -> None:
    """The primary address is the gateway's own, the others are secondary; a lone one is primary whatever it says."""
    first = {"AllocationId": "a-1", "NetworkInterfaceId": "eni-1", "PrivateIp": "10.0.0.5", "IsPrimary": True}
    second = {"AllocationId": "a-2", "PrivateIp": "10.0.0.6", "IsPrimary": False}
    gateway = shaped("NatGateway", NatGatewayId="nat-1", SubnetId="subnet-1", NatGatewayAddresses=[second, first])
    found = observed("aws_nat_gateway", gateway)
    assert (found.attributes["allocation_id"], found.attributes["private_ip"]) == ("a-1", "10.0.0.5")
    assert found.attributes["secondary_allocation_ids"] == ["a-2"]
    assert found.attributes["secondary_private_ip_addresses"] == ["10.0.0.6"]
    assert found.attributes["secondary_private_ip_address_count"] == 1
    assert {(parent.type, parent.id) for parent in found.parents} == {
        ("aws_subnet", "subnet-1"),
        ("aws_eip", "a-1"),
        ("aws_eip", "a-2"),
    }
    lone = shaped("NatGateway", NatGatewayId="nat-2", NatGatewayAddresses=[{"PrivateIp": "10.0.0.7"}])
    bare = observed("aws_nat_gateway", lone).attributes
    assert (bare["private_ip"], bare["secondary_private_ip_address_count"]) == ("10.0.0.7", 0)


def test_addresses_that_a_service_brought_are_its_own() -> None:
    """An address of a load balancer is the load balancer's; the pool of IPAM is told by its name."""
    found = observed("aws_eip", shaped("Address", AllocationId="a-1", ServiceManaged="nlb", PublicIpv4Pool="amazon"))
    assert (found.owner, found.attributes["ipam_pool_id"]) == ("nlb", None)
    pooled = observed("aws_eip", shaped("Address", AllocationId="a-2", PublicIpv4Pool="ipam-pool-1"))
    assert (pooled.owner, pooled.attributes["ipam_pool_id"]) == (None, "ipam-pool-1")


@pytest.mark.parametrize("managed_only", [True, False])
def test_the_balancer_that_uses_an_address_speaks_for_its_use(managed_only: bool) -> None:  # noqa: FBT001 - a column
    """A network balancer puts an address on an interface of its own: that is no change of the address."""
    address = shaped("Address", AllocationId="eipalloc-1", NetworkInterfaceId="eni-1", NetworkInterfaceOwnerId=ACCOUNT)
    zones = [{"SubnetId": "subnet-1", "LoadBalancerAddresses": [{"AllocationId": "eipalloc-1"}]}]
    balancer = {"LoadBalancerArn": "arn:lb", "Type": "network", "AvailabilityZones": zones}
    objects = [observed("aws_eip", address), observed("aws_lb", balancer, Settings=[])]
    recorded = [
        ResourceInstance.of("aws_eip.out", {"id": "eipalloc-1", "network_interface": "", "instance": ""}),
        ResourceInstance.of("aws_lb.out", {"id": "arn:lb", "subnet_mapping": [{"allocation_id": "eipalloc-1"}]}),
    ]
    aws, types = catalog_of("aws"), frozenset({"aws_eip", "aws_lb"})
    asked = Asked(regions={ACCOUNT: ("eu-west-1",)}, types=types, managed_only=managed_only)
    assert not detect(aws, recorded, ObjectIndex(aws, objects), (), asked).drifts
    alone = detect(aws, recorded[:1], ObjectIndex(aws, objects[:1]), (), asked)
    assert [change.path for drift in alone.drifts for change in drift.changes] == ["network_interface"]


def test_an_endpoint_with_everything() -> None:
    """DNS options and the addresses of the endpoint's interfaces are read; a service's endpoint is its own."""
    endpoint = shaped(
        "VpcEndpoint",
        VpcEndpointId="vpce-1",
        OwnerId=ACCOUNT,
        State="available",
        NetworkInterfaceIds=["eni-1", "eni-2"],
        DnsOptions={"DnsRecordIpType": "dualstack", "PrivateDnsOnlyForInboundResolverEndpoint": True},
        RequesterManaged=True,
    )
    gone = shaped("VpcEndpoint", VpcEndpointId="vpce-2", State="deleting")
    interfaces = [
        shaped(
            "NetworkInterface", NetworkInterfaceId=f"eni-{n}", SubnetId=f"subnet-{n}", PrivateIpAddress=f"10.0.{n}.4"
        )
        for n in range(3)
    ]
    interfaces[2]["Ipv6Address"] = "2001:db8::4"
    answers = {
        "vpc_endpoints": {"VpcEndpoints": [endpoint, gone]},
        "network_interfaces": {"NetworkInterfaces": interfaces},
    }
    (found,) = collected(answers, "aws_vpc_endpoint")["aws_vpc_endpoint"]
    assert found.owner == "the service that requested it"
    assert found.attributes["subnet_configuration"] == [
        {"ipv4": "10.0.1.4", "ipv6": None, "subnet_id": "subnet-1"},
        {"ipv4": "10.0.2.4", "ipv6": "2001:db8::4", "subnet_id": "subnet-2"},
    ]
    assert found.attributes["dns_options"] == [
        {"dns_record_ip_type": "dualstack", "private_dns_only_for_inbound_resolver_endpoint": True}
    ]


@pytest.mark.parametrize(
    ("resource", "attribute", "traffic"),
    [
        ("vpc-1", "vpc_id", "ALL"),
        ("subnet-1", "subnet_id", "ALL"),
        ("eni-1", "eni_id", "ALL"),
        ("tgw-1", "transit_gateway_id", None),
        ("tgw-attach-1", "transit_gateway_attachment_id", None),
    ],
)
def test_what_a_flow_log_watches(resource: str, attribute: str, traffic: str | None) -> None:
    """The watched resource is in the attribute of its kind alone; transit gateways know no kinds of traffic."""
    found = observed("aws_flow_log", shaped("FlowLog", FlowLogId="fl-1", ResourceId=resource, TrafficType="ALL"))
    names = ("vpc_id", "subnet_id", "eni_id", "transit_gateway_id", "transit_gateway_attachment_id")
    assert {name: found.attributes[name] for name in names if found.attributes[name]} == {attribute: resource}
    assert found.attributes.get("traffic_type") == traffic
    assert ("traffic_type" in found.attributes) is (traffic is not None)


ICMP = {
    "RuleNumber": 110,
    "Protocol": "1",
    "RuleAction": "allow",
    "Egress": False,
    "CidrBlock": "10.0.0.0/8",
    "IcmpTypeCode": {"Type": 8, "Code": -1},
}
LAST = {"RuleNumber": 32768, "Protocol": "-1", "RuleAction": "deny", "Egress": False, "Ipv6CidrBlock": "::/0"}


def test_icmp_entries_of_a_list() -> None:
    """Types and codes are read inline and separate; the entries that end every list are none."""
    acl = shaped("NetworkAcl", NetworkAclId="acl-1", OwnerId=ACCOUNT, Entries=[ICMP, LAST])
    found = collected({"network_acls": {"NetworkAcls": [acl]}}, "aws_network_acl", "aws_network_acl_rule")
    (listed,), (rule,) = found["aws_network_acl"], found["aws_network_acl_rule"]
    written = {"action": "ALLOW", "cidr_block": "10.0.0.0/8", "from_port": 0, "icmp_code": -1, "icmp_type": 8}
    written |= {"ipv6_cidr_block": "", "protocol": "icmp", "rule_no": 110, "to_port": 0}
    assert protocols_as_numbers(listed.attributes["ingress"]) == protocols_as_numbers([written])
    assert listed.attributes["egress"] == []
    assert rule.id == "acl-1:110:1:false"
    assert (rule.attributes["icmp_type"], rule.attributes["icmp_code"]) == (8, -1)
    assert [(parent.type, parent.id) for parent in rule.parents] == [("aws_network_acl", "acl-1")]


def test_entries_that_aws_puts_into_a_default_list() -> None:
    """Allowing everything as rule 100 or 101 is the default of a default list, and of no other."""
    everything = {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": True, "CidrBlock": "0.0.0.0/0"}
    denied = everything | {"RuleNumber": 101, "RuleAction": "deny"}
    for is_default in (True, False):
        acl = shaped("NetworkAcl", NetworkAclId="acl-1", IsDefault=is_default, Entries=[everything, denied])
        found = collected({"network_acls": {"NetworkAcls": [acl]}}, "aws_network_acl_rule")["aws_network_acl_rule"]
        assert [rule.is_default for rule in found] == [is_default, False]
        assert not {"from_port", "to_port"} & found[0].attributes.keys()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        *(("all", -1), ("-1", -1), ("TCP", 6), ("udp", 17), ("esp", 50), ("ipv6-icmp", 58), ("icmpv6", 58)),
        *(("ospfigp", 89), ("vrrp", 112), ("sctp", 132), ("rohc", 142), ("253", 253), (6, 6)),
    ],
)
def test_protocols_have_numbers(name: Any, number: int) -> None:
    """Every name of IANA's list that HCL may use is the number that the API tells."""
    assert protocol_number(name) == str(number)


def test_no_protocol_is_none() -> None:
    """An element without a protocol stays without."""
    assert protocol_number(None) == ""


def test_entries_in_one_form() -> None:
    """What a protocol does not have counts for nothing; what it has does."""
    bare = {"protocol": "all", "from_port": None, "to_port": None, "cidr_block": "10.0.0.0/8"}
    assert protocols_as_numbers([bare]) == protocols_as_numbers([bare | {"protocol": "-1", "to_port": 65535}])
    tcp = bare | {"protocol": "tcp"}
    assert protocols_as_numbers([tcp]) != protocols_as_numbers([tcp | {"to_port": 80}])
    assert protocols_as_numbers([tcp]) == protocols_as_numbers([tcp | {"icmp_type": 8}])
    assert protocols_as_numbers(None) == []
