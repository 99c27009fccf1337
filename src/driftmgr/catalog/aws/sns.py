"""Amazon SNS topics. Source: provider ``internal/service/sns/topic.go`` and the API's GetTopicAttributes."""

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.entry import MEDIUM, Attribute, AttributeLike, Companion, ResourceType, aws_call
from driftmgr.catalog.equivalences import same_iam_policy, same_json
from driftmgr.catalog.transforms import aws_tags, boolean, integer


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def version_or_first(told: int | None) -> int:
    """The version of a topic's signatures; 1 where none was ever set, which the provider records as 0."""
    return told or 1


def _feedback(protocol: str, member: str) -> dict[str, AttributeLike]:
    """The delivery status logging of one protocol, of which the API knows three attributes."""
    return {
        f"{protocol}_failure_feedback_role_arn": f"Attributes.{member}FailureFeedbackRoleArn",
        f"{protocol}_success_feedback_role_arn": f"Attributes.{member}SuccessFeedbackRoleArn",
        f"{protocol}_success_feedback_sample_rate": Attribute(
            f"Attributes.{member}SuccessFeedbackSampleRate", read=integer, default=0
        ),
    }


TOPIC = ResourceType(
    name="aws_sns_topic",
    criticality=MEDIUM,
    list=aws_call("sns.list_topics", "Topics"),
    details={"Attributes": aws_call("sns.get_topic_attributes", "Attributes", given={"TopicArn": "TopicArn"})},
    joins={"Tags": tags_by_arn("sns", "TopicArn")},
    id="TopicArn",
    owner=MADE_BY_TAGS,
    attributes=_feedback("application", "Application")
    | _feedback("firehose", "Firehose")
    | _feedback("http", "HTTP")
    | _feedback("lambda", "Lambda")
    | _feedback("sqs", "SQS")
    | {
        "archive_policy": Attribute("Attributes.ArchivePolicy", equal=same_json),
        "arn": "TopicArn",
        "beginning_archive_time": "Attributes.BeginningArchiveTime",
        "content_based_deduplication": Attribute("Attributes.ContentBasedDeduplication", read=boolean, default=False),
        "delivery_policy": Attribute("Attributes.DeliveryPolicy", equal=same_json),
        "display_name": "Attributes.DisplayName",
        "fifo_throughput_scope": "Attributes.FifoThroughputScope",
        "fifo_topic": Attribute("Attributes.FifoTopic", read=boolean, default=False),
        "kms_master_key_id": "Attributes.KmsMasterKeyId",
        "name": Attribute("TopicArn", read=_name),
        "owner": "Attributes.Owner",
        "policy": Attribute("Attributes.Policy", equal=same_iam_policy),
        "signature_version": Attribute("Attributes.SignatureVersion", read=integer, normal=version_or_first),
        "tracing_config": "Attributes.TracingConfig",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": "only used when the name is made; the name itself is compared"},
    companions=(Companion(type="aws_sns_topic_policy", attribute="arn", by="arn", inline=("policy",)),),
)
