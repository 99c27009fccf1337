"""Severities with reasons, what is ignored, and counts that stay true."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.model import Drift, Gap, Severity
from driftmgr.policy.ignore import IgnoreRule
from driftmgr.policy.ignore_file import IgnoreFile
from driftmgr.policy.judge import SEVERITIES, Importance, Observed, Policy, judge, weighed
from driftmgr.policy.meanings import MEANINGS
from policy.findings import HERE, change, changed, document, missing, report, unmanaged

TODAY = date(2026, 6, 1)
PUBLIC = document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
ADMIN = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
TRUST = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})


def judged(found: Drift, attributes: dict[str, Any] | None = None) -> tuple[Severity, str | None]:
    """Severity and reason of a finding of low criticality."""
    drift = weighed(found, (), None if attributes is None else Observed(attributes=attributes))
    return drift.severity, drift.reason


@pytest.mark.parametrize(
    ("resource_type", "path", "before", "now", "severity", "reason"),
    [
        ("aws_db_instance", "publicly_accessible", False, True, "critical", "reachable from the internet"),
        ("aws_db_instance", "publicly_accessible", True, False, "low", "low by its type"),
        ("azurerm_x", "public_network_access", "Disabled", "Enabled", "critical", "reachable from the internet"),
        ("aws_subnet", "map_public_ip_on_launch", False, True, "critical", "gets a public address"),
        ("aws_lb", "internal", True, False, "critical", "faces the internet"),
        ("aws_x", "internal", True, False, "low", "low by its type"),
        (
            "aws_s3_bucket_public_access_block",
            "block_public_acls",
            True,
            False,
            "critical",
            "public access is blocked no more",
        ),
        (
            "google_storage_bucket",
            "public_access_prevention",
            "enforced",
            "inherited",
            "critical",
            "public access is prevented no more",
        ),
        ("aws_s3_bucket", "acl", "private", "public-read", "critical", "its ACL is public-read"),
        ("aws_s3_bucket", "acl", "public-read-write", "public-read", "low", "low by its type"),
        (
            "aws_s3_bucket",
            "grant[1]",
            None,
            {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"},
            "critical",
            "its ACL grants access to http://acs.amazonaws.com/groups/global/AllUsers",
        ),
        (
            "aws_eks_cluster",
            "vpc_config[0].public_access_cidrs[0]",
            "10.0.0.0/8",
            "0.0.0.0/0",
            "critical",
            "opened to 0.0.0.0/0",
        ),
        (
            "digitalocean_kubernetes_cluster",
            "control_plane_firewall[0].allowed_addresses[3]",
            None,
            "0.0.0.0/0",
            "critical",
            "opened to 0.0.0.0/0",
        ),
        (
            "digitalocean_kubernetes_cluster",
            "control_plane_firewall[0].enabled",
            True,
            False,
            "critical",
            "its firewall is off",
        ),
        ("google_project_iam_binding", "members[3]", None, "allUsers", "critical", "gives access to allUsers"),
        ("aws_iam_role", "managed_policy_arns[0]", None, "arn:x", "critical", "attaches arn:x"),
        ("aws_iam_policy_attachment", "roles[2]", None, "r", "critical", "attaches the policy to r"),
        ("aws_iam_role", "permissions_boundary", "arn:b", None, "critical", "its permissions boundary arn:b is gone"),
        ("aws_iam_role", "permissions_boundary", None, "arn:b", "low", "low by its type"),
        ("aws_db_instance", "storage_encrypted", True, False, "critical", "encryption is off"),
        ("aws_instance", "ebs_block_device[0].encrypted", True, False, "critical", "encryption is off"),
        ("aws_instance", "ebs_block_device[0]", {"encrypted": True}, None, "low", "low by its type"),
        ("aws_sqs_queue", "sqs_managed_sse_enabled", True, False, "critical", "encryption is off"),
        ("aws_lb_listener", "protocol", "HTTPS", "HTTP", "critical", "transport is unencrypted"),
        ("aws_ebs_volume", "kms_key_id", "a", "b", "high", "encrypted by another key"),
        ("aws_ebs_volume", "kms_key_id", "a", None, "high", "encrypted by its own key no more"),
        ("aws_lb", "access_logs[0].enabled", True, False, "critical", "logging is off"),
        ("aws_lb", "access_logs", [{"enabled": True, "bucket": "b"}], [], "critical", "logging is off"),
        ("aws_db_instance", "enabled_cloudwatch_logs_exports[0]", "audit", None, "critical", "audit is logged no more"),
        ("aws_flow_log", "traffic_type", "ALL", "REJECT", "high", "logs REJECT traffic alone"),
        ("aws_s3_bucket_logging", "target_bucket", "a", "b", "high", "logs go elsewhere"),
        ("aws_dynamodb_table", "deletion_protection_enabled", True, False, "critical", "deletion protection is off"),
        (
            "aws_s3_bucket_versioning",
            "versioning_configuration[0].status",
            "Enabled",
            "Suspended",
            "critical",
            "versioning is off",
        ),
        (
            "aws_s3_bucket_versioning",
            "versioning_configuration[0].mfa_delete",
            "Enabled",
            "Disabled",
            "critical",
            "MFA delete is off",
        ),
        ("aws_db_instance", "backup_retention_period", 14, 0, "high", "backups are kept for a shorter time (0 days)"),
        ("aws_db_instance", "backup_retention_period", "x", "y", "low", "low by its type"),
        ("aws_cloudwatch_log_group", "retention_in_days", 0, 7, "high", "logs are kept for a shorter time (7 days)"),
        ("aws_cloudwatch_log_group", "retention_in_days", 7, 0, "low", "low by its type"),
        (
            "aws_ecr_repository",
            "image_tag_mutability",
            "IMMUTABLE",
            "MUTABLE",
            "high",
            "tags can be moved to other images",
        ),
        (
            "aws_instance",
            "metadata_options[0].http_tokens",
            "required",
            "optional",
            "high",
            "instance credentials are open to request forgery",
        ),
        (
            "aws_iam_role",
            "assume_role_policy",
            TRUST,
            PUBLIC,
            "critical",
            "everyone is allowed s3:GetObject and had no access before",
        ),
        (
            "aws_iam_role",
            "inline_policy[0]",
            None,
            {"name": "a", "policy": ADMIN},
            "critical",
            "allows every action on every resource",
        ),
        ("aws_iam_role", "inline_policy[0].policy", TRUST, ADMIN, "critical", "allows every action on every resource"),
        ("aws_sqs_queue", "policy", PUBLIC, "", "low", "low by its type"),
        ("aws_sqs_queue", "policy", "(sensitive)", "(sensitive)", "low", "low by its type"),
        ("aws_vpc", 'tags_all["policy"]', None, PUBLIC, "low", "low by its type"),
    ],
)
def test_what_a_change_means(
    resource_type: str, path: str, before: Any, now: Any, severity: Severity, reason: str
) -> None:
    """Wider exposure or privilege is critical whatever the type, weaker keeping is high, the rest is by the type."""
    assert judged(changed(resource_type, change(path, before, now))) == (severity, reason)


def test_one_kind_of_encryption_for_another() -> None:
    """A queue that goes from SQS's own encryption to a key, or back, is still encrypted."""
    key = change("kms_master_key_id", None, "alias/k")
    own = change("sqs_managed_sse_enabled", "true", "false")
    assert judged(changed("aws_sqs_queue", own, key))[0] == "low"
    back = change("kms_master_key_id", "alias/k", None), change("sqs_managed_sse_enabled", "false", "true")
    assert judged(changed("aws_sqs_queue", *back))[0] == "low"


