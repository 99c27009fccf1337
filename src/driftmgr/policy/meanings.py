"""What changes of single attributes mean for exposure and privilege: a table by the name of the attribute.

A row is about an attribute (dots lead into blocks) of types (a glob). Policy documents and rules of firewalls are too
rich for a row: ``grants`` and ``openings`` judge them.
"""

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.model import AttributeChange, Severity
from driftmgr.policy.networks import contains, widest
from driftmgr.policy.paths import names, values_under

Values = Sequence[Any]
Test = Callable[[Values, Values], "str | bool"]
"""From all recorded and all observed values of an attribute: whether the row applies, or the words for ``{}``."""

Located = tuple[tuple[str, ...], AttributeChange]
"""The names in a change's path, and the change."""

_OFF = frozenset({"", "0", "false", "disabled", "none", "off", "suspended"})


def _is_on(value: Any) -> bool:
    return str(value).lower() not in _OFF


def turned_off(before: Values, now: Values) -> bool:
    """Something was on, and nothing is any more."""
    return any(map(_is_on, before)) and not any(map(_is_on, now))


def turned_on(before: Values, now: Values) -> bool:
    """Something is on, and nothing was."""
    return turned_off(now, before)


def newly_off(before: Values, now: Values) -> bool:
    """Of several more are off than were; one that is gone as a whole is none of them."""
    return len(now) - sum(map(_is_on, now)) > len(before) - sum(map(_is_on, before))


def replaced(before: Values, now: Values) -> bool:
    """Another value stands where one was."""
    return bool(before) and bool(now) and list(before) != list(now)


def gained(before: Values, now: Values) -> str:
    """The first value that was not there."""
    return next((str(value) for value in now if value not in before), "")


def lost(before: Values, now: Values) -> str:
    """The first value that is not there any more."""
    return gained(now, before)


def lowered(before: Values, now: Values) -> str:
    """The smaller number that stands where another was; none is 0."""
    first, second = _number(before) or 0.0, _number(now) or 0.0
    return f"{second:g}" if second < first else ""


def lowered_or_limited(before: Values, now: Values) -> str:
    """The same where none or 0 means for ever."""
    first, second = _number(before) or float("inf"), _number(now) or float("inf")
    return f"{second:g}" if second < first else ""


def one_of(*values: str) -> Test:
    """The attribute has one of these values now, and had none of them before."""

    def became(before: Values, now: Values) -> str:
        known = {str(value).lower() for value in before}
        return next((str(value) for value in now if str(value).lower() in values and not known & set(values)), "")

    return became


def wider_sources(before: Values, now: Values) -> str:
    """The widest network that is not inside the ones that were there."""
    known = [str(value) for value in before]
    return widest(str(value) for value in now if not contains(known, str(value))) or ""


def _number(values: Values) -> float | None:
    try:
        return next((float(value) for value in values), None)
    except (TypeError, ValueError, OverflowError):
        return None


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """One row.

    ``alone``: it also judges an object that is no part of anything managed. ``unless`` names an attribute that takes
    over when it is set in the same change.
    """

    path: str
    test: Test
    reason: str
    types: str = "*"
    severity: Severity = "critical"
    alone: bool = False
    unless: str | None = None


def _rows(test: Test, reason: str, *paths: str, **others: Any) -> tuple[Meaning, ...]:
    return tuple(Meaning(path=path, test=test, reason=reason, **others) for path in paths)


_PUBLIC_CLOUD_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")

