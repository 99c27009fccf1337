"""Parameters read from answers in botocore's shape, without a secret ever decrypted."""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, Answers, Collected
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.ssm import told
from driftmgr.catalog.entry import UNTOLD
from driftmgr.catalog.permissions import actions

ARN = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter"
NAMES = ("/shop/a", "root", "/shop/secret")


def kind(name: str) -> str:
    """The type of a parameter of these answers."""
    return "SecureString" if name.endswith("secret") else "String"


def value(name: str) -> dict[str, Any]:
    """A parameter as GetParametersByPath tells it; of a secret only what encryption made of it."""
    return {"Name": name, "ARN": f"{ARN}/{name.lstrip('/')}", "Type": kind(name), "Value": f"value of {name}"}


ANSWERS: Answers = {
    "ssm.describe_parameters": [
        {"Parameters": [{"Name": name, "Type": kind(name), "Version": 3, "Tier": "Standard"}]} for name in NAMES
    ],
    "ssm.get_parameters_by_path": [{"Parameters": [value(name)]} for name in NAMES],
    "resourcegroupstaggingapi.get_resources": {
        "ResourceTagMappingList": [
            {"ResourceARN": f"{ARN}/shop/a", "Tags": [{"Key": "of", "Value": "a"}]},
            {"ResourceARN": f"{ARN}/root", "Tags": [{"Key": "of", "Value": "root"}]},
        ]
    },
}
TYPE = "aws_ssm_parameter"


def test_values_come_in_bulk_and_no_secret_is_decrypted() -> None:
    """Three listings tell all parameters; none of them asks for a secret in plain text."""
    found = Collected([TYPE], ANSWERS)
    assert not found.gaps
    assert len(found.asked) == 3
    assert dict(found.asked)["ssm.get_parameters_by_path"]["WithDecryption"] is False


def test_a_secret_is_told_by_its_version_alone() -> None:
    """The value of a SecureString is no attribute; its version is, which for other types says nothing more."""
    found = Collected([TYPE], ANSWERS).objects
    plain, secret = (found[TYPE, name].attributes for name in ("/shop/a", "/shop/secret"))
    assert plain["value"] == plain["insecure_value"] == "value of /shop/a"
    assert "version" not in plain
    assert secret["version"] == 3
    assert not {"value", "insecure_value"} & secret.keys()
    assert not found[TYPE, "/shop/secret"].unread


@pytest.mark.parametrize(
    ("type_", "secret", "expected"),
    [
        ("String", False, 1),
        ("StringList", False, 1),
        ("SecureString", False, UNTOLD),
        ("SecureString", True, 1),
        ("String", True, UNTOLD),
    ],
)
def test_what_is_told_of_which_type(type_: str, *, secret: bool, expected: Any) -> None:
    """What belongs to secrets is told of secrets only, the rest of the rest only."""
    assert told({"type": type_, "secret": secret, "found": 1}) == expected


def test_tags_are_found_with_and_without_a_leading_slash() -> None:
    """The ARN of a parameter has one slash before its name, whether the name has one or not."""
    found = Collected([TYPE], ANSWERS).objects
    tags = {name: found[TYPE, name].tags.get("of") for name in NAMES}
    assert tags == {"/shop/a": "a", "root": "root", "/shop/secret": None}


def test_a_parameter_without_a_value_is_a_gap() -> None:
    """A parameter that the second listing lacks has no value "unset": it is unread."""
    found = Collected([TYPE], {**ANSWERS, "ssm.get_parameters_by_path": {"Parameters": [value("root")]}})
    unread = {name: item.unread for (_, name), item in found.objects.items()}
    lost = ("arn", "insecure_value", "value")
    assert unread == {"/shop/a": lost, "root": (), "/shop/secret": lost}
    assert [(gap.operation, gap.attributes) for gap in found.gaps] == [("ssm.get_parameters_by_path", lost)]


def test_permissions() -> None:
    """The type needs exactly these actions, and none to decrypt."""
    needed = actions([catalog_of("aws")[TYPE]])
    assert [action for action in needed if not action.startswith(("ec2:", "sts:"))] == [
        "ssm:DescribeParameters",
        "ssm:GetParametersByPath",
        "tag:GetResources",
    ]
