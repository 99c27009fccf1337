"""VPCs, subnets, routes, gateways, addresses, endpoints and flow logs held to Terraform's provider.

What moto does not do, so that only tests/catalog/test_network.py covers it: route propagation, interfaces of AWS
services, IPv6 networks of subnets (they stay "associating"), DNS64 and AAAA records, DNS options of endpoints,
secondary addresses of NAT gateways, flow logs of transit gateways, pools of addresses, networks that another account
shares.
"""

import json
from typing import Any

from conformance.harness import Case, Finding

# The provider waits ten seconds for each attribute of a VPC or subnet that is not the default: let few depend.
ESTATE = """
resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "main", stage = "live" }
}
resource "aws_vpc" "plain" { cidr_block = "10.1.0.0/16" }
resource "aws_vpc" "full" {
  cidr_block                           = "10.2.0.0/16"
  instance_tenancy                     = "dedicated"
  enable_network_address_usage_metrics = true
  assign_generated_ipv6_cidr_block     = true
}
resource "aws_vpc" "quiet" {
  cidr_block         = "10.3.0.0/16"
  enable_dns_support = false
}
resource "aws_vpc" "spread" { cidr_block = "10.4.0.0/16" }

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.main.id
  cidr_block              = "10.0.1.0/24"
  availability_zone       = "us-east-1a"
  map_public_ip_on_launch = true
  tags                    = { Name = "public" }
}
resource "aws_subnet" "private" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.2.0/24"
}
resource "aws_subnet" "six" {
  vpc_id                          = aws_vpc.spread.id
  cidr_block                      = "10.4.1.0/24"
  assign_ipv6_address_on_creation = true
}
resource "aws_subnet" "named" {
  vpc_id                                      = aws_vpc.spread.id
  cidr_block                                  = "10.4.2.0/24"
  enable_resource_name_dns_a_record_on_launch = true
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "main" }
}
resource "aws_internet_gateway" "full" { vpc_id = aws_vpc.full.id }
resource "aws_internet_gateway" "loose" {}
resource "aws_eip" "nat" {
  domain = "vpc"
  tags   = { Name = "nat" }
}
resource "aws_eip" "spare" { domain = "vpc" }
resource "aws_eip" "idle" { domain = "vpc" }
resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public.id
  tags          = { Name = "main" }
}
resource "aws_nat_gateway" "private" {
  connectivity_type = "private"
  subnet_id         = aws_subnet.private.id
}

resource "aws_route_table" "separate" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "separate" }
}
resource "aws_route" "out" {
  route_table_id         = aws_route_table.separate.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main.id
}
# The provider takes any spelling of an IPv6 network and keeps it.
resource "aws_route" "out6" {
  route_table_id              = aws_route_table.separate.id
  destination_ipv6_cidr_block = "2001:DB8:0::/48"
  gateway_id                  = aws_internet_gateway.main.id
}
resource "aws_route" "gone" {
  route_table_id         = aws_route_table.separate.id
  destination_cidr_block = "192.0.2.0/24"
  gateway_id             = aws_internet_gateway.main.id
}
resource "aws_route_table" "inline" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "10.0.0.0/16"
    gateway_id = "local"
  }
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
  route {
    ipv6_cidr_block = "::/0"
    gateway_id      = aws_internet_gateway.main.id
  }
}
resource "aws_route_table" "empty" { vpc_id = aws_vpc.main.id }
resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.inline.id
}
resource "aws_route_table_association" "private" {
  subnet_id      = aws_subnet.private.id
  route_table_id = aws_route_table.separate.id
}

resource "aws_security_group" "endpoint" {
  name   = "endpoint"
  vpc_id = aws_vpc.main.id
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.main.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = [aws_route_table.separate.id, aws_route_table.empty.id]
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = "*", Action = ["s3:GetObject", "s3:ListBucket"], Resource = "*" }] })
  tags = { Name = "s3" }
}
resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.us-east-1.dynamodb"
}
resource "aws_vpc_endpoint" "sqs" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.us-east-1.sqs"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [aws_subnet.private.id, aws_subnet.public.id]
  security_group_ids  = [aws_security_group.endpoint.id]
}

resource "aws_cloudwatch_log_group" "flow" { name = "flow" }
resource "aws_iam_role" "flow" {
  name               = "flow"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination          = aws_cloudwatch_log_group.flow.arn
  iam_role_arn             = aws_iam_role.flow.arn
  log_format               = "$${srcaddr} $${dstaddr}"
  max_aggregation_interval = 60
}
resource "aws_s3_bucket" "flow" { bucket = "flow" }
resource "aws_flow_log" "subnet" {
  subnet_id            = aws_subnet.private.id
  traffic_type         = "REJECT"
  log_destination_type = "s3"
  log_destination      = aws_s3_bucket.flow.arn
  destination_options {
    file_format        = "parquet"
    per_hour_partition = true
  }
  tags = { Name = "subnet" }
}
"""

