"""An answer in a form that the catalog does not know costs what had to be read from it, and never the scan."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from discovery.fake import FakeApi, shard_of
from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import Attribute, Join, ResourceType, Template, aws_call
from driftmgr.catalog.schema import schema_pack
from driftmgr.discovery.collect import Collector
from driftmgr.model import DriftMgrError, Gap, RemoteObject, Scope

HERE = Scope(cloud="aws", account="123456789012", region="eu-central-1")
SECRET = "a-word-that-nobody-may-see"  # planted, to be looked for


def entry(**members: Any) -> ResourceType:
    """A type of things with a size, a color and whatever else is said."""
    told = {"size": "Size", "color": Attribute("Color", read=lambda color: color["Name"])}
    return ResourceType(
        name="aws_thing", list=aws_call("svc.list_things", "Things"), **{"id": "Id", "attributes": told} | members
    )


def collected(kind: ResourceType, *things: Mapping[str, Any] | str, **others: Any) -> tuple[list[RemoteObject], Gap]:
    """The objects and the one gap of a list of things; ``others`` are what other calls answer."""
    answers = {"svc.list_things": {"Things": list(things)}} | {f"svc.{name}": page for name, page in others.items()}
    found: list[Any] = []
    api = FakeApi(lambda operation, _params: [answers[operation]])
    collector = Collector(Catalog("aws", [kind], schema_pack("aws")), api, shard_of(HERE))
    asyncio.run(collector.collect([kind.name], found.append))
    (gap,) = (one for one in found if isinstance(one, Gap))
    return [one for one in found if isinstance(one, RemoteObject)], gap


def test_an_attribute_that_cannot_be_read_is_lost_alone() -> None:
    """The object keeps all else, other objects keep all, and the gap names the attribute and what was missing."""
    objects, gap = collected(entry(), {"Id": "a", "Size": 1, "Color": {}}, {"Id": "b", "Size": 2, "Color": {"Name": 3}})
    by_id = {found.id: found for found in objects}
    assert by_id["a"].unread == ("color",)
    assert by_id["a"].attributes == {"id": "a", "size": 1}
    assert by_id["b"].attributes == {"id": "b", "size": 2, "color": 3}
    assert (gap.operation, gap.reason, gap.attributes) == ("svc.list_things", "unreachable", ("color",))
    assert gap.message == "Unforeseen: the answer has a form that this version does not know (KeyError 'Name')"


def test_who_made_an_object_is_lost_alone() -> None:
    """Where the answer about the maker is odd the object stays, and is not called unmanaged."""
    kind = entry(owner=Attribute("Maker", read=lambda maker: maker.upper()), attributes={"size": "Size"})
    objects, gap = collected(kind, {"Id": "a", "Size": 1, "Maker": 7})
    assert [(found.origin_unread, found.attributes["size"]) for found in objects] == [(True, 1)]
    assert gap.attributes == ("owner",)


@pytest.mark.parametrize("members", [{"exists": "starts_with(State, 'up')"}, {"id": Template("{join('-', State)}")}])
def test_what_cannot_be_told_from_other_things_hides_its_type(members: dict[str, Any]) -> None:
    """Without an id, or a word on whether it exists, nothing of the type may be missing; others are there."""
    kind = entry(attributes={"size": "Size"}, **members)
    objects, gap = collected(kind, {"Id": "a", "Size": 1, "State": 7}, {"Id": "b", "Size": 2, "State": "up"})
    assert len(objects) <= 1
    assert gap.attributes == ()


def test_an_odd_list_hides_its_type() -> None:
    """Items of another form than an object or a text are no objects, and not an empty list."""
    objects, gap = collected(entry(expand="join('-', Parts)"), {"Id": "a", "Parts": 7})
    assert not objects
    assert (gap.attributes, gap.reason) == ((), "unreachable")


def test_an_odd_join_loses_its_attributes() -> None:
    """A bulk source of an unknown form costs the attributes that need it."""
    join = Join(call=aws_call("svc.list_colors", "Colors"), on="join('-', Of)", to="Id")
    objects, gap = collected(
        entry(joins={"Paint": join}, attributes={"size": "Size", "color": "Paint.Name"}),
        {"Id": "a", "Size": 1},
        list_colors={"Colors": [{"Of": 7}]},
    )
    assert [found.unread for found in objects] == [("color",)]
    assert (gap.operation, gap.attributes) == ("svc.list_colors", ("color",))


def test_an_error_that_holds_a_value_does_not_tell_it() -> None:
    """The words of other errors may quote the answer, secrets too: their kind is all that is told."""
    _, gap = collected(entry(attributes={"size": Attribute("Size", read=int)}), {"Id": "a", "Size": SECRET})
    assert SECRET not in gap.message
    assert "(ValueError)" in gap.message


def test_errors_for_the_user_are_passed_on() -> None:
    """What tells the user what to do is no matter of one type."""

    def refuse(operation: str, params: Mapping[str, Any]) -> Any:
        raise DriftMgrError("the vault is locked")

    kind = entry()
    collector = Collector(Catalog("aws", [kind], schema_pack("aws")), FakeApi(refuse), shard_of(HERE))
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(collector.collect([kind.name], lambda _: None))
    assert caught.group_contains(DriftMgrError, match="the vault is locked")
