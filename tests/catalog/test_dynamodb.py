"""Tables read from recorded answers: what the emulator does not tell."""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, REGION, Answer, collect, drifts, refused, tagged
from driftmgr.catalog.aws.dynamodb import request_units, same_view_type, without_default_key
from driftmgr.model import Gap, RemoteObject

ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"
SCHEMA = [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "order", "KeyType": "RANGE"}]
DEFAULT_ALIAS = {"AliasName": "alias/aws/dynamodb", "TargetKeyId": "default"}


def read(backups: Answer | None = None, **described: Any) -> tuple[RemoteObject, list[Gap]]:
    """The one table of an answer, and the gaps."""
    objects, gaps = collect(
        "aws_dynamodb_table",
        {
            "dynamodb.list_tables": {"TableNames": ["orders"]},
            "dynamodb.describe_table": {"Table": {"TableName": "orders", "TableArn": ARN, **described}},
            "dynamodb.describe_continuous_backups": backups
            or {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED"}},
            "dynamodb.describe_time_to_live": {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}},
            "kms.list_aliases": {"Aliases": [{"AliasName": "alias/other", "TargetKeyId": "1"}, DEFAULT_ALIAS]},
            "resourcegroupstaggingapi.get_resources": tagged(ARN, team="shop"),
        },
    )
    return objects["orders"], gaps


def table(**described: Any) -> RemoteObject:
    """The one table of an answer that tells all."""
    found, gaps = read(**described)
    assert gaps == []
    return found


BARE: dict[str, Any] = {
    "arn": ARN,
    "attribute": [],
    "billing_mode": "PROVISIONED",
    "deletion_protection_enabled": False,
    "global_secondary_index": [],
    "hash_key": "customer",
    "id": "orders",
    "local_secondary_index": [],
    "name": "orders",
    "on_demand_throughput": [],
    "point_in_time_recovery": [{"enabled": False, "recovery_period_in_days": 0}],
    "range_key": "order",
    "read_capacity": 0,
    "replica": [],
    "server_side_encryption": [],
    "stream_arn": "",
    "stream_enabled": False,
    "stream_label": "",
    "stream_view_type": "",
    "table_class": "STANDARD",
    "tags_all": {"team": "shop"},
    "ttl": [{"attribute_name": "", "enabled": False}],
    "write_capacity": 0,
}


def test_what_is_not_told_is_the_default() -> None:
    """A table that tells its keys alone is what the provider records of one that sets nothing."""
    assert drifts(table(KeySchema=SCHEMA), **BARE) == []


@pytest.mark.parametrize("code", ["TableNotFoundException", "UnknownOperationException"])
def test_a_table_may_have_no_backups(code: str) -> None:
    """An archived table and DynamoDB Local have no point in time recovery: it is off, no gap."""
    found, gaps = read(backups=refused("dynamodb.describe_continuous_backups", code))
    assert gaps == []
    assert drifts(found, point_in_time_recovery=BARE["point_in_time_recovery"]) == []


def test_backups_that_may_not_be_read_are_a_gap() -> None:
    """Any other error says nothing about the recovery."""
    found, gaps = read(backups=refused("dynamodb.describe_continuous_backups", "AccessDeniedException"))
    assert [(gap.reason, gap.attributes) for gap in gaps] == [("denied", ("point_in_time_recovery",))]
    assert "point_in_time_recovery" not in found.attributes
    assert found.unread == ("point_in_time_recovery",)


