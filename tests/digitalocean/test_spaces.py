"""Spaces: what is changed on buckets and keys is reported exactly; without keys nothing of them is judged."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from digitalocean.changes.words import Row, changed, gone, made
from digitalocean.fixtures import Recorded
from digitalocean.spaces import Spaces
from digitalocean.test_agreement import rows, scan
from driftmgr import app
from driftmgr.app import ScanRequest

BUCKET_TYPES = {
    "digitalocean_spaces_bucket",
    "digitalocean_spaces_bucket_cors_configuration",
    "digitalocean_spaces_bucket_object",
    "digitalocean_spaces_bucket_policy",
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::assets/*"}],
}
CORS = {"CORSRules": [{"AllowedMethods": ["DELETE"], "AllowedOrigins": ["*"]}]}
LOGGED = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "elsewhere/"}}


def _lifecycle(days: int) -> dict[str, Any]:
    rule = {
        "ID": "logs",
        "Status": "Enabled",
        "Filter": {"Prefix": "logs/"},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 10},
        "Expiration": {"Days": days},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 15},
    }
    return {"Rules": [rule]}


Deed = Callable[[Any], object]
"""Something done with a client of S3."""

DEEDS: dict[str, tuple[str, Deed, set[Row]]] = {
    "a bucket opened to everybody": (
        "spaces",
        lambda s3: s3.put_bucket_acl(Bucket="assets", ACL="public-read"),
        {("changed", "spaces_bucket.assets", "acl")},
    ),
    "versioning suspended": (
        "spaces",
        lambda s3: s3.put_bucket_versioning(Bucket="assets", VersioningConfiguration={"Status": "Suspended"}),
        {("changed", "spaces_bucket.assets", "versioning")},
    ),
    "versioning enabled": (
        "spaces",
        lambda s3: s3.put_bucket_versioning(Bucket="plain", VersioningConfiguration={"Status": "Enabled"}),
        {("changed", "spaces_bucket.plain", "versioning")},
    ),
    "objects expire sooner": (
        "spaces",
        lambda s3: s3.put_bucket_lifecycle_configuration(Bucket="assets", LifecycleConfiguration=_lifecycle(1)),
        {("changed", "spaces_bucket.assets", "lifecycle_rule")},
    ),
    "the same lifecycle again": (
        "spaces",
        lambda s3: s3.put_bucket_lifecycle_configuration(Bucket="assets", LifecycleConfiguration=_lifecycle(30)),
        set(),
    ),
    "lifecycle removed": (
        "spaces",
        lambda s3: s3.delete_bucket_lifecycle(Bucket="assets"),
        {("changed", "spaces_bucket.assets", "lifecycle_rule")},
    ),
    "a bucket's own rules for other origins changed": (
        "spaces",
        lambda s3: s3.put_bucket_cors(Bucket="assets", CORSConfiguration=CORS),
        {("changed", "spaces_bucket.assets", "cors_rule")},
    ),
    "rules for other origins, managed on their own, changed": (
        "spaces",
        lambda s3: s3.put_bucket_cors(Bucket="plain", CORSConfiguration=CORS),
        {("changed", "spaces_bucket_cors_configuration.plain", "cors_rule")},
    ),
    "rules for other origins removed": (
        "spaces",
        lambda s3: s3.delete_bucket_cors(Bucket="plain"),
        {("missing", "spaces_bucket_cors_configuration.plain", "")},
    ),
    "rules for other origins where there were none": (
        "spaces",
        lambda s3: s3.put_bucket_cors(Bucket="logs", CORSConfiguration=CORS),
        {("unmanaged", "spaces_bucket_cors_configuration", "")},
    ),
    "a policy changed": (
        "spaces",
        lambda s3: s3.put_bucket_policy(Bucket="plain", Policy=json.dumps(POLICY).replace("assets", "plain")),
        {("changed", "spaces_bucket_policy.plain", "policy")},
    ),
    "a policy removed": (
        "spaces",
        lambda s3: s3.delete_bucket_policy(Bucket="plain"),
        {("missing", "spaces_bucket_policy.plain", "")},
    ),
    "a policy by hand": (
        "spaces",
        lambda s3: s3.put_bucket_policy(Bucket="assets", Policy=json.dumps(POLICY)),
        {("unmanaged", "spaces_bucket_policy", "")},
    ),
    "a bucket by hand": (
        "spaces",
        lambda s3: s3.create_bucket(Bucket="copies"),
        {("unmanaged", "spaces_bucket", "")},
    ),
    "a bucket deleted": (
        "spaces",
        lambda s3: s3.delete_bucket(Bucket="logs"),
        {("missing", "spaces_bucket.logs", "")},
    ),
    "an object's content replaced": (
        "spaces",
        lambda s3: s3.put_object(Bucket="plain", Key="data/plain.txt", Body=b"other"),
        {("changed", "spaces_bucket_object.plain", "etag")},
    ),
    "an object stored again with other headers": (
        "spaces",
        lambda s3: s3.put_object(
            Bucket="plain",
            Key="packed.txt",
            Body=b"packed",
            ContentEncoding="gzip",
            ContentType="text/plain",
            CacheControl="no-store",
            ContentDisposition="attachment",
            ContentLanguage="de",
            Metadata={"team": "web"},
            WebsiteRedirectLocation="/other",
        ),
        {
            ("changed", "spaces_bucket_object.packed", name)
            for name in (
                "cache_control",
                "content_disposition",
                "content_encoding",
                "content_language",
                "content_type",
                "metadata",
                "website_redirect",
            )
        },
    ),
    "an object opened to everybody": (
        "spaces",
        lambda s3: s3.put_object_acl(Bucket="plain", Key="packed.txt", ACL="public-read"),
        {("changed", "spaces_bucket_object.packed", "acl")},
    ),
    "an object deleted": (
        "spaces",
        lambda s3: s3.delete_object(Bucket="plain", Key="data/plain.txt"),
        {("missing", "spaces_bucket_object.plain", "")},
    ),
    "an object by hand": (
        "spaces",
        lambda s3: s3.put_object(Bucket="plain", Key="notes.txt", Body=b"mine"),
        set(),
    ),
    "a file of the same name in another bucket": (
        "spaces",
        lambda s3: (
            s3.delete_object(Bucket="plain", Key="index.html"),
            s3.put_object(Bucket="assets", Key="index.html", Body=b"<html></html>"),
        ),
        {("missing", "spaces_bucket_object.index", "")},
    ),
    "log files moved": (
        "spaces_logging",
        lambda s3: s3.put_bucket_logging(Bucket="watched", BucketLoggingStatus=LOGGED),
        {("changed", "spaces_bucket_logging.watched", "target_prefix")},
    ),
    "logging off": (
        "spaces_logging",
        lambda s3: s3.put_bucket_logging(Bucket="watched", BucketLoggingStatus={}),
        {("missing", "spaces_bucket_logging.watched", "")},
    ),
}


@pytest.mark.parametrize("name", DEEDS)
def test_each_change_is_reported_exactly(
    recorded_spaces: Callable[[str], Recorded], digitalocean_spaces: Spaces, name: str
) -> None:
    """The report after a change behind Terraform's back has the rows of that change and no other."""
    family, deed, expected = DEEDS[name]
    pair = recorded_spaces(family)
    deed(digitalocean_spaces.client())
    assert rows(scan(pair)) == expected


