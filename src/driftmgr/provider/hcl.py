"""The literal part of HCL: blocks, and the values of arguments as far as they are written down.

An argument whose value needs anything but literals, ``var`` and ``local`` is ``Unresolved``; nothing is guessed.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import tree_sitter
import tree_sitter_hcl

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|(\$\$\{|%%\{)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Unresolved(msgspec.Struct, frozen=True):
    """An expression that is more than a literal, as it is written."""

    text: str


Lookup = Callable[[str, str], Any]
"""``("var" or "local", name)`` -> its value, ``Unresolved`` if there is none."""


class HclBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block: ``provider "aws" { ... }`` has the type ``provider`` and the label ``aws``."""

    type: str
    labels: tuple[str, ...]
    body: "Body"


class Body:
    """Arguments and blocks of a file or block; arguments are read when asked for."""

    def __init__(self, node: Any) -> None:
        self._expressions: dict[str, Any] = {}
        self.blocks: list[HclBlock] = []
        for child in node.named_children if node is not None else ():
            if child.type == "attribute":
                name, expression = child.named_children[0], child.named_children[-1]
                self._expressions[_text(name)] = expression
            elif child.type == "block":
                self.blocks.append(_block(child))

    def __iter__(self) -> Iterator[str]:
        return iter(self._expressions)

    def value(self, name: str, lookup: Lookup | None = None) -> Any:
        """The value of an argument, ``None`` if it is not there."""
        expression = self._expressions.get(name)
        return None if expression is None else _value(expression, lookup or _nothing)

    def of_type(self, kind: str) -> Iterator[HclBlock]:
        """The blocks of a type."""
        return (block for block in self.blocks if block.type == kind)


def parse_hcl(text: bytes) -> Body:
    """Read a file; raises ``ValueError`` that names the line of a syntax error."""
    root = _PARSER.parse(text).root_node
    if root.has_error:
        raise ValueError(f"line {_error_line(root)}: not HCL")
    return Body(next((child for child in root.named_children if child.type == "body"), None))


def _block(node: Any) -> HclBlock:
    names = [child for child in node.named_children if child.type in {"identifier", "string_lit"}]
    body = next((child for child in node.named_children if child.type == "body"), None)
    labels = tuple(_text(name) if name.type == "identifier" else _string(name) for name in names[1:])
    return HclBlock(type=_text(names[0]), labels=labels, body=Body(body))


def _value(node: Any, lookup: Lookup) -> Any:
    children = node.named_children
    reader = _READERS.get(node.type)
    if reader is not None:
        return reader(node, lookup)
    if node.type == "expression" and [child.type for child in children] == ["variable_expr", "get_attr"]:
        names = [_text(child.named_children[0]) for child in children]
        return lookup(*names) if names[0] in {"var", "local"} else Unresolved(_text(node))
    if (
        node.type in {"expression", "literal_value", "collection_value", "template_expr", "operation"}
        and len(children) == 1
    ):
        return _value(children[0], lookup)
    return Unresolved(_text(node))


def _string(node: Any, _lookup: Lookup | None = None) -> str:
    return "".join(_unescaped(_text(part)) for part in node.named_children if part.type == "template_literal")


def _template(node: Any, lookup: Lookup) -> Any:
    parts: list[str] = []
    for part in node.named_children:
        if part.type == "template_literal":
            parts.append(_unescaped(_text(part)))
        elif part.type == "template_interpolation":
            inner = [child for child in part.named_children if child.type == "expression"]
            value = _value(inner[0], lookup) if inner else Unresolved(_text(part))
            if not isinstance(value, str | int | Decimal):
                return Unresolved(_text(node))
            parts.append(json.dumps(value) if isinstance(value, bool) else str(value))
        elif part.type not in {"quoted_template_start", "quoted_template_end"}:
            return Unresolved(_text(node))
    return "".join(parts)


def _number(node: Any, _lookup: Lookup) -> int | Decimal:
    text = _text(node)
    return int(text) if text.isdigit() else Decimal(text)


def _negative(node: Any, lookup: Lookup) -> Any:
    value = _value(node.named_children[0], lookup) if _text(node).startswith("-") else None
    return -value if isinstance(value, int | Decimal) and not isinstance(value, bool) else Unresolved(_text(node))


def _tuple(node: Any, lookup: Lookup) -> list[Any]:
    return [_value(child, lookup) for child in node.named_children if child.type == "expression"]


def _object(node: Any, lookup: Lookup) -> Any:
    made: dict[str, Any] = {}
    for element in (child for child in node.named_children if child.type == "object_elem"):
        key, value = element.named_children[0], element.named_children[-1]
        # A bare word is a name, not a reference.
        bare = len(key.named_children) == 1 and key.named_children[0].type == "variable_expr"
        name = _text(key) if bare else _value(key, lookup)
        if not isinstance(name, str):
            return Unresolved(_text(node))
        made[name] = _value(value, lookup)
    return made


_READERS: dict[str, Callable[[Any, Lookup], Any]] = {
    "string_lit": _string,
    "quoted_template": _template,
    "numeric_lit": _number,
    "bool_lit": lambda node, _: _text(node) == "true",
    "null_lit": lambda _node, _: None,
    "unary_operation": _negative,
    "tuple": _tuple,
    "object": _object,
}


def _unescaped(text: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found[4]:
            return found[4][1:]
        if found[1] or found[2]:
            return chr(int(found[1] or found[2], 16))
        return _ESCAPED.get(found[3], found[0])

    return _ESCAPE.sub(replaced, text)


def _nothing(space: str, name: str) -> Unresolved:
    return Unresolved(f"{space}.{name}")


def _text(node: Any) -> str:
    return str(node.text.decode(errors="replace"))


def _error_line(node: Any) -> int:
    while not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error or child.is_missing)
    return int(node.start_point[0]) + 1
