"""Paths of attributes: steps, and which path lies in which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.policy.paths import covers, dotted, names, steps, values_under


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("ingress[0].cidr_blocks[1]", ("ingress", 0, "cidr_blocks", 1)),
        ('tags_all["kubernetes.io/cluster"]', ("tags_all", "kubernetes.io/cluster")),
        ('tags_all["a"b]"].x', ("tags_all", 'a"b]', "x")),
        ("ingress[*]", ("ingress", "[*]")),
        ("a[b", ("a", "[", "b")),
        ("", ()),
    ],
)
def test_steps_of_a_path(path: str, expected: tuple[str | int, ...]) -> None:
    """Names, keys and places come apart, whatever a key holds."""
    assert steps(path) == expected


def test_other_spellings_of_a_path() -> None:
    """Without places it is names; driftctl's spelling has dots alone."""
    assert names('a[0].b["c"]') == ("a", "b", "c")
    assert dotted('a[0].b["c"]') == "a.0.b.c"


@given(st.text(max_size=30))
def test_a_path_lies_in_itself(path: str) -> None:
    """Whatever the text: it has steps, and is covered by itself."""
    assert covers(path, path) or "[*]" in path


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("ingress", "ingress[3].description", True),
        ("ingress[*].description", "ingress[3].description", True),
        ("ingress[*].description", "ingress[3].from_port", False),
        ("ingress[*].description", "ingress", False),
        ("ingress[3]", "ingress[4]", False),
        ("ingress[3]", "ingress[3]", True),
        ("ing*", "ingress", True),
        ("desc", "description", False),
        ("tags", 'tags_all["env"]', True),
        ('tags["env"]', 'tags_all["env"]', True),
        ('tags["env"]', 'tags_all["team"]', False),
        ('tags_all["e*"]', 'tags_all["env"]', True),
    ],
)
def test_which_path_a_pattern_covers(pattern: str, path: str, *, expected: bool) -> None:
    """A pattern covers what it names and all that lies in it, never what holds it."""
    assert covers(pattern, path) is expected


def test_values_under_names() -> None:
    """Names lead through lists of blocks; what is not there or not set is no value."""
    value = [{"a": {"b": [1, None, 2]}}, {"a": None}, {"c": 1}, 5]
    assert list(values_under(value, ("a", "b"))) == [1, 2]
    assert list(values_under(None, ())) == []
