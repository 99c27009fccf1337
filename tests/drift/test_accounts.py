"""Instances that do not record their account are judged in the one where their objects show them to be."""

from drift.scene import ACCOUNT, HERE, OTHER_ACCOUNT, REGION, gap, instance, judged, remote, rows
from driftmgr.model import ResourceInstance, Scope

THERE = Scope(cloud="aws", account=OTHER_ACCOUNT, region=REGION)
BOTH = {ACCOUNT: (REGION,), OTHER_ACCOUNT: (REGION,)}
FIRST, SECOND = "6b2f8a0e-3f0c-4f41-9d53-1b6b0f6f0a01", "6b2f8a0e-3f0c-4f41-9d53-1b6b0f6f0a02"
UNSEEN = Scope(cloud="aws", account="OTHER_TOKEN")


def queue(name: str, identity: str) -> ResourceInstance:
    """A queue with an id that names no account."""
    return instance(f"aws_sqs_queue.{name}", id=identity)


def test_a_name_is_looked_for_in_the_account_that_a_unique_id_shows() -> None:
    """Two accounts have an object of one name: the one beside the object with the made-up id is meant."""
    instances = [queue("made", FIRST), queue("named", "jobs")]
    here = [remote("aws_sqs_queue", FIRST), remote("aws_sqs_queue", "jobs")]
    there = [remote("aws_sqs_queue", "jobs", THERE)]
    found = judged(instances, [*here, *there], regions=BOTH)
    assert rows(found) == [("unmanaged", "jobs")]
    assert [drift.scope for drift in found.drifts] == [THERE]
    assert found.summary.in_sync == 2


def test_what_is_gone_from_the_account_that_is_shown_is_missing() -> None:
    """An object of its name in another account does not stand for it; a made-up id that is nowhere shows nothing."""
    instances = [queue("made", FIRST), queue("other", SECOND), queue("named", "jobs")]
    objects = [remote("aws_sqs_queue", FIRST), remote("aws_sqs_queue", SECOND), remote("aws_sqs_queue", "jobs", THERE)]
    found = judged(instances, objects, regions=BOTH)
    assert rows(found) == [("missing", "aws_sqs_queue.named"), ("unmanaged", "jobs")]


def test_ids_in_two_accounts_show_none() -> None:
    """A configuration whose objects seem to be in two accounts is placed in neither; what is found stays found."""
    instances = [queue("one", FIRST), queue("two", SECOND), queue("named", "jobs")]
    objects = [remote("aws_sqs_queue", FIRST), remote("aws_sqs_queue", SECOND, THERE), remote("aws_sqs_queue", "jobs")]
    found = judged(instances, objects, regions=BOTH)
    assert rows(found) == []
    assert found.summary.in_sync == 3


def test_a_name_is_not_judged_while_an_account_is_unseen() -> None:
    """Its object may be the one of that account; an object with an id that nobody else has is judged all the same."""
    named, made = queue("named", "jobs"), queue("made", FIRST)
    objects = [remote("aws_sqs_queue", "jobs")]
    found = judged([named], objects, [gap("*", scope=UNSEEN)])
    assert rows(found) == []
    assert (found.summary.in_sync, found.summary.unverified) == (0, 1)
    found = judged([made], [remote("aws_sqs_queue", FIRST)], [gap("*", scope=UNSEEN)])
    assert (found.summary.in_sync, found.summary.unverified) == (1, 0)


def test_what_is_not_found_while_an_account_is_unseen_is_not_missing() -> None:
    """It may be in the account that nobody looked at; one that is known to be in another is missing."""
    found = judged([queue("gone", "jobs")], [], [gap("*", scope=UNSEEN)])
    assert rows(found) == []
    assert found.summary.unverified == 1
    instances = [queue("made", FIRST), queue("kept", SECOND), queue("gone", "jobs")]
    objects = [remote("aws_sqs_queue", FIRST, HERE), remote("aws_sqs_queue", SECOND, HERE)]
    assert rows(judged(instances, objects, [gap("*", scope=UNSEEN)])) == [("missing", "aws_sqs_queue.gone")]


def test_an_id_that_is_nowhere_shows_no_account() -> None:
    """Its instance is missing; the others are found where they are."""
    found = judged(
        [queue("gone", SECOND), *(queue(f"q{n}", f"q{n}") for n in range(3))],
        [remote("aws_sqs_queue", f"q{n}") for n in range(3)],
    )
    assert rows(found) == [("missing", "aws_sqs_queue.gone")]
