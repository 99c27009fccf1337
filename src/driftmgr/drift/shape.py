"""A resource type's schema and catalog entry as one tree, made once per type and walked for every comparison."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from driftmgr.catalog.entry import Attribute, AttributeLike, ResourceType, as_attribute
from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, CtyType, ResourceSchema

Kind = Literal["string", "number", "bool", "dynamic", "list", "set", "map", "object"]

PLAIN = Attribute()


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a value is: a leaf, a collection of ``element``, or an object of ``members``.

    ``block`` marks a nested block (null is the same as none), ``single`` one of at most one element. ``key`` are the
    members that together tell the objects of a set apart, if the entry names some.
    """

    kind: Kind
    element: "Shape | None" = None
    members: "Mapping[str, Member]" = {}
    block: bool = False
    single: bool = False
    key: tuple[str, ...] = ()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A named value of an object: its shape, what the schema says of it, how the entry compares it."""

    name: str
    shape: Shape
    attribute: Attribute = PLAIN
    computed: bool = False
    sensitive: bool = False
    compared: bool = True


DYNAMIC = Shape(kind="dynamic")
_UNTYPED_LIST = Shape(kind="list", element=DYNAMIC)
_UNTYPED_MAP = Shape(kind="map", element=DYNAMIC)


def narrowed(shape: Shape, *values: Any) -> Shape:
    """The shape itself or, for values without a type, the one that they have if it is the same for all."""
    if shape.kind != "dynamic":
        return shape
    said = [value for value in values if value is not None]
    if said and all(isinstance(value, list) for value in said):
        return _UNTYPED_LIST
    if said and all(isinstance(value, dict) for value in said):
        return _UNTYPED_MAP
    return shape


def resource_members(entry: ResourceType, schema: ResourceSchema) -> dict[str, Member]:
    """All attributes and nested blocks of a type by name, and what the entry reads that the schema does not know.

    The latter (``region`` of newer providers) have no type. ``id`` is computed only, whatever the schema says: the SDK
    declares it optional everywhere, yet nobody can set it, and providers of different age record different ids.
    """
    members = _block_members(schema.block, entry.attributes)
    for name in entry.attributes.keys() - members.keys():
        members[name] = untyped(name, _attribute(name, entry.attributes))
    members["id"] = msgspec.structs.replace(members.get("id") or untyped("id"), computed=True)
    return members


def untyped(name: str, attribute: Attribute = PLAIN) -> "Member":
    """A member that the schema does not know."""
    return Member(name=name, shape=DYNAMIC, attribute=attribute)


def _block_members(block: Block, mapping: Mapping[str, AttributeLike]) -> dict[str, Member]:
    members = {name: _attribute_member(name, schema, mapping) for name, schema in block.attributes.items()}
    for name, nested in block.block_types.items():
        members[name] = _block_member(name, nested, mapping)
    return members


def _attribute_member(name: str, schema: AttributeSchema, mapping: Mapping[str, AttributeLike]) -> Member:
    attribute = _attribute(name, mapping)
    if schema.nested_type is None:
        shape = cty_shape(schema.type, attribute.nested or {})
    else:
        inner = Block(attributes=schema.nested_type.attributes)
        shape = _nested(schema.nested_type.nesting_mode, inner, attribute.nested or {}, block=False, single=False)
    return Member(
        name=name,
        shape=_keyed(shape, attribute),
        attribute=attribute,
        computed=schema.computed and not schema.configurable and not attribute.counts,
        sensitive=schema.sensitive or attribute.sensitive,
        compared=not schema.write_only and name != "timeouts",
    )


def _block_member(name: str, nested: BlockType, mapping: Mapping[str, AttributeLike]) -> Member:
    attribute = _attribute(name, mapping)
    single = nested.max_items == 1
    shape = _nested(nested.nesting_mode, nested.block, attribute.nested or {}, block=True, single=single)
    return Member(name=name, shape=_keyed(shape, attribute), attribute=attribute, compared=name != "timeouts")


def _keyed(shape: Shape, attribute: Attribute) -> Shape:
    key = (attribute.key,) if isinstance(attribute.key, str) else attribute.key
    return msgspec.structs.replace(shape, key=key) if key else shape


def _nested(mode: str, inner: Block, mapping: Mapping[str, AttributeLike], *, block: bool, single: bool) -> Shape:
    element = Shape(kind="object", members=_block_members(inner, mapping))
    if mode in {"single", "group"}:
        return element
    return Shape(kind=mode, element=element, block=block, single=single)  # type: ignore[arg-type]


def _attribute(name: str, mapping: Mapping[str, AttributeLike]) -> Attribute:
    return as_attribute(mapping[name]) if name in mapping else PLAIN


def cty_shape(cty: CtyType, mapping: Mapping[str, AttributeLike]) -> Shape:
    """The shape of a cty type; ``mapping`` gives the attributes of the objects in it."""
    if isinstance(cty, str):
        return Shape(kind=cty)  # type: ignore[arg-type]
    kind, inner = cty[0], cty[1]
    if kind == "object":
        members = {
            name: Member(name=name, shape=cty_shape(member, {}), attribute=_attribute(name, mapping))
            for name, member in inner.items()
        }
        return Shape(kind="object", members=members)
    return Shape(kind=kind, element=cty_shape(inner, mapping))
