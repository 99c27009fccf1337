"""The read-only permissions of catalog entries, derived from their calls.

AWS: IAM actions, https://docs.aws.amazon.com/service-authorization/latest/reference/
DigitalOcean: token scopes, https://docs.digitalocean.com/reference/api/scopes/
"""

from collections.abc import Iterable, Iterator
from typing import Any

from driftmgr.catalog.entry import Call, ResourceType

# IAM's prefix where it is not the name of botocore's client.
_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "elb": "elasticloadbalancing",
    "resourcegroupstaggingapi": "tag",
    "efs": "elasticfilesystem",
    "stepfunctions": "states",
}
# S3's actions that are not the operation's name.
_S3 = {
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListBuckets": "ListAllMyBuckets",
}
_ALWAYS = ("ec2:DescribeRegions", "sts:GetCallerIdentity")
_ACRONYMS = {
    "db": "DB",
    "dns": "DNS",
    "iam": "IAM",
    "kms": "KMS",
    "mfa": "MFA",
    "ssh": "SSH",
}


def calls_of(entry: ResourceType) -> Iterator[Call]:
    """Every call that an entry may make."""
    if entry.source:
        yield entry.source
    if isinstance(entry.expand, Call):
        yield entry.expand
    yield from (call for join in entry.joins.values() for call in (join.of, join.call) if call)
    yield from entry.details.values()


def call_actions(call: Call) -> tuple[str, ...]:
    """The permissions that one call needs: IAM actions, or the scopes of a token."""
    if call.permission is not None:
        return (call.permission,) if isinstance(call.permission, str) else call.permission
    service, method = call.operation.split(".")
    words = method.split("_")
    operation = "".join(_ACRONYMS.get(word, word.capitalize()) for word in words)
    if service == "s3":
        operation = _S3.get(operation, operation)
    return (f"{_PREFIXES.get(service, service)}:{operation}",)


def actions(entries: Iterable[ResourceType]) -> tuple[str, ...]:
    """All actions that the entries need, sorted, with those that every scan needs."""
    found = {action for entry in entries for call in calls_of(entry) for action in call_actions(call)}
    return tuple(sorted(found | set(_ALWAYS)))


def policy_document(entries: Iterable[ResourceType]) -> dict[str, Any]:
    """An IAM policy that allows exactly what a scan of the entries asks, and nothing that changes anything."""
    statement = {"Sid": "DriftMgrReads", "Effect": "Allow", "Action": list(actions(entries)), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def token_scopes(entries: Iterable[ResourceType]) -> tuple[str, ...]:
    """The scopes of a DigitalOcean token that can read the entries' objects, sorted."""
    return tuple(
        sorted(
            {"account:read"} | {scope for entry in entries for call in calls_of(entry) for scope in call_actions(call)}
        )
    )
