"""Database instances read from answers in botocore's shape, as the provider's read function would.

The emulator keeps no pending changes, performance insights, network type or dedicated logs, changes no zone by failover
and gives every instance the same resource id; what depends on these is held here.
"""

from typing import Any

import pytest

from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.db_instances import DB_INSTANCE, same_engine_version, same_kms_key
from driftmgr.discovery.observe import Observer
from driftmgr.drift.compare import Comparator
from driftmgr.drift.traits import keys_of
from driftmgr.model import RemoteObject, Scope

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")
COMPARATOR = Comparator(DB_INSTANCE, catalog_of("aws").schemas["aws_db_instance"])
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234"


def observed(**members: Any) -> RemoteObject:
    """The object of an instance with these members."""
    found = Observer(DB_INSTANCE).observe({"DbiResourceId": "db-ABC", **members}, HERE)
    assert found is not None
    return found


def drifts(recorded: dict[str, Any], **members: Any) -> list[str]:
    """The paths that differ between recorded attributes and an instance with these members."""
    changes = COMPARATOR.compare(recorded, observed(**members).attributes)
    return [change.path for change in changes if change.classification == "drift"]


def test_what_the_emulator_does_not_keep() -> None:
    """Each member of the answer is found under the provider's name for it."""
    found = observed(
        BackupTarget="region",
        CharacterSetName="UTF8",
        CustomIamInstanceProfile="AWSRDSCustomProfile",
        CustomerOwnedIpEnabled=True,
        DatabaseInsightsMode="advanced",
        DbInstancePort=0,
        DedicatedLogVolume=True,
        DomainMemberships=[{"Domain": "d-1", "FQDN": "f", "IAMRoleName": "r", "OU": "o", "AuthSecretArn": "s"}],
        Endpoint={"Address": "a", "Port": 5432, "HostedZoneId": "z"},
        EngineLifecycleSupport="open-source-rds-extended-support",
        NcharCharacterSetName="AL16UTF16",
        NetworkType="DUAL",
        PerformanceInsightsEnabled=True,
        PerformanceInsightsKMSKeyId=KEY,
        PerformanceInsightsRetentionPeriod=731,
        ReadReplicaDBInstanceIdentifiers=["replica"],
        ReplicaMode="mounted",
        Timezone="UTC",
    ).attributes
    assert {name: value for name, value in found.items() if value not in (None, [], {}, False)} == {
        "id": "db-ABC",
        "resource_id": "db-ABC",
        "address": "a",
        "backup_target": "region",
        "character_set_name": "UTF8",
        "custom_iam_instance_profile": "AWSRDSCustomProfile",
        "customer_owned_ip_enabled": True,
        "database_insights_mode": "advanced",
        "dedicated_log_volume": True,
        "domain": "d-1",
        "domain_auth_secret_arn": "s",
        "domain_fqdn": "f",
        "domain_iam_role_name": "r",
        "domain_ou": "o",
        "engine_lifecycle_support": "open-source-rds-extended-support",
        "hosted_zone_id": "z",
        "nchar_character_set_name": "AL16UTF16",
        "network_type": "DUAL",
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": KEY,
        "performance_insights_retention_period": 731,
        "port": 5432,
        "replica_mode": "mounted",
        "replicas": ["replica"],
        "timezone": "UTC",
    }


@pytest.mark.parametrize(
    "recorded",
    [
        {"id": "db-ABC", "arn": "arn:aws:rds:eu-central-1:111122223333:db:shop"},
        {"id": "db-ABC", "identifier": "shop"},
        {"id": "shop", "resource_id": "db-ABC"},
        {"id": "shop", "identifier": "shop"},
        {"id": "db-OLD", "resource_id": "db-OLD", "identifier": "shop"},
    ],
)
def test_states_of_every_provider_find_their_instance(recorded: dict[str, Any]) -> None:
    """By resource id since provider 5, by identifier before, by either after a switch-over changed the first."""
    found = observed(DBInstanceIdentifier="shop", DBInstanceArn="arn:aws:rds:eu-central-1:111122223333:db:shop")
    assert set(keys_of(DB_INSTANCE, recorded)) & set(keys_of(DB_INSTANCE, found.attributes))


@pytest.mark.parametrize(
    ("members", "owner"),
    [
        ({"DBClusterIdentifier": "orders", "Engine": "aurora-mysql"}, "cluster orders"),
        ({"DBClusterIdentifier": "graph", "Engine": "neptune"}, "cluster graph"),
        ({"DBClusterIdentifier": "papers", "Engine": "docdb"}, "cluster papers"),
        (
            {"TagList": [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]},
            "CloudFormation stack shop",
        ),
        ({"ReadReplicaSourceDBClusterIdentifier": "orders"}, None),
        ({"TagList": [{"Key": "Name", "Value": "shop"}]}, None),
    ],
)
def test_members_of_clusters_belong_to_them(members: dict[str, Any], owner: str | None) -> None:
    """What a cluster or a stack made is theirs; a replica of a cluster is an instance of its own."""
    assert observed(**members).owner == owner


