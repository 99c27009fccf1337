"""Rules of firewalls: more is let through, or not."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.model import AttributeChange
from driftmgr.policy.openings import opened
from policy.findings import change

GROUP = "aws_security_group"


def inline(source: str = "10.0.0.0/8", first: int = 443, last: int = 443, **others: Any) -> dict[str, Any]:
    """A rule in a security group."""
    return {
        "protocol": "6",
        "from_port": first,
        "to_port": last,
        "description": "",
        "self": False,
        "cidr_blocks": [source],
        "ipv6_cidr_blocks": [],
        **others,
    }


def opens(resource_type: str, *changes: AttributeChange, now: Any = None, everyone_only: bool = False) -> str | None:
    """What changes open."""
    return opened(resource_type, changes, now, everyone_only=everyone_only)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [change("ingress[1]", None, inline("0.0.0.0/0", 22, 22))],
            "ingress opened to the internet (0.0.0.0/0) on tcp 22",
        ),
        ([change("ingress[1]", None, inline("10.0.0.0/8", 1, 9))], "ingress opened to 10.0.0.0/8 on tcp 1-9"),
        ([change("ingress[1]", None, inline(first=0, last=65535))], "ingress opened to 10.0.0.0/8 on every tcp port"),
        ([change("ingress[1]", None, inline(protocol="all"))], "ingress opened to 10.0.0.0/8 on every port"),
        ([change("ingress[1]", None, inline(protocol="47"))], "ingress opened to 10.0.0.0/8 on 47 443"),
        (
            [change("ingress[1]", None, inline(cidr_blocks=[], self=True))],
            "ingress opened to members of its own group on tcp 443",
        ),
        ([change("egress[1]", None, inline("::/0"))], "egress opened to the internet (::/0) on tcp 443"),
        ([change("ingress", [], [inline()])], "ingress opened to 10.0.0.0/8 on tcp 443"),
        ([change("ingress[0]", inline(), None)], None),
        ([change("ingress[0]", inline("0.0.0.0/0"), None), change("ingress[1]", None, inline())], None),
        ([change("ingress[0]", inline(protocol="-1"), None), change("ingress[1]", None, inline())], None),
        ([change("ingress[0]", inline(first=1, last=999), None), change("ingress[1]", None, inline())], None),
        (
            [change("ingress[0]", inline(), None), change("ingress[1]", None, inline("0.0.0.0/0"))],
            "ingress opened to the internet (0.0.0.0/0) on tcp 443",
        ),
        (
            [change("ingress[0]", inline(), None), change("ingress[1]", None, inline(last=444))],
            "ingress opened to 10.0.0.0/8 on tcp 443-444",
        ),
        ([change("ingress[0].cidr_blocks[0]", "10.0.0.0/8", "10.0.0.0/7")], "ingress opened to 10.0.0.0/7"),
        ([change("ingress[0].cidr_blocks[0]", "10.0.0.0/8", "10.9.0.0/16")], None),
        (
            [
                change("ingress[0].cidr_blocks[0]", "10.0.0.0/8", None),
                change("ingress[0].cidr_blocks[1]", None, "10.1.0.0/16"),
            ],
            None,
        ),
        ([change("ingress[0].from_port", 443, 0)], "ingress opened to more ports"),
        ([change("ingress[0].to_port", 443, None)], "ingress opened to more ports"),
        ([change("ingress[0].from_port", 0, 443), change("ingress[0].to_port", 999, 443)], None),
        (
            [change("ingress[0].protocol", "tcp", "-1"), change("ingress[0].from_port", 443, 0)],
            "ingress opened to another protocol",
        ),
        ([change("ingress[0].protocol", "-1", "tcp"), change("ingress[0].to_port", 0, 443)], None),
        ([change("ingress[0].protocol", "tcp", "TCP")], None),
        ([change("ingress[0].from_port", "x", "y")], None),
        ([change("ingress[0].description", "a", "b")], None),
        ([change("ingress", "(sensitive)", "(sensitive)", sensitive=True)], None),
        ([change("name", "a", "b")], None),
    ],
)
def test_rules_in_a_security_group(changes: list[AttributeChange], expected: str | None) -> None:
    """Added and changed rules open what no removed or recorded rule let through, and say what that is."""
    assert opens(GROUP, *changes) == expected


@pytest.mark.parametrize(
    ("resource_type", "changes", "now", "expected"),
    [
        (
            "aws_security_group_rule",
            [change("cidr_blocks[0]", "10.0.0.0/8", "0.0.0.0/0")],
            None,
            "rule opened to the internet (0.0.0.0/0)",
        ),
        ("aws_security_group_rule", [change("self", "false", "true")], None, "rule opened to members of its own group"),
        (
            "aws_vpc_security_group_ingress_rule",
            [change("cidr_ipv4", "10.0.0.0/8", "0.0.0.0/0")],
            None,
            "rule opened to the internet (0.0.0.0/0)",
        ),
        (
            "aws_vpc_security_group_egress_rule",
            [change("cidr_ipv4", "10.0.0.0/8", "11.0.0.0/8")],
            None,
            "egress opened to 11.0.0.0/8",
        ),
        ("aws_vpc_security_group_ingress_rule", [change("description", "a", "b")], None, None),
        ("aws_network_acl_rule", [change("rule_action", "deny", "allow")], None, "rule allows what it denied"),
        (
            "aws_network_acl_rule",
            [change("rule_action", "allow", "deny"), change("cidr_block", "10.0.0.0/8", "0.0.0.0/0")],
            None,
            None,
        ),
        (
            "aws_network_acl_rule",
            [change("cidr_block", "10.0.0.0/8", "0.0.0.0/0")],
            {"rule_action": "deny", "cidr_block": "0.0.0.0/0"},
            None,
        ),
        (
            "aws_network_acl_rule",
            [change("cidr_block", "0.0.0.0/0", "10.0.0.0/8")],
            {"rule_action": "deny", "cidr_block": "10.0.0.0/8"},
            "rule denies less than before",
        ),
        (
            "aws_network_acl",
            [change("ingress[0].cidr_block", "10.0.0.0/8", "0.0.0.0/0")],
            {"ingress": [{"action": "allow", "cidr_block": "0.0.0.0/0"}, "odd"]},
            "ingress opened to the internet (0.0.0.0/0)",
        ),
        (
            "aws_network_acl",
            [change("ingress[0]", {"action": "deny", "cidr_block": "10.0.0.0/8"}, None)],
            None,
            "ingress that denied traffic is gone",
        ),
        ("aws_network_acl", [change("ingress[0]", {"action": "allow", "cidr_block": "10.0.0.0/8"}, None)], None, None),
        ("aws_network_acl", [change("ingress[0]", None, {"action": "deny", "cidr_block": "10.0.0.0/8"})], None, None),
        (
            "azurerm_network_security_rule",
            [change("source_address_prefix", "10.0.0.0/8", "*")],
            None,
            "rule opened to the internet (*)",
        ),
        (
            "google_compute_firewall",
            [change("source_ranges[0]", "10.0.0.0/8", "0.0.0.0/0")],
            None,
            "rule opened to the internet (0.0.0.0/0)",
        ),
        (
            "digitalocean_firewall",
            [change("inbound_rule[0].source_addresses[0]", None, "0.0.0.0/0")],
            None,
            "inbound opened to the internet (0.0.0.0/0)",
        ),
        ("aws_subnet", [change("cidr_block", "10.0.0.0/8", "0.0.0.0/0")], None, None),
        (
            "azurerm_network_security_rule",
            [change("destination_port_range", "22", "*")],
            None,
            "rule opened to more ports",
        ),
        ("azurerm_network_security_rule", [change("destination_port_range", "*", "22")], None, None),
        (
            "azurerm_network_security_rule",
            [change("destination_port_range", "22", "80")],
            {"access": "Deny", "destination_port_range": "80"},
            "rule denies less than before",
        ),
        (
            "digitalocean_firewall",
            [
                change(
                    "inbound_rule[1]",
                    None,
                    {"protocol": "tcp", "port_range": "8000-8999", "source_addresses": ["0.0.0.0/0"]},
                )
            ],
            None,
            "inbound opened to the internet (0.0.0.0/0) on tcp 8000-8999",
        ),
        ("digitalocean_firewall", [change("inbound_rule[0].port_range", "1-100", "22-80")], None, None),
        ("digitalocean_firewall", [change("inbound_rule[0].port_range", "0", "22")], None, None),
        (
            "digitalocean_firewall",
            [change("inbound_rule[0].port_range", "22", "0")],
            None,
            "inbound opened to more ports",
        ),
    ],
)
def test_rules_of_every_form(
    resource_type: str, changes: list[AttributeChange], now: Any, expected: str | None
) -> None:
    """Rules of their own, network ACLs (denials the other way round) and other clouds' firewalls are judged alike."""
    assert opens(resource_type, *changes, now=now) == expected


