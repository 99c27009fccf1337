"""IAM held to Terraform's provider: roles, users, groups, policies, and every way to tie them together."""

import json
from typing import Any

from conformance.harness import Case, Finding
from driftmgr.catalog import catalog_of

TYPES = tuple(entry.name for entry in catalog_of("aws") if entry.name.startswith("aws_iam_"))
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}

ESTATE = """
locals {
  trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ec2.amazonaws.com" }
    }]
  })
  read = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "read", Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = ["*"] }]
  })
}

resource "aws_iam_policy" "boundary" {
  name        = "boundary"
  path        = "/limits/"
  description = "the most that an application may do"
  policy      = local.read
  tags        = { team = "shop", stage = "live", cost = "42" }
}
resource "aws_iam_policy" "read" {
  name_prefix = "read-"
  policy      = local.read
}
resource "aws_iam_policy" "gone" {
  name   = "gone"
  policy = local.read
}

resource "aws_iam_role" "full" {
  name                  = "full"
  path                  = "/app/"
  description           = "runs the shop"
  max_session_duration  = 7200
  permissions_boundary  = aws_iam_policy.boundary.arn
  force_detach_policies = true
  tags                  = { team = "shop", stage = "live", cost = "42" }
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Principal = { AWS = "123456789012", Service = ["lambda.amazonaws.com", "ec2.amazonaws.com"] }
        Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-1234567890" } }
      },
      {
        Effect    = "Deny"
        Action    = "sts:AssumeRole"
        Principal = { AWS = "*" }
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
resource "aws_iam_role" "plain" {
  name_prefix        = "plain-"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "gone" {
  name               = "gone"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "moved" {
  name               = "moved"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "trusting" {
  name = "trusting"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.gone.arn } }]
  })
}
resource "aws_iam_role" "inline" {
  name                = "inline"
  assume_role_policy  = local.trust
  managed_policy_arns = [aws_iam_policy.read.arn, aws_iam_policy.boundary.arn]
  inline_policy {
    name   = "first"
    policy = local.read
  }
  inline_policy {
    name   = "second"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }] })
  }
}
resource "aws_iam_role" "bare" {
  name                = "bare"
  assume_role_policy  = local.trust
  managed_policy_arns = []
  inline_policy {}
}

resource "aws_iam_role" "parts" {
  name               = "parts"
  assume_role_policy = local.trust
}
resource "aws_iam_role_policy" "read" {
  name   = "read"
  role   = aws_iam_role.parts.name
  policy = local.read
}
resource "aws_iam_role_policy" "made" {
  name_prefix = "made-"
  role        = aws_iam_role.parts.id
  policy      = local.read
}
resource "aws_iam_role_policy_attachment" "local" {
  role       = aws_iam_role.parts.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_role_policy_attachment" "boundary" {
  role       = aws_iam_role.parts.name
  policy_arn = aws_iam_policy.boundary.arn
}

resource "aws_iam_role" "sole" {
  name               = "sole"
  assume_role_policy = local.trust
}
resource "aws_iam_role_policy" "sole" {
  name   = "sole"
  role   = aws_iam_role.sole.name
  policy = local.read
}
resource "aws_iam_role_policies_exclusive" "sole" {
  role_name    = aws_iam_role.sole.name
  policy_names = [aws_iam_role_policy.sole.name]
}
resource "aws_iam_role_policy_attachments_exclusive" "sole" {
  role_name   = aws_iam_role.sole.name
  policy_arns = [aws_iam_policy.boundary.arn]
}

resource "aws_iam_user" "full" {
  name                 = "full"
  path                 = "/people/"
  permissions_boundary = aws_iam_policy.boundary.arn
  force_destroy        = true
  tags                 = { team = "shop", stage = "live" }
}
resource "aws_iam_user" "plain" { name = "plain" }
resource "aws_iam_user" "gone" { name = "gone" }
resource "aws_iam_user_policy" "full" {
  name   = "full"
  user   = aws_iam_user.full.name
  policy = local.read
}
resource "aws_iam_user_policy_attachment" "full" {
  user       = aws_iam_user.full.name
  policy_arn = aws_iam_policy.read.arn
}
resource "aws_iam_group" "full" {
  name = "full"
  path = "/people/"
}
resource "aws_iam_group" "plain" { name = "plain" }
resource "aws_iam_group_policy" "full" {
  name   = "full"
  group  = aws_iam_group.full.name
  policy = local.read
}
resource "aws_iam_group_policy_attachment" "full" {
  group      = aws_iam_group.full.name
  policy_arn = aws_iam_policy.read.arn
}

resource "aws_iam_policy" "shared" {
  name   = "shared"
  policy = local.read
}
resource "aws_iam_role" "shared" {
  name               = "shared"
  assume_role_policy = local.trust
}
resource "aws_iam_policy_attachment" "shared" {
  name       = "shared"
  policy_arn = aws_iam_policy.shared.arn
  roles      = [aws_iam_role.shared.name]
  users      = [aws_iam_user.plain.name]
  groups     = [aws_iam_group.plain.name]
}

resource "aws_iam_instance_profile" "full" {
  name = "full"
  path = "/app/"
  role = aws_iam_role.plain.name
  tags = { team = "shop", stage = "live", cost = "42" }
}
resource "aws_iam_instance_profile" "plain" { name_prefix = "plain-" }
resource "aws_iam_instance_profile" "gone" { name = "gone" }
"""


