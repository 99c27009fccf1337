"""The codec of values: exact, complete, and strict about types."""

import json
from decimal import Decimal
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftmgr.provider.values import (
    UNKNOWN,
    Dynamic,
    ValueFormatError,
    canonical,
    decode,
    decode_json,
    encode,
    is_known,
    plain,
)

FRACTIONS = st.builds(lambda digits, places: Decimal(digits).scaleb(-places), st.integers(), st.integers(0, 30))
LEAVES = {"string": st.text(max_size=5), "bool": st.booleans(), "number": st.integers() | FRACTIONS}
NAMES = st.text("abc", min_size=1, max_size=3)


@st.composite
def types(draw: st.DrawFn, depth: int = 2) -> Any:
    """Any type that a schema may have."""
    kinds = ["string", "bool", "number", "dynamic"] + (["list", "set", "map", "object", "tuple"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "object":
        return [kind, draw(st.dictionaries(NAMES, types(depth - 1), max_size=2))]
    if kind == "tuple":
        return [kind, draw(st.lists(types(depth - 1), max_size=2))]
    return [kind, draw(types(depth - 1))] if kind in {"list", "set", "map"} else kind


@st.composite
def values(draw: st.DrawFn, kind: Any) -> Any:
    """Any value of a type: null and unknown too."""
    special = draw(st.sampled_from([None, UNKNOWN, "value", "value", "value"]))
    if special != "value":
        return special
    if kind == "dynamic":
        inner = draw(types(depth=1).filter(lambda inner: inner != "dynamic"))
        return Dynamic(inner, draw(values(inner)))
    return draw(LEAVES[kind] if isinstance(kind, str) else collections(kind))


@st.composite
def collections(draw: st.DrawFn, kind: Any) -> Any:
    """Any collection of a type."""
    if kind[0] == "object":
        return {name: draw(values(member)) for name, member in kind[1].items()}
    if kind[0] == "tuple":
        return [draw(values(member)) for member in kind[1]]
    if kind[0] == "map":
        return draw(st.dictionaries(NAMES, values(kind[1]), max_size=2))
    return draw(st.lists(values(kind[1]), max_size=3))


@given(st.data())
def test_a_value_survives_the_wire(data: st.DataObject) -> None:
    """Encoding and decoding gives the value back, of every type, nulls and unknowns at any depth."""
    kind = data.draw(types())
    value = data.draw(values(kind))
    back = decode(encode(value, kind), kind)
    assert back == value
    assert canonical(back, kind) == canonical(value, kind)
    assert is_known(back) == is_known(value)


@given(st.lists(st.text() | st.none(), max_size=6), st.randoms())
def test_sets_have_no_order_and_lists_have(items: list[str | None], random: Any) -> None:
    """A shuffled set is the same value; a list is only if nothing moved."""
    shuffled = random.sample(items, len(items))
    assert canonical(shuffled, ["set", "string"]) == canonical(items, ["set", "string"])
    assert (canonical(shuffled, ["list", "string"]) == canonical(items, ["list", "string"])) == (shuffled == items)


@given(FRACTIONS | st.integers())
@example(Decimal("0.1000000000000000055511151231257827021181583404541015625"))
def test_numbers_are_exact(number: Decimal | int) -> None:
    """Of any size and any number of digits; what a float would round is sent as text."""
    back = decode(encode(number, "number"), "number")
    assert Decimal(back) == Decimal(number)
    sent = msgpack.unpackb(encode(number, "number"), strict_map_key=False)
    assert isinstance(sent, str) or Decimal(sent) == Decimal(number)


@pytest.mark.parametrize(
    ("data", "kind", "value"),
    [
        (b"\xc0", "string", None),
        (b"\xa1x", "string", "x"),
        (b"\xc3", "bool", True),
        (b"\x2a", "number", 42),
        (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "number", Decimal("1.5")),
        (b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "number", Decimal("0.1")),
        (b"\xcb\x44\xb5\x2d\x02\xc7\xe1\x4a\xf6", "number", 99999999999999991611392),
        (b"\xb40.333333333333333333", "number", Decimal("0.333333333333333333")),
        (b"\xd4\x00\x00", "string", UNKNOWN),
        (b"\xc7\x02\x0c\x81\x01", "string", UNKNOWN),
        (b"\x92\xc4\x08\x22string\x22\xa1x", "dynamic", Dynamic("string", "x")),
        (b"\x92\xa1a\xa1b", ["set", "string"], ["a", "b"]),
        (b"\x81\xa1k\x01", ["map", "number"], {"k": 1}),
    ],
)
def test_bytes_that_terraform_writes_are_read(data: bytes, kind: Any, value: Any) -> None:
    """Golden bytes of each kind, an unknown with refinements among them."""
    assert decode(data, kind) == value


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xa1x", "number"),
        (b"\xc3", "number"),
        (b"\x01", "bool"),
        (b"\x01", "string"),
        (b"\x81\xa1a\x01", ["object", {"b": "number"}]),
        (b"\x80", ["object", {"b": "number"}]),
        (b"\x91\x01", ["tuple", ["number", "number"]]),
        (b"\x01", ["list", "number"]),
        (b"\x81\x01\x01", ["map", "number"]),
        (b"\x01", "dynamic"),
        (b"\xd4\x07\x00", "string"),
        (b"\xc1", "string"),
        (b"\x92\xa1{\xa1b", "dynamic"),
    ],
)
def test_what_does_not_fit_its_type_is_refused(data: bytes, kind: Any) -> None:
    """A bool is no number, a missing member no null, an extension of unknown meaning no value."""
    with pytest.raises(ValueFormatError):
        decode(data, kind)


def test_an_error_names_the_path_and_never_the_value() -> None:
    """The value may be a secret."""
    kind = ["object", {"rule": ["list", ["object", {"port": "number"}]]}]
    with pytest.raises(ValueFormatError, match=r"rule\[0\]\.port: str where the schema has number") as caught:
        decode(msgpack.packb({"rule": [{"port": "hunter2"}]}), kind)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValueFormatError, match="rule"):
        encode({"rule": "hunter2"}, kind)


@given(st.data())
def test_json_is_read_as_the_other_form_is(data: st.DataObject) -> None:
    """A provider may answer in JSON: it is the same value."""
    kind = data.draw(types(depth=2).filter(lambda kind: "dynamic" not in json.dumps(kind)))
    value = data.draw(values(kind).filter(is_known))
    text = msgspec.json.Encoder(decimal_format="number").encode(value)
    assert canonical(decode_json(text, kind), kind) == canonical(value, kind)


def test_json_holds_dynamic_values_and_long_numbers() -> None:
    """The type comes with the value; 21 digits stay 21 digits."""
    found = decode_json(b'{"value":{"a":0.100000000000000000001},"type":["object",{"a":"number"}]}', "dynamic")
    assert found == Dynamic(["object", {"a": "number"}], {"a": Decimal("0.100000000000000000001")})
    assert plain([found]) == [{"a": Decimal("0.100000000000000000001")}]
    with pytest.raises(ValueFormatError, match="not JSON"):
        decode_json(b"{", "string")
