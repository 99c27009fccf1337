"""The catalog tested as data: every entry, by name, against botocore's models and the schema pack."""

from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import jmespath
import pytest
from botocore.model import ListShape, MapShape, OperationModel, StructureShape

from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import Attribute, Call, ResourceType, Template, as_attribute
from driftmgr.catalog.schema import Block
from driftmgr.discovery.paths import attribute_reader, names_in

AWS = catalog_of("aws")
ENTRIES = list(AWS)
by_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)

_SESSION = botocore.session.Session()
_CLIENTS: dict[str, Any] = {}

# What no catalog can map: Terraform's own bookkeeping.
BOOKKEEPING = {"id", "timeouts", "tags", "tags_all", "region"}
ANY = object()


def _client(service: str) -> Any:
    if service not in _CLIENTS:
        _CLIENTS[service] = _SESSION.create_client(
            service, region_name="us-east-1", aws_access_key_id="-", aws_secret_access_key="-"
        )
    return _CLIENTS[service]


def _operation(call: Call) -> OperationModel:
    service, method = call.operation.split(".")
    client = _client(service)
    assert method in client.meta.method_to_api_mapping, f"{service} has no operation {method}"
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])


def _calls(entry: ResourceType) -> Iterator[Call]:
    if entry.list:
        yield entry.list
    if isinstance(entry.expand, Call):
        yield entry.expand
    yield from (join.call for join in entry.joins.values())
    yield from entry.details.values()


class Listed:
    """The list of a shape, as a projection makes it."""

    def __init__(self, element: Any) -> None:
        self.element = element


def _element(shape: Any) -> Any:
    if isinstance(shape, Listed):
        return shape.element
    if isinstance(shape, ListShape):
        return shape.member
    assert shape is ANY, f"not a list: {shape}"
    return ANY


def _member(shape: Any, name: str) -> Any:
    if isinstance(shape, StructureShape):
        assert name in shape.members, f"{shape.name} has no member {name}; it has {sorted(shape.members)}"
        return shape.members[name]
    if isinstance(shape, MapShape):
        keys = getattr(shape.key, "enum", None)
        assert not keys or name in keys, f"{shape.key.name} has no value {name}"
        return shape.value
    if isinstance(shape, dict):
        assert name in shape, f"the item has no member {name}; it has {sorted(shape)}"
        return shape[name]
    assert shape is ANY, f"{name}: {shape} has no members"
    return ANY


def walk(tree: Mapping[str, Any], shape: Any) -> Any:  # noqa: PLR0911, PLR0912, C901 - one line per node of JMESPath's grammar
    """The shape that a JMESPath tree finds in a shape; fails with the offending name."""
    children = tree["children"]
    match tree["type"]:
        case "field":
            return _member(shape, tree["value"])
        case "subexpression" | "index_expression" | "pipe":
            for child in children:
                shape = walk(child, shape)
            return shape
        case "index":
            return _element(shape)
        case "slice":
            return shape
        case "flatten":
            found = walk(children[0], shape)
            inner = _element(found)
            return Listed(inner.member if isinstance(inner, ListShape) else getattr(inner, "element", inner))
        case "projection":
            return Listed(walk(children[1], _element(walk(children[0], shape))))
        case "value_projection":
            found = walk(children[0], shape)
            return Listed(walk(children[1], found.value if isinstance(found, MapShape) else ANY))
        case "filter_projection":
            element = _element(walk(children[0], shape))
            walk(children[2], element)
            return Listed(walk(children[1], element))
        case "multi_select_dict":
            return {child["value"]: walk(child["children"][0], shape) for child in children}
        case "multi_select_list":
            for child in children:
                walk(child, shape)
            return Listed(ANY)
        case "or_expression" | "and_expression":
            return [walk(child, shape) for child in children][-1]
        case "current" | "identity":
            return shape
        case _:
            for child in children:
                walk(child, shape)
            return ANY


def _found(path: str, shape: Any) -> Any:
    return walk(jmespath.compile(path).parsed, shape)


def _answer(call: Call) -> Any:
    return _found(call.items, _operation(call).output_shape)


def _members(shape: Any) -> dict[str, Any]:
    if isinstance(shape, StructureShape):
        return dict(shape.members)
    return dict(shape) if isinstance(shape, dict) else {"Value": shape}


