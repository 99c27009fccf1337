"""CloudWatch log groups. Source: provider ``internal/service/logs/group.go``.

DescribeLogGroups tells all of them but the tags. Groups that Lambda or another service made at the first line it logged
are shown as unmanaged: they keep logs for ever until somebody manages them.
"""

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.entry import LOW, Attribute, ResourceType, Template, aws_call
from driftmgr.catalog.transforms import aws_tags


def class_or_standard(told: str | None) -> str:
    """The class of a group; the standard one where the API does not tell it, which the provider records as empty."""
    return told or "STANDARD"


LOG_GROUP = ResourceType(
    name="aws_cloudwatch_log_group",
    criticality=LOW,
    list=aws_call("logs.describe_log_groups", "logGroups", params={"limit": 50}),
    # A group has two ARNs: ``arn`` ends in ":*" (its streams), ``logGroupArn`` does not. Its tags are under the latter;
    # partitions that do not tell it yet may use the former.
    joins={"Tags": tags_by_arn("logs", "[logGroupArn, arn]")},
    id="logGroupName",
    owner=MADE_BY_TAGS,
    attributes={
        "arn": Template("arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}"),
        "kms_key_id": "kmsKeyId",
        "log_group_class": Attribute("logGroupClass", normal=class_or_standard),
        "name": "logGroupName",
        # No retention is "never expire", which Terraform writes as 0.
        "retention_in_days": Attribute("retentionInDays", default=0),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "name_prefix": "only used when the name is made; the name itself is compared",
        "skip_destroy": "tells the provider what to do on destroy; AWS does not know it",
    },
)
