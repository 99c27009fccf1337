"""Security groups and their rules read from answers that moto does not give, in botocore's shape."""

from collections.abc import Sequence
from typing import Any

import pytest

from catalog.ec2 import ACCOUNT, HERE, OTHER, observed, shaped
from driftmgr.catalog.aws.security_groups import EGRESS_RULE, INGRESS_RULE, assemble_rule, one_source_each
from driftmgr.model import RemoteObject


def group(**permission: Any) -> list[dict[str, Any]]:
    """The ingress rules of a group with one permission, in the form they are compared in."""
    item = shaped("SecurityGroup", GroupId="sg-1", OwnerId=ACCOUNT, GroupName="web", IpPermissions=[permission])
    return one_source_each(observed("aws_security_group", item).attributes["ingress"])


def written(**rule: Any) -> list[dict[str, Any]]:
    """A rule as HCL writes it, in the same form."""
    return one_source_each([{"protocol": "tcp", "from_port": 22, "to_port": 22, **rule}])


SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}


def test_each_source_is_a_rule() -> None:
    """Networks, prefix lists, the group itself and groups of other accounts, each with its own description."""
    pairs = [{"GroupId": "sg-1", "UserId": ACCOUNT}, {"GroupId": "sg-2", "UserId": OTHER, "Description": "peer"}]
    found = group(
        **SSH,
        IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "a"}],
        Ipv6Ranges=[{"CidrIpv6": "fd00::/8"}],
        PrefixListIds=[{"PrefixListId": "pl-1", "Description": "b"}],
        UserIdGroupPairs=pairs,
    )
    expected = written(cidr_blocks=["10.0.0.0/8"], description="a") + written(ipv6_cidr_blocks=["FD00:0::/8"])
    expected += written(prefix_list_ids=["pl-1"], description="b") + written(self=True)
    assert found == expected + written(security_groups=[f"{OTHER}/sg-2"], description="peer")


@pytest.mark.parametrize(
    ("protocol", "recorded"),
    [
        ({"IpProtocol": "-1"}, {"protocol": "all", "from_port": 0, "to_port": 65535}),
        ({"IpProtocol": "50"}, {"protocol": "50", "from_port": 0, "to_port": 0}),
        ({"IpProtocol": "51", "FromPort": -1, "ToPort": -1}, {"protocol": "51", "from_port": 0, "to_port": 0}),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, {"protocol": "1", "from_port": -1, "to_port": -1}),
        ({"IpProtocol": "icmpv6", "FromPort": 8, "ToPort": 0}, {"protocol": "icmpv6", "from_port": 8, "to_port": 0}),
    ],
)
def test_only_some_protocols_have_ports(protocol: dict[str, Any], recorded: dict[str, Any]) -> None:
    """Ports and ICMP types count where the protocol has them, by name or number."""
    assert group(**protocol, IpRanges=[{"CidrIp": "10.0.0.0/8"}]) == written(**recorded, cidr_blocks=["10.0.0.0/8"])


@pytest.mark.parametrize("name", [INGRESS_RULE, EGRESS_RULE])
def test_a_rule_that_refers_to_a_group(name: str) -> None:
    """A group of another account carries the account, one of this does not; the default group refers to itself."""
    referenced = {"GroupId": "sg-2", "UserId": OTHER}
    rule = shaped("SecurityGroupRule", SecurityGroupRuleId="sgr-1", GroupId="sg-1", ReferencedGroupInfo=referenced)
    found = observed(name, rule, Group={"GroupName": "web"})
    assert found.attributes["referenced_security_group_id"] == f"{OTHER}/sg-2"
    assert not found.is_default
    referenced = {"GroupId": "sg-1", "UserId": ACCOUNT}
    rule = shaped("SecurityGroupRule", **(rule | {"IpProtocol": "-1", "ReferencedGroupInfo": referenced}))
    found = observed(name, rule, Group={"GroupName": "default"})
    assert found.attributes["referenced_security_group_id"] == "sg-1"
    assert found.is_default is (name == INGRESS_RULE)


def rule(identity: str, *, kind: str = INGRESS_RULE, **attributes: Any) -> RemoteObject:
    """One rule object for port 22."""
    attributes = {"ip_protocol": "tcp", "from_port": 22, "to_port": 22, "description": None, **attributes}
    return RemoteObject(type=kind, id=identity, scope=HERE, attributes=attributes)


RECORDED = {"security_group_id": "sg-1", "type": "ingress", "protocol": "6", "from_port": 22, "to_port": 22}


def left_of(rules: Sequence[RemoteObject], **recorded: Any) -> dict[str, Any] | None:
    """What differs between a recorded rule and what is left of it, or ``None`` if nothing is."""
    before = RECORDED | recorded
    whole = assemble_rule(before, rules)
    return (
        None
        if whole is None
        else {key: value for key, value in whole.attributes.items() if before.get(key, value) != value}
    )


def test_a_rule_is_whole_while_all_its_sources_are_there() -> None:
    """Sources are found in any spelling: networks in another form, own groups with their account."""
    rules = [rule("a", cidr_ipv4="10.0.0.0/8"), rule("b", cidr_ipv6="fd00::/8"), rule("c", prefix_list_id="pl-1")]
    recorded = {"cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": ["FD00:0::/8"], "prefix_list_ids": ["pl-1"]}
    assert left_of(rules, **recorded) == {}
    peer = rule("d", referenced_security_group_id="sg-2")
    for spelled in ("sg-2", f"{ACCOUNT}/sg-2"):
        assert left_of([peer], source_security_group_id=spelled) == {}
    assert left_of([rule("e", referenced_security_group_id="sg-1")], self=True) == {}


def test_what_a_rule_lost_is_told() -> None:
    """A source without a rule is gone from its list, another description is a change, no source at all is gone."""
    kept = rule("a", cidr_ipv4="10.0.0.0/8", description="new")
    assert left_of([kept], cidr_blocks=["10.0.0.0/8", "10.1.0.0/16"], description="old") == {
        "cidr_blocks": ["10.0.0.0/8"],
        "description": "new",
    }
    assert left_of([kept], cidr_blocks=["10.0.0.0/8"], description="new", self=True) == {"self": False}
    assert left_of([kept], cidr_blocks=["10.9.0.0/16"]) is None
    others = [
        rule("b", cidr_ipv4="10.9.0.0/16", from_port=23),
        rule("c", cidr_ipv4="10.9.0.0/16", kind=EGRESS_RULE),
        rule("d", cidr_ipv4="10.9.0.0/16", ip_protocol="udp"),
    ]
    assert left_of(others, cidr_blocks=["10.9.0.0/16"]) is None
