"""Secrets read from answers in botocore's shape."""

from datetime import UTC, datetime

import pytest

from catalog.answers import ACCOUNT, Answers, Collected, refused
from driftmgr.catalog import catalog_of
from driftmgr.catalog.permissions import actions
from driftmgr.clouds import ApiError

FAMILY = ("aws_secretsmanager_secret", "aws_secretsmanager_secret_policy")
SECRET, POLICY = FAMILY


def arn(name: str, region: str = "eu-west-1") -> str:
    """The ARN of a secret."""
    return f"arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf"


STATUS = {
    "Region": "us-east-1",
    "KmsKeyId": "alias/aws/secretsmanager",
    "Status": "InSync",
    "LastAccessedDate": datetime(2026, 1, 2, tzinfo=UTC),
}
ANSWERS: Answers = {
    "secretsmanager.list_secrets": [
        {"SecretList": [{"ARN": arn("shop"), "Name": "shop", "PrimaryRegion": "eu-west-1"}]},
        {
            "SecretList": [
                # A replica has the name and the suffix of its primary, in the ARN of its own region.
                {"ARN": arn("copy"), "Name": "copy", "PrimaryRegion": "us-east-1"},
                {"ARN": arn("rds!db"), "Name": "rds!db", "OwningService": "rds"},
            ]
        },
    ],
    "secretsmanager.describe_secret": lambda params: (
        {"ReplicationStatus": [STATUS]} if params["SecretId"] == arn("shop") else {}
    ),
    "secretsmanager.get_resource_policy": lambda params: (
        {"ResourcePolicy": "{}"} if params["SecretId"] == arn("shop") else {}
    ),
}


def test_replicas_are_told_by_their_primary_alone() -> None:
    """A replica is no secret of its region; the primary tells it, one that has replicas included."""
    found = Collected(FAMILY, ANSWERS)
    assert not found.gaps
    assert {name for kind, name in found.objects if kind == SECRET} == {arn("shop"), arn("rds!db")}
    assert arn("copy") not in {params.get("SecretId") for _, params in found.asked}
    replica = {
        "kms_key_id": "alias/aws/secretsmanager",
        "last_accessed_date": "2026-01-02T00:00:00Z",
        "region": "us-east-1",
        "status": "InSync",
        "status_message": None,
    }
    assert found.objects[SECRET, arn("shop")].attributes["replica"] == [replica]


def test_secrets_of_other_services_are_owned() -> None:
    """A secret that RDS keeps for itself is nobody's stranger."""
    found = Collected(FAMILY, ANSWERS).objects
    assert found[SECRET, arn("rds!db")].owner == "rds"
    assert found[SECRET, arn("shop")].owner is None


def test_a_secret_without_a_policy_has_no_policy_object() -> None:
    """No policy is no object, and the calls are shared by both types."""
    found = Collected(FAMILY, ANSWERS)
    assert [name for kind, name in found.objects if kind == POLICY] == [arn("shop")]
    assert len(found.asked) == 1 + 2 * 2


@pytest.mark.parametrize("operation", ["secretsmanager.describe_secret", "secretsmanager.get_resource_policy"])
def test_a_refused_part_is_a_gap(operation: str) -> None:
    """Replicas or a policy that must not be read are unread, never none."""
    found = Collected([SECRET], {**ANSWERS, operation: refused(operation, "AccessDeniedException")})
    lost = ("replica",) if operation.endswith("describe_secret") else ("policy",)
    assert {item.unread for item in found.objects.values()} == {lost}
    assert [(gap.operation, gap.reason, gap.attributes) for gap in found.gaps] == [(operation, "denied", lost)]


def test_a_secret_that_was_just_deleted_is_a_gap() -> None:
    """A secret scheduled for deletion between two calls is not taken for one without a policy."""
    gone = ApiError("secretsmanager.get_resource_policy", "InvalidRequestException", "unreachable", "was deleted")
    found = Collected(FAMILY, {**ANSWERS, "secretsmanager.get_resource_policy": gone})
    assert {(gap.type, gap.attributes) for gap in found.gaps} == {(SECRET, ("policy",)), (POLICY, ())}


def test_permissions() -> None:
    """The family needs exactly these actions, and none that gives a secret out."""
    needed = actions(catalog_of("aws")[name] for name in FAMILY)
    assert [action for action in needed if not action.startswith(("ec2:", "sts:"))] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetResourcePolicy",
        "secretsmanager:ListSecrets",
    ]
