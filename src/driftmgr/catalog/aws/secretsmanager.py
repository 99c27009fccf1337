"""Secrets Manager. Source: provider ``internal/service/secretsmanager/secret.go``."""

from driftmgr.catalog.entry import HIGH, Attribute, Companion, ResourceType, aws_call
from driftmgr.catalog.equivalences import same_arn_or_name, same_iam_policy
from driftmgr.catalog.transforms import aws_tags

SECRET = ResourceType(
    name="aws_secretsmanager_secret",
    criticality=HIGH,
    list=aws_call("secretsmanager.list_secrets", "SecretList", params={"MaxResults": 100}),
    details={
        "Secret": aws_call("secretsmanager.describe_secret", given={"SecretId": "ARN"}),
        "Policy": aws_call("secretsmanager.get_resource_policy", "ResourcePolicy", given={"SecretId": "ARN"}),
    },
    id="ARN",
    # Secrets that RDS and other services keep for themselves.
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
                "kms_key_id": "KmsKeyId",
                "last_accessed_date": "LastAccessedDate",
                "region": "Region",
                "status": "Status",
                "status_message": "StatusMessage",
            },
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "force_overwrite_replica_secret": "an option of the call that replicates; AWS does not keep it",
        "name_prefix": "only used when the name is made; the name itself is compared",
        "recovery_window_in_days": "used when the secret is destroyed; AWS does not know it before",
    },
    companions=(
        Companion(type="aws_secretsmanager_secret_policy", attribute="secret_arn", by="arn", inline=("policy",)),
    ),
)
