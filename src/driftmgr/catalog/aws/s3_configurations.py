"""What belongs to a bucket and has a resource type of its own; the calls are those of the bucket (``s3.py``).

Source of the mapping: provider ``internal/service/s3/bucket_*.go``. Each is listed as its bucket is and exists if S3
says so. What every bucket has without anybody's doing is an object too, a default one: a state may record it.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.s3 import (
    BLOCK,
    BUCKETS,
    ENCRYPTION,
    ENCRYPTION_RULE,
    LIFECYCLE,
    LOGGING,
    POLICY,
    REGION,
    VERSIONING,
    in_order_of_ids,
)
from driftmgr.catalog.entry import GLOBAL, HIGH, MEDIUM, Attribute, AttributeLike, ParentRef, ResourceType
from driftmgr.catalog.equivalences import same_iam_policy, same_time
from driftmgr.catalog.transforms import aws_tags, none_if_empty, rfc3339

# Instances that name the bucket's owner have the id "bucket,owner".
BUCKET_KEY = (("bucket",),)
EXPECTED_OWNER = {"expected_bucket_owner": "a condition that the provider sends with its requests; S3 does not keep it"}
SMALLEST_TRANSITION = "all_storage_classes_128K"


def _part_of_bucket(*inline: str) -> tuple[ParentRef, ...]:
    """The bucket that a part belongs to, and the bucket's attributes that show the part."""
    return (ParentRef(type="aws_s3_bucket", attribute="bucket", inline=inline),)


def _status(value: str | None) -> str:
    # S3 says nothing of a bucket that was never versioned; the provider's word for it.
    return value or "Disabled"


def mfa_delete(value: str | None) -> str:
    """MFA delete as S3 means it: said only of buckets where it was once set."""
    return value or "Disabled"


def transition_size(value: str | None) -> str:
    """The smallest object that is moved; S3's default where nothing is said."""
    return value or SMALLEST_TRANSITION


def without_empty_filters(value: Any) -> Any:
    """A filter that names nothing is none: the rule is for all objects."""
    return [block for block in value or [] if any(block.values())]


def _text(value: str | None) -> str:
    return value or ""


def _zero(path: str) -> Attribute:
    # The provider keeps its legacy zero value here.
    return Attribute(path, read=lambda value: value or 0, default=0)


def _number(path: str) -> Attribute:
    # Not set is null; providers before 5.86 recorded zero.
    return Attribute(path, default=0)


VERSIONED = ResourceType(
    name="aws_s3_bucket_versioning",
    criticality=MEDIUM,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Versioning": VERSIONING},
    # A state may record that a bucket is not versioned, so every bucket has the object. "Suspended" is what the
    # provider leaves behind when it deletes one.
    is_default="Versioning.Status != 'Enabled'",
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket("versioning"),
    attributes={
        "bucket": "Name",
        "versioning_configuration": Attribute(
            "Versioning",
            nested={
                "status": Attribute("Status", read=_status),
                "mfa_delete": Attribute("MFADelete", normal=mfa_delete),
            },
        ),
    },
    unreadable={**EXPECTED_OWNER, "mfa": "serial number and code of a device, sent with one change and never kept"},
)

ENCRYPTED = ResourceType(
    name="aws_s3_bucket_server_side_encryption_configuration",
    criticality=HIGH,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Encryption": ENCRYPTION},
    exists="Encryption.Rules",
    # S3 encrypts every bucket with AES256 since 2023.
    is_default=(
        "length(Encryption.Rules[?BucketKeyEnabled"
        " || ApplyServerSideEncryptionByDefault.SSEAlgorithm != 'AES256']) == `0`"
    ),
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket("server_side_encryption_configuration"),
    attributes={"bucket": "Name", "rule": Attribute("Encryption.Rules", nested=ENCRYPTION_RULE)},
    unreadable=EXPECTED_OWNER,
)

BUCKET_POLICY = ResourceType(
    name="aws_s3_bucket_policy",
    criticality=HIGH,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Policy": POLICY},
    exists="Policy",
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket("policy"),
    attributes={"bucket": "Name", "policy": Attribute("Policy", equal=same_iam_policy)},
)

