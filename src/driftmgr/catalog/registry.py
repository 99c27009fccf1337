"""Finds the entries by walking the package: a new constant in a service module is a new type."""

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator

from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.schema import SchemaPack, schema_pack


class Catalog:
    """The resource types of one cloud, by name and alias."""

    def __init__(self, cloud: str, entries: Iterable[ResourceType], schemas: SchemaPack) -> None:
        self.cloud = cloud
        self.schemas = schemas
        self._entries = {entry.name: entry for entry in entries}
        self._aliases = {alias: entry.name for entry in self._entries.values() for alias in entry.aliases}

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    def __getitem__(self, name: str) -> ResourceType:
        return self._entries[self._aliases.get(name, name)]

    def __iter__(self) -> Iterator[ResourceType]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def canonical(self, name: str) -> str:
        """The entry's own name for a type or one of its aliases (``aws_alb`` is ``aws_lb``)."""
        return self._aliases.get(name, name)


@functools.cache
def catalog_of(cloud: str) -> Catalog:
    """The shipped catalog of a cloud; entries in order of their names."""
    package = importlib.import_module(f"driftmgr.catalog.{cloud}")
    entries: dict[str, ResourceType] = {}
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        found = (value for value in vars(module).values() if isinstance(value, ResourceType))
        entries.update((entry.name, entry) for entry in found)
    return Catalog(cloud, (entries[name] for name in sorted(entries)), schema_pack(cloud))
