"""The scopes of a token that ``driftmgr catalog permissions`` prints, held to what the official document asks for."""

import functools
import lzma
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from digitalocean.document import SOURCE, followed
from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import Call, ResourceType, as_attribute
from driftmgr.catalog.permissions import call_actions, calls_of

CATALOG = catalog_of("digitalocean")
_SCOPES = re.compile(r"[Rr]equires `?([a-z_]+:(?:read|view_credentials))`? scope")


@functools.cache
def document() -> Any:
    """The official document, whole."""
    if not SOURCE.exists():
        pytest.skip("SCOPES NOT HELD TO THE OFFICIAL DOCUMENT: it is not beside the project")
    return yaml.load(lzma.decompress(SOURCE.read_bytes()), Loader=yaml.CSafeLoader)


def members(schema: Any, depth: int = 8) -> Iterator[tuple[str, str]]:
    """All members of an answer that need a scope of their own, with it."""
    schema = followed(document(), schema)
    if not isinstance(schema, dict) or not depth:
        return
    for name, held in schema.get("properties", {}).items():
        told = followed(document(), held)
        described = f"{held.get('description', '')} {told.get('description', '')}"
        for part in told.get("allOf", ()):
            described += str(part.get("description", ""))
        yield from ((name, scope) for scope in _SCOPES.findall(described))
        yield from members(held, depth - 1)
    parts = [*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    for held in [*parts, *filter(None, (schema.get("items"),))]:
        yield from members(held, depth - 1)


def answered(operation: str) -> Any:
    """The schema of what a path answers."""
    shape = re.sub(r"\{\w+\}", "{}", operation)
    for path, held in document()["paths"].items():
        if re.sub(r"\{\w+\}", "{}", path) == shape:
            answer = followed(document(), followed(document(), held["get"])["responses"]["200"])
            return answer.get("content", {}).get("application/json", {}).get("schema", {})
    return {}


def telling(entry: ResourceType) -> Iterator[Call]:
    """The calls whose answers are read: not those that only name the parents of which more is asked."""
    parents = [join.of for join in entry.joins.values()]
    parents += [entry.list] if isinstance(entry.expand, Call) else []
    return (call for call in calls_of(entry) if call not in parents and call.operation.startswith("/"))


def words_of(entry: ResourceType) -> set[str]:
    """The names in the paths of an entry, but for those of attributes that no HCL sets: they are never drift."""
    block = CATALOG.schemas[entry.name].block
    computed = {name for name, attribute in block.attributes.items() if not attribute.configurable}
    compared = [value for name, value in entry.attributes.items() if name not in computed]
    read: list[Any] = [*compared, *entry.links.values(), *filter(None, (entry.owner,))]
    paths = [_paths(as_attribute(value)) for value in read] + [entry.is_default or "", entry.exists or ""]
    return set(re.findall(r"\w+", " ".join(paths)))


def _paths(attribute: Any) -> str:
    nested: Mapping[str, Any] = attribute.nested or {}
    return " ".join([str(attribute.path), *(_paths(as_attribute(value)) for value in nested.values())])


@pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.name)
def test_members_that_need_a_scope_of_their_own_have_it(entry: ResourceType) -> None:
    """Without it the API leaves the member out, which looks as if it were not set."""
    words = words_of(entry)
    asked = {
        (call.operation, name, scope)
        for call in telling(entry)
        for name, scope in members(answered(call.operation))
        if name in words
    }
    granted = {scope for call in calls_of(entry) for scope in call_actions(call)}
    assert not {(operation, name, scope) for operation, name, scope in asked if scope not in granted}