KEYS = "/v2/spaces/keys"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (changed(KEYS, "shop", grants=[]), {("changed", "spaces_key.shop", "grant")}),
        (
            changed(KEYS, "shop", grants=[{"bucket": "assets", "permission": "fullaccess"}]),
            {("changed", "spaces_key.shop", "grant")},
        ),
        (gone(KEYS, name="all"), {("missing", "spaces_key.all", "")}),
        (made(KEYS, name="backdoor", grants=[]), {("unmanaged", "spaces_key", "")}),
    ],
    ids=["grants taken", "a grant widened", "deleted", "made by hand"],
)
def test_each_change_of_a_key_is_reported_exactly(
    recorded_spaces: Callable[[str], Recorded], change: Any, expected: set[Row]
) -> None:
    """Keys are listed by DigitalOcean's own API."""
    pair = recorded_spaces("spaces")
    change(pair.cloud)
    assert rows(scan(pair)) == expected


def test_without_keys_what_a_state_holds_is_a_gap(recorded: Callable[[str], Recorded]) -> None:
    """Nothing of a bucket is missing or in sync then; the gap names the variables, and all else is whole."""
    report = scan(recorded("spaces"))
    assert not report.drifts
    gaps = [gap for gap in report.gaps if gap.reason != "unsupported"]
    assert {gap.type for gap in gaps} == BUCKET_TYPES
    assert {gap.reason for gap in gaps} == {"denied"}
    assert all("SPACES_ACCESS_KEY_ID and SPACES_SECRET_ACCESS_KEY" in (gap.message or "") for gap in gaps)
    assert report.summary.in_sync == 2  # the keys


