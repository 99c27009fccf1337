"""Log groups read from recorded answers: what the emulator does not tell."""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, REGION, collect, drifts, tagged
from driftmgr.model import RemoteObject

ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/orders"


def group(tags: dict[str, Any] | None = None, **others: Any) -> RemoteObject:
    """The one group of an answer."""
    listed = {"logGroupName": "/aws/lambda/orders", "arn": f"{ARN}:*", "logGroupArn": ARN, "storedBytes": 7, **others}
    objects, gaps = collect(
        "aws_cloudwatch_log_group",
        {
            "logs.describe_log_groups": {"logGroups": [listed]},
            "resourcegroupstaggingapi.get_resources": tags or tagged(),
        },
    )
    assert gaps == []
    return objects["/aws/lambda/orders"]


def test_a_group_has_the_arn_without_its_streams() -> None:
    """The ARN is the one that the provider records, not the one of the group's streams."""
    assert group().attributes["arn"] == ARN


@pytest.mark.parametrize("arn", [ARN, f"{ARN}:*"])
def test_tags_are_found_under_either_arn(arn: str) -> None:
    """Tags belong to the group whichever of its ARNs they are listed under."""
    assert group(tagged(arn, team="shop")).attributes["tags_all"] == {"team": "shop"}


def test_a_group_of_a_stack_belongs_to_it() -> None:
    """Tags tell the maker; a group that Lambda made has none and is nobody's."""
    assert group(tagged(ARN, **{"aws:cloudformation:stack-name": "base"})).owner == "CloudFormation stack base"
    assert group().owner is None
    assert not group().is_default


@pytest.mark.parametrize(
    ("recorded", "told", "expected"),
    [
        ("STANDARD", {"logGroupClass": "STANDARD"}, []),
        ("", {"logGroupClass": "STANDARD"}, []),
        ("STANDARD", {}, []),
        ("", {}, []),
        (None, {}, []),
        ("INFREQUENT_ACCESS", {"logGroupClass": "INFREQUENT_ACCESS"}, []),
        ("STANDARD", {"logGroupClass": "INFREQUENT_ACCESS"}, ["log_group_class"]),
        ("DELIVERY", {"logGroupClass": "STANDARD"}, ["log_group_class"]),
    ],
)
def test_the_class_of_a_group(recorded: str | None, told: dict[str, Any], expected: list[str]) -> None:
    """A class that is not told is the standard one, on either side."""
    assert drifts(group(**told), log_group_class=recorded) == expected


@pytest.mark.parametrize(
    ("recorded", "told", "expected"),
    [
        (0, {}, []),
        (None, {}, []),
        (30, {"retentionInDays": 30}, []),
        (30, {}, ["retention_in_days"]),
        (0, {"retentionInDays": 1}, ["retention_in_days"]),
    ],
)
def test_no_retention_is_for_ever(recorded: int | None, told: dict[str, Any], expected: list[str]) -> None:
    """A group without a retention keeps its logs for ever, which Terraform writes as 0."""
    assert drifts(group(**told), retention_in_days=recorded) == expected
