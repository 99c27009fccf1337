"""Collecting a scope: the gap rule, sharing of calls, joins, details and expansion."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from discovery.fake import FakeApi, shard_of
from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import (
    HIGH,
    UNTOLD,
    Attribute,
    Call,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
)
from driftmgr.catalog.schema import schema_pack
from driftmgr.catalog.transforms import if_told
from driftmgr.clouds import ApiError
from driftmgr.discovery.collect import Answers, Collector
from driftmgr.discovery.fingerprints import Fingerprints
from driftmgr.discovery.plan import plan
from driftmgr.discovery.shards import Mode
from driftmgr.drift.sought import Sought
from driftmgr.model import Gap, Parent, RemoteObject, Scope

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")


class Remembered:
    """Fingerprints in a dictionary."""

    def __init__(self) -> None:
        self.tokens: dict[tuple[str, str], str] = {}

    def unchanged(self, scope: Scope, resource_type: str, identity: str, token: str) -> bool:
        return scope == HERE and self.tokens.get((resource_type, identity)) == token

    def looked(self, scope: Scope, resource_type: str, identity: str, token: str) -> None:
        assert scope == HERE
        self.tokens[resource_type, identity] = token


def collect(
    entries: list[ResourceType],
    api: FakeApi,
    mode: Mode = "deep",
    fingerprints: Fingerprints | None = None,
    sought: Sought | None = None,
) -> tuple[dict[str, RemoteObject], list[Gap]]:
    """Everything the entries find, objects by id."""
    catalog = Catalog("aws", entries, schema_pack("aws"))
    found: list[RemoteObject | Gap] = []
    collector = Collector(catalog, api, shard_of(HERE, mode), fingerprints=fingerprints, sought=sought)
    asyncio.run(collector.collect([entry.name for entry in entries], found.append))
    objects = {item.id: item for item in found if isinstance(item, RemoteObject)}
    return objects, [item for item in found if isinstance(item, Gap)]


THING = ResourceType(
    name="aws_thing",
    list=aws_call("svc.list_things", "Things"),
    id="Id",
    details={"More": aws_call("svc.get_thing", "Thing", given={"Id": "Id"}, absent=("NotSet",))},
    attributes={"size": "Size", "color": "More.Color", "arn": Template("arn:{partition}:svc:{region}:{account}:{Id}")},
)


def denied(operation: str) -> ApiError:
    """The answer of a call that IAM forbids."""
    return ApiError(operation, "AccessDenied", "denied", "no")


def test_all_pages_are_read_and_details_completed() -> None:
    """Every item of every page becomes an object with its details and templates filled in."""

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Size": 1}]}, {"Things": [{"Id": "b", "Size": 2}]}, {}]
        return [{"Thing": {"Color": f"red-{params['Id']}"}}]

    objects, gaps = collect([THING], FakeApi(answer))
    assert not gaps
    assert objects["a"].attributes == {
        "id": "a",
        "size": 1,
        "color": "red-a",
        "arn": "arn:aws:svc:eu-central-1:111122223333:a",
    }
    assert objects["b"].attributes["color"] == "red-b"


def test_links_name_parents_that_no_attribute_names() -> None:
    """A link is read beside the attributes, gives the parent, and is lost with the call that it needs."""
    linked = ResourceType(
        name="aws_part",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        details={"More": aws_call("svc.get_thing", "Thing", given={"Id": "Id"})},
        attributes={"size": "Size"},
        links={"host": "More.Host"},
        parents=(ParentRef(type="aws_thing", attribute="host", inline=("parts",)),),
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Size": 1}, {"Id": "b", "Size": 2}]}]
        if params["Id"] == "b":
            raise denied(operation)
        return [{"Thing": {"Host": "h"}}]

    objects, gaps = collect([linked], FakeApi(answer))
    assert objects["a"].attributes == {"id": "a", "size": 1, "host": "h"}
    assert objects["a"].parents == (Parent(type="aws_thing", id="h"),)
    assert (objects["b"].attributes, objects["b"].parents) == ({"id": "b", "size": 2}, ())
    assert [gap.attributes for gap in gaps] == [("host",)]


def test_failed_list_is_a_gap_of_the_type_and_no_objects() -> None:
    """A list call that is refused yields exactly one gap without attributes."""

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        raise denied(operation)

    objects, gaps = collect([THING], FakeApi(answer))
    assert not objects
    assert [(g.type, g.operation, g.reason, g.attributes, g.scope) for g in gaps] == [
        ("aws_thing", "svc.list_things", "denied", (), HERE)
    ]


def test_failed_detail_loses_only_its_attributes() -> None:
    """A refused detail leaves the object, without the attributes that need it, and one gap for all objects."""

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Size": 1}, {"Id": "b", "Size": 2}]}]
        raise denied(operation)

    objects, gaps = collect([THING], FakeApi(answer))
    assert "color" not in objects["a"].attributes
    assert objects["a"].unread == ("color",)
    assert objects["b"].attributes["size"] == 2
    assert [(g.operation, g.attributes) for g in gaps] == [("svc.get_thing", ("color",))]
    assert "2 objects" in gaps[0].message


def test_an_object_whose_maker_could_not_be_read_says_so() -> None:
    """What tells the owner and defaults lost, the object stays with all its attributes, and the gap names the owner."""
    owned = ResourceType(
        name="aws_part",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        details={"Maker": aws_call("svc.get_maker", "Maker", given={"Id": "Id"})},
        attributes={"size": "Size"},
        owner="Maker.Name",
        is_default="Maker.Default",
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Size": 1}, {"Id": "b", "Size": 2}]}]
        if params["Id"] == "b":
            raise denied(operation)
        return [{"Maker": {"Name": "somebody", "Default": False}}]

    objects, (gap,) = collect([owned], FakeApi(answer))
    assert (objects["a"].owner, objects["a"].origin_unread) == ("somebody", False)
    assert (objects["b"].owner, objects["b"].origin_unread, objects["b"].attributes["size"]) == (None, True, 2)
    assert (gap.attributes, gap.reason) == (("owner",), "denied")


def test_absent_code_means_not_set() -> None:
    """A declared error code is a value: the attribute is there and null, and nothing is a gap."""

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a"}]}]
        raise ApiError(operation, "NotSet", "unreachable", "not set")

    objects, gaps = collect([THING], FakeApi(answer))
    assert not gaps
    assert objects["a"].attributes["color"] is None
    assert not objects["a"].unread


def test_quick_mode_asks_no_details_and_claims_nothing_about_them() -> None:
    """A quick look makes the list call only; what needs a detail is no attribute of the object, and no gap."""
    api = FakeApi(lambda *_: [{"Things": [{"Id": "a", "Size": 1}]}])
    objects, gaps = collect([THING], api, mode="quick")
    assert api.calls == 1
    assert not gaps
    assert "color" not in objects["a"].attributes
    assert not objects["a"].unread


def test_a_call_that_several_types_need_is_made_once() -> None:
    """Types that share a list and detail call cost what one costs."""
    policy = ResourceType(
        name="aws_thing_policy",
        list=THING.list,
        id="Id",
        details=THING.details,
        exists="More.Policy",
        attributes={"policy": "More.Policy"},
        parents=(ParentRef(type="aws_thing", attribute="id"),),
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a"}, {"Id": "b"}]}]
        return [{"Thing": {"Policy": "p"} if params["Id"] == "a" else {}}]

    api = FakeApi(answer)
    catalog = Catalog("aws", [THING, policy], schema_pack("aws"))
    found: list[RemoteObject | Gap] = []
    asyncio.run(Collector(catalog, api, shard_of(HERE)).collect(["aws_thing", "aws_thing_policy"], found.append))
    assert api.calls == 3
    policies = [item for item in found if isinstance(item, RemoteObject) and item.type == "aws_thing_policy"]
    assert [(item.id, item.parents) for item in policies] == [("a", (Parent(type="aws_thing", id="a"),))]


def test_unknown_existence_is_a_gap_of_the_whole_type() -> None:
    """Where the detail that tells existence fails, there is neither object nor verdict: the gap covers the type."""
    entry = ResourceType(
        name="aws_thing",
        list=THING.list,
        id="Id",
        details=THING.details,
        exists="More",
        attributes={"color": "More.Color"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a"}]}]
        raise denied(operation)

    for mode in ("deep", "quick"):
        objects, gaps = collect([entry], FakeApi(answer), mode=mode)
        assert not objects
        assert [gap.attributes for gap in gaps] == [()]


def test_join_completes_items_by_key_and_is_asked_once() -> None:
    """A bulk source is read once and joined by key, one match or all of them."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        joins={
            "Tag": Join(call=aws_call("tag.list", "Tags"), on="Arn", to=Template("arn:{Id}"), value="Value"),
            "Parts": Join(call=aws_call("parts.list", "Parts"), on="Of", to="Ids", many=True),
        },
        attributes={"tag": "Tag", "parts": "Parts[].Name"},
    )
    pages: dict[str, list[dict[str, Any]]] = {
        "svc.list_things": [{"Things": [{"Id": "a", "Ids": ["1", "2"]}, {"Id": "b", "Ids": []}]}],
        "tag.list": [{"Tags": [{"Arn": "arn:a", "Value": "x"}]}],
        "parts.list": [{"Parts": [{"Of": "1", "Name": "p"}]}, {"Parts": [{"Of": "2", "Name": "q"}]}],
    }
    api = FakeApi(lambda operation, _: pages[operation])
    objects, gaps = collect([entry], api)
    assert not gaps
    assert objects["a"].attributes == {"id": "a", "tag": "x", "parts": ["p", "q"]}
    assert objects["b"].attributes == {"id": "b", "tag": None, "parts": []}
    assert api.calls == 3


