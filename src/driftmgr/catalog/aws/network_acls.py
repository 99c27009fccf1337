"""Network ACLs. Source: provider ``internal/service/ec2/vpc_network_acl.go``."""

from typing import Any

from driftmgr.catalog.aws.vpc import IN_VPC, ec2_arn
from driftmgr.catalog.entry import CRITICAL, Attribute, Companion, ResourceType, aws_call, pascal_names
from driftmgr.catalog.equivalences import ip_protocol
from driftmgr.catalog.transforms import aws_tags

# The rules that end every list and cannot be changed: deny all, IPv4 and IPv6.
_LAST_RULES = (32767, 32768)


def _entries(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "action": entry.get("RuleAction"),
            "cidr_block": entry.get("CidrBlock") or "",
            "from_port": (entry.get("PortRange") or {}).get("From") or 0,
            "icmp_code": (entry.get("IcmpTypeCode") or {}).get("Code") or 0,
            "icmp_type": (entry.get("IcmpTypeCode") or {}).get("Type") or 0,
            "ipv6_cidr_block": entry.get("Ipv6CidrBlock") or "",
            "protocol": entry.get("Protocol"),
            "rule_no": entry.get("RuleNumber"),
            "to_port": (entry.get("PortRange") or {}).get("To") or 0,
        }
        for entry in found["entries"] or ()
        if bool(entry.get("Egress")) == found["egress"] and entry.get("RuleNumber") not in _LAST_RULES
    ]


def protocols_as_numbers(rules: Any) -> list[dict[str, Any]]:
    """Rules with the protocol as a number: HCL says ``tcp``, the API ``6``; "all" has no ports."""
    normal = []
    for rule in rules or ():
        protocol = ip_protocol(rule.get("protocol"))
        ports = {"from_port": 0, "to_port": 0} if protocol == "all" else {}
        empty = {name: value for name, value in rule.items() if value is None}
        normal.append(rule | {name: "" if "cidr" in name else 0 for name in empty} | {"protocol": protocol} | ports)
    return normal


def _rules(*, egress: bool) -> Attribute:
    path = f"{{entries: Entries, egress: `{str(egress).lower()}`}}"
    return Attribute(path, read=_entries, normal=protocols_as_numbers)


NETWORK_ACL = ResourceType(
    name="aws_network_acl",
    criticality=CRITICAL,
    list=aws_call("ec2.describe_network_acls", "NetworkAcls", params={"MaxResults": 1000}),
    id="NetworkAclId",
    is_default="IsDefault",
    attributes=pascal_names("owner_id", "vpc_id")
    | {
        "arn": ec2_arn("network-acl", "NetworkAclId"),
        "ingress": _rules(egress=False),
        "egress": _rules(egress=True),
        "subnet_ids": "Associations[].SubnetId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
    companions=(
        Companion(type="aws_network_acl_rule", attribute="network_acl_id", inline=("ingress", "egress")),
        Companion(type="aws_network_acl_association", attribute="network_acl_id", inline=("subnet_ids",)),
    ),
)
