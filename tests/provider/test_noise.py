"""What a provider's plan says of a difference, and the configuration and proposal that it is asked with."""

from collections.abc import Mapping
from typing import Any

import pytest

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, NestedType, ResourceSchema
from driftmgr.provider.difference import differences
from driftmgr.provider.noise import Answers, Judged, configuration, judged, proposed
from driftmgr.provider.normal import breaches_write_only, normalized
from driftmgr.provider.schema import TypeSchema, block_type
from driftmgr.provider.values import UNKNOWN

STRING = AttributeSchema(type="string", optional=True)
CHOSEN = AttributeSchema(type="string", optional=True, computed=True)
COMPUTED = AttributeSchema(type="string", computed=True)
LABELS = AttributeSchema(type=["map", "string"], computed=True)


def schema_of(**block: Any) -> TypeSchema:
    """A type with these attributes and block types."""
    made = Block(**block)
    return TypeSchema(schema=ResourceSchema(block=made), type=block_type(made))


def judge(
    schema: TypeSchema,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    first: Mapping[str, Any],
    second: Mapping[str, Any],
) -> list[Judged]:
    """The judged differences, given both plans."""
    answers = Answers(configured=first, unconfigured=second)
    return list(judged(schema, differences(schema, before, after), (before, after), answers))


@pytest.mark.parametrize(
    ("before", "first", "second", "action"),
    [
        ("old", "old", "old", "actionable"),
        ("old", "old", "new", "only_if_configured"),
        ("old", "new", "new", "none"),
        ("old", UNKNOWN, UNKNOWN, "only_if_configured"),
        (None, UNKNOWN, UNKNOWN, "not_configured"),
        (None, "new", "new", "not_configured"),
    ],
)
def test_the_two_plans_tell_what_a_difference_is(before: str | None, first: Any, second: Any, action: str) -> None:
    """Undone either way, only if configured, not at all; a value not known yet is no promise to keep a recorded one."""
    (found,) = judge(schema_of(attributes={"a": CHOSEN}), {"a": before}, {"a": "new"}, {"a": first}, {"a": second})
    assert found.action == action
    assert (found.change.classification == "drift") == (action != "none")


def test_a_computed_value_counts_where_the_provider_would_put_it_back() -> None:
    """Labels with the provider's defaults; a computed value that it leaves, or will only know later, is information."""
    schema = schema_of(attributes={"labels": LABELS})
    before, after = {"labels": {"k": "v"}}, {"labels": {"k": "w"}}
    for planned, classification in (({"k": "v"}, "drift"), ({"k": "w"}, "computed"), (UNKNOWN, "computed")):
        (found,) = judge(schema, before, after, {"labels": planned}, {"labels": planned})
        assert found.change.classification == classification


def test_a_block_that_appeared_counts() -> None:
    """A plan that keeps it does not say that it is meant: a block may be the cloud's to choose, schemas do not tell."""
    rule = BlockType(block=Block(attributes={"port": STRING}), nesting_mode="list")
    schema = schema_of(block_types={"rule": rule})
    now = {"rule": [{"port": "1"}]}
    (found,) = judge(schema, {"rule": []}, now, now, now)
    assert (found.change.path, found.change.classification, found.action) == ("rule[0]", "drift", "not_configured")


