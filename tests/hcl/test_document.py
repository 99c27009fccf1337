"""What HCL's JSON syntax says."""

import json
from typing import Any

import pytest

from driftmgr.hcl import Context, HclError, Unresolved, parse_json

CONTEXT = Context(lookup=lambda steps: {"a": 1} if steps == ("var", "x") else Unresolved(".".join(map(str, steps))))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        ('line\nbreak \\ "quoted"', 'line\nbreak \\ "quoted"'),
        ("${var.x}", {"a": 1}),
        ('a ${"b"} ', "a b "),
        ("$${var.x}", "${var.x}"),
        ("${broken", Unresolved("${broken")),
        ("${data.y}", Unresolved("data.y")),
        ("${1} and ${2}", "1 and 2"),
        ([1, None, {"//": "comment", "k": "${true}"}], [1, None, {"k": True}]),
        (12345678901234567890, 12345678901234567890),
    ],
)
def test_strings_are_templates(given: Any, expected: Any) -> None:
    """One that is nothing but an interpolation has that value; escapes are those of JSON, then of templates."""
    assert parse_json(json.dumps({"x": given}).encode(), "").value("x", CONTEXT) == expected


def test_blocks_are_objects_or_lists_of_them() -> None:
    """Per label one level of objects; each block knows the line on which it begins; comments are none."""
    text = """{
  "//": "a comment",
  "resource": {
    "aws_vpc": {
      "main":
      {"cidr_block": "10.0.0.0/16"},
      "other": [
        {"cidr_block": "10.1.0.0/16"}
      ]
    }
  },
  "locals": [{"a": 1}, {"b": 2}]
}"""
    body = parse_json(text.encode(), "")
    found = {block.labels: (block.line, block.body.value("cidr_block")) for block in body.blocks("resource", 2)}
    assert found == {("aws_vpc", "main"): (6, "10.0.0.0/16"), ("aws_vpc", "other"): (8, "10.1.0.0/16")}
    assert [dict(block.body.expressions).keys() for block in body.blocks("locals")] == [{"a"}, {"b"}]
    assert list(body.blocks("//")) == []


def test_a_list_of_objects_counts_as_one() -> None:
    """As Terraform reads a file that begins with a list."""
    body = parse_json(b'[{"locals": {"a": 1}}, {"locals": {"b": 2}}]', "")
    assert [block.body.value("b") for block in body.blocks("locals")] == [None, 2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{\n"a": }', r"main\.tf\.json:2: not JSON: "),
        (b'{"a":\n"\xff"}', r"main\.tf\.json:2: not UTF-8"),
        (b'"text"', r"main\.tf\.json:1: not an object"),
        (b"[1]", r"main\.tf\.json:1: not an object"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, r"main\.tf\.json:1: nested too deeply"),
        (b'{"a": ' + b"1" * 5_000 + b"}", r"main\.tf\.json:1: not JSON"),
        (b'{"a": 1e999999999}', r"main\.tf\.json:1: not JSON: a number out of range"),
        (b'{"a": 1.5e' + b"9" * 40 + b"}", r"main\.tf\.json:1: not JSON: not a number"),
        (b'{"a": NaN}', r"main\.tf\.json:1: not JSON: a number out of range"),
    ],
)
def test_broken_json_is_told_with_file_and_line(text: bytes, told: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(HclError, match=told):
        parse_json(text, "main.tf.json")


def test_references_are_strings() -> None:
    """With or without the signs of an interpolation."""
    body = parse_json(b'{"a": "aws.west", "b": "${aws.west}", "c": ["tags"], "d": {"aws": "aws.x"}, "e": null}', "")
    found = body.expressions
    assert found["a"].reference() == found["b"].reference() == ("aws", "west")
    assert [item.reference() for item in found["c"].elements() or ()] == [("tags",)]
    assert [(key.reference(), value.reference()) for key, value in found["d"].members() or ()] == [
        (("aws",), ("aws", "x"))
    ]
    assert (found["e"].is_null, found["a"].is_null, found["c"].reference()) == (True, False, None)