def item_shape(entry: ResourceType) -> dict[str, Any]:
    """The item of an entry: the listed members, and each join, detail, parent and scope under its name."""
    assert entry.list is not None
    scope = {"account": ANY, "region": ANY, "partition": ANY}
    item = {**_members(_element(_answer(entry.list))), "Scope": scope}
    if entry.expand is not None:
        children = _found(entry.expand, item) if isinstance(entry.expand, str) else _answer(entry.expand)
        item = {**_members(_element(children)), "Parent": item, "Scope": scope}
    for name, join in entry.joins.items():
        element = _found(join.value, _element(_answer(join.call)))
        item[name] = Listed(element) if join.many else element
    return item | {name: _answer(call) for name, call in entry.details.items()}


def _paths(source: str | Template) -> tuple[str, ...]:
    return source.paths if isinstance(source, Template) else (source,)


def _check_attribute(name: str, attribute: Attribute, shape: Any) -> None:
    for path in _paths(attribute.path):
        try:
            found = _found(path, shape)
        except AssertionError as error:
            raise AssertionError(f"{name}: {path}: {error}") from error
    if attribute.nested is None:
        return
    if attribute.read is not None:
        found = ANY
    element = _element(found) if isinstance(found, Listed | ListShape) else found
    for inner, value in attribute.nested.items():
        _check_attribute(f"{name}.{inner}", as_attribute(value), element)


def _written(call: Call) -> set[str]:
    return {*call.params, *call.given}


@by_name
def test_every_operation_and_parameter_exists(entry: ResourceType) -> None:
    """Each call of an entry names an operation and parameters of botocore's model, all required ones among them."""
    for call in _calls(entry):
        shape = _operation(call).input_shape
        members = shape.members if shape else {}
        assert _written(call) <= members.keys(), call.operation
        assert set(shape.required_members if shape else ()) <= _written(call), call.operation


@by_name
def test_every_path_exists_in_the_answer(entry: ResourceType) -> None:
    """Each path of an entry finds a member of the answers' shapes."""
    if entry.list is None:
        assert entry.assemble
        assert entry.parts
        return
    item = item_shape(entry)
    for path in (*_paths(entry.id), *filter(None, (entry.exists, entry.region, entry.is_default, entry.fingerprint))):
        _found(path, item)
    for name, path in entry.refused.items():
        assert name in entry.attributes
        _found(path, item)
    for join in entry.joins.values():
        _found(join.on, _element(_answer(join.call)))
        for path in _paths(join.to):
            _found(path, item)
    given_from = item["Parent"] if isinstance(entry.expand, Call) else item
    for call in _calls(entry):
        assert call.when is None or call in entry.details.values(), f"{call.operation}: only a detail has a condition"
        _found(call.when or "@", item)
        for path in call.given.values():
            _found(path, given_from if call is entry.expand else item)
    owner = {} if entry.owner is None else {"owner": entry.owner}
    for name, value in {**entry.attributes, **entry.links, **owner}.items():
        _check_attribute(name, as_attribute(value), item)


@by_name
def test_every_attribute_reads_an_item_that_says_nothing(entry: ResourceType) -> None:
    """A member that an answer leaves out is a value that is not set, never an error that ends the scan.

    Only the id is always there: an item without one is no object.
    """
    silent = {"Scope": {"account": "1", "region": "r", "partition": "aws"}}
    sources = {**entry.attributes, **entry.links, **({"owner": entry.owner} if entry.owner else {})}
    for name, source in sources.items():
        if names_in(as_attribute(source).path) <= names_in(entry.id):
            continue
        try:
            attribute_reader(source)(silent)
        except Exception as error:
            raise AssertionError(f"{name}: {error!r}") from error


def _leaves(block: Block, prefix: str = "") -> Iterator[tuple[str, bool]]:
    for name, attribute in block.attributes.items():
        yield f"{prefix}{name}", attribute.configurable and not attribute.write_only
    for name, nested in block.block_types.items():
        if name != "timeouts":
            yield from _leaves(nested.block, f"{prefix}{name}.")


def _mapped(attributes: Mapping[str, Any], block: Block, prefix: str = "") -> Iterator[str]:
    for name, value in attributes.items():
        attribute = as_attribute(value)
        assert name in block.attributes or name in block.block_types, f"{prefix}{name} is not in the schema"
        yield f"{prefix}{name}"
        inner = block.block_types.get(name)
        if inner is None:
            continue
        if attribute.nested is None:
            # A transform builds the whole block; its shape is held by the transform's own test.
            yield from (path for path, _ in _leaves(inner.block, f"{prefix}{name}."))
        else:
            yield from _mapped(attribute.nested, inner.block, f"{prefix}{name}.")


