"""Amazon SQS: queues, and their policies as resources of their own.

Source of the mapping: provider ``internal/service/sqs/queue{,_policy,_redrive_policy,_redrive_allow_policy}.go`` and
the API's GetQueueAttributes.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.entry import MEDIUM, Attribute, Equivalence, ParentRef, ResourceType, aws_call
from driftmgr.catalog.equivalences import same_iam_policy, same_json
from driftmgr.catalog.transforms import aws_tags, boolean, integer, last_part, none_if_empty

NAME_PREFIX = "only used when the name is made; the name itself is compared"


def _reuse_period(value: str | None) -> int:
    # The API leaves it out for queues without KMS; the provider then stores the service's default.
    return integer(value) or 300


def _queue_arn(found: Any) -> str:
    # The list call tells URLs alone, whose path ends with the account and the name.
    place, name = found["place"], last_part(found["url"])
    return f"arn:{place['partition']}:sqs:{place['region']}:{place['account']}:{name}"


_QUEUES = aws_call("sqs.list_queues", "QueueUrls", params={"MaxResults": 1000})
_DETAILS = {
    "Attributes": aws_call(
        "sqs.get_queue_attributes", "Attributes", params={"AttributeNames": ["All"]}, given={"QueueUrl": "Value"}
    ),
}

QUEUE = ResourceType(
    name="aws_sqs_queue",
    criticality=MEDIUM,
    list=_QUEUES,
    details=_DETAILS,
    joins={"Tags": tags_by_arn("sqs", "Attributes.QueueArn")},
    id="Value",
    owner=MADE_BY_TAGS,
    attributes={
        "arn": Attribute("{url: Value, place: Scope}", read=_queue_arn),
        "url": "Value",
        "name": Attribute("Value", read=last_part),
        "content_based_deduplication": Attribute("Attributes.ContentBasedDeduplication", read=boolean, default=False),
        "deduplication_scope": "Attributes.DeduplicationScope",
        "delay_seconds": Attribute("Attributes.DelaySeconds", read=integer, default=0),
        "fifo_queue": Attribute("Attributes.FifoQueue", read=boolean, default=False),
        "fifo_throughput_limit": "Attributes.FifoThroughputLimit",
        "kms_data_key_reuse_period_seconds": Attribute(
            "Attributes.KmsDataKeyReusePeriodSeconds", read=_reuse_period, default=300
        ),
        "kms_master_key_id": "Attributes.KmsMasterKeyId",
        "max_message_size": Attribute("Attributes.MaximumMessageSize", read=integer, default=262144),
        "message_retention_seconds": Attribute("Attributes.MessageRetentionPeriod", read=integer, default=345600),
        "policy": Attribute("Attributes.Policy", read=none_if_empty, equal=same_iam_policy),
        "receive_wait_time_seconds": Attribute("Attributes.ReceiveMessageWaitTimeSeconds", read=integer, default=0),
        "redrive_allow_policy": Attribute("Attributes.RedriveAllowPolicy", equal=same_json),
        "redrive_policy": Attribute("Attributes.RedrivePolicy", equal=same_json),
        "sqs_managed_sse_enabled": Attribute("Attributes.SqsManagedSseEnabled", read=boolean, default=False),
        "visibility_timeout_seconds": Attribute("Attributes.VisibilityTimeout", read=integer, default=30),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
)


def _part(attribute: str, member: str, equal: Equivalence) -> ResourceType:
    """A policy of a queue that is managed on its own; the queue shows it too."""
    return ResourceType(
        name=f"aws_sqs_queue_{attribute}",
        criticality=MEDIUM,
        list=_QUEUES,
        details=_DETAILS,
        exists=f"Attributes.{member}",
        id="Value",
        keys=(("queue_url",),),
        attributes={"queue_url": "Value", attribute: Attribute(f"Attributes.{member}", equal=equal)},
        parents=(ParentRef(type="aws_sqs_queue", attribute="queue_url", by="url", inline=(attribute,)),),
    )


QUEUE_POLICY = _part("policy", "Policy", same_iam_policy)
QUEUE_REDRIVE_POLICY = _part("redrive_policy", "RedrivePolicy", same_json)
QUEUE_REDRIVE_ALLOW_POLICY = _part("redrive_allow_policy", "RedriveAllowPolicy", same_json)