def document(*statements: dict[str, Any]) -> str:
    """A policy in a form of its own."""
    return json.dumps({"Statement": statements, "Version": "2012-10-17"}, indent=1)


def read(*more: str) -> str:
    """What the estate's policies allow, in other words, and perhaps more."""
    return document(
        {"Resource": "*", "Action": ["s3:ListBucket", *more, "s3:getobject"], "Effect": "Allow", "Sid": "read"}
    )


def trust(principals: Any) -> str:
    """A trust policy of one statement."""
    return document({"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": principals})


def rewrite(iam: Any) -> None:
    """Say the same in other words."""
    secure = {"Bool": {"aws:SecureTransport": False}}
    organization = {"StringEquals": {"aws:PrincipalOrgID": ["o-1234567890"]}}
    iam.update_assume_role_policy(
        RoleName="full",
        PolicyDocument=document(
            {"Effect": "Deny", "Principal": "*", "Action": ["sts:AssumeRole"], "Condition": secure},
            {
                "Effect": "Allow",
                "Condition": organization,
                "Principal": {
                    "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"],
                    "AWS": ["arn:aws:iam::123456789012:root"],
                },
                "Action": ["sts:TagSession", "sts:AssumeRole"],
            },
        ),
    )
    iam.put_role_policy(RoleName="inline", PolicyName="first", PolicyDocument=read())
    iam.put_role_policy(RoleName="parts", PolicyName="read", PolicyDocument=read())
    iam.put_user_policy(UserName="full", PolicyName="full", PolicyDocument=read())
    iam.put_group_policy(GroupName="full", PolicyName="full", PolicyDocument=read())


def change_roles(case: Case, iam: Any) -> set[Finding]:
    """Change what roles say of themselves."""
    iam.update_assume_role_policy(RoleName="full", PolicyDocument=trust("*"))
    iam.update_role(RoleName="full", Description="", MaxSessionDuration=3600)
    iam.delete_role_permissions_boundary(RoleName="full")
    iam.tag_role(RoleName="full", Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    iam.untag_role(RoleName="full", TagKeys=["cost"])
    # What AWS shows of a principal that was deleted.
    gone = case.recorded("aws_iam_role.gone")["unique_id"]
    iam.update_assume_role_policy(RoleName="trusting", PolicyDocument=trust({"AWS": gone}))
    iam.delete_role(RoleName="gone")
    iam.delete_role(RoleName="moved")
    tags = [{"Key": "owner", "Value": "platform"}]
    iam.create_role(
        RoleName="moved",
        Path="/elsewhere/",
        AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}),
        Description="set",
        Tags=tags,
    )
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=trust("*"))
    iam.put_role_policy(RoleName="stranger", PolicyName="everything", PolicyDocument=document(EVERYTHING))
    full = "aws_iam_role.full"
    return {
        ("changed", full, "assume_role_policy"),
        ("changed", full, "description"),
        ("changed", full, "max_session_duration"),
        ("changed", full, "permissions_boundary"),
        *(("changed", full, f'tags_all["{key}"]') for key in ("stage", "by", "cost")),
        ("changed", "aws_iam_role.trusting", "assume_role_policy"),
        ("changed", "aws_iam_role.moved", "path"),
        ("changed", "aws_iam_role.moved", "description"),
        ("missing", "aws_iam_role.gone"),
        # Its policy is told by its own row.
        ("unmanaged", "aws_iam_role", "stranger", None),
    }


