"""Values as Terraform's plugin protocol writes them: MessagePack, guided by the type from the schema.

https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol/object-wire-format and
https://github.com/zclconf/go-cty/blob/main/docs/concepts.md

In Python a string is ``str``, a number ``int`` or ``Decimal`` (exact, of any size), a list or set ``list``, a map or
object ``dict``, null ``None``; what is not known yet is ``UNKNOWN``; a value of type ``dynamic`` is ``Dynamic``.
"""

import json
from collections.abc import Hashable
from decimal import Decimal, InvalidOperation
from typing import Any

import msgpack
import msgspec

from driftmgr.catalog.schema import CtyType


class ValueFormatError(ValueError):
    """Bytes or a value that do not fit the type; the text names the path."""


class Unknown:
    """The one value that is not known yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()


class Dynamic(msgspec.Struct, frozen=True):
    """A value that brings its own type."""

    type: CtyType
    value: Any


# cty writes every number that 64 bits hold as an integer and the rest as float, if exact, or as decimal text.
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1
_UNKNOWN_EXT = msgpack.ExtType(0, b"\0")


def decode(data: bytes, kind: CtyType) -> Any:
    """Read a value; raises ``ValueFormatError``."""
    try:
        raw = msgpack.unpackb(data, raw=False, strict_map_key=False, ext_hook=_extension)
    except Exception as error:
        raise ValueFormatError(f"not MessagePack: {error}") from error
    return _read(raw, kind, "")


def decode_json(data: bytes, kind: CtyType) -> Any:
    """Read a value from the JSON form, which the protocol admits too; raises ``ValueFormatError``."""
    try:
        raw = msgspec.json.Decoder(float_hook=Decimal).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueFormatError(f"not JSON: {error}") from error
    return _read(raw, kind, "")


def encode(value: Any, kind: CtyType) -> bytes:
    """Write a value; raises ``ValueFormatError`` for one that does not fit its type."""
    packed: bytes = msgpack.packb(_written(value, kind, ""))
    return packed


def is_known(value: Any) -> bool:
    """Whether nothing in a value is unknown."""
    if isinstance(value, Dynamic):
        return is_known(value.value)
    if isinstance(value, list):
        return all(map(is_known, value))
    if isinstance(value, dict):
        return all(map(is_known, value.values()))
    return value is not UNKNOWN


def plain(value: Any) -> Any:
    """The value as Terraform's JSON shows it: a dynamic value without its type."""
    if isinstance(value, Dynamic):
        return plain(value.value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def canonical(value: Any, kind: CtyType) -> Hashable:
    """A hashable form, equal exactly for values that Terraform calls equal: sets have no order, null is not empty."""
    if isinstance(value, Dynamic):
        return "dynamic", json.dumps(value.type, sort_keys=True), canonical(value.value, value.type)
    if isinstance(value, list):
        items = [canonical(item, element_type(kind, place)) for place, item in enumerate(value)]
        return ("set", frozenset(items)) if kind[0] == "set" else ("list", tuple(items))
    if isinstance(value, dict):
        return "map", frozenset((key, canonical(item, member_type(kind, key))) for key, item in value.items())
    # A bool is not a number here, and text is neither.
    return type(value).__name__ if isinstance(value, bool | str | None) else "number", value


def element_type(kind: CtyType, place: int) -> CtyType:
    """The type of an element of a list, set or tuple."""
    return kind[1][place] if kind[0] == "tuple" else kind[1]


def member_type(kind: CtyType, name: str) -> CtyType:
    """The type of a member of a map or object."""
    return kind[1][name] if kind[0] == "object" else kind[1]


def _extension(code: int, _data: bytes) -> Any:
    # 0 is a plain unknown, 12 one with refinements (what is known of it); both are unknown to us.
    if code in {0, 12}:
        return UNKNOWN
    raise ValueFormatError(f"extension {code} has no meaning here")


def _read(raw: Any, kind: CtyType, path: str) -> Any:
    if raw is None or raw is UNKNOWN:
        return raw
    if kind == "dynamic":
        return _read_dynamic(raw, path)
    return _read_leaf(raw, kind, path) if isinstance(kind, str) else _read_collection(raw, kind, path)


def _read_collection(raw: Any, kind: CtyType, path: str) -> Any:
    if isinstance(raw, list) and _holds_elements(raw, kind):
        return [_read(item, element_type(kind, place), f"{path}[{place}]") for place, item in enumerate(raw)]
    if kind[0] == "map" and isinstance(raw, dict) and all(isinstance(key, str) for key in raw):
        return {key: _read(item, kind[1], f"{path}[{json.dumps(key)}]") for key, item in raw.items()}
    if kind[0] == "object" and isinstance(raw, dict) and raw.keys() == kind[1].keys():
        return {name: _read(raw[name], member, f"{path}.{name}") for name, member in kind[1].items()}
    raise _misfit(raw, kind, path)


def _holds_elements(items: list[Any], kind: CtyType) -> bool:
    return kind[0] in {"list", "set"} or (kind[0] == "tuple" and len(items) == len(kind[1]))


def _read_dynamic(raw: Any, path: str) -> Any:
    if isinstance(raw, dict) and raw.keys() == {"type", "value"}:
        return Dynamic(raw["type"], _read(raw["value"], raw["type"], path))
    if not (isinstance(raw, list) and len(raw) == 2 and isinstance(raw[0], bytes | str)):  # noqa: PLR2004  # type, value
        raise _misfit(raw, "dynamic", path)
    try:
        kind = json.loads(raw[0])
    except ValueError as error:
        raise ValueFormatError(f"{path or 'value'}: the type of a dynamic value is not JSON") from error
    return Dynamic(kind, _read(raw[1], kind, path))


def _read_leaf(raw: Any, kind: str, path: str) -> Any:
    if kind == "string" and isinstance(raw, str):
        return raw
    if kind == "bool" and isinstance(raw, bool):
        return raw
    if kind == "number" and not isinstance(raw, bool):
        if isinstance(raw, int):
            return raw
        if isinstance(raw, float):
            return _shortest(_meant(raw))
        if isinstance(raw, str | Decimal):
            try:
                return _shortest(Decimal(raw))
            except InvalidOperation as error:
                raise _misfit(raw, kind, path) from error
    raise _misfit(raw, kind, path)


def _meant(number: float) -> Decimal:
    """The number that Terraform takes a float for: fractions are equal to it if it writes them the same."""
    return Decimal(number) if number.is_integer() else Decimal(repr(number))


def _shortest(number: Decimal) -> int | Decimal:
    if number.is_finite() and number == number.to_integral_value():
        return int(number)
    return number


def _written(value: Any, kind: CtyType, path: str) -> Any:
    if value is None:
        return None
    if value is UNKNOWN:
        return _UNKNOWN_EXT
    if kind == "dynamic" and isinstance(value, Dynamic):
        return [json.dumps(value.type, separators=(",", ":")).encode(), _written(value.value, value.type, path)]
    return _written_leaf(value, kind, path) if isinstance(kind, str) else _written_collection(value, kind, path)


def _written_collection(value: Any, kind: CtyType, path: str) -> Any:
    if isinstance(value, list) and _holds_elements(value, kind):
        return [_written(item, element_type(kind, place), f"{path}[{place}]") for place, item in enumerate(value)]
    if kind[0] == "map" and isinstance(value, dict):
        return {key: _written(item, kind[1], f"{path}[{json.dumps(key)}]") for key, item in value.items()}
    if kind[0] == "object" and isinstance(value, dict) and value.keys() == kind[1].keys():
        return {name: _written(value[name], member, f"{path}.{name}") for name, member in kind[1].items()}
    raise _misfit(value, kind, path)


def _written_leaf(value: Any, kind: str, path: str) -> Any:
    if (kind == "string" and isinstance(value, str)) or (kind == "bool" and isinstance(value, bool)):
        return value
    if kind == "number" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _written_number(value)
    raise _misfit(value, kind, path)


def _written_number(number: int | Decimal) -> int | float | str:
    if isinstance(number, int):
        return number if _LOWEST <= number <= _HIGHEST else str(number)
    if not number.is_finite():
        return float(number)
    whole = _shortest(number)
    if isinstance(whole, int):
        return _written_number(whole)
    near = float(number)
    return near if Decimal(near) == number == _meant(near) else format(number, "f")


def _misfit(value: Any, kind: CtyType, path: str) -> ValueFormatError:
    # Neither the value nor its members: both may be secret.
    wanted = kind if isinstance(kind, str) else kind[0]
    return ValueFormatError(f"{path.lstrip('.') or 'value'}: {type(value).__name__} where the schema has {wanted}")
