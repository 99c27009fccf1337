"""YAML as values that know their lines: the JSON part of YAML, read by the core rules of version 1.2.

What makes YAML surprising is left out: an account ``0123`` stays text and is no octal number, ``no`` is a text, a key
that is there twice is an error. A text becomes a number or a switch where the setting is one.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from driftmgr.model import DriftMgrError

Place = tuple[str | int, ...]
"""Keys and positions that lead to a value."""

LARGEST = 1_000_000
"""Bytes of a file."""
_MOST_VALUES, _DEEPEST = 20_000, 50
_CORE: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9]\d{0,17})"), int),
    (re.compile(r"[-+]?(\.\d+|\d+\.\d*)([eE][-+]?\d{1,3})?|[-+]?\d+[eE][-+]?\d{1,3}"), float),
)
_SCALARS = frozenset({"bool", "float", "int", "null", "str", "timestamp", "value"})
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Mappings, lists and texts of a file, and the line of each; what is set to nothing is not there."""

    name: str
    value: dict[str, Any]
    lines: dict[Place, int]

    def where(self, place: Place) -> str:
        """File and line of a value, or of what holds it."""
        while place and place not in self.lines:
            place = place[:-1]
        return f"{self.name}:{self.lines.get(place, 1)}"


def read_document(text: str, name: str, untyped: frozenset[str] = frozenset()) -> Document:
    """The document of a text; raises ``DriftMgrError`` with file and line.

    Under the keys in ``untyped`` numbers and switches are values, for nothing else says what they are.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise broken(name, line, f"no YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise broken(name, line, "a character that YAML does not allow") from error
    except RecursionError as error:
        raise broken(name, 1, "nested too deeply") from error
    if root is None or _is_nothing(root):
        return Document(name=name, value={}, lines={})
    if not isinstance(root, yaml.MappingNode):
        raise broken(name, _line(root), "the settings are no mapping", "write KEY: VALUE lines")
    reader = _Reader(name, untyped)
    value = reader.value(root, (), typed=False)
    return Document(name=name, value=value, lines=reader.lines)


class _Reader:
    def __init__(self, name: str, untyped: frozenset[str]) -> None:
        self.lines: dict[Place, int] = {}
        self._name = name
        self._untyped = untyped

    def value(self, node: yaml.Node, place: Place, *, typed: bool) -> Any:
        """The value of a node; aliases are read where they stand, within bounds."""
        self.lines.setdefault(place, _line(node))
        if len(place) > _DEEPEST or len(self.lines) > _MOST_VALUES:
            raise broken(self._name, _line(node), "too large, or nested too deeply, for settings")
        if isinstance(node, yaml.MappingNode):
            return {
                key: self.value(item, (*place, key), typed=typed or (not place and key in self._untyped))
                for key, item in self._entries(node, place)
                if not _is_nothing(item)
            }
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, at), typed=typed) for at, item in enumerate(node.value)]
        return self._scalar(node, typed=typed)

    def _entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, yaml.Node]]:
        known: dict[str, int] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise broken(self._name, _line(key), "a key that is no plain text", "write KEY: VALUE")
            name, line = str(key.value), _line(key)
            if name in known:
                raise broken(self._name, line, f"{name} is here twice", f"the first is in line {known[name]}")
            known[name] = line
            self.lines[*place, name] = line
            yield name, item

    def _scalar(self, node: Any, *, typed: bool) -> Any:
        text = str(node.value)
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _SCALARS:
            raise broken(self._name, _line(node), f"a tag: {node.tag}", "write plain values")
        if not typed or node.style is not None:
            return text
        return next((make(text) for pattern, make in _CORE if pattern.fullmatch(text)), text)


def broken(name: str, line: int, message: str, hint: str = "") -> DriftMgrError:
    """An error at a line of a file."""
    return DriftMgrError(f"{name}:{line}: {message}", hint=hint or "see docs/configuration.md")


def _is_nothing(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None and node.value in _NOTHING


def _line(node: yaml.Node) -> int:
    line: int = node.start_mark.line
    return line + 1