@pytest.mark.parametrize(
    ("recorded", "now", "pending", "paths"),
    [
        ("8.0", "8.0.35", None, []),
        ("8.0.35", "8.0.35", None, []),
        ("8.0.35", "8.0.36", None, ["engine_version"]),
        ("8.0", "8.4.3", None, ["engine_version"]),
        ("8.0.36", "8.0.35", "8.0.36", []),
        ("8.0.35", "8.0.35", "8.0.36", []),
    ],
)
def test_engine_versions(recorded: str, now: str, pending: str | None, paths: list[str]) -> None:
    """A patch of the asked version is that version; while an upgrade waits, what waits and what runs are both right."""
    assert (
        drifts({"engine_version": recorded}, EngineVersion=now, PendingModifiedValues={"EngineVersion": pending})
        == paths
    )
    assert observed(EngineVersion=now).attributes["engine_version_actual"] == now


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("16", "16.4", True),
        ("16.4", "16.4.1", True),
        ("1", "16.4", False),
        ("16.4", "16.3", False),
        ("", "16.4", False),
        (None, "16.4", False),
        (None, "", True),
    ],
)
def test_same_engine_version(first: Any, second: Any, same: bool) -> None:  # noqa: FBT001 - a column of a table
    """Whole parts of a version count, no text without one; both ways round."""
    assert same_engine_version(first, second) is same
    assert same_engine_version(second, first) is same


@pytest.mark.parametrize(
    ("recorded", "answer", "paths"),
    [
        (None, KEY, []),
        ("", KEY, []),
        (KEY, KEY, []),
        ("1234", KEY, []),
        ("alias/shop", KEY, []),
        ("arn:aws:kms:eu-central-1:111122223333:alias/shop", KEY, []),
        ("5678", KEY, ["master_user_secret_kms_key_id"]),
        (KEY.replace("1234", "5678"), KEY, ["master_user_secret_kms_key_id"]),
    ],
)
def test_the_key_of_a_managed_secret(recorded: Any, answer: str, paths: list[str]) -> None:
    """The key is compared where one was asked for, by id or ARN; what an alias names cannot be told."""
    assert drifts({"master_user_secret_kms_key_id": recorded}, MasterUserSecret={"KmsKeyId": answer}) == paths
    assert same_kms_key(answer, recorded) is same_kms_key(recorded, answer)


def test_a_managed_password() -> None:
    """RDS tells by the secret whether it manages the password; the password itself is never compared."""
    secret = {"SecretArn": "s", "SecretStatus": "active", "KmsKeyId": KEY}
    assert drifts({"manage_master_user_password": True, "password": "a"}, MasterUserSecret=secret) == []
    assert drifts({"manage_master_user_password": None, "password": "a"}) == []
    assert drifts({"manage_master_user_password": None}, MasterUserSecret=secret) == ["manage_master_user_password"]
    assert drifts({"manage_master_user_password": True}) == ["manage_master_user_password"]
    assert "password" not in observed().attributes


def test_storage_that_grows_by_itself() -> None:
    """Storage that RDS may enlarge is as large as RDS made it; any other has the size that was asked for."""
    recorded = {"allocated_storage": 20, "max_allocated_storage": 100}
    assert drifts(recorded, AllocatedStorage=25, MaxAllocatedStorage=100) == []
    assert drifts(recorded, AllocatedStorage=25) == ["max_allocated_storage"]
    for most in (0, None):
        fixed = {"allocated_storage": 20, "max_allocated_storage": most}
        assert drifts(fixed, AllocatedStorage=20) == []
        assert drifts(fixed, AllocatedStorage=25) == ["allocated_storage"]


def test_the_zone_after_a_failover() -> None:
    """An instance in several zones is where RDS put it; one in a single zone is where it was made."""
    recorded = {"availability_zone": "eu-central-1a", "multi_az": True}
    assert drifts(recorded, AvailabilityZone="eu-central-1b", MultiAZ=True) == []
    assert drifts(recorded, AvailabilityZone="eu-central-1b", MultiAZ=False) == ["multi_az"]
    single = {**recorded, "multi_az": False}
    assert drifts(single, AvailabilityZone="eu-central-1b", MultiAZ=False) == ["availability_zone"]


@pytest.mark.parametrize(
    ("recorded", "members", "paths"),
    [
        ("shop", {"ReadReplicaSourceDBInstanceIdentifier": "shop"}, []),
        ("arn:aws:rds:us-east-1:111122223333:db:shop", {"ReadReplicaSourceDBInstanceIdentifier": "shop"}, []),
        ("orders", {"ReadReplicaSourceDBClusterIdentifier": "orders"}, []),
        ("shop", {}, ["replicate_source_db"]),
        ("", {}, []),
        (None, {"ReadReplicaSourceDBInstanceIdentifier": "shop"}, ["replicate_source_db"]),
    ],
)
def test_the_source_of_a_replica(recorded: Any, members: dict[str, Any], paths: list[str]) -> None:
    """A source is told by name or ARN, an instance or a cluster; a promoted replica has none."""
    assert drifts({"replicate_source_db": recorded}, **members) == paths


def test_an_instance_that_is_being_made_has_no_endpoint() -> None:
    """Before there is an endpoint the port is the instance's own."""
    assert observed(DbInstancePort=3306).attributes["port"] == 3306
