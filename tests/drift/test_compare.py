"""The comparator: every rule of docs/comparison.md by example."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from driftmgr.catalog.entry import Attribute, AttributeLike, ResourceType
from driftmgr.catalog.equivalences import same_iam_policy, same_time
from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, NestedType, ResourceSchema
from driftmgr.drift.compare import Comparator
from driftmgr.model import AttributeChange, decode_attributes


def attribute(cty: Any = "string", **others: Any) -> AttributeSchema:
    """An optional attribute of a cty type."""
    return AttributeSchema(type=cty, optional=not others.get("computed"), **others)


def block(mode: str = "list", max_items: int = 0, /, **attributes: AttributeSchema) -> BlockType:
    """A nested block of attributes."""
    return BlockType(block=Block(attributes=attributes), nesting_mode=mode, max_items=max_items)  # type: ignore[arg-type]


RULE = {"port": "number", "cidrs": ["set", "string"], "note": "string"}
SCHEMA = ResourceSchema(
    block=Block(
        attributes={
            "id": AttributeSchema(type="string", optional=True, computed=True),
            "arn": attribute(computed=True),
            "zones": attribute(["list", "string"], computed=True),
            "name": attribute(),
            "size": attribute("number"),
            "on": attribute("bool"),
            "policy": attribute(),
            "chosen": AttributeSchema(type="string", optional=True, computed=True),
            "secret": attribute(sensitive=True),
            "secrets": attribute(["list", "string"], sensitive=True),
            "secret_names": attribute(["set", "string"], sensitive=True),
            "password_wo": attribute(write_only=True),
            "names": attribute(["list", "string"]),
            "groups": attribute(["set", "string"]),
            "labels": attribute(["map", "string"]),
            "rules": attribute(["set", ["object", RULE]]),
            "any": attribute("dynamic"),
            "many": AttributeSchema(
                optional=True,
                nested_type=NestedType(
                    nesting_mode="map", attributes={"key": attribute(sensitive=True), "to": attribute()}
                ),
            ),
            "tags": attribute(["map", "string"]),
            "tags_all": AttributeSchema(type=["map", "string"], optional=True, computed=True),
        },
        block_types={
            "logging": block("list", 1, bucket=attribute(), on=attribute("bool"), days=attribute("number")),
            "step": block("list", 0, name=attribute(), code=attribute(sensitive=True), made=attribute(computed=True)),
            "listener": block(
                "set", 0, port=attribute("number"), name=attribute(), to=attribute(), made=attribute(computed=True)
            ),
            "limits": block("single", 0, on=attribute("bool"), most=attribute("number")),
            "timeouts": block("single", 0, create=attribute()),
        },
    )
)


def compare(
    recorded: Mapping[str, Any],
    observed: Mapping[str, Any],
    mapping: Mapping[str, AttributeLike] | None = None,
    **others: Any,
) -> tuple[AttributeChange, ...]:
    """The differences of two sides of a test resource."""
    entry = ResourceType(name="test_thing", attributes=mapping or {})
    return Comparator(entry, SCHEMA).compare(recorded, observed, **others)


def told(changes: tuple[AttributeChange, ...]) -> list[tuple[str, str, str | None]]:
    """Path, class and rule of each difference."""
    return [(change.path, change.classification, change.rule) for change in changes]


def drift(path: str) -> list[tuple[str, str, str | None]]:
    """The one difference that counts."""
    return [(path, "drift", None)]


def form(path: str, rule: str) -> list[tuple[str, str, str | None]]:
    """The one difference of form."""
    return [(path, "representation", rule)]


def lower(value: Any) -> Any:
    """A normal form without case."""
    return [str(item).lower() for item in value] if isinstance(value, list) else str(value).lower()


def same_ends(first: Any, second: Any) -> bool:
    """An equivalence of texts by their last letter."""
    return str(first)[-1:] == str(second)[-1:]


class Sameness:
    """An equivalence that is an object, not a function."""

    def __call__(self, first: Any, second: Any) -> bool:
        return True


FIRST = {"port": 1, "cidrs": ["a", "b"], "note": "x"}
SILENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "equal values": ({"name": "a", "size": 1}, {"name": "a", "size": 1}),
    "only recorded": ({"name": "a"}, {}),
    "only observed": ({}, {"name": "a"}),
    "write-only": ({"password_wo": "a"}, {"password_wo": None}),
    "timeouts": ({"timeouts": {"create": "1m"}}, {"timeouts": None}),
    "only recorded in a block": ({"step": [{"name": "a", "made": "x"}]}, {"step": [{"name": "a"}]}),
    "only observed in a set of blocks": ({"listener": [{"port": 1}]}, {"listener": [{"port": 1, "name": "x"}]}),
    "a sensitive set's element twice": ({"secret_names": ["a"]}, {"secret_names": ["a", "a"]}),
    "a null value of a map": ({"labels": {"a": None}}, {"labels": {"b": None}}),
    "a set's element twice": ({"groups": ["a"]}, {"groups": ["a", "a"]}),
}


@pytest.mark.parametrize(("recorded", "observed"), SILENT.values(), ids=SILENT.keys())
def test_what_is_not_to_be_compared_is_not_mentioned(recorded: dict[str, Any], observed: dict[str, Any]) -> None:
    """Only what both sides report is compared, at any depth; write-only values and timeouts never are."""
    assert compare(recorded, observed) == ()


FORMS: dict[str, tuple[str, Any, Any, list[tuple[str, str, str | None]]]] = {
    "null and empty text": ("name", None, "", form("name", "null_or_empty")),
    "null and empty list": ("names", None, [], form("names", "null_or_empty")),
    "null and empty map": ("labels", {}, None, form("labels", "null_or_empty")),
    "null and no blocks": ("step", None, [], form("step", "null_or_empty")),
    "a number as text": ("size", "80", 80, form("size", "same_value")),
    "a number of 30 digits as text": ("size", "1" * 30, int("1" * 30), form("size", "same_value")),
    "a fraction as text": ("size", Decimal("0.1"), 0.1, form("size", "same_value")),
    "a boolean as text": ("on", "true", True, form("on", "same_value")),
    "a boolean as number text": ("on", "0", False, form("on", "same_value")),
    "a text as number": ("name", 5, "5", form("name", "same_value")),
    "a text as boolean": ("name", True, "true", form("name", "same_value")),
    "the order of a set": ("groups", ["a", "b"], ["b", "a"], form("groups", "order")),
    "the order of a set in a set": (
        "rules",
        [FIRST],
        [{**FIRST, "cidrs": ["b", "a"]}],
        form("rules[0].cidrs", "order"),
    ),
    "numbers in a set as text": ("rules", [{"port": 1}], [{"port": "1"}], form("rules[0].port", "same_value")),
    "a block that says nothing": (
        "logging",
        [],
        [{"bucket": "", "on": False, "days": 0}],
        form("logging", "absent_block"),
    ),
    "no block where one says nothing": ("logging", [{"on": "false"}], None, form("logging", "absent_block")),
    "a single block that says nothing": ("limits", None, {"on": False, "most": 0}, form("limits", "absent_block")),
    "computed only": ("arn", "a", "b", [("arn", "computed", "computed_only")]),
    "computed only, form": ("arn", None, "", form("arn", "null_or_empty")),
    "computed only, stale": ("arn", ["a"], "a", [("arn", "computed", "computed_only")]),
    "computed only, list": ("zones", ["a", "b"], ["a"], [("zones", "computed", "computed_only")]),
    "an id": ("id", "a", "b", [("id", "computed", "computed_only")]),
    "computed only in a block": (
        "step",
        [{"name": "a", "made": "x"}],
        [{"name": "a", "made": "y"}],
        [("step[0].made", "computed", "computed_only")],
    ),
    "computed only in a set": (
        "listener",
        [{"port": 1, "made": "x"}, {"port": 2, "made": "y"}],
        [{"port": 2, "made": "y"}, {"port": 1, "made": "z"}],
        [("listener[0].made", "computed", "computed_only")],
    ),
    "a list where a text belongs": ("name", ["a"], "a", [("name", "ignored", "stale_schema")]),
    "a text where a map belongs": ("labels", "a", {}, [("labels", "ignored", "stale_schema")]),
    "a text where blocks belong": ("step", [{"name": "a"}], "a", [("step", "ignored", "stale_schema")]),
    "a text where a block belongs": ("step", ["a"], [{"name": "a"}], [("step[0]", "ignored", "stale_schema")]),
    "a text where an object of a set belongs": (
        "rules",
        ["a"],
        [FIRST],
        [("rules[0]", "drift", None), ("rules[1]", "drift", None)],
    ),
    "a set where a set of texts belongs": (
        "groups",
        [["a"]],
        ["a"],
        [("groups[0]", "drift", None), ("groups[1]", "drift", None)],
    ),
}


@pytest.mark.parametrize(("name", "before", "now", "expected"), FORMS.values(), ids=FORMS.keys())
def test_differences_that_do_not_count_bear_a_rule(name: str, before: Any, now: Any, expected: Any) -> None:
    """Another form of one meaning, what only the cloud sets, and what a newer provider recorded each have a name."""
    assert told(compare({name: before}, {name: now})) == expected


DRIFTS: dict[str, tuple[str, Any, Any, list[str]]] = {
    "a text": ("name", "a", "b", ["name"]),
    "case": ("name", "a", "A", ["name"]),
    "unset in the cloud": ("name", "a", None, ["name"]),
    "set in the cloud": ("name", None, "a", ["name"]),
    "optional and computed": ("chosen", None, "a", ["chosen"]),
    "a number": ("size", 1, 2, ["size"]),
    "a number in its 30th digit": ("size", int("1" * 30), int("1" * 29 + "2"), ["size"]),
    "null is not zero": ("size", None, 0, ["size"]),
    "null is not false": ("on", None, False, ["on"]),
    "a number that is none": ("size", "many", 1, ["size"]),
    "not a number": ("size", "NaN", 1, ["size"]),
    "a boolean for a number": ("size", True, 2, ["size"]),
    "a boolean that is none": ("on", "perhaps", True, ["on"]),
    "a number that is no boolean": ("on", 2, True, ["on"]),
    "one of a list": ("names", ["a", "b", "c"], ["a", "x", "c"], ["names[1]"]),
    "one more in a list": ("names", ["a", "c"], ["a", "b", "c"], ["names[3]"]),
    "one less in a list": ("names", ["a", "b", "c"], ["a", "c"], ["names[1]"]),
    "the order of a list": ("names", ["a", "b"], ["b", "a"], ["names[0]", "names[3]"]),
    "one of a set": ("groups", ["a", "b"], ["b", "c"], ["groups[0]", "groups[3]"]),
    "a key's value": ("labels", {"a": "1", "b": "2"}, {"a": "1", "b": "3"}, ['labels["b"]']),
    "a key gone, one come": ("labels", {"a": "1"}, {"b": "1"}, ['labels["a"]', 'labels["b"]']),
    "a key with an empty value": ("labels", {}, {"a": ""}, ['labels["a"]']),
    "in a block": ("step", [{"name": "a"}, {"name": "b"}], [{"name": "a"}, {"name": "c"}], ["step[1].name"]),
    "a block more": ("step", [], [{"name": "a"}], ["step[0]"]),
    "a block that says something": ("logging", [], [{"bucket": "b", "on": False}], ["logging[0]"]),
    "a block less": ("logging", [{"bucket": "b"}], [], ["logging[0]"]),
    "a single block": ("limits", {"on": True, "most": 1}, {"on": True, "most": 2}, ["limits.most"]),
    "a single block more": ("limits", None, {"on": True}, ["limits"]),
    "an element of a set, near": (
        "listener",
        [{"port": 1, "name": "a", "to": "x"}, {"port": 2, "name": "b", "to": "y"}],
        [{"port": 2, "name": "b", "to": "y"}, {"port": 1, "name": "a", "to": "z"}],
        ["listener[0].to"],
    ),
    "an element of a set, far": (
        "listener",
        [{"port": 1, "name": "a", "to": "x"}],
        [{"port": 2, "name": "b", "to": "x"}],
        ["listener[0]", "listener[1]"],
    ),
    "inside an object of a set": (
        "rules",
        [FIRST],
        [{**FIRST, "cidrs": ["a", "c"]}],
        ["rules[0].cidrs[1]", "rules[0].cidrs[3]"],
    ),
    "untyped text": ("any", "a", "b", ["any"]),
    "untyped map": ("any", {"a": 1}, {"a": 2}, ['any["a"]']),
    "untyped list": ("any", [1, {"b": 1}], [1, {"b": 2}], ['any[1]["b"]']),
    "untyped of two forms": ("any", [1], {"a": 1}, ["any"]),
    "unknown to the schema": ("region", "eu-west-1", "eu-west-2", ["region"]),
    "unknown to a block's schema": ("step", [{"name": "a", "new": 1}], [{"name": "a", "new": 2}], ["step[0].new"]),
    "a nested attribute of the framework": ("many", {"a": {"to": "x"}}, {"a": {"to": "y"}}, ['many["a"].to']),
}


@pytest.mark.parametrize(("name", "before", "now", "paths"), DRIFTS.values(), ids=DRIFTS.keys())
def test_a_material_difference_is_drift_at_its_path(name: str, before: Any, now: Any, paths: list[str]) -> None:
    """What means something else is reported where it is, both ways."""
    assert [change.path for change in compare({name: before}, {name: now}) if change.classification == "drift"] == paths
    assert bool(compare({name: now}, {name: before})) == bool(paths)


@pytest.mark.parametrize(
    ("before", "now", "paths"),
    [
        ([{"name": "a", "to": "x"}], [{"name": "b", "to": "x"}, {"name": "a", "to": "y"}], ["[0].to", "[1]"]),
        ([{"name": "a", "to": "x"}], [{"name": "b", "to": "x"}], ["[0]", "[1]"]),
        ([{"name": None, "to": "x"}], [{"name": None, "to": "y"}], ["[0]", "[1]"]),
        ([{"name": "a", "to": "x"}, {"name": "b"}], [{"name": "b"}, {"name": "a", "to": "x"}], []),
        ([1], [{"name": "a"}], ["[0]", "[1]"]),
    ],
)
def test_a_key_tells_which_elements_of_a_set_stand_for_each_other(before: Any, now: Any, paths: list[str]) -> None:
    """Elements of one key are compared inside however little else agrees, those of two keys or none never."""
    mapping = {"listener": Attribute(key="name", nested={"name": "name", "to": "to"})}
    changes = compare({"listener": before}, {"listener": now}, mapping)
    assert [change.path for change in changes if change.classification == "drift"] == [
        f"listener{path}" for path in paths
    ]


def test_a_key_may_have_several_members() -> None:
    """Of a key of several members all must agree; one that says nothing on either side is no key."""
    mapping = {"listener": Attribute(key=("name", "port"))}
    before = [{"name": "a", "port": None, "to": "x"}, {"name": "", "port": 1, "to": "x"}]
    now = [{"name": None, "port": 1, "to": "y"}, {"name": "a", "port": 1, "to": "x"}]
    changes = compare({"listener": before}, {"listener": now}, mapping)
    assert [change.path for change in changes if change.classification == "drift"] == [
        "listener[1].to",
        "listener[0]",
        "listener[3]",
    ]
    nameless = [{"name": "", "port": None, "to": text} for text in "xy"]
    changes = compare({"listener": nameless[:1]}, {"listener": nameless[1:]}, mapping)
    assert [change.path for change in changes] == ["listener[0]", "listener[1]"]


def test_what_is_added_and_removed_has_one_side_only() -> None:
    """An element that only one side has is reported whole, the other side null."""
    changes = compare({"names": ["a"], "groups": ["a"]}, {"names": ["a", "b"], "groups": []})
    assert [(change.path, change.recorded, change.observed) for change in changes] == [
        ("names[2]", None, "b"),
        ("groups[0]", "a", None),
    ]


def test_long_lists_are_compared_place_by_place() -> None:
    """A list beyond the limit of the table still tells every difference, in time."""
    before = [f"a{number}" for number in range(300)]
    changes = compare({"names": before}, {"names": [f"b{number}" for number in range(300)]})
    assert len(changes) == 300


MAPPED: dict[str, tuple[AttributeLike, str, Any, Any, list[tuple[str, str, str | None]]]] = {
    "equal": (Attribute(equal=same_iam_policy), "policy", "", "{}", form("policy", "same_iam_policy")),
    "nothing in two forms": (Attribute(equal=same_time), "policy", "", None, form("policy", "null_or_empty")),
    "not equal": (Attribute(equal=same_iam_policy), "policy", '{"a":1}', "{}", drift("policy")),
    "equal by an object": (Attribute(equal=Sameness()), "policy", "a", "b", form("policy", "Sameness")),
    "default": (Attribute(default=False), "on", None, False, form("on", "default")),
    "not the default": (Attribute(default=False), "on", None, True, drift("on")),
    "default of a number as text": (Attribute(default=30), "size", None, "30", form("size", "same_value")),
    "normal form": (Attribute(normal=lower), "name", "A", "a", form("name", "lower")),
    "other than the normal form": (Attribute(normal=lower), "name", "A", "b", drift("name")),
    "elements of the normal form": (Attribute(normal=lower), "names", ["A", "B"], ["a", "c"], drift("names[1]")),
    "equal in a block": (
        Attribute(nested={"name": Attribute(equal=same_ends)}),
        "step",
        [{"name": "ab"}],
        [{"name": "xb"}],
        form("step[0].name", "same_ends"),
    ),
    "default in a block": (
        Attribute(nested={"days": Attribute(default=30)}),
        "logging",
        [],
        [{"bucket": None, "days": 30}],
        form("logging", "absent_block"),
    ),
    "equal in an attribute of objects": (
        Attribute(nested={"note": Attribute(equal=same_ends)}),
        "rules",
        [FIRST],
        [{**FIRST, "note": "yx"}],
        form("rules[0].note", "same_ends"),
    ),
    "default in a set": (
        Attribute(nested={"note": Attribute(default="n")}),
        "rules",
        [{"port": 1, "note": None}, {"port": 2, "note": "n"}],
        [{"port": 2, "note": None}, {"port": 1, "note": "n"}],
        [("rules[0].note", "representation", "default"), ("rules[1].note", "representation", "default")],
    ),
    "a computed attribute that counts": (Attribute(counts=True), "arn", "a", "b", drift("arn")),
    "an attribute unknown to the schema": (Attribute(equal=same_ends), "newer", "ab", "xb", form("newer", "same_ends")),
}


@pytest.mark.parametrize(("mapped", "name", "before", "now", "expected"), MAPPED.values(), ids=MAPPED.keys())
def test_the_entry_says_how_a_value_compares(
    mapped: AttributeLike, name: str, before: Any, now: Any, expected: Any
) -> None:
    """Equivalence, normal form and default of the entry replace the comparison by schema, nested ones too."""
    assert told(compare({name: before}, {name: now}, {name: mapped})) == expected


TAGS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "tags_all, not tags": (
        {"tags": {"a": "1"}, "tags_all": {"a": "1", "d": "1"}},
        {"tags": {}, "tags_all": {"a": "1", "d": "1"}},
        [],
    ),
    "one change per key": (
        {"tags_all": {"a": "1", "b": "1"}},
        {"tags_all": {"b": "2", "c": "1"}},
        ['tags_all["a"]', 'tags_all["b"]', 'tags_all["c"]'],
    ),
    "the cloud's own keys": ({"tags_all": {"aws:a": "1"}}, {"tags_all": {"aws:b": "1"}}, []),
    "null and none": ({"tags_all": None}, {"tags_all": {}}, []),
    "a null value": ({"tags_all": {"a": None}}, {"tags_all": {}}, []),
    "an empty value": ({"tags_all": {"a": ""}}, {"tags_all": {}}, ['tags_all["a"]']),
    "states without tags_all": ({"tags": {"a": "1"}}, {"tags_all": {"a": "2"}}, ['tags["a"]']),
    "a null tags_all": ({"tags": {"a": "1"}, "tags_all": None}, {"tags_all": {}}, ['tags["a"]']),
    "both null": ({"tags": None, "tags_all": None}, {"tags_all": {"a": "1"}}, ['tags_all["a"]']),
    "read as tags": ({"tags_all": {"a": "1"}}, {"tags": {"a": "2"}}, ['tags_all["a"]']),
    "not recorded": ({}, {"tags_all": {"a": "2"}}, []),
    "not read": ({"tags_all": {"a": "2"}}, {"name": None}, []),
}


@pytest.mark.parametrize(("recorded", "observed", "paths"), TAGS.values(), ids=TAGS.keys())
def test_tags_compare_as_all_tags_per_key(recorded: dict[str, Any], observed: dict[str, Any], paths: list[str]) -> None:
    """The tags that the cloud holds are compared with tags_all, key by key, without the cloud's own."""
    assert [change.path for change in compare(recorded, observed)] == paths


