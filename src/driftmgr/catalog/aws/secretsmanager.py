"""Secrets Manager: secrets and their resource policies.

ListSecrets leaves out secrets that are scheduled for deletion, which for Terraform are gone. It tells all but the
replicas and the policy, which cost one call each. No value of a secret is ever asked for.
Source: provider ``internal/service/secretsmanager/{secret,secret_policy}.go``.
"""

from driftmgr.catalog.entry import HIGH, Attribute, ParentRef, ResourceType, aws_call
from driftmgr.catalog.equivalences import same_arn_or_name, same_iam_policy
from driftmgr.catalog.transforms import aws_tags, rfc3339

# A replica is a part of its primary and shown there; it has the primary's name, tags and policy.
_SECRETS = aws_call(
    "secretsmanager.list_secrets",
    "SecretList[?!PrimaryRegion || contains(ARN, join('', [':', PrimaryRegion, ':']))]",
    params={"MaxResults": 100},
)
_POLICY = aws_call("secretsmanager.get_resource_policy", "ResourcePolicy", given={"SecretId": "ARN"})


SECRET = ResourceType(
    name="aws_secretsmanager_secret",
    criticality=HIGH,
    list=_SECRETS,
    details={
        "Secret": aws_call("secretsmanager.describe_secret", given={"SecretId": "ARN"}),
        "Policy": _POLICY,
    },
    id="ARN",
    # RDS and other services keep secrets of their own.
    owner="OwningService",
    attributes={
        "arn": "ARN",
        "description": "Description",
        "kms_key_id": Attribute("KmsKeyId", equal=same_arn_or_name),
        "name": "Name",
        "policy": Attribute("Policy", equal=same_iam_policy),
        "replica": Attribute(
            "Secret.ReplicationStatus",
            nested={
                "kms_key_id": Attribute("KmsKeyId", equal=same_arn_or_name),
                "last_accessed_date": Attribute("LastAccessedDate", read=rfc3339),
                "region": "Region",
                "status": "Status",
                "status_message": "StatusMessage",
            },
            key="region",
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "force_overwrite_replica_secret": "an option of the call that replicates; AWS does not keep it",
        "name_prefix": "only used when the name is made; the name itself is compared",
        "recovery_window_in_days": "used when the secret is destroyed; AWS does not know it before",
    },
)

SECRET_POLICY = ResourceType(
    name="aws_secretsmanager_secret_policy",
    criticality=HIGH,
    list=_SECRETS,
    details={"Policy": _POLICY},
    exists="Policy",
    id="ARN",
    owner="OwningService",
    attributes={"policy": Attribute("Policy", equal=same_iam_policy), "secret_arn": "ARN"},
    unreadable={"block_public_policy": "an option of the call that sets the policy; AWS does not keep it"},
    parents=(ParentRef(type="aws_secretsmanager_secret", attribute="secret_arn", by="arn", inline=("policy",)),),
)
