"""aws_sqs_queue held to Terraform's provider; the model for every other case."""

import json

from conformance.harness import Case

ESTATE = """
resource "aws_sqs_queue" "dead" {
  name = "dead-letters"
}

resource "aws_sqs_queue" "orders" {
  name                              = "orders"
  delay_seconds                     = 5
  kms_data_key_reuse_period_seconds = 600
  kms_master_key_id                 = "alias/aws/sqs"
  max_message_size                  = 2048
  message_retention_seconds         = 86400
  receive_wait_time_seconds         = 10
  visibility_timeout_seconds        = 60
  redrive_policy                    = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 4 })
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "write"
      Effect    = "Allow"
      Principal = { AWS = "123456789012" }
      Action    = ["sqs:SendMessage", "sqs:ReceiveMessage"]
      Resource  = "*"
    }]
  })
  tags = { team = "shop", stage = "live", cost = "42" }
}

resource "aws_sqs_queue" "events" {
  name                        = "events.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
}

resource "aws_sqs_queue" "parted" {
  name = "parted"
}
resource "aws_sqs_queue_policy" "parted" {
  queue_url = aws_sqs_queue.parted.url
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "write", Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "*" }]
  })
}
"""

STATEMENT: dict[str, object] = {
    "Resource": "*",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Sid": "write",
    "Action": ["sqs:ReceiveMessage", "sqs:SendMessage"],
    "Effect": "Allow",
}


def policy_of(statement: dict[str, object]) -> str:
    """A policy of one statement, in a form of its own."""
    return json.dumps({"Statement": statement, "Version": "2012-10-17"}, indent=2)


def test_queues_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after a policy was only rewritten; then exactly what was changed behind its back."""
    case.apply(ESTATE, default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    sqs = case.client("sqs")
    orders, events = (case.recorded(f"aws_sqs_queue.{name}")["url"] for name in ("orders", "events"))
    sqs.set_queue_attributes(QueueUrl=orders, Attributes={"Policy": policy_of(STATEMENT)})
    case.assert_silent(case.detect())

    open_to_all = policy_of({**STATEMENT, "Principal": "*"})
    sqs.set_queue_attributes(
        QueueUrl=orders,
        Attributes={"Policy": open_to_all, "VisibilityTimeout": "90", "DelaySeconds": "0"},
    )
    sqs.set_queue_attributes(QueueUrl=events, Attributes={"ContentBasedDeduplication": "false", "Policy": open_to_all})
    parted = case.recorded("aws_sqs_queue.parted")["url"]
    sqs.set_queue_attributes(QueueUrl=parted, Attributes={"Policy": open_to_all})
    sqs.tag_queue(QueueUrl=orders, Tags={"stage": "test", "by": "hand"})
    sqs.untag_queue(QueueUrl=orders, TagKeys=["cost"])
    sqs.delete_queue(QueueUrl=case.recorded("aws_sqs_queue.dead")["url"])
    stranger = sqs.create_queue(QueueName="stranger")["QueueUrl"]
    changed = case.detect()
    own = "aws_sqs_queue.orders"
    case.assert_exactly(
        changed,
        {
            *(("changed", own, name) for name in ("policy", "visibility_timeout_seconds", "delay_seconds")),
            *(("changed", own, f'tags_all["{key}"]') for key in ("stage", "by", "cost")),
            ("changed", "aws_sqs_queue.events", "content_based_deduplication"),
            # A queue that records no policy leaves it to the policy.
            ("unmanaged", "aws_sqs_queue_policy", events, "aws_sqs_queue.events"),
            ("changed", "aws_sqs_queue_policy.parted", "policy"),
            ("missing", "aws_sqs_queue.dead"),
            ("unmanaged", "aws_sqs_queue", stranger, None),
        },
    )
    case.compare_with_referee(changed)
