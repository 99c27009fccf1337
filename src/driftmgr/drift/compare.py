"""Compare recorded with observed attributes by the provider's schema.

Both sides go through the same functions. Only attributes that both report are compared; every difference that does not
count carries the name of the rule that explains it. The rules are those of ``docs/comparison.md``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from driftmgr.catalog.entry import ResourceType
from driftmgr.catalog.schema import ResourceSchema
from driftmgr.drift.shape import Member, Shape, resource_members
from driftmgr.drift.values import SENSITIVE, canonical, convert, fits, is_empty, is_vacuous, without_secrets
from driftmgr.model import AttributeChange, ChangeClass

STALE_SCHEMA = "stale_schema"
NULL_OR_EMPTY = "null_or_empty"
COMPUTED_ONLY = "computed_only"
ABSENT_BLOCK = "absent_block"
_CLOUD_TAG = "aws:"


class Comparator:
    """Compares instances of one type; make it once, use it for all."""

    def __init__(self, entry: ResourceType, schema: ResourceSchema) -> None:
        self._members = resource_members(entry, schema)
        self._names = tuple(
            name
            for name in entry.attributes
            if name not in {"tags", "tags_all"} and (name not in self._members or self._members[name].compared)
        )
        self._tags = self._members.get("tags_all")

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
        changes: list[AttributeChange] = []
        for name in self._names:
            if name not in recorded or name not in observed:
                continue
            before, now = recorded[name], observed[name]
            if before == now:
                continue
            member = self._members.get(name)
            if member is None:
                continue
            found = _Walk(sensitive).member(name, member, before, now)
            changes.extend(_skipped(found, skip[name], name, member, before, now) if skip and name in skip else found)
        changes.extend(self._compare_tags(recorded, observed))
        return tuple(changes)

    def _compare_tags(self, recorded: Mapping[str, Any], observed: Mapping[str, Any]) -> Iterator[AttributeChange]:
        if self._tags is None or "tags_all" not in observed:
            return
        # tags_all holds the provider's default tags too; states older than it have only tags.
        name = "tags_all" if recorded.get("tags_all") is not None else "tags"
        if name not in recorded and "tags_all" not in recorded:
            return
        before, now = recorded.get(name) or {}, observed["tags_all"] or {}
        if before == now or not isinstance(before, dict):
            return
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key) and not key.startswith(_CLOUD_TAG):
                yield AttributeChange(path=f'{name}["{key}"]', recorded=before.get(key), observed=now.get(key))


def _skipped(
    found: Iterator[AttributeChange], rule: str, name: str, member: Member, before: Any, now: Any
) -> Iterator[AttributeChange]:
    if any(change.classification == "drift" for change in found):
        masked = without_secrets(member.shape, before), without_secrets(member.shape, now)
        yield AttributeChange(path=name, recorded=masked[0], observed=masked[1], classification="ignored", rule=rule)


class _Walk:
    """One attribute of one instance: the recursive comparison."""

    def __init__(self, sensitive: tuple[str, ...]) -> None:
        self._sensitive = sensitive

    def member(self, path: str, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        """Differences of a named value."""
        if before == now or not member.compared:
            return
        if member.computed:
            yield self._change(path, member.shape, before, now, "computed", COMPUTED_ONLY, sensitive=member.sensitive)
            return
        if not fits(member.shape, before) or not fits(member.shape, now):
            yield self._change(path, member.shape, before, now, "ignored", STALE_SCHEMA, sensitive=member.sensitive)
            return
        if member.sensitive:
            yield from self._masked(path, member, before, now)
        else:
            yield from self._by_attribute(path, member, before, now)

    def _masked(self, path: str, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        # Inside a sensitive value even the path of a difference tells something: one change for all of it.
        found = list(self._by_attribute(path, member, before, now))
        if found:
            worst = next((change for change in found if change.classification == "drift"), found[0])
            yield self._change(path, member.shape, before, now, worst.classification, worst.rule, sensitive=True)

    def _by_attribute(self, path: str, member: Member, before: Any, now: Any) -> Iterator[AttributeChange]:
        attribute, shape = member.attribute, member.shape
        first = attribute.default if before is None else before
        second = attribute.default if now is None else now
        if attribute.normal is not None:
            first, second = attribute.normal(first), attribute.normal(second)
        if first == second:
            rule = "default" if attribute.normal is None else attribute.normal.__name__
            yield self._change(path, shape, before, now, "representation", rule)
        elif attribute.equal is not None:
            same = attribute.equal(first, second)
            yield self._change(
                path, shape, before, now, *(("representation", attribute.equal.__name__) if same else ("drift", None))
            )
        else:
            yield from self.value(path, shape, first, second)

    def value(self, path: str, shape: Shape, before: Any, now: Any) -> Iterator[AttributeChange]:
        """Differences of a value, by its shape."""
        if before == now:
            return
        if not fits(shape, before) or not fits(shape, now):
            yield self._change(path, shape, before, now, "ignored", STALE_SCHEMA)
        elif is_empty(before) and is_empty(now):
            yield self._change(path, shape, before, now, "representation", NULL_OR_EMPTY)
        elif shape.kind == "object":
            yield from self._object(path, shape, before, now)
        elif shape.kind == "map":
            yield from self._map(path, shape, before or {}, now or {})
        elif shape.kind in {"list", "set"}:
            yield from self._collection(path, shape, before or [], now or [])
        elif convert(shape.kind, before) == convert(shape.kind, now):
            yield self._change(path, shape, before, now, "representation", "same_value")
        else:
            yield self._change(path, shape, before, now, "drift", None)

    def _object(self, path: str, shape: Shape, before: Any, now: Any) -> Iterator[AttributeChange]:
        if before is None or now is None:
            same = is_vacuous(shape, before) and is_vacuous(shape, now)
            yield self._change(
                path, shape, before, now, *(("representation", ABSENT_BLOCK) if same else ("drift", None))
            )
            return
        for name in sorted(before.keys() & now.keys()):
            if before[name] != now[name] and name in shape.members:
                yield from self.member(f"{path}.{name}", shape.members[name], before[name], now[name])

    def _map(self, path: str, shape: Shape, before: dict[str, Any], now: dict[str, Any]) -> Iterator[AttributeChange]:
        element = shape.element or shape
        for key in sorted(before.keys() | now.keys()):
            yield from self.value(f'{path}["{key}"]', element, before.get(key), now.get(key))

    def _collection(self, path: str, shape: Shape, before: list[Any], now: list[Any]) -> Iterator[AttributeChange]:
        element = shape.element or shape
        if shape.single and (not before or not now) and is_vacuous(shape, before) and is_vacuous(shape, now):
            yield self._change(path, shape, before, now, "representation", ABSENT_BLOCK)
            return
        pairs = self._pairs_of_set(element, before, now) if shape.kind == "set" else self._pairs_of_list(
            element, before, now
        )
        yield_any = False
        for first, second in pairs:
            where = f"{path}[{first if first is not None else len(before) + (second or 0)}]"
            if first is None:
                change = self._change(where, element, None, now[second or 0], "drift", None)
                yield_any = True
                yield change
            elif second is None:
                yield_any = True
                yield self._change(where, element, before[first], None, "drift", None)
            else:
                for inner in self.value(where, element, before[first], now[second]):
                    yield_any = True
                    yield inner
        if not yield_any:
            yield self._change(path, shape, before, now, "representation", "order")

    def _pairs_of_list(
        self, element: Shape, before: list[Any], now: list[Any]
    ) -> list[tuple[int | None, int | None]]:
        if len(before) == len(now):
            return [(index, index) for index in range(len(before))]
        return _longest_common(before, now, lambda a, b: self._agree(element, a, b))

    def _pairs_of_set(
        self, element: Shape, before: list[Any], now: list[Any]
    ) -> list[tuple[int | None, int | None]]:
        keys = _common_keys(before, now)
        waiting: dict[Any, list[int]] = {}
        for index, item in enumerate(now):
            waiting.setdefault(canonical(element, item, keys), []).append(index)
        pairs: list[tuple[int | None, int | None]] = []
        left: list[int] = []
        for index, item in enumerate(before):
            equals = waiting.get(canonical(element, item, keys))
            if equals:
                pairs.append((index, equals.pop(0)))
            else:
                left.append(index)
        rest = sorted(index for group in waiting.values() for index in group)
        return pairs + self._near(element, before, now, left, rest)

    def _near(
        self, element: Shape, before: list[Any], now: list[Any], left: list[int], rest: list[int]
    ) -> list[tuple[int | None, int | None]]:
        scored = sorted(
            ((self._likeness(element, before[a], now[b]), -a, -b) for a in left for b in rest), reverse=True
        )
        pairs: list[tuple[int | None, int | None]] = []
        used_before: set[int] = set()
        used_now: set[int] = set()
        for likeness, a, b in scored:
            if likeness > 0.5 and -a not in used_before and -b not in used_now:  # noqa: PLR2004  # more alike than not
                pairs.append((-a, -b))
                used_before.add(-a)
                used_now.add(-b)
        removed = [(index, None) for index in left if index not in used_before]
        added = [(None, index) for index in rest if index not in used_now]
        return [*sorted(pairs, key=lambda pair: pair[0] or 0), *removed, *added]

    def _agree(self, shape: Shape, before: Any, now: Any) -> bool:
        return all(change.classification != "drift" for change in self.value("", shape, before, now))

    def _likeness(self, shape: Shape, before: Any, now: Any) -> float:
        """The share of an element's members (that say anything) that agree; 1 if all do."""
        if self._agree(shape, before, now):
            return 1.0
        if not (isinstance(before, dict) and isinstance(now, dict)):
            return 0.0
        names = [
            name
            for name in before.keys() & now.keys()
            if name in shape.members
            and not shape.members[name].computed
            and not (is_vacuous(shape.members[name].shape, before[name]) and is_vacuous(shape.members[name].shape, now[name]))
        ]
        if not names:
            return 0.0
        alike = sum(
            all(
                change.classification != "drift"
                for change in self.member("", shape.members[name], before[name], now[name])
            )
            for name in names
        )
        return alike / len(names)

    def _change(
        self,
        path: str,
        shape: Shape,
        before: Any,
        now: Any,
        classification: ChangeClass,
        rule: str | None,
        *,
        sensitive: bool = False,
    ) -> AttributeChange:
        hidden = sensitive or any(_covers(secret, path) or _covers(path, secret) for secret in self._sensitive)
        if hidden:
            before, now = (None if value is None else SENSITIVE for value in (before, now))
        else:
            before, now = without_secrets(shape, before), without_secrets(shape, now)
        return AttributeChange(
            path=path, recorded=before, observed=now, classification=classification, sensitive=hidden, rule=rule
        )


def _covers(outer: str, inner: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer) : len(outer) + 1] in {".", "["})


def _common_keys(before: list[Any], now: list[Any]) -> frozenset[str] | None:
    objects = [item for item in (*before, *now) if isinstance(item, dict)]
    if not objects:
        return None
    return frozenset(objects[0]).intersection(*objects[1:])


def _longest_common(before: list[Any], now: list[Any], agree: Any) -> list[tuple[int | None, int | None]]:
    rows, columns = len(before), len(now)
    lengths = [[0] * (columns + 1) for _ in range(rows + 1)]
    same = [[agree(a, b) for b in now] for a in before]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same[i][j] else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < rows and j < columns:
        if same[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return pairs + [(index, None) for index in range(i, rows)] + [(None, index) for index in range(j, columns)]
