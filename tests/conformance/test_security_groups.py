"""Security groups and rules in their three forms, network ACLs and key pairs held to Terraform's provider."""

from typing import Any

from conformance.harness import Case

KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD3F6tyPEFEzV0LX3X8BsXdMsQz1x2cEikKDEY0aIj41qgxMCP/iteneqXSIFZBp5vizPvaoIR3Um9xK7PGoW8giupGn+EPuxIA4cDM4vzOqOkiMPhz5XK0whEjkVzTo4+S0puvDZuwIsdiW9mxhJc7tgBNL0cYlWSYVkz4G/fslNfRPW5mYAM49f4fhtxPb5ok4Q2Lg9dPKVHO/Bgeu5woMc7RY0p1ej6D4CKFE6lymSDJpW0YHX/wqE9+cfEauh7xZcG0q9t2ta6F6fmX0agvpFyZo8aFbXeUBr7osSCJNgvavWbM/06niWrOvYX2xwWdhXmXSrbX8ZbabVohBK41 me@example"

ESTATE = f"""
resource "aws_vpc" "main" {{ cidr_block = "10.0.0.0/16" }}
resource "aws_subnet" "main" {{
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}}
resource "aws_key_pair" "me" {{
  key_name   = "me"
  public_key = "{KEY}"
  tags       = {{ team = "shop" }}
}}

resource "aws_security_group" "inline" {{
  name        = "inline"
  description = "rules written in the group"
  vpc_id      = aws_vpc.main.id
  ingress {{
    description = "web"
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
    ipv6_cidr_blocks = ["fd00::/8"]
  }}
  ingress {{
    protocol  = "tcp"
    from_port = 22
    to_port   = 22
    self      = true
    security_groups = [aws_security_group.other.id]
  }}
  egress {{
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }}
  tags = {{ team = "shop" }}
}}
resource "aws_security_group" "other" {{
  name   = "other"
  vpc_id = aws_vpc.main.id
}}

resource "aws_security_group" "legacy" {{
  name   = "legacy"
  vpc_id = aws_vpc.main.id
}}
resource "aws_security_group_rule" "web" {{
  security_group_id = aws_security_group.legacy.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_blocks       = ["10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16"]
  description       = "three networks"
}}
resource "aws_security_group_rule" "from_other" {{
  security_group_id        = aws_security_group.legacy.id
  type                     = "ingress"
  protocol                 = "udp"
  from_port                = 53
  to_port                  = 53
  source_security_group_id = aws_security_group.other.id
}}
resource "aws_security_group_rule" "self" {{
  security_group_id = aws_security_group.legacy.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 7000
  to_port           = 7001
  self              = true
}}
resource "aws_security_group_rule" "out" {{
  security_group_id = aws_security_group.legacy.id
  type              = "egress"
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
}}
resource "aws_security_group_rule" "gone" {{
  security_group_id = aws_security_group.legacy.id
  type              = "ingress"
  protocol          = "tcp"
  from_port         = 9999
  to_port           = 9999
  cidr_blocks       = ["10.9.0.0/16"]
}}

resource "aws_security_group" "modern" {{
  name   = "modern"
  vpc_id = aws_vpc.main.id
}}
resource "aws_vpc_security_group_ingress_rule" "web" {{
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "tcp"
  from_port         = 8080
  to_port           = 8080
  cidr_ipv4         = "10.0.0.0/8"
  description       = "modern web"
  tags              = {{ team = "shop" }}
}}
resource "aws_vpc_security_group_ingress_rule" "other" {{
  security_group_id            = aws_security_group.modern.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.other.id
}}
resource "aws_vpc_security_group_egress_rule" "all" {{
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}}

resource "aws_network_acl" "main" {{
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.main.id]
  ingress {{
    protocol   = "tcp"
    rule_no    = 100
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }}
  ingress {{
    protocol   = "icmp"
    rule_no    = 110
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 0
    to_port    = 0
    icmp_type  = 8
    icmp_code  = -1
  }}
  egress {{
    protocol   = "-1"
    rule_no    = 200
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }}
  tags = {{ team = "shop" }}
}}
"""

TYPES = (
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_network_acl",
    "aws_key_pair",
)


