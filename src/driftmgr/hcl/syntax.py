"""HCL's native syntax: blocks and arguments of a file, read when they are asked for.

https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec
import tree_sitter
import tree_sitter_hcl

from driftmgr.hcl.values import LITERALS, Context, Steps, Unresolved, children, steps_of, text_of, value_of
from driftmgr.model import DriftMgrError

_LANGUAGE = tree_sitter.Language(tree_sitter_hcl.language())
_LARGEST = 8 * 1024 * 1024
"""Bytes. Terraform's own largest files are below one; a parser is no place for a dump."""


class HclError(DriftMgrError):
    """A text that is not HCL; names the file and the line."""

    def __init__(self, name: str, line: int, what: str) -> None:
        super().__init__(f"{name}:{line}: {what}", hint="terraform fmt or tofu fmt tells more")
        self.line = line
        self.what = what


class Expression(Protocol):
    """What an argument is set to."""

    line: int

    @property
    def is_null(self) -> bool:
        """Whether ``null`` is written there: as if the argument were not."""

    def value(self, context: Context = LITERALS) -> Any:
        """The value, with ``Unresolved`` wherever it needs more than ``context`` knows."""

    def reference(self) -> Steps | None:
        """The names of a reference as it is written: ``("aws", "west")``; ``None`` for another expression."""

    def elements(self) -> "tuple[Expression, ...] | None":
        """The expressions of a list as it is written; ``None`` for another expression."""

    def members(self) -> "tuple[tuple[Expression, Expression], ...] | None":
        """The keys and values of an object as it is written; ``None`` for another expression."""


class Body(Protocol):
    """Arguments and nested blocks of a file or block. In JSON only a reader knows which of both a member is."""

    @property
    def expressions(self) -> Mapping[str, Expression]:
        """The arguments (in JSON the nested blocks too)."""

    @property
    def block_types(self) -> frozenset[str]:
        """The types of nested blocks (in JSON none)."""

    def blocks(self, kind: str, labels: int = 0) -> "Iterator[Block]":
        """The nested blocks of a type, with their number of labels."""

    def value(self, name: str, context: Context = LITERALS) -> Any:
        """The value of an argument, ``None`` if it is not there."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block: ``provider "aws" { ... }`` has the type ``provider`` and the label ``aws``; ``line`` counts from 1."""

    type: str
    labels: tuple[str, ...]
    body: Any
    line: int


class NativeExpression:
    """An expression of the native syntax."""

    def __init__(self, node: Any) -> None:
        self._node = node
        self.line = int(node.start_point[0]) + 1

    @property
    def is_null(self) -> bool:
        """Whether ``null`` is written there."""
        return self._inner("null_lit") is not None

    def value(self, context: Context = LITERALS) -> Any:
        """The value, with ``Unresolved`` wherever it needs more than ``context`` knows."""
        try:
            return value_of(self._node, context)
        except RecursionError:
            return Unresolved("an expression that is nested too deeply")

    def reference(self) -> Steps | None:
        """The names of a reference as it is written; those in a string too, as Terraform 0.11 wrote them."""
        inner = children(self._node)
        if inner and inner[0].type == "variable_expr":
            steps = steps_of(inner[1:], LITERALS)
            return None if steps is None else (text_of(inner[0]), *steps)
        value = self.value()
        return reference_in(value) if isinstance(value, str) else None

    def elements(self) -> tuple[Expression, ...] | None:
        """The expressions of a list as it is written."""
        node = self._inner("tuple")
        if node is None:
            return None
        return tuple(NativeExpression(child) for child in children(node) if child.type == "expression")

    def members(self) -> tuple[tuple[Expression, Expression], ...] | None:
        """The keys and values of an object as it is written."""
        node = self._inner("object")
        if node is None:
            return None
        pairs = (children(child) for child in children(node) if child.type == "object_elem")
        return tuple((NativeExpression(pair[0]), NativeExpression(pair[-1])) for pair in pairs)

    def _inner(self, kind: str) -> Any:
        """The node of a kind that the whole expression consists of."""
        node = self._node
        while node.type != kind:
            inner = children(node)
            if len(inner) != 1:
                return None
            node = inner[0]
        return node


class NativeBody:
    """A body of the native syntax."""

    def __init__(self, node: Any) -> None:
        self._nodes = () if node is None else children(node)

    @functools.cached_property
    def expressions(self) -> Mapping[str, Expression]:
        """The arguments."""
        pairs = (children(node) for node in self._nodes if node.type == "attribute")
        return {text_of(pair[0]): NativeExpression(pair[-1]) for pair in pairs}

    @functools.cached_property
    def block_types(self) -> frozenset[str]:
        """The types of nested blocks."""
        return frozenset(text_of(node.named_children[0]) for node in self._nodes if node.type == "block")

    def blocks(self, kind: str, labels: int = 0) -> Iterator[Block]:
        """The nested blocks of a type, with their number of labels."""
        for node in self._nodes:
            if node.type == "block" and text_of(node.named_children[0]) == kind:
                found = _block(node)
                if len(found.labels) == labels:
                    yield found

    def value(self, name: str, context: Context = LITERALS) -> Any:
        """The value of an argument, ``None`` if it is not there."""
        found = self.expressions.get(name)
        return None if found is None else found.value(context)


def parse_hcl(text: bytes, name: str) -> Body:
    """Read a file; raises ``HclError`` for what is not HCL, with the ``name`` of the file in its message."""
    if len(text) > _LARGEST:
        raise HclError(name, 1, f"larger than {_LARGEST >> 20} MiB")
    # A parser is cheap, and not to be used by two threads.
    root = tree_sitter.Parser(_LANGUAGE).parse(text).root_node
    if root.has_error:
        raise HclError(name, _error_line(root), "not HCL")
    return NativeBody(next((child for child in root.named_children if child.type == "body"), None))


def reference_in(text: str) -> Steps | None:
    """The names of a reference that a string holds, ``None`` if it holds something else."""
    try:
        found = parse_hcl(f"x = {text}\n".encode(errors="replace"), "").expressions
    except HclError:
        return None
    inner = found["x"] if found.keys() == {"x"} else None
    if not isinstance(inner, NativeExpression) or inner.value() == text:
        return None
    return inner.reference()


def _block(node: Any) -> Block:
    names = [child for child in node.named_children if child.type in {"identifier", "string_lit"}]
    body = next((child for child in node.named_children if child.type == "body"), None)
    labels = (text_of(name) if name.type == "identifier" else value_of(name, LITERALS) for name in names[1:])
    line = int(node.start_point[0]) + 1
    return Block(type=text_of(names[0]), labels=tuple(labels), body=NativeBody(body), line=line)


def _error_line(node: Any) -> int:
    while not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error or child.is_missing)
    return int(node.start_point[0]) + 1
