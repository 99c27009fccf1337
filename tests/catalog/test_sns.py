"""Topics read from recorded answers: what the emulator does not tell."""

import json
from typing import Any

import pytest

from catalog.answers import ACCOUNT, REGION, collect, drifts, tagged
from driftmgr.model import RemoteObject

ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/feedback"
PROTOCOLS = {"application": "Application", "firehose": "Firehose", "http": "HTTP", "lambda": "Lambda", "sqs": "SQS"}


def topic(**attributes: str) -> RemoteObject:
    """The one topic of an answer."""
    objects, gaps = collect(
        "aws_sns_topic",
        {
            "sns.list_topics": {"Topics": [{"TopicArn": ARN}]},
            "sns.get_topic_attributes": {"Attributes": {"TopicArn": ARN, "Owner": ACCOUNT, **attributes}},
            "resourcegroupstaggingapi.get_resources": tagged(ARN, team="shop"),
        },
    )
    assert gaps == []
    return objects[ARN]


def test_a_topic_is_named_by_its_arn() -> None:
    """Name, owner and tags of a topic."""
    found = topic().attributes
    assert {key: found[key] for key in ("id", "arn", "name", "owner", "tags_all")} == {
        "id": ARN,
        "arn": ARN,
        "name": "orders",
        "owner": ACCOUNT,
        "tags_all": {"team": "shop"},
    }


@pytest.mark.parametrize(("protocol", "member"), PROTOCOLS.items())
def test_delivery_status_logging(protocol: str, member: str) -> None:
    """Each protocol has a role for success, one for failure, and a rate that is 0 where it was never set."""
    told = topic(
        **{
            f"{member}SuccessFeedbackRoleArn": ROLE,
            f"{member}FailureFeedbackRoleArn": f"{ROLE}-2",
            f"{member}SuccessFeedbackSampleRate": "50",
        }
    )
    recorded = {
        f"{protocol}_success_feedback_role_arn": ROLE,
        f"{protocol}_failure_feedback_role_arn": f"{ROLE}-2",
        f"{protocol}_success_feedback_sample_rate": 50,
    }
    unset = {name: 0 if name.endswith("rate") else "" for name in recorded}
    assert drifts(told, **recorded) == []
    assert drifts(topic(), **unset) == []
    assert sorted(drifts(topic(), **recorded)) == sorted(recorded)
    assert sorted(drifts(told, **unset)) == sorted(recorded)


@pytest.mark.parametrize(("recorded", "told"), [(0, {}), (1, {}), (0, "1"), (1, "1"), (2, "2")])
def test_the_first_signature_version_is_the_default(recorded: int, told: Any) -> None:
    """A topic whose version was never set signs with the first, which the provider records as 0."""
    assert drifts(topic(**({"SignatureVersion": told} if told else {})), signature_version=recorded) == []


def test_another_signature_version_is_drift() -> None:
    """A version is compared as a number."""
    assert drifts(topic(SignatureVersion="2"), signature_version=0) == ["signature_version"]
    assert drifts(topic(), signature_version=2) == ["signature_version"]


def test_archiving_and_fifo() -> None:
    """The settings of a FIFO topic, its archive policy as JSON in any form."""
    policy = json.dumps({"MessageRetentionPeriod": "30"})
    found = topic(
        FifoTopic="true",
        ContentBasedDeduplication="true",
        FifoThroughputScope="MessageGroup",
        ArchivePolicy=json.dumps({"MessageRetentionPeriod": "30"}, indent=2),
        BeginningArchiveTime="2026-01-01T00:00:00Z",
        TracingConfig="Active",
    )
    recorded = {
        "fifo_topic": True,
        "content_based_deduplication": True,
        "fifo_throughput_scope": "MessageGroup",
        "archive_policy": policy,
        "beginning_archive_time": "2026-01-01T00:00:00Z",
        "tracing_config": "Active",
    }
    assert drifts(found, **recorded) == []
    assert drifts(found, **recorded | {"archive_policy": ""}) == ["archive_policy"]
    assert drifts(found, **recorded | {"tracing_config": "PassThrough"}) == ["tracing_config"]
    assert drifts(found, **recorded | {"fifo_throughput_scope": "Topic"}) == ["fifo_throughput_scope"]
    assert drifts(topic(), fifo_topic=False, content_based_deduplication=False, archive_policy="") == []
