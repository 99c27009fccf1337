"""Spaces: buckets and what is set on them, over the S3 API; their keys over DigitalOcean's own.

Source: the provider's ``spaces/`` (read and flatten functions) and https://docs.digitalocean.com/reference/api/spaces/.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.s3 import acl_word, day, in_order_of_ids, same_canned_acl
from driftmgr.catalog.digitalocean.words import listed
from driftmgr.catalog.entry import (
    GLOBAL,
    HIGH,
    MEDIUM,
    Attribute,
    AttributeLike,
    Call,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
)
from driftmgr.catalog.equivalences import same_iam_policy
from driftmgr.catalog.transforms import is_word

# Access is that of a key, not a scope of a token.
_BUCKETS = aws_call("s3.list_buckets", "Buckets", permission=())
_REGION_AND_NAME = Template("{Region},{Name}")


def _of_bucket(method: str, items: str, *absent: str) -> Call:
    return aws_call(
        f"s3.{method}",
        items,
        given={"Bucket": "Name"},
        region="Region",
        absent=(*absent, "NotImplemented"),
        permission=(),
    )


_ACL = _of_bucket("get_bucket_acl", "@")
_CORS = _of_bucket("get_bucket_cors", "CORSRules", "NoSuchCORSConfiguration")
_LIFECYCLE = _of_bucket("get_bucket_lifecycle_configuration", "@", "NoSuchLifecycleConfiguration")
_LOGGING = _of_bucket("get_bucket_logging", "LoggingEnabled")
_POLICY = _of_bucket("get_bucket_policy", "Policy", "NoSuchBucketPolicy")
_VERSIONING = _of_bucket("get_bucket_versioning", "@")

_CORS_RULE: Mapping[str, AttributeLike] = {
    "allowed_headers": "AllowedHeaders",
    "allowed_methods": "AllowedMethods",
    "allowed_origins": "AllowedOrigins",
    "max_age_seconds": Attribute("MaxAgeSeconds", default=0),
}
_LIFECYCLE_RULE: Mapping[str, AttributeLike] = {
    "id": "ID",
    "enabled": Attribute("Status", read=is_word("Enabled")),
    "prefix": Attribute("Filter.And.Prefix || Filter.Prefix || Prefix", default=""),
    "abort_incomplete_multipart_upload_days": Attribute(
        "AbortIncompleteMultipartUpload.DaysAfterInitiation", default=0
    ),
    "expiration": Attribute(
        "Expiration",
        nested={
            "date": Attribute("Date", read=day, default=""),
            "days": Attribute("Days", default=0),
            "expired_object_delete_marker": Attribute("ExpiredObjectDeleteMarker", default=False),
        },
    ),
    "noncurrent_version_expiration": Attribute(
        "NoncurrentVersionExpiration", nested={"days": Attribute("NoncurrentDays", default=0)}
    ),
}


def _versioning(answer: Mapping[str, Any] | None) -> list[dict[str, bool]]:
    """The block that the provider records of every bucket, versioned or not."""
    return [{"enabled": (answer or {}).get("Status") == "Enabled"}]


def _unquoted(tag: str | None) -> str | None:
    return None if tag is None else tag.strip('"')


BUCKET = ResourceType(
    name="digitalocean_spaces_bucket",
    criticality=HIGH,
    reach=GLOBAL,
    list=_BUCKETS,
    details={"Acl": _ACL, "Cors": _CORS, "Lifecycle": _LIFECYCLE, "Versioning": _VERSIONING},
    id="Name",
    import_id="{region},{name}",
    attributes={
        # The provider sends these two and never reads them; HCL that says them says what the bucket should have.
        "acl": Attribute("Acl", read=acl_word, equal=same_canned_acl),
        "cors_rule": Attribute("Cors", nested=_CORS_RULE, when="cors_rule"),
        "bucket_domain_name": Template("{Name}.{Region}.digitaloceanspaces.com"),
        "endpoint": Template("{Region}.digitaloceanspaces.com"),
        "lifecycle_rule": Attribute("Lifecycle.Rules", nested=_LIFECYCLE_RULE, normal=in_order_of_ids),
        "name": "Name",
        "region": "Region",
        "urn": Template("do:space:{Name}"),
        "versioning": Attribute("Versioning", read=_versioning),
    },
    unreadable={"force_destroy": "tells the provider how to delete a bucket; no property of it"},
)


def _part(
    name: str, detail: str, call: Call, inline: tuple[str, ...], attributes: Mapping[str, AttributeLike]
) -> ResourceType:
    """Something that is set on a bucket and managed on its own."""
    return ResourceType(
        name=name,
        criticality=HIGH,
        reach=GLOBAL,
        list=_BUCKETS,
        details={detail: call},
        exists=detail,
        id="Name",
        keys=(("bucket",),),
        import_id="{region},{bucket}",
        parents=(ParentRef(type="digitalocean_spaces_bucket", attribute="bucket", inline=inline),),
        attributes={"bucket": "Name", "region": "Region", **attributes},
    )


POLICY = _part(
    "digitalocean_spaces_bucket_policy",
    "Policy",
    _POLICY,
    (),
    {"policy": Attribute("Policy", equal=same_iam_policy)},
)
CORS = _part(
    "digitalocean_spaces_bucket_cors_configuration",
    "Cors",
    _CORS,
    ("cors_rule",),
    {
        "cors_rule": Attribute(
            "Cors", nested={**_CORS_RULE, "expose_headers": "ExposeHeaders", "id": Attribute("ID", default="")}
        )
    },
)
LOGGING = _part(
    "digitalocean_spaces_bucket_logging",
    "Logging",
    _LOGGING,
    (),
    {"target_bucket": "Logging.TargetBucket", "target_prefix": "Logging.TargetPrefix"},
)

KEY = ResourceType(
    name="digitalocean_spaces_key",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/spaces/keys", "keys", "spaces_key:read"),
    id="access_key",
    import_id="cannot be imported",
    attributes={
        "access_key": "access_key",
        "created_at": "created_at",
        "grant": Attribute("grants", nested={"bucket": Attribute("bucket", default=""), "permission": "permission"}),
        "name": "name",
    },
)

# A bucket may hold millions of objects, and its list tells nothing of what is set on them.
OBJECT = ResourceType(
    name="digitalocean_spaces_bucket_object",
    criticality=MEDIUM,
    reach=GLOBAL,
    import_id="cannot be imported",
    lookup=aws_call(
        "s3.head_object",
        given={"Bucket": "bucket", "Key": "key"},
        region="region",
        absent=("404", "NoSuchKey", "NoSuchBucket"),
        permission=(),
    ),
    details={
        "Acl": aws_call(
            "s3.get_object_acl",
            given={"Bucket": "Recorded.bucket", "Key": "Recorded.key"},
            region="Recorded.region",
            permission=(),
        )
    },
    # The provider records the key alone, which objects of several buckets may have.
    id=Template("{Recorded.bucket}/{Recorded.key}"),
    keys=(("region", "bucket", "key"),),
    parents=(ParentRef(type="digitalocean_spaces_bucket", attribute="bucket"),),
    attributes={
        # The provider sends it and never reads it; who may read an object is what matters most about it.
        "acl": Attribute("Acl", read=acl_word),
        "bucket": "Recorded.bucket",
        "cache_control": Attribute("CacheControl", default=""),
        "content_disposition": Attribute("ContentDisposition", default=""),
        "content_encoding": Attribute("ContentEncoding", default=""),
        "content_language": Attribute("ContentLanguage", default=""),
        "content_type": "ContentType",
        # No API compares contents; this is their only sign.
        "etag": Attribute("ETag", read=_unquoted, counts=True),
        "key": "Recorded.key",
        "metadata": "Metadata",
        "region": "Recorded.region",
        "version_id": Attribute("VersionId", default=""),
        "website_redirect": Attribute("WebsiteRedirectLocation", default=""),
    },
    unreadable={
        "content": "not compared as such; a change of it shows as another etag",
        "content_base64": "not compared as such; a change of it shows as another etag",
        "force_destroy": "tells the provider how to delete an object; no property of it",
        "source": "a file beside the configuration",
    },
)
