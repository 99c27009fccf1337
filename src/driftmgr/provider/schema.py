"""A provider's schemas: from protocol messages to the schema words of the catalog, type by type on first use."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, CtyType, NestedType, ResourceSchema

_BLOCK_NESTING = {1: "single", 2: "list", 3: "set", 4: "map", 5: "group"}
_ATTRIBUTE_NESTING = {1: "single", 2: "list", 3: "set", 4: "map"}


class TypeSchema(msgspec.Struct, frozen=True, kw_only=True):
    """The schema of one type, the type of its whole value, and whether a block in it may be computed (protocol 6)."""

    schema: ResourceSchema
    type: CtyType
    computed_blocks: bool = False

    @property
    def block(self) -> Block:
        """The top block."""
        return self.schema.block


class ProviderSchemas:
    """All schemas of one provider, decoded as they are asked for. ``message`` is the ``Schemas`` answer."""

    def __init__(self, message: Any) -> None:
        self._message = message
        self._decoded: dict[tuple[str, str], TypeSchema] = {}

    @property
    def provider(self) -> TypeSchema:
        """The schema of the provider's configuration."""
        return type_schema(self._message.provider)

    @property
    def meta(self) -> TypeSchema | None:
        """The schema of ``provider_meta``, if the provider has one."""
        return type_schema(self._message.provider_meta) if self._message.HasField("provider_meta") else None

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self._message.resource_schemas

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._message.resource_schemas))

    def __getitem__(self, resource_type: str) -> TypeSchema:
        return self._of("resource_schemas", resource_type)

    def data_source(self, name: str) -> TypeSchema | None:
        """The schema of a data source, ``None`` if the provider lacks it."""
        return self._of("data_source_schemas", name) if name in self._message.data_source_schemas else None

    def list_resource(self, resource_type: str) -> TypeSchema | None:
        """The schema of the configuration of a list call, ``None`` if the provider cannot list the type."""
        listed = self._message.list_resource_schemas
        return self._of("list_resource_schemas", resource_type) if resource_type in listed else None

    def listable(self) -> tuple[str, ...]:
        """The types that the provider can list without being told more."""
        names = sorted(self._message.list_resource_schemas)
        return tuple(
            name
            for name in names
            if not any(item.required for item in self._of("list_resource_schemas", name).block.attributes.values())
        )

    def _of(self, what: str, name: str) -> TypeSchema:
        if (what, name) not in self._decoded:
            self._decoded[what, name] = type_schema(getattr(self._message, what)[name])
        return self._decoded[what, name]


class IdentitySchema(msgspec.Struct, frozen=True, kw_only=True):
    """The schema of an identity: what names one object of a type, without reading it."""

    version: int
    type: CtyType


def identity_schema(message: Any) -> IdentitySchema:
    """Read an ``IdentitySchema`` message."""
    members = {attribute.name: json.loads(attribute.type) for attribute in message.attributes}
    return IdentitySchema(version=message.version, type=["object", members])


def type_schema(message: Any) -> TypeSchema:
    """Read a ``Schema`` message."""
    block = _block(message.block)
    return TypeSchema(
        schema=ResourceSchema(version=message.version, block=block),
        type=block_type(block),
        computed_blocks=_has_computed(message.block),
    )


def block_type(block: Block) -> CtyType:
    """The type of a block's value: an object of all attributes and nested blocks."""
    members = {name: attribute_type(attribute) for name, attribute in block.attributes.items()}
    members |= {
        name: _collected(nested.nesting_mode, block_type(nested.block)) for name, nested in block.block_types.items()
    }
    return ["object", members]


def attribute_type(attribute: AttributeSchema) -> CtyType:
    """The type of an attribute's value."""
    if attribute.nested_type is None:
        return attribute.type
    inner = ["object", {name: attribute_type(inner) for name, inner in attribute.nested_type.attributes.items()}]
    return _collected(attribute.nested_type.nesting_mode, inner)


def _collected(nesting: str, inner: CtyType) -> CtyType:
    return inner if nesting in {"single", "group"} else [nesting, inner]


def _block(message: Any) -> Block:
    return Block(
        attributes=_attributes(message.attributes),
        block_types={
            nested.type_name: BlockType(
                block=_block(nested.block),
                nesting_mode=_BLOCK_NESTING[nested.nesting],  # type: ignore[arg-type]
                min_items=nested.min_items,
                max_items=nested.max_items,
            )
            for nested in message.block_types
        },
    )


def _attributes(messages: Iterable[Any]) -> dict[str, AttributeSchema]:
    return {message.name: _attribute(message) for message in messages}


def _attribute(message: Any) -> AttributeSchema:
    nested = None
    if "nested_type" in message.DESCRIPTOR.fields_by_name and message.HasField("nested_type"):
        nested = NestedType(
            attributes=_attributes(message.nested_type.attributes),
            nesting_mode=_ATTRIBUTE_NESTING[message.nested_type.nesting],  # type: ignore[arg-type]
        )
    return AttributeSchema(
        type=json.loads(message.type) if nested is None else None,
        optional=message.optional,
        required=message.required,
        computed=message.computed,
        sensitive=message.sensitive,
        write_only=message.write_only,
        deprecated=message.deprecated,
        nested_type=nested,
    )


def _has_computed(block: Any) -> bool:
    return any(getattr(nested.block, "computed", False) or _has_computed(nested.block) for nested in block.block_types)
