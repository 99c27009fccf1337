"""Patterns as regular expressions that no text can make slow.

A star takes the shortest text after which the next fixed part stands and never gives it back (an atomic group), which
is enough for patterns of stars and fixed parts, and linear where backtracking would be exponential.
"""

import functools
import re
from collections.abc import Iterable, Iterator

STAR = "*"
"""The part that stands for any text; every other part is an expression of one character."""


@functools.lru_cache(maxsize=4096)
def glob(pattern: str) -> re.Pattern[str]:
    """``*`` stands for any text, ``?`` for one character, all else for itself (addresses are full of brackets)."""
    return compiled({"*": STAR, "?": "."}.get(sign, re.escape(sign)) for sign in pattern)


@functools.lru_cache(maxsize=4096)
def gitignore_glob(pattern: str) -> re.Pattern[str] | None:
    r"""A pattern of gitignore without folders: also ``[a-z]``, ``[!a]``, and ``\`` before a sign that means itself.

    ``None`` for one that can match nothing: a class that does not end, a ``\`` at the end.
    """
    try:
        return compiled(_gitignore_parts(pattern))
    except (ValueError, re.error):
        return None


def _gitignore_parts(pattern: str) -> Iterator[str]:
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        place += 1
        if sign == "*":
            yield STAR
        elif sign == "?":
            yield "."
        elif sign == "\\":
            if place == len(pattern):
                raise ValueError(pattern)
            yield re.escape(pattern[place])
            place += 1
        elif sign == "[":
            text, place = _class(pattern, place)
            yield text
        else:
            yield re.escape(sign)


def _class(pattern: str, place: int) -> tuple[str, int]:
    """The class that begins after a bracket, and the place after its end; raises ``ValueError`` if it has none."""
    start = place + (pattern[place : place + 1] in {"!", "^"})
    negation, members, at = "^" if start > place else "", [""], start
    while at < len(pattern):
        if pattern[at] == "]" and at > start:
            return f"[{negation}{''.join(members)}]", at + 1
        if pattern[at] == "-" and members[-1] and pattern[at + 1 : at + 2] not in {"", "]"}:
            last, at = _member(pattern, at + 1)
            # A range; what follows it begins a member of its own.
            members += [f"{members.pop()}-{last}", ""]
        else:
            member, at = _member(pattern, at)
            members.append(member)
    raise ValueError(pattern)


def _member(pattern: str, at: int) -> tuple[str, int]:
    at += pattern[at] == "\\"
    return re.escape(pattern[at : at + 1]), at + 1


def compiled(parts: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """The expression of a whole text from its parts."""
    fixed = [""]
    for part in parts:
        if part == STAR:
            fixed.append("")
        else:
            fixed[-1] += part
    if len(fixed) == 1:
        return re.compile(rf"{fixed[0]}\Z", re.DOTALL | flags)
    first, *middle, last = fixed
    stars = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(rf"{first}{stars}.*{last}\Z", re.DOTALL | flags)
