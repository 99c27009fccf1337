"""The parts of a queue as resources of their own.

Real Terraform would wait minutes for most of them against the emulator, so the states here are written as the provider
does: the queue is recorded before its parts are made.
"""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, AWS, REGION, Answers, Collected
from driftmgr.catalog.permissions import actions
from driftmgr.drift.detect import Asked, Findings, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import ResourceInstance

QUEUE = "aws_sqs_queue"
MEMBERS = {"policy": "Policy", "redrive_policy": "RedrivePolicy", "redrive_allow_policy": "RedriveAllowPolicy"}
FAMILY = [QUEUE, *(f"{QUEUE}_{part}" for part in MEMBERS)]
FULL, BARE = (f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}" for name in ("full", "bare"))
ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
TEXT = '{"a":"b"}'
SAID = {"QueueArn": f"{ARN}full"} | dict.fromkeys(MEMBERS.values(), TEXT)
ANSWERS: Answers = {
    "sqs.list_queues": {"QueueUrls": [FULL, BARE]},
    "sqs.get_queue_attributes": lambda params: {
        "Attributes": SAID if params["QueueUrl"] == FULL else {"QueueArn": f"{ARN}bare", "Policy": ""}
    },
}


def test_a_queue_shows_its_parts_and_each_is_an_object() -> None:
    """Each policy that a queue has is an object with the queue as its parent; one that it lacks is none."""
    found = Collected(FAMILY, ANSWERS)
    assert not found.gaps
    parts = {key: item for key, item in found.objects.items() if key[0] != QUEUE}
    assert set(parts) == {(f"{QUEUE}_{part}", FULL) for part in MEMBERS}
    for part in MEMBERS:
        item = parts[f"{QUEUE}_{part}", FULL]
        assert item.attributes[part] == found.objects[QUEUE, FULL].attributes[part] == TEXT
        assert [(parent.type, parent.id) for parent in item.parents] == [(QUEUE, FULL)]


def test_parts_cost_no_call_of_their_own() -> None:
    """All four types share the listing and one call per queue, beside the listing of tags."""
    assert len(Collected(FAMILY, ANSWERS).asked) == 2 + 2


def judged(part: str, text: str, *parts: ResourceInstance) -> Findings:
    """The verdict about the full queue, recorded with a text of one part and the present one of all others."""
    recorded: dict[str, Any] = {
        "id": FULL,
        "url": FULL,
        "arn": f"{ARN}full",
        **dict.fromkeys(MEMBERS, TEXT),
        part: text,
    }
    objects = [item for item in Collected(FAMILY, ANSWERS).objects.values() if item.id == FULL]
    asked = Asked(regions={ACCOUNT: (REGION,)}, types=frozenset(FAMILY))
    queue = ResourceInstance.of(f"{QUEUE}.full", recorded)
    return detect(AWS, [queue, *parts], ObjectIndex(AWS, objects), (), asked)


def own(part: str, url: str, text: str) -> ResourceInstance:
    """A part of a queue in the state."""
    return ResourceInstance.of(f"{QUEUE}_{part}.own", {"id": url, "queue_url": url, part: text})


@pytest.mark.parametrize("part", MEMBERS)
def test_a_part_managed_on_its_own_is_told_by_itself(part: str) -> None:
    """What a resource of its own sets on the queue is no drift of the queue; what became of it is told there once."""
    assert not judged(part, "", own(part, FULL, TEXT)).drifts
    (drift,) = judged(part, "", own(part, FULL, "{}")).drifts
    assert (drift.address, [change.path for change in drift.changes]) == (f"{QUEUE}_{part}.own", [part])


@pytest.mark.parametrize("part", MEMBERS)
def test_a_part_that_nobody_manages_is_told_once(part: str) -> None:
    """A queue that records none leaves it to the part, with the queue named; one that records another tells it."""
    (stranger,) = judged(part, "").drifts
    assert (stranger.kind, stranger.type, stranger.parent) == ("unmanaged", f"{QUEUE}_{part}", f"{QUEUE}.full")
    (changed,) = judged(part, '{"a":"c"}').drifts
    assert (changed.address, [change.path for change in changed.changes]) == (f"{QUEUE}.full", [part])


def test_permissions() -> None:
    """The family needs exactly these actions."""
    needed = actions(AWS[name] for name in FAMILY)
    assert [action for action in needed if action.startswith("sqs:")] == ["sqs:GetQueueAttributes", "sqs:ListQueues"]
