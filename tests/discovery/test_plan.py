"""The calls of a scan, before any is made."""

from driftmgr.catalog import Catalog, catalog_of
from driftmgr.catalog.entry import GLOBAL, Join, ResourceType, aws_call
from driftmgr.catalog.schema import schema_pack
from driftmgr.discovery.plan import plan
from driftmgr.model import Scope

ACCOUNT = "111122223333"


def _tagged(name: str, service: str) -> ResourceType:
    tags = aws_call("tags.get", "Tags", params={"Kinds": [service], "Size": 100}, union="Kinds", permission="tag:Get")
    listed = aws_call(f"{service}.list", "Things", permission=f"{service}:List")
    return ResourceType(name=name, list=listed, joins={"Tag": Join(call=tags, on="Arn", to="Id")})


CATALOG = Catalog(
    "aws",
    [_tagged("aws_sqs_queue", "sqs"), _tagged("aws_sns_topic", "sns"), _tagged("aws_ecr_repository", "ecr")],
    schema_pack("aws"),
)


def test_a_union_is_planned_once_in_each_scope() -> None:
    """Every shard knows the filter of all types asked for; its pages are counted once, for all of them together."""
    managed = {"aws_sqs_queue": 150, "aws_sns_topic": 60}
    planned = plan(CATALOG, {ACCOUNT: ["eu-central-1"]}, ["aws_sqs_queue", "aws_sns_topic"], managed=managed)
    assert [shard.unions for shard in planned.shards] == [{"tags.get": ("sqs", "sns")}] * 2
    calls = [call for shard in planned.shards for call in shard.calls if call.operation == "tags.get"]
    assert [(call.types, call.expected, call.permissions) for call in calls] == [
        (("aws_sqs_queue", "aws_sns_topic"), 3, ("tag:Get",))
    ]
    twice = plan(CATALOG, {ACCOUNT: ["eu-central-1", "us-east-1"]}, ["aws_sqs_queue"], managed=managed)
    assert [shard.unions for shard in twice.shards] == [{"tags.get": ("sqs",)}] * 2
    assert sum(call.operation == "tags.get" for shard in twice.shards for call in shard.calls) == 2


def test_unions_of_the_catalog_differ_in_their_filter_alone() -> None:
    """Calls that are made as one are the same call but for the filter, and only joins are, for these look up by key."""
    catalog = catalog_of("aws")
    calls = [join.call for entry in catalog for join in entry.joins.values() if join.call.union]
    rest = {
        (call.operation, call.union, call.items, repr({k: v for k, v in call.params.items() if k != call.union}))
        for call in calls
    }
    assert len(calls) > 5
    assert len(rest) == len({call.operation for call in calls})
    assert all(isinstance(call.params[call.union or ""], list) and not call.given for call in calls)
    listed = [call for entry in catalog for call in (entry.list, entry.expand, *entry.details.values())]
    assert not [call for call in listed if getattr(call, "union", None)]


FILE = ResourceType(
    name="aws_s3_object",
    reach=GLOBAL,
    lookup=aws_call("s3.head_object", given={"Bucket": "bucket", "Key": "key"}, region="region"),
)
FILES = Catalog("aws", [FILE], schema_pack("aws"))


def test_lookups_are_planned_for_what_states_record() -> None:
    """A shard holds what its calls need of each instance, once, and nothing else of it; without any there is none."""
    recorded: list[dict[str, str | None]] = [
        {"bucket": "b", "key": "x", "region": None, "content": "secret"},
        {"bucket": "b", "key": "x", "content": "other"},
        {"bucket": "b", "key": "y", "region": "us-east-1"},
    ]
    asked: list[tuple[str, Scope]] = []

    def of(entry: ResourceType, scope: Scope) -> list[dict[str, str | None]]:
        asked.append((entry.name, scope))
        return recorded

    where = {ACCOUNT: ["eu-central-1", "us-east-1"]}
    planned = plan(FILES, where, ["aws_s3_object"], managed={"aws_s3_object": 3}, recorded=of)
    (shard,) = planned.shards
    assert asked == [("aws_s3_object", Scope(cloud="aws", account=ACCOUNT))]
    assert shard.lookups == {
        "aws_s3_object": (
            {"bucket": "b", "key": "x", "region": None},
            {"bucket": "b", "key": "y", "region": "us-east-1"},
        )
    }
    assert [(call.kind, call.operation, call.expected) for call in shard.calls] == [("lookup", "s3.head_object", 3)]
    assert not plan(FILES, where, ["aws_s3_object"], recorded=of).shards


def test_what_is_kept_once_per_account_is_expected_once() -> None:
    """The calls for global objects do not shrink with the number of regions."""
    listed = aws_call("iam.list_roles", "Roles")
    detail = aws_call("iam.get_role", "Role", given={"RoleName": "RoleName"})
    role = ResourceType(name="aws_iam_role", reach=GLOBAL, list=listed, details={"Role": detail})
    where = {ACCOUNT: ["eu-central-1", "us-east-1"]}
    planned = plan(Catalog("aws", [role], schema_pack("aws")), where, ["aws_iam_role"], managed={"aws_iam_role": 10})
    assert planned.expected_calls == 11


def test_a_bulk_source_of_several_shards_is_planned_once() -> None:
    """What one shard lists and another joins is asked by the first alone; both say that they share it."""
    zones = aws_call("ec2.list_zones", "Zones", permission="ec2:Zones")
    names = aws_call("sqs.list_names", "Names", permission="sqs:Names")
    zone = ResourceType(name="aws_vpc", list=zones)
    queue = ResourceType(
        name="aws_sqs_queue",
        list=aws_call("sqs.list", "Things"),
        joins={"Zone": Join(call=zones, on="Id", to="Zone"), "Name": Join(call=names, on="Id", to="Id")},
    )
    catalog = Catalog("aws", [queue, zone], schema_pack("aws"))
    planned = plan(catalog, {ACCOUNT: ["eu-central-1"]}, ["aws_sqs_queue", "aws_vpc"])
    calls = {shard.service: [(call.kind, call.operation) for call in shard.calls] for shard in planned.shards}
    assert calls == {"sqs": [("list", "sqs.list"), ("join", "sqs.list_names")], "ec2": [("list", "ec2.list_zones")]}
    assert {shard.service: shard.shared for shard in planned.shards} == {
        "sqs": ("ec2.list_zones",),
        "ec2": ("ec2.list_zones",),
    }
    alone = plan(catalog, {ACCOUNT: ["eu-central-1"]}, ["aws_sqs_queue"])
    assert [call.operation for call in alone.shards[0].calls] == ["sqs.list", "ec2.list_zones", "sqs.list_names"]
    assert alone.shards[0].shared == ()
