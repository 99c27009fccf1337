"""aws_sns_topic held to Terraform's provider.

The emulator tells display name, policies, key and FIFO settings of a topic only; delivery status logging, archiving,
tracing and signatures are held by ``tests/catalog/test_sns.py``.
"""

import json
from typing import Any

from conformance.harness import Case

ESTATE = """
resource "aws_sns_topic" "orders" {
  name              = "orders"
  display_name      = "Orders"
  kms_master_key_id = "alias/aws/sns"
  delivery_policy = jsonencode({
    http = { defaultHealthyRetryPolicy = { minDelayTarget = 20, maxDelayTarget = 20, numRetries = 3 } }
  })
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "publish"
      Effect    = "Allow"
      Principal = { AWS = "123456789012" }
      Action    = ["sns:Publish", "sns:Subscribe"]
      Resource  = "arn:aws:sns:us-east-1:123456789012:orders"
    }]
  })
  tags = { team = "shop", stage = "live", cost = "42" }
}

resource "aws_sns_topic" "bare" {
  name_prefix = "bare-"
}

resource "aws_sns_topic" "gone" {
  name = "gone"
}

resource "aws_sns_topic" "events" {
  name                        = "events.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
    }]
  })
}
"""

STATEMENT: dict[str, Any] = {
    "Resource": "arn:aws:sns:us-east-1:123456789012:orders",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Sid": "publish",
    "Action": ["sns:Subscribe", "sns:Publish"],
    "Effect": "Allow",
}
RETRIES = {"numRetries": 3, "maxDelayTarget": 20, "minDelayTarget": 20}
# The policy as a resource of its own is no type of the catalog yet: the report says so.
GAPS = {("aws_sns_topic_policy", "unsupported")}


def policy_of(**others: Any) -> str:
    """A policy of one statement, in a form of its own."""
    return json.dumps({"Statement": [{**STATEMENT, **others}], "Version": "2012-10-17"}, indent=2)


def delivery_of(**others: Any) -> str:
    """A delivery policy, in a form of its own."""
    return json.dumps({"http": {"defaultHealthyRetryPolicy": {**RETRIES, **others}}}, indent=2)


def test_topics_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after policies were only rewritten; then exactly what was changed behind its back."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean, gaps=GAPS)
    case.compare_with_referee(clean, explained={("aws_sns_topic.alarms", "policy"): "managed_by_companion"})

    sns = case.client("sns")

    def change(topic: str, **attributes: str) -> None:
        for name, value in attributes.items():
            arn = case.recorded(f"aws_sns_topic.{topic}")["arn"]
            sns.set_topic_attributes(TopicArn=arn, AttributeName=name, AttributeValue=value)

    change("orders", Policy=policy_of(), DeliveryPolicy=delivery_of())
    case.assert_silent(case.detect(), gaps=GAPS)

    change("orders", Policy=policy_of(Principal="*"), DeliveryPolicy=delivery_of(numRetries=9))
    change("orders", DisplayName="", KmsMasterKeyId="alias/other")
    change("bare", DisplayName="by hand", KmsMasterKeyId="alias/aws/sns", DeliveryPolicy=delivery_of())
    change("bare", Policy=policy_of(Resource="*"))
    change("events", ContentBasedDeduplication="false")
    orders = case.recorded("aws_sns_topic.orders")["arn"]
    sns.tag_resource(ResourceArn=orders, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    sns.untag_resource(ResourceArn=orders, TagKeys=["cost"])
    sns.delete_topic(TopicArn=case.recorded("aws_sns_topic.gone")["arn"])
    stranger = sns.create_topic(Name="stranger")["TopicArn"]
    changed = case.detect()
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_sns_topic.orders", "policy"),
            ("changed", "aws_sns_topic.orders", "delivery_policy"),
            ("changed", "aws_sns_topic.orders", "display_name"),
            ("changed", "aws_sns_topic.orders", "kms_master_key_id"),
            ("changed", "aws_sns_topic.orders", 'tags_all["stage"]'),
            ("changed", "aws_sns_topic.orders", 'tags_all["by"]'),
            ("changed", "aws_sns_topic.orders", 'tags_all["cost"]'),
            ("changed", "aws_sns_topic.bare", "display_name"),
            ("changed", "aws_sns_topic.bare", "kms_master_key_id"),
            ("changed", "aws_sns_topic.bare", "delivery_policy"),
            ("changed", "aws_sns_topic.bare", "policy"),
            ("changed", "aws_sns_topic.events", "content_based_deduplication"),
            ("missing", "aws_sns_topic.gone"),
            ("unmanaged", "aws_sns_topic", stranger, None),
        },
        gaps=GAPS,
    )
    case.compare_with_referee(changed, explained={("aws_sns_topic.alarms", "policy"): "managed_by_companion"})
