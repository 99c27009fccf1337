"""KMS keys in their four kinds, key policies and aliases.

ListKeys tells ids alone: what a key is, its policy and its rotation cost one call each, shared by the four kinds.
Source: provider ``internal/service/kms/{key,external_key,replica_key,replica_external_key,key_policy,alias}.go``.
"""

from collections.abc import Mapping

from driftmgr.catalog.aws.tagging import tags_by_arn
from driftmgr.catalog.entry import HIGH, Attribute, AttributeLike, ParentRef, ResourceType, Template, aws_call
from driftmgr.catalog.equivalences import same_arn_or_name, same_iam_policy, same_time
from driftmgr.catalog.transforms import aws_tags, rfc3339

_GIVEN = {"KeyId": "KeyId"}
_KEYS = aws_call("kms.list_keys", "Keys", params={"Limit": 1000})
_KEY = aws_call("kms.describe_key", "KeyMetadata", given=_GIVEN)
_POLICY = aws_call("kms.get_key_policy", "Policy", params={"PolicyName": "default"}, given=_GIVEN)
# Keys whose material is not KMS's own do not rotate.
_ROTATION = aws_call("kms.get_key_rotation_status", given=_GIVEN, absent=("UnsupportedOperationException",))

# A key is scheduled for deletion, not deleted: for Terraform it is gone from then on.
_ALIVE = "Key.KeyState!='PendingDeletion' && Key.KeyState!='PendingReplicaDeletion'"
_REPLICA = "Key.MultiRegionConfiguration.MultiRegionKeyType=='REPLICA'"
_EXTERNAL = "Key.Origin=='EXTERNAL'"
_AWS_MANAGED = "Key.KeyManager=='AWS'"
_UNREADABLE = {
    "bypass_policy_lockout_safety_check": "an option of the call that sets the policy; KMS does not keep it",
    "deletion_window_in_days": "used when the key is destroyed; KMS does not know it before",
}
_MATERIAL = {"key_material_base64": "KMS never gives key material out"}
_VALID_TO = Attribute("Key.ValidTo", read=rfc3339, equal=same_time)


def _key(
    name: str, kind: str, attributes: Mapping[str, AttributeLike], unreadable: Mapping[str, str] | None = None
) -> ResourceType:
    return ResourceType(
        name=name,
        criticality=HIGH,
        list=_KEYS,
        details={"Key": _KEY, "Policy": _POLICY, "Rotation": _ROTATION},
        joins={"Tags": tags_by_arn("kms:key", "KeyArn")},
        exists=f"{_ALIVE} && {kind}",
        is_default=_AWS_MANAGED,
        id="KeyId",
        attributes={
            "arn": "KeyArn",
            "description": "Key.Description",
            "key_usage": Attribute("Key.KeyUsage", default="ENCRYPT_DECRYPT"),
            "policy": Attribute("Policy", equal=same_iam_policy),
            "tags_all": Attribute("Tags", read=aws_tags),
            **attributes,
        },
        unreadable={**_UNREADABLE, **(unreadable or {})},
    )


KEY = _key(
    "aws_kms_key",
    f"!({_REPLICA}) && !({_EXTERNAL})",
    {
        "custom_key_store_id": "Key.CustomKeyStoreId",
        "customer_master_key_spec": Attribute("Key.KeySpec", default="SYMMETRIC_DEFAULT"),
        "enable_key_rotation": Attribute("Rotation.KeyRotationEnabled", default=False),
        "is_enabled": Attribute("Key.Enabled", default=True),
        "key_id": "KeyId",
        "multi_region": Attribute("Key.MultiRegion", default=False),
        # KMS tells a period only while rotation is on.
        "rotation_period_in_days": Attribute("Rotation.RotationPeriodInDays", default=0),
        "xks_key_id": "Key.XksKeyConfiguration.Id",
    },
)

EXTERNAL_KEY = _key(
    "aws_kms_external_key",
    f"!({_REPLICA}) && {_EXTERNAL}",
    {
        "enabled": Attribute("Key.Enabled", default=False),
        "expiration_model": "Key.ExpirationModel",
        "key_state": "Key.KeyState",
        "multi_region": Attribute("Key.MultiRegion", default=False),
        "valid_to": _VALID_TO,
    },
    _MATERIAL,
)

REPLICA_KEY = _key(
    "aws_kms_replica_key",
    f"{_REPLICA} && !({_EXTERNAL})",
    {
        "enabled": Attribute("Key.Enabled", default=True),
        "key_id": "KeyId",
        "key_rotation_enabled": "Rotation.KeyRotationEnabled",
        "key_spec": "Key.KeySpec",
        "primary_key_arn": "Key.MultiRegionConfiguration.PrimaryKey.Arn",
    },
)

REPLICA_EXTERNAL_KEY = _key(
    "aws_kms_replica_external_key",
    f"{_REPLICA} && {_EXTERNAL}",
    {
        "enabled": Attribute("Key.Enabled", default=False),
        "expiration_model": "Key.ExpirationModel",
        "key_id": "KeyId",
        "key_state": "Key.KeyState",
        "primary_key_arn": "Key.MultiRegionConfiguration.PrimaryKey.Arn",
        "valid_to": _VALID_TO,
    },
    _MATERIAL,
)

KEY_POLICY = ResourceType(
    name="aws_kms_key_policy",
    criticality=HIGH,
    list=_KEYS,
    details={"Key": _KEY, "Policy": _POLICY},
    exists=_ALIVE,
    is_default=_AWS_MANAGED,
    id="KeyId",
    keys=(("key_id",),),
    attributes={"key_id": "KeyId", "policy": Attribute("Policy", equal=same_iam_policy)},
    unreadable={"bypass_policy_lockout_safety_check": _UNREADABLE["bypass_policy_lockout_safety_check"]},
    parents=tuple(
        ParentRef(type=kind.name, attribute="key_id", inline=("policy",))
        for kind in (KEY, EXTERNAL_KEY, REPLICA_KEY, REPLICA_EXTERNAL_KEY)
    ),
)

ALIAS = ResourceType(
    name="aws_kms_alias",
    criticality=HIGH,
    list=aws_call("kms.list_aliases", "Aliases", params={"Limit": 100}),
    id="AliasName",
    # AWS's own, those that point to no key yet included.
    is_default="starts_with(AliasName, 'alias/aws/')",
    attributes={
        "arn": "AliasArn",
        "name": "AliasName",
        "target_key_arn": Template("arn:{partition}:kms:{region}:{account}:key/{TargetKeyId}"),
        "target_key_id": Attribute("TargetKeyId", equal=same_arn_or_name),
    },
    unreadable={"name_prefix": "only used when the name is made; the name itself is compared"},
    parents=(
        ParentRef(type="aws_kms_key", attribute="target_key_id"),
        ParentRef(type="aws_kms_external_key", attribute="target_key_id"),
        ParentRef(type="aws_kms_replica_key", attribute="target_key_id"),
    ),
)
