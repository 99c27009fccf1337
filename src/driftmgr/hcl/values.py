"""The values of HCL expressions, as far as they are written down.

Literals, lists, objects, templates, and references and functions as far as a ``Context`` knows them. Everything else is
``Unresolved``; nothing is guessed.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

Steps = tuple[str | int, ...]
"""The names and places of a reference: ``var.a["b"][0]`` is ``("var", "a", "b", 0)``."""


class Key(str):
    """A step that is written in brackets."""

    __slots__ = ()


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|(\$\$\{|%%\{)", re.DOTALL)
_OPENERS = re.compile(r"(\$|%)\1\{")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_LARGEST = 1 << 20
"""Characters and elements of a value."""
_LARGEST_EXPONENT = 400
_LAST_CHARACTER = 0x10FFFF
_WRAPPERS = frozenset({"expression", "literal_value", "collection_value", "template_expr", "operation"})


class Unresolved(msgspec.Struct, frozen=True):
    """An expression that is more than its context knows, as it is written."""

    text: str


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What references and function calls come to.

    ``lookup`` gives the value of a reference, ``call`` that of a function with resolved arguments; both ``Unresolved``
    (or ``None`` from ``call``: no such function) where they cannot tell.
    """

    lookup: Callable[[Steps], Any]
    call: Callable[[str, Sequence[Any]], Any] = lambda _name, _arguments: None


LITERALS = Context(lookup=lambda steps: Unresolved(".".join(map(str, steps))))
"""Nothing but what is written at the very place."""


def children(node: Any) -> list[Any]:
    """The parts of a node that mean something."""
    return [child for child in node.named_children if child.type != "comment"]


def text_of(node: Any) -> str:
    """A node as it is written."""
    return str(node.text.decode(errors="replace"))


def unresolved_in(value: Any) -> Iterator[Unresolved]:
    """What is unresolved in a value."""
    if isinstance(value, Unresolved):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from unresolved_in(item)


def bounded(value: Any) -> Any:
    """The value itself, ``Unresolved`` for one of a size that only nesting references makes."""
    left = _LARGEST
    waiting = [value]
    while waiting:
        item = waiting.pop()
        left -= len(item) if isinstance(item, str) else 1
        if left < 0:
            return Unresolved("a value that is too large")
        if isinstance(item, dict | list):
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return value


def descend(value: Any, steps: Sequence[str | int]) -> Any:
    """The part of a value that steps lead to; ``Unresolved`` where they lead nowhere."""
    for place, step in enumerate(steps):
        if isinstance(value, Unresolved):
            return value
        if isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list) and str(step).isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return Unresolved(".".join(map(str, steps[: place + 1])))
    return value


def value_of(node: Any, context: Context) -> Any:
    """The value of a node of the native syntax; raises ``RecursionError`` for one that is nested without end."""
    reader = _READERS.get(node.type)
    if reader is not None:
        return reader(node, context)
    inner = children(node)
    if node.type in _WRAPPERS and len(inner) == 1:
        return value_of(inner[0], context)
    if node.type == "expression" and inner:
        return _reference(node, inner, context)
    return Unresolved(text_of(node))


def steps_of(nodes: Sequence[Any], context: Context) -> Steps | None:
    """The steps after the first name of a reference; ``None`` for a splat or an index that is not known."""
    steps: list[str | int] = []
    for node in nodes:
        inner = children(node)[0] if children(node) else node
        if node.type == "get_attr":
            steps.append(text_of(inner))
        elif node.type == "index" and inner.type == "legacy_index":
            steps.append(text_of(inner).removeprefix("."))
        elif node.type == "index":
            step = value_of(children(inner)[0], context) if children(inner) else None
            if isinstance(step, bool) or not isinstance(step, str | int):
                return None
            steps.append(Key(step) if isinstance(step, str) else step)
        else:
            return None
    return tuple(steps)


def _reference(node: Any, inner: Sequence[Any], context: Context) -> Any:
    steps = steps_of(inner[1:], context)
    if steps is None:
        return Unresolved(text_of(node))
    if inner[0].type == "variable_expr":
        return context.lookup((text_of(inner[0]), *steps))
    return descend(value_of(inner[0], context), steps)


def _string(node: Any, _context: Context) -> str:
    return unescaped(_source(node, node.named_children[0].end_byte, node.named_children[-1].start_byte))


def _template(node: Any, context: Context) -> Any:
    parts = node.named_children
    pieces = list(_pieces(node, parts[1:-1], parts[0].end_byte, parts[-1].start_byte, context))
    if len(pieces) == 1 and not isinstance(pieces[0], _Text):
        # A template that is nothing but one interpolation keeps the type of its value.
        return pieces[0]
    texts = (unescaped(piece.text) if isinstance(piece, _Text) else piece for piece in pieces)
    return _joined(texts, node)