def test_a_join_of_each_item_of_a_list_knows_where_it_comes_from() -> None:
    """The bulk call is made once for each parent, and its items tell of it."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        joins={
            "Pool": Join(
                of=aws_call("svc.list_pools", "Pools"),
                call=aws_call("svc.list_members", "Members", given={"Pool": "Name"}),
                on="Thing",
                to="Id",
                value="Parent.Name",
            )
        },
        attributes={"pool": "Pool"},
    )
    asked: list[Any] = []

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a"}, {"Id": "b"}, {"Id": "c"}]}]
        if operation == "svc.list_pools":
            return [{"Pools": [{"Name": "left"}, {"Name": "right"}]}]
        asked.append(params["Pool"])
        return [{"Members": [{"Thing": "a"}] if params["Pool"] == "left" else [{"Thing": "c"}]}]

    objects, gaps = collect([entry], FakeApi(answer))
    assert not gaps
    assert {name: found.attributes["pool"] for name, found in objects.items()} == {"a": "left", "b": None, "c": "right"}
    assert sorted(asked) == ["left", "right"]


def test_failed_join_loses_its_attributes_of_every_object() -> None:
    """A bulk source that is refused is a gap of the attributes that need it; unset and unreadable differ."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        joins={"Tag": Join(call=aws_call("tag.list", "Tags"), on="Arn", to="Id")},
        attributes={"tag": "Tag.Value"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "tag.list":
            raise denied(operation)
        return [{"Things": [{"Id": "a"}, {"Id": "b"}]}]

    objects, gaps = collect([entry], FakeApi(answer))
    assert [objects[key].unread for key in "ab"] == [("tag",), ("tag",)]
    assert [(gap.operation, gap.attributes) for gap in gaps] == [("tag.list", ("tag",))]


def test_join_whose_key_comes_from_a_lost_detail_is_lost_too() -> None:
    """A join that could not be looked up because its key was unreadable never reads as "no match"."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        details={"More": aws_call("svc.get_thing", "Thing", given={"Id": "Id"})},
        joins={"Tag": Join(call=aws_call("tag.list", "Tags"), on="Arn", to="More.Arn")},
        attributes={"tag": "Tag.Value"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.get_thing":
            raise denied(operation)
        return [{"Things": [{"Id": "a"}], "Tags": [{"Arn": "x", "Value": "v"}]}]

    objects, _ = collect([entry], FakeApi(answer))
    assert "tag" not in objects["a"].attributes
    assert objects["a"].unread == ("tag",)
    quick, _ = collect([entry], FakeApi(answer), mode="quick")
    assert "tag" not in quick["a"].attributes
    assert not quick["a"].unread


def test_a_detail_that_an_item_cannot_have_is_not_asked() -> None:
    """A detail with a condition is called only for items that meet it; elsewhere its attributes are read as unset."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        details={"More": aws_call("svc.get_thing", "Thing", given={"Id": "Id"}, when="Kind=='big'")},
        attributes={"color": "More.Color"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Kind": "big"}, {"Id": "b", "Kind": "small"}]}]
        assert params["Id"] == "a"
        return [{"Thing": {"Color": "red"}}]

    api = FakeApi(answer)
    objects, gaps = collect([entry], api)
    assert not gaps
    assert {key: item.attributes["color"] for key, item in objects.items()} == {"a": "red", "b": None}
    assert api.calls == 2
    assert not objects["b"].unread


def test_what_is_told_of_some_objects_only_is_left_out_of_the_others() -> None:
    """An attribute that a kind of object does not have is no attribute of it, at any depth; unset ones stay null."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        attributes={
            "size": Attribute("Size", read=if_told),
            "color": "Color",
            "part": Attribute("Part", nested={"port": Attribute("Port", read=if_told), "path": "Path"}),
            "other": Attribute("Other", read=if_told, nested={"path": "Path"}),
        },
    )
    things = [{"Id": "a", "Size": 0, "Part": {"Port": 80}, "Other": {}}, {"Id": "b", "Part": {"Path": "/"}}]
    objects, _ = collect([entry], FakeApi(lambda *_: [{"Things": things}]))
    assert objects["a"].attributes == {
        "id": "a",
        "size": 0,
        "color": None,
        "part": [{"port": 80, "path": None}],
        "other": [{"path": None}],
    }
    assert objects["b"].attributes == {"id": "b", "color": None, "part": [{"path": "/"}]}


def test_expansion_by_path_and_by_call() -> None:
    """Children come out of the parent's answer or from a call per parent, and know their parent."""
    inside = ResourceType(
        name="aws_inside",
        list=aws_call("svc.list_things", "Things"),
        expand="Rules",
        id=Template("{Parent.Id}/{Name}"),
        attributes={"thing": "Parent.Id"},
    )
    beside = ResourceType(
        name="aws_beside",
        list=aws_call("svc.list_things", "Things"),
        expand=Call(operation="svc.list_parts", items="Parts", given={"Thing": "Id"}),
        id="Value",
        attributes={"thing": "Parent.Id"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_parts":
            return [{"Parts": [f"part-{params['Thing']}"]}]
        return [{"Things": [{"Id": "a", "Rules": [{"Name": "r"}]}, {"Id": "b"}]}]

    assert set(collect([inside], FakeApi(answer))[0]) == {"a/r"}
    objects, _ = collect([beside], FakeApi(answer))
    assert {key: item.attributes["thing"] for key, item in objects.items()} == {"part-a": "a", "part-b": "b"}


def test_children_that_cannot_be_listed_hide_the_type_and_not_those_of_other_parents() -> None:
    """One parent's refusal is a gap of the whole type, for its children may be anybody's; what was listed is told."""
    entry = ResourceType(
        name="aws_part",
        list=aws_call("svc.list_things", "Things"),
        expand=Call(operation="svc.list_parts", items="Parts", given={"Thing": "Id"}),
        id="Value",
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a"}, {"Id": "b"}]}]
        if params["Thing"] == "a":
            raise denied(operation)
        return [{"Parts": ["part-b"]}]

    objects, gaps = collect([entry], FakeApi(answer))
    assert list(objects) == ["part-b"]
    assert [(gap.operation, gap.attributes) for gap in gaps] == [("svc.list_parts", ())]


def test_what_an_object_does_not_tell_is_no_attribute_of_it() -> None:
    """A transform may say that this one object keeps an attribute to itself, which is neither null nor a gap."""

    def readable(value: Any) -> Any:
        return UNTOLD if value == "encrypted" else value

    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        attributes={"value": Attribute("Value", read=readable)},
    )
    things = [{"Id": "a", "Value": "x"}, {"Id": "b", "Value": "encrypted"}, {"Id": "c"}]
    objects, gaps = collect([entry], FakeApi(lambda *_: [{"Things": things}]))
    assert not gaps
    assert [objects[name].attributes for name in "abc"] == [
        {"id": "a", "value": "x"},
        {"id": "b"},
        {"id": "c", "value": None},
    ]
    assert not objects["b"].unread


def test_region_of_the_item_is_asked() -> None:
    """A call that names a region path asks that region (a bucket's own)."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        region="Home",
        details={"More": aws_call("svc.get_thing", "Thing", given={"Id": "Id"}, region="Home")},
        attributes={"color": "More.Color"},
    )
    api = FakeApi(lambda *_: [{"Things": [{"Id": "a", "Home": "ap-south-1"}], "Thing": {}}])
    objects, _ = collect([entry], api)
    assert [region for _, _, region in api.asked] == ["eu-central-1", "ap-south-1"]
    assert objects["a"].scope.region == "ap-south-1"


def test_a_refused_part_is_unread_and_a_gap() -> None:
    """An answer with an error in place of an attribute says nothing about it: unread, with a gap that names it."""
    entry = ResourceType(
        name="aws_thing",
        list=THING.list,
        id="Id",
        details=THING.details,
        attributes={"size": "Size", "secrets": "Secrets.Values", "color": "More.Color"},
        refused={"secrets": "Secrets.Error.Code", "color": "More.Error"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            refused = {"Id": "b", "Size": 2, "Secrets": {"Error": {"Code": "KeyDenied"}}}
            return [{"Things": [{"Id": "a", "Size": 1, "Secrets": {"Values": "x"}}, refused, {**refused, "Id": "c"}]}]
        return [{"Thing": {"Color": "red"} if params["Id"] == "a" else {"Color": None, "Error": "TooDark"}}]

    objects, gaps = collect([entry], FakeApi(answer))
    assert objects["a"].attributes == {"size": 1, "secrets": "x", "color": "red", "id": "a"}
    assert objects["a"].unread == ()
    assert objects["b"].attributes == {"size": 2, "id": "b"}
    assert objects["b"].unread == ("secrets", "color")
    assert {(gap.operation, gap.reason, gap.attributes) for gap in gaps} == {
        ("svc.list_things", "denied", ("secrets",)),
        ("svc.get_thing", "denied", ("color",)),
    }
    assert all("(2 objects)" in gap.message for gap in gaps)
    assert {gap.message.split(":")[0] for gap in gaps} == {"KeyDenied", "TooDark"}


def test_smart_mode_skips_details_of_what_did_not_change() -> None:
    """Smart mode reads details again only when the fingerprint moved, or always if the type is critical or high."""
    token = {"a": "1"}

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return [{"Things": [{"Id": "a", "Token": token["a"]}]}]
        return [{"Thing": {"Color": "red"}}]

    low = ResourceType(
        name="aws_thing",
        list=THING.list,
        id="Id",
        details=THING.details,
        fingerprint="Token",
        attributes=THING.attributes,
    )
    high = ResourceType(
        name="aws_thing",
        list=THING.list,
        id="Id",
        details=THING.details,
        fingerprint="Token",
        criticality=HIGH,
        attributes=THING.attributes,
    )
    remembered = Remembered()

    def calls(entry: ResourceType) -> int:
        api = FakeApi(answer)
        collect([entry], api, mode="smart", fingerprints=remembered)
        return api.calls

    assert calls(low) == 2
    assert calls(low) == 1
    assert calls(high) == 2
    token["a"] = "2"
    assert calls(low) == 2


def _things(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Three things, one of them a default, and what is told of each."""
    if operation == "svc.list_things":
        things = [{"Id": "a", "Size": 1}, {"Id": "b", "Size": 2}, {"Id": "c", "Size": 3, "Default": True}]
        return [{"Things": things}]
    if operation == "svc.get_thing":
        return [{"Thing": {"Color": "red", "Arn": f"arn:{params['Id']}", "Default": params["Id"] == "c"}}]
    raise denied(operation)


def _asked_closely(entry: ResourceType, sought: Sought) -> tuple[dict[str, RemoteObject], list[Gap], list[str]]:
    """What is found, and the things that were asked for details."""
    api = FakeApi(_things)
    objects, gaps = collect([entry], api, sought=sought)
    return objects, gaps, [params["Id"] for operation, params, _ in api.asked if operation == "svc.get_thing"]


def _seeking(*ids: str, only_managed: bool = True) -> Sought:
    keys = frozenset(("aws_thing", ("id",), (identity,)) for identity in ids)
    return Sought(keys=keys, references=frozenset(), parts=frozenset(), only_managed=only_managed, defaults=False)


def test_objects_that_are_not_sought_cost_no_call_of_their_own() -> None:
    """With managed objects alone the others are told as the list tells them; unknown is not unset, and no gap."""
    objects, gaps, asked = _asked_closely(THING, _seeking("a"))
    assert (asked, gaps) == (["a"], [])
    assert objects["a"].attributes["color"] == "red"
    assert objects["b"].attributes.keys() == {"id", "size", "arn"}
    assert objects["b"].unread == ()


def test_defaults_that_nobody_knows_cost_no_call_of_their_own() -> None:
    """A default object that gets no row is not looked at closely, an unmanaged one that gets one is."""
    entry = msgspec.structs.replace(THING, is_default="Default")
    objects, _, asked = _asked_closely(entry, _seeking("a", only_managed=False))
    assert sorted(asked) == ["a", "b"]
    assert (objects["c"].is_default, "color" in objects["c"].attributes) == (True, False)
    assert sorted(_asked_closely(entry, _seeking("c", only_managed=False))[2]) == ["a", "b", "c"]


def test_defaults_that_only_a_detail_tells_are_looked_at() -> None:
    """Where a call for each object tells who made it, only that of an unmanaged one is made, and it is known then."""
    entry = msgspec.structs.replace(THING, is_default="More.Default")
    objects, _, asked = _asked_closely(entry, _seeking("a", only_managed=False))
    assert sorted(asked) == ["a", "b", "c"]
    assert objects["c"].is_default


def test_objects_that_a_detail_alone_identifies_are_looked_at() -> None:
    """Where a key of the type takes a call for each object, no object is passed over."""
    entry = msgspec.structs.replace(THING, attributes={**THING.attributes, "arn": "More.Arn"})
    assert sorted(_asked_closely(entry, _seeking("a"))[2]) == ["a", "b", "c"]


def test_objects_whose_existence_a_detail_tells_are_left_out_where_nobody_seeks_them() -> None:
    """A bucket's policy that no state has costs a call only where unmanaged ones are looked for."""
    entry = msgspec.structs.replace(THING, exists="More.Color")
    objects, gaps, asked = _asked_closely(entry, _seeking("a"))
    assert (asked, gaps, list(objects)) == (["a"], [], ["a"])
    assert sorted(_asked_closely(entry, _seeking("a", only_managed=False))[2]) == ["a", "b", "c"]


def test_an_outline_that_lost_its_key_is_looked_at_closely() -> None:
    """Where a bulk source that tells a key is refused, the object may be anybody's."""
    join = Join(call=aws_call("svc.list_names", "Names"), on="Id", to="Id", value="Name")
    entry = msgspec.structs.replace(
        THING, joins={"Name": join}, keys=(("name",),), attributes={**THING.attributes, "name": "Name"}
    )
    _, gaps, asked = _asked_closely(entry, _seeking("a"))
    assert sorted(asked) == ["a", "b", "c"]
    assert [gap.attributes for gap in gaps] == [("name",)]


def test_who_made_an_object_is_not_asked_of_managed_ones() -> None:
    """A bulk source that tells the maker alone is left out with managed objects alone; one that tells more is not."""
    makers = Join(call=aws_call("svc.list_makers", "Makers"), on="Of", to="Id", value="Name")
    entry = msgspec.structs.replace(
        THING, details={}, attributes={"size": "Size"}, joins={"Maker": makers}, owner="Maker"
    )
    also = msgspec.structs.replace(entry, attributes={"size": "Size", "made_by": "Maker"})

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        told = {"svc.list_makers": [{"Makers": [{"Of": "a", "Name": "a stack"}]}]}
        return told.get(operation) or _things(operation, params)

    def asked(one: ResourceType, *, only_managed: bool) -> tuple[str | None, list[str]]:
        api = FakeApi(answer)
        objects, _ = collect([one], api, sought=_seeking("a", only_managed=only_managed))
        return objects["a"].owner, [operation for operation, *_ in api.asked if operation == "svc.list_makers"]

    assert asked(entry, only_managed=True) == (None, [])
    assert asked(entry, only_managed=False) == ("a stack", ["svc.list_makers"])
    assert asked(also, only_managed=True) == ("a stack", ["svc.list_makers"])
    catalog = Catalog("aws", [entry], schema_pack("aws"))
    planned = plan(catalog, {HERE.account: ["eu-central-1"]}, ["aws_thing"], only_managed=True)
    assert [call.operation for shard in planned.shards for call in shard.calls] == ["svc.list_things"]


def test_calls_that_differ_in_a_filter_alone_are_one_call() -> None:
    """Collectors of one scope ask a union once, with all values; each finds its own by key, and shares its errors."""
    tags = aws_call("tags.get", "Tags", params={"Kinds": ["svc"], "Size": 100}, union="Kinds")
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("svc.list_things", "Things"),
        id="Id",
        joins={"Tag": Join(call=tags, on="Arn", to="Id", value="Value")},
        attributes={"size": "Size", "tag": "Tag"},
    )

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if operation == "svc.list_things":
            return _things(operation, params)
        return [{"Tags": [{"Arn": "a", "Value": "mine"}, {"Arn": "x", "Value": "theirs"}]}]

    api, found = FakeApi(answer), list[RemoteObject | Gap]()
    catalog, answers = Catalog("aws", [entry], schema_pack("aws")), Answers()

    async def both() -> None:
        unions = {"tags.get": ("svc", "other")}
        for _ in range(2):
            collector = Collector(catalog, api, shard_of(HERE, unions=unions), answers=answers)
            await collector.collect(["aws_thing"], found.append)

    asyncio.run(both())
    asked = [params for operation, params, _ in api.asked if operation == "tags.get"]
    assert asked == [{"Kinds": ["svc", "other"], "Size": 100}]
    objects = {item.id: item.attributes.get("tag") for item in found if isinstance(item, RemoteObject)}
    assert objects == {"a": "mine", "b": None, "c": None}


FILE = ResourceType(
    name="aws_file",
    lookup=aws_call("svc.head", given={"Bucket": "bucket", "Key": "key"}, absent=("404",)),
    details={"Acl": aws_call("svc.get_acl", "Grant", given={"Key": "Recorded.key"})},
    id=Template("{Recorded.bucket}/{Recorded.key}"),
    attributes={"bucket": "Recorded.bucket", "key": "Recorded.key", "etag": "ETag", "acl": "Acl"},
)


def _look_up(*keys: str, answer: Mapping[str, ApiError]) -> tuple[dict[str, RemoteObject], list[Gap], FakeApi]:
    """Files looked up by key; ``answer`` holds those that are refused."""

    def told(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        key = params["Key"]
        if operation == "svc.head":
            if key in answer:
                raise answer[key]
            return [{"ETag": f"tag of {key} in {params['Bucket']}"}]
        return [{"Grant": "private"}]

    api, found = FakeApi(told), list[RemoteObject | Gap]()
    lookups = {"aws_file": tuple({"bucket": "b", "key": key} for key in keys)}
    collector = Collector(Catalog("aws", [FILE], schema_pack("aws")), api, shard_of(HERE, lookups=lookups))
    asyncio.run(collector.collect(["aws_file"], found.append))
    objects = {item.id: item for item in found if isinstance(item, RemoteObject)}
    return objects, [item for item in found if isinstance(item, Gap)], api


def test_what_states_record_is_looked_up_one_by_one() -> None:
    """Each recorded object is asked for by what the state records of it, and is then completed as listed ones are."""
    objects, gaps, _ = _look_up("x", "y", answer={})
    assert (sorted(objects), gaps) == (["b/x", "b/y"], [])
    assert objects["b/x"].attributes == {
        "id": "b/x",
        "bucket": "b",
        "key": "x",
        "etag": "tag of x in b",
        "acl": "private",
    }


def test_an_object_that_is_not_there_is_absent_and_one_that_is_refused_a_gap() -> None:
    """An absent code leaves no object and no gap; any other error hides the type and keeps what was read."""
    absent = ApiError("svc.head", "404", "unreachable", "Not Found", not_found=True)
    objects, gaps, _ = _look_up("x", "y", answer={"x": absent})
    assert (list(objects), gaps) == (["b/y"], [])
    objects, gaps, _ = _look_up("x", "y", answer={"x": denied("svc.head")})
    assert list(objects) == ["b/y"]
    assert [(gap.type, gap.operation, gap.reason, gap.attributes) for gap in gaps] == [
        ("aws_file", "svc.head", "denied", ())
    ]


def test_nothing_is_looked_up_where_no_state_records_anything() -> None:
    """A type that is looked up costs nothing by itself."""
    objects, gaps, api = _look_up(answer={})
    assert (objects, gaps, api.asked) == ({}, [], [])
