"""Amazon S3 buckets, and the calls that their parts share. The parts as types of their own: ``s3_configurations.py``.

Source of the mapping: provider ``internal/service/s3/bucket.go`` (read and flatten functions, and the error codes that
it takes for "not set", among them those of other S3 implementations), and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html: buckets are listed once for all
regions, each with its region if the request has a parameter such as ``MaxBuckets``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS
from driftmgr.catalog.entry import GLOBAL, HIGH, Attribute, AttributeLike, Call, Companion, ResourceType, aws_call
from driftmgr.catalog.equivalences import in_any_order, same_iam_policy, same_json
from driftmgr.catalog.transforms import aws_tags, is_word, json_text, none_if_empty

REGION = "BucketRegion"

# A feature that an S3 implementation does not have is one that is not set.
_UNSUPPORTED = ("NotImplemented", "XNotImplemented", "UnsupportedOperation")
# Some features are not in every region or partition. For a policy the same code says that it must not be read: a gap.
_NOT_HERE = "MethodNotAllowed"


def _of_bucket(method: str, items: str, *absent: str) -> Call:
    """A call about one bucket, to the region it lives in; made once however many types need it."""
    return aws_call(f"s3.{method}", items, given={"Bucket": "Name"}, region=REGION, absent=(*absent, *_UNSUPPORTED))


BUCKETS = aws_call("s3.list_buckets", "Buckets", params={"MaxBuckets": 1000})
ACCELERATION = _of_bucket("get_bucket_accelerate_configuration", "Status", _NOT_HERE, "UnsupportedArgument")
ACL = _of_bucket("get_bucket_acl", "@")
BLOCK = _of_bucket("get_public_access_block", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration")
CORS = _of_bucket("get_bucket_cors", "CORSRules", "NoSuchCORSConfiguration")
ENCRYPTION = _of_bucket(
    "get_bucket_encryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionConfigurationNotFoundError"
)
LIFECYCLE = _of_bucket("get_bucket_lifecycle_configuration", "@", "NoSuchLifecycleConfiguration")
LOGGING = _of_bucket("get_bucket_logging", "LoggingEnabled")
OBJECT_LOCK = _of_bucket(
    "get_object_lock_configuration",
    "ObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "ObjectLockConfigurationNotFound",
    _NOT_HERE,
)
PAYER = _of_bucket("get_bucket_request_payment", "Payer")
POLICY = _of_bucket("get_bucket_policy", "Policy", "NoSuchBucketPolicy")
REPLICATION = _of_bucket("get_bucket_replication", "ReplicationConfiguration", "ReplicationConfigurationNotFoundError")
TAGS = _of_bucket("get_bucket_tagging", "TagSet", "NoSuchTagSet", "NoSuchTagSetError")
VERSIONING = _of_bucket("get_bucket_versioning", "@")
WEBSITE = _of_bucket("get_bucket_website", "@", "NoSuchWebsiteConfiguration", _NOT_HERE)

_DOMAINS = (("cn-", "aws-cn", "amazonaws.com.cn"), ("us-gov-", "aws-us-gov", "amazonaws.com"))
_GROUPS = "http://acs.amazonaws.com/groups/"
# What each canned ACL grants beside the owner's FULL_CONTROL:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl
_CANNED = {
    frozenset[tuple[str, str]](): "private",
    frozenset({("global/AllUsers", "READ")}): "public-read",
    frozenset({("global/AllUsers", "READ"), ("global/AllUsers", "WRITE")}): "public-read-write",
    frozenset({("global/AuthenticatedUsers", "READ")}): "authenticated-read",
    frozenset({("s3/LogDelivery", "WRITE"), ("s3/LogDelivery", "READ_ACP")}): "log-delivery-write",
}


def _partition(region: str | None) -> tuple[str, str]:
    found = ((name, domain) for prefix, name, domain in _DOMAINS if (region or "").startswith(prefix))
    return next(found, ("aws", "amazonaws.com"))


def _arn(name_and_region: list[Any]) -> str:
    name, region = name_and_region
    return f"arn:{_partition(region)[0]}:s3:::{name}"


def _domain(name_and_region: list[Any]) -> str:
    name, region = name_and_region
    return f"{name}.s3.{_partition(region)[1]}"


def _regional_domain(name_and_region: list[Any]) -> str | None:
    name, region = name_and_region
    return f"{name}.s3.{region}.{_partition(region)[1]}" if region else None


def day(value: datetime | None) -> str | None:
    """A date as the bucket's own lifecycle rules write it."""
    return None if value is None else value.strftime("%Y-%m-%d")


