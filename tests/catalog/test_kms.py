"""KMS read from answers in botocore's shape: what the emulator lacks or tells otherwise than AWS."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.answers import ACCOUNT, Answers, Collected, refused
from driftmgr.catalog import catalog_of
from driftmgr.catalog.permissions import actions
from driftmgr.clouds import ApiError

AWS = catalog_of("aws")
FAMILY = [entry.name for entry in AWS if entry.name.startswith("aws_kms_")]
ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:"
PRIMARY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/mrk"


def key(**others: Any) -> dict[str, Any]:
    """A customer's key as DescribeKey tells it."""
    said = {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": True, "Origin": "AWS_KMS", "MultiRegion": False}
    return said | {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Description": ""} | others


REPLICA = {
    "MultiRegion": True,
    "MultiRegionConfiguration": {
        "MultiRegionKeyType": "REPLICA",
        "PrimaryKey": {"Arn": PRIMARY, "Region": "us-east-1"},
    },
}
KEYS = {
    "own": key(),
    "store": key(Origin="EXTERNAL_KEY_STORE", CustomKeyStoreId="cks-1", XksKeyConfiguration={"Id": "xks"}),
    "primary": key(MultiRegion=True, MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY"}),
    "imported": key(Origin="EXTERNAL", KeyState="PendingImport", Enabled=False),
    "replica": key(**REPLICA),
    "imported-replica": key(
        **REPLICA, Origin="EXTERNAL", ValidTo=datetime(2030, 1, 1, tzinfo=UTC), ExpirationModel="KEY_MATERIAL_EXPIRES"
    ),
    "leaving": key(KeyState="PendingDeletion", Enabled=False),
    "leaving-replica": key(**REPLICA, KeyState="PendingReplicaDeletion"),
    "service": key(KeyManager="AWS"),
}


def rotation(params: Mapping[str, Any]) -> dict[str, Any] | ApiError:
    """The rotation of a key, where it has one."""
    if KEYS[params["KeyId"]]["Origin"] == "AWS_KMS":
        return {"KeyRotationEnabled": True, "RotationPeriodInDays": 180}
    return ApiError("kms.get_key_rotation_status", "UnsupportedOperationException", "unreachable", "no")


ANSWERS: Answers = {
    "kms.list_keys": {"Keys": [{"KeyId": name, "KeyArn": f"{ARN}key/{name}"} for name in KEYS]},
    "kms.describe_key": lambda params: {"KeyMetadata": {**KEYS[params["KeyId"]], "KeyId": params["KeyId"]}},
    "kms.get_key_policy": {"Policy": "{}"},
    "kms.get_key_rotation_status": rotation,
    "resourcegroupstaggingapi.get_resources": {
        "ResourceTagMappingList": [{"ResourceARN": f"{ARN}key/own", "Tags": [{"Key": "team", "Value": "shop"}]}]
    },
    "kms.list_aliases": {
        "Aliases": [
            {"AliasName": "alias/shop", "AliasArn": f"{ARN}alias/shop", "TargetKeyId": "own"},
            {"AliasName": "alias/aws/s3", "AliasArn": f"{ARN}alias/aws/s3", "TargetKeyId": "service"},
            {"AliasName": "alias/aws/unused", "AliasArn": f"{ARN}alias/aws/unused"},
        ]
    },
}


def test_each_key_is_an_object_of_its_kind_alone() -> None:
    """Replicas and keys of imported material are other types; what is scheduled for deletion is no object of any."""
    found = Collected(FAMILY, ANSWERS)
    assert not found.gaps
    kinds = {(kind, name) for kind, name in found.objects if kind not in {"aws_kms_key_policy", "aws_kms_alias"}}
    assert kinds == {
        *(("aws_kms_key", name) for name in ("own", "store", "primary", "service")),
        ("aws_kms_external_key", "imported"),
        ("aws_kms_replica_key", "replica"),
        ("aws_kms_replica_external_key", "imported-replica"),
    }


def test_calls_are_shared_by_all_kinds() -> None:
    """Four kinds of keys and their policies cost three calls per key, not fifteen."""
    found = Collected(FAMILY, ANSWERS)
    assert len(found.asked) == 3 + 3 * len(KEYS)


def test_what_aws_manages_is_a_default() -> None:
    """Keys of AWS's services and their aliases, those without a key included, are nobody's."""
    found = Collected(FAMILY, ANSWERS).objects
    assert {name for (_, name), item in found.items() if item.is_default} == {
        "service",
        "alias/aws/s3",
        "alias/aws/unused",
    }


def test_rotation_has_a_period() -> None:
    """The period of rotation is read, which the emulator does not keep; a key that cannot rotate does not."""
    found = Collected(FAMILY, ANSWERS).objects
    own, store = (found["aws_kms_key", name].attributes for name in ("own", "store"))
    assert (own["enable_key_rotation"], own["rotation_period_in_days"]) == (True, 180)
    assert (store["enable_key_rotation"], store["rotation_period_in_days"]) == (None, None)
    assert own["tags_all"] == {"team": "shop"}


def test_keys_of_other_kinds_tell_what_is_theirs() -> None:
    """Stores, primaries and expiry of imported material are read where KMS has them."""
    found = Collected(FAMILY, ANSWERS).objects
    store = found["aws_kms_key", "store"].attributes
    assert (store["custom_key_store_id"], store["xks_key_id"]) == ("cks-1", "xks")
    assert found["aws_kms_key", "primary"].attributes["multi_region"] is True
    replica = found["aws_kms_replica_key", "replica"].attributes
    assert (replica["primary_key_arn"], replica["enabled"], replica["key_rotation_enabled"]) == (PRIMARY, True, True)
    imported = found["aws_kms_replica_external_key", "imported-replica"].attributes
    assert (imported["valid_to"], imported["primary_key_arn"]) == ("2030-01-01T00:00:00Z", PRIMARY)
    assert found["aws_kms_external_key", "imported"].attributes["key_state"] == "PendingImport"


def test_an_alias_names_its_key() -> None:
    """The alias's key is told by id and by ARN, and is its parent."""
    alias = Collected(["aws_kms_alias"], ANSWERS).objects["aws_kms_alias", "alias/shop"]
    assert alias.attributes["target_key_arn"] == f"{ARN}key/own"
    assert {parent.id for parent in alias.parents} == {"own"}


@pytest.mark.parametrize(
    ("operation", "attributes"),
    [
        ("kms.get_key_policy", ("policy",)),
        ("kms.get_key_rotation_status", ("enable_key_rotation", "rotation_period_in_days")),
        ("resourcegroupstaggingapi.get_resources", ("tags_all",)),
        ("kms.describe_key", ()),
    ],
)
def test_what_a_key_policy_refuses_is_a_gap(operation: str, attributes: tuple[str, ...]) -> None:
    """A refused part is unread, never unset; who may not see whether a key lives may not say that it is missing."""
    found = Collected(["aws_kms_key"], {**ANSWERS, operation: refused(operation, "AccessDeniedException")})
    assert [(gap.operation, gap.attributes) for gap in found.gaps] == [(operation, attributes)]
    assert {item.unread for item in found.objects.values()} == ({attributes} if attributes else set())


def test_permissions() -> None:
    """The whole family needs exactly these actions."""
    needed = actions(AWS[name] for name in FAMILY)
    assert [action for action in needed if not action.startswith(("ec2:", "sts:"))] == [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListKeys",
        "tag:GetResources",
    ]