PUBLIC_ACCESS_BLOCK = ResourceType(
    name="aws_s3_bucket_public_access_block",
    criticality=HIGH,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Block": BLOCK},
    exists="Block",
    # S3 gives new buckets a block of everything since 2023; one of nothing is the same as none.
    is_default="length(values(Block)[?@ == `true`]) == `0` || length(values(Block)[?@ == `true`]) == `4`",
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket(),
    attributes={
        "bucket": "Name",
        "block_public_acls": Attribute("Block.BlockPublicAcls", default=False),
        "block_public_policy": Attribute("Block.BlockPublicPolicy", default=False),
        "ignore_public_acls": Attribute("Block.IgnorePublicAcls", default=False),
        "restrict_public_buckets": Attribute("Block.RestrictPublicBuckets", default=False),
    },
)

_FILTER: Mapping[str, AttributeLike] = {
    "prefix": "Prefix",
    "object_size_greater_than": _number("ObjectSizeGreaterThan"),
    "object_size_less_than": _number("ObjectSizeLessThan"),
    "tag": Attribute("Tag", nested={"key": "Key", "value": "Value"}),
    "and": Attribute(
        "And",
        nested={
            "prefix": Attribute("Prefix", read=_text),
            "object_size_greater_than": _zero("ObjectSizeGreaterThan"),
            "object_size_less_than": _zero("ObjectSizeLessThan"),
            "tags": Attribute("Tags", read=aws_tags),
        },
    ),
}
_DATE = Attribute("Date", read=rfc3339, equal=same_time)
_RULE: Mapping[str, AttributeLike] = {
    "id": "ID",
    "status": "Status",
    "prefix": Attribute("Prefix", read=_text),
    "filter": Attribute("Filter", read=none_if_empty, nested=_FILTER, normal=without_empty_filters),
    "abort_incomplete_multipart_upload": Attribute(
        "AbortIncompleteMultipartUpload", nested={"days_after_initiation": _number("DaysAfterInitiation")}
    ),
    "expiration": Attribute(
        "Expiration",
        nested={
            "date": _DATE,
            "days": _zero("Days"),
            "expired_object_delete_marker": Attribute("ExpiredObjectDeleteMarker", read=bool, default=False),
        },
    ),
    "noncurrent_version_expiration": Attribute(
        "NoncurrentVersionExpiration",
        nested={
            "newer_noncurrent_versions": _number("NewerNoncurrentVersions"),
            "noncurrent_days": _number("NoncurrentDays"),
        },
    ),
    "noncurrent_version_transition": Attribute(
        "NoncurrentVersionTransitions",
        nested={
            "newer_noncurrent_versions": _number("NewerNoncurrentVersions"),
            "noncurrent_days": _number("NoncurrentDays"),
            "storage_class": "StorageClass",
        },
    ),
    "transition": Attribute(
        "Transitions", nested={"date": _DATE, "days": _number("Days"), "storage_class": "StorageClass"}
    ),
}

LIFECYCLE_RULES = ResourceType(
    name="aws_s3_bucket_lifecycle_configuration",
    criticality=MEDIUM,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Lifecycle": LIFECYCLE},
    exists="Lifecycle.Rules",
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket("lifecycle_rule"),
    attributes={
        "bucket": "Name",
        "transition_default_minimum_object_size": Attribute(
            "Lifecycle.TransitionDefaultMinimumObjectSize", normal=transition_size
        ),
        "rule": Attribute("Lifecycle.Rules", nested=_RULE, normal=in_order_of_ids),
    },
    unreadable=EXPECTED_OWNER,
)

_KEY_FORMAT: Mapping[str, AttributeLike] = {
    "partitioned_prefix": Attribute("PartitionedPrefix", nested={"partition_date_source": "PartitionDateSource"}),
    "simple_prefix": Attribute("SimplePrefix", nested={}),
}
_GRANTEE: Mapping[str, AttributeLike] = {
    "display_name": "DisplayName",
    "email_address": "EmailAddress",
    "id": "ID",
    "type": "Type",
    "uri": "URI",
}

ACCESS_LOG = ResourceType(
    name="aws_s3_bucket_logging",
    criticality=MEDIUM,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={"Logging": LOGGING},
    exists="Logging",
    id="Name",
    keys=BUCKET_KEY,
    parents=_part_of_bucket("logging"),
    attributes={
        "bucket": "Name",
        "target_bucket": "Logging.TargetBucket",
        "target_prefix": "Logging.TargetPrefix",
        "target_grant": Attribute(
            "Logging.TargetGrants",
            nested={"permission": "Permission", "grantee": Attribute("Grantee", nested=_GRANTEE)},
        ),
        "target_object_key_format": Attribute("Logging.TargetObjectKeyFormat", nested=_KEY_FORMAT),
    },
    unreadable=EXPECTED_OWNER,
)
