"""Inline or separate: who speaks for an attribute that shows other objects.

A security group's ``ingress`` shows its rules, a bucket's ``policy`` its policy. The entries of the children say so
(``ParentRef.inline``). Each child is reported once: on its own if a state manages it or if the parent records none of
its kind, on the parent if the parent records such children itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import Companion, ParentRef
from driftmgr.catalog.references import MANAGED_BY_COMPANION, values_at
from driftmgr.drift.match import Matching, ObjectKey, object_key
from driftmgr.drift.shape import DYNAMIC
from driftmgr.drift.traits import Place, Reference, Traits, may_be_in, place_of, references_of
from driftmgr.drift.values import is_vacuous
from driftmgr.model import Gap, RemoteObject, ResourceInstance, Scope

CHILD_REPORTED = "child_reported"

Slot = tuple[Reference, str]
"""A parent and one of its attributes."""


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """Objects that instances of types without an entry stand for: their addresses, and the children they speak for."""

    addresses: dict[ObjectKey, str]
    children: frozenset[ObjectKey]


class Companions:
    """Which attributes of which parents belong to children, and which children their parents speak for."""

    def __init__(
        self,
        catalog: Catalog,
        traits: Iterable[Traits],
        objects: Iterable[RemoteObject],
        others: Iterable[ResourceInstance] = (),
        *,
        reported: Collection[str],
    ) -> None:
        """``others`` are managed instances of types that the catalog lacks.

        ``reported`` are the types whose unmanaged objects get a row of their own: a child of another type would be
        told by nobody if its parent kept silent about it.
        """
        self._catalog = catalog
        self._reported = frozenset(reported)
        self._managed: dict[Slot, set[Place]] = {}
        self._adopters: dict[Reference, list[tuple[Place, str, Companion]]] = {}
        self._added: dict[Reference, list[tuple[Place, str, str]]] = {}
        self._read_others(catalog, others)
        for item in traits:
            self._read_child(item)
        self._children: dict[Slot, list[tuple[RemoteObject, bool]]] = {}
        self._slots = _slots(catalog)
        self._adders: dict[str, set[str]] = {}
        for kind, by, _ in self._added:
            self._adders.setdefault(kind, set()).add(by)
        for found in objects:
            for reference, ref in references_of(catalog[found.type], found.attributes):
                for name in ref.inline:
                    self._children.setdefault((reference, name), []).append((found, ref.part))

    def _read_others(self, catalog: Catalog, others: Iterable[ResourceInstance]) -> None:
        known: dict[str, list[tuple[str, Companion]]] = {}
        for entry in catalog:
            for companion in entry.companions:
                known.setdefault(companion.type, []).append((entry.name, companion))
        for instance in others:
            attributes = instance.attributes if instance.type in known else {}
            place = place_of(attributes)
            for parent, companion in known.get(instance.type, ()):
                for value in filter(None, values_at(attributes, companion.attribute)):
                    reference = parent, companion.by, str(value)
                    for name in companion.inline:
                        self._managed.setdefault((reference, name), set()).add(place)
                    for name, theirs in companion.adds.items():
                        added = self._added.setdefault(reference, [])
                        added += ((place, name, str(one)) for one in values_at(attributes, theirs) if one)
                    if companion.whole:
                        adopter = place, str(instance.address), companion
                        self._adopters.setdefault(reference, []).append(adopter)

    def _read_child(self, item: Traits) -> None:
        """What a managed child takes from its parents: whole attributes, or its own place in their lists."""
        place = item.account, item.region
        among = {(ref.type, ref.by): ref.among for ref in item.entry.parents if ref.among}
        for reference, inline in item.children_of:
            member = among.get(reference[:2])
            for name in inline:
                if member is None:
                    self._managed.setdefault((reference, name), set()).add(place)
                elif value := item.instance.attributes.get(member):
                    self._added.setdefault(reference, []).append((place, name, str(value)))

    def adopted(self, objects: Iterable[RemoteObject]) -> Adopted:
        """The objects that a state manages by types without an entry."""
        addresses: dict[ObjectKey, str] = {}
        children: set[ObjectKey] = set()
        for found, address, slots in self._adoptions(objects):
            addresses.setdefault(object_key(found), address)
            shown = (pair for slot in slots for pair in self._children_in(slot, found.scope))
            children.update(object_key(child) for child, part in shown if part)
        return Adopted(addresses=addresses, children=frozenset(children))

    def _adoptions(self, objects: Iterable[RemoteObject]) -> Iterator[tuple[RemoteObject, str, list[Slot]]]:
        bys: dict[str, set[str]] = {}
        for kind, by, _ in self._adopters:
            bys.setdefault(kind, set()).add(by)
        for found in objects:
            for by in bys.get(found.type, ()):
                reference = found.type, by, str(found.attributes.get(by))
                for place, address, companion in self._adopters.get(reference, ()):
                    if may_be_in(place, found.scope):
                        yield found, address, [(reference, name) for name in companion.inline]

    def skipped(
        self, kind: str, recorded: Mapping[str, Any], observed: Mapping[str, Any], scope: Scope
    ) -> dict[str, str]:
        """The attributes of a parent in a scope that are not compared on it, with the rule's name."""
        rules: dict[str, str] = {}
        for slot in self._slots_of(kind, observed):
            name = slot[1]
            if any(may_be_in(place, scope) for place in self._managed.get(slot, ())):
                rules[name] = MANAGED_BY_COMPANION
            elif is_vacuous(DYNAMIC, recorded.get(name)) and any(
                child.type in self._reported for child, _ in self._children_in(slot, scope)
            ):
                rules.setdefault(name, CHILD_REPORTED)
        return rules

    def added(self, found: RemoteObject) -> dict[str, frozenset[str]]:
        """What other instances put into lists of an object: values by the list's name."""
        theirs: dict[str, set[str]] = {}
        for by in self._adders.get(found.type, ()):
            reference = found.type, by, str(found.attributes.get(by))
            for place, name, value in self._added.get(reference, ()):
                if may_be_in(place, found.scope):
                    theirs.setdefault(name, set()).add(value)
        return {name: frozenset(values) for name, values in theirs.items()}

    def spoken_for(
        self, kind: str, recorded: Mapping[str, Any], observed: Mapping[str, Any], scope: Scope
    ) -> set[ObjectKey]:
        """The child objects that a parent reports itself, because its state records such children inline."""
        skipped = self.skipped(kind, recorded, observed, scope)
        return {
            object_key(child)
            for slot in self._slots_of(kind, observed)
            if slot[1] not in skipped and slot[1] in recorded
            for child, part in self._children_in(slot, scope)
            if part
        }

    def _slots_of(self, kind: str, observed: Mapping[str, Any]) -> Iterator[Slot]:
        for by, name in self._slots.get(kind, ()):
            yield (kind, by, str(observed.get(by))), name

    def _children_in(self, slot: Slot, scope: Scope) -> Iterator[tuple[RemoteObject, bool]]:
        return (
            (child, part)
            for child, part in self._children.get(slot, ())
            if may_be_in((child.scope.account, child.scope.region), scope)
        )