def test_the_rebuilt_configuration_holds_what_can_be_configured() -> None:
    """Without computed and write-only values and the root's id; without chosen ones on demand, at every depth."""
    token = AttributeSchema(type="string", optional=True, write_only=True)
    nested = AttributeSchema(optional=True, nested_type=NestedType(attributes={"a": STRING, "b": CHOSEN}))
    rule = BlockType(block=Block(attributes={"id": CHOSEN, "c": COMPUTED}), nesting_mode="set")
    block = Block(
        attributes={"id": CHOSEN, "a": STRING, "b": CHOSEN, "c": COMPUTED, "t": token, "n": nested},
        block_types={"rule": rule},
    )
    recorded = {
        "id": "i",
        "a": "a",
        "b": "b",
        "c": "c",
        "t": None,
        "n": {"a": "a", "b": "b"},
        "rule": [{"id": "r", "c": "c"}],
    }
    assert configuration(block, recorded) == {
        "id": None,
        "a": "a",
        "b": "b",
        "c": None,
        "t": None,
        "n": {"a": "a", "b": "b"},
        "rule": [{"id": "r", "c": None}],
    }
    assert configuration(block, recorded, chosen=False) == {
        "id": None,
        "a": "a",
        "b": None,
        "c": None,
        "t": None,
        "n": {"a": "a", "b": None},
        "rule": [{"id": None, "c": None}],
    }


def test_the_proposal_keeps_what_the_configuration_leaves_to_the_provider() -> None:
    """Prior computed values, those of set elements by likeness and of list elements by place."""
    element = Block(attributes={"a": STRING, "c": COMPUTED})
    block = Block(
        attributes={"a": STRING, "b": CHOSEN},
        block_types={
            "sets": BlockType(block=element, nesting_mode="set"),
            "lists": BlockType(block=element, nesting_mode="list"),
        },
    )
    prior = {
        "a": "x",
        "b": "chosen",
        "sets": [{"a": "1", "c": "one"}, {"a": "2", "c": "two"}],
        "lists": [{"a": "9", "c": "n"}],
    }
    config = {
        "a": None,
        "b": None,
        "sets": [{"a": "2", "c": None}, {"a": "3", "c": None}],
        "lists": [{"a": "8", "c": None}],
    }
    assert proposed(block, prior, config) == {
        "a": None,
        "b": "chosen",
        "sets": [{"a": "2", "c": "two"}, {"a": "3", "c": None}],
        "lists": [{"a": "8", "c": "n"}],
    }


def test_only_blocks_are_normalised() -> None:
    """A null block is none and a null group an object of nulls, inside too; attributes and dynamic blocks stay."""
    inner = BlockType(block=Block(attributes={"a": STRING}), nesting_mode="list")
    dynamic = BlockType(
        block=Block(attributes={"d": AttributeSchema(type="dynamic", optional=True)}), nesting_mode="list"
    )
    outer = BlockType(block=Block(attributes={"l": STRING}, block_types={"inner": inner}), nesting_mode="group")
    schema = schema_of(
        attributes={"n": AttributeSchema(type=["list", "string"], optional=True)},
        block_types={"outer": outer, "inner": inner, "dynamic": dynamic},
    )
    value = {"n": None, "outer": None, "inner": None, "dynamic": None}
    assert normalized(schema, value) == {"n": None, "outer": {"l": None, "inner": []}, "inner": [], "dynamic": None}
    assert normalized(schema, value | {"outer": {"l": "x", "inner": None}})["outer"] == {"l": "x", "inner": []}
    assert normalized(TypeSchema(schema=schema.schema, type=schema.type, computed_blocks=True), value) == value
    assert normalized(schema, None) is None


def test_a_write_only_breach_is_found_at_any_depth() -> None:
    """In a block and in a nested attribute, with its path; null is none."""
    token = AttributeSchema(type="string", optional=True, write_only=True)
    nested = AttributeSchema(optional=True, nested_type=NestedType(attributes={"t": token}, nesting_mode="list"))
    rule = BlockType(block=Block(attributes={"t": token}), nesting_mode="map")
    block = Block(attributes={"n": nested}, block_types={"rule": rule})
    assert breaches_write_only(block, {"n": [{"t": None}], "rule": {"k": {"t": None}}}) is None
    assert breaches_write_only(block, {"n": [{"t": "x"}], "rule": {}}) == "n.t"
    assert breaches_write_only(block, {"n": None, "rule": {"k": {"t": "x"}}}) == "rule.t"