def in_order_of_ids(rules: Any) -> Any:
    """Lifecycle rules by id: S3 gives their order no meaning."""
    return sorted(rules or [], key=lambda rule: str(rule.get("id") or ""))


def grants_by_grantee(acl: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The grants of an ACL, the permissions of one grantee together."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for grant in (acl or {}).get("Grants") or ():
        grantee = grant.get("Grantee") or {}
        key = (grantee.get("Type"), grantee.get("ID"), grantee.get("URI"))
        one: dict[str, Any] = {"type": key[0], "id": key[1] or "", "uri": key[2] or "", "permissions": []}
        found.setdefault(key, one)["permissions"].append(grant.get("Permission"))
    return list(found.values())


def canned_acl(grants: list[dict[str, Any]]) -> str | None:
    """The canned ACL that grants exactly this; none for any other grants."""
    users = [grant for grant in grants if not grant.get("uri")]
    if len(users) != 1 or users[0].get("permissions") != ["FULL_CONTROL"]:
        return None
    groups = {
        (str(grant["uri"]).removeprefix(_GROUPS), permission)
        for grant in grants
        if grant.get("uri")
        for permission in grant.get("permissions") or ()
    }
    return _CANNED.get(frozenset(groups))


def acl_word(acl: Mapping[str, Any] | None) -> str | None:
    """The canned ACL that grants the same; none for any other grants."""
    grants = grants_by_grantee(acl)
    owner = ((acl or {}).get("Owner") or {}).get("ID")
    return canned_acl(grants) if all(grant["id"] in ("", owner) for grant in grants) else None


def same_canned_acl(recorded: Any, observed: Any) -> bool:
    """The same canned ACL; one that is not set, or grants that are none, are compared as ``grant`` alone."""
    return not recorded or not observed or bool(recorded == observed)


def same_grants(recorded: Any, observed: Any) -> bool:
    """The same grants in any order; a canned ACL where a provider before 4.9 recorded none is told by ``acl``."""
    before, now = recorded or [], observed or []
    if not before or not now:
        return before == now or canned_acl(before or now) is not None
    return _granted(before) == _granted(now)


def _granted(grants: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {
        (grant.get("type"), grant.get("id") or "", grant.get("uri") or "", permission)
        for grant in grants
        for permission in grant.get("permissions") or ()
    }


def _filter_tags(value: Mapping[str, Any] | None) -> dict[str, str]:
    found = value or {}
    tag = found.get("Tag")
    return aws_tags((found.get("And") or {}).get("Tags") or ([tag] if tag else []))


def _redirect(value: Mapping[str, Any] | None) -> str | None:
    if not value:
        return None
    protocol, host = value.get("Protocol"), value.get("HostName")
    return f"{protocol}://{host}" if protocol else host


def _website(value: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    members = ("IndexDocument", "ErrorDocument", "RedirectAllRequestsTo", "RoutingRules")
    return value if value and any(value.get(name) for name in members) else None


def payer(value: str | None) -> str:
    """Who pays for requests; the owner, unless something else is said."""
    return value or "BucketOwner"


def _number(path: str) -> Attribute:
    # The legacy SDK records 0 for a number that is not set.
    return Attribute(path, default=0)


_CORS_RULE: Mapping[str, AttributeLike] = {
    "allowed_headers": Attribute("AllowedHeaders", equal=in_any_order),
    "allowed_methods": Attribute("AllowedMethods", equal=in_any_order),
    "allowed_origins": Attribute("AllowedOrigins", equal=in_any_order),
    "expose_headers": Attribute("ExposeHeaders", equal=in_any_order),
    "max_age_seconds": _number("MaxAgeSeconds"),
}
_LIFECYCLE_RULE: Mapping[str, AttributeLike] = {
    "id": "ID",
    "enabled": Attribute("Status", read=is_word("Enabled")),
    "prefix": "Filter.And.Prefix || Filter.Prefix || Prefix",
    "tags": Attribute("Filter", read=_filter_tags),
    "abort_incomplete_multipart_upload_days": _number("AbortIncompleteMultipartUpload.DaysAfterInitiation"),
    "expiration": Attribute(
        "Expiration",
        nested={
            "date": Attribute("Date", read=day),
            "days": _number("Days"),
            "expired_object_delete_marker": Attribute("ExpiredObjectDeleteMarker", default=False),
        },
    ),
    "noncurrent_version_expiration": Attribute(
        "NoncurrentVersionExpiration", nested={"days": _number("NoncurrentDays")}
    ),
    "noncurrent_version_transition": Attribute(
        "NoncurrentVersionTransitions", nested={"days": _number("NoncurrentDays"), "storage_class": "StorageClass"}
    ),
    "transition": Attribute(
        "Transitions",
        nested={"date": Attribute("Date", read=day), "days": _number("Days"), "storage_class": "StorageClass"},
    ),
}
_OBJECT_LOCK: Mapping[str, AttributeLike] = {
    "object_lock_enabled": "ObjectLockEnabled",
    "rule": Attribute(
        "Rule",
        nested={
            "default_retention": Attribute(
                "DefaultRetention", nested={"mode": "Mode", "days": _number("Days"), "years": _number("Years")}
            )
        },
    ),
}
_REPLICATION_DESTINATION: Mapping[str, AttributeLike] = {
    "account_id": "Account",
    "bucket": "Bucket",
    "storage_class": "StorageClass",
    "replica_kms_key_id": "EncryptionConfiguration.ReplicaKmsKeyID",
    "access_control_translation": Attribute("AccessControlTranslation", nested={"owner": "Owner"}),
    "metrics": Attribute("Metrics", nested={"minutes": _number("EventThreshold.Minutes"), "status": "Status"}),
    "replication_time": Attribute("ReplicationTime", nested={"minutes": _number("Time.Minutes"), "status": "Status"}),
}


def _only_enabled(value: str | None) -> str | None:
    # The provider records the status of delete markers only where they are replicated.
    return value if value == "Enabled" else None


_REPLICATION_RULE: Mapping[str, AttributeLike] = {
    "id": "ID",
    "prefix": "Prefix",
    "priority": _number("Priority"),
    "status": "Status",
    "delete_marker_replication_status": Attribute("DeleteMarkerReplication.Status", read=_only_enabled),
    "destination": Attribute("Destination", nested=_REPLICATION_DESTINATION),
    "filter": Attribute(
        "Filter",
        nested={"prefix": "And.Prefix || Prefix", "tags": Attribute("@", read=_filter_tags)},
    ),
    "source_selection_criteria": Attribute(
        "SourceSelectionCriteria",
        nested={
            "sse_kms_encrypted_objects": Attribute(
                "SseKmsEncryptedObjects", nested={"enabled": Attribute("Status", read=is_word("Enabled"))}
            )
        },
    ),
}
ENCRYPTION_RULE: Mapping[str, AttributeLike] = {
    "bucket_key_enabled": Attribute("BucketKeyEnabled", default=False),
    "apply_server_side_encryption_by_default": Attribute(
        "ApplyServerSideEncryptionByDefault",
        nested={"kms_master_key_id": "KMSMasterKeyID", "sse_algorithm": "SSEAlgorithm"},
    ),
}
_VERSIONING: Mapping[str, AttributeLike] = {
    "enabled": Attribute("Status", read=lambda status: status == "Enabled", default=False),
    "mfa_delete": Attribute("MFADelete", read=lambda status: status == "Enabled", default=False),
}
_WEBSITE: Mapping[str, AttributeLike] = {
    "index_document": "IndexDocument.Suffix",
    "error_document": "ErrorDocument.Key",
    "redirect_all_requests_to": Attribute("RedirectAllRequestsTo", read=_redirect),
    "routing_rules": Attribute("RoutingRules", read=json_text, equal=same_json),
}


def _managed_by(resource_type: str, *inline: str) -> Companion:
    return Companion(type=resource_type, attribute="bucket", inline=inline)


BUCKET = ResourceType(
    name="aws_s3_bucket",
    criticality=HIGH,
    reach=GLOBAL,
    region=REGION,
    list=BUCKETS,
    details={
        "Acceleration": ACCELERATION,
        "Acl": ACL,
        "Cors": CORS,
        "Encryption": ENCRYPTION,
        "Lifecycle": LIFECYCLE,
        "Logging": LOGGING,
        "ObjectLock": OBJECT_LOCK,
        "Payer": PAYER,
        "Policy": POLICY,
        "Replication": REPLICATION,
        # The Tagging API lists tags region by region, buckets are listed once: their tags come with a call each.
        "Tags": TAGS,
        "Versioning": VERSIONING,
        "Website": WEBSITE,
    },
    id="Name",
    keys=(("bucket",),),
    owner=MADE_BY_TAGS,
    companions=(
        _managed_by("aws_s3_bucket_accelerate_configuration", "acceleration_status"),
        _managed_by("aws_s3_bucket_acl", "acl", "grant"),
        _managed_by("aws_s3_bucket_cors_configuration", "cors_rule"),
        _managed_by("aws_s3_bucket_object_lock_configuration", "object_lock_configuration", "object_lock_enabled"),
        _managed_by("aws_s3_bucket_replication_configuration", "replication_configuration"),
        _managed_by("aws_s3_bucket_request_payment_configuration", "request_payer"),
        _managed_by("aws_s3_bucket_website_configuration", "website"),
    ),
    attributes={
        "bucket": "Name",
        "arn": Attribute("[Name, BucketRegion]", read=_arn),
        "bucket_domain_name": Attribute("[Name, BucketRegion]", read=_domain),
        "bucket_regional_domain_name": Attribute("[Name, BucketRegion]", read=_regional_domain),
        "region": REGION,
        "acceleration_status": "Acceleration",
        "acl": Attribute("Acl", read=acl_word, equal=same_canned_acl),
        "grant": Attribute("Acl", read=grants_by_grantee, equal=same_grants),
        "cors_rule": Attribute("Cors", nested=_CORS_RULE),
        "lifecycle_rule": Attribute("Lifecycle.Rules", nested=_LIFECYCLE_RULE, normal=in_order_of_ids),
        "logging": Attribute("Logging", nested={"target_bucket": "TargetBucket", "target_prefix": "TargetPrefix"}),
        "object_lock_configuration": Attribute("ObjectLock", nested=_OBJECT_LOCK),
        "object_lock_enabled": Attribute(
            "ObjectLock.ObjectLockEnabled", read=lambda word: word == "Enabled", default=False
        ),
        "policy": Attribute("Policy", read=none_if_empty, equal=same_iam_policy),
        "replication_configuration": Attribute(
            "Replication", nested={"role": "Role", "rules": Attribute("Rules", nested=_REPLICATION_RULE)}
        ),
        "request_payer": Attribute("Payer", normal=payer),
        "server_side_encryption_configuration": Attribute(
            "Encryption", nested={"rule": Attribute("Rules", nested=ENCRYPTION_RULE)}
        ),
        "versioning": Attribute("Versioning", nested=_VERSIONING),
        "website": Attribute("Website", read=_website, nested=_WEBSITE),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "bucket_prefix": "only used when the name is made; the name itself is compared",
        "force_destroy": "tells Terraform whether to empty the bucket when it deletes it; S3 does not know it",
    },
)
