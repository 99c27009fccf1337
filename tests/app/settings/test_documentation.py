"""The examples of the documentation are settings, and the published schema is that of the program."""

import json
import re
from pathlib import Path

import pytest

from driftmgr.app.settings import parse
from driftmgr.app.settings.model import schema
from driftmgr.policy import IgnoreFile

DOCS = Path(__file__).parents[3] / "docs"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    (page.name, kind, text)
    for page in (DOCS / "configuration.md", DOCS / "ignore-rules.md")
    for kind, text in _BLOCK.findall(page.read_text())
]


@pytest.mark.parametrize(("page", "kind", "text"), BLOCKS)
def test_every_example_is_valid(page: str, kind: str, text: str) -> None:
    """Each block of YAML is settings without a mistake, each block of patterns has lines that can match."""
    if kind == "yaml":
        assert parse(text, page).values()
    else:
        assert kind == "ignore"
        assert all(line.can_match for line in IgnoreFile.parse(text).lines)


def test_both_kinds_of_examples_are_there() -> None:
    """The pages show settings and patterns."""
    assert {kind for _, kind, _ in BLOCKS} == {"yaml", "ignore"}


def test_the_published_schema_is_the_one_of_the_program() -> None:
    """Editors check what the program accepts; every setting says what it means."""
    published = (DOCS / "driftmgr.schema.json").read_bytes()
    assert published == schema()
    settings = json.loads(published)["$defs"]["Settings"]["properties"]
    assert all(field["description"] for field in settings.values())