@pytest.mark.parametrize(
    ("resource_type", "attributes", "alone", "child"),
    [
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "tcp", "from_port": 22, "to_port": 22},
            True,
            True,
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            {"cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 22, "to_port": 22},
            False,
            True,
        ),
        ("aws_vpc_security_group_egress_rule", {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}, False, True),
        ("aws_network_acl_rule", {"cidr_block": "0.0.0.0/0", "rule_action": "deny"}, False, False),
    ],
)
def test_rules_that_nobody_manages(resource_type: str, attributes: Any, *, alone: bool, child: bool) -> None:
    """In a managed group any rule opens something; elsewhere one counts that lets the internet in."""
    whole = change("", None, attributes)
    parts = [change(name, None, value) for name, value in attributes.items()]
    assert bool(opens(resource_type, whole, *parts, now=attributes, everyone_only=True)) is alone
    assert bool(opens(resource_type, whole, *parts, now=attributes)) is child


NETWORKS = st.builds(
    lambda address, length: ipaddress.ip_network((address, length), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(1, 31),
)
FORMS = st.sampled_from(["whole", "element", "attribute"])


def moved(form: str, before: Any, now: Any) -> str | None:
    """What it opens when the source of one rule is another now, in one of the forms in which that is reported."""
    first, second = str(before), str(now)
    if form == "whole":
        return opens(GROUP, change("ingress[0]", inline(first), None), change("ingress[1]", None, inline(second)))
    if form == "element":
        return opens(GROUP, change("ingress[0].cidr_blocks[0]", first, second))
    return opens("aws_vpc_security_group_ingress_rule", change("cidr_ipv4", first, second))


@given(FORMS, NETWORKS)
def test_a_superset_always_opens_and_a_subset_never(form: str, network: Any) -> None:
    """Whatever the network and the form of the rule: its supernet opens something, its halves do not."""
    assert moved(form, network, network.supernet()) is not None
    assert all(moved(form, network, half) is None for half in network.subnets())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("0.:/*-sgallow", max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cidr_blocks", "from_port", "protocol", "action", "self"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(st.sampled_from(["ingress", "ingress[0]", "ingress[0].cidr_blocks", "ingress[0].from_port"]), JSON, JSON)
def test_every_value_is_judged(path: str, before: Any, now: Any) -> None:
    """Whatever stands where rules should: there is an answer, and no change opens nothing."""
    opens(GROUP, change(path, before, now), now={"ingress": now})
    assert opens(GROUP, change(path, now, now)) is None