MEANINGS: tuple[Meaning, ...] = (
    # Reachable by everyone.
    *_rows(
        turned_on,
        "reachable from the internet",
        "publicly_accessible",
        "public_network_access_enabled",
        "vpc_config.endpoint_public_access",
        "settings.ip_configuration.ipv4_enabled",
        alone=True,
    ),
    *_rows(
        one_of("enabled"),
        "reachable from the internet",
        "public_network_access",
        alone=True,
    ),
    *_rows(
        turned_on,
        "gets a public address",
        "associate_public_ip_address",
        "map_public_ip_on_launch",
        "network_interfaces.associate_public_ip_address",
    ),
    *_rows(turned_off, "faces the internet", "internal", types="aws_*lb"),
    *_rows(turned_off, "its firewall is off", "control_plane_firewall.enabled"),
    *_rows(
        turned_off,
        "public access is blocked no more",
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ),
    *_rows(
        turned_on,
        "anonymous access is allowed",
        "allow_blob_public_access",
        "allow_nested_items_to_be_public",
        alone=True,
    ),
    *_rows(turned_off, "public access is prevented no more", "uniform_bucket_level_access"),
    *_rows(one_of("inherited"), "public access is prevented no more", "public_access_prevention"),
    *_rows(one_of(*_PUBLIC_CLOUD_ACLS), "its ACL is {}", "acl", alone=True),
    *_rows(
        one_of(
            "http://acs.amazonaws.com/groups/global/allusers",
            "http://acs.amazonaws.com/groups/global/authenticatedusers",
        ),
        "its ACL grants access to {}",
        "grant.uri",
        "access_control_policy.grant.grantee.uri",
        alone=True,
    ),
    *_rows(
        one_of("none"), "can be called without authorization", "authorization_type", types="aws_lambda_function_url"
    ),
    *_rows(
        wider_sources,
        "opened to {}",
        "vpc_config.public_access_cidrs",
        "control_plane_firewall.allowed_addresses",
        "settings.ip_configuration.authorized_networks.value",
    ),
    # Who may do what.
    *_rows(gained, "gives access to {}", "principal", "principals", "member", "members"),
    *_rows(
        gained,
        "attaches {}",
        "policy_arn",
        "policy_arns",
        "managed_policy_arns",
        types="aws_iam_*",
    ),
    *_rows(gained, "attaches the policy to {}", "groups", "roles", "users", types="aws_iam_policy_attachment"),
    *_rows(gained, "adds the member {}", "groups", "users", types="aws_iam_*_membership"),
    *_rows(lost, "its permissions boundary {} is gone", "permissions_boundary"),
    # Encryption.
    *_rows(
        turned_off,
        "encryption is off",
        "at_rest_encryption_enabled",
        "encrypt_at_rest.enabled",
        "encrypted",
        "encryption_at_host_enabled",
        "node_to_node_encryption.enabled",
        "root_block_device.encrypted",
        "server_side_encryption.enabled",
        "storage_encrypted",
        "transit_encryption_enabled",
    ),
    *_rows(newly_off, "encryption is off", "block_device_mappings.ebs.encrypted", "ebs_block_device.encrypted"),
    *_rows(turned_off, "encryption is off", "sqs_managed_sse_enabled", unless="kms_master_key_id"),
    *_rows(turned_off, "encryption by its key is off", "kms_master_key_id", unless="sqs_managed_sse_enabled"),
    *_rows(
        turned_off,
        "transport may be unencrypted",
        "enable_https_traffic_only",
        "https_only",
        "https_traffic_only_enabled",
        "settings.ip_configuration.require_ssl",
    ),
    *_rows(one_of("http", "tcp"), "transport is unencrypted", "protocol", types="aws_*lb_listener"),
    *_rows(
        replaced,
        "encrypted by another key",
        "encryption_configuration.kms_key",
        "kms_key",
        "kms_key_arn",
        "kms_key_id",
        "kms_master_key_id",
        "rule.apply_server_side_encryption_by_default.kms_master_key_id",
        severity="high",
    ),
    *_rows(
        turned_off,
        "encrypted by its own key no more",
        "encryption_configuration.kms_key",
        "kms_key",
        "kms_key_arn",
        "kms_key_id",
        "rule.apply_server_side_encryption_by_default.kms_master_key_id",
        severity="high",
    ),
    *_rows(turned_off, "its key is rotated no more", "enable_key_rotation", severity="high"),
    # Logs.
    *_rows(
        turned_off,
        "logging is off",
        "access_log_settings.destination_arn",
        "access_logs.enabled",
        "connection_logs.enabled",
        "enable_logging",
        "logging.target_bucket",
        "logging_config.bucket",
        "target_bucket",
    ),
    *_rows(
        lost,
        "{} is logged no more",
        "enabled_cloudwatch_logs_exports",
        "enabled_cluster_log_types",
    ),
    *_rows(
        turned_off,
        "logs less than before",
        "enable_log_file_validation",
        "include_global_service_events",
        "is_multi_region_trail",
    ),
    *_rows(
        replaced,
        "logs go elsewhere",
        "access_logs.bucket",
        "log_destination",
        "logging.target_bucket",
        "s3_bucket_name",
        "target_bucket",
        severity="high",
    ),
    *_rows(one_of("accept", "reject"), "logs {} traffic alone", "traffic_type", severity="high"),
    # What keeps data from being lost.
    *_rows(
        turned_off,
        "deletion protection is off",
        "deletion_protection",
        "deletion_protection_enabled",
        "disable_api_stop",
        "disable_api_termination",
        "enable_deletion_protection",
        "purge_protection_enabled",
    ),
    *_rows(
        turned_off,
        "versioning is off",
        "versioning.enabled",
        "versioning_configuration.status",
    ),
    *_rows(turned_off, "MFA delete is off", "versioning.mfa_delete", "versioning_configuration.mfa_delete"),
    *_rows(turned_off, "backups are off", "point_in_time_recovery.enabled", severity="high"),
    *_rows(
        lowered,
        "backups are kept for a shorter time ({} days)",
        "backup_retention_period",
        "soft_delete_retention_days",
        severity="high",
    ),
    *_rows(
        lowered_or_limited,
        "logs are kept for a shorter time ({} days)",
        "retention_in_days",
        severity="high",
    ),
    # How easily something is taken over.
    *_rows(
        one_of("optional"),
        "instance credentials are open to request forgery",
        "metadata_options.http_tokens",
        severity="high",
    ),
    *_rows(one_of("mutable"), "tags can be moved to other images", "image_tag_mutability", severity="high"),
    *_rows(turned_off, "images are scanned no more", "image_scanning_configuration.scan_on_push", severity="high"),
    *_rows(turned_off, "forwards traffic that is not its own", "source_dest_check", severity="high"),
)

