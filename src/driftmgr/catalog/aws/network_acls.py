"""Network ACLs and their rules.

Source: provider ``internal/service/ec2/vpc_network_acl.go``, ``vpc_network_acl_rule.go``.
"""

from typing import Any

from driftmgr.catalog.aws.vpc import IN_VPC, ec2_arn, made_by
from driftmgr.catalog.entry import (
    CRITICAL,
    Attribute,
    Companion,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import cidr, ignoring_case, same_cidr
from driftmgr.catalog.transforms import aws_tags, if_told

DESCRIBE_NETWORK_ACLS = aws_call("ec2.describe_network_acls", "NetworkAcls", params={"MaxResults": 1000})
# The rules that end every list and cannot be changed: deny all, IPv4 (32767) and IPv6 (32768).
_LAST_RULE = 32767
# Names that HCL may use for numbers 0 to 142: https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml,
# as the provider spells them.
_PROTOCOLS = """
hopopt icmp igmp ggp ipv4 st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet chaos udp mux dcn-meas hmp prm
xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 netblt mfe-nsp merit-inp dccp 3pc idpr xtp ddp idpr-cmtp tp++ il
ipv6 sdrp ipv6-route ipv6-frag idrp rsvp gre dsr bna esp ah i-nlsp swipe narp mobile tlsp 57 ipv6-icmp ipv6-nonxt
ipv6-opts 61 cftp 63 sat-expak kryptolan rvd ippc 68 sat-mon visa ipcv cpnx cphb wsn pvp br-sat-mon sun-nd wb-mon
wb-expak iso-ip vmtp secure-vmtp vines ttp nsfnet-igp dgp tcf eigrp ospfigp sprite-rpc larp mtp ax.25 ipip micp scc-sp
etherip encap 99 gmtp ifmp pnni pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip vrrp pgm 114 l2tp dd iatp stp srp
uti smp sm ptp isis-over-ipv4 fire crtp crudp sscopmce iplt sps pipe sctp fc rsvp-e2e-ignore mobility-header udplite
mpls-in-ip manet hip shim6 wesp rohc
""".split()  # noqa: SIM905  # a list literal would take a hundred lines
_NUMBERS = {name: str(number) for number, name in enumerate(_PROTOCOLS)} | {"all": "-1", "icmpv6": "58"}
_ICMP = ("1", "58")


def protocol_number(protocol: Any) -> str:
    """A protocol as the API says it: a number, ``-1`` for all of them."""
    text = "" if protocol is None else str(protocol).lower()
    return _NUMBERS.get(text, text)


def _entries(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "action": entry.get("RuleAction"),
            "cidr_block": entry.get("CidrBlock"),
            "from_port": (entry.get("PortRange") or {}).get("From"),
            "icmp_code": (entry.get("IcmpTypeCode") or {}).get("Code"),
            "icmp_type": (entry.get("IcmpTypeCode") or {}).get("Type"),
            "ipv6_cidr_block": entry.get("Ipv6CidrBlock"),
            "protocol": entry.get("Protocol"),
            "rule_no": entry.get("RuleNumber"),
            "to_port": (entry.get("PortRange") or {}).get("To"),
        }
        for entry in found["entries"] or ()
        if bool(entry.get("Egress")) == found["egress"] and entry.get("RuleNumber", 0) < _LAST_RULE
    ]


def protocols_as_numbers(rules: Any) -> list[dict[str, Any]]:
    """Rules with the protocol as a number: HCL says ``tcp``, the API ``6``; "all" has no ports, only ICMP has types."""
    return [_normal(rule) for rule in rules or ()]


def _normal(rule: dict[str, Any]) -> dict[str, Any]:
    protocol = protocol_number(rule.get("protocol"))
    numbers = {name: rule.get(name) or 0 for name in ("from_port", "to_port", "icmp_code", "icmp_type")}
    if protocol == "-1":
        numbers |= {"from_port": 0, "to_port": 0}
    if protocol not in _ICMP:
        numbers |= {"icmp_code": 0, "icmp_type": 0}
    blocks = {name: cidr(rule.get(name)) for name in ("cidr_block", "ipv6_cidr_block")}
    action = str(rule.get("action") or "").lower()
    return rule | numbers | blocks | {"protocol": protocol, "action": action}


def _rules(*, egress: bool) -> Attribute:
    path = f"{{entries: Entries, egress: `{str(egress).lower()}`}}"
    return Attribute(path, read=_entries, normal=protocols_as_numbers, key="rule_no")


NETWORK_ACL = ResourceType(
    name="aws_network_acl",
    criticality=CRITICAL,
    list=DESCRIBE_NETWORK_ACLS,
    id="NetworkAclId",
    is_default="IsDefault",
    owner=made_by(),
    attributes=pascal_names("owner_id", "vpc_id")
    | {
        "arn": ec2_arn("network-acl", "NetworkAclId", "OwnerId"),
        "ingress": _rules(egress=False),
        "egress": _rules(egress=True),
        "subnet_ids": "Associations[].SubnetId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
    companions=(
        Companion(
            type="aws_default_network_acl", attribute="id", inline=("egress", "ingress", "subnet_ids"), whole=True
        ),
        Companion(type="aws_network_acl_association", attribute="network_acl_id", adds={"subnet_ids": "subnet_id"}),
    ),
)


NETWORK_ACL_RULE = ResourceType(
    name="aws_network_acl_rule",
    criticality=CRITICAL,
    list=DESCRIBE_NETWORK_ACLS,
    expand="Entries",
    exists=f"RuleNumber < `{_LAST_RULE}`",
    # The form that terraform import takes; the provider records a hash.
    id=Template("{Parent.NetworkAclId}:{RuleNumber}:{Protocol}:{to_string(Egress)}"),
    keys=(("network_acl_id", "rule_number", "egress"),),
    # What AWS puts into the default list of every VPC: allow all, IPv4 (100) and IPv6 (101).
    is_default=(
        "Parent.IsDefault && RuleAction=='allow' && Protocol=='-1' && (RuleNumber==`100` || RuleNumber==`101`)"
    ),
    attributes=pascal_names("cidr_block", "rule_number")
    | {
        "egress": Attribute("Egress", default=False),
        # The API tells no ports of a rule for all protocols, and the provider keeps what HCL says.
        "from_port": Attribute("PortRange.From", read=if_told),
        "to_port": Attribute("PortRange.To", read=if_told),
        "icmp_code": Attribute("IcmpTypeCode.Code", default=0),
        "icmp_type": Attribute("IcmpTypeCode.Type", default=0),
        "ipv6_cidr_block": Attribute("Ipv6CidrBlock", equal=same_cidr),
        "network_acl_id": "Parent.NetworkAclId",
        "protocol": Attribute("Protocol", normal=protocol_number),
        "rule_action": Attribute("RuleAction", equal=ignoring_case),
    },
    parents=(
        ParentRef(type="aws_network_acl", attribute="network_acl_id", inline=("ingress",), when=("egress", False)),
        ParentRef(type="aws_network_acl", attribute="network_acl_id", inline=("egress",), when=("egress", True)),
    ),
)
