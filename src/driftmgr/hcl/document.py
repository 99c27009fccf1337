"""HCL's JSON syntax: every member is an argument or nested blocks, and only who reads it knows which.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

import json
from collections.abc import Iterator, Mapping
from json import decoder, scanner
from typing import Any

from driftmgr.hcl.syntax import Block, Body, Expression, HclError, parse_hcl, reference_in
from driftmgr.hcl.values import LITERALS, Context, Steps, Unresolved, exact

_COMMENT = "//"
_MARK = "DRIFTMGR_TEMPLATE"


class _Object(dict[str, Any]):
    """A JSON object that knows its line."""

    line = 1


class JsonExpression:
    """A value of the JSON syntax: its strings are templates."""

    def __init__(self, value: Any, line: int) -> None:
        self._value = value
        self.line = line

    @property
    def is_null(self) -> bool:
        """Whether ``null`` is written there."""
        return self._value is None

    def value(self, context: Context = LITERALS) -> Any:
        """The value, with ``Unresolved`` wherever it needs more than ``context`` knows."""
        try:
            return _value(self._value, context)
        except RecursionError:
            return Unresolved("a value that is nested too deeply")

    def reference(self) -> Steps | None:
        """The names of the reference that a string holds."""
        if not isinstance(self._value, str):
            return None
        return reference_in(self._value.removeprefix("${").removesuffix("}"))

    def elements(self) -> tuple[Expression, ...] | None:
        """The values of a list."""
        if not isinstance(self._value, list):
            return None
        return tuple(JsonExpression(item, self.line) for item in self._value)

    def members(self) -> tuple[tuple[Expression, Expression], ...] | None:
        """The keys and values of an object."""
        if not isinstance(self._value, dict):
            return None
        pairs = ((name, value) for name, value in self._value.items() if name != _COMMENT)
        return tuple((JsonExpression(name, self.line), JsonExpression(value, self.line)) for name, value in pairs)


class JsonBody:
    """A body of the JSON syntax."""

    block_types: frozenset[str] = frozenset()

    def __init__(self, members: Mapping[str, Any], line: int) -> None:
        self._members = {name: value for name, value in members.items() if name != _COMMENT}
        self._line = line

    @property
    def expressions(self) -> Mapping[str, Expression]:
        """The members."""
        return {name: JsonExpression(value, self._line) for name, value in self._members.items()}

    def blocks(self, kind: str, labels: int = 0) -> Iterator[Block]:
        """The blocks that a member holds if it holds blocks: an object, or a list of them, per label."""
        yield from _blocks(self._members.get(kind), kind, (), labels)

    def value(self, name: str, context: Context = LITERALS) -> Any:
        """The value of an argument, ``None`` if it is not there."""
        return JsonExpression(self._members.get(name), self._line).value(context)


def parse_json(text: bytes, name: str) -> Body:
    """Read a file; raises ``HclError`` for what is not JSON, with the ``name`` of the file in its message."""
    try:
        source = text.decode("utf-8-sig")
        document = _Decoder(source).decode(source)
    except json.JSONDecodeError as error:
        raise HclError(name, error.lineno, f"not JSON: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise HclError(name, text[: error.start].count(b"\n") + 1, "not UTF-8") from error
    except RecursionError as error:
        raise HclError(name, 1, "nested too deeply") from error
    except ValueError as error:  # a number of absurd size
        raise HclError(name, 1, f"not JSON: {error}") from error
    if isinstance(document, list) and all(isinstance(item, dict) for item in document):
        # Several objects count as one whose members are repeated.
        names = dict.fromkeys(member for item in document for member in item)
        document = {member: [item[member] for item in document if member in item] for member in names}
    if not isinstance(document, dict):
        raise HclError(name, 1, "not an object")
    return JsonBody(document, getattr(document, "line", 1))


class _Decoder(json.JSONDecoder):
    """Keeps the line of each object, which the decoder of the library knows and drops."""

    def __init__(self, source: str) -> None:
        super().__init__(parse_float=exact, parse_constant=exact)

        def positioned(begun: tuple[str, int], *others: Any) -> tuple[_Object, int]:
            found, end = decoder.JSONObject(begun, *others)  # type: ignore[attr-defined]
            made = _Object(found)
            made.line = source.count("\n", 0, begun[1]) + 1
            return made, end

        self.parse_object = positioned
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _blocks(value: Any, kind: str, names: tuple[str, ...], left: int) -> Iterator[Block]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        line = getattr(item, "line", 1)
        if not left:
            yield Block(type=kind, labels=names, body=JsonBody(item, line), line=line)
            continue
        for name, inner in item.items():
            if name != _COMMENT:
                yield from _blocks(inner, kind, (*names, name), left - 1)


def _value(value: Any, context: Context) -> Any:
    if isinstance(value, str):
        return _template(value, context)
    if isinstance(value, list):
        return [_value(item, context) for item in value]
    if isinstance(value, dict):
        return {name: _value(item, context) for name, item in value.items() if name != _COMMENT}
    return value


def _template(text: str, context: Context) -> Any:
    if "${" not in text and "%{" not in text:
        return text
    try:
        # A heredoc has no escapes but those of templates, just as a string of this syntax.
        wrapped = parse_hcl(f"x = <<{_MARK}\n{text}\n{_MARK}\n".encode(errors="replace"), "")
    except HclError:
        return Unresolved(text)
    value = wrapped.value("x", context)
    whole = _whole(text)
    if whole is not None:
        return whole.value("x", context)
    return value.removesuffix("\n") if isinstance(value, str) else value


def _whole(text: str) -> Body | None:
    """The expression of a string that is nothing but one interpolation."""
    if not (text.startswith("${") and text.endswith("}")):
        return None
    try:
        return parse_hcl(f"x = ({text[2:-1]})\n".encode(errors="replace"), "")
    except HclError:
        return None