def test_tags_of_another_shape_are_a_gap() -> None:
    """Tags that are no map do not crash the comparison and are not called drift."""
    assert told(compare({"tags": ["a"]}, {"tags_all": {"a": "1"}})) == [("tags", "ignored", "stale_schema")]


def test_a_type_with_tags_alone_compares_them() -> None:
    """Where the schema has no tags_all, tags is a map like any other."""
    schema = ResourceSchema(block=Block(attributes={"tags": attribute(["map", "string"])}))
    changes = Comparator(ResourceType(name="test_thing"), schema).compare({"tags": {"a": "1"}}, {"tags": {"a": "2"}})
    assert told(changes) == drift('tags["a"]')


SKIPS: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str | None]]]] = {
    "differs": ({"policy": "a"}, {"policy": "b"}, [("policy", "ignored", "companion")]),
    "same": ({"policy": "a"}, {"policy": "a"}, []),
    "form": ({"policy": ""}, {"policy": None}, []),
    "tags": ({"tags_all": {"a": "1"}}, {"tags_all": {}}, [("tags_all", "ignored", "companion")]),
    "another attribute": ({"name": "a"}, {"name": "b"}, drift("name")),
}


@pytest.mark.parametrize(("recorded", "observed", "expected"), SKIPS.values(), ids=SKIPS.keys())
def test_a_skipped_attribute_is_ignored_by_rule(recorded: Any, observed: Any, expected: Any) -> None:
    """An attribute that another instance is responsible for is mentioned only where it differs, as ignored."""
    skip = {"policy": "companion", "tags_all": "companion"}
    assert told(compare(recorded, observed, skip=skip)) == expected


