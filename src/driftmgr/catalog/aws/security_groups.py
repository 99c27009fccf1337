"""Security groups and their rules, in the three forms that Terraform has for them.

The remote objects are the rules that DescribeSecurityGroupRules lists, one source each; an ``aws_security_group_rule``
stands for several of them. Source: provider ``internal/service/ec2/vpc_security_group.go``,
``vpc_security_group_rule.go``, ``vpc_security_group_ingress_rule.go``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from driftmgr.catalog.aws.vpc import IN_VPC, ec2_arn, made_by
from driftmgr.catalog.entry import (
    CRITICAL,
    Assembled,
    Attribute,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import cidr, ip_protocol, same_cidr, same_ip_protocol
from driftmgr.catalog.transforms import aws_tags
from driftmgr.model import RemoteObject

INGRESS_RULE, EGRESS_RULE = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"
_LISTS = ("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups")
_DESCRIBE_GROUPS = aws_call("ec2.describe_security_groups", "SecurityGroups", params={"MaxResults": 1000})


# These have ports or types; a rule for any other protocol is for all of it:
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html
_WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")


def _ports(protocol: str, first: Any, last: Any) -> tuple[Any, Any]:
    # Without ports AWS leaves them out or says -1, Terraform records 0.
    return (first or 0, last or 0) if ip_protocol(protocol) in _WITH_PORTS else (0, 0)


def one_source_each(rules: Any) -> list[dict[str, Any]]:
    """Rules with one source each: AWS merges and splits what HCL wrote together."""
    single: list[dict[str, Any]] = []
    for rule in rules or ():
        first, last = _ports(str(rule.get("protocol")), rule.get("from_port"), rule.get("to_port"))
        bare = {
            "protocol": ip_protocol(rule.get("protocol")),
            "from_port": first,
            "to_port": last,
            "description": rule.get("description") or "",
            "self": False,
            **{name: [] for name in _LISTS},
        }
        single += [bare | {name: [cidr(source)]} for name in _LISTS for source in rule.get(name) or ()]
        single += [bare | {"self": True}] if rule.get("self") else []
    return single


def _rules(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The permissions of a group in the provider's shape, one source each."""
    return [
        rule | {"protocol": permission.get("IpProtocol"), "from_port": first, "to_port": last}
        for permission in found["permissions"] or ()
        for first, last in (
            _ports(str(permission.get("IpProtocol")), permission.get("FromPort"), permission.get("ToPort")),
        )
        for rule in _sources(permission, found["group"], found["owner"])
    ]


def _sources(permission: dict[str, Any], group: str, owner: str) -> list[dict[str, Any]]:
    kinds = (
        ("IpRanges", "CidrIp", "cidr_blocks"),
        ("Ipv6Ranges", "CidrIpv6", "ipv6_cidr_blocks"),
        ("PrefixListIds", "PrefixListId", "prefix_list_ids"),
    )
    sources = [
        {"description": source.get("Description") or "", name: [source[member]]}
        for key, member, name in kinds
        for source in permission.get(key) or ()
    ]
    for pair in permission.get("UserIdGroupPairs") or ():
        description = {"description": pair.get("Description") or ""}
        if pair.get("GroupId") == group:
            sources.append(description | {"self": True})
        else:
            sources.append(description | {"security_groups": [_group_name(pair, owner)]})
    return [{"self": False, **{name: [] for name in _LISTS}} | source for source in sources]


def _group_name(pair: Mapping[str, Any], owner: str) -> str:
    account = pair.get("UserId")
    return f"{account}/{pair.get('GroupId')}" if account and account != owner else str(pair.get("GroupId"))


def _permissions(member: str) -> Attribute:
    path = f"{{permissions: {member}, group: GroupId, owner: OwnerId}}"
    return Attribute(path, read=_rules, normal=one_source_each)


SECURITY_GROUP = ResourceType(
    name="aws_security_group",
    criticality=CRITICAL,
    list=_DESCRIBE_GROUPS,
    id="GroupId",
    is_default="GroupName=='default'",
    owner=made_by(),
    attributes=pascal_names("description", "owner_id", "vpc_id")
    | {
        "arn": ec2_arn("security-group", "GroupId", "OwnerId"),
        "name": "GroupName",
        "ingress": _permissions("IpPermissions"),
        "egress": _permissions("IpPermissionsEgress"),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "name_prefix": "only used when the name is made; the name itself is compared",
        "revoke_rules_on_delete": "tells the provider what to do on destroy; AWS does not know it",
    },
    parents=(IN_VPC,),
    companions=(
        Companion(type="aws_default_security_group", attribute="id", inline=("egress", "ingress"), whole=True),
    ),
)


def _referenced(found: dict[str, Any]) -> str | None:
    info = found["group"]
    return _group_name(info, found["account"]) if info else None


