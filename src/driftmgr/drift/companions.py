"""Inline or separate: who speaks for an attribute that shows other objects.

A security group's ``ingress`` shows its rules, a bucket's ``policy`` its policy. The entries of the children say so
(``ParentRef.inline``). Each child is reported once: on its own if a state manages it or if the parent records none of
its kind, on the parent if the parent records such children itself.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from driftmgr.catalog import Catalog
from driftmgr.drift.match import Matching, ObjectKey, object_key
from driftmgr.drift.traits import Reference, Traits, references_of
from driftmgr.drift.values import is_vacuous
from driftmgr.drift.shape import DYNAMIC
from driftmgr.model import RemoteObject

MANAGED_BY_COMPANION = "managed_by_companion"
CHILD_REPORTED = "child_reported"

Slot = tuple[Reference, str]
"""A parent and one of its attributes."""


class Companions:
    """Which attributes of which parents belong to children, and which children their parents speak for."""

    def __init__(self, catalog: Catalog, traits: Iterable[Traits], objects: Iterable[RemoteObject]) -> None:
        self._catalog = catalog
        self._managed: set[Slot] = {
            (reference, name) for item in traits for reference, inline in item.children_of for name in inline
        }
        self._children: dict[Slot, list[tuple[RemoteObject, bool]]] = {}
        self._slots: dict[str, set[tuple[str, str]]] = {}
        for entry in catalog:
            for ref in entry.parents:
                self._slots.setdefault(ref.type, set()).update((ref.by, name) for name in ref.inline)
        for found in objects:
            for reference, inline, part in references_of(catalog[found.type], found.attributes):
                for name in inline:
                    self._children.setdefault((reference, name), []).append((found, part))

    def skipped(self, kind: str, recorded: Mapping[str, Any], observed: Mapping[str, Any]) -> dict[str, str]:
        """The attributes of a parent that are not compared on it, with the rule's name."""
        rules: dict[str, str] = {}
        for by, name in self._slots.get(kind, ()):
            slot = ((kind, by, str(observed.get(by))), name)
            if slot in self._managed:
                rules[name] = MANAGED_BY_COMPANION
            elif slot in self._children and is_vacuous(DYNAMIC, recorded.get(name)):
                rules.setdefault(name, CHILD_REPORTED)
        return rules

    def spoken_for(self, kind: str, recorded: Mapping[str, Any], observed: Mapping[str, Any]) -> set[ObjectKey]:
        """The child objects that a parent reports itself, because its state records such children inline."""
        skipped = self.skipped(kind, recorded, observed)
        return {
            object_key(child)
            for by, name in self._slots.get(kind, ())
            if name not in skipped and name in recorded
            for child, part in self._children.get(((kind, by, str(observed.get(by))), name), ())
            if part
        }


class Family:
    """Parents of remote objects, and whether a state manages them."""

    def __init__(self, catalog: Catalog, matching: Matching, objects: Iterable[RemoteObject]) -> None:
        self._catalog = catalog
        self._managed = matching.managed
        self._addresses: dict[Reference, str] = {}
        self._objects: dict[Reference, RemoteObject] = {}
        wanted = {(ref.type, ref.by) for entry in catalog for ref in entry.parents}
        bys: dict[str, set[str]] = {}
        for kind, by in wanted:
            bys.setdefault(kind, set()).add(by)
        for found in objects:
            for by in bys.get(found.type, ()):
                self._objects[found.type, by, str(found.attributes.get(by))] = found
        for item, found in matching.pairs:
            for by in bys.get(found.type, ()):
                reference = (found.type, by, str(found.attributes.get(by)))
                self._addresses.setdefault(reference, str(item.instance.address))

    def parent_address(self, found: RemoteObject) -> str | None:
        """The address of the managed instance that an object belongs to."""
        references = references_of(self._catalog[found.type], found.attributes)
        return next((self._addresses[ref] for ref, _, _ in references if ref in self._addresses), None)

    def unmanaged_parent(self, found: RemoteObject) -> RemoteObject | None:
        """The unmanaged object that this one is only a part of: its row stands for both."""
        for reference, inline, part in references_of(self._catalog[found.type], found.attributes):
            parent = self._objects.get(reference)
            if part and inline and parent is not None and object_key(parent) not in self._managed:
                return parent
        return None