SECRET = "hunter2"
SECRETS: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...], list[str]]] = {
    "by schema": ({"secret": SECRET}, {"secret": "x" + SECRET}, (), ["secret"]),
    "unset": ({"secret": SECRET}, {"secret": None}, (), ["secret"]),
    "all of a value, one change": ({"secrets": [SECRET, "a"]}, {"secrets": [SECRET + "b", "c"]}, (), ["secrets"]),
    "stale": ({"secret": [SECRET]}, {"secret": "a"}, (), ["secret"]),
    "by the state": ({"name": SECRET}, {"name": "b"}, ("name",), ["name"]),
    "a part by the state": (
        {"step": [{"name": SECRET}]},
        {"step": [{"name": "b"}]},
        ("step[0].name",),
        ["step[0].name"],
    ),
    "another place": (
        {"step": [{"name": "a"}]},
        {"step": [{"name": "a"}, {"name": SECRET}]},
        ("step[0].name",),
        ["step[2]"],
    ),
    "a part of what is gone": ({"step": [{"name": SECRET}]}, {"step": []}, ("step[0].name",), ["step[0]"]),
    "a key": ({"labels": {"a": SECRET}}, {"labels": {"a": "b"}}, ('labels["a"]',), ['labels["a"]']),
    "a tag": ({"tags_all": {"a": SECRET}}, {"tags_all": {}}, ("tags_all",), ['tags_all["a"]']),
    "skipped": ({"policy": SECRET}, {"policy": "b"}, ("policy",), ["policy"]),
}


