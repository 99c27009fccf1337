"""Nine changes behind Terraform's back, and what is left of them after Terraform has written its state.

Four of them stand in attributes that the configuration does not set: an apply takes them into the state, where neither
a plan nor a comparison of state and cloud finds them again. The baseline does.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.harness import Case, Finding
from conformance.referee import Referee
from driftmgr.app import Choice, ScanRequest, accept, proposal
from driftmgr.model import DriftReport

ESTATE = """
resource "aws_cloudwatch_log_group" "orders" {
  name = "/shop/orders"
}

resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}

resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = 30
}

resource "aws_s3_bucket" "data" {
  bucket = "shop-data"
  tags   = { team = "shop" }
}

resource "aws_iam_role" "app" {
  name = "app"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}
"""
GROUP, WEB, QUEUE = "aws_cloudwatch_log_group.orders", "aws_security_group.web", "aws_sqs_queue.orders"
BUCKET, ROLE = "aws_s3_bucket.data", "aws_iam_role.app"
EVERYTHING = "arn:aws:iam::123456789012:policy/everything"

# The policy itself is an object of its own beside the nine: no state knows it, before and after.
STRANGER: Finding = ("unmanaged", "aws_iam_policy", EVERYTHING, None)
REVERTED: set[Finding] = {
    ("missing", GROUP),
    ("changed", WEB, "ingress[2]"),
    ("changed", QUEUE, "visibility_timeout_seconds"),
    ("changed", BUCKET, 'tags_all["team"]'),
    ("changed", ROLE, "assume_role_policy"),
}
SURVIVING: set[Finding] = {
    ("unmanaged", "aws_s3_bucket_policy", "shop-data", BUCKET),
    ("unmanaged", "aws_s3_bucket_versioning", "shop-data", BUCKET),
    ("unmanaged", "aws_iam_role_policy_attachment", f"app/{EVERYTHING}", ROLE),
    ("unmanaged", "aws_iam_role_policy", "app:backdoor", ROLE),
}
ABSORBED: set[Finding] = {
    ("changed", BUCKET, "policy"),
    ("changed", BUCKET, "versioning[0].enabled"),
    ("changed", ROLE, "managed_policy_arns[0]"),
    ("changed", ROLE, "inline_policy[0]"),
}
LAUNDERED = {(BUCKET, "policy"), (BUCKET, "versioning"), (ROLE, "managed_policy_arns"), (ROLE, "inline_policy")}


def test_no_change_is_laundered_by_terraform(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """9 of 9 before an apply; the 4 that survive it after it, and after a refresh-only one; Terraform lists none.

    With ``apply -refresh-only`` alone, which takes in all nine, all nine are still told.
    """
    monkeypatch.setenv("DRIFTMGR_STATE_DIR", str(tmp_path / "state"))
    baseline = str(tmp_path / "baseline.sqlite")
    case.apply(ESTATE)
    request = ScanRequest(sources=(str(case.terraform.state_file),), baseline=baseline)
    accept(proposal(request, Choice()), by="the team")
    case.assert_silent(case.detect(baseline=baseline))

    change_what_terraform_reverts(case)
    change_what_terraform_takes_in(case)
    before = case.detect(baseline=baseline)
    case.assert_exactly(before, REVERTED | SURVIVING | {STRANGER})
    assert len(REVERTED | SURVIVING) == 9

    case.terraform.apply_as_users_do()
    assert_absorbed(case, case.detect(baseline=baseline))
    assert_terraform_lists_none(case.terraform.plan())
    case.assert_exactly(case.detect(use_baseline=False), {STRANGER})
    # The configuration beside the state knows that it sets none of the four.
    configured = case.detect(baseline=baseline, sources=(str(case.terraform.directory),))
    assert_absorbed(case, configured)
    assert {change.intended for drift in configured.drifts for change in drift.changes} == {False}

    case.terraform.apply_as_users_do("-refresh-only")
    assert_absorbed(case, case.detect(baseline=baseline))
    assert_terraform_lists_none(case.terraform.refresh_only_plan())

    change_what_terraform_reverts(case)
    case.terraform.apply_as_users_do("-refresh-only")
    case.assert_exactly(case.detect(use_baseline=False), {STRANGER})
    # An element that the state has taken in is named by its place there.
    taken_in = REVERTED - {("changed", WEB, "ingress[2]")} | {("changed", WEB, "ingress[0]")}
    case.assert_exactly(case.detect(baseline=baseline), taken_in | ABSORBED | {STRANGER})
    # The configuration still says what was accepted, so that Terraform's next plan is not the only one to tell.
    configured = case.detect(baseline=baseline, sources=(str(case.terraform.directory),))
    case.assert_exactly(configured, taken_in | ABSORBED | {STRANGER})


def change_what_terraform_reverts(case: Case) -> None:
    """Five changes of what the configuration says."""
    case.client("logs").delete_log_group(logGroupName="/shop/orders")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    case.client("ec2").authorize_security_group_ingress(GroupId=case.recorded(WEB)["id"], IpPermissions=[ssh])
    url = case.recorded(QUEUE)["url"]
    case.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "300"})
    tags = {"TagSet": [{"Key": "team", "Value": "other"}]}
    case.client("s3").put_bucket_tagging(Bucket="shop-data", Tagging=tags)
    trust = document(Action="sts:AssumeRole", Principal={"AWS": "*"})
    case.client("iam").update_assume_role_policy(RoleName="app", PolicyDocument=trust)


def change_what_terraform_takes_in(case: Case) -> None:
    """Four changes of what the configuration leaves open."""
    s3, iam = case.client("s3"), case.client("iam")
    s3.put_bucket_versioning(Bucket="shop-data", VersioningConfiguration={"Status": "Enabled"})
    public = document(Action="s3:GetObject", Principal="*", Resource="arn:aws:s3:::shop-data/*")
    s3.put_bucket_policy(Bucket="shop-data", Policy=public)
    everything = document(Action="*", Resource="*")
    iam.create_policy(PolicyName="everything", PolicyDocument=everything)
    iam.attach_role_policy(RoleName="app", PolicyArn=EVERYTHING)
    iam.put_role_policy(RoleName="app", PolicyName="backdoor", PolicyDocument=everything)


def document(**statement: Any) -> str:
    """A policy of one statement that allows."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def assert_absorbed(case: Case, report: DriftReport) -> None:
    """The four are told, as absorbed, and beside them only the policy that no state knows."""
    case.assert_exactly(report, ABSORBED | {STRANGER})
    classes = {change.classification for drift in report.drifts for change in drift.changes}
    assert classes == {"absorbed"}


def assert_terraform_lists_none(plan: Mapping[str, Any]) -> None:
    """Neither as drift nor as something to change."""
    listed = {(row.address, row.attribute) for row in Referee.of(plan).changed}
    assert not listed & LAUNDERED
    actions = {row["address"]: row["change"]["actions"] for row in plan.get("resource_changes", ())}
    assert all(actions.get(address, ["no-op"]) == ["no-op"] for address, _ in LAUNDERED)
