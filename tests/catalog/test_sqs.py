"""Queues whose parts are resources of their own.

Real Terraform would wait minutes for them against the emulator, so the states here are written as the provider does:
the queue is recorded before its parts are made.
"""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, AWS, HERE, REGION
from driftmgr.drift.detect import Asked, Findings, detect
from driftmgr.model import RemoteObject, ResourceInstance

NAME = "aws_sqs_queue"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/orders"
ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"
PARTS = {
    "aws_sqs_queue_policy": "policy",
    "aws_sqs_queue_redrive_policy": "redrive_policy",
    "aws_sqs_queue_redrive_allow_policy": "redrive_allow_policy",
}


def judged(attribute: str, *others: ResourceInstance) -> Findings:
    """The verdict about a queue that was recorded without an attribute which it has now."""
    recorded: dict[str, Any] = {"id": URL, "url": URL, "arn": ARN, "name": "orders", attribute: ""}
    queue = ResourceInstance.of(f"{NAME}.orders", recorded)
    found = RemoteObject(type=NAME, id=URL, scope=HERE, attributes={**recorded, attribute: '{"a":"b"}'})
    asked = Asked(regions={ACCOUNT: (REGION,)}, types=frozenset({NAME}))
    return detect(AWS, [queue], [found], (), asked, others=others)


@pytest.mark.parametrize(("part", "attribute"), PARTS.items())
def test_a_part_managed_on_its_own_is_no_drift_of_the_queue(part: str, attribute: str) -> None:
    """What a resource of its own sets on this queue is its own; on another queue it says nothing of this one."""
    own = ResourceInstance.of(f"{part}.orders", {"id": URL, "queue_url": URL, attribute: '{"a":"b"}'})
    assert judged(attribute, own).drifts == ()
    assert [change.rule for change in judged(attribute, own).suppressed[0].suppressed] == ["managed_by_companion"]
    other = ResourceInstance.of(f"{part}.other", {"id": f"{URL}-2", "queue_url": f"{URL}-2"})
    for others in ((), (other,)):
        (drift,) = judged(attribute, *others).drifts
        assert [change.path for change in drift.changes] == [attribute]
