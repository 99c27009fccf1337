"""Secrets Manager held to Terraform's provider."""

import json
from typing import Any

from conformance.harness import Case, Finding

ESTATE = """
locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "read"
      Effect    = "Allow"
      Principal = { AWS = "123456789012" }
      Action    = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      Resource  = "*"
    }]
  })
}
resource "aws_secretsmanager_secret" "full" {
  name                           = "shop/full"
  description                    = "opens the shop"
  kms_key_id                     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  policy                         = local.policy
  recovery_window_in_days        = 7
  force_overwrite_replica_secret = true
  tags                           = { team = "shop", stage = "live", cost = "42" }
}
resource "aws_secretsmanager_secret" "copied" {
  name = "shop/copied"
  replica { region = "eu-west-1" }
  replica { region = "us-west-2" }
}
resource "aws_secretsmanager_secret" "plain" { name_prefix = "plain-" }
resource "aws_secretsmanager_secret" "gone" { name = "gone" }
resource "aws_secretsmanager_secret" "parted" { name = "parted" }
resource "aws_secretsmanager_secret_policy" "parted" {
  secret_arn = aws_secretsmanager_secret.parted.arn
  policy     = local.policy
}
resource "aws_secretsmanager_secret" "left" { name = "left" }
resource "aws_secretsmanager_secret_policy" "left" {
  secret_arn = aws_secretsmanager_secret.left.arn
  policy     = local.policy
}
"""
REGIONS = ("us-east-1", "eu-west-1", "us-west-2")


def policy(*more: str, principal: Any = "arn:aws:iam::123456789012:root") -> str:
    """The policy of the estate in other words, and perhaps more."""
    statement = {
        "Resource": ["*"],
        "Action": ["secretsmanager:DescribeSecret", *more, "secretsmanager:GetSecretValue"],
        "Principal": {"AWS": [principal]},
        "Effect": "Allow",
        "Sid": "read",
    }
    # The provider cannot read a statement outside a list.
    return json.dumps({"Statement": [statement], "Version": "2012-10-17"}, indent=1)


def change(case: Case, secrets: Any) -> set[Finding]:
    """Change each thing that a secret says."""
    arn = {
        name: case.recorded(f"aws_secretsmanager_secret.{name}")["arn"]
        for name in ("full", "copied", "plain", "gone", "parted", "left")
    }
    key = "arn:aws:kms:us-east-1:123456789012:key/66666666-2222-3333-4444-555555555555"
    secrets.update_secret(SecretId=arn["full"], Description="other", KmsKeyId=key)
    secrets.put_resource_policy(SecretId=arn["full"], ResourcePolicy=policy("secretsmanager:PutSecretValue"))
    tags = [{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}]
    secrets.tag_resource(SecretId=arn["full"], Tags=tags)
    secrets.untag_resource(SecretId=arn["full"], TagKeys=["cost"])
    secrets.put_resource_policy(SecretId=arn["plain"], ResourcePolicy=policy(principal="*"))
    secrets.put_resource_policy(SecretId=arn["parted"], ResourcePolicy=policy(principal="*"))
    secrets.delete_resource_policy(SecretId=arn["left"])
    replicas = [replica["region"] for replica in case.recorded("aws_secretsmanager_secret.copied")["replica"]]
    secrets.remove_regions_from_replication(SecretId=arn["copied"], RemoveReplicaRegions=["us-west-2"])
    secrets.replicate_secret_to_regions(SecretId=arn["copied"], AddReplicaRegions=[{"Region": "ap-south-1"}])
    secrets.delete_secret(SecretId=arn["gone"], RecoveryWindowInDays=7)
    stranger = secrets.create_secret(Name="stranger", SecretString="x")["ARN"]
    forgotten = secrets.create_secret(Name="forgotten", SecretString="x")["ARN"]
    secrets.delete_secret(SecretId=forgotten, RecoveryWindowInDays=7)
    full, copied = "aws_secretsmanager_secret.full", "aws_secretsmanager_secret.copied"
    return {
        *(("changed", full, name) for name in ("description", "kms_key_id", "policy")),
        *(("changed", full, f'tags_all["{name}"]') for name in ("stage", "by", "cost")),
        ("unmanaged", "aws_secretsmanager_secret_policy", arn["plain"], "aws_secretsmanager_secret.plain"),
        ("changed", "aws_secretsmanager_secret_policy.parted", "policy"),
        ("missing", "aws_secretsmanager_secret_policy.left"),
        ("changed", copied, f"replica[{replicas.index('us-west-2')}]"),
        ("changed", copied, "replica[3]"),
        # Gone as soon as its deletion is scheduled.
        ("missing", "aws_secretsmanager_secret.gone"),
        ("unmanaged", "aws_secretsmanager_secret", stranger, None),
    }


def test_secrets_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after a policy was only rewritten; then exactly what was changed behind its back."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect(regions=REGIONS)
    case.assert_silent(clean)
    assert not clean.summary.owned
    case.compare_with_referee(clean)

    secrets = case.client("secretsmanager")
    for name in ("full", "parted"):
        arn = case.recorded(f"aws_secretsmanager_secret.{name}")["arn"]
        secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy())
    case.assert_silent(case.detect())

    expected = change(case, secrets)
    changed = case.detect()
    case.assert_exactly(changed, expected)
    # The provider reads an empty policy and keeps the recorded one.
    deleted = {("aws_secretsmanager_secret_policy.left", "*"): "a_deleted_policy_is_missing"}
    case.compare_with_referee(changed, explained=deleted)
