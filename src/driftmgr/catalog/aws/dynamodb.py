"""DynamoDB tables. Source: provider ``internal/service/dynamodb/table.go``.

No call tells of tables in bulk but their names and tags: each takes DescribeTable, DescribeContinuousBackups and
DescribeTimeToLive. Capacities that Application Auto Scaling moves are drift like any other: whether they are to be
ignored is the configuration's word (``ignore_changes``).
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.entry import CRITICAL, Attribute, AttributeLike, Companion, Join, ResourceType, Template, aws_call
from driftmgr.catalog.equivalences import in_any_order
from driftmgr.catalog.transforms import aws_tags, is_word

_TABLE = {"TableName": "Value"}
_ARN = Template("arn:{partition}:dynamodb:{region}:{account}:table/{Value}")
_OF_REPLICA = "told in the replica's own region only, where it is a table like any other"
_WHEN_MADE = "only used when the table is made; DynamoDB does not tell it as an argument again"


def without_default_key(found: Mapping[str, Any]) -> dict[str, Any] | None:
    """Encryption with a KMS key; the account's own ``alias/aws/dynamodb`` is none, as the provider writes it."""
    described, default = found.get("Described"), found.get("DefaultKey")
    if not described:
        return None
    key = described.get("KMSMasterKeyArn")
    is_default = bool(key and default and key.endswith(f"key/{default}"))
    return {**described, "KMSMasterKeyArn": "" if is_default else key}


def same_view_type(recorded: Any, observed: Any) -> bool:
    """The same view type; one that DynamoDB does not tell is that of a stream that is off (``stream_enabled``)."""
    return not observed or bool(recorded == observed)


def request_units(limit: Any) -> Any:
    """A limit of on-demand requests: none is -1 or 0 or not told."""
    return limit or -1


def _only(names: list[str] | None) -> str | None:
    # An index may have keys of several attributes: newer providers record these elsewhere, and no single one here.
    return names[0] if names and len(names) == 1 else None


def _key(kind: str, of: str = "") -> Attribute:
    return Attribute(f"{of}KeySchema[?KeyType=='{kind}'].AttributeName", read=_only)


_UNITS = {"read_capacity": "ReadCapacityUnits", "write_capacity": "WriteCapacityUnits"}


def _capacities(of: str = "") -> dict[str, AttributeLike]:
    # Tables on demand have a capacity of zero, or none that is told.
    return {name: Attribute(f"{of}ProvisionedThroughput.{member}", default=0) for name, member in _UNITS.items()}


_ON_DEMAND: Mapping[str, AttributeLike] = {
    "max_read_request_units": Attribute("MaxReadRequestUnits", normal=request_units, default=-1),
    "max_write_request_units": Attribute("MaxWriteRequestUnits", normal=request_units, default=-1),
}
_GLOBAL_INDEX: Mapping[str, AttributeLike] = _capacities() | {
    "hash_key": _key("HASH"),
    "name": "IndexName",
    "non_key_attributes": "Projection.NonKeyAttributes",
    "on_demand_throughput": Attribute("OnDemandThroughput", nested=_ON_DEMAND),
    "projection_type": "Projection.ProjectionType",
    "range_key": _key("RANGE"),
}
_LOCAL_INDEX: Mapping[str, AttributeLike] = {
    "name": "IndexName",
    "non_key_attributes": Attribute("Projection.NonKeyAttributes", equal=in_any_order),
    "projection_type": "Projection.ProjectionType",
    "range_key": _key("RANGE"),
}

TABLE = ResourceType(
    name="aws_dynamodb_table",
    criticality=CRITICAL,
    list=aws_call("dynamodb.list_tables", "TableNames"),
    details={
        "Table": aws_call("dynamodb.describe_table", "Table", given=_TABLE),
        "Backups": aws_call(
            "dynamodb.describe_continuous_backups",
            "ContinuousBackupsDescription.PointInTimeRecoveryDescription",
            given=_TABLE,
            # An archived table has none; DynamoDB Local does not know the operation.
            absent=("TableNotFoundException", "UnknownOperationException"),
        ),
        "TimeToLive": aws_call("dynamodb.describe_time_to_live", "TimeToLiveDescription", given=_TABLE),
    },
    joins={
        "DefaultKey": Join(
            call=aws_call("kms.list_aliases", "Aliases", params={"Limit": 100}),
            on="AliasName",
            to="'alias/aws/dynamodb'",
            value="TargetKeyId",
        ),
        "Tags": tags_by_arn("dynamodb:table", _ARN),
    },
    id="Value",
    owner=MADE_BY_TAGS,
    attributes=_capacities("Table.")
    | {
        "arn": _ARN,
        "attribute": Attribute(
            "Table.AttributeDefinitions", nested={"name": "AttributeName", "type": "AttributeType"}, key="name"
        ),
        "billing_mode": Attribute("Table.BillingModeSummary.BillingMode", default="PROVISIONED"),
        "deletion_protection_enabled": Attribute("Table.DeletionProtectionEnabled", default=False),
        "global_secondary_index": Attribute("Table.GlobalSecondaryIndexes", nested=_GLOBAL_INDEX, key="name"),
        "hash_key": _key("HASH", "Table."),
        "local_secondary_index": Attribute("Table.LocalSecondaryIndexes", nested=_LOCAL_INDEX, key="name"),
        "name": "Value",
        "on_demand_throughput": Attribute("Table.OnDemandThroughput", nested=_ON_DEMAND),
        "point_in_time_recovery": Attribute(
            "Backups",
            nested={
                "enabled": Attribute("PointInTimeRecoveryStatus", read=is_word("ENABLED"), default=False),
                "recovery_period_in_days": Attribute("RecoveryPeriodInDays", default=0),
            },
        ),
        "range_key": _key("RANGE", "Table."),
        "replica": Attribute("Table.Replicas", nested={"region_name": "RegionName"}, key="region_name"),
        "server_side_encryption": Attribute(
            "{Described: Table.SSEDescription, DefaultKey: DefaultKey}",
            read=without_default_key,
            nested={
                "enabled": Attribute("Status", read=is_word("ENABLED", "ENABLING", "UPDATING"), default=False),
                "kms_key_arn": "KMSMasterKeyArn",
            },
        ),
        "stream_arn": "Table.LatestStreamArn",
        "stream_enabled": Attribute("Table.StreamSpecification.StreamEnabled", default=False),
        "stream_label": "Table.LatestStreamLabel",
        "stream_view_type": Attribute("Table.StreamSpecification.StreamViewType", equal=same_view_type),
        "table_class": Attribute("Table.TableClassSummary.TableClass", default="STANDARD"),
        "ttl": Attribute(
            "TimeToLive",
            nested={
                "attribute_name": "AttributeName",
                "enabled": Attribute("TimeToLiveStatus", read=is_word("ENABLED", "ENABLING"), default=False),
            },
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "import_table": _WHEN_MADE,
        "replica.kms_key_arn": _OF_REPLICA,
        "replica.point_in_time_recovery": _OF_REPLICA,
        "replica.propagate_tags": "tells the provider whether to copy the tags; DynamoDB does not know it",
        "restore_date_time": _WHEN_MADE,
        "restore_source_name": _WHEN_MADE,
        "restore_source_table_arn": _WHEN_MADE,
        "restore_to_latest_time": _WHEN_MADE,
    },
    also_in=("replica", "region_name"),
    companions=(
        Companion(type="aws_dynamodb_table_replica", attribute="global_table_arn", by="arn", inline=("replica",)),
    ),
)
