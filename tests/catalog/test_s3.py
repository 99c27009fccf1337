"""Buckets and their parts read from answers in botocore's shape, as the provider's flatten functions would."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from discovery.fake import Answer, FakeApi, shard_of
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.s3 import (
    BUCKET,
    canned_acl,
    grants_by_grantee,
    in_order_of_ids,
    payer,
    same_canned_acl,
    same_grants,
)
from driftmgr.catalog.aws.s3_configurations import mfa_delete, transition_size, without_empty_filters
from driftmgr.clouds import ApiError
from driftmgr.discovery.collect import Collector
from driftmgr.discovery.observe import Observer
from driftmgr.model import Gap, RemoteObject, Scope

EVERYWHERE = Scope(cloud="aws", account="111122223333", region=None)
AWS = catalog_of("aws")
FAMILY = tuple(entry.name for entry in AWS if entry.list == BUCKET.list)
OWNER = {"ID": "me", "DisplayName": "me"}
GROUPS = "http://acs.amazonaws.com/groups/"


def observed(name: str, *, region: str | None = "eu-west-1", **parts: Any) -> RemoteObject:
    """The object that an entry reads from a listed bucket with parts."""
    item = {"Name": "shop", **({"BucketRegion": region} if region else {}), **parts, "Scope": {}}
    found = Observer(AWS[name]).observe(item, EVERYWHERE)
    assert found is not None
    return found


def bucket(**parts: Any) -> dict[str, Any]:
    """The attributes of a bucket with parts."""
    return observed("aws_s3_bucket", **parts).attributes


def grant(permission: str, *, user: str | None = None, group: str | None = None) -> dict[str, Any]:
    """One grant as S3 tells it."""
    grantee = {"Type": "CanonicalUser", "ID": user} if user else {"Type": "Group", "URI": f"{GROUPS}{group}"}
    return {"Grantee": grantee, "Permission": permission}


def acl(*grants: dict[str, Any]) -> dict[str, Any]:
    """An access control list with the owner's own grant first."""
    return {"Owner": OWNER, "Grants": [grant("FULL_CONTROL", user="me"), *grants]}


@pytest.mark.parametrize(
    ("region", "arn", "domain", "regional"),
    [
        ("us-east-1", "arn:aws:s3:::shop", "shop.s3.amazonaws.com", "shop.s3.us-east-1.amazonaws.com"),
        ("cn-north-1", "arn:aws-cn:s3:::shop", "shop.s3.amazonaws.com.cn", "shop.s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "arn:aws-us-gov:s3:::shop", "shop.s3.amazonaws.com", "shop.s3.us-gov-west-1.amazonaws.com"),
        (None, "arn:aws:s3:::shop", "shop.s3.amazonaws.com", None),
    ],
)
def test_a_bucket_lives_in_its_own_region(region: str | None, arn: str, domain: str, regional: str | None) -> None:
    """ARN, names and place follow from the region that the listing tells, for it is asked once for all regions."""
    found = observed("aws_s3_bucket", region=region)
    assert found.scope.region == found.attributes["region"] == region
    assert found.attributes["arn"] == arn
    assert found.attributes["bucket_domain_name"] == domain
    assert found.attributes["bucket_regional_domain_name"] == regional


def test_a_bare_bucket_has_nothing() -> None:
    """What S3 answers with "not set" is empty, and no part is made up."""
    found = bucket(Versioning={})
    blocks = ("cors_rule", "lifecycle_rule", "logging", "object_lock_configuration", "replication_configuration")
    assert all(found[name] == [] for name in (*blocks, "server_side_encryption_configuration", "website", "grant"))
    assert all(found[name] is None for name in ("policy", "acl", "acceleration_status", "request_payer"))
    assert found["versioning"] == [{"enabled": False, "mfa_delete": False}]
    assert found["object_lock_enabled"] is False
    assert found["tags_all"] == {}


def test_tags_name_the_maker() -> None:
    """A bucket that a stack made belongs to it; the cloud's own tags are not the user's."""
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "base"}, {"Key": "team", "Value": "shop"}]
    found = observed("aws_s3_bucket", Tags=tags)
    assert found.owner == "CloudFormation stack base"
    assert found.attributes["tags_all"] == {"team": "shop"}


