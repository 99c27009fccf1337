"""Attributes that show objects which the states manage on their own: a bucket's policy, a group's rules.

Of types in the catalog its entries say which attributes these are. Of others the names do: ``x_thing_rule`` names
the ``x_thing`` it belongs to. Terraform's refresh lists such an attribute right after an apply.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import Companion, as_attribute
from driftmgr.catalog.references import MANAGED_BY_COMPANION, values_at
from driftmgr.model import ResourceInstance
from driftmgr.provider.noise import Judged

Slot = tuple[str, str, str]
"""(type of the parent, attribute of the parent, its value)."""


class Companions:
    """Made of all instances of all states; answers for each which attributes belong to others."""

    def __init__(self, catalog: Catalog, instances: Iterable[ResourceInstance], types: Iterable[str]) -> None:
        """``types`` are those that will be asked about."""
        self._catalog = catalog
        self._prefixes = tuple({f"{name}_" for name in types if name not in catalog})
        self._inline: dict[Slot, set[str]] = {}
        self._added: dict[Slot, dict[str, set[str]]] = {}
        self._named: dict[str, set[str]] = {}
        self._others: dict[str, list[tuple[str, Companion]]] = {}
        for entry in catalog:
            for companion in entry.companions:
                self._others.setdefault(companion.type, []).append((entry.name, companion))
        for instance in instances:
            if instance.address.mode == "managed":
                self._add(instance)

    def inline(self, instance: ResourceInstance, recorded: Mapping[str, Any]) -> frozenset[str]:
        """The attributes that belong to other managed instances, as the catalog knows."""
        kind = self._catalog.canonical(instance.type)
        return frozenset(
            name
            for by, value in recorded.items()
            if isinstance(value, str)
            for name in self._inline.get((kind, by, value), ())
        )

    def added(self, instance: ResourceInstance, recorded: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        """What other managed instances put into lists of an instance: values by the list's name."""
        kind = self._catalog.canonical(instance.type)
        theirs: dict[str, set[str]] = {}
        for by, value in recorded.items():
            if isinstance(value, str):
                for name, values in self._added.get((kind, by, value), {}).items():
                    theirs.setdefault(name, set()).update(values)
        return {name: frozenset(values) for name, values in theirs.items() if values}

    def has_parts(self, instance: ResourceInstance, recorded: Mapping[str, Any]) -> bool:
        """Whether an instance of a type named after this one's refers to it; for types that the catalog lacks."""
        if instance.type in self._catalog:
            return False
        identities = {recorded.get(name) for name in ("id", "arn", "name", "self_link")} - {None, ""}
        return any(kind.startswith(f"{instance.type}_") and identities & values for kind, values in self._named.items())

    def explained(
        self, instance: ResourceInstance, recorded: Mapping[str, Any], found: Sequence[Judged]
    ) -> tuple[Judged, ...]:
        """The judged differences, with what the catalog knows better.

        Those that another instance is responsible for are ignored; those of a computed attribute that is the only sign
        of a change count.
        """
        found = [self._counted(instance, item) for item in found]
        if all(item.change.classification != "drift" for item in found):
            return tuple(found)
        inline, parts = self.inline(instance, recorded), self.has_parts(instance, recorded)
        added = self.added(instance, recorded)
        return tuple(
            msgspec.structs.replace(
                item,
                change=msgspec.structs.replace(
                    item.change, classification="ignored", rule=MANAGED_BY_COMPANION, requires_replace=False
                ),
                action="none",
            )
            if item.change.classification == "drift"
            and (
                item.name in inline
                or _is_theirs(item, added)
                or (parts and item.action in {"not_configured", "only_if_configured"})
            )
            else item
            for item in found
        )

    def _counted(self, instance: ResourceInstance, item: Judged) -> Judged:
        if item.change.classification != "computed" or instance.type not in self._catalog:
            return item
        mapped = self._catalog[instance.type].attributes.get(item.name)
        if mapped is None or not as_attribute(mapped).counts:
            return item
        change = msgspec.structs.replace(item.change, classification="drift", rule=None)
        return msgspec.structs.replace(item, change=change, action="not_configured")

    def _add(self, instance: ResourceInstance) -> None:
        attributes = instance.attributes
        if instance.type.startswith(self._prefixes):
            texts = {value for value in attributes.values() if isinstance(value, str) and value}
            self._named.setdefault(instance.type, set()).update(texts)
        if instance.type in self._catalog:
            for ref in self._catalog[instance.type].parents:
                if ref.when is None or attributes.get(ref.when[0]) == ref.when[1]:
                    self._mark((ref.type, ref.by), values_at(attributes, ref.attribute), ref.inline)
        for parent, companion in self._others.get(instance.type, ()):
            named = list(values_at(attributes, companion.attribute))
            self._mark((parent, companion.by), named, companion.inline)
            for text in filter(None, named):
                added = self._added.setdefault((parent, companion.by, str(text)), {})
                for name, theirs in companion.adds.items():
                    added.setdefault(name, set()).update(str(one) for one in values_at(attributes, theirs) if one)

    def _mark(self, parent: tuple[str, str], named: Iterable[Any], inline: Iterable[str]) -> None:
        for text in named:
            if isinstance(text, str) and text:
                self._inline.setdefault((*parent, text), set()).update(inline)


def _is_theirs(item: Judged, added: Mapping[str, frozenset[str]]) -> bool:
    """Whether a difference of a list is nothing but what others put into it."""
    sides = [side if isinstance(side, list) else [side] for side in (item.change.recorded, item.change.observed)]
    here, there = ({str(one) for one in side if one is not None} for side in sides)
    return item.name in added and here ^ there <= added[item.name]