def _heredoc(node: Any, context: Context) -> Any:
    source = node.text
    start, end = source.find(b"\n") + 1, source.rfind(b"\n") + 1
    if not start or end <= start:
        return ""
    first = node.start_byte
    inner = [part for part in node.named_children if part.type.startswith("template_")]
    pieces: Iterator[Any] = iter(list(_pieces(node, inner, first + start, first + end, context)))
    if source.startswith(b"<<-"):
        indent = _indent(source[start:end].decode(errors="replace"))
        pieces = (
            _Text(piece.text, starts=piece.starts, indent=indent) if isinstance(piece, _Text) else piece
            for piece in pieces
        )
    texts = (_OPENERS.sub(r"\1{", piece.dedented()) if isinstance(piece, _Text) else piece for piece in pieces)
    return _joined(texts, node)


class _Text(msgspec.Struct, frozen=True):
    """A literal piece of a template; ``starts`` says that it begins at the start of a line."""

    text: str
    starts: bool = True
    indent: int = 0

    def dedented(self) -> str:
        first, *others = self.text.split("\n")
        return "\n".join([first[self.indent :] if self.starts else first, *(line[self.indent :] for line in others)])


def _indent(text: str) -> int:
    lines = [line for line in text.split("\n") if line.strip()]
    return min((len(line) - len(line.lstrip(" \t")) for line in lines), default=0)


def _pieces(node: Any, parts: Sequence[Any], start: int, end: int, context: Context) -> Iterator[Any]:
    """Literal text and values of a template; the text from the source, for the grammar drops space at its ends."""
    position = start
    for part in parts:
        if part.type == "template_literal":
            continue
        if part.start_byte > position:
            yield _Text(_source(node, position, part.start_byte), starts=position == start)
        inner = [child for child in children(part) if child.type != "template_interpolation_start"]
        plain = part.type == "template_interpolation" and not any(child.type == "strip_marker" for child in inner)
        expression = next((child for child in inner if child.type == "expression"), None)
        yield value_of(expression, context) if plain and expression is not None else Unresolved(text_of(part))
        position = part.end_byte
    if end > position:
        yield _Text(_source(node, position, end), starts=position == start)


def _source(node: Any, start: int, end: int) -> str:
    first = node.start_byte
    return str(node.text[start - first : end - first].decode(errors="replace"))


def _joined(pieces: Iterator[Any], node: Any) -> Any:
    made: list[str] = []
    for piece in pieces:
        if isinstance(piece, Unresolved):
            return piece
        if not isinstance(piece, str | int | Decimal):
            return Unresolved(text_of(node))
        made.append(as_text(piece))
    return "".join(made)


def as_text(value: str | int | Decimal) -> str:
    """A value as HCL writes it into a template."""
    if isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, Decimal):
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(node: Any, _context: Context) -> Any:
    text = text_of(node)
    try:
        return int(text) if text.isdecimal() else exact(text)
    except ValueError:
        return Unresolved(text)


def exact(text: str) -> Decimal:
    """A number with a point or an exponent; raises ``ValueError`` for none, and for one of absurd size."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {text}") from error
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        # Written out it would fill the memory.
        raise ValueError(f"a number out of range: {text}")
    return value


def _negative(node: Any, context: Context) -> Any:
    inner = children(node)
    value = value_of(inner[0], context) if inner and text_of(node).startswith("-") else None
    return -value if isinstance(value, int | Decimal) and not isinstance(value, bool) else Unresolved(text_of(node))


def _tuple(node: Any, context: Context) -> list[Any]:
    return [value_of(child, context) for child in children(node) if child.type == "expression"]


def _object(node: Any, context: Context) -> Any:
    made: dict[str, Any] = {}
    for element in (child for child in children(node) if child.type == "object_elem"):
        key, value = children(element)[0], children(element)[-1]
        # A bare word is a name, not a reference.
        bare = [child.type for child in children(key)] == ["variable_expr"]
        name = text_of(key) if bare else value_of(key, context)
        if not isinstance(name, str):
            return Unresolved(text_of(node))
        made[name] = value_of(value, context)
    return made


def _variable(node: Any, context: Context) -> Any:
    return context.lookup((text_of(node),))


def _call(node: Any, context: Context) -> Any:
    name, *others = children(node)
    arguments = [
        value_of(argument, context)
        for part in others
        for argument in children(part)
        if part.type == "function_arguments" and argument.type == "expression"
    ]
    if any(child.type == "ellipsis" for part in others for child in part.children):
        return Unresolved(text_of(node))
    found = context.call(text_of(name), arguments)
    return Unresolved(text_of(node)) if found is None else found


_READERS: Mapping[str, Callable[[Any, Context], Any]] = {
    "string_lit": _string,
    "quoted_template": _template,
    "heredoc_template": _heredoc,
    "numeric_lit": _number,
    "bool_lit": lambda node, _: text_of(node) == "true",
    "null_lit": lambda _node, _: None,
    "unary_operation": _negative,
    "tuple": _tuple,
    "object": _object,
    "variable_expr": _variable,
    "function_call": _call,
}


def unescaped(text: str) -> str:
    """The text of a quoted string without its escapes."""

    def replaced(found: re.Match[str]) -> str:
        if found[4]:
            return found[4][1:]
        if found[1] or found[2]:
            number = int(found[1] or found[2], 16)
            return chr(number) if number <= _LAST_CHARACTER else found[0]
        return _ESCAPED.get(found[3], found[0])

    return _ESCAPE.sub(replaced, text)