def test_versioning_of_the_bucket() -> None:
    """The bucket's own block knows enabled or not, and MFA delete."""
    assert bucket(Versioning={"Status": "Enabled", "MFADelete": "Enabled"})["versioning"] == [
        {"enabled": True, "mfa_delete": True}
    ]
    assert bucket(Versioning={"Status": "Suspended"})["versioning"] == [{"enabled": False, "mfa_delete": False}]


def test_object_lock_of_the_bucket() -> None:
    """The lock and its default retention are read in days or years."""
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 2}}}
    found = bucket(ObjectLock=lock)
    assert found["object_lock_enabled"] is True
    retention = {"mode": "COMPLIANCE", "days": None, "years": 2}
    assert found["object_lock_configuration"] == [
        {"object_lock_enabled": "Enabled", "rule": [{"default_retention": [retention]}]}
    ]


DESTINATION = {
    "Bucket": "arn:aws:s3:::copy",
    "Account": "444455556666",
    "StorageClass": "STANDARD_IA",
    "AccessControlTranslation": {"Owner": "Destination"},
    "EncryptionConfiguration": {"ReplicaKmsKeyID": "key"},
    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
}


def test_replication_of_the_bucket() -> None:
    """Each part of a replication rule is found where S3 has it; both forms of filters are read."""
    rich = {
        "ID": "rich",
        "Priority": 3,
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Disabled"}},
        "Destination": DESTINATION,
    }
    plain = {
        "ID": "plain",
        "Prefix": "",
        "Status": "Disabled",
        "Filter": {"Tag": {"Key": "k", "Value": "v"}},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::copy"},
    }
    (found,) = bucket(Replication={"Role": "role", "Rules": [rich, plain]})["replication_configuration"]
    first, second = found["rules"]
    assert found["role"] == "role"
    assert first["destination"] == [
        {
            "account_id": "444455556666",
            "bucket": "arn:aws:s3:::copy",
            "storage_class": "STANDARD_IA",
            "replica_kms_key_id": "key",
            "access_control_translation": [{"owner": "Destination"}],
            "metrics": [{"minutes": 15, "status": "Enabled"}],
            "replication_time": [{"minutes": 15, "status": "Enabled"}],
        }
    ]
    assert first["filter"] == [{"prefix": "a/", "tags": {"k": "v"}}]
    assert first["source_selection_criteria"] == [{"sse_kms_encrypted_objects": [{"enabled": False}]}]
    assert (first["priority"], first["delete_marker_replication_status"]) == (3, "Enabled")
    assert second["filter"] == [{"prefix": None, "tags": {"k": "v"}}]
    assert (second["prefix"], second["delete_marker_replication_status"]) == ("", None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        ({"ResponseMetadata": {}}, []),
        ({"RedirectAllRequestsTo": {"HostName": "x.example"}}, "x.example"),
        ({"RedirectAllRequestsTo": {"HostName": "x.example/a", "Protocol": "https"}}, "https://x.example/a"),
    ],
)
def test_website_of_the_bucket(answer: Any, expected: Any) -> None:
    """A website is one only if the answer says anything of it; a redirect is written as the provider does."""
    found = bucket(Website=answer)["website"]
    assert found == expected or found[0]["redirect_all_requests_to"] == expected


def test_website_rules_are_json() -> None:
    """Routing rules are JSON text, as the provider keeps them."""
    rules = [{"Redirect": {"HostName": "x.example"}}]
    (found,) = bucket(Website={"IndexDocument": {"Suffix": "i"}, "RoutingRules": rules})["website"]
    assert found["routing_rules"] == '[{"Redirect":{"HostName":"x.example"}}]'


