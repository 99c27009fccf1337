"""From a cloud's answer to a remote object in Terraform's shape."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import UNTOLD, ResourceType, as_attribute
from driftmgr.catalog.references import values_at
from driftmgr.discovery.paths import attribute_reader, names_in, path_reader, source_reader
from driftmgr.drift.sought import Sought, identifying
from driftmgr.model import Parent, RemoteObject, Scope

Unforeseen = Callable[[str, Exception], None]
"""Is told of an attribute that cannot be read from an answer, and of the error."""


def outline_of(catalog: Catalog, entry: ResourceType, sought: Sought) -> "Observer | None":
    """Reads from its list call what identifies an object; ``None`` where that takes a call for each object.

    One whose very existence takes such a call can be passed over only where nobody asks for unmanaged objects.
    """
    whole = Observer(entry)
    if not entry.details or (whole.existence_needs and not sought.only_managed):
        return None
    names = identifying(catalog, entry)
    needs = frozenset().union(*(whole.needs.get(name, frozenset()) for name in names))
    needs |= names_in(entry.id) | (names_in(entry.region) if entry.region else frozenset())
    if needs & whole.per_object:
        return None
    told = entry
    if whole.origin_needs & whole.per_object:
        told = msgspec.structs.replace(entry, is_default=None, owner=None)
    return Observer(
        msgspec.structs.replace(
            told,
            attributes={name: value for name, value in entry.attributes.items() if name in names},
            links={name: value for name, value in entry.links.items() if name in names},
            refused={},
        )
    )


def origin_joins(entry: ResourceType) -> frozenset[str]:
    """The joins that tell nothing of an object but who made it: nobody asks that of managed ones."""
    observer = Observer(entry)
    told = frozenset().union(*observer.needs.values()) | observer.existence_needs
    paths = [entry.id, *(join.to for join in entry.joins.values()), *filter(None, (entry.region, entry.fingerprint))]
    paths += (
        path for call in entry.details.values() for path in (call.when, call.region, *call.given.values()) if path
    )
    return frozenset(entry.joins) - told.union(*map(names_in, paths))


class Observer:
    """One entry, compiled: which parts of an item it needs, and how the object is read from it.

    ``needs`` are the details and joins of each attribute, ``existence_needs`` those that tell whether there is such an
    object, ``origin_needs`` those that tell who made it. ``per_object`` are the parts that take a call for each object:
    details, and joins by what a detail tells (``late_joins``).
    """

    def __init__(self, entry: ResourceType) -> None:
        self.entry = entry
        self._id = source_reader(entry.id)
        self._region = path_reader(entry.region) if entry.region else None
        self._fingerprint = path_reader(entry.fingerprint) if entry.fingerprint else None
        self._exists = path_reader(entry.exists) if entry.exists else None
        self._is_default = path_reader(entry.is_default) if entry.is_default else None
        self._owner = attribute_reader(entry.owner) if entry.owner else None
        read = {**entry.attributes, **entry.links}
        self._attributes = {name: attribute_reader(value) for name, value in read.items()}
        self._refused = {name: path_reader(path) for name, path in entry.refused.items()}
        parts = frozenset((*entry.details, *entry.joins))
        self.needs = {
            name: parts if "@" in (names := names_in(as_attribute(value).path)) else parts & names
            for name, value in read.items()
        }
        self.late_joins = frozenset(
            name for name, join in entry.joins.items() if names_in(join.to) & entry.details.keys()
        )
        self.per_object = self.late_joins | entry.details.keys()
        self.existence_needs = parts & names_in(entry.exists) if entry.exists else frozenset()
        told = [as_attribute(entry.owner).path] if entry.owner else []
        told += [entry.is_default] if entry.is_default else []
        self.origin_needs = parts & frozenset(name for path in told for name in names_in(path))

    def attributes_of(self, part: str) -> tuple[str, ...]:
        """The attributes that need a detail or join; ``owner`` stands for who made the object."""
        origin = ("owner",) if part in self.origin_needs else ()
        return (*(name for name, needs in self.needs.items() if part in needs), *origin)

    def identity(self, item: Mapping[str, Any]) -> str | None:
        """The object's id, as far as the listed item tells it."""
        found = self._id(item)
        return None if found is None else str(found)

    def fingerprint(self, item: Mapping[str, Any]) -> str | None:
        """The token of the listed item that changes with the object, if its type has one."""
        found = self._fingerprint(item) if self._fingerprint else None
        return None if found is None else str(found)

    def exists(self, item: Mapping[str, Any]) -> bool:
        """Whether the completed item stands for an object of this type."""
        return self._exists is None or bool(self._exists(item))

    def refusals(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes that the answer refuses to tell, each with the error in their place."""
        told = ((name, reader(item)) for name, reader in self._refused.items())
        return {name: error for name, error in told if error}

    def observe(
        self,
        item: Mapping[str, Any],
        scope: Scope,
        *,
        lacking: frozenset[str] = frozenset(),
        lost: frozenset[str] = frozenset(),
        unforeseen: "Unforeseen" = lambda _name, _error: None,
    ) -> RemoteObject | None:
        """The object of an item, or ``None`` where the item has no id.

        ``lacking`` are the details and joins that were not asked for, ``lost`` those that ended in a gap: what
        needs them is no attribute of the object, and for lost ones is named in ``unread``. So is what cannot be read
        because the answer has a form that nobody foresaw; ``unforeseen`` is told of it (of ``owner`` for who made it).
        """
        identity = self._id(item)
        if identity is None:
            return None
        missing = lacking | lost
        unread = {name for name, needs in self.needs.items() if needs & lost} | self.refusals(item).keys()
        attributes: dict[str, Any] = {}
        for name, reader in self._attributes.items():
            if name in unread or self.needs[name] & missing:
                continue
            try:
                value = reader(item)
            except Exception as error:  # noqa: BLE001  # whatever a reader stumbles over, it costs this attribute alone
                unread.add(name)
                unforeseen(name, error)
            else:
                if value is not UNTOLD:
                    attributes[name] = value
        attributes.setdefault("id", str(identity))
        owner, is_default, origin_read = self._origin(item, unforeseen)
        region = self._region(item) if self._region else scope.region
        return RemoteObject(
            type=self.entry.name,
            id=str(identity),
            scope=Scope(cloud=scope.cloud, account=scope.account, region=region),
            attributes=attributes,
            parents=self._parents(attributes),
            owner=owner,
            is_default=is_default,
            origin_unread=bool(lost & self.origin_needs) or not origin_read,
            unread=tuple(name for name in self._attributes if name in unread),
        )

    def _origin(self, item: Mapping[str, Any], unforeseen: "Unforeseen") -> tuple[Any, bool, bool]:
        """Who made the object, whether the cloud did by itself, and whether this could be read."""
        try:
            owner = self._owner(item) if self._owner else None
            return owner, bool(self._is_default and self._is_default(item)), True
        except Exception as error:  # noqa: BLE001  # as for an attribute
            unforeseen("owner", error)
            return None, False, False

    def _parents(self, attributes: Mapping[str, Any]) -> tuple[Parent, ...]:
        found = (
            (reference, value)
            for reference in self.entry.parents
            if reference.when is None or attributes.get(reference.when[0]) == reference.when[1]
            for value in values_at(attributes, reference.attribute)
        )
        return tuple(dict.fromkeys(Parent(type=ref.type, id=str(value)) for ref, value in found if value))