@pytest.mark.parametrize(("recorded", "observed", "sensitive", "paths"), SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_compared_and_never_told(recorded: Any, observed: Any, sensitive: Any, paths: list[str]) -> None:
    """A sensitive value, by schema or by state, is reported as changed and appears nowhere in the change."""
    changes = compare(recorded, observed, sensitive=sensitive, skip={"policy": "companion"})
    assert [change.path for change in changes if change.sensitive] == paths
    assert SECRET not in repr(changes)


HIDDEN: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "in a block gone": ({"step": [{"name": "a", "code": SECRET}]}, {"step": []}, ["step[0]"]),
    "in a map of objects": (
        {"many": {"a": {"key": SECRET, "to": "x", "new": None}}},
        {"many": None},
        ['many["a"]'],
    ),
}


@pytest.mark.parametrize(("recorded", "observed", "paths"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_secret_inside_what_is_told_is_masked(recorded: Any, observed: Any, paths: list[str]) -> None:
    """An element that is reported whole has its sensitive members masked, the others told."""
    changes = compare(recorded, observed)
    assert [change.path for change in changes] == paths
    assert SECRET not in repr(changes)
    assert "(sensitive)" in repr(changes)


WHEN = {"name": Attribute(when="chosen"), "step": Attribute(nested={"code": Attribute(when="!(Resource.groups)")})}


@pytest.mark.parametrize(
    ("recorded", "observed", "expected"),
    [
        ({"name": "a", "chosen": "x"}, {"name": "b"}, ["name"]),
        ({"name": "a", "chosen": ""}, {"name": "b"}, []),
        ({"name": None}, {"name": "b"}, []),
        ({"step": [{"code": "a"}], "groups": []}, {"step": [{"code": "b"}]}, ["step[0].code"]),
        ({"step": [{"code": "a"}], "groups": ["g"]}, {"step": [{"code": "b"}]}, []),
    ],
)
def test_what_the_state_decides_is_compared_only_then(recorded: Any, observed: Any, expected: list[str]) -> None:
    """An attribute with a condition is compared where the recorded attributes fulfil it, in blocks too."""
    assert [change.path for change in compare(recorded, observed, WHEN) if change.classification == "drift"] == expected


DEFAULTS = {"tags": {"a": "1"}, "tags_all": {"a": "1", "owner": "x"}}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"b": "2"}, {"b": "2", "owner": "x"}, []),
        (None, {"owner": "x"}, []),
        ({"b": "2"}, {"b": "2", "owner": "y"}, ['labels["owner"]']),
        ({"b": "2", "owner": "x"}, {"b": "2", "owner": "x"}, []),
        ({"b": "2", "owner": "x"}, {"b": "2"}, ['labels["owner"]']),
        ({"b": "2"}, {"b": "2", "a": "1"}, ['labels["a"]']),
        ({"b": "2"}, None, ['labels["b"]']),
    ],
)
def test_own_tags_leave_out_the_default_ones(before: Any, now: Any, expected: list[str]) -> None:
    """Tags that a state keeps without the provider's default tags are compared without them, and only them."""
    changes = compare({"labels": before, **DEFAULTS}, {"labels": now}, {"labels": Attribute(own_tags=True)})
    assert [change.path for change in changes if change.classification == "drift"] == expected