@pytest.mark.parametrize(
    ("rule", "prefix", "tags"),
    [
        ({"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}}, "a/", {"k": "v"}),
        ({"Filter": {"Prefix": "b/"}}, "b/", {}),
        ({"Filter": {"Tag": {"Key": "k", "Value": "v"}}}, None, {"k": "v"}),
        ({"Prefix": "c/"}, "c/", {}),
    ],
)
def test_lifecycle_rules_of_the_bucket(rule: dict[str, Any], prefix: str | None, tags: dict[str, str]) -> None:
    """The bucket's own rules know one prefix and tags, whichever form the filter has; dates are days."""
    dated = {"ID": "x", "Status": "Enabled", "Expiration": {"Date": datetime(2031, 1, 12, tzinfo=UTC)}, **rule}
    (found,) = bucket(Lifecycle={"Rules": [dated]})["lifecycle_rule"]
    assert (found["prefix"], found["tags"]) == (prefix, tags)
    assert found["expiration"] == [{"date": "2031-01-12", "days": None, "expired_object_delete_marker": None}]


def test_request_payer_and_acceleration() -> None:
    """Two words that moto does not tell, as S3 says them."""
    found = bucket(Payer="Requester", Acceleration="Suspended")
    assert (found["request_payer"], found["acceleration_status"]) == ("Requester", "Suspended")


@pytest.mark.parametrize(
    ("grants", "word"),
    [
        ((), "private"),
        ((grant("READ", group="global/AllUsers"),), "public-read"),
        ((grant("READ", group="global/AllUsers"), grant("WRITE", group="global/AllUsers")), "public-read-write"),
        ((grant("READ", group="global/AuthenticatedUsers"),), "authenticated-read"),
        ((grant("READ_ACP", group="s3/LogDelivery"), grant("WRITE", group="s3/LogDelivery")), "log-delivery-write"),
        ((grant("WRITE", group="global/AllUsers"),), None),
        ((grant("READ", user="other"),), None),
    ],
)
def test_canned_acl_of_grants(grants: tuple[dict[str, Any], ...], word: str | None) -> None:
    """An ACL has a canned name only if it grants exactly what the name stands for."""
    assert bucket(Acl=acl(*grants))["acl"] == word


def test_a_lone_stranger_is_not_private() -> None:
    """Full control of another than the owner has no canned name."""
    assert bucket(Acl={"Owner": OWNER, "Grants": [grant("FULL_CONTROL", user="other")]})["acl"] is None


def test_grants_by_grantee() -> None:
    """Permissions of one grantee are one grant; no answer is none."""
    both = grants_by_grantee(acl(grant("READ", group="global/AllUsers"), grant("WRITE", group="global/AllUsers")))
    assert both == [
        {"type": "CanonicalUser", "id": "me", "uri": "", "permissions": ["FULL_CONTROL"]},
        {"type": "Group", "id": "", "uri": f"{GROUPS}global/AllUsers", "permissions": ["READ", "WRITE"]},
    ]
    assert grants_by_grantee(None) == []
    assert canned_acl(both[1:]) is None


PRIVATE = grants_by_grantee(acl())
PUBLIC = grants_by_grantee(acl(grant("READ", group="global/AllUsers")))
CUSTOM = grants_by_grantee(acl(grant("READ", user="other")))


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [
        (PUBLIC, list(reversed(PUBLIC)), True),
        (PRIVATE, PUBLIC, False),
        # Nothing recorded: the canned name tells a change, if there is one; any other grants are told here.
        ([], PRIVATE, True),
        (None, PUBLIC, True),
        ([], CUSTOM, False),
        ([], None, True),
    ],
)
def test_same_grants(recorded: Any, now: Any, same: bool) -> None:  # noqa: FBT001 - a column of a table
    """Grants have no order; what an old state left to the canned name is not told twice; both ways round."""
    assert same_grants(recorded, now) is same
    assert same_grants(now, recorded) is same


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [
        ("private", "private", True),
        ("private", "public-read", False),
        (None, "public-read", True),
        ("private", None, True),
    ],
)
def test_same_canned_acl(recorded: Any, now: Any, same: bool) -> None:  # noqa: FBT001 - a column of a table
    """A canned name is compared only where both sides have one; both ways round."""
    assert same_canned_acl(recorded, now) is same
    assert same_canned_acl(now, recorded) is same


def test_normal_forms() -> None:
    """Each normal form gives S3's meaning of "not set", and keeps what is said."""
    assert (payer(""), payer("Requester")) == ("BucketOwner", "Requester")
    assert (mfa_delete(None), mfa_delete("Enabled")) == ("Disabled", "Enabled")
    assert (transition_size(""), transition_size("varies_by_storage_class")) == (
        "all_storage_classes_128K",
        "varies_by_storage_class",
    )
    assert in_order_of_ids([{"id": "b"}, {"id": None}, {"id": "a"}]) == [{"id": None}, {"id": "a"}, {"id": "b"}]
    assert in_order_of_ids(None) == []
    assert without_empty_filters([{"prefix": "", "and": []}, {"prefix": "a"}]) == [{"prefix": "a"}]
    assert without_empty_filters(None) == []