def change_policies_of_roles(case: Case, iam: Any, admin: str) -> set[Finding]:
    """Change inline and attached policies in each way that a state may hold them."""
    recorded = case.recorded("aws_iam_role.inline")
    names = [policy["name"] for policy in recorded["inline_policy"]]
    boundary = case.recorded("aws_iam_policy.boundary")["arn"]
    reading = case.recorded("aws_iam_policy.read")["arn"]
    everything = {"PolicyName": "everything", "PolicyDocument": document(EVERYTHING)}
    for role in ("inline", "bare", "parts", "sole"):
        iam.put_role_policy(RoleName=role, **everything)
        iam.attach_role_policy(RoleName=role, PolicyArn=admin)
    iam.put_role_policy(RoleName="inline", PolicyName="first", PolicyDocument=read("s3:PutObject"))
    iam.delete_role_policy(RoleName="inline", PolicyName="second")
    iam.detach_role_policy(RoleName="inline", PolicyArn=boundary)
    iam.put_role_policy(RoleName="parts", PolicyName="read", PolicyDocument=read("s3:PutObject"))
    iam.delete_role_policy(RoleName="parts", PolicyName=case.recorded("aws_iam_role_policy.made")["name"])
    iam.detach_role_policy(RoleName="parts", PolicyArn=reading)
    inline = "aws_iam_role.inline"
    return {
        # A role that records its policies tells of all of them itself.
        ("changed", inline, f"inline_policy[{names.index('first')}].policy"),
        ("changed", inline, f"inline_policy[{names.index('second')}]"),
        ("changed", inline, "inline_policy[3]"),
        ("changed", inline, f"managed_policy_arns[{recorded['managed_policy_arns'].index(boundary)}]"),
        ("changed", inline, "managed_policy_arns[3]"),
        # One that records none leaves it to them.
        ("unmanaged", "aws_iam_role_policy", "bare:everything", "aws_iam_role.bare"),
        ("unmanaged", "aws_iam_role_policy_attachment", f"bare/{admin}", "aws_iam_role.bare"),
        ("changed", "aws_iam_role_policy.read", "policy"),
        ("missing", "aws_iam_role_policy.made"),
        ("missing", "aws_iam_role_policy_attachment.local"),
        ("unmanaged", "aws_iam_role_policy", "parts:everything", "aws_iam_role.parts"),
        ("unmanaged", "aws_iam_role_policy_attachment", f"parts/{admin}", "aws_iam_role.parts"),
        # Where an instance claims to know them all, what is more is its change.
        ("changed", "aws_iam_role_policies_exclusive.sole", "policy_names[2]"),
        ("changed", "aws_iam_role_policy_attachments_exclusive.sole", "policy_arns[2]"),
    }


