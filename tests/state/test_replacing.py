"""Which state may take the place of which: Terraform's rules."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.state import StateError
from driftmgr.state.replacing import check_replacement, outline_of

RESOURCE = {"mode": "managed", "type": "a_b", "name": "c", "provider": "p", "instances": []}


def state(serial: int = 1, lineage: str = "l", **others: Any) -> bytes:
    """A state with one resource."""
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "resources": [RESOURCE]} | others).encode()


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_newer_serial_wins(new: int, old: int) -> None:
    """Of one lineage, exactly a newer serial replaces another content."""
    replaced = state(old, outputs={"a": {}})
    if new > old:
        check_replacement(state(new), replaced, "x")
    else:
        with pytest.raises(StateError, match="serial"):
            check_replacement(state(new), replaced, "x")


def test_an_unrelated_state_is_refused() -> None:
    """Another lineage is refused whatever the serial; a state without one is not judged by it."""
    with pytest.raises(StateError, match=r"of another lineage \(l\) than the state to push \(m\)"):
        check_replacement(state(9, "m"), state(1), "x")
    check_replacement(state(9, ""), state(1), "x")


def test_the_same_state_in_another_layout_is_the_same() -> None:
    """Equal content of an equal serial is no conflict."""
    check_replacement(state(1), json.dumps(json.loads(state(1)), indent=4).encode(), "x")


def test_an_empty_state_is_free_to_take() -> None:
    """A state without resources and outputs is replaced by any; one with outputs alone is not."""
    check_replacement(state(1, "m"), state(5, resources=[]), "x")
    with pytest.raises(StateError, match="lineage"):
        check_replacement(state(1, "m"), state(5, resources=[], outputs={"a": {}}), "x")


def test_an_encrypted_state_is_judged_by_what_is_in_the_clear() -> None:
    """Serial and lineage of a state that OpenTofu encrypted count as any other's."""
    encrypted = json.dumps({"serial": 3, "lineage": "l", "meta": {}, "encrypted_data": "x", "encryption_version": "v0"})
    assert outline_of(encrypted.encode(), "x").serial == 3
    check_replacement(encrypted.encode(), state(2), "x")
    with pytest.raises(StateError, match="newer"):
        check_replacement(state(2), encrypted.encode(), "x")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"version": 3}', b'{"version": 4, "serial": "x"}', b"\xff\xfe"]
)
def test_what_is_no_state_is_not_pushed(content: bytes) -> None:
    """Anything that Terraform could not read is refused."""
    with pytest.raises(StateError):
        outline_of(content, "x")
