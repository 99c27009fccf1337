"""Single values: their canonical form, and when a block says nothing."""

from typing import Any

import pytest

from driftmgr.catalog.entry import Attribute
from driftmgr.drift.shape import DYNAMIC, Member, Shape, cty_shape
from driftmgr.drift.values import canonical, is_vacuous, without_secrets

OBJECT = Shape(
    kind="object",
    members={
        "name": Member(name="name", shape=Shape(kind="string")),
        "size": Member(name="size", shape=Shape(kind="number"), attribute=Attribute(default=30)),
        "made": Member(name="made", shape=Shape(kind="string"), computed=True),
        "never": Member(name="never", shape=Shape(kind="string"), compared=False),
        "code": Member(name="code", shape=Shape(kind="string"), sensitive=True),
    },
)
NAMES, LABELS, LIST = (
    cty_shape(["set", "string"], {}),
    cty_shape(["map", "number"], {}),
    cty_shape(["list", "bool"], {}),
)

SAME: list[tuple[Shape, Any, Any]] = [
    (NAMES, ["a", "b"], ["b", "a", "b"]),
    (LABELS, {"a": 1, "b": "2"}, {"b": 2, "a": "1.0"}),
    (LIST, ["true", 0], [True, False]),
    (OBJECT, {"name": "a", "size": None, "made": "x", "never": "y"}, {"name": "a", "size": "30", "new": 1}),
    (OBJECT, {"name": ""}, None),
    (DYNAMIC, {"a": [1, 2]}, {"a": [1, 2]}),
]
OTHER: list[tuple[Shape, Any, Any]] = [
    (NAMES, ["a"], ["b"]),
    (LABELS, {"a": 1}, {"a": 2}),
    (LIST, [True, False], [False, True]),
    (OBJECT, {"name": "a"}, {"name": "b"}),
    (NAMES, {"a": 1}, ["a"]),
    (LABELS, ["a"], {"a": 1}),
    (OBJECT, ["a"], {"name": "a"}),
    (DYNAMIC, [1, 2], [2, 1]),
]


@pytest.mark.parametrize(("shape", "first", "second"), SAME)
def test_values_that_the_schema_calls_equal_have_one_form(shape: Shape, first: Any, second: Any) -> None:
    """Order of sets, spelling of numbers, defaults, and what is not compared leave no trace in the form."""
    assert canonical(shape, first) == canonical(shape, second)
    assert hash(canonical(shape, first)) == hash(canonical(shape, second))


@pytest.mark.parametrize(("shape", "first", "second"), OTHER)
def test_values_that_differ_have_different_forms(shape: Shape, first: Any, second: Any) -> None:
    """A material difference is visible in the form, also where a value does not fit its shape."""
    assert canonical(shape, first) != canonical(shape, second)


VACUOUS: list[tuple[Shape, Any, bool]] = [
    (OBJECT, {"name": "", "size": 30, "made": "x"}, True),
    (OBJECT, {"name": None, "size": "0", "new": False}, True),
    (OBJECT, {"name": "a"}, False),
    (OBJECT, {"new": 1}, False),
    (LABELS, {"a": 0}, True),
    (LABELS, {"a": 1}, False),
    (LIST, [False, "false"], True),
    (DYNAMIC, [{"enabled": False, "mfa_delete": False, "days": 0, "note": ""}], True),
    (DYNAMIC, [{"enabled": True}], False),
    (DYNAMIC, "text", False),
]


@pytest.mark.parametrize(("shape", "value", "expected"), VACUOUS)
def test_a_value_says_nothing_if_every_leaf_does(shape: Shape, value: Any, *, expected: bool) -> None:
    """Empty, false, zero and default leaves say nothing; computed ones are not asked."""
    assert is_vacuous(shape, value) is expected


def test_every_sensitive_leaf_is_masked() -> None:
    """Masking reaches through lists and maps, keeps nulls, and leaves what the schema does not know."""
    many = Shape(kind="map", element=Shape(kind="list", element=OBJECT))
    value = {"a": [{"name": "n", "code": "s", "new": "x"}, {"code": None}], "b": None}
    assert without_secrets(many, value) == {
        "a": [{"name": "n", "code": "(sensitive)", "new": "x"}, {"code": None}],
        "b": None,
    }
