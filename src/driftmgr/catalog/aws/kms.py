"""KMS keys and aliases. Source: provider ``internal/service/kms/key.go``, ``alias.go``."""

from driftmgr.catalog.aws.tagging import tags_by_arn
from driftmgr.catalog.entry import HIGH, Attribute, Companion, ParentRef, ResourceType, aws_call
from driftmgr.catalog.equivalences import same_iam_policy
from driftmgr.catalog.transforms import aws_tags

_KEY = {"KeyId": "KeyId"}
_GONE = ("PendingDeletion", "PendingReplicaDeletion")

KEY = ResourceType(
    name="aws_kms_key",
    criticality=HIGH,
    list=aws_call("kms.list_keys", "Keys", params={"Limit": 1000}),
    details={
        "Key": aws_call("kms.describe_key", "KeyMetadata", given=_KEY),
        "Policy": aws_call("kms.get_key_policy", "Policy", params={"PolicyName": "default"}, given=_KEY),
        "Rotation": aws_call("kms.get_key_rotation_status", given=_KEY, absent=("UnsupportedOperationException",)),
    },
    joins={"Tags": tags_by_arn("kms:key", "KeyArn")},
    # A key is scheduled for deletion, not deleted: for Terraform it is gone from then on.
    exists=" && ".join(f"Key.KeyState!='{state}'" for state in _GONE),
    is_default="Key.KeyManager=='AWS'",
    id="KeyId",
    attributes={
        "arn": "KeyArn",
        "key_id": "KeyId",
        "custom_key_store_id": "Key.CustomKeyStoreId",
        "customer_master_key_spec": Attribute("Key.KeySpec", default="SYMMETRIC_DEFAULT"),
        "description": "Key.Description",
        "enable_key_rotation": Attribute("Rotation.KeyRotationEnabled", default=False),
        "is_enabled": Attribute("Key.Enabled", default=True),
        "key_usage": Attribute("Key.KeyUsage", default="ENCRYPT_DECRYPT"),
        "multi_region": Attribute("Key.MultiRegion", default=False),
        "policy": Attribute("Policy", equal=same_iam_policy),
        "rotation_period_in_days": "Rotation.RotationPeriodInDays",
        "xks_key_id": "Key.XksKeyConfiguration.Id",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "bypass_policy_lockout_safety_check": "an option of the call that sets the policy; KMS does not keep it",
        "deletion_window_in_days": "used when the key is destroyed; KMS does not know it before",
    },
    companions=(Companion(type="aws_kms_key_policy", attribute="key_id", inline=("policy",)),),
)

ALIAS = ResourceType(
    name="aws_kms_alias",
    criticality=HIGH,
    list=aws_call("kms.list_aliases", "Aliases", params={"Limit": 100}),
    id="AliasName",
    is_default="starts_with(AliasName, 'alias/aws/')",
    attributes={
        "arn": "AliasArn",
        "name": "AliasName",
        "target_key_id": "TargetKeyId",
    },
    unreadable={"name_prefix": "only used when the name is made; the name itself is compared"},
    parents=(ParentRef(type="aws_kms_key", attribute="target_key_id", by="key_id"),),
)
