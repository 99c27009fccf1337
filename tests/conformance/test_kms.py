"""KMS keys, key policies and aliases held to Terraform's provider."""

import json
from typing import Any

from conformance.harness import Case, Finding

ROOT = "arn:aws:iam::123456789012:root"

# Options of a key are spread over several: the provider waits up to 10 s for each to be seen everywhere.
ESTATE = """
locals {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "root", Effect = "Allow", Principal = { AWS = "123456789012" }, Action = "kms:*", Resource = "*" },
      {
        Sid       = "use"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action    = ["kms:Encrypt", "kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:CallerAccount" = "123456789012" } }
      },
    ]
  })
}
resource "aws_kms_key" "policed" {
  description                        = "with a policy"
  policy                             = local.policy
  deletion_window_in_days            = 7
  bypass_policy_lockout_safety_check = true
}
resource "aws_kms_key" "rotated" {
  enable_key_rotation = true
}
resource "aws_kms_key" "tagged" {
  tags = { team = "shop", stage = "live", cost = "42" }
}
resource "aws_kms_key" "signing" {
  customer_master_key_spec = "RSA_2048"
  key_usage                = "SIGN_VERIFY"
  multi_region             = true
}
resource "aws_kms_key" "plain" {}
resource "aws_kms_key" "gone" {}
resource "aws_kms_key" "parted" {}
resource "aws_kms_key_policy" "parted" {
  key_id = aws_kms_key.parted.id
  policy = local.policy
}
resource "aws_kms_external_key" "imported" {
  description = "material from elsewhere"
}

resource "aws_kms_alias" "shop" {
  name          = "alias/shop"
  target_key_id = aws_kms_key.plain.arn
}
resource "aws_kms_alias" "made" {
  name_prefix   = "alias/made-"
  target_key_id = aws_kms_key.plain.key_id
}
resource "aws_kms_alias" "gone" {
  name          = "alias/gone"
  target_key_id = aws_kms_key.plain.key_id
}
"""


def policy(*more: str, principal: Any = None) -> str:
    """The policy of the estate in other words, and perhaps more."""
    use = {
        "Condition": {"StringEquals": {"kms:CallerAccount": ["123456789012"]}},
        "Resource": ["*"],
        "Action": ["kms:Decrypt", *more, "kms:Encrypt"],
        "Principal": principal or "*",
        "Effect": "Allow",
        "Sid": "use",
    }
    root = {"Resource": "*", "Action": ["kms:*"], "Principal": {"AWS": [ROOT]}, "Effect": "Allow", "Sid": "root"}
    return json.dumps({"Statement": [use, root], "Version": "2012-10-17"}, indent=1)


def change_keys(kms: Any, key: dict[str, str]) -> set[Finding]:
    """Change each thing that a key says."""
    kms.update_key_description(KeyId=key["policed"], Description="")
    kms.put_key_policy(KeyId=key["policed"], PolicyName="default", Policy=policy("kms:ScheduleKeyDeletion"))
    kms.put_key_policy(KeyId=key["parted"], PolicyName="default", Policy=policy(principal={"AWS": "999999999999"}))
    kms.put_key_policy(KeyId=key["plain"], PolicyName="default", Policy=policy())
    kms.disable_key_rotation(KeyId=key["rotated"])
    kms.disable_key(KeyId=key["rotated"])
    kms.enable_key_rotation(KeyId=key["plain"])
    tags = {"stage": "test", "by": "hand"}
    kms.tag_resource(KeyId=key["tagged"], Tags=[{"TagKey": name, "TagValue": text} for name, text in tags.items()])
    kms.untag_resource(KeyId=key["tagged"], TagKeys=["cost"])
    kms.schedule_key_deletion(KeyId=key["gone"], PendingWindowInDays=7)
    stranger = kms.create_key(Description="by hand")["KeyMetadata"]["KeyId"]
    forgotten = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=forgotten, PendingWindowInDays=7)
    return {
        ("changed", "aws_kms_key.policed", "description"),
        ("changed", "aws_kms_key.policed", "policy"),
        ("changed", "aws_kms_key_policy.parted", "policy"),
        ("changed", "aws_kms_key.plain", "policy"),
        ("changed", "aws_kms_key.rotated", "enable_key_rotation"),
        ("changed", "aws_kms_key.rotated", "is_enabled"),
        ("changed", "aws_kms_key.plain", "enable_key_rotation"),
        *(("changed", "aws_kms_key.tagged", f'tags_all["{name}"]') for name in ("stage", "by", "cost")),
        # For Terraform a key is gone as soon as its deletion is scheduled, whoever made it.
        ("missing", "aws_kms_key.gone"),
        ("unmanaged", "aws_kms_key", stranger, None),
    }


def change_aliases(kms: Any, key: dict[str, str]) -> set[Finding]:
    """Point an alias elsewhere, delete one, make one."""
    kms.update_alias(AliasName="alias/shop", TargetKeyId=key["tagged"])
    kms.delete_alias(AliasName="alias/gone")
    kms.create_alias(AliasName="alias/stranger", TargetKeyId=key["plain"])
    return {
        ("changed", "aws_kms_alias.shop", "target_key_id"),
        ("missing", "aws_kms_alias.gone"),
        ("unmanaged", "aws_kms_alias", "alias/stranger", "aws_kms_key.plain"),
    }


def test_keys_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after a policy was only rewritten; then exactly what was changed behind its back."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    kms = case.client("kms")
    names = ("policed", "rotated", "tagged", "plain", "gone", "parted")
    key = {name: case.recorded(f"aws_kms_key.{name}")["key_id"] for name in names}
    for name in ("policed", "parted"):
        kms.put_key_policy(KeyId=key[name], PolicyName="default", Policy=policy())
    case.assert_silent(case.detect())

    expected = change_keys(kms, key) | change_aliases(kms, key)
    changed = case.detect()
    case.assert_exactly(changed, expected)
    case.compare_with_referee(changed)
