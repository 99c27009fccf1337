"""Compare recorded with observed attributes by the provider's schema.

Both sides go through the same functions. Only attributes that both report are compared; every difference that does not
count carries the name of the rule that explains it. The rules are those of ``docs/comparison.md``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jmespath

from driftmgr.catalog.entry import Attribute, ResourceType
from driftmgr.catalog.schema import ResourceSchema
from driftmgr.drift.pairing import Pair, pair_lists, pair_sets
from driftmgr.drift.shape import DYNAMIC, Member, Shape, narrowed, resource_members, untyped
from driftmgr.drift.values import canonical, convert, fits, is_empty, is_vacuous, without_secrets
from driftmgr.model import AttributeChange, ChangeClass
from driftmgr.model.secrets import SENSITIVE
from driftmgr.model.sensitive import hidden_paths

STALE_SCHEMA = "stale_schema"
NULL_OR_EMPTY = "null_or_empty"
COMPUTED_ONLY = "computed_only"
ABSENT_BLOCK = "absent_block"
SAME_VALUE = "same_value"
ORDER = "order"
DEFAULT = "default"
OTHER_FORM = "other_form"

Reason = tuple[ChangeClass, str | None]
"""The class of a difference and, where it does not count, the rule that says so."""

_COUNTS: Reason = ("drift", None)
_CLOUD_TAG = "aws:"
_TAGS = ("tags", "tags_all")
# Of several differences inside one masked value the first of these classes names it.
_WEIGHT: tuple[ChangeClass, ...] = ("drift", "ignored", "computed", "representation")


class Comparator:
    """Compares instances of one type; make it once, use it for all."""

    def __init__(self, entry: ResourceType, schema: ResourceSchema) -> None:
        self._members = resource_members(entry, schema)
        # Where a type has tags_all, both are compared as one; a type that has only tags compares them as any map.
        self._apart = frozenset(_TAGS if "tags_all" in self._members else ())

    def compare(
        self,
        recorded: Mapping[str, Any],
        observed: Mapping[str, Any],
        *,
        skip: Mapping[str, str] | None = None,
        sensitive: tuple[str, ...] = (),
    ) -> tuple[AttributeChange, ...]:
        """Every difference, of every class; empty when both sides agree to the letter.

        ``skip`` maps attributes that another instance is responsible for to the rule's name, ``sensitive`` are
        recorded sensitive paths.
        """
        # Nearly all attributes of nearly all instances end here: equal, or not recorded at all.
        names = [name for name, now in observed.items() if recorded.get(name, now) != now]
        tags = self._tags_compared(recorded, observed) if self._apart else None
        if not names and tags is None:
            return ()
        walk = _Walk(sensitive, recorded)
        changes: list[AttributeChange] = []
        for name in names:
            if name not in self._apart:
                member = self._members.get(name) or untyped(name)
                rule = skip.get(name) if skip else None
                changes += walk.attribute(member, recorded[name], observed[name], rule)
        if tags is not None:
            member, before, now = tags
            changes += walk.attribute(member, before, now, skip.get(member.name) if skip else None, tags=True)
        return tuple(changes)

    def _tags_compared(
        self, recorded: Mapping[str, Any], observed: Mapping[str, Any]
    ) -> tuple[Member, Any, Any] | None:
        """The map of tags that is compared and both its sides, if they differ.

        ``tags_all`` holds the provider's default tags too; states older than it have only ``tags``. The cloud knows
        one kind of tags, under whichever of the names it was read.
        """
        now = observed.get("tags_all")
        if now is not None and recorded.get("tags_all") == now:
            return None
        seen, kept = _tags_name(observed), _tags_name(recorded)
        if seen is None or kept is None or recorded[kept] == observed[seen]:
            return None
        return self._members.get(kept) or untyped(kept), recorded[kept], observed[seen]


class _Walk:
    """One instance: the recursive comparison of its attributes."""

    def __init__(self, sensitive: tuple[str, ...], recorded: Mapping[str, Any]) -> None:
        self._recorded = recorded
        self._hides = hidden_paths(sensitive)

    def attribute(
        self, member: Member, before: Any, now: Any, rule: str | None, *, tags: bool = False
    ) -> Iterator[AttributeChange]:
        """Differences of an attribute of the resource; with a ``rule`` it is another instance's attribute."""
        found = (
            self._tags(member, before, now)
            if tags
            else self.member(member.name, member, before, now, within=self._recorded)
        )
        if rule is None:
            yield from found
        elif any(change.classification == "drift" for change in found):
            yield self._whole(member.name, member, before, now, ("ignored", rule))

    def _tags(self, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        # One change per key, without the cloud's own keys.
        element = member.shape.element or DYNAMIC
        if not all(isinstance(side, dict | None) for side in (before, now)):
            yield self.change(member.name, member.shape, before, now, ("ignored", STALE_SCHEMA))
            return
        first, second = (
            {key: item for key, item in (side or {}).items() if not key.startswith(_CLOUD_TAG) and item is not None}
            for side in (before, now)
        )
        yield from self._map(member.name, element, first, second)

    def member(
        self, path: str, member: Member, before: Any, now: Any, *, within: Mapping[str, Any]
    ) -> Iterator[AttributeChange]:
        """Differences of a named value; ``within`` is the recorded object that holds it."""
        if before == now or not member.compared:
            return
        if not self._is_recorded(member.attribute, within):
            yield self._whole(path, member, before, now, ("representation", OTHER_FORM))
            return
        if member.attribute.own_tags:
            now = self._without_default_tags(before, now)
        if member.computed:
            yield from self._computed(path, member, before, now)
        elif not fits(member.shape, before) or not fits(member.shape, now):
            yield self._whole(path, member, before, now, ("ignored", STALE_SCHEMA))
        elif member.sensitive or (member.attribute.normal is not None and self._hides(path)):
            # Inside a sensitive value even the path of a difference tells something: one change for all of it.
            if found := list(self._by_attribute(path, member, before, now)):
                worst = min(found, key=lambda change: _WEIGHT.index(change.classification))
                yield self._masked(path, before, now, (worst.classification, worst.rule))
        else:
            yield from self._by_attribute(path, member, before, now)

    def _is_recorded(self, attribute: Attribute, within: Mapping[str, Any]) -> bool:
        if attribute.when is None:
            return True
        return bool(jmespath.search(attribute.when, {**within, "Resource": self._recorded}))

    def _without_default_tags(self, before: Any, now: Any) -> Any:
        # The provider's default tags are what the resource's tags_all has beside its tags.
        if not isinstance(now, dict) or not isinstance(before, dict | None):
            return now
        own = {*(self._recorded.get("tags") or ()), *(before or ())}
        everywhere = self._recorded.get("tags_all") or {}
        return {key: text for key, text in now.items() if key in own or everywhere.get(key) != text}

    def _computed(self, path: str, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        if fits(member.shape, before) and fits(member.shape, now):
            found = list(self._by_attribute(path, member, before, now))
            if all(change.classification == "representation" for change in found):
                for change in found[:1]:
                    yield self._whole(path, member, before, now, ("representation", change.rule))
                return
        yield self._whole(path, member, before, now, ("computed", COMPUTED_ONLY))

    def _by_attribute(self, path: str, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        attribute, shape = member.attribute, member.shape
        first = attribute.default if before is None else before
        second = attribute.default if now is None else now
        if attribute.normal is not None:
            first, second = attribute.normal(first), attribute.normal(second)
        if first == second:
            rule = DEFAULT if attribute.normal is None else _name(attribute.normal)
            yield self.change(path, shape, before, now, ("representation", rule))
        elif attribute.equal is None or (is_empty(first) and is_empty(second)):
            yield from self.value(path, shape, first, second)
        elif attribute.equal(first, second):
            yield self.change(path, shape, before, now, ("representation", _name(attribute.equal)))
        else:
            yield self.change(path, shape, before, now)

    def value(self, path: str, shape: Shape, before: Any, now: Any) -> Iterator[AttributeChange]:
        """Differences of a value, by its shape."""
        if before == now:
            return
        shape = narrowed(shape, before, now)
        if not fits(shape, before) or not fits(shape, now):
            yield self.change(path, shape, before, now, ("ignored", STALE_SCHEMA))
        elif is_empty(before) and is_empty(now):
            yield self.change(path, shape, before, now, ("representation", NULL_OR_EMPTY))
        elif shape.kind == "object":
            yield from self._object(path, shape, before, now)
        elif shape.kind == "map":
            yield from self._map(path, shape.element or DYNAMIC, before or {}, now or {})
        elif shape.kind in {"list", "set"}:
            yield from self._collection(path, shape, before or [], now or [])
        elif convert(shape.kind, before) == convert(shape.kind, now):
            yield self.change(path, shape, before, now, ("representation", SAME_VALUE))
        else:
            yield self.change(path, shape, before, now)

    def _object(self, path: str, shape: Shape, before: Any, now: Any) -> Iterator[AttributeChange]:
        if before is None or now is None:
            if is_vacuous(shape, before) and is_vacuous(shape, now):
                yield self.change(path, shape, before, now, ("representation", ABSENT_BLOCK))
            else:
                yield self.change(path, shape, before, now)
            return
        for name in sorted(before.keys() & now.keys()):
            member = shape.members.get(name) or untyped(name)
            yield from self.member(f"{path}.{name}", member, before[name], now[name], within=before)

    def _map(self, path: str, element: Shape, before: dict[str, Any], now: dict[str, Any]) -> Iterator[AttributeChange]:
        for key in sorted(before.keys() | now.keys()):
            where, first, second = f'{path}["{key}"]', before.get(key), now.get(key)
            if first is None or second is None:
                # A key that is there with an empty value says something: a tag, an environment variable.
                if first is not second:
                    yield self.change(where, element, first, second)
            else:
                yield from self.value(where, element, first, second)

    def _collection(self, path: str, shape: Shape, before: list[Any], now: list[Any]) -> Iterator[AttributeChange]:
        element = shape.element or DYNAMIC
        if shape.single and (not before or not now) and is_vacuous(shape, before) and is_vacuous(shape, now):
            yield self.change(path, shape, before, now, ("representation", ABSENT_BLOCK))
            return
        pairs = self._pairs(shape, element, before, now)
        silent = True
        for first, second in pairs:
            for change in self._element(path, element, before, now, (first, second)):
                silent = False
                yield change
        if silent and any(first != second for first, second in pairs):
            yield self.change(path, shape, before, now, ("representation", ORDER))

    def _element(
        self, path: str, element: Shape, before: Sequence[Any], now: Sequence[Any], pair: Pair
    ) -> Iterator[AttributeChange]:
        first, second = pair
        if first is not None and second is not None:
            yield from self.value(f"{path}[{first}]", element, before[first], now[second])
        elif first is not None:
            yield self.change(f"{path}[{first}]", element, before[first], None)
        else:
            place = second or 0
            yield self.change(f"{path}[{len(before) + place}]", element, None, now[place])

    def _pairs(self, shape: Shape, element: Shape, before: list[Any], now: list[Any]) -> list[Pair]:
        if shape.kind == "list":
            return pair_lists(before, now, lambda a, b: self._agree(element, a, b))
        keys = _common_keys(before, now)
        return pair_sets(
            before,
            now,
            lambda item: canonical(element, item, keys),
            lambda a, b: _same_key(shape.key, a, b) if shape.key else self._likeness(element, a, b),
        )

    def _agree(self, shape: Shape, before: Any, now: Any) -> bool:
        return all(change.classification not in {"drift", "ignored"} for change in self.value("", shape, before, now))

    def _likeness(self, shape: Shape, before: Any, now: Any) -> float:
        """The share of an element's members (that say anything) that agree; 1 if all do."""
        if self._agree(shape, before, now):
            return 1.0
        if not (isinstance(before, dict) and isinstance(now, dict)):
            return 0.0
        members = [shape.members[name] for name in before.keys() & now.keys() & shape.members.keys()]
        telling = [
            member
            for member in members
            if not member.computed
            and not (is_vacuous(member.shape, before[member.name]) and is_vacuous(member.shape, now[member.name]))
        ]
        alike = sum(
            all(
                change.classification != "drift"
                for change in self.member("", member, before[member.name], now[member.name], within=before)
            )
            for member in telling
        )
        return alike / len(telling) if telling else 0.0

    def change(self, path: str, shape: Shape, before: Any, now: Any, reason: Reason = _COUNTS) -> AttributeChange:
        """One difference, its secrets masked."""
        if self._hides(path):
            return self._masked(path, before, now, reason)
        return AttributeChange(
            path=path,
            recorded=without_secrets(shape, before),
            observed=without_secrets(shape, now),
            classification=reason[0],
            rule=reason[1],
        )

    def _whole(self, path: str, member: Member, before: Any, now: Any, reason: Reason) -> AttributeChange:
        if member.sensitive:
            return self._masked(path, before, now, reason)
        return self.change(path, member.shape, before, now, reason)

    @staticmethod
    def _masked(path: str, before: Any, now: Any, reason: Reason) -> AttributeChange:
        recorded, observed = (None if value is None else SENSITIVE for value in (before, now))
        return AttributeChange(
            path=path, recorded=recorded, observed=observed, classification=reason[0], rule=reason[1], sensitive=True
        )


def _tags_name(attributes: Mapping[str, Any]) -> str | None:
    """Under which name a side tells its tags: the one with a value, ``tags_all`` before ``tags``."""
    told = [name for name in reversed(_TAGS) if name in attributes]
    return next((name for name in told if attributes[name] is not None), told[0] if told else None)


def _name(rule: Callable[..., Any]) -> str:
    return getattr(rule, "__name__", type(rule).__name__)


def _same_key(names: tuple[str, ...], before: Any, now: Any) -> float:
    if not isinstance(before, dict) or not isinstance(now, dict):
        return 0.0
    first, second = ([item.get(name) or None for name in names] for item in (before, now))
    return float(first == second and any(part is not None for part in first))


def _common_keys(before: list[Any], now: list[Any]) -> frozenset[str] | None:
    objects = [item for item in (*before, *now) if isinstance(item, dict)]
    return frozenset(objects[0]).intersection(*objects[1:]) if objects else None
