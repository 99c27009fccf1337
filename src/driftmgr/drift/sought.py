"""Which objects a scan must look at closely. Pure.

Details cost a call for each object. An object that no instance may stand for, and that gets no row of its own, needs
none: what its list call tells is enough to see that.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import ResourceType
from driftmgr.drift.traits import ALWAYS_KEYS, Key, Reference, Traits, keys_of
from driftmgr.model import RemoteObject


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What the instances of a scan may know an object by, and which of the others are reported.

    ``parts`` are the types that instances are assembled from: each of their objects may belong to one.
    ``only_managed`` says that no unmanaged object is reported, ``defaults`` that those which the cloud itself or
    another service made are reported too.
    """

    keys: frozenset[Key]
    references: frozenset[Reference]
    parts: frozenset[str]
    only_managed: bool
    defaults: bool

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        traits: Iterable[Traits],
        accepted: Iterable[tuple[str, Mapping[str, Any]]] = (),
        *,
        only_managed: bool,
        defaults: bool,
    ) -> "Sought":
        """What the instances name; ``accepted`` are type and attributes of those that their states may have lost."""
        instances = tuple(traits)
        keys = {key for item in instances for key in item.keys}
        keys |= {key for kind, attributes in accepted if kind in catalog for key in keys_of(catalog[kind], attributes)}
        return cls(
            keys=frozenset(keys),
            references=frozenset(reference for item in instances for reference, _ in item.children_of),
            parts=frozenset(part for item in instances for part in item.entry.parts),
            only_managed=only_managed,
            defaults=defaults,
        )

    def includes(self, entry: ResourceType, found: RemoteObject) -> bool:
        """Whether an object, of which the ``identifying`` attributes are known, must be looked at closely."""
        if found.type in self.parts or not self.keys.isdisjoint(keys_of(entry, found.attributes)):
            return True
        named = ((found.type, name, str(value)) for name, value in found.attributes.items())
        if not self.references.isdisjoint(named):
            return True
        return not self.only_managed and (self.defaults or not (found.is_default or found.owner))

    def about(self, types: Iterable[str]) -> tuple[list[Key], list[Reference], bool, bool]:
        """What of it concerns objects of some types, in an order of its own: the same for the same question."""
        names = frozenset(types)
        return (
            sorted(key for key in self.keys if key[0] in names),
            sorted(reference for reference in self.references if reference[0] in names),
            self.only_managed,
            self.defaults,
        )


def identifying(catalog: Catalog, entry: ResourceType) -> frozenset[str]:
    """The attributes by which an object of a type is known to instances, to its parents and to its children."""
    own = {name for names in (*ALWAYS_KEYS, *entry.keys) for name in names}
    parents = {ref.attribute.partition(".")[0] for ref in entry.parents}
    parents |= {ref.when[0] for ref in entry.parents if ref.when}
    children = {ref.by for other in catalog for ref in other.parents if ref.type == entry.name}
    children |= {companion.by for companion in entry.companions}
    return frozenset(own | parents | children)
