"""The laws of comparison, over values of the real schemas of the pack."""

import copy
import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.security_groups import SECURITY_GROUP
from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.schema import Block, BlockType, CtyType, schema_pack
from driftmgr.discovery.observe import Observer
from driftmgr.drift.compare import Comparator
from driftmgr.model import AttributeChange, ResourceInstance, Scope

PACK = schema_pack("aws")
TYPES = (
    "aws_autoscaling_group",
    "aws_db_instance",
    "aws_lambda_function",
    "aws_lb_listener_rule",
    "aws_network_acl",
    "aws_s3_bucket",
    "aws_security_group",
    "aws_vpc_security_group_ingress_rule",
)
real_types = pytest.mark.parametrize("name", TYPES)
few = settings(max_examples=50, deadline=None)

TEXTS = st.sampled_from(["", "a", "b", "10", "true", "arn:aws:iam::123456789012:root"])
NUMBERS = st.integers(-3, 3) | st.integers(10**20, 10**20 + 2) | st.sampled_from([Decimal("0.5"), Decimal("1.0")])
LEAVES = {"string": TEXTS, "number": NUMBERS, "bool": st.booleans(), "dynamic": TEXTS}


def values(cty: CtyType) -> st.SearchStrategy[Any]:
    """Values of a cty type as a state's JSON holds them, null included."""
    if isinstance(cty, str):
        return st.none() | LEAVES[cty]
    kind, inner = cty
    if kind == "object":
        return st.fixed_dictionaries({key: values(member) for key, member in inner.items()})
    if kind == "map":
        return st.none() | st.dictionaries(st.sampled_from("xyz"), LEAVES.get(inner, TEXTS), max_size=2)
    unique = repr if kind == "set" else None
    return st.none() | st.lists(values(inner).filter(lambda value: value is not None), max_size=3, unique_by=unique)


def members(block: Block, depth: int = 0) -> dict[str, st.SearchStrategy[Any]]:
    """What each attribute and block of a schema may hold; deeper than two levels without further blocks."""
    found = {name: values(attribute.type) for name, attribute in block.attributes.items()}
    for name, nested in block.block_types.items():
        found[name] = nested_blocks(nested, depth) if depth < 2 else st.just([])
    return found