def test_without_keys_buckets_that_no_state_holds_are_not_asked_for(recorded: Callable[[str], Recorded]) -> None:
    """As with a cloud that nobody signed in to; a type that is named is asked for all the same."""
    pair = recorded("vpcs")
    assert not scan(pair).gaps
    named = scan(pair, types=("digitalocean_spaces_bucket",))
    assert {(gap.type, gap.reason) for gap in named.gaps} == {("digitalocean_spaces_bucket", "denied")}


def test_keys_that_are_refused_cost_the_buckets_only(
    recorded_spaces: Callable[[str], Recorded], digitalocean_spaces: Spaces
) -> None:
    """Refused keys are a gap of each type of bucket; nothing is missing."""
    pair = recorded_spaces("spaces")
    digitalocean_spaces.refused = True
    report = scan(pair)
    assert not report.drifts
    gaps = {(gap.type, gap.reason) for gap in report.gaps if gap.reason != "unsupported"}
    assert gaps >= {(name, "denied") for name in BUCKET_TYPES}
    assert report.summary.in_sync == 2


def test_who_asks_for_objects_that_nobody_lists_is_told(recorded_spaces: Callable[[str], Recorded]) -> None:
    """Files that no state records are not looked for: a scan notes it, an inventory has a gap."""
    pair = recorded_spaces("spaces")
    kind = "digitalocean_spaces_bucket_object"
    report = scan(pair, types=(kind,))
    assert (report.summary.in_sync, report.summary.managed, report.gaps) == (3, 3, ())
    assert report.scan.notes == (f"{kind}: only what a state records is looked at; no call lists all there is",)
    assert not scan(pair, types=(kind,), managed_only=True).scan.notes
    assert not scan(pair).scan.notes
    inventory = app.discover(ScanRequest(clouds=("digitalocean",), types=(kind,)))
    assert inventory.objects == ()
    assert [(gap.type, gap.reason, gap.operation) for gap in inventory.gaps] == [
        (kind, "unsupported", "s3.head_object")
    ]


def test_keys_of_spaces_are_never_shown(
    recorded_spaces: Callable[[str], Recorded], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the report nor the log holds the secret key that is used, nor the one that a state holds."""
    monkeypatch.setenv("SPACES_SECRET_ACCESS_KEY", "a-very-secret-key-of-spaces")
    pair = recorded_spaces("spaces")
    pair.cloud.change(f"{KEYS}/DO000889AC54B890A24F", name="other")
    report = repr(scan(pair)) + "".join(capsys.readouterr())
    assert "a-very-secret-key-of-spaces" not in report
    assert "96e84d921d8ca2ffb1dc2aaf28c922b3dd5d2c76f23" not in report
