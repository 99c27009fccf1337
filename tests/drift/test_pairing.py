"""Pairing elements of lists and sets."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.drift.pairing import Pair, pair_lists, pair_sets

LETTERS = st.lists(st.sampled_from("abc"), max_size=7)

LISTS: dict[str, tuple[str, str, list[Pair]]] = {
    "nothing": ("", "", []),
    "the same": ("ab", "ab", [(0, 0), (1, 1)]),
    "one changed": ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
    "one more": ("ac", "abc", [(0, 0), (None, 1), (1, 2)]),
    "one less": ("abc", "ac", [(0, 0), (1, None), (2, 1)]),
    "moved to the end": ("abcd", "bcda", [(0, None), (1, 0), (2, 1), (3, 2), (None, 3)]),
    "moved to the front": ("abcd", "dabc", [(None, 0), (0, 1), (1, 2), (2, 3), (3, None)]),
    "changed and more": ("ab", "xyb", [(0, 0), (None, 1), (1, 2)]),
    "changed between": ("axbyc", "pbqcr", [(0, 0), (1, None), (2, 1), (3, 2), (4, 3), (None, 4)]),
}


@pytest.mark.parametrize(("before", "now", "pairs"), LISTS.values(), ids=LISTS.keys())
def test_lists_pair_by_their_longest_common_subsequence(before: str, now: str, pairs: list[Pair]) -> None:
    """Common elements pair in order, what lies between them place by place, the rest stands alone."""
    assert pair_lists(before, now, operator.eq) == pairs


@given(before=LETTERS, now=LETTERS)
def test_every_place_of_a_list_is_in_one_pair(before: list[str], now: list[str]) -> None:
    """Nothing is lost, nothing told twice, and the order is kept on both sides."""
    pairs = pair_lists(before, now, operator.eq)
    assert [first for first, _ in pairs if first is not None] == list(range(len(before)))
    assert [second for _, second in pairs if second is not None] == list(range(len(now)))


@given(before=LETTERS, now=LETTERS)
def test_lists_pair_alike_in_both_directions(before: list[str], now: list[str]) -> None:
    """Whether two lists agree does not hang on which is the recorded one."""

    def agree(one: list[str], other: list[str]) -> bool:
        return all(
            a is not None and b is not None and one[a] == other[b] for a, b in pair_lists(one, other, operator.eq)
        )

    assert agree(before, now) is agree(now, before) is (before == now)


def _likeness(first: str, second: str) -> float:
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


SETS: dict[str, tuple[list[str], list[str], list[Pair]]] = {
    "equal first": (["abc", "xyz"], ["xyz", "abc"], [(0, 1), (1, 0)]),
    "then near": (["abcd", "xyzw"], ["xyzz", "abcd"], [(0, 1), (1, 0)]),
    "the nearest of two": (["abcd", "abce"], ["abcx", "abde"], [(0, 0), (1, 1)]),
    "half is too far": (["abcd"], ["abxy"], [(0, None), (None, 0)]),
    "twice is once": (["abcd", "abcd"], ["abcd"], [(0, 0)]),
    "left over": (["aaaa"], ["aaaa", "bbbb"], [(0, 0), (None, 1)]),
}


@pytest.mark.parametrize(("before", "now", "pairs"), SETS.values(), ids=SETS.keys())
def test_sets_pair_equals_then_near_ones(before: list[str], now: list[str], pairs: list[Pair]) -> None:
    """An element pairs with its equal, else with the most alike, else stands alone."""
    assert pair_sets(before, now, str, _likeness) == pairs


@given(data=st.data(), elements=st.lists(st.text(alphabet="ab", min_size=3, max_size=3)))
def test_the_order_of_a_set_does_not_matter(data: st.DataObject, elements: list[str]) -> None:
    """A shuffled set pairs with itself without remainder."""
    shuffled = data.draw(st.permutations(elements))
    pairs = pair_sets(elements, shuffled, str, _likeness)
    assert all(a is not None and b is not None and elements[a] == shuffled[b] for a, b in pairs)