GUARDS: Mapping[str, str] = {
    "aws_cloudtrail": "what is done in the account is logged no more",
    "aws_ebs_encryption_by_default": "new volumes are encrypted no more",
    "aws_flow_log": "traffic is logged no more",
    "aws_guardduty_detector": "threats are detected no more",
    "aws_iam_account_password_policy": "passwords follow no policy any more",
    "aws_s3_account_public_access_block": "public access is blocked no more",
    "aws_s3_bucket_logging": "access is logged no more",
    "aws_s3_bucket_public_access_block": "public access is blocked no more",
}
"""Types whose objects guard something else: what it means that one is gone."""


_BY_NAME: dict[str, list[Meaning]] = {}
for _row in MEANINGS:
    _BY_NAME.setdefault(_row.path.partition(".")[0], []).append(_row)


def meanings_of(
    resource_type: str, changes: Sequence[AttributeChange], *, everyone_only: bool
) -> Iterator[tuple[Severity, str]]:
    """Severity and reason of every row that applies to the changes of one resource."""
    paths = [(names(change.path), change) for change in changes]
    told = dict.fromkeys(path[0] for path, _ in paths if path)
    for row in (row for name in told for row in _BY_NAME.get(name, ())):
        if (everyone_only and not row.alone) or not fnmatch.fnmatchcase(resource_type, row.types):
            continue
        before, now = _sides(row.path, paths)
        if (found := row.test(before, now)) and not _taken_over(row, paths):
            yield row.severity, row.reason.format(_cut(str(found)))


def _taken_over(row: Meaning, paths: Sequence[Located]) -> bool:
    return row.unless is not None and any(map(_is_on, _sides(row.unless, paths)[1]))


def _sides(path: str, paths: Sequence[Located]) -> tuple[list[Any], list[Any]]:
    """All recorded and all observed values of an attribute, over the changes that are about it."""
    before: list[Any] = []
    now: list[Any] = []
    wanted = tuple(path.split("."))
    for given, change in paths:
        if given == wanted[: len(given)]:
            before += values_under(change.recorded, wanted[len(given) :])
            now += values_under(change.observed, wanted[len(given) :])
    return before, now


def _cut(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:99]}…"  # noqa: PLR2004  # one line of a report