def _rule_type(name: str, items: str, inline: str, is_default: str) -> ResourceType:
    return ResourceType(
        name=name,
        criticality=CRITICAL,
        list=aws_call("ec2.describe_security_group_rules", items, params={"MaxResults": 1000}),
        joins={"Group": Join(call=_DESCRIBE_GROUPS, on="GroupId", to="GroupId")},
        id="SecurityGroupRuleId",
        # What AWS puts into the default group of every VPC.
        is_default=f"Group.GroupName=='default' && IpProtocol=='-1' && ({is_default})",
        attributes=pascal_names("cidr_ipv4", "description", "prefix_list_id", "security_group_rule_id")
        | {
            "cidr_ipv6": Attribute("CidrIpv6", equal=same_cidr),
            "arn": ec2_arn("security-group-rule", "SecurityGroupRuleId"),
            "from_port": Attribute("FromPort", default=-1),
            "to_port": Attribute("ToPort", default=-1),
            "ip_protocol": Attribute("IpProtocol", equal=same_ip_protocol),
            "referenced_security_group_id": Attribute(
                "{group: ReferencedGroupInfo, account: Scope.account}", read=_referenced
            ),
            "security_group_id": "GroupId",
            "tags_all": Attribute("Tags", read=aws_tags),
        },
        parents=(ParentRef(type="aws_security_group", attribute="security_group_id", inline=(inline,)),),
    )


VPC_INGRESS_RULE = _rule_type(
    INGRESS_RULE, "SecurityGroupRules[?!IsEgress]", "ingress", "ReferencedGroupInfo.GroupId==GroupId"
)
VPC_EGRESS_RULE = _rule_type(
    EGRESS_RULE, "SecurityGroupRules[?IsEgress]", "egress", "CidrIpv4=='0.0.0.0/0' || CidrIpv6=='::/0'"
)


def _wanted(recorded: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The sources that an instance records: (attribute, source)."""
    wanted = [(name, source) for name in _LISTS[:3] for source in recorded.get(name) or ()]
    if recorded.get("self"):
        wanted.append(("self", str(recorded.get("security_group_id"))))
    if (group := recorded.get("source_security_group_id")) and not recorded.get("self"):
        wanted.append(("source_security_group_id", str(group)))
    return wanted


def _source_of(rule: Mapping[str, Any]) -> str:
    names = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")
    return next((_source(str(rule[name])) for name in names if rule.get(name)), "")


def _source(text: str) -> str:
    """One spelling of a source; the ids of groups are unique without the account that HCL may put before them."""
    account, slash, group = text.partition("/")
    return group if slash and account.isdecimal() else str(cidr(text))


def _signature(protocol: Any, first: Any, last: Any) -> tuple[str, Any, Any]:
    return (ip_protocol(protocol), *_ports(str(protocol), first, last))


def assemble_rule(recorded: Mapping[str, Any], rules: Sequence[RemoteObject]) -> Assembled | None:
    """What is left of an ``aws_security_group_rule``: the sources of it that still have a rule."""
    kind = INGRESS_RULE if recorded.get("type") == "ingress" else EGRESS_RULE
    signature = _signature(recorded.get("protocol"), recorded.get("from_port"), recorded.get("to_port"))
    by_source = {
        _source_of(rule.attributes): rule
        for rule in rules
        if rule.type == kind
        and signature
        == _signature(
            rule.attributes.get("ip_protocol"), rule.attributes.get("from_port"), rule.attributes.get("to_port")
        )
    }
    wanted = _wanted(recorded)
    found = [(name, source, by_source[_source(source)]) for name, source in wanted if _source(source) in by_source]
    if not found:
        return None
    left = {(name, source) for name, source, _ in found}
    observed: dict[str, Any] = {
        name: [source for source in recorded.get(name) or () if (name, source) in left] for name in _LISTS[:3]
    }
    descriptions = [rule.attributes.get("description") or "" for _, _, rule in found]
    own = recorded.get("description") or ""
    observed |= {
        name: recorded.get(name)
        for name in (
            "security_group_id",
            "type",
            "protocol",
            "from_port",
            "to_port",
            "source_security_group_id",
            "self",
        )
    }
    observed["description"] = next((text for text in descriptions if text != own), own)
    if ("self", str(recorded.get("security_group_id"))) in set(wanted) - left:
        observed["self"] = False
    if any(name == "source_security_group_id" for name, _ in set(wanted) - left):
        observed["source_security_group_id"] = None
    return Assembled(attributes=observed, parts=tuple(rule.id for _, _, rule in found))


SECURITY_GROUP_RULE = ResourceType(
    name="aws_security_group_rule",
    criticality=CRITICAL,
    assemble=assemble_rule,
    parts=(INGRESS_RULE, EGRESS_RULE),
    attributes={
        name: Attribute()
        for name in (
            "cidr_blocks",
            "description",
            "from_port",
            "ipv6_cidr_blocks",
            "prefix_list_ids",
            "protocol",
            "security_group_id",
            "self",
            "source_security_group_id",
            "to_port",
            "type",
        )
    },
    parents=(
        ParentRef(
            type="aws_security_group", attribute="security_group_id", inline=("ingress",), when=("type", "ingress")
        ),
        ParentRef(
            type="aws_security_group", attribute="security_group_id", inline=("egress",), when=("type", "egress")
        ),
    ),
    import_id="SG_TYPE_PROTOCOL_FROM_TO_SOURCE, such as sg-1_ingress_tcp_80_80_10.0.0.0/8",
)
