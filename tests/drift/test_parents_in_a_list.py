"""Instances put together from parts, and children that name several parents."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Assembled, ParentRef, ResourceType
from driftmgr.catalog.references import MANAGED_BY_COMPANION
from driftmgr.catalog.schema import schema_pack
from driftmgr.drift.companions import Companions
from driftmgr.drift.match import ObjectIndex, match, object_key
from driftmgr.drift.traits import traits_of
from driftmgr.model import Parent, RemoteObject, ResourceInstance, Scope

HERE = Scope(cloud="aws", account="111122223333", region=None)


def whole(recorded: Mapping[str, Any], near: Sequence[RemoteObject]) -> Assembled | None:
    """The names of all parts near an instance, as long as one of its parents is among them."""
    if not any(found.type == "parent" for found in near):
        return None
    parts = [found for found in near if found.type == "part"]
    return Assembled(attributes={"names": [part.id for part in parts]}, parts=tuple(part.id for part in parts))


CATALOG = Catalog(
    "aws",
    [
        ResourceType(name="parent", reach=GLOBAL),
        ResourceType(name="part", reach=GLOBAL, parents=(ParentRef(type="parent", attribute="of", inline=("parts",)),)),
        ResourceType(
            name="lot",
            reach=GLOBAL,
            assemble=whole,
            parts=("parent", "part"),
            parents=(ParentRef(type="parent", attribute="of", inline=("parts",)),),
        ),
    ],
    schema_pack("aws"),
)


def parent(name: str) -> RemoteObject:
    """An object that has parts."""
    return RemoteObject(type="parent", id=name, scope=HERE, attributes={"id": name})


def part(name: str, *parents: str) -> RemoteObject:
    """An object that belongs to others."""
    belongs = tuple(Parent(type="parent", id=name) for name in parents)
    return RemoteObject(type="part", id=name, scope=HERE, attributes={"id": name}, parents=belongs)


def lot(*parents: str) -> ResourceInstance:
    """An instance made of the parts of its parents."""
    return ResourceInstance.of("lot.x", {"id": "x", "of": list(parents)})


def test_an_instance_is_put_together_from_all_its_parents() -> None:
    """Parts of every parent that a list names are offered once each, with the parents themselves, and no stranger's."""
    objects = [parent("a"), parent("b"), parent("c"), part("p", "a", "b"), part("q", "b"), part("r", "c")]
    found = match(CATALOG, traits_of([lot("a", "b")], CATALOG), ObjectIndex(CATALOG, objects))
    assert [made.attributes for _, made in found.assembled] == [{"names": ["p", "q"]}]
    assert found.managed == {object_key(objects[3]), object_key(objects[4])}


def test_an_instance_whose_parents_are_gone_is_unmatched() -> None:
    """Parts alone do not make an instance exist: it sees whether a parent is there."""
    found = match(CATALOG, traits_of([lot("a")], CATALOG), ObjectIndex(CATALOG, [part("p", "a")]))
    assert not found.assembled
    assert len(found.unmatched) == 1


def test_a_list_of_parents_speaks_for_each_of_them() -> None:
    """An instance that names several parents is responsible for the attribute of each, and of no other."""
    companions = Companions(CATALOG, traits_of([lot("a", "b")], CATALOG), [], reported=())
    rules = {name: companions.skipped("parent", {"parts": ["x"]}, {"id": name}, HERE) for name in "abc"}
    managed = {"parts": MANAGED_BY_COMPANION}
    assert rules == {"a": managed, "b": managed, "c": {}}
