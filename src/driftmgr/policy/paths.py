"""Paths of attributes as steps: ``ingress[0].cidr_blocks`` is (``ingress``, 0, ``cidr_blocks``)."""

import re
from collections.abc import Iterator
from typing import Any

from driftmgr.policy.globs import glob

Step = str | int

# Keys of maps are printed as they are: one ends where its closing bracket ends the step, whatever it holds.
_STEP = re.compile(r'\["(?P<key>.*?)"\](?=[.\[]|\Z)|\[(?P<place>\d+)\]|(?P<name>\[\*\]|[^.\[]+|\[)|\.', re.DOTALL)


def steps(path: str) -> tuple[Step, ...]:
    """Names and keys as text, places as numbers; total: what is no path is steps all the same."""
    return tuple(
        int(found["place"]) if found["place"] else found["key"] if found["key"] is not None else found["name"]
        for found in _STEP.finditer(path)
        if found[0] != "."
    )


def names(path: str) -> tuple[str, ...]:
    """The names and keys of a path, without places."""
    return tuple(step for step in steps(path) if isinstance(step, str))


def dotted(path: str) -> str:
    """The path with dots alone, as driftctl writes it: ``ingress.0.cidr_blocks``."""
    return ".".join(map(str, steps(path)))


def covers(pattern: str, path: str) -> bool:
    """Whether a path is the one that a pattern names, or lies in it.

    ``*`` in a step stands for any text of it, ``[*]`` for every element or key. ``tags`` means ``tags_all`` too, under
    which tags are compared.
    """
    wanted, given = steps(pattern), steps(path)
    if given[:1] == ("tags_all",) and wanted[:1] == ("tags",):
        wanted = ("tags_all", *wanted[1:])
    return len(wanted) <= len(given) and all(map(_fits, wanted, given))


def _fits(wanted: Step, given: Step) -> bool:
    if wanted == "[*]":
        return True
    if isinstance(wanted, int) or isinstance(given, int):
        return wanted == given
    return glob(wanted).match(given) is not None


def values_under(value: Any, below: tuple[str, ...]) -> Iterator[Any]:
    """The values that names lead to from a value, through lists; without names the value's own elements."""
    if isinstance(value, list | tuple):
        for element in value:
            yield from values_under(element, below)
    elif below and isinstance(value, dict):
        if below[0] in value:
            yield from values_under(value[below[0]], below[1:])
    elif not below and value is not None:
        yield value