def test_own_tags_of_another_schema_are_stale() -> None:
    """Tags that are no map are told as stale, not as a crash."""
    mapping = {"labels": Attribute(own_tags=True)}
    assert told(compare({"labels": ["a"]}, {"labels": {"b": "2"}}, mapping)) == [("labels", "ignored", "stale_schema")]
    assert told(compare({"labels": {"b": "2"}}, {"labels": ["a"]}, mapping)) == [("labels", "ignored", "stale_schema")]


def test_an_entry_may_call_a_value_sensitive() -> None:
    """What another attribute tells as a secret is masked where the schema calls it harmless, compared or not."""
    for mapped in (Attribute(sensitive=True), Attribute(sensitive=True, when="secret")):
        (change,) = compare({"name": None}, {"name": "a"}, {"name": mapped})
        assert (change.recorded, change.observed, change.sensitive) == (None, "(sensitive)", True)


def test_a_secret_hides_all_of_a_normal_form() -> None:
    """Places change in a normal form, so a secret in one element hides the whole attribute."""
    mapping = {"names": Attribute(normal=lower)}
    changes = compare({"names": ["A", SECRET]}, {"names": ["a", "x"]}, mapping, sensitive=("names[1]",))
    assert told(changes) == drift("names")
    assert changes[0].sensitive
    assert compare({"names": ["A"]}, {"names": ["a"]}, mapping, sensitive=("names[0]",))[0].rule == "lower"


