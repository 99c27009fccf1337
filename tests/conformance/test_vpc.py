"""VPCs, subnets, routes, gateways, addresses, endpoints and flow logs held to Terraform's provider."""

import json

from conformance.harness import Case

ESTATE = """
resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "main", stage = "live" }
}
resource "aws_vpc" "plain" { cidr_block = "10.1.0.0/16" }

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

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "main" }
}
resource "aws_eip" "nat" {
  domain = "vpc"
  tags   = { Name = "nat" }
}
resource "aws_eip" "spare" { domain = "vpc" }
resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public.id
  tags          = { Name = "main" }
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
resource "aws_route_table" "inline" {
  vpc_id = aws_vpc.main.id
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
  route_table_ids = [aws_route_table.separate.id]
  tags            = { Name = "s3" }
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
  vpc_id          = aws_vpc.main.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn
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


def test_network_agrees_with_terraform(case: Case) -> None:
    """Silent after apply; then exactly what was changed behind its back, routes once whether inline or separate."""
    case.apply(ESTATE)
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ec2 = case.client("ec2")
    ids = {name: case.recorded(f"aws_{name}")["id"] for name in (
        "vpc.main", "vpc.plain", "subnet.public", "subnet.private", "route_table.separate", "route_table.inline",
        "route_table.empty", "internet_gateway.main", "eip.spare", "eip.nat", "vpc_endpoint.s3", "flow_log.main",
        "route_table_association.private", "nat_gateway.main",
    )}  # fmt: skip
    ec2.modify_vpc_attribute(VpcId=ids["vpc.main"], EnableDnsHostnames={"Value": False})
    ec2.create_tags(
        Resources=[ids["vpc.main"]], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}]
    )
    ec2.delete_tags(Resources=[ids["vpc.main"]], Tags=[{"Key": "Name"}])
    ec2.modify_subnet_attribute(SubnetId=ids["subnet.public"], MapPublicIpOnLaunch={"Value": False})
    ec2.delete_vpc(VpcId=ids["vpc.plain"])
    ec2.release_address(AllocationId=ids["eip.spare"])
    ec2.replace_route(
        RouteTableId=ids["route_table.separate"],
        DestinationCidrBlock="0.0.0.0/0",
        GatewayId=ids["internet_gateway.main"],
    )
    ec2.create_route(
        RouteTableId=ids["route_table.separate"],
        DestinationCidrBlock="192.168.0.0/16",
        GatewayId=ids["internet_gateway.main"],
    )
    ec2.create_route(
        RouteTableId=ids["route_table.empty"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=ids["nat_gateway.main"]
    )
    ec2.delete_route(RouteTableId=ids["route_table.inline"], DestinationIpv6CidrBlock="::/0")
    ec2.create_route(
        RouteTableId=ids["route_table.inline"],
        DestinationCidrBlock="172.16.0.0/12",
        NatGatewayId=ids["nat_gateway.main"],
    )
    policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"},
    }
    ec2.modify_vpc_endpoint(VpcEndpointId=ids["vpc_endpoint.s3"], PolicyDocument=json.dumps(policy))
    ec2.delete_flow_logs(FlowLogIds=[ids["flow_log.main"]])
    ec2.disassociate_route_table(AssociationId=ids["route_table_association.private"])
    stranger = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=ids["vpc.main"], CidrBlock="10.0.9.0/24")["Subnet"]["SubnetId"]
    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_vpc.main", "enable_dns_hostnames"),
            ("changed", "aws_vpc.main", 'tags_all["stage"]'),
            ("changed", "aws_vpc.main", 'tags_all["by"]'),
            ("changed", "aws_vpc.main", 'tags_all["Name"]'),
            ("changed", "aws_subnet.public", "map_public_ip_on_launch"),
            ("missing", "aws_vpc.plain"),
            ("missing", "aws_eip.spare"),
            ("changed", "aws_route.out", "nat_gateway_id"),
            ("changed", "aws_route.out", "gateway_id"),
            (
                "unmanaged",
                "aws_route",
                f"{ids['route_table.separate']}_192.168.0.0/16",
                "aws_route_table.separate",
            ),
            ("unmanaged", "aws_route", f"{ids['route_table.empty']}_0.0.0.0/0", "aws_route_table.empty"),
            ("changed", "aws_route_table.inline", "route[0]"),
            ("changed", "aws_route_table.inline", "route[3]"),
            ("changed", "aws_vpc_endpoint.s3", "policy"),
            ("missing", "aws_flow_log.main"),
            ("missing", "aws_route_table_association.private"),
            ("unmanaged", "aws_vpc", stranger, None),
            ("unmanaged", "aws_subnet", subnet, "aws_vpc.main"),
        },
    )
    case.compare_with_referee(changed)