@pytest.mark.parametrize(
    ("answer", "status", "mfa", "is_default"),
    [
        ({}, "Disabled", None, True),
        ({"Status": "Enabled"}, "Enabled", None, False),
        ({"Status": "Suspended", "MFADelete": "Disabled"}, "Suspended", "Disabled", True),
    ],
)
def test_versioning(answer: Any, status: str, mfa: str | None, is_default: bool) -> None:  # noqa: FBT001 - a column
    """A bucket that was never versioned is "Disabled"; only enabled versioning is somebody's doing."""
    found = observed("aws_s3_bucket_versioning", Versioning=answer)
    assert found.attributes["versioning_configuration"] == [{"status": status, "mfa_delete": mfa}]
    assert found.is_default is is_default


@pytest.mark.parametrize(
    ("rule", "is_default"),
    [
        ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}, True),
        ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}, False),
        ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}}, False),
    ],
)
def test_encryption(rule: dict[str, Any], is_default: bool) -> None:  # noqa: FBT001 - a column of a table
    """Every bucket is encrypted with AES256; only another rule is somebody's doing."""
    found = observed("aws_s3_bucket_server_side_encryption_configuration", Encryption={"Rules": [rule]})
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert found.is_default is is_default
    assert found.attributes["rule"] == [
        {
            "bucket_key_enabled": rule.get("BucketKeyEnabled"),
            "apply_server_side_encryption_by_default": [
                {"kms_master_key_id": default.get("KMSMasterKeyID"), "sse_algorithm": default["SSEAlgorithm"]}
            ],
        }
    ]


@pytest.mark.parametrize(("flags", "is_default"), [((0, 0, 0, 0), True), ((1, 1, 1, 1), True), ((1, 0, 1, 1), False)])
def test_public_access_block(flags: tuple[int, ...], is_default: bool) -> None:  # noqa: FBT001 - a column of a table
    """A block of nothing is none, one of everything is what new buckets have; a mixed one is somebody's doing."""
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    found = observed("aws_s3_bucket_public_access_block", Block=dict(zip(names, map(bool, flags), strict=True)))
    assert found.is_default is is_default
    assert found.attributes["block_public_policy"] is bool(flags[1])


