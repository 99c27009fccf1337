"""What HCL's native syntax says, and what it leaves open."""

from decimal import Decimal
from typing import Any

import pytest

from driftmgr.hcl import LITERALS, Context, HclError, Steps, Unresolved, bounded, descend, parse_hcl

KNOWN: dict[str, Any] = {"region": "eu-west-1", "zones": ["a", "b"], "by": {"x y": {"n": 1}}, "no": None}


def lookup(steps: Steps) -> Any:
    """The values of ``var``, and nothing else."""
    if steps[0] != "var":
        return Unresolved(".".join(map(str, steps)))
    return descend(KNOWN, steps[1:])


CONTEXT = Context(lookup=lookup, call=lambda name, values: "-".join(map(str, values)) if name == "dashed" else None)


def value(text: str, context: Context = LITERALS) -> Any:
    """The value of an expression."""
    return parse_hcl(f"x = {text}\n".encode(), "main.tf").value("x", context)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a"', "a"),
        ('""', ""),
        ('"   "', "   "),
        (r'"a\n\"b\" \u00e9 $${x} %%{y}"', 'a\n"b" \u00e9 ${x} %{y}'),
        ("12", 12),
        ("1.50", Decimal("1.50")),
        ('"${1.5e999999999}"', Unresolved("1.5e999999999")),
        ("-1", -1),
        ("true", True),
        ("null", None),
        ("(false)", False),
        ('["a", 1, null,]', ["a", 1, None]),
        ('{ a = 1, "b c" : [true], (d) = 2 }', Unresolved('{ a = 1, "b c" : [true], (d) = 2 }')),
        ('{ a = 1 # one\n "b c" : [true] }', {"a": 1, "b c": [True]}),
        ("var.x", Unresolved("var.x")),
        ("data.a.b.c", Unresolved("data.a.b.c")),
        ('upper("a")', Unresolved('upper("a")')),
        ('"  a ${1} b ${true}  "', "  a 1 b true  "),
        ('"${[1]}"', [1]),
        ('"${1.5e3}m"', "1500m"),
        ('"a${null}"', Unresolved('"a${null}"')),
        ('"a${f()}"', Unresolved("f()")),
        ('"a ${~ 1 ~} b"', Unresolved("${~ 1 ~}")),
        ('"%{ if true }x%{ endif }"', Unresolved("%{ if true }x%{ endif }")),
        ("1 + 1", Unresolved("1 + 1")),
        ("-f()", Unresolved("-f()")),
        ("!true", Unresolved("!true")),
        ("local.a.b", Unresolved("local.a.b")),
        ("a[*].b", Unresolved("a[*].b")),
        ("[for x in y : x]", Unresolved("[for x in y : x]")),
        ("a ? 1 : 2", Unresolved("a ? 1 : 2")),
        ("f(x...)", Unresolved("f(x...)")),
        ("<<EOT\nx\nEOT\n", "x\n"),
        ("<<EOT\n  a ${1}  b\n\n  $${c} \\n\n  EOT\n", "  a 1  b\n\n  ${c} \\n\n"),
        ("<<-EOT\n    a ${2}\n      b\n    EOT\n", "a 2\n  b\n"),
        ("<<-EOT\nEOT\n", ""),
    ],
)
def test_literals_are_read_and_nothing_else(text: str, expected: Any) -> None:
    """Every kind of literal has its value, to the last space; what needs more is unresolved, as it is written."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("var.region", "eu-west-1"),
        ('"${var.region}-x"', "eu-west-1-x"),
        ("var.zones[1]", "b"),
        ("var.zones.1", "b"),
        ('var.by["x y"].n', 1),
        ("var.by[var.region]", Unresolved("by.eu-west-1")),
        ("var.zones[2]", Unresolved("zones.2")),
        ('dashed("a", var.region)', "a-eu-west-1"),
        ('"${dashed(1)}"', "1"),
        ("[var.region, other.x]", ["eu-west-1", Unresolved("other.x")]),
        ("{ (var.region) = 1 }", {"eu-west-1": 1}),
    ],
)
def test_references_and_functions_have_the_value_that_their_context_knows(text: str, expected: Any) -> None:
    """Attributes, places and keys are followed; what the context does not know stays unresolved."""
    assert value(text, CONTEXT) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [("x {", 1), ("a = 1\nb = = 2\n", 2), ("x = 'a'\n", 1), ("\x00", 1), ('a = 1\n\n\nx "y {\n', 4)],
)
def test_broken_hcl_is_told_with_file_and_line(text: str, line: int) -> None:
    """A syntax error names the file and the line where it begins, and what to do."""
    with pytest.raises(HclError, match=r"^main\.tf:\d+: not HCL$") as raised:
        parse_hcl(text.encode(), "main.tf")
    assert raised.value.line == line
    assert raised.value.hint


def test_what_only_an_attacker_writes_is_no_crash() -> None:
    """Nesting without end is unresolved, a value that doubles itself is too large, and a dump is no HCL."""
    assert value("[" * 20_000 + "]" * 20_000) == Unresolved("an expression that is nested too deeply")
    parse_hcl(b"a {" * 20_000 + b"}" * 20_000, "main.tf")
    doubled: Any = "x"
    for _ in range(64):
        doubled = [doubled, doubled]
    assert bounded(doubled) == Unresolved("a value that is too large")
    assert bounded(["x"] * 9) == ["x"] * 9
    with pytest.raises(HclError, match="larger than 8 MiB"):
        parse_hcl(b"#" * (8 * 1024 * 1024 + 1), "main.tf")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws.west", ("aws", "west")),
        ("all", ("all",)),
        ('tags["a.b"]', ("tags", "a.b")),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('"tags"', ("tags",)),
        ('"aws.west"', ("aws", "west")),
        ('"no reference"', None),
        ("[1]", None),
        ("a[*].b", None),
        ("f()", None),
    ],
)
def test_references_are_read_as_they_are_written(text: str, expected: Steps | None) -> None:
    """Names, keys and places in order, in quotes too; ``None`` for what is no reference."""
    assert parse_hcl(f"x = {text}\n".encode(), "").expressions["x"].reference() == expected


def test_blocks_are_found_by_type_and_labels() -> None:
    """Labels with or without quotes, lines counted from 1, nested blocks one by one."""
    body = parse_hcl(b'a "b" c {\n  x = 1\n  d {}\n  d {\n  }\n}\na {}\n', "")
    (block,) = body.blocks("a", 2)
    assert (block.labels, block.line, block.body.value("x")) == (("b", "c"), 1, 1)
    assert [inner.line for inner in block.body.blocks("d")] == [3, 4]
    assert [found.line for found in body.blocks("a")] == [7]
    assert list(body.blocks("b")) == []
    assert body.block_types == {"a"}