def test_table_class_and_billing_mode() -> None:
    """Both are told in a summary, which a table that never changed them lacks."""
    found = table(
        TableClassSummary={"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        BillingModeSummary={"BillingMode": "PAY_PER_REQUEST"},
    )
    assert drifts(found, table_class="STANDARD_INFREQUENT_ACCESS", billing_mode="PAY_PER_REQUEST") == []
    assert drifts(found, table_class="STANDARD", billing_mode="PROVISIONED") == ["billing_mode", "table_class"]


def test_replicas_are_compared_by_region() -> None:
    """Replicas in any order; what only their own region tells is left out."""
    listed = [
        {"RegionName": region, "KMSMasterKeyId": f"{KEYS}/{region}", "ReplicaStatus": "ACTIVE"}
        for region in ("eu-west-3", "us-east-1")
    ]
    recorded = [
        {"region_name": region, "kms_key_arn": "", "point_in_time_recovery": True, "propagate_tags": True, "arn": "x"}
        for region in ("us-east-1", "eu-west-3")
    ]
    found = table(Replicas=listed)
    assert drifts(found, replica=recorded) == []
    assert drifts(found, replica=recorded[:1]) == ["replica[1]"]
    assert drifts(table(Replicas=listed[:1]), replica=recorded) == ["replica[0]"]


@pytest.mark.parametrize(
    ("recorded", "told", "expected"),
    [
        ([], None, []),
        ([], {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}, []),
        ([{"max_read_request_units": 0, "max_write_request_units": 5}], {"MaxWriteRequestUnits": 5}, []),
        (
            [{"max_read_request_units": -1, "max_write_request_units": 5}],
            {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 5},
            [],
        ),
        (
            [{"max_read_request_units": 0, "max_write_request_units": 5}],
            {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 6},
            ["[0].max_read_request_units", "[0].max_write_request_units"],
        ),
        ([{"max_read_request_units": 9, "max_write_request_units": 0}], None, ["[0]"]),
    ],
)
def test_limits_of_requests_on_demand(recorded: Any, told: dict[str, int] | None, expected: list[str]) -> None:
    """No limit is -1, 0 or not told, of a table and of an index alike."""
    named = {"name": "by-day", "hash_key": "day", "range_key": "", "projection_type": "ALL", "non_key_attributes": []}
    index: dict[str, Any] = {
        "IndexName": "by-day",
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    others = {"OnDemandThroughput": told} if told else {}
    found = table(GlobalSecondaryIndexes=[{**index, **others}], **others)
    path = "global_secondary_index[0].on_demand_throughput"
    assert drifts(found, on_demand_throughput=recorded) == [f"on_demand_throughput{place}" for place in expected]
    recorded_index = {**named, "read_capacity": 0, "write_capacity": 0, "on_demand_throughput": recorded}
    assert drifts(found, global_secondary_index=[recorded_index]) == [f"{path}{place}" for place in expected]


def keyed(**kinds: str) -> list[dict[str, str]]:
    """A key schema: attribute names and their kinds."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds.items()]


def test_an_index_of_the_same_name_is_the_same_index() -> None:
    """An index that was made anew is told by what differs in it, however much that is."""
    index = {
        "IndexName": "by-day",
        "KeySchema": keyed(week="HASH", hour="RANGE"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9},
    }
    recorded = {
        "name": "by-day",
        "hash_key": "day",
        "range_key": "",
        "projection_type": "ALL",
        "non_key_attributes": [],
        "on_demand_throughput": [],
        "read_capacity": 1,
        "write_capacity": 1,
    }
    changed = ("hash_key", "projection_type", "range_key", "read_capacity", "write_capacity")
    assert drifts(table(GlobalSecondaryIndexes=[index]), global_secondary_index=[recorded]) == [
        f"global_secondary_index[0].{name}" for name in changed
    ]


def test_a_key_of_several_attributes_is_no_single_one() -> None:
    """Newer providers record no ``hash_key`` of such an index; those that know none of it have none to compare."""
    index = {"IndexName": "by-day", "KeySchema": keyed(day="HASH", shop="HASH", hour="RANGE")}
    recorded = {"name": "by-day", "hash_key": "", "range_key": "hour", "key_schema": [{"attribute_name": "day"}]}
    assert drifts(table(GlobalSecondaryIndexes=[index]), global_secondary_index=[recorded]) == []


def test_a_key_attribute_of_another_type_is_one_change() -> None:
    """Attributes are known by their names."""
    found = table(AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}])
    assert drifts(found, attribute=[{"name": "id", "type": "S"}]) == ["attribute[0].type"]


def test_projected_attributes_have_no_order() -> None:
    """The provider keeps those of a local index in a list, yet DynamoDB gives their order no meaning."""
    index = {
        "IndexName": "by-age",
        "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}, {"AttributeName": "age", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total", "currency"]},
    }
    recorded = {"name": "by-age", "range_key": "age", "projection_type": "INCLUDE"}
    found = table(LocalSecondaryIndexes=[index])
    assert drifts(found, local_secondary_index=[{**recorded, "non_key_attributes": ["currency", "total"]}]) == []
    assert drifts(found, local_secondary_index=[{**recorded, "non_key_attributes": ["total"]}]) == [
        "local_secondary_index[0].non_key_attributes"
    ]


@pytest.mark.parametrize(
    ("recorded", "told", "expected"),
    [
        ([], None, []),
        ([{"enabled": False, "kms_key_arn": ""}], None, []),
        ([{"enabled": True, "kms_key_arn": ""}], {"Status": "ENABLED", "KMSMasterKeyArn": f"{KEYS}/default"}, []),
        (
            [{"enabled": True, "kms_key_arn": f"{KEYS}/1"}],
            {"Status": "ENABLED", "KMSMasterKeyArn": f"{KEYS}/default"},
            ["server_side_encryption[0].kms_key_arn"],
        ),
        (
            [{"enabled": True, "kms_key_arn": ""}],
            {"Status": "UPDATING", "KMSMasterKeyArn": f"{KEYS}/1"},
            ["server_side_encryption[0].kms_key_arn"],
        ),
        ([], {"Status": "ENABLED", "KMSMasterKeyArn": f"{KEYS}/1"}, ["server_side_encryption[0]"]),
        ([{"enabled": True, "kms_key_arn": f"{KEYS}/1"}], None, ["server_side_encryption[0]"]),
    ],
)
def test_the_accounts_own_key_is_none(recorded: Any, told: dict[str, str] | None, expected: list[str]) -> None:
    """Encryption with ``alias/aws/dynamodb`` is recorded without a key; any other key is told."""
    found = table(**({"SSEDescription": told} if told else {}))
    assert drifts(found, server_side_encryption=recorded) == expected


def test_the_default_key_is_known_by_its_alias() -> None:
    """Without a key or without the alias nothing is taken away."""
    assert without_default_key({}) is None
    key = {"Status": "ENABLED", "KMSMasterKeyArn": f"{KEYS}/default"}
    assert without_default_key({"Described": key, "DefaultKey": None}) == key
    assert without_default_key({"Described": {"Status": "ENABLED"}, "DefaultKey": "default"}) == {
        "Status": "ENABLED",
        "KMSMasterKeyArn": None,
    }


def test_a_stream_that_is_off_has_no_view_type() -> None:
    """The provider keeps the view type of a stream that is off: that it is off is told once, by ``stream_enabled``."""
    assert drifts(table(), stream_enabled=False, stream_view_type="NEW_IMAGE") == []
    assert drifts(table(), stream_enabled=True, stream_view_type="NEW_IMAGE") == ["stream_enabled"]
    on = table(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    assert drifts(on, stream_enabled=True, stream_view_type="NEW_IMAGE") == ["stream_view_type"]
    assert same_view_type("KEYS_ONLY", "KEYS_ONLY")


def test_request_units_that_limit_nothing() -> None:
    """Only a positive number is a limit."""
    assert [request_units(limit) for limit in (None, 0, -1, 1)] == [-1, -1, -1, 1]
