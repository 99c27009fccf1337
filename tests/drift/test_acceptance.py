"""What a team would accept, from what a scan saw and what it accepted before."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from drift.scene import (
    ACCOUNT,
    CATALOG,
    ELSEWHERE,
    EVERYWHERE,
    HERE,
    OTHER_ACCOUNT,
    arn,
    gap,
    instance,
    judged,
    question,
    remote,
)
from driftmgr.drift.absorbed import Accepted
from driftmgr.drift.acceptance import Proposed, ScannedCloud, propose
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import AcceptedObject, Gap, Parent, RemoteObject, ResourceInstance

LINEAGE = "11111111-2222-3333-4444-555555555555"
STATES = {"a.tfstate": LINEAGE}
PART = "aws_vpc_security_group_ingress_rule"
Q = "aws_sqs_queue.q"


def queue(identity: str = "q", **attributes: Any) -> RemoteObject:
    """A queue in the cloud."""
    return remote("aws_sqs_queue", identity, arn=arn("sqs", identity), **attributes)


def recorded(address: str = Q, identity: str = "q", **attributes: Any) -> ResourceInstance:
    """A queue in the state."""
    return instance(address, id=identity, arn=arn("sqs", identity), **attributes)


def seen(
    instances: Sequence[ResourceInstance],
    objects: Sequence[RemoteObject],
    gaps: Sequence[Gap] = (),
    accepted: Iterable[AcceptedObject] = (),
    **asked: Any,
) -> ScannedCloud:
    """What a scan saw, with its findings."""
    states, others = asked.pop("states", STATES), asked.pop("others", ())
    findings = judged(instances, objects, gaps, others=others, accepted=Accepted(accepted, states), **asked)
    return ScannedCloud(
        catalog=CATALOG,
        instances=tuple(instances),
        others=tuple(others),
        index=ObjectIndex(CATALOG, objects),
        gaps=gaps,
        asked=question(**asked),
        findings=findings,
        states=states,
    )


def written(proposed: Iterable[Proposed]) -> list[AcceptedObject]:
    """What would be kept."""
    return [item.object for item in proposed if item.kind != "gone"]


def kinds(proposed: Iterable[Proposed]) -> list[tuple[str, str]]:
    """What would change, as (kind, address or id)."""
    return [(item.kind, item.object.address or item.object.id) for item in proposed]


def test_what_was_never_accepted_is_new() -> None:
    """Each matched instance with its address, state, provider and what the cloud holds; unmanaged only when asked."""
    stranger = queue("stranger")
    scan = seen([recorded(visibility_timeout_seconds=1)], [queue(visibility_timeout_seconds=2), stranger])
    (item,) = propose(scan, ())
    found = item.object
    assert (item.kind, found.address, found.state, found.id, found.scope) == ("new", Q, LINEAGE, "q", HERE)
    assert found.provider == 'provider["registry.terraform.io/hashicorp/aws"]'
    assert found.attributes == {"id": "q", "arn": arn("sqs", "q"), "visibility_timeout_seconds": 2}
    both = propose(scan, (), unmanaged=True)
    assert kinds(both) == [("new", "stranger"), ("new", Q)]
    assert both[0].object.address is None
    assert propose(scan, (), choose=lambda one: one.id == "none") == ()


def test_accepting_twice_changes_nothing() -> None:
    """After an acceptance the same scan has nothing to accept, and another form of a value is nothing either."""
    objects = [queue(name="n", policy=None), queue("stranger")]
    kept = written(propose(seen([recorded()], objects), (), unmanaged=True))
    assert len(kept) == 2
    assert propose(seen([recorded()], objects, accepted=kept), kept, unmanaged=True) == ()
    assert propose(seen([recorded()], [queue(name="n", policy=""), objects[1]], accepted=kept), kept) == ()


def test_what_changed_is_told_with_both_values() -> None:
    """A value, a new address, and an attribute that could not be read before."""
    kept = written(propose(seen([recorded()], [queue(visibility_timeout_seconds=1)]), ()))
    (item,) = propose(seen([recorded()], [queue(visibility_timeout_seconds=2)]), kept)
    assert [(change.path, change.recorded, change.observed) for change in item.changes] == [
        ("visibility_timeout_seconds", 1, 2)
    ]
    moved = propose(seen([recorded("aws_sqs_queue.other")], [queue(visibility_timeout_seconds=1)]), kept)
    assert kinds(moved) == [("changed", "aws_sqs_queue.other")]
    more = propose(seen([recorded()], [queue(visibility_timeout_seconds=1, name="q")]), kept)
    assert [(item.kind, item.changes) for item in more] == [("changed", ())]


def test_what_could_not_be_read_stays_as_it_was_accepted() -> None:
    """An attribute lost to a gap keeps its accepted value, all others are renewed."""
    kept = written(propose(seen([recorded()], [queue(policy="p", delay_seconds=1)]), ()))
    partly = queue(delay_seconds=2, members={"unread": ("policy",)})
    (found,) = written(propose(seen([recorded()], [partly]), kept))
    assert (found.attributes["policy"], found.attributes["delay_seconds"]) == ("p", 2)


def test_secrets_are_told_without_values() -> None:
    """What the state calls sensitive is masked in what a proposal shows."""
    kept = written(propose(seen([recorded()], [queue(policy="old")]), ()))
    state = recorded()
    secret = type(state)(
        address=state.address,
        provider=state.provider,
        document=state.document,
        source="a.tfstate",
        sensitive=("policy",),
    )
    (item,) = propose(seen([secret], [queue(policy="new")]), kept)
    assert [(change.recorded, change.observed) for change in item.changes] == [("(sensitive)", "(sensitive)")]
    assert item.object.sensitive == ("policy",)


def test_what_left_its_state_or_the_cloud_is_gone() -> None:
    """An instance that its state no longer has, and an unmanaged object that is no longer there."""
    kept = written(propose(seen([recorded()], [queue(), queue("stranger")]), (), unmanaged=True))
    assert kinds(propose(seen([], []), kept)) == [("gone", "stranger"), ("gone", Q)]
    # The object is still there, but nobody's: the instance left, the stranger stays accepted.
    assert kinds(propose(seen([], [queue(), queue("stranger")]), kept)) == [("gone", Q)]
    assert kinds(propose(seen([], [queue(), queue("stranger")]), kept, unmanaged=True)) == [("changed", "q")]


@pytest.mark.parametrize(
    "others",
    [
        {"types": frozenset({"aws_vpc"})},
        {"regions": {ACCOUNT: ("us-east-1",)}},
        {"regions": {OTHER_ACCOUNT: ("eu-central-1",)}},
        {"gaps": [gap("aws_sqs_queue")]},
        {"gaps": [gap("aws_sqs_queue", scope=None)]},
    ],
    ids=["type", "region", "account", "gap", "gap everywhere"],
)
def test_where_nobody_looked_nothing_is_gone(others: dict[str, Any]) -> None:
    """Accepted objects of other types and places, and those behind a gap, stay accepted."""
    kept = written(propose(seen([recorded()], [queue(), queue("stranger")]), (), unmanaged=True))
    assert propose(seen([], [], **others), kept) == ()


def test_states_that_were_not_read_keep_what_is_accepted() -> None:
    """Only the states of this scan can lose an instance; one that they still have is not gone but missing."""
    kept = written(propose(seen([recorded()], [queue()]), ()))
    assert propose(seen([], [queue()], states={"b.tfstate": "another"}), kept) == ()
    assert propose(seen([recorded()], []), kept) == ()
    attributes = gap("aws_sqs_queue", attributes=("policy",))
    assert kinds(propose(seen([], [], [attributes]), kept)) == [("gone", Q)]


def test_what_has_no_verdict_is_not_accepted() -> None:
    """Tainted instances, types that were not asked, and objects outside the asked regions."""
    tainted = instance(Q, status="tainted", id="q", arn=arn("sqs", "q"))
    assert propose(seen([tainted], [queue()]), ()) == ()
    assert propose(seen([recorded()], [queue()], types=frozenset({"aws_vpc"})), ()) == ()
    far = remote("aws_sqs_queue", "q", scope=ELSEWHERE, arn=arn("sqs", "q", region="us-east-1"))
    state = instance(Q, id="q", arn=arn("sqs", "q", region="us-east-1"))
    assert propose(seen([state], [far]), ()) == ()


def test_in_sync_leaves_every_finding_a_finding() -> None:
    """A changed and a lost instance stay as they were accepted; what is new and in sync is taken."""
    kept = written(propose(seen([recorded()], [queue(delay_seconds=1)]), ()))
    other = recorded("aws_sqs_queue.other", "other"), queue("other")
    absorbed = recorded(delay_seconds=2), queue(delay_seconds=2)
    scan = seen([other[0], absorbed[0]], [other[1], absorbed[1]], accepted=kept)
    assert kinds(propose(scan, kept, in_sync=True)) == [("new", "aws_sqs_queue.other")]
    assert kinds(propose(scan, kept)) == [("new", "aws_sqs_queue.other"), ("changed", Q)]
    gone = seen([], [], accepted=kept)
    assert (propose(gone, kept, in_sync=True), kinds(propose(gone, kept))) == ((), [("gone", Q)])


def test_an_instance_of_several_objects_is_accepted_whole() -> None:
    """With its recorded attributes beside the observed ones it can be looked for, once its state has lost it."""
    recorded_rule: dict[str, Any] = {"id": "sgrule-1", "security_group_id": "sg-1", "from_port": 22, "description": "a"}
    rule = instance("aws_security_group_rule.r", **recorded_rule)
    members = {"parents": (Parent(type="aws_security_group", id="sg-1"),)}
    part = remote(PART, "sgr-1", members=members, security_group_id="sg-1", from_port=22, description="b")
    (item,) = propose(seen([rule], [part]), ())
    assert (item.object.type, item.object.id, item.object.scope) == ("aws_security_group_rule", "sgrule-1", EVERYWHERE)
    assert (item.object.attributes["description"], item.object.attributes["from_port"]) == ("b", 22)
    accepted = Accepted([item.object], STATES)
    assert [(row.kind, row.address) for row in judged([], [], accepted=accepted).drifts] == [
        ("missing", "aws_security_group_rule.r")
    ]
    assert [row.kind for row in judged([], [part], accepted=accepted).drifts] == ["unmanaged"]


def test_what_others_put_into_a_list_is_not_accepted_with_it() -> None:
    """The value of an unsupported companion comes and goes with that."""
    theirs = instance("aws_lb_target_group_attachment.a", id="x", target_id="sg-1", target_group_arn="t-1")
    group = instance("aws_security_group.web", id="sg-1", ingress=["own"])
    there = remote("aws_security_group", "sg-1", ingress=["own", "t-1"])
    (item,) = propose(seen([group], [there], others=[theirs]), ())
    assert item.object.attributes["ingress"] == ["own"]
