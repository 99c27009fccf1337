"""Hostile text: whatever stands in a file, it is read or refused with file and line, and never a traceback.

``DRIFTMGR_FUZZ_EXAMPLES=100000 .venv/bin/python -m pytest tests/intent/test_fuzz.py`` looks longer.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.hcl import Body, HclError, parse_hcl, parse_json, unresolved_in
from driftmgr.intent import configured_backend, read_configuration, units
from driftmgr.intent.paths import path_steps, without
from driftmgr.model import DriftMgrError, ResourceAddress

EXAMPLES = int(os.environ.get("DRIFTMGR_FUZZ_EXAMPLES", "40"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    derandomize=EXAMPLES < 1000,
)
BLOCKS = (
    'resource "a" "b"', 'data "a" "b"', 'module "m"', 'provider "aws"', 'variable "v"', "locals", "terraform",
    'backend "s3"', "cloud", "moved", "removed", "import", "lifecycle", 'dynamic "d"', "required_providers",
    "remote_state", "include", 'include "root"', 'generate "g"', 'dependency "d"', "dependencies", "content",
)  # fmt: skip
NAMES = (
    "source", "providers", "alias", "region", "default", "type", "ignore_changes", "from", "to", "id", "path", "config",
    "backend", "contents", "paths", "config_path", "inputs", "merge_strategy", "bucket", "destroy", "v", "a", "b",
)  # fmt: skip
ATOMS = (
    '"./"', '"../"', '"text"', '""', "1", "-1", "1e999", "0x1", "null", "true", "all", "aws.west", "var.v", "local.a",
    "local.b", "include.root.locals.a", "dependency.d.outputs", "each.key", 'a["b"]', "a[0].b", "a.*.b", "a[*]", "a.0",
    "module.m", 'module.m["k"].a.b', "a.b", "find_in_parent_folders()", 'find_in_parent_folders("\\u0000")',
    'read_terragrunt_config("terragrunt.hcl")', 'read_terragrunt_config(find_in_parent_folders("x.hcl"), 1)',
    "path_relative_to_include()", 'get_env("HOME")', "get_env()", "basename(1)", "merge({}, {})", "f(x...)",
    "[for x in y : x]", "{for k, v in a : k => v}", "a ? b : c", "!a", "1 + 1", "<<EOT\nx ${var.v}\nEOT\n",
    "<<-EOT\n  ${local.a}\n EOT\n", '"%{ if a }x%{ endif }"', '"$${x}"', '"\\U00110000"', '"\\ud800"', '"${"x"}${~1~}"',
)  # fmt: skip
NOISE = (
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    '"',
    "${",
    "%{",
    "<<EOT\n",
    "\n",
    "=",
    ",",
    "#",
    "/*",
    "*/",
    "\\",
    "\x00",
    "é",
    ".",
)

expressions = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(st.sampled_from(NAMES), inner).map(lambda pair: f"{{ {pair[0]} = {pair[1]} }}")
        | inner.map(lambda text: f'"x ${{{text}}} y"')
    ),
    max_leaves=4,
)
arguments = st.tuples(st.sampled_from(NAMES), expressions).map(lambda pair: f"{pair[0]} = {pair[1]}\n")
bodies = st.recursive(
    arguments,
    lambda inner: st.tuples(st.sampled_from(BLOCKS), st.lists(inner, max_size=4)).map(
        lambda pair: f"{pair[0]} {{\n{''.join(pair[1])}}}\n"
    ),
    max_leaves=8,
)
files = (
    st.lists(bodies | st.sampled_from(NOISE), max_size=6).map("".join).map(lambda text: text.encode(errors="replace"))
)
hostile = files | st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="replace"))
documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(ATOMS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from((*NAMES, *(name.split()[0] for name in BLOCKS), "//", "aws")), inner, max_size=4
        )
    ),
    max_leaves=10,
)
json_files = documents.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40)


def looked_at(body: Body, depth: int = 0) -> None:
    """Read everything that a body holds."""
    for expression in body.expressions.values():
        list(unresolved_in(expression.value()))
        expression.reference()
        for item in expression.elements() or ():
            item.reference()
        for key, value in expression.members() or ():
            key.reference()
            value.reference()
    for kind in (*body.block_types, "resource", "locals"):
        for labels in range(3):
            for block in body.blocks(kind, labels):
                if depth < 4:
                    looked_at(block.body, depth + 1)


def refusal(look: Callable[[], object]) -> DriftMgrError | None:
    """The error by which a text is refused."""
    try:
        look()
    except DriftMgrError as error:
        return error
    return None


def is_told(error: DriftMgrError, name: str, text: bytes) -> bool:
    """Whether an error names the file and one of its lines."""
    assert isinstance(error, HclError)
    return error.message.startswith(f"{name}:{error.line}: ") and 1 <= error.line <= text.count(b"\n") + 1


@FUZZ
@given(hostile)
def test_native_syntax_is_read_or_refused(text: bytes) -> None:
    """Any bytes."""
    error = refusal(lambda: looked_at(parse_hcl(text, "main.tf")))
    assert error is None or is_told(error, "main.tf", text)


@FUZZ
@given(json_files)
def test_json_syntax_is_read_or_refused(text: bytes) -> None:
    """Any bytes, and any document."""
    error = refusal(lambda: looked_at(parse_json(text, "main.tf.json")))
    assert error is None or is_told(error, "main.tf.json", text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for one configuration after another."""
    made = tmp_path_factory.mktemp("fuzz") / "unit"
    made.mkdir()
    return made


