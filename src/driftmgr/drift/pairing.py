"""Which elements of two collections stand for each other.

A pair is (place on the recorded side, place on the observed side); ``None`` on one side means that the element
has no counterpart there. Sets have no order; lists are paired by their longest common subsequence, and what lies
between two common elements place by place, so that a changed element is one change and not two.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

Pair = tuple[int | None, int | None]
Agree = Callable[[Any, Any], bool]
Likeness = Callable[[Any, Any], float]

# Beyond this many combinations a table of all costs more than it tells; elements are then paired place by place.
_TABLE_LIMIT = 10_000
_MORE_ALIKE_THAN_NOT = 0.5


def pair_lists(before: Sequence[Any], now: Sequence[Any], agree: Agree) -> list[Pair]:
    """The pairs of two ordered collections, in order."""
    start = 0
    while start < min(len(before), len(now)) and agree(before[start], now[start]):
        start += 1
    end = 0
    while end < min(len(before), len(now)) - start and agree(before[-1 - end], now[-1 - end]):
        end += 1
    rows, columns = len(before) - start - end, len(now) - start - end
    common: list[tuple[int, int]] = []
    if rows * columns <= _TABLE_LIMIT:
        found = _longest_common(before[start : start + rows], now[start : start + columns], agree)
        common = [(i + start, j + start) for i, j in found]
    anchors = [(i, i) for i in range(start)] + common
    anchors += [(len(before) - k, len(now) - k) for k in range(end, 0, -1)]
    return _with_gaps(anchors, len(before), len(now))


def _with_gaps(anchors: Sequence[tuple[int, int]], rows: int, columns: int) -> list[Pair]:
    pairs: list[Pair] = []
    i = j = 0
    for first, second in [*anchors, (rows, columns)]:
        while i < first and j < second:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        pairs += [(place, None) for place in range(i, first)]
        pairs += [(None, place) for place in range(j, second)]
        if first < rows or second < columns:
            pairs.append((first, second))
        i, j = first + 1, second + 1
    return pairs


def _longest_common(before: Sequence[Any], now: Sequence[Any], agree: Agree) -> list[tuple[int, int]]:
    rows, columns = len(before), len(now)
    same = [[agree(a, b) for b in now] for a in before]
    lengths = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in reversed(range(rows)):
        for j in reversed(range(columns)):
            lengths[i][j] = lengths[i + 1][j + 1] + 1 if same[i][j] else max(lengths[i + 1][j], lengths[i][j + 1])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < rows and j < columns:
        if same[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def pair_sets(
    before: Sequence[Any], now: Sequence[Any], form: Callable[[Any], Hashable], likeness: Likeness
) -> list[Pair]:
    """The pairs of two sets: those of one ``form`` first, then the most alike, then what is left on either side.

    ``likeness`` gives 1 for elements that mean the same; at a half or less they are different elements. An element
    that a side holds twice counts once.
    """
    waiting: dict[Hashable, list[int]] = {}
    for place in _distinct(now):
        waiting.setdefault(form(now[place]), []).append(place)
    pairs: list[Pair] = []
    left: list[int] = []
    for place in _distinct(before):
        equals = waiting.get(form(before[place]))
        if equals:
            pairs.append((place, equals.pop(0)))
        else:
            left.append(place)
    rest = sorted(place for group in waiting.values() for place in group)
    near = _near([(a, before[a]) for a in left], [(b, now[b]) for b in rest], likeness)
    pairs += near
    pairs += [(place, None) for place in left if place not in {a for a, _ in near}]
    return pairs + [(None, place) for place in rest if place not in {b for _, b in near}]


def _distinct(items: Sequence[Any]) -> list[int]:
    seen: dict[str, int] = {}
    for place, item in enumerate(items):
        seen.setdefault(repr(item), place)
    return list(seen.values())


def _near(
    left: Sequence[tuple[int, Any]], rest: Sequence[tuple[int, Any]], likeness: Likeness
) -> list[tuple[int, int]]:
    scored = sorted(
        (
            (-score, a, b)
            for a, first in left
            for b, second in rest
            if (score := likeness(first, second)) > _MORE_ALIKE_THAN_NOT
        )
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, a, b in scored:
        if a not in pairs and b not in taken:
            pairs[a] = b
            taken.add(b)
    return sorted(pairs.items())
