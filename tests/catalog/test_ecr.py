"""Repositories read from recorded answers: what the emulator does not tell."""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, REGION, collect, drifts, tagged
from driftmgr.model import RemoteObject

ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/app"


def repository(tags: dict[str, Any] | None = None, **others: Any) -> RemoteObject:
    """The one repository of an answer."""
    url = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app"
    listed = {"repositoryArn": ARN, "registryId": ACCOUNT, "repositoryName": "app", "repositoryUri": url, **others}
    objects, gaps = collect(
        "aws_ecr_repository",
        {
            "ecr.describe_repositories": {"repositories": [listed]},
            "resourcegroupstaggingapi.get_resources": tags or tagged(),
        },
    )
    assert gaps == []
    return objects["app"]


def test_tags_come_from_the_tagging_api() -> None:
    """A repository's tags are those listed under its ARN; one that is not listed has none."""
    assert repository(tagged(ARN, f"{ARN}-other", team="shop")).attributes["tags_all"] == {"team": "shop"}
    assert repository(tagged(f"{ARN}-other", team="shop")).attributes["tags_all"] == {}
    assert repository(tagged(ARN, **{"aws:cloudformation:stack-name": "base"})).owner == "CloudFormation stack base"


KMS = {"encryptionType": "KMS", "kmsKey": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"}
AES = {"encryptionType": "AES256"}


@pytest.mark.parametrize(
    ("recorded", "told", "expected"),
    [
        ([], AES, []),
        (None, AES, []),
        ([{"encryption_type": "AES256", "kms_key": ""}], AES, []),
        ([{"encryption_type": "AES256", "kms_key": ""}], None, []),
        ([{"encryption_type": "KMS", "kms_key": KMS["kmsKey"]}], KMS, []),
        ([], KMS, ["encryption_configuration[0].encryption_type", "encryption_configuration[0].kms_key"]),
        ([{"encryption_type": "KMS", "kms_key": "x"}], KMS, ["encryption_configuration[0].kms_key"]),
    ],
)
def test_no_encryption_is_that_of_aws(recorded: Any, told: dict[str, str] | None, expected: list[str]) -> None:
    """A state from before the provider recorded it, or an answer without it, mean AES256."""
    others = {"encryptionConfiguration": told} if told else {}
    assert drifts(repository(**others), encryption_configuration=recorded) == expected


def test_a_mutability_of_newer_providers_is_a_change() -> None:
    """Exceptions to mutability are told by their own word, which differs from the plain one."""
    found = repository(imageTagMutability="IMMUTABLE_WITH_EXCLUSION")
    assert drifts(found, image_tag_mutability="IMMUTABLE") == ["image_tag_mutability"]
