"""What differs between a recorded value and the one that the provider read, by the provider's own schema.

Exact, as Terraform compares: null is not empty, sets have no order, numbers are exact. What a difference means is said
elsewhere (``noise``); here it only says what the schema says of the place.
"""

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog.schema import AttributeSchema, Block, BlockType, CtyType
from driftmgr.provider.schema import TypeSchema, attribute_type, block_type
from driftmgr.provider.values import UNKNOWN, canonical, element_type, member_type, plain

_LIKE_ENOUGH = 0.5
_NO_ATTRIBUTE = AttributeSchema()


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One place that reads differently on both sides.

    ``name`` is the top-level attribute or block, ``attribute`` the schema of the innermost attribute (of a whole block,
    one that is neither computed nor optional), ``unset`` says that nothing was recorded for it. ``same_meaning`` says
    that only nothing is written differently (null, empty text, empty collection), ``computed`` that no configuration
    can set the place.
    """

    name: str
    path: str
    before: Any
    after: Any
    attribute: AttributeSchema
    computed: bool
    sensitive: bool
    same_meaning: bool
    unset: bool


def differences(schema: TypeSchema, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """All differences of two known values of one type."""
    return tuple(_Walk().block("", schema.block, before, after))


def is_nothing(value: Any) -> bool:
    """Null, empty text or an empty collection."""
    return value is None or value == "" or (isinstance(value, list | dict) and not value)


def matches(planned: Any, value: Any, kind: CtyType) -> bool:
    """Whether a planned value leaves a value as it is: what is not known yet may be it, nothing is like nothing."""
    if planned is UNKNOWN or (is_nothing(planned) and is_nothing(value)):
        return True
    if isinstance(planned, list) and isinstance(value, list):
        return len(planned) == len(value) and _match_elements(planned, value, kind)
    if isinstance(planned, dict) and isinstance(value, dict):
        same_keys = kind[0] != "map" or planned.keys() == value.keys()
        names = planned.keys() | value.keys()
        return same_keys and all(matches(planned.get(name), value.get(name), member_type(kind, name)) for name in names)
    if kind[0] == "object" and None in (planned, value):
        # An object of nothing but nothing is nothing.
        return all(map(is_nothing, (planned or value).values()))
    return canonical(planned, kind) == canonical(value, kind)


def _match_elements(planned: Sequence[Any], value: Sequence[Any], kind: CtyType) -> bool:
    if kind[0] != "set":
        return all(
            matches(first, second, element_type(kind, place))
            for place, (first, second) in enumerate(zip(planned, value, strict=True))
        )
    left = list(value)
    for first in planned:
        found = next((place for place, second in enumerate(left) if matches(first, second, kind[1])), None)
        if found is None:
            return False
        left.pop(found)
    return True


class _Walk:
    def __init__(self, name: str = "", *, unset: bool = False, computed: bool = False, sensitive: bool = False) -> None:
        self._name = name
        self._unset = unset
        self._computed = computed
        self._sensitive = sensitive

    def block(
        self, path: str, block: Block, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Iterator[Difference]:
        """Differences of two objects of a block."""
        for name, attribute in block.attributes.items():
            yield from self._into(name, before.get(name)).attribute(
                f"{path}{name}", attribute, before.get(name), after.get(name)
            )
        for name, nested in block.block_types.items():
            inner = self._into(name, before.get(name))
            yield from inner.nested(f"{path}{name}", nested, before.get(name), after.get(name))

    def attribute(self, path: str, attribute: AttributeSchema, before: Any, after: Any) -> Iterator[Difference]:
        """Differences of an attribute."""
        kind = attribute_type(attribute)
        if canonical(before, kind) == canonical(after, kind):
            return
        computed = self._computed or (attribute.computed and not attribute.configurable)
        sensitive = self._sensitive or attribute.sensitive
        inner = _Walk(self._name, unset=self._unset, computed=computed, sensitive=sensitive)
        if inner._sensitive or attribute.nested_type is None:
            yield from inner.value(path, attribute, kind, before, after)
        else:
            nested = BlockType(
                block=Block(attributes=attribute.nested_type.attributes),
                nesting_mode=attribute.nested_type.nesting_mode,
            )
            yield from inner.nested(path, nested, before, after, attribute)

    def nested(
        self, path: str, nested: BlockType, before: Any, after: Any, attribute: AttributeSchema = _NO_ATTRIBUTE
    ) -> Iterator[Difference]:
        """Differences of a nested block, or of an attribute with attributes of its own."""
        kind = block_type(nested.block)
        if before is None or after is None or nested.nesting_mode in {"single", "group"}:
            yield from self._object(path, nested.block, before, after, attribute)
            return
        if nested.nesting_mode == "map":
            for key in sorted(before.keys() | after.keys()):
                where = f"{path}[{json.dumps(key, ensure_ascii=False)}]"
                yield from self._object(where, nested.block, before.get(key), after.get(key), attribute)
            return
        pairs = _in_order(before, after) if nested.nesting_mode == "list" else _set_pairs(before, after, kind)
        for first, second in pairs:
            where = f"{path}[{first if first is not None else len(before) + (second or 0)}]"
            sides = _item(before, first), _item(after, second)
            yield from self._object(where, nested.block, *sides, attribute)

    def value(
        self, path: str, attribute: AttributeSchema, kind: CtyType, before: Any, after: Any
    ) -> Iterator[Difference]:
        """Differences of a value without attributes of its own."""
        if canonical(before, kind) == canonical(after, kind):
            return
        both = isinstance(before, list | dict) and isinstance(after, list | dict) and not self._sensitive
        if not both or isinstance(kind, str):
            yield self._difference(
                path, attribute, before, after, same_meaning=is_nothing(before) and is_nothing(after)
            )
            return
        for where, inner, first, second in _entries(path, kind, before, after):
            for item in self.value(where, attribute, inner, first, second):
                # A key or an element that is there with an empty value says something.
                silent = item.same_meaning and (kind[0] == "object" or item.path != where)
                yield msgspec.structs.replace(item, same_meaning=silent)

    def _object(
        self, path: str, block: Block, before: Any, after: Any, attribute: AttributeSchema
    ) -> Iterator[Difference]:
        if isinstance(before, dict) and isinstance(after, dict):
            yield from self.block(f"{path}.", block, before, after)
        elif before is not after:
            hidden = _secret_inside(block, before) or _secret_inside(block, after)
            same = _says_nothing(before) and _says_nothing(after)
            hidden = hidden or self._sensitive
            inner = _Walk(self._name, unset=self._unset, computed=self._computed, sensitive=hidden)
            yield inner._difference(path, attribute, before, after, same_meaning=same)

    def _difference(
        self, path: str, attribute: AttributeSchema, before: Any, after: Any, *, same_meaning: bool
    ) -> Difference:
        return Difference(
            name=self._name,
            path=path,
            before=plain(before),
            after=plain(after),
            attribute=attribute,
            computed=self._computed,
            sensitive=self._sensitive,
            same_meaning=same_meaning,
            unset=self._unset,
        )

    def _into(self, name: str, recorded: Any) -> "_Walk":
        unset = is_nothing(recorded)
        return _Walk(self._name or name, unset=unset, computed=self._computed, sensitive=self._sensitive)


def _says_nothing(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    if isinstance(value, list):
        return all(map(_says_nothing, value))
    return is_nothing(value)


def _secret_inside(block: Block, value: Any) -> bool:
    if not isinstance(value, dict | list):
        return False
    if isinstance(value, list):
        return any(_secret_inside(block, item) for item in value)
    for name, attribute in block.attributes.items():
        if attribute.sensitive and value.get(name) is not None:
            return True
        if attribute.nested_type is not None:
            inner = Block(attributes=attribute.nested_type.attributes)
            if any(_secret_inside(inner, item) for item in _objects(value.get(name))):
                return True
    return any(
        _secret_inside(nested.block, item)
        for name, nested in block.block_types.items()
        for item in _objects(value.get(name))
    )


def _objects(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        # An object itself, or the objects of a map: to look at both costs little.
        return [value, *value.values()]
    return value if isinstance(value, list) else ()


Pairs = list[tuple[int | None, int | None]]


def _entries(path: str, kind: CtyType, before: Any, after: Any) -> Iterator[tuple[str, CtyType, Any, Any]]:
    """The members or elements of two collections, each with its path and type."""
    if isinstance(before, dict):
        for key in sorted(before.keys() | after.keys()):
            where = f"{path}.{key}" if kind[0] == "object" else f"{path}[{json.dumps(key, ensure_ascii=False)}]"
            yield where, member_type(kind, key), before.get(key), after.get(key)
        return
    pairs = _set_pairs(before, after, kind[1]) if kind[0] == "set" else _in_order(before, after)
    for first, second in pairs:
        place = first if first is not None else len(before) + (second or 0)
        inner = element_type(kind, first if first is not None else second or 0)
        yield f"{path}[{place}]", inner, _item(before, first), _item(after, second)


def _item(side: Sequence[Any], place: int | None) -> Any:
    return None if place is None else side[place]


def _in_order(before: Sequence[Any], after: Sequence[Any]) -> Pairs:
    places = range(max(len(before), len(after)))
    return [(place if place < len(before) else None, place if place < len(after) else None) for place in places]


def _set_pairs(before: Sequence[Any], after: Sequence[Any], kind: CtyType) -> Pairs:
    """Elements without an equal on the other side: those that are alike together, the rest alone."""
    theirs: dict[Hashable, int] = {canonical(item, kind): place for place, item in enumerate(after)}
    left = [place for place, item in enumerate(before) if theirs.pop(canonical(item, kind), None) is None]
    right = sorted(theirs.values())
    scored = sorted(
        ((-_likeness(before[a], after[b], kind), a, b) for a in left for b in right), key=lambda row: (row[0], row[1:])
    )
    pairs: dict[int, int] = {}
    for score, a, b in scored:
        if -score > _LIKE_ENOUGH and a not in pairs and b not in pairs.values():
            pairs[a] = b
    alone: Pairs = [(a, None) for a in left if a not in pairs]
    return [*pairs.items(), *alone, *((None, b) for b in right if b not in pairs.values())]


def _likeness(before: Any, after: Any, kind: CtyType) -> float:
    if not (isinstance(before, dict) and isinstance(after, dict) and kind[0] == "object"):
        return 0.0
    telling = [name for name in before if not (is_nothing(before[name]) and is_nothing(after.get(name)))]
    alike = sum(matches(before[name], after.get(name), kind[1][name]) for name in telling)
    return alike / len(telling) if telling else 1.0
