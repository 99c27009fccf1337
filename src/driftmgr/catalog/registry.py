"""Finds the entries by walking the package: a new constant in a service module is a new type."""

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping

from driftmgr.catalog.entry import NoEntry, ResourceType
from driftmgr.catalog.schema import SchemaPacks, Schemas, schema_pack

CLOUDS = ("aws", "digitalocean")
"""The clouds that have a catalog, by the names of their Terraform providers."""


class Catalog:
    """The resource types of one cloud, by name and alias; ``without`` tells why some types have no entry."""

    def __init__(
        self, cloud: str, entries: Iterable[ResourceType], schemas: Schemas, *, without: Iterable[NoEntry] = ()
    ) -> None:
        self.cloud = cloud
        self.schemas = schemas
        self._entries = {entry.name: entry for entry in entries}
        self.without: Mapping[str, str] = {none.name: none.reason for none in without}
        self._aliases = {alias: entry.name for entry in self._entries.values() for alias in entry.aliases}

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    def __getitem__(self, name: str) -> ResourceType:
        return self._entries[self._aliases.get(name, name)]

    def __iter__(self) -> Iterator[ResourceType]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def provider(self) -> str:
        """The Terraform provider that has the types, without its registry: ``hashicorp/aws``."""
        return self.schemas.provider.partition("/")[2]

    @property
    def covered(self) -> int:
        """How many of the provider's types have an entry, under its own name or another."""
        return sum(name in self for name in self.schemas.types)

    def canonical(self, name: str) -> str:
        """The entry's own name for a type or one of its aliases (``aws_alb`` is ``aws_lb``)."""
        return self._aliases.get(name, name)


@functools.cache
def catalog_of(cloud: str) -> Catalog:
    """The shipped catalog of a cloud; entries in order of their names."""
    package = importlib.import_module(f"driftmgr.catalog.{cloud}")
    entries: dict[str, ResourceType] = {}
    without: dict[str, NoEntry] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        for value in vars(module).values():
            if isinstance(value, ResourceType):
                entries[value.name] = value
            elif isinstance(value, NoEntry):
                without[value.name] = value
    ordered = (entries[name] for name in sorted(entries))
    return Catalog(cloud, ordered, schema_pack(cloud), without=(without[name] for name in sorted(without)))


def cloud_of(resource_type: str) -> str | None:
    """The cloud whose catalog or provider has a type, by its name alone; ``None`` for any other."""
    provider = resource_type.partition("_")[0]
    return provider if provider in CLOUDS else None


@functools.cache
def whole_catalog() -> Catalog:
    """The shipped catalogs of all clouds as one: for what asks about a type, whatever its cloud."""
    catalogs = [catalog_of(cloud) for cloud in CLOUDS]
    schemas = SchemaPacks(catalog.schemas for catalog in catalogs)
    without = (NoEntry(name=name, reason=why) for catalog in catalogs for name, why in catalog.without.items())
    return Catalog("*", (entry for catalog in catalogs for entry in catalog), schemas, without=without)