def change_policies(case: Case, iam: Any, admin: str) -> set[Finding]:
    """Change managed policies, and whom one is attached to."""
    boundary, shared = (case.recorded(f"aws_iam_policy.{name}")["arn"] for name in ("boundary", "shared"))
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=read("s3:PutObject"), SetAsDefault=True)
    iam.create_policy_version(PolicyArn=shared, PolicyDocument=document(EVERYTHING), SetAsDefault=False)
    iam.tag_policy(PolicyArn=boundary, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    iam.untag_policy(PolicyArn=boundary, TagKeys=["cost"])
    iam.delete_policy(PolicyArn=case.recorded("aws_iam_policy.gone")["arn"])
    iam.attach_role_policy(RoleName="plain-of-nobody", PolicyArn=shared)
    iam.detach_group_policy(GroupName="plain", PolicyArn=shared)
    return {
        ("changed", "aws_iam_policy.boundary", "policy"),
        *(("changed", "aws_iam_policy.boundary", f'tags_all["{key}"]') for key in ("stage", "by", "cost")),
        ("missing", "aws_iam_policy.gone"),
        ("unmanaged", "aws_iam_policy", admin, None),
        ("unmanaged", "aws_iam_role", "plain-of-nobody", None),
        ("changed", "aws_iam_policy_attachment.shared", "roles[2]"),
        ("changed", "aws_iam_policy_attachment.shared", "groups[0]"),
    }


def change_users(case: Case, iam: Any, admin: str) -> set[Finding]:
    """Change users and groups, and what they are allowed."""
    reading = case.recorded("aws_iam_policy.read")["arn"]
    iam.update_user(UserName="full", NewPath="/")
    # The emulator replaces all tags of a user.
    tags = {"owner": "platform", "team": "shop", "stage": "test"}
    iam.tag_user(UserName="full", Tags=[{"Key": key, "Value": value} for key, value in tags.items()])
    iam.put_user_policy(UserName="full", PolicyName="full", PolicyDocument=read("s3:PutObject"))
    iam.detach_user_policy(UserName="full", PolicyArn=reading)
    iam.put_user_policy(UserName="plain", PolicyName="everything", PolicyDocument=document(EVERYTHING))
    iam.attach_user_policy(UserName="plain", PolicyArn=admin)
    iam.delete_user(UserName="gone")
    iam.create_user(UserName="stranger")
    iam.attach_user_policy(UserName="stranger", PolicyArn=admin)
    iam.put_group_policy(GroupName="full", PolicyName="full", PolicyDocument=document(EVERYTHING))
    iam.detach_group_policy(GroupName="full", PolicyArn=reading)
    iam.attach_group_policy(GroupName="plain", PolicyArn=admin)
    return {
        ("changed", "aws_iam_user.full", "path"),
        ("changed", "aws_iam_user.full", 'tags_all["stage"]'),
        ("changed", "aws_iam_user_policy.full", "policy"),
        ("missing", "aws_iam_user_policy_attachment.full"),
        ("unmanaged", "aws_iam_user_policy", "plain:everything", "aws_iam_user.plain"),
        ("unmanaged", "aws_iam_user_policy_attachment", f"plain/{admin}", "aws_iam_user.plain"),
        ("missing", "aws_iam_user.gone"),
        ("unmanaged", "aws_iam_user", "stranger", None),
        ("unmanaged", "aws_iam_user_policy_attachment", f"stranger/{admin}", None),
        ("changed", "aws_iam_group_policy.full", "policy"),
        ("missing", "aws_iam_group_policy_attachment.full"),
        ("unmanaged", "aws_iam_group_policy_attachment", f"plain/{admin}", "aws_iam_group.plain"),
    }


def change_profiles(case: Case, iam: Any) -> set[Finding]:
    """Change instance profiles."""
    plain = case.recorded("aws_iam_instance_profile.plain")["name"]
    role = case.recorded("aws_iam_role.plain")["name"]
    iam.remove_role_from_instance_profile(InstanceProfileName="full", RoleName=role)
    iam.add_role_to_instance_profile(InstanceProfileName="full", RoleName="parts")
    iam.add_role_to_instance_profile(InstanceProfileName=plain, RoleName="parts")
    iam.tag_instance_profile(InstanceProfileName="full", Tags=[{"Key": "stage", "Value": "test"}])
    iam.untag_instance_profile(InstanceProfileName="full", TagKeys=["cost"])
    iam.delete_instance_profile(InstanceProfileName="gone")
    iam.create_instance_profile(InstanceProfileName="stranger")
    return {
        ("changed", "aws_iam_instance_profile.full", "role"),
        ("changed", "aws_iam_instance_profile.full", 'tags_all["stage"]'),
        ("changed", "aws_iam_instance_profile.full", 'tags_all["cost"]'),
        ("changed", "aws_iam_instance_profile.plain", "role"),
        ("missing", "aws_iam_instance_profile.gone"),
        ("unmanaged", "aws_iam_instance_profile", "stranger", None),
    }


def test_identities_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after the same was said in other words; then exactly what was changed behind its back."""
    iam = case.client("iam")
    iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)
    rewrite(iam)
    case.assert_silent(case.detect(types=TYPES))

    admin = iam.create_policy(PolicyName="admin", PolicyDocument=document(EVERYTHING))["Policy"]["Arn"]
    iam.create_role(RoleName="plain-of-nobody", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    expected = (
        change_roles(case, iam)
        | change_policies_of_roles(case, iam, admin)
        | change_policies(case, iam, admin)
        | change_users(case, iam, admin)
        | change_profiles(case, iam)
    )
    changed = case.detect(types=TYPES)
    case.assert_exactly(changed, expected)
    case.compare_with_referee(changed)
