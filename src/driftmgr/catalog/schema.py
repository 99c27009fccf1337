"""Schema packs: a provider's own schema, without its prose, as package data.

A pack is a zip archive with one JSON member per resource type (``terraform providers schema
-json``: ``{"version", "block"}``), so that a scan decodes only the types it meets.
Types in it are cty types: https://github.com/zclconf/go-cty/blob/main/docs/json.md
"""

import functools
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Literal, Protocol

import msgspec

CtyType = Any
"""``"string"``, ``"number"``, ``"bool"``, ``"dynamic"``, ``["list"|"set"|"map", type]``, ``["object", {name: t}]``."""


class AttributeSchema(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute; ``type`` is ``None`` for a framework ``nested_type``."""

    type: CtyType = None
    optional: bool = False
    required: bool = False
    computed: bool = False
    sensitive: bool = False
    write_only: bool = False
    deprecated: bool = False
    nested_type: "NestedType | None" = None

    @property
    def configurable(self) -> bool:
        """Whether HCL may set it."""
        return self.optional or self.required


class NestedType(msgspec.Struct, frozen=True, kw_only=True):
    """A framework nested attribute: attributes with a nesting of their own."""

    attributes: dict[str, AttributeSchema] = {}
    nesting_mode: Literal["single", "list", "set", "map", "group"] = "single"


class BlockType(msgspec.Struct, frozen=True, kw_only=True):
    """A nested block."""

    block: "Block"
    nesting_mode: Literal["single", "list", "set", "map", "group"] = "list"
    min_items: int = 0
    max_items: int = 0


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes and nested blocks of a resource or of a nested block."""

    attributes: dict[str, AttributeSchema] = {}
    block_types: dict[str, BlockType] = {}


class ResourceSchema(msgspec.Struct, frozen=True, kw_only=True):
    """The schema of one resource type."""

    version: int = 0
    block: Block = Block()


class SchemaPack:
    """The schemas of one provider version, decoded type by type on first use."""

    def __init__(self, archive: zipfile.ZipFile, provider: str, version: str) -> None:
        self._archive = archive
        self._decoder = msgspec.json.Decoder(ResourceSchema)
        self.provider = provider
        self.version = version
        self.types = frozenset(name.removesuffix(".json") for name in archive.namelist())
        self._schemas: dict[str, ResourceSchema] = {}

    def __contains__(self, resource_type: str) -> bool:
        return resource_type in self.types

    def __getitem__(self, resource_type: str) -> ResourceSchema:
        if resource_type not in self._schemas:
            self._schemas[resource_type] = self._decoder.decode(self._archive.read(f"{resource_type}.json"))
        return self._schemas[resource_type]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.types))


class Schemas(Protocol):
    """The schemas of some resource types; ``types`` are their names."""

    provider: str
    version: str

    @property
    def types(self) -> frozenset[str]:
        """The names of the resource types."""

    def __contains__(self, resource_type: str) -> bool: ...

    def __getitem__(self, resource_type: str) -> ResourceSchema: ...


class SchemaPacks:
    """The schemas of several providers."""

    def __init__(self, packs: Iterable[Schemas]) -> None:
        self._packs = tuple(packs)
        self.provider = ", ".join(pack.provider for pack in self._packs)
        self.version = ", ".join(pack.version for pack in self._packs)

    @property
    def types(self) -> frozenset[str]:
        """The names of the resource types."""
        return frozenset().union(*(pack.types for pack in self._packs))

    def __contains__(self, resource_type: str) -> bool:
        return any(resource_type in pack for pack in self._packs)

    def __getitem__(self, resource_type: str) -> ResourceSchema:
        return next(pack for pack in self._packs if resource_type in pack)[resource_type]


_PACKS: Mapping[str, tuple[str, str]] = {
    "aws": ("registry.terraform.io/hashicorp/aws", "5.100.0"),
    "digitalocean": ("registry.terraform.io/digitalocean/digitalocean", "2.99.1"),
}


@functools.cache
def schema_pack(cloud: str) -> SchemaPack:
    """The pack shipped for a cloud; raises ``KeyError`` for a cloud without one."""
    provider, version = _PACKS[cloud]
    path = resources.files("driftmgr.catalog") / "schema_packs" / f"{cloud}-{version}.zip"
    return SchemaPack(zipfile.ZipFile(path.open("rb")), provider, version)