TYPES = (
    "aws_vpc",
    "aws_subnet",
    "aws_internet_gateway",
    "aws_eip",
    "aws_nat_gateway",
    "aws_route_table",
    "aws_route",
    "aws_route_table_association",
    "aws_vpc_endpoint",
    "aws_flow_log",
)


def policy(*actions: str, effect: str = "Allow") -> str:
    """A policy of one statement, in a form of its own."""
    statement = {"Resource": ["*"], "Action": actions, "Principal": "*", "Effect": effect}
    return json.dumps({"Statement": statement, "Version": "2012-10-17"}, indent=2)


def change_vpcs(case: Case, ec2: Any) -> set[Finding]:
    """Change, tag, delete and make VPCs and subnets."""
    main, full, quiet = (case.recorded(f"aws_vpc.{name}") for name in ("main", "full", "quiet"))
    public, six, named = (case.recorded(f"aws_subnet.{name}")["id"] for name in ("public", "six", "named"))
    ec2.modify_vpc_attribute(VpcId=main["id"], EnableDnsHostnames={"Value": False})
    ec2.create_tags(Resources=[main["id"]], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    ec2.delete_tags(Resources=[main["id"]], Tags=[{"Key": "Name"}])
    ec2.modify_vpc_attribute(VpcId=quiet["id"], EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=full["id"], EnableNetworkAddressUsageMetrics={"Value": False})
    ec2.modify_vpc_tenancy(VpcId=full["id"], InstanceTenancy="default")
    ec2.delete_vpc(VpcId=case.recorded("aws_vpc.plain")["id"])
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": False})
    ec2.modify_subnet_attribute(SubnetId=six, AssignIpv6AddressOnCreation={"Value": False})
    ec2.modify_subnet_attribute(SubnetId=named, EnableResourceNameDnsARecordOnLaunch={"Value": False})
    stranger = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = ec2.create_subnet(VpcId=main["id"], CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    return {
        ("changed", "aws_vpc.main", "enable_dns_hostnames"),
        ("changed", "aws_vpc.main", 'tags_all["stage"]'),
        ("changed", "aws_vpc.main", 'tags_all["by"]'),
        ("changed", "aws_vpc.main", 'tags_all["Name"]'),
        ("changed", "aws_vpc.quiet", "enable_dns_support"),
        ("changed", "aws_vpc.full", "enable_network_address_usage_metrics"),
        ("changed", "aws_vpc.full", "instance_tenancy"),
        ("missing", "aws_vpc.plain"),
        ("changed", "aws_subnet.public", "map_public_ip_on_launch"),
        ("changed", "aws_subnet.six", "assign_ipv6_address_on_creation"),
        ("changed", "aws_subnet.named", "enable_resource_name_dns_a_record_on_launch"),
        ("unmanaged", "aws_vpc", stranger, None),
        ("unmanaged", "aws_subnet", other, "aws_vpc.main"),
    }


def change_gateways(case: Case, ec2: Any) -> set[Finding]:
    """Release, use, detach, tag and delete addresses and gateways."""
    main, full = case.recorded("aws_vpc.main")["id"], case.recorded("aws_vpc.full")["id"]
    ec2.release_address(AllocationId=case.recorded("aws_eip.spare")["id"])
    private = case.recorded("aws_subnet.private")["id"]
    card = ec2.create_network_interface(SubnetId=private)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.associate_address(AllocationId=case.recorded("aws_eip.idle")["id"], NetworkInterfaceId=card)
    ec2.detach_internet_gateway(InternetGatewayId=case.recorded("aws_internet_gateway.full")["id"], VpcId=full)
    ec2.delete_internet_gateway(InternetGatewayId=case.recorded("aws_internet_gateway.loose")["id"])
    nat = case.recorded("aws_nat_gateway.main")["id"]
    ec2.create_tags(Resources=[nat], Tags=[{"Key": "Name", "Value": "other"}])
    ec2.delete_nat_gateway(NatGatewayId=case.recorded("aws_nat_gateway.private")["id"])
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    public = case.recorded("aws_subnet.public")["id"]
    made = ec2.create_nat_gateway(SubnetId=public, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    log = ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[main],
        TrafficType="ACCEPT",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flow",
    )["FlowLogIds"][0]
    ec2.delete_flow_logs(FlowLogIds=[case.recorded("aws_flow_log.main")["id"]])
    ec2.delete_tags(Resources=[case.recorded("aws_flow_log.subnet")["id"]], Tags=[{"Key": "Name"}])
    return {
        ("missing", "aws_eip.spare"),
        ("changed", "aws_eip.idle", "network_interface"),
        ("changed", "aws_internet_gateway.full", "vpc_id"),
        ("missing", "aws_internet_gateway.loose"),
        ("changed", "aws_nat_gateway.main", 'tags_all["Name"]'),
        ("missing", "aws_nat_gateway.private"),
        ("unmanaged", "aws_eip", address, None),
        ("unmanaged", "aws_internet_gateway", gateway, None),
        ("unmanaged", "aws_nat_gateway", made, "aws_subnet.public"),
        ("unmanaged", "aws_flow_log", log, "aws_vpc.main"),
        ("missing", "aws_flow_log.main"),
        ("changed", "aws_flow_log.subnet", 'tags_all["Name"]'),
    }


def change_routes(case: Case, ec2: Any) -> set[Finding]:
    """Lead routes elsewhere, delete and add some, each told once whether inline or separate; move associations."""
    tables = {name: case.recorded(f"aws_route_table.{name}")["id"] for name in ("separate", "inline", "empty")}
    gateway, nat = case.recorded("aws_internet_gateway.main")["id"], case.recorded("aws_nat_gateway.main")["id"]
    separate, inline, empty = tables.values()
    ec2.replace_route(RouteTableId=separate, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.create_route(RouteTableId=separate, DestinationCidrBlock="192.168.0.0/16", GatewayId=gateway)
    ec2.delete_route(RouteTableId=separate, DestinationCidrBlock="192.0.2.0/24")
    ec2.create_route(RouteTableId=empty, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.delete_route(RouteTableId=inline, DestinationIpv6CidrBlock="::/0")
    ec2.create_route(RouteTableId=inline, DestinationCidrBlock="172.16.0.0/12", NatGatewayId=nat)
    ec2.replace_route(RouteTableId=inline, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.disassociate_route_table(AssociationId=case.recorded("aws_route_table_association.private")["id"])
    private = case.recorded("aws_subnet.private")["id"]
    moved = ec2.associate_route_table(RouteTableId=empty, SubnetId=private)["AssociationId"]
    stranger = ec2.create_route_table(VpcId=case.recorded("aws_vpc.main")["id"])["RouteTable"]["RouteTableId"]
    # A part of a table that has a row of its own.
    ec2.create_route(RouteTableId=stranger, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    # Sets are recorded in an order that hangs on ids; the local route is no difference and has no place.
    routes = [route for route in case.recorded("aws_route_table.inline")["route"] if route["gateway_id"] != "local"]
    gone, out = ([route["ipv6_cidr_block"] for route in routes].index(block) for block in ("::/0", ""))
    return {
        ("changed", "aws_route.out", "nat_gateway_id"),
        ("changed", "aws_route.out", "gateway_id"),
        ("missing", "aws_route.gone"),
        ("unmanaged", "aws_route", f"{separate}_192.168.0.0/16", "aws_route_table.separate"),
        ("unmanaged", "aws_route", f"{empty}_0.0.0.0/0", "aws_route_table.empty"),
        ("changed", "aws_route_table.inline", f"route[{gone}]"),
        ("changed", "aws_route_table.inline", f"route[{out}].gateway_id"),
        ("changed", "aws_route_table.inline", f"route[{out}].nat_gateway_id"),
        ("changed", "aws_route_table.inline", "route[3]"),
        ("missing", "aws_route_table_association.private"),
        ("unmanaged", "aws_route_table_association", moved, "aws_route_table.empty"),
        ("unmanaged", "aws_route_table", stranger, "aws_vpc.main"),
    }


def change_endpoints(case: Case, ec2: Any) -> set[Finding]:
    """Change the policy and the lists of endpoints, delete and make one."""
    s3, sqs = (case.recorded(f"aws_vpc_endpoint.{name}")["id"] for name in ("s3", "sqs"))
    empty, public = case.recorded("aws_route_table.empty")["id"], case.recorded("aws_subnet.public")["id"]
    main, group = case.recorded("aws_vpc.main")["id"], case.recorded("aws_security_group.endpoint")["id"]
    ec2.modify_vpc_endpoint(VpcEndpointId=s3, PolicyDocument=policy("*"), RemoveRouteTableIds=[empty])
    other = ec2.create_security_group(GroupName="other", Description="other", VpcId=main)["GroupId"]
    ec2.modify_vpc_endpoint(
        VpcEndpointId=sqs, RemoveSubnetIds=[public], RemoveSecurityGroupIds=[group], AddSecurityGroupIds=[other]
    )
    ec2.create_tags(Resources=[sqs], Tags=[{"Key": "by", "Value": "hand"}])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[case.recorded("aws_vpc_endpoint.dynamodb")["id"]])
    made = ec2.create_vpc_endpoint(VpcId=main, ServiceName="com.amazonaws.us-east-1.kms", VpcEndpointType="Interface")
    table = case.recorded("aws_vpc_endpoint.s3")["route_table_ids"].index(empty)
    subnet = case.recorded("aws_vpc_endpoint.sqs")["subnet_ids"].index(public)
    return {
        ("changed", "aws_vpc_endpoint.s3", "policy"),
        ("changed", "aws_vpc_endpoint.s3", f"route_table_ids[{table}]"),
        ("changed", "aws_vpc_endpoint.sqs", "security_group_ids[0]"),
        ("changed", "aws_vpc_endpoint.sqs", "security_group_ids[1]"),
        ("changed", "aws_vpc_endpoint.sqs", f"subnet_ids[{subnet}]"),
        ("changed", "aws_vpc_endpoint.sqs", 'tags_all["by"]'),
        ("missing", "aws_vpc_endpoint.dynamodb"),
        ("unmanaged", "aws_vpc_endpoint", made["VpcEndpoint"]["VpcEndpointId"], "aws_vpc.main"),
    }


def test_network_agrees_with_terraform(case: Case) -> None:
    """Silent after apply and rewriting; then exactly what was changed, routes once whether inline or separate."""
    case.apply(ESTATE)
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)
    ec2 = case.client("ec2")
    ec2.modify_vpc_endpoint(
        VpcEndpointId=case.recorded("aws_vpc_endpoint.s3")["id"], PolicyDocument=policy("s3:ListBucket", "s3:GetObject")
    )
    case.assert_silent(case.detect(types=TYPES))

    expected = change_vpcs(case, ec2) | change_routes(case, ec2)
    expected |= change_gateways(case, ec2) | change_endpoints(case, ec2)
    changed = case.detect(types=TYPES)
    case.assert_exactly(changed, expected)
    case.compare_with_referee(changed)
