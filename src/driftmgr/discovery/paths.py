"""JMESPath made cheap: most paths of a catalog are plain names, read without an interpreter."""

import functools
import re
from collections.abc import Callable
from typing import Any

import jmespath

from driftmgr.catalog.entry import UNTOLD, Attribute, AttributeLike, Template, as_attribute

Reader = Callable[[Any], Any]

_PLAIN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")


@functools.cache
def path_reader(path: str) -> Reader:
    """Compile a path to a function of the item; nothing found is ``None``."""
    if path == "@":
        return lambda item: item
    if not _PLAIN.match(path):
        return jmespath.compile(path).search
    names = path.split(".")
    if len(names) == 1:
        name = names[0]
        return lambda item: item.get(name) if isinstance(item, dict) else None
    return lambda item: _walk(item, names)


def _walk(item: Any, names: list[str]) -> Any:
    for name in names:
        if not isinstance(item, dict):
            return None
        item = item.get(name)
    return item


@functools.cache
def template_reader(template: Template) -> Reader:
    """Compile a template; ``None`` as soon as one of its paths finds nothing."""
    readers = [path_reader(path) for path in template.paths]
    pieces = re.split(r"\{[^{}]+\}", template.text)

    def read(item: Any) -> str | None:
        values = [reader(item) for reader in readers]
        if any(value is None for value in values):
            return None
        return pieces[0] + "".join(f"{value}{piece}" for value, piece in zip(values, pieces[1:], strict=True))

    return read


def source_reader(path: str | Template) -> Reader:
    """A reader for either form of a source."""
    return template_reader(path) if isinstance(path, Template) else path_reader(path)


def attribute_reader(value: AttributeLike) -> Reader:
    """Compile an attribute: find, transform, map nested blocks."""
    attribute = as_attribute(value)
    find = source_reader(attribute.path)
    if attribute.nested is not None:
        return _nested_reader(attribute, find)
    transform = attribute.read
    if transform is None:
        return find
    return lambda item: transform(find(item))


def _nested_reader(attribute: Attribute, find: Reader) -> Reader:
    readers = {name: attribute_reader(value) for name, value in (attribute.nested or {}).items()}
    transform = attribute.read

    def read(item: Any) -> Any:
        value = find(item)
        if transform is not None:
            value = transform(value)
        if value is UNTOLD:
            return UNTOLD
        if value is None:
            return []
        elements = value if isinstance(value, list) else [value]
        return [
            {name: value for name, reader in readers.items() if (value := reader(element)) is not UNTOLD}
            for element in elements
        ]

    return read


@functools.cache
def names_in(path: str | Template) -> frozenset[str]:
    """All member names that a path mentions; ``{"@"}`` too where it takes the whole item."""
    if isinstance(path, Template):
        return frozenset().union(*(names_in(part) for part in path.paths))
    if path == "@":
        return frozenset({"@"})
    names: set[str] = set()
    trees = [jmespath.compile(path).parsed]
    while trees:
        tree = trees.pop()
        if tree["type"] == "field":
            names.add(tree["value"])
        trees.extend(tree["children"])
    return frozenset(names)