@FUZZ
@given(text=hostile, document=json_files, given_values=hostile, manifest=json_files)
def test_a_configuration_is_read_whatever_it_holds(
    folder: Path, text: bytes, document: bytes, given_values: bytes, manifest: bytes
) -> None:
    """Blocks, variables, modules, moves: every question has an answer; what cannot be read is told with its line."""
    (folder / ".terraform/modules").mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("main.tf", text),
        ("a_override.tf.json", document),
        ("terraform.tfvars", given_values),
        (".terraform/modules/modules.json", manifest),
    ):
        (folder / name).write_bytes(content)
    configuration = read_configuration(folder, {"TF_VAR_v": "[1"})
    for name in ("a.b", 'module.m["k"].a.b[0]', "data.a.b", "aws_x.y"):
        address = ResourceAddress.parse(name)
        configuration.location(address)
        configuration.sets(address, "tags_all")
        configuration.ignored(address, 'a["b"][0]')
        configuration.provider(address)
    for module in configuration.modules.values():
        assert module.imports is not None
        list(unresolved_in([item.arguments for item in module.providers.values()]))
    assert all(problem.location.line >= 1 for problem in configuration.problems)
    error = refusal(lambda: configured_backend(folder, {}))
    assert error is None or error.hint


@FUZZ
@given(text=hostile, parent=hostile)
def test_a_unit_is_resolved_or_says_why(folder: Path, text: bytes, parent: bytes) -> None:
    """A unit has a backend, or a reason that is not empty."""
    (folder / "terragrunt.hcl").write_bytes(text)
    (folder.parent / "terragrunt.hcl").write_bytes(parent)
    for unit in units(folder.parent, {}):
        assert (unit.backend is None) == bool(unit.reason)


ways = st.lists(st.integers(0, 3) | st.sampled_from(("a", "b", "0")), max_size=4).map(tuple)


@FUZZ
@given(path=st.text(max_size=20), value=documents, way=ways)
def test_a_path_is_steps_whatever_it_is(path: str, value: Any, way: tuple[str | int, ...]) -> None:
    """Any text has a first step, and taking a part out of a value twice is taking it out once."""
    assert path_steps(path)
    if way and isinstance(way[-1], str):
        once = without(value, way)
        assert without(once, way) == once or way[-1].isdecimal()
