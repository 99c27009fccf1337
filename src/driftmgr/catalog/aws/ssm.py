"""Systems Manager parameters. Source: provider ``internal/service/ssm/parameter.go``.

DescribeParameters lists them all without their values; GetParametersByPath from the root brings the values in bulk, those without
a leading slash included (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html).
"""

from typing import Any

from driftmgr.catalog.aws.tagging import tags_by_arn
from driftmgr.catalog.entry import LOW, Attribute, Join, ResourceType, aws_call
from driftmgr.catalog.transforms import aws_tags

_SECURE = "SecureString"


def _plain(found: dict[str, Any]) -> str | None:
    value: str | None = found["value"] if found["kind"] != _SECURE else None
    return value


PARAMETER = ResourceType(
    name="aws_ssm_parameter",
    criticality=LOW,
    list=aws_call("ssm.describe_parameters", "Parameters", params={"MaxResults": 50}),
    joins={
        "Value": Join(
            call=aws_call(
                "ssm.get_parameters_by_path",
                "Parameters",
                params={"Path": "/", "Recursive": True, "WithDecryption": True, "MaxResults": 10},
            ),
            on="Name",
            to="Name",
            required=True,
        ),
        "Tags": tags_by_arn("ssm:parameter", "ARN"),
    },
    id="Name",
    attributes={
        "allowed_pattern": "AllowedPattern",
        "arn": "ARN",
        "data_type": "DataType",
        "description": "Description",
        "insecure_value": Attribute("{value: Value.Value, kind: Type}", read=_plain),
        "key_id": "KeyId",
        "name": "Name",
        "tier": "Tier",
        "type": "Type",
        "value": "Value.Value",
        "version": "Version",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "overwrite": "an option of the call that writes; AWS does not keep it",
        "value_wo_version": "a counter of the configuration's; AWS does not keep it",
    },
)