def blocks(block: Block, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of a nested block's schema."""
    return st.fixed_dictionaries(members(block, depth))


def nested_blocks(nested: BlockType, depth: int) -> st.SearchStrategy[Any]:
    """The values of a nested block."""
    if nested.nesting_mode == "single":
        return st.none() | blocks(nested.block, depth + 1)
    most = 1 if depth else nested.max_items or 2
    unique = repr if nested.nesting_mode == "set" else None
    return st.lists(blocks(nested.block, depth + 1), max_size=min(most, 2), unique_by=unique)


@functools.cache
def resources(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A few attributes of a resource type; ``tags_all`` holds the ``tags``, as it does in every state."""
    possible = members(PACK[name].block)
    return (
        st.sets(st.sampled_from(sorted(possible)), max_size=6)
        .flatmap(lambda chosen: st.fixed_dictionaries({key: possible[key] for key in sorted(chosen)}))
        .map(_with_all_tags)
    )


def _with_all_tags(attributes: dict[str, Any]) -> dict[str, Any]:
    if "tags_all" not in attributes or not attributes.get("tags"):
        return attributes
    return attributes | {"tags_all": (attributes["tags_all"] or {}) | attributes["tags"]}


def _names(name: str) -> list[str]:
    return sorted(members(PACK[name].block))


def compare(name: str, recorded: Any, observed: Any) -> tuple[AttributeChange, ...]:
    """Compare by schema alone."""
    return Comparator(ResourceType(name=name), PACK[name]).compare(recorded, observed)


def drifts(name: str, recorded: Any, observed: Any) -> list[str]:
    """The paths that count."""
    return [change.path for change in compare(name, recorded, observed) if change.classification == "drift"]


@real_types
@few
@given(data=st.data())
def test_a_resource_is_equal_to_itself(name: str, data: st.DataObject) -> None:
    """Nothing is ever told about two equal sides."""
    attributes = data.draw(resources(name))
    assert compare(name, attributes, copy.deepcopy(attributes)) == ()


@real_types
@few
@given(data=st.data())
def test_a_stored_resource_is_equal_to_itself(name: str, data: st.DataObject) -> None:
    """Writing attributes to a state and reading them again changes nothing."""
    attributes = data.draw(resources(name))
    assert drifts(name, ResourceInstance.of(f"{name}.a", attributes).attributes, attributes) == []


@real_types
@few
@given(data=st.data())
def test_the_verdict_is_symmetric(name: str, data: st.DataObject) -> None:
    """Whether two sides agree does not hang on which was recorded."""
    first, second = data.draw(resources(name)), data.draw(resources(name))
    assert bool(drifts(name, first, second)) is bool(drifts(name, second, first))


def is_set(schema: Any) -> bool:
    """Whether a schema node is a set."""
    return schema[0] == "set" if isinstance(schema, list) else getattr(schema, "nesting_mode", "") == "set"


def inside(schema: Any, value: Any) -> Iterator[tuple[str | int, Any, Any]]:
    """The members of a value: key, schema, value."""
    if isinstance(schema, BlockType) and isinstance(value, list):
        yield from ((place, schema.block, item) for place, item in enumerate(value))
    elif isinstance(schema, BlockType):
        yield from inside(schema.block, value)
    elif isinstance(schema, Block) and isinstance(value, dict):
        for key, item in value.items():
            if key in schema.attributes:
                yield key, schema.attributes[key].type, item
            else:
                yield key, schema.block_types[key], item
    elif isinstance(schema, list) and schema[0] == "object" and isinstance(value, dict):
        yield from ((key, schema[1][key], item) for key, item in value.items())
    elif isinstance(schema, list) and isinstance(value, dict):
        yield from ((key, schema[1], item) for key, item in value.items())
    elif isinstance(schema, list) and isinstance(value, list):
        yield from ((place, schema[1], item) for place, item in enumerate(value))


def rebuilt(schema: Any, value: Any, data: st.DataObject) -> Any:
    """The value with its sets shuffled and null and empty exchanged, where the rules say that this means nothing."""
    if isinstance(value, list):
        items = [rebuilt(inner, item, data) for _, inner, item in inside(schema, value)]
        nothing: list[Any] = [None, []] if not items else [items]
        return data.draw(st.permutations(items)) if is_set(schema) and items else data.draw(st.sampled_from(nothing))
    if isinstance(value, dict):
        return {key: rebuilt(inner, item, data) for key, inner, item in inside(schema, value)}
    empty: dict[str, list[Any]] = {"string": ["", None], "list": [None, []], "set": [None, []], "map": [None, {}]}
    kind = schema if isinstance(schema, str) else schema[0] if isinstance(schema, list) else ""
    return data.draw(st.sampled_from(empty[kind])) if kind in empty and value in (None, "") else value


def without_text_maps(schema: Any, value: Any) -> bool:
    """Whether no map holds an empty text: in a map that says something."""
    if isinstance(schema, list) and schema[0] == "map" and isinstance(value, dict) and "" in value.values():
        return False
    return all(without_text_maps(inner, item) for _, inner, item in inside(schema, value))


@real_types
@few
@given(data=st.data())
def test_order_of_sets_and_forms_of_nothing_do_not_matter(name: str, data: st.DataObject) -> None:
    """Shuffled sets, and null for empty text, list, set or map (and back), are no drift."""
    attributes = data.draw(resources(name))
    assume(without_text_maps(PACK[name].block, attributes))
    assert drifts(name, attributes, rebuilt(PACK[name].block, attributes, data)) == []


def leaves(schema: Any, value: Any, path: str = "") -> Iterator[tuple[str, list[str | int], str]]:
    """Configurable leaves outside sets and tags: path as reported, steps to it, type."""
    if is_set(schema):
        return
    if isinstance(schema, str):
        if value is not None:
            yield path, [], schema
        return
    is_map = isinstance(schema, list) and schema[0] == "map"
    for key, inner, item in inside(schema, value):
        described = schema.attributes.get(str(key)) if isinstance(schema, Block) else None
        if key in {"id", "tags", "tags_all", "timeouts"} or (
            described is not None and (described.write_only or not described.configurable)
        ):
            continue
        step = f"[{key}]" if isinstance(key, int) else f'["{key}"]' if is_map else f".{key}" if path else str(key)
        for found, steps, kind in leaves(inner, item, path + step):
            yield found, [key, *steps], kind


def _plain_names(name: str) -> list[str]:
    """Configurable texts of a type: every resource has such a leaf to change."""
    described = PACK[name].block.attributes
    return [
        key
        for key in sorted(described)
        if described[key].type == "string" and described[key].configurable and not described[key].write_only
        if key != "id"
    ]


def other(kind: str, value: Any) -> Any:
    """A value of the same type that means something else."""
    if kind == "bool":
        return not value
    return value + 7 if kind == "number" else f"{value}!"


@real_types
@few
@given(data=st.data())
def test_one_changed_leaf_is_exactly_one_path(name: str, data: st.DataObject) -> None:
    """Changing one configurable leaf outside every rule is told at its path, and nothing else is."""
    plain = data.draw(st.sampled_from(_plain_names(name)))
    attributes = data.draw(resources(name)) | {plain: data.draw(TEXTS)}
    found = list(leaves(PACK[name].block, attributes))
    path, steps, kind = data.draw(st.sampled_from(found))
    observed = copy.deepcopy(attributes)
    target = observed
    for step in steps[:-1]:
        target = target[step]  # type: ignore[index]
    target[steps[-1]] = other(kind, target[steps[-1]])  # type: ignore[index]
    told = drifts(name, attributes, observed)
    schema = PACK[name].block.attributes.get(str(steps[0]))
    assert told == [str(steps[0]) if schema is not None and schema.sensitive else path]


@real_types
@few
@given(data=st.data())
def test_any_two_shapes_compare(name: str, data: st.DataObject) -> None:
    """Whatever a state of another provider version holds, the comparison ends without an error."""
    recorded, observed = data.draw(resources(name)), data.draw(resources(name))
    strange = st.recursive(
        TEXTS | NUMBERS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2)
    )
    for key in data.draw(st.sets(st.sampled_from(_names(name)), max_size=4)):
        recorded[key] = data.draw(strange)
    assert all(change.path for change in compare(name, recorded, observed))


def test_a_mapped_answer_stored_as_state_is_silent() -> None:
    """What the cloud says, mapped, written to a state and read again, compares without a difference."""
    scope = Scope(cloud="aws", account="123456789012", region="eu-central-1")
    words = {"account": scope.account, "region": scope.region, "partition": "aws"}
    group = {
        "Scope": words,
        "GroupId": "sg-1",
        "GroupName": "web",
        "Description": "web",
        "OwnerId": scope.account,
        "VpcId": "vpc-1",
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 81,
                "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0"}],
            }
        ],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        "Tags": [{"Key": "team", "Value": "shop"}, {"Key": "aws:cloudformation:stack-name", "Value": "x"}],
    }
    found = Observer(SECURITY_GROUP).observe(group, scope)
    assert found is not None
    stored = ResourceInstance.of("aws_security_group.web", found.attributes)
    assert len(found.attributes["ingress"]) == 2
    catalog = catalog_of("aws")
    assert (
        Comparator(SECURITY_GROUP, catalog.schemas[SECURITY_GROUP.name]).compare(stored.attributes, found.attributes)
        == ()
    )
