"""What AWS makes by itself, and what a state manages by types that the catalog lacks, held to Terraform's provider."""

from collections.abc import Iterator
from typing import Any

from conformance.harness import Case, Finding

ESTATE = """
resource "aws_default_vpc" "this" { tags = { Name = "default" } }
resource "aws_default_subnet" "a" { availability_zone = "us-east-1a" }

resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "main" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}
resource "aws_internet_gateway" "main" {}
resource "aws_internet_gateway_attachment" "main" {
  internet_gateway_id = aws_internet_gateway.main.id
  vpc_id              = aws_vpc.main.id
}
resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.0.0.0/8"]
  }
}
resource "aws_default_route_table" "main" {
  default_route_table_id = aws_vpc.main.default_route_table_id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway_attachment.main.internet_gateway_id
  }
}
resource "aws_default_network_acl" "main" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id
  subnet_ids             = [aws_subnet.main.id]
  ingress {
    protocol   = "tcp"
    rule_no    = 50
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }
}

resource "aws_vpc" "moved" { cidr_block = "10.1.0.0/16" }
resource "aws_route_table" "moved" { vpc_id = aws_vpc.moved.id }
resource "aws_main_route_table_association" "moved" {
  vpc_id         = aws_vpc.moved.id
  route_table_id = aws_route_table.moved.id
}
resource "aws_subnet" "moved" {
  vpc_id     = aws_vpc.moved.id
  cidr_block = "10.1.1.0/24"
}
resource "aws_network_acl" "moved" { vpc_id = aws_vpc.moved.id }
resource "aws_network_acl_association" "moved" {
  network_acl_id = aws_network_acl.moved.id
  subnet_id      = aws_subnet.moved.id
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id       = aws_vpc.moved.id
  service_name = "com.amazonaws.us-east-1.s3"
}
resource "aws_vpc_endpoint_route_table_association" "s3" {
  vpc_endpoint_id = aws_vpc_endpoint.s3.id
  route_table_id  = aws_route_table.moved.id
}
resource "aws_vpc_endpoint_policy" "s3" {
  vpc_endpoint_id = aws_vpc_endpoint.s3.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = "*", Action = "s3:GetObject", Resource = "*" }] })
}
resource "aws_eip" "held" { domain = "vpc" }
resource "aws_network_interface" "held" { subnet_id = aws_subnet.main.id }
resource "aws_eip_association" "held" {
  allocation_id        = aws_eip.held.id
  network_interface_id = aws_network_interface.held.id
}
"""

LACKING = (
    "aws_default_network_acl",
    "aws_default_route_table",
    "aws_default_security_group",
    "aws_default_subnet",
    "aws_default_vpc",
    "aws_eip_association",
    "aws_internet_gateway_attachment",
    "aws_main_route_table_association",
    "aws_network_acl_association",
    "aws_network_interface",
    "aws_vpc_endpoint_policy",
    "aws_vpc_endpoint_route_table_association",
)
GAPS = {(name, "unsupported") for name in LACKING}


def test_adopted_objects_are_not_unmanaged(case: Case) -> None:
    """Types without an entry are gaps, yet what they manage is neither unmanaged nor compared on its parent."""
    case.apply(ESTATE)
    clean = case.detect()
    case.assert_silent(clean, gaps=GAPS)
    referee = case.referee()
    listed = {row.address.partition(".")[0] for row in referee.changed}
    case.compare_with_referee(
        clean, referee, explained={(f"{name}.*", "*"): "unsupported" for name in listed.intersection(LACKING)}
    )

    ec2 = case.client("ec2")
    main, moved = case.recorded("aws_vpc.main"), case.recorded("aws_vpc.moved")
    gateway = case.recorded("aws_internet_gateway.main")["id"]
    opened = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=main["default_security_group_id"], IpPermissions=opened)
    ec2.create_route(
        RouteTableId=main["default_route_table_id"], DestinationCidrBlock="192.0.2.0/24", GatewayId=gateway
    )
    case.assert_silent(case.detect(), gaps=GAPS)

    # A stranger in an adopted VPC is one, and so is a rule in a default group that nothing manages.
    default = case.recorded("aws_default_vpc.this")["id"]
    subnet = ec2.create_subnet(VpcId=default, CidrBlock="172.31.240.0/20")["Subnet"]["SubnetId"]
    group = moved["default_security_group_id"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=opened)
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    (rule,) = (found["SecurityGroupRuleId"] for found in rules if found["FromPort"] == 22)
    case.assert_exactly(
        case.detect(),
        {
            ("unmanaged", "aws_subnet", subnet, "aws_default_vpc.this"),
            ("unmanaged", "aws_vpc_security_group_ingress_rule", rule, None),
        },
        gaps=GAPS,
    )


def test_defaults_are_shown_when_asked_for(case: Case) -> None:
    """The default VPC and what every VPC is born with is no finding, unless the user includes defaults."""
    case.apply('resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }')
    clean = case.detect()
    case.assert_silent(clean)
    assert clean.summary.defaults > 0
    assert clean.summary.unmanaged == 0
    shown = case.detect(include_defaults=True)
    expected = set(defaults_of(case.client("ec2"), case.recorded("aws_vpc.main")["id"]))
    found = {("unmanaged", drift.type, drift.id, drift.parent) for drift in shown.drifts if drift.type in DEFAULT_TYPES}
    assert found == expected


DEFAULT_TYPES = (
    "aws_vpc",
    "aws_subnet",
    "aws_internet_gateway",
    "aws_route_table",
    "aws_network_acl",
    "aws_security_group",
)


def defaults_of(ec2: Any, managed: str) -> Iterator[Finding]:
    """The objects that AWS made, as rows of a report; the parent is named where it is managed."""
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        if vpc["VpcId"] != managed:
            yield "unmanaged", "aws_vpc", vpc["VpcId"], None
    listed = (
        ("aws_subnet", "SubnetId", ec2.describe_subnets()["Subnets"]),
        ("aws_route_table", "RouteTableId", ec2.describe_route_tables()["RouteTables"]),
        ("aws_network_acl", "NetworkAclId", ec2.describe_network_acls()["NetworkAcls"]),
        ("aws_security_group", "GroupId", ec2.describe_security_groups()["SecurityGroups"]),
    )
    for kind, identity, items in listed:
        for item in items:
            yield "unmanaged", kind, item[identity], "aws_vpc.main" if item["VpcId"] == managed else None
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        yield "unmanaged", "aws_internet_gateway", gateway["InternetGatewayId"], None