def permission(protocol: str, port: int, cidr: str, description: str = "") -> list[dict[str, Any]]:
    """One permission as the API takes it."""
    source = {"CidrIp": cidr} | ({"Description": description} if description else {})
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [source]}]


def rule_id(ec2: Any, group: str, port: int) -> str:
    """The id of the rule of a group at a port."""
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return next(rule["SecurityGroupRuleId"] for rule in rules if rule.get("FromPort") == port)


def test_rules_agree_with_terraform(case: Case) -> None:
    """Silent after apply in every form; then each change once: on the group, on the rule, or as an unmanaged rule."""
    case.apply(ESTATE)
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    ec2 = case.client("ec2")
    group = {
        name: case.recorded(f"aws_security_group.{name}")["id"] for name in ("inline", "other", "legacy", "modern")
    }
    ec2.authorize_security_group_ingress(GroupId=group["inline"], IpPermissions=permission("tcp", 22, "0.0.0.0/0"))
    ec2.revoke_security_group_ingress(
        GroupId=group["inline"], IpPermissions=permission("tcp", 443, "10.0.0.0/8", "web")
    )
    ec2.authorize_security_group_ingress(GroupId=group["other"], IpPermissions=permission("tcp", 3389, "0.0.0.0/0"))
    ec2.authorize_security_group_ingress(GroupId=group["legacy"], IpPermissions=permission("tcp", 23, "0.0.0.0/0"))
    ec2.revoke_security_group_ingress(
        GroupId=group["legacy"], IpPermissions=permission("tcp", 80, "10.2.0.0/16", "three networks")
    )
    ec2.revoke_security_group_ingress(GroupId=group["legacy"], IpPermissions=permission("tcp", 9999, "10.9.0.0/16"))
    ec2.authorize_security_group_ingress(GroupId=group["modern"], IpPermissions=permission("tcp", 21, "0.0.0.0/0"))
    web = case.recorded("aws_vpc_security_group_ingress_rule.web")["id"]
    ec2.modify_security_group_rules(
        GroupId=group["modern"],
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": web,
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 8080,
                    "ToPort": 8080,
                    "CidrIpv4": "0.0.0.0/0",
                    "Description": "modern web",
                },
            }
        ],
    )
    other = case.recorded("aws_vpc_security_group_ingress_rule.other")["id"]
    ec2.revoke_security_group_ingress(GroupId=group["modern"], SecurityGroupRuleIds=[other])
    ec2.create_tags(Resources=[group["inline"]], Tags=[{"Key": "team", "Value": "other"}])
    acl = case.recorded("aws_network_acl.main")["id"]
    ec2.replace_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Protocol="6",
        RuleAction="allow",
        Egress=False,
        CidrBlock="0.0.0.0/0",
        PortRange={"From": 443, "To": 443},
    )
    ec2.delete_key_pair(KeyName="me")
    stranger = ec2.create_security_group(
        GroupName="stranger", Description="by hand", VpcId=case.recorded("aws_vpc.main")["id"]
    )
    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_security_group.inline", "ingress[0]"),
            ("changed", "aws_security_group.inline", "ingress[5]"),
            ("changed", "aws_security_group.inline", 'tags_all["team"]'),
            (
                "unmanaged",
                "aws_vpc_security_group_ingress_rule",
                rule_id(ec2, group["other"], 3389),
                "aws_security_group.other",
            ),
            (
                "unmanaged",
                "aws_vpc_security_group_ingress_rule",
                rule_id(ec2, group["legacy"], 23),
                "aws_security_group.legacy",
            ),
            ("changed", "aws_security_group_rule.web", "cidr_blocks[1]"),
            ("missing", "aws_security_group_rule.gone"),
            (
                "unmanaged",
                "aws_vpc_security_group_ingress_rule",
                rule_id(ec2, group["modern"], 21),
                "aws_security_group.modern",
            ),
            ("changed", "aws_vpc_security_group_ingress_rule.web", "cidr_ipv4"),
            ("missing", "aws_vpc_security_group_ingress_rule.other"),
            ("changed", "aws_network_acl.main", "ingress[0].cidr_block"),
            ("missing", "aws_key_pair.me"),
            ("unmanaged", "aws_security_group", stranger["GroupId"], "aws_vpc.main"),
        },
    )
    case.compare_with_referee(changed)