def test_a_secret_of_the_same_form_is_no_drift() -> None:
    """Rules apply to sensitive values as to all others."""
    assert told(compare({"secret": None}, {"secret": ""})) == form("secret", "null_or_empty")
    assert compare({"secrets": [{"a": 1}]}, {"secrets": [{"b": 1}]}) != ()


def test_a_computed_attribute_that_counts_is_drift() -> None:
    """Where an entry says so, a difference that no configuration can set is drift; one of form still is none."""
    mapping = {"arn": Attribute(counts=True)}
    assert told(compare({"arn": "a"}, {"arn": "b"}, mapping)) == drift("arn")
    assert told(compare({"arn": None}, {"arn": ""}, mapping)) == form("arn", "null_or_empty")
    assert told(compare({"arn": "a"}, {"arn": "b"})) == [("arn", "computed", "computed_only")]


def test_an_attribute_in_another_form_is_compared_only_without_it() -> None:
    """A state that records the better witness is judged by that alone, an older one by what it has."""
    mapping = {"name": Attribute(when="!arn")}
    assert told(compare({"name": "a", "arn": "x"}, {"name": "b"}, mapping)) == form("name", "other_form")
    assert compare({"name": "a", "arn": "x"}, {"name": "a"}, mapping) == ()
    assert told(compare({"name": "a", "arn": None}, {"name": "b"}, mapping)) == drift("name")
    assert told(compare({"name": "a"}, {"name": "b"}, mapping)) == drift("name")


EXACT: list[tuple[str, str, Callable[[tuple[AttributeChange, ...]], bool]]] = [
    ("123456789012345678901234567890", "123456789012345678901234567891", bool),
    ("0.1000000000000000000000000001", "0.1", bool),
    ("1.0", "1", lambda changes: not changes),
    ("1e2", "100", lambda changes: not changes),
]


@pytest.mark.parametrize(("before", "now", "expected"), EXACT)
def test_numbers_of_a_state_are_exact(
    before: str, now: str, expected: Callable[[tuple[AttributeChange, ...]], bool]
) -> None:
    """No number loses a digit on its way from the state, and none differs by its spelling."""
    recorded, observed = (decode_attributes(f'{{"size": {text}}}'.encode()) for text in (before, now))
    assert expected(compare(recorded, observed))
