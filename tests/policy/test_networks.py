"""Networks inside networks, and names that are none."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.policy.networks import contains, is_everyone, widest

NETWORKS = st.builds(
    lambda address, length: str(ipaddress.ip_network((address, length), strict=False)),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)


@given(NETWORKS, st.integers(0, 32))
def test_a_superset_contains_and_is_not_contained(text: str, longer: int) -> None:
    """Each network contains its subnets; none contains a network that is larger."""
    outer = ipaddress.ip_network(text)
    inner = ipaddress.ip_network((outer.network_address, max(longer, outer.prefixlen)))
    assert contains([text], str(inner))
    assert contains([str(inner)], text) is (inner == outer)


@given(NETWORKS)
def test_two_halves_are_the_whole(text: str) -> None:
    """A network is inside the two networks that it falls into, and not inside one of them."""
    whole = ipaddress.ip_network(text)
    if whole.prefixlen < 32:
        first, second = (str(half) for half in whole.subnets())
        assert contains([first, second], text)
        assert not contains([first], text)


@pytest.mark.parametrize(
    ("sources", "wanted", "expected"),
    [
        (["sg-1"], "sg-1", True),
        (["sg-1"], "sg-2", False),
        (["0.0.0.0/0"], "sg-2", False),
        (["*"], "10.0.0.0/8", True),
        (["Internet"], "sg-1", True),
        (["0.0.0.0/0"], "::/0", False),
        (["2001:db8::/32"], "2001:db8:0:1::/64", True),
        ([], "10.0.0.0/8", False),
    ],
)
def test_names_and_families(sources: list[str], wanted: str, *, expected: bool) -> None:
    """A name is inside its like or everything; IPv4 and IPv6 are apart."""
    assert contains(sources, wanted) is expected


def test_the_widest_source() -> None:
    """Everyone is wider than any network, a network than a smaller one; of none there is none."""
    assert widest(["10.0.0.0/8", "::/0", "sg-1"]) == "::/0"
    assert widest(["10.1.0.0/16", "10.0.0.0/8"]) == "10.0.0.0/8"
    assert widest([]) is None
    assert is_everyone("Any")
    assert not is_everyone("10.0.0.0/8")
