"""Patterns: what they match, and that no text makes them slow."""

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.policy.globs import gitignore_glob, glob

SMALL = st.text("ab.*?", max_size=8)


@given(SMALL, st.text("ab.", max_size=10))
def test_a_glob_agrees_with_the_shells(pattern: str, text: str) -> None:
    """Stars and question marks match as fnmatch has them, for every small pattern and text."""
    assert bool(glob(pattern).match(text)) == fnmatch.fnmatchcase(text, pattern)


@given(st.text("ab.*?[]!-", max_size=8), st.text("ab.-]", max_size=6))
def test_a_class_agrees_with_the_shells_where_it_is_one(pattern: str, text: str) -> None:
    """A pattern with classes matches as fnmatch has it, unless a class does not end (then it matches nothing)."""
    compiled = gitignore_glob(pattern)
    if compiled is not None and "[]" not in pattern and "[!]" not in pattern and "--" not in pattern:
        assert bool(compiled.match(text)) == fnmatch.fnmatchcase(text, pattern)


@given(st.text(max_size=20))
def test_brackets_of_an_address_mean_themselves(text: str) -> None:
    """A glob without stars and question marks matches itself alone."""
    if not set(text) & set("*?"):
        assert glob(text).match(text)
        assert not glob(text).match(f"{text}x")


@pytest.mark.parametrize("pattern", ["[", "[a", "[!", "a\\", "[z-a]", "[a--]", "[\\"])
def test_a_pattern_that_is_none_matches_nothing(pattern: str) -> None:
    """A class without an end or in the wrong order, and a backslash at the end, match nothing."""
    assert gitignore_glob(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("[\\]]x", "]x", True),
        ("[]a]x", "]x", True),
        ("[^a]x", "ax", False),
        ("[a-c]x", "bx", True),
        ("[a-]x", "-x", True),
        ("[-a]x", "-x", True),
        ("[a-c-e]x", "dx", False),
        ("[a&&b]x", "&x", True),
        ("[[a]x", "[x", True),
        ("[a-\\c]x", "bx", True),
        ("[!a]x", "bx", True),
        ("id\\.with\\.dots", "id.with.dots", True),
    ],
)
def test_signs_that_mean_themselves(pattern: str, text: str, *, matches: bool) -> None:
    """A backslash takes the meaning from the next sign, inside a class too."""
    compiled = gitignore_glob(pattern)
    assert compiled is not None
    assert bool(compiled.match(text)) is matches


def test_no_text_makes_a_pattern_slow() -> None:
    """A pattern of many stars over a long text that almost matches takes no time that grows with every star."""
    started = time.process_time()
    assert not glob("*a" * 200 + "b").match("a" * 20_000)
    assert time.process_time() - started < 5