def test_lifecycle_filters() -> None:
    """Sizes, both tags and an empty filter are read as the provider does, with its legacy zeros inside ``and``."""
    both = {"Prefix": "a/", "ObjectSizeGreaterThan": 1, "Tags": [{"Key": "k", "Value": "v"}]}
    filters = [{"And": both}, {"ObjectSizeLessThan": 500}, {}, {"Tag": {"Key": "k", "Value": "v"}}]
    rules = [{"ID": str(number), "Status": "Enabled", "Filter": one} for number, one in enumerate(filters)]
    answer = {"Rules": rules, "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    found = observed("aws_s3_bucket_lifecycle_configuration", Lifecycle=answer).attributes
    none: dict[str, Any] = {
        "prefix": None,
        "object_size_greater_than": None,
        "object_size_less_than": None,
        "tag": [],
        "and": [],
    }
    joined = {"prefix": "a/", "object_size_greater_than": 1, "object_size_less_than": 0, "tags": {"k": "v"}}
    assert [rule["filter"] for rule in found["rule"]] == [
        [none | {"and": [joined]}],
        [none | {"object_size_less_than": 500}],
        [],
        [none | {"tag": [{"key": "k", "value": "v"}]}],
    ]
    assert found["transition_default_minimum_object_size"] == "varies_by_storage_class"


def test_lifecycle_actions() -> None:
    """Dates, days, numbers of versions and the legacy prefix are read as the provider does."""
    date = datetime(2031, 1, 12, tzinfo=UTC)
    rule = {
        "ID": "x",
        "Status": "Disabled",
        "Prefix": "old/",
        "Expiration": {"Date": date},
        "Transitions": [{"Date": date, "StorageClass": "GLACIER"}],
        "NoncurrentVersionTransitions": [
            {"NoncurrentDays": 30, "NewerNoncurrentVersions": 2, "StorageClass": "GLACIER"}
        ],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    (found,) = observed("aws_s3_bucket_lifecycle_configuration", Lifecycle={"Rules": [rule]}).attributes["rule"]
    text = "2031-01-12T00:00:00Z"
    assert found == {
        "id": "x",
        "status": "Disabled",
        "prefix": "old/",
        "filter": [],
        "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
        "expiration": [{"date": text, "days": 0, "expired_object_delete_marker": False}],
        "noncurrent_version_expiration": [{"newer_noncurrent_versions": 3, "noncurrent_days": 90}],
        "noncurrent_version_transition": [
            {"newer_noncurrent_versions": 2, "noncurrent_days": 30, "storage_class": "GLACIER"}
        ],
        "transition": [{"date": text, "days": None, "storage_class": "GLACIER"}],
    }


def test_logging() -> None:
    """Grants and both formats of log keys are read."""
    answer = {
        "TargetBucket": "logs",
        "TargetPrefix": "p/",
        "TargetGrants": [{"Permission": "READ", "Grantee": {"Type": "CanonicalUser", "ID": "me", "DisplayName": "me"}}],
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }
    found = observed("aws_s3_bucket_logging", Logging=answer).attributes
    grantee = {"display_name": "me", "email_address": None, "id": "me", "type": "CanonicalUser", "uri": None}
    assert (found["target_bucket"], found["target_prefix"]) == ("logs", "p/")
    assert found["target_grant"] == [{"permission": "READ", "grantee": [grantee]}]
    assert found["target_object_key_format"] == [
        {"partitioned_prefix": [{"partition_date_source": "EventTime"}], "simple_prefix": []}
    ]
    simple = observed("aws_s3_bucket_logging", Logging=answer | {"TargetObjectKeyFormat": {"SimplePrefix": {}}})
    assert simple.attributes["target_object_key_format"] == [{"partitioned_prefix": [], "simple_prefix": [{}]}]


def buckets(errors: Mapping[str, str]) -> Answer:
    """Two buckets in two regions; every question about a part answers "not set", or ends with an error code."""
    listed = [{"Name": "near", "BucketRegion": "us-east-1"}, {"Name": "far", "BucketRegion": "eu-west-1"}]

    def answer(operation: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        if code := errors.get(operation):
            raise ApiError(operation, code, "unreachable", "no")
        return [{"Buckets": listed} if operation == "s3.list_buckets" else {}]

    return answer


def collected(errors: Mapping[str, str]) -> tuple[FakeApi, list[RemoteObject], list[Gap]]:
    """What the whole family finds where calls end with error codes."""
    api, found = FakeApi(buckets(errors)), list[RemoteObject | Gap]()
    asyncio.run(Collector(AWS, api, shard_of(EVERYWHERE)).collect(FAMILY, found.append))
    objects = [item for item in found if isinstance(item, RemoteObject)]
    return api, objects, [item for item in found if isinstance(item, Gap)]


NOT_SET = {
    "s3.get_bucket_policy": "NoSuchBucketPolicy",
    "s3.get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "s3.get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "s3.get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "s3.get_bucket_tagging": "NoSuchTagSet",
    "s3.get_bucket_cors": "NoSuchCORSConfiguration",
    "s3.get_bucket_website": "NoSuchWebsiteConfiguration",
    "s3.get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "s3.get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "s3.get_bucket_accelerate_configuration": "MethodNotAllowed",
}


def test_each_call_is_made_once_per_bucket_in_its_region() -> None:
    """Seven types cost one listing and fourteen calls per bucket, each to the region that the bucket lives in."""
    api, _, gaps = collected(NOT_SET)
    assert len(FAMILY) == len({"bucket", "versioning", "encryption", "policy", "block", "lifecycle", "logging"})
    assert not gaps
    asked = [(operation, params.get("Bucket"), region) for operation, params, region in api.asked]
    assert len(asked) == len(set(asked)) == 1 + 2 * 14
    assert {(name, region) for _, name, region in asked if name} == {("near", "us-east-1"), ("far", "eu-west-1")}


def test_not_set_is_no_object_and_no_gap() -> None:
    """A code that means "not set" leaves the bucket and its default versioning, and nothing else."""
    _, objects, _ = collected(NOT_SET)
    assert {(found.type, found.id, found.is_default) for found in objects} == {
        *(("aws_s3_bucket", name, False) for name in ("near", "far")),
        *(("aws_s3_bucket_versioning", name, True) for name in ("near", "far")),
    }


@pytest.mark.parametrize("code", ["AccessDenied", "MethodNotAllowed"])
def test_a_refused_part_is_a_gap(code: str) -> None:
    """A policy that must not be read makes no bucket without a policy: its attribute is unread, its type a gap."""
    _, objects, gaps = collected(NOT_SET | {"s3.get_bucket_policy": code})
    assert {found.unread for found in objects if found.type == "aws_s3_bucket"} == {("policy",)}
    assert {(gap.type, gap.attributes) for gap in gaps} == {
        ("aws_s3_bucket", ("policy",)),
        ("aws_s3_bucket_policy", ()),
    }