def rest(attributes: Mapping[str, Any], name: str, theirs: frozenset[str]) -> list[Any]:
    """A list of either side without what others put in: values, or blocks that one of the values names."""
    found = attributes.get(name)
    return [one for one in found if theirs.isdisjoint(_names(one))] if isinstance(found, list) else []


def _names(element: Any) -> set[str]:
    return {str(value) for value in element.values()} if isinstance(element, dict) else {str(element)}


def _slots(catalog: Catalog) -> dict[str, set[tuple[str, str]]]:
    """Per parent type: the attribute that children name it by, and the attribute that shows them."""
    slots: dict[str, set[tuple[str, str]]] = {}
    for entry in catalog:
        for ref in entry.parents:
            slots.setdefault(ref.type, set()).update((ref.by, name) for name in ref.inline)
        for companion in entry.companions:
            slots.setdefault(entry.name, set()).update((companion.by, name) for name in companion.inline)
    return slots


class Family:
    """Parents of remote objects, and whether a state manages them; ``blind`` are the gaps of whole types, by type."""

    def __init__(
        self,
        catalog: Catalog,
        matching: Matching,
        objects: Iterable[RemoteObject],
        adopted: Adopted,
        blind: Mapping[str, Sequence[Gap]],
    ) -> None:
        self._catalog = catalog
        self._blind = blind
        self._managed = matching.managed | adopted.addresses.keys()
        self._addresses = dict(adopted.addresses)
        self._objects: dict[Reference, list[RemoteObject]] = {}
        bys: dict[str, set[str]] = {}
        for entry in catalog:
            for ref in entry.parents:
                bys.setdefault(ref.type, set()).add(ref.by)
        for found in objects:
            for by in bys.get(found.type, ()):
                self._objects.setdefault((found.type, by, str(found.attributes.get(by))), []).append(found)
        for item, found in matching.pairs:
            if found.type in bys:
                self._addresses.setdefault(object_key(found), str(item.instance.address))

    def parent_address(self, found: RemoteObject) -> str | None:
        """The address of the managed instance that an object belongs to."""
        parents = (object_key(parent) for parent, _ in self._parents_of(found))
        return next((self._addresses[key] for key in parents if key in self._addresses), None)

    def unmanaged_parent(self, found: RemoteObject) -> RemoteObject | None:
        """The unmanaged object that this one is only a part of: its row stands for both."""
        for parent, ref in self._parents_of(found):
            if ref.part and (ref.inline or ref.within) and object_key(parent) not in self._managed:
                return parent
        return None

    def unseen_parent(self, found: RemoteObject) -> Gap | None:
        """The gap that hides an object which this one may be a part of, and which may be managed with its parts."""
        place = found.scope.account, found.scope.region
        for reference, ref in references_of(self._catalog[found.type], found.attributes):
            if not (ref.part and (ref.inline or ref.within)) or reference in self._objects:
                continue
            for gap in self._blind.get(ref.type, ()):
                if gap.scope is None or may_be_in(place, gap.scope):
                    return gap
        return None

    def _parents_of(self, found: RemoteObject) -> Iterator[tuple[RemoteObject, ParentRef]]:
        place = found.scope.account, found.scope.region
        return (
            (parent, ref)
            for reference, ref in references_of(self._catalog[found.type], found.attributes)
            for parent in self._objects.get(reference, ())
            if may_be_in(place, parent.scope)
        )
