"""Systems Manager parameters. Source: provider ``internal/service/ssm/parameter.go``.

DescribeParameters lists them all, AWS's public ones not among them, without their values; GetParametersByPath from the
root brings the values in bulk, ten a page. A SecureString is never decrypted: DriftMgr needs no right to read secrets.
Each write of a parameter counts its version up, so a secret of the recorded version is the recorded secret, and one of
another version was written behind Terraform's back: that is reported as a change of ``version``.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import tags_by_arn
from driftmgr.catalog.entry import LOW, UNTOLD, Attribute, Join, ResourceType, aws_call
from driftmgr.catalog.transforms import aws_tags

_SECURE = "SecureString"
_PREFIX = "'arn:', Scope.partition, ':ssm:', Scope.region, ':', Scope.account"
# A name without a leading slash gets one in the ARN; of the two spellings only one is any parameter's.
_ARNS = f"[join('', [{_PREFIX}, ':parameter', Name]), join('', [{_PREFIX}, ':parameter/', Name])]"


def told(parameter: Any) -> Any:
    """The value of a parameter that is no secret, the version of one that is; the other is not told."""
    return UNTOLD if (parameter["type"] == _SECURE) is not parameter["secret"] else parameter["found"]


def _value(name: str) -> Attribute:
    # A state records it as ``value`` or as ``insecure_value``, or not at all if it was write-only. Only the first is
    # sensitive by the schema, yet both tell what may be recorded as the first.
    return Attribute("{type: Type, found: Value.Value, secret: `false`}", read=told, when=name, sensitive=True)


PARAMETER = ResourceType(
    name="aws_ssm_parameter",
    criticality=LOW,
    list=aws_call("ssm.describe_parameters", "Parameters", params={"MaxResults": 50}),
    joins={
        "Value": Join(
            call=aws_call(
                "ssm.get_parameters_by_path",
                "Parameters",
                params={"Path": "/", "Recursive": True, "WithDecryption": False, "MaxResults": 10},
            ),
            on="Name",
            to="Name",
            required=True,
        ),
        "Tags": tags_by_arn("ssm:parameter", _ARNS),
    },
    id="Name",
    attributes={
        "allowed_pattern": "AllowedPattern",
        "arn": "Value.ARN",
        "data_type": Attribute("DataType", default="text"),
        "description": "Description",
        "insecure_value": _value("insecure_value"),
        "key_id": "KeyId",
        "name": "Name",
        "tier": Attribute("Tier", default="Standard"),
        "type": "Type",
        "value": _value("value"),
        "version": Attribute("{type: Type, found: Version, secret: `true`}", read=told, counts=True),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "overwrite": "an option of the call that writes; AWS does not keep it",
        "value_wo_version": "a counter of the configuration's; AWS does not keep it",
    },
)
