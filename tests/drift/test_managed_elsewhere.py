"""Objects that a state manages though no instance of their own type stands for them."""

from typing import Any

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import ResourceType, aws_call
from driftmgr.catalog.schema import schema_pack
from driftmgr.drift.detect import Asked, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import RemoteObject, ResourceInstance, Scope

ACCOUNT = "111122223333"
REGIONS = ("eu-west-1", "eu-west-3", "us-east-1")
TABLE = ResourceType(
    name="aws_dynamodb_table",
    list=aws_call("dynamodb.list_tables", "TableNames"),
    id="Value",
    also_in=("replica", "region_name"),
)
SECRET = ResourceType(
    name="aws_secretsmanager_secret",
    list=aws_call("secretsmanager.list_secrets", "SecretList"),
    id="ARN",
    also_in=("replica", "region"),
)
KEY = ResourceType(name="aws_kms_key", list=aws_call("kms.list_keys", "Keys"), id="KeyId")
TOPIC = ResourceType(name="aws_sns_topic", list=aws_call("sns.list_topics", "Topics"), id="TopicArn")


def arn(service: str, region: str, name: str) -> str:
    """An ARN of the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


def found(kind: str, identity: str, region: str, **attributes: Any) -> RemoteObject:
    """An object of a region."""
    scope = Scope(cloud="aws", account=ACCOUNT, region=region)
    return RemoteObject(type=kind, id=identity, scope=scope, attributes={"id": identity, **attributes})


def unmanaged(
    entry: ResourceType,
    instances: list[ResourceInstance],
    objects: list[RemoteObject],
    others: tuple[ResourceInstance, ...] = (),
) -> set[tuple[str | None, str | None]]:
    """Id and region of what is reported as unmanaged; nothing else may be reported."""
    catalog = Catalog("aws", [entry], schema_pack("aws"))
    asked = Asked(regions={ACCOUNT: REGIONS}, types=frozenset({entry.name}))
    findings = detect(catalog, instances, ObjectIndex(catalog, objects), (), asked, others=others)
    assert {drift.kind for drift in findings.drifts} <= {"unmanaged"}
    return {(drift.id, drift.scope.region) for drift in findings.drifts}


def test_replicas_of_a_managed_table_are_managed() -> None:
    """A table in a region that the instance records as a replica's is no stranger there; one anywhere else is."""
    main = ResourceInstance.of(
        "aws_dynamodb_table.a",
        {"id": "a", "arn": arn("dynamodb", "eu-west-1", "table/a"), "replica": [{"region_name": "eu-west-3"}]},
    )
    tables = [found("aws_dynamodb_table", "a", region) for region in REGIONS]
    other = found("aws_dynamodb_table", "b", "eu-west-3")
    assert unmanaged(TABLE, [main], [*tables, other]) == {("a", "us-east-1"), ("b", "eu-west-3")}


def test_replicas_with_an_arn_for_an_id_are_managed() -> None:
    """Where the id holds the region, the replica's id is the same with its own region."""
    here, there = (arn("secretsmanager", region, "secret:a-Xy12Zw") for region in REGIONS[:2])
    main = ResourceInstance.of(
        "aws_secretsmanager_secret.a", {"id": here, "arn": here, "replica": [{"region": "eu-west-3"}]}
    )
    secrets = [
        found("aws_secretsmanager_secret", here, "eu-west-1"),
        found("aws_secretsmanager_secret", there, "eu-west-3"),
    ]
    assert unmanaged(SECRET, [main], secrets) == set()


def test_an_instance_without_replicas_manages_its_own_region_only() -> None:
    """Null, empty and half-recorded replicas name no region."""
    nothing: tuple[list[dict[str, None]] | None, ...] = (None, [], [{"region_name": None}], [{}])
    for replicas in nothing:
        main = ResourceInstance.of(
            "aws_dynamodb_table.a", {"id": "a", "arn": arn("dynamodb", "eu-west-1", "table/a"), "replica": replicas}
        )
        tables = [found("aws_dynamodb_table", "a", region) for region in REGIONS[:2]]
        assert unmanaged(TABLE, [main], tables) == {("a", "eu-west-3")}


def test_an_object_that_another_type_manages_is_not_unmanaged() -> None:
    """A key that the state holds as a type the catalog lacks is told by its gap, not a second time as unmanaged."""
    replica = arn("kms", "eu-west-1", "key/mrk-1")
    other = ResourceInstance.of("aws_kms_replica_key.a", {"id": "mrk-1", "arn": replica})
    keys = [
        found("aws_kms_key", "mrk-1", "eu-west-1", arn=replica),
        found("aws_kms_key", "2", "eu-west-1", arn=arn("kms", "eu-west-1", "key/2")),
    ]
    assert unmanaged(KEY, [], keys, (other,)) == {("2", "eu-west-1")}


def test_an_arn_given_as_an_argument_manages_nothing() -> None:
    """Who writes another object's ARN into a policy resource does not manage that object."""
    topic = arn("sns", "eu-west-1", "a")
    policy = ResourceInstance.of("aws_sns_topic_policy.a", {"id": topic, "arn": topic, "policy": "{}"})
    assert unmanaged(TOPIC, [], [found("aws_sns_topic", topic, "eu-west-1", arn=topic)], (policy,)) == {
        (topic, "eu-west-1")
    }
