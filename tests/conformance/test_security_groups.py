"""Security groups and rules in their three forms, network ACLs and key pairs held to Terraform's provider.

What moto does not do, so that only tests/catalog/test_network.py covers it: ICMP types of network ACL rules (it forgets
them), descriptions of prefix lists, groups of other accounts.
"""

from typing import Any

from conformance.harness import Case, Finding

KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQD3F6tyPEFEzV0LX3X8BsXdMsQz1x2cEikKDEY0aIj41qgxMCP/iteneqXSIFZB"
    "p5vizPvaoIR3Um9xK7PGoW8giupGn+EPuxIA4cDM4vzOqOkiMPhz5XK0whEjkVzTo4+S0puvDZuwIsdiW9mxhJc7tgBNL0cYlWSY"
    "Vkz4G/fslNfRPW5mYAM49f4fhtxPb5ok4Q2Lg9dPKVHO/Bgeu5woMc7RY0p1ej6D4CKFE6lymSDJpW0YHX/wqE9+cfEauh7xZcG0"
    "q9t2ta6F6fmX0agvpFyZo8aFbXeUBr7osSCJNgvavWbM/06niWrOvYX2xwWdhXmXSrbX8ZbabVohBK41 me@example"
)
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEwsSB9HbTeKCdkSlMZeTq9jZggaPJUwAsUi/7wakB+B other@example"

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
resource "aws_key_pair" "swapped" {{
  key_name   = "swapped"
  public_key = "{KEY}"
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
  ingress {{
    protocol        = "udp"
    from_port       = 514
    to_port         = 514
    prefix_list_ids = ["PREFIX_LIST"]
  }}
  ingress {{
    protocol    = "50"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["10.7.0.0/16"]
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
resource "aws_security_group_rule" "described" {{
  security_group_id = aws_security_group.legacy.id
  type              = "ingress"
  protocol          = "6"
  from_port         = 8443
  to_port           = 8443
  ipv6_cidr_blocks  = ["fd00::/8"]
  description       = "first"
}}
resource "aws_security_group_rule" "listed" {{
  security_group_id = aws_security_group.legacy.id
  type              = "egress"
  protocol          = "51"
  from_port         = 0
  to_port           = 0
  prefix_list_ids   = ["PREFIX_LIST"]
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
resource "aws_vpc_security_group_ingress_rule" "list" {{
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "6"
  from_port         = 5433
  to_port           = 5433
  prefix_list_id    = "PREFIX_LIST"
  tags              = {{ team = "shop", cost = "42" }}
}}
resource "aws_vpc_security_group_ingress_rule" "six" {{
  security_group_id = aws_security_group.modern.id
  ip_protocol       = "icmpv6"
  from_port         = -1
  to_port           = -1
  cidr_ipv6         = "::/0"
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
    protocol        = "esp"
    rule_no         = 110
    action          = "DENY"
    ipv6_cidr_block = "FD00::/8"
    from_port       = 0
    to_port         = 0
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
resource "aws_network_acl" "separate" {{ vpc_id = aws_vpc.main.id }}
resource "aws_network_acl_rule" "web" {{
  network_acl_id = aws_network_acl.separate.id
  rule_number    = 100
  protocol       = "tcp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  from_port      = 443
  to_port        = 443
}}
resource "aws_network_acl_rule" "out" {{
  network_acl_id  = aws_network_acl.separate.id
  egress          = true
  rule_number     = 100
  protocol        = "-1"
  rule_action     = "allow"
  ipv6_cidr_block = "::/0"
}}
resource "aws_network_acl_rule" "gone" {{
  network_acl_id = aws_network_acl.separate.id
  rule_number    = 300
  protocol       = "udp"
  rule_action    = "deny"
  cidr_block     = "0.0.0.0/0"
  from_port      = 53
  to_port        = 53
}}
"""

TYPES = (
    "aws_vpc",
    "aws_subnet",
    "aws_security_group",
    "aws_security_group_rule",
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_network_acl",
    "aws_network_acl_rule",
    "aws_key_pair",
)
INGRESS = "aws_vpc_security_group_ingress_rule"


def permission(protocol: str, port: int, cidr: str, description: str = "") -> list[dict[str, Any]]:
    """One permission as the API takes it."""
    source = {"CidrIp": cidr} | ({"Description": description} if description else {})
    return [{"IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": [source]}]


def rule_id(ec2: Any, group: str, port: int) -> str:
    """The id of the rule of a group at a port."""
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return next(str(rule["SecurityGroupRuleId"]) for rule in rules if rule.get("FromPort") == port)


def group_id(case: Case, name: str) -> str:
    """The id of a group of the estate."""
    return str(case.recorded(f"aws_security_group.{name}")["id"])


def rewrite(case: Case, ec2: Any) -> None:
    """Take rules away and put them back one by one, in another order; add what every VPC has, again."""
    inline, legacy = group_id(case, "inline"), group_id(case, "legacy")
    first, second = (permission("tcp", 443, cidr, "web") for cidr in ("10.0.0.0/8", "192.168.0.0/16"))
    ec2.revoke_security_group_ingress(GroupId=inline, IpPermissions=first)
    ec2.revoke_security_group_ingress(GroupId=inline, IpPermissions=second)
    ec2.authorize_security_group_ingress(GroupId=inline, IpPermissions=second)
    ec2.authorize_security_group_ingress(GroupId=inline, IpPermissions=first)
    middle = permission("tcp", 80, "10.2.0.0/16", "three networks")
    ec2.revoke_security_group_ingress(GroupId=legacy, IpPermissions=middle)
    ec2.authorize_security_group_ingress(GroupId=legacy, IpPermissions=middle)


def change_inline_and_legacy(case: Case, ec2: Any) -> set[Finding]:
    """Open and close rules of groups whose state records them inline or as aws_security_group_rule."""
    inline, other, legacy = (group_id(case, name) for name in ("inline", "other", "legacy"))
    ec2.authorize_security_group_ingress(GroupId=inline, IpPermissions=permission("tcp", 2222, "0.0.0.0/0"))
    ec2.revoke_security_group_ingress(GroupId=inline, IpPermissions=permission("tcp", 443, "10.0.0.0/8", "web"))
    ec2.create_tags(Resources=[inline], Tags=[{"Key": "team", "Value": "other"}])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=permission("tcp", 3389, "0.0.0.0/0"))
    ec2.authorize_security_group_ingress(GroupId=legacy, IpPermissions=permission("tcp", 23, "0.0.0.0/0"))
    ec2.revoke_security_group_ingress(
        GroupId=legacy, IpPermissions=permission("tcp", 80, "10.2.0.0/16", "three networks")
    )
    ec2.revoke_security_group_ingress(GroupId=legacy, IpPermissions=permission("tcp", 9999, "10.9.0.0/16"))
    described = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443}
    described["Ipv6Ranges"] = [{"CidrIpv6": "fd00::/8", "Description": "second"}]
    ec2.update_security_group_rule_descriptions_ingress(GroupId=legacy, IpPermissions=[described])
    return {
        ("changed", "aws_security_group.inline", f"ingress[{web_place(case)}]"),
        ("changed", "aws_security_group.inline", "ingress[13]"),
        ("changed", "aws_security_group.inline", 'tags_all["team"]'),
        ("unmanaged", INGRESS, rule_id(ec2, other, 3389), "aws_security_group.other"),
        ("unmanaged", INGRESS, rule_id(ec2, legacy, 23), "aws_security_group.legacy"),
        ("changed", "aws_security_group_rule.web", "cidr_blocks[1]"),
        ("changed", "aws_security_group_rule.described", "description"),
        ("missing", "aws_security_group_rule.gone"),
    }


def web_place(case: Case) -> int:
    """The place of the rule for 10.0.0.0/8 among the recorded rules, each source counted as a rule."""
    kinds = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
    sources: list[str] = []
    for rule in case.recorded("aws_security_group.inline")["ingress"]:
        sources += [source for kind in kinds for source in rule[kind]] + (["self"] if rule["self"] else [])
    return sources.index("10.0.0.0/8")


def change_modern(case: Case, ec2: Any) -> set[Finding]:
    """Change, tag, revoke and open rules that are resources of their own; make a group with a rule."""
    modern, main = group_id(case, "modern"), case.recorded("aws_vpc.main")["id"]
    web, other, listed = (case.recorded(f"{INGRESS}.{name}")["id"] for name in ("web", "other", "list"))
    opened = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8081, "CidrIpv4": "0.0.0.0/0", "Description": "open"}
    ec2.modify_security_group_rules(
        GroupId=modern, SecurityGroupRules=[{"SecurityGroupRuleId": web, "SecurityGroupRule": opened}]
    )
    ec2.authorize_security_group_ingress(GroupId=modern, IpPermissions=permission("tcp", 21, "0.0.0.0/0"))
    ec2.revoke_security_group_ingress(GroupId=modern, SecurityGroupRuleIds=[other])
    # The provider itself panics when one key of a rule's tags was replaced by another.
    ec2.create_tags(Resources=[listed], Tags=[{"Key": "team", "Value": "other"}])
    ec2.delete_tags(Resources=[listed], Tags=[{"Key": "cost"}])
    ec2.create_tags(Resources=[web], Tags=[{"Key": "by", "Value": "hand"}])
    stranger = ec2.create_security_group(GroupName="stranger", Description="by hand", VpcId=main)["GroupId"]
    # A part of a group that has a row of its own; a rule in a default group has no such row.
    ec2.authorize_security_group_ingress(GroupId=stranger, IpPermissions=permission("tcp", 25, "0.0.0.0/0"))
    default = case.recorded("aws_vpc.main")["default_security_group_id"]
    ec2.authorize_security_group_ingress(GroupId=default, IpPermissions=permission("tcp", 26, "0.0.0.0/0"))
    return {
        ("changed", f"{INGRESS}.web", "cidr_ipv4"),
        ("changed", f"{INGRESS}.web", "to_port"),
        ("changed", f"{INGRESS}.web", "description"),
        ("missing", f"{INGRESS}.other"),
        ("changed", f"{INGRESS}.list", 'tags_all["team"]'),
        ("changed", f"{INGRESS}.web", 'tags_all["by"]'),
        ("changed", f"{INGRESS}.list", 'tags_all["cost"]'),
        ("unmanaged", INGRESS, rule_id(ec2, modern, 21), "aws_security_group.modern"),
        ("unmanaged", "aws_security_group", stranger, "aws_vpc.main"),
        ("unmanaged", INGRESS, rule_id(ec2, default, 26), None),
    }


def entry(number: int, cidr: str, *, port: int = 443, egress: bool = False) -> dict[str, Any]:
    """One entry of a network ACL as the API takes it."""
    ports = {"From": port, "To": port}
    bare = {"RuleNumber": number, "Protocol": "6", "RuleAction": "allow", "Egress": egress}
    return bare | {"CidrBlock": cidr, "PortRange": ports}


def change_lists(case: Case, ec2: Any) -> set[Finding]:
    """Change, delete and add entries of network ACLs, inline and separate; move a subnet; make a list."""
    main, separate = (case.recorded(f"aws_network_acl.{name}") for name in ("main", "separate"))
    ec2.replace_network_acl_entry(NetworkAclId=main["id"], **entry(100, "0.0.0.0/0"))
    ec2.create_network_acl_entry(NetworkAclId=main["id"], **entry(120, "10.1.0.0/16", port=22))
    ec2.replace_network_acl_entry(NetworkAclId=separate["id"], **entry(100, "10.0.0.0/8", port=444))
    ec2.delete_network_acl_entry(NetworkAclId=separate["id"], RuleNumber=300, Egress=False)
    ec2.create_network_acl_entry(NetworkAclId=separate["id"], **entry(10, "0.0.0.0/0", egress=True))
    lists = ec2.describe_network_acls(NetworkAclIds=[main["id"]])["NetworkAcls"]
    (association,) = (item["NetworkAclAssociationId"] for item in lists[0]["Associations"])
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=separate["id"])
    default = case.recorded("aws_vpc.main")["default_network_acl_id"]
    ec2.create_network_acl_entry(NetworkAclId=default, **entry(50, "192.0.2.0/24"))
    stranger = ec2.create_network_acl(VpcId=case.recorded("aws_vpc.main")["id"])["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(NetworkAclId=stranger, **entry(50, "192.0.2.0/24"))
    web = [rule["rule_no"] for rule in main["ingress"]].index(100)
    rules = "aws_network_acl_rule"
    return {
        ("changed", "aws_network_acl.main", f"ingress[{web}].cidr_block"),
        ("changed", "aws_network_acl.main", "ingress[4]"),
        ("changed", "aws_network_acl.main", "subnet_ids[0]"),
        ("changed", "aws_network_acl.separate", "subnet_ids[0]"),
        ("changed", f"{rules}.web", "from_port"),
        ("changed", f"{rules}.web", "to_port"),
        ("missing", f"{rules}.gone"),
        ("unmanaged", rules, f"{separate['id']}:10:6:true", "aws_network_acl.separate"),
        ("unmanaged", rules, f"{default}:50:6:false", None),
        ("unmanaged", "aws_network_acl", stranger, "aws_vpc.main"),
    }


def change_keys(ec2: Any) -> set[Finding]:
    """Delete a key pair, put another key under the name of one, make one."""
    for name in ("me", "swapped"):
        ec2.delete_key_pair(KeyName=name)
    ec2.import_key_pair(KeyName="swapped", PublicKeyMaterial=OTHER_KEY.encode())
    ec2.import_key_pair(KeyName="stranger", PublicKeyMaterial=OTHER_KEY.encode())
    return {
        ("missing", "aws_key_pair.me"),
        ("changed", "aws_key_pair.swapped", "fingerprint"),
        ("unmanaged", "aws_key_pair", "stranger", None),
    }


def test_rules_agree_with_terraform(case: Case) -> None:
    """Silent after apply and rewriting in every form; then each change once: on the parent or as a rule."""
    ec2 = case.client("ec2")
    prefixes = ec2.create_managed_prefix_list(PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4")
    case.apply(ESTATE.replace("PREFIX_LIST", prefixes["PrefixList"]["PrefixListId"]))
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)
    rewrite(case, ec2)
    case.assert_silent(case.detect(types=TYPES))

    expected = change_inline_and_legacy(case, ec2) | change_modern(case, ec2)
    expected |= change_lists(case, ec2) | change_keys(ec2)
    changed = case.detect(types=TYPES)
    case.assert_exactly(changed, expected)
    explained = {
        # To the provider a rule that lost one of its sources is gone altogether.
        ("aws_security_group_rule.web", "*"): "some_sources_are_left",
    }
    case.compare_with_referee(changed, explained=explained)