def test_a_long_value_is_cut_in_a_reason() -> None:
    """A reason is one line of a report."""
    _, reason = judged(changed("aws_iam_role", change("managed_policy_arns[0]", None, "x" * 300)))
    assert reason is not None
    assert len(reason) < 120


def test_a_deleted_guard_is_critical() -> None:
    """That a public access block is gone opens the bucket; that a queue is gone does not."""
    assert judged(missing("aws_s3_bucket_public_access_block")) == ("critical", "public access is blocked no more")
    assert judged(missing("aws_sqs_queue")) == ("low", "low by its type")


@pytest.mark.parametrize(
    ("resource_type", "attributes", "alone", "child"),
    [
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0"}, "critical", "critical"),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "10.0.0.0/8"}, "low", "critical"),
        ("aws_s3_bucket_policy", {"policy": PUBLIC}, "critical", "critical"),
        ("aws_iam_role", {"assume_role_policy": TRUST}, "low", "low"),
        ("aws_security_group", {"egress": [{"cidr_blocks": ["0.0.0.0/0"]}]}, "low", "low"),
        ("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]}, "critical", "critical"),
        ("aws_iam_policy", {"policy": ADMIN}, "critical", "critical"),
        ("aws_vpc_endpoint", {"policy": PUBLIC}, "low", "low"),
        ("x_unknown", {"policy": TRUST}, "low", "low"),
        (
            "aws_iam_role_policy_attachment",
            {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
            "critical",
            "critical",
        ),
        ("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, "low", "critical"),
        ("aws_db_instance", {"publicly_accessible": True, "storage_encrypted": False}, "critical", "critical"),
        ("aws_db_instance", {"storage_encrypted": False}, "low", "low"),
        ("aws_s3_bucket", None, "low", "low"),
    ],
)
def test_what_nobody_manages(resource_type: str, attributes: Any, alone: Severity, child: Severity) -> None:
    """A part of something managed widens it by whatever it grants; an object of its own if it lets everyone in."""
    assert judged(unmanaged(resource_type), attributes)[0] == alone
    assert judged(unmanaged(resource_type, parent="aws_x.y"), attributes)[0] == child


def test_the_user_says_how_much_a_type_matters() -> None:
    """The last pattern of the configuration that fits stands for the catalog's word; what a change means stays."""
    said = (Importance(type="aws_*", criticality="medium"), Importance(type="aws_db_*", criticality="low", where="f:2"))
    drift = weighed(changed("aws_db_instance", change("tags", 1, 2), severity="critical"), said)
    assert (drift.severity, drift.reason) == ("low", "low by f:2 (aws_db_*)")
    assert weighed(changed("aws_vpc", severity="low"), said).reason == "medium by the configuration (aws_*)"
    opened = weighed(changed("aws_db_instance", change("publicly_accessible", "false", "true")), said)
    assert opened.severity == "critical"


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(PUBLIC) | st.just("0.0.0.0/0")
FINDINGS = st.builds(
    changed,
    st.sampled_from(["aws_security_group", "aws_db_instance", "aws_sqs_queue", "x"]),
    st.builds(
        change,
        st.sampled_from([row.path for row in MEANINGS] + ["policy", "ingress[0].cidr_blocks[0]"]),
        VALUES,
        VALUES,
    ),
    severity=st.sampled_from(SEVERITIES),
)


@given(FINDINGS)
def test_no_finding_matters_less_than_its_type(found: Drift) -> None:
    """Whatever changed: the severity is at least the type's criticality, with a reason of one line."""
    drift = weighed(found, ())
    assert SEVERITIES.index(drift.severity) <= SEVERITIES.index(found.severity)
    assert drift.reason
    assert "\n" not in drift.reason or "\n" in str(found.changes)


def policy(*rules: IgnoreRule, file: str = "") -> Policy:
    """A policy of rules and lines."""
    return Policy(rules=rules, file=IgnoreFile.parse(file))


def rule(**parts: Any) -> IgnoreRule:
    """A rule of somebody's, for a reason."""
    return IgnoreRule(**{"owner": "team", "reason": "known", "name": "known", **parts})


def unseen(_: Drift) -> None:
    """Nothing is known of any object."""


def test_findings_are_judged_then_ignored_then_sorted() -> None:
    """The worst comes first whatever its type; what is ignored is set apart with its severity."""
    found = report(
        changed("aws_sqs_queue", change("delay", 1, 2), severity="medium", id="a"),
        changed("aws_vpc", change("x", 1, 2), severity="high", id="b"),
        missing("aws_s3_bucket_public_access_block", id="c"),
        unmanaged("aws_subnet", id="d"),
    )
    told = judge(found, policy(rule(type="aws_vpc"), file="aws_subnet.d"), unseen, TODAY)
    assert [(drift.id, drift.severity) for drift in told.drifts] == [("c", "critical"), ("a", "medium")]
    assert [(drift.id, drift.rule) for drift in told.ignored] == [
        ("b", "ignore:known"),
        ("d", "ignore:.driftignore:1"),
    ]
    summary = told.summary
    assert (summary.ignored, summary.in_sync, summary.changed, summary.missing, summary.unmanaged) == (2, 8, 1, 1, 0)
    assert summary.suppressed == 1


def test_what_is_left_is_judged_anew() -> None:
    """When the change that made a finding critical is ignored, the rest of it is not critical any more."""
    found = changed("aws_security_group", change("ingress[0].cidr_blocks[0]", None, "0.0.0.0/0"), change("name", 1, 2))
    (left,) = judge(report(found), policy(rule(path="ingress")), unseen, TODAY).drifts
    assert (left.severity, left.reason) == ("low", "low by its type")
    assert [item.rule for item in left.suppressed] == ["ignore:known"]


def test_an_expired_rule_ignores_nothing() -> None:
    """After its last day a rule leaves findings where they are."""
    found = report(unmanaged("aws_vpc"))
    assert judge(found, policy(rule(type="*", expires=date(2026, 5, 31))), unseen, TODAY).summary.ignored == 0
    assert judge(found, policy(rule(type="*", expires=TODAY)), unseen, TODAY).summary.ignored == 1


def test_what_was_not_seen_whole_is_not_in_sync() -> None:
    """An ignored change leaves an instance in sync only if no part of it was lost to a gap."""
    drift = changed("aws_vpc", change("x", 1, 2))
    everything = policy(rule(type="*"))
    stale = Gap(
        type="aws_vpc", operation="compare", reason="stale_schema", message="aws_vpc.x: y was recorded", scope=HERE
    )
    for found, find in (
        (report(drift), lambda _: Observed(is_complete=False)),
        (report(drift, gaps=(stale,)), lambda _: Observed()),
    ):
        summary = judge(found, everything, find, TODAY).summary
        assert (summary.in_sync, summary.unverified, summary.coverage) == (9, 1, 0.9)
    assert judge(report(drift), everything, lambda _: Observed(), TODAY).summary.in_sync == 10


def test_an_ignored_delete_is_not_managed_any_more() -> None:
    """A delete that a rule names is no instance in sync: it leaves the managed ones."""
    summary = judge(report(missing("aws_vpc")), policy(rule(type="*", kinds=("missing",))), unseen, TODAY).summary
    assert (summary.managed, summary.in_sync, summary.missing, summary.ignored) == (9, 9, 0, 1)


ANY = st.lists(
    FINDINGS
    | st.builds(missing, st.sampled_from(["aws_vpc", "x"]), id=st.text(max_size=2))
    | st.builds(unmanaged, st.sampled_from(["aws_vpc", "x"]), id=st.text(max_size=2)),
    max_size=6,
)
RULES = st.lists(
    st.builds(
        rule,
        type=st.sampled_from(["*", "aws_*", "x"]),
        kinds=st.sets(st.sampled_from(["changed", "missing", "unmanaged"]), min_size=1).map(tuple),
    ),
    max_size=3,
)


@given(ANY, RULES, st.booleans())
def test_counts_stay_consistent(found: list[Drift], rules: list[IgnoreRule], complete: bool) -> None:  # noqa: FBT001
    """Whatever is ignored: the sums hold, and no finding is lost."""
    before = report(*found)
    told = judge(before, policy(*rules), lambda _: Observed(is_complete=complete), TODAY)
    summary = told.summary
    assert summary.managed == summary.in_sync + summary.changed + summary.missing + summary.unverified
    assert len(told.drifts) + len(told.ignored) == len(found)
    assert summary.ignored == len(told.ignored)
    kinds = [drift.kind for drift in told.drifts]
    assert [kinds.count("changed"), kinds.count("missing"), kinds.count("unmanaged")] == [
        summary.changed,
        summary.missing,
        summary.unmanaged,
    ]
    assert 0 <= summary.coverage <= 1