@by_name
def test_every_configurable_attribute_is_mapped_or_explained(entry: ResourceType) -> None:
    """No configurable attribute of the schema is forgotten: it is mapped, or unreadable with its reason, never both."""
    schema = AWS.schemas[entry.name]
    mapped = set(_mapped(entry.attributes, schema.block))
    configurable = {path for path, is_configurable in _leaves(schema.block) if is_configurable}
    unreadable = set(entry.unreadable)
    known = {path for path, _ in _leaves(schema.block)} | {
        path.rsplit(".", 1)[0] for path in configurable if "." in path
    }
    assert unreadable <= known, sorted(unreadable - known)
    explained = {
        path for path in configurable if any(path == name or path.startswith(f"{name}.") for name in unreadable)
    }
    assert not unreadable & mapped, sorted(unreadable & mapped)
    assert all(len(reason) > 10 for reason in entry.unreadable.values())
    assert not configurable - mapped - explained - BOOKKEEPING, sorted(configurable - mapped - explained - BOOKKEEPING)


@by_name
def test_tags_are_read_where_the_schema_has_them(entry: ResourceType) -> None:
    """A type with tags maps ``tags_all`` (which covers default tags), never ``tags``."""
    schema = AWS.schemas[entry.name]
    assert ("tags_all" in schema.block.attributes) == ("tags_all" in entry.attributes)
    if "tags_all" in schema.block.attributes:
        assert "tags" not in entry.attributes


@by_name
def test_parents_keys_and_parts_name_what_exists(entry: ResourceType) -> None:
    """References between entries point at types and attributes that exist."""
    block = AWS.schemas[entry.name].block
    schema = block.attributes
    assert not entry.links.keys() & {*schema, *block.block_types}
    for reference in entry.parents:
        outer, _, inner = reference.attribute.rpartition(".")
        named = AWS.schemas[entry.name].block.block_types[outer].block.attributes if outer else schema
        assert inner in named or inner in entry.links
        parent = AWS.schemas[AWS[reference.type].name].block
        assert reference.by in parent.attributes
        assert all(name in parent.attributes or name in parent.block_types for name in reference.inline)
        assert reference.when is None or reference.when[0] in schema
    for companion in entry.companions:
        assert companion.type not in AWS, f"{companion.type} has an entry: that one says whose part it is"
        assert companion.attribute in AWS.schemas[companion.type].block.attributes
        own = AWS.schemas[entry.name].block
        assert companion.by in own.attributes
        assert all(name in own.attributes or name in own.block_types for name in companion.inline)
        theirs = AWS.schemas[companion.type].block
        assert companion.adds.keys() <= own.attributes.keys()
        assert {name.partition(".")[0] for name in companion.adds.values()} <= {*theirs.attributes, *theirs.block_types}
    if entry.also_in:
        replicas = AWS.schemas[entry.name].block.block_types[entry.also_in[0]]
        assert entry.also_in[1] in replicas.block.attributes
    assert all(name in schema for key in entry.keys for name in key)
    assert all(part in AWS for part in entry.parts)
    assert all(alias in AWS.schemas for alias in entry.aliases)


def _conditions(attributes: Mapping[str, Any]) -> Iterator[str]:
    for attribute in map(as_attribute, attributes.values()):
        if attribute.when is not None:
            yield attribute.when
        yield from _conditions(attribute.nested or {})


@by_name
def test_conditions_name_attributes(entry: ResourceType) -> None:
    """What the comparison of an attribute depends on are attributes of the schema."""
    names = {part for path, _ in _leaves(AWS.schemas[entry.name].block) for part in path.split(".")}
    for condition in _conditions(entry.attributes):
        assert names_in(condition) <= names | {"Resource"}, condition


@by_name
def test_what_counts_is_computed_only(entry: ResourceType) -> None:
    """``counts`` is said of attributes that no configuration can set: all others count anyway."""
    schema = AWS.schemas[entry.name].block.attributes
    for name, value in entry.attributes.items():
        assert not as_attribute(value).counts or not schema[name].configurable, name


def test_entries_are_found_once() -> None:
    """Walking the package finds each constant, and no type twice."""
    names = [entry.name for entry in ENTRIES]
    assert names == sorted(set(names))
    assert names
