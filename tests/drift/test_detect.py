"""Verdicts: changed, missing, unmanaged, and what cannot be said."""

import msgspec
import pytest

from drift.scene import (
    ACCOUNT,
    ELSEWHERE,
    EVERYWHERE,
    HERE,
    OTHER_ACCOUNT,
    OTHER_REGION,
    REGION,
    TYPES,
    arn,
    gap,
    instance,
    judged,
    remote,
    rows,
)
from driftmgr.model import Parent, RemoteObject, ResourceInstance


def queues(count: int) -> list[ResourceInstance]:
    """Queues that nothing in the cloud answers to."""
    return [
        instance(f"aws_sqs_queue.q[{number}]", id=f"q-{number}", arn=arn("sqs", f"q-{number}"))
        for number in range(count)
    ]


def rule_of(group: str, identity: str, port: int) -> RemoteObject:
    """A rule object of a group."""
    parents = (Parent(type="aws_security_group", id=group),)
    return remote(
        "aws_vpc_security_group_ingress_rule",
        identity,
        members={"parents": parents},
        security_group_id=group,
        from_port=port,
        description="observed",
    )


def test_equal_sides_are_in_sync() -> None:
    """An instance whose object says the same is counted in sync and told about nowhere."""
    recorded = instance("aws_vpc.main", id="vpc-1", cidr_block="10.0.0.0/16")
    found = judged([recorded], [remote("aws_vpc", "vpc-1", cidr_block="10.0.0.0/16")])
    assert not found.drifts
    assert not found.gaps
    assert (found.summary.managed, found.summary.in_sync, found.summary.coverage) == (1, 1, 1.0)


def test_a_changed_attribute_names_both_values() -> None:
    """A change carries address, id, scope, name, criticality of the type and both values."""
    found = judged(
        [instance("aws_security_group.web", id="sg-1", name="web", vpc_id="vpc-1")],
        [remote("aws_security_group", "sg-1", name="web", vpc_id="vpc-2")],
    )
    (drift,) = found.drifts
    assert (drift.kind, drift.address, drift.id, drift.scope) == ("changed", "aws_security_group.web", "sg-1", HERE)
    assert (drift.severity, drift.name, drift.source) == ("critical", "web", "a.tfstate")
    assert [(change.path, change.recorded, change.observed) for change in drift.changes] == [
        ("vpc_id", "vpc-1", "vpc-2")
    ]
    assert found.summary.changed == 1


def test_explained_differences_are_kept_apart() -> None:
    """Differences that a rule explains make no drift; they are counted and can be shown."""
    found = judged(
        [instance("aws_vpc.main", id="vpc-1", owner_id="1", cidr_block="")],
        [remote("aws_vpc", "vpc-1", owner_id="2", cidr_block=None)],
    )
    assert not found.drifts
    assert {change.rule for drift in found.suppressed for change in drift.suppressed} == {
        "computed_only",
        "null_or_empty",
    }
    assert (found.summary.in_sync, found.summary.suppressed) == (1, 2)


def test_drifts_come_worst_first() -> None:
    """Rows are ordered by severity, then missing, changed, unmanaged, then address."""
    found = judged(
        [instance("aws_vpc.b", id="vpc-2"), instance("aws_vpc.a", id="vpc-1", cidr_block="1")],
        [remote("aws_vpc", "vpc-1", cidr_block="2"), remote("aws_security_group", "sg-1"), remote("aws_vpc", "vpc-9")],
    )
    assert rows(found) == [
        ("unmanaged", "sg-1"),
        ("missing", "aws_vpc.b"),
        ("changed", "aws_vpc.a"),
        ("unmanaged", "vpc-9"),
    ]


def test_missing_needs_a_listing_without_a_gap() -> None:
    """An instance is missing where its type was listed; where the listing failed it is unverified, never missing."""
    lost = instance("aws_sqs_queue.q", id="q", arn=arn("sqs", "q"))
    assert rows(judged([lost])) == [("missing", "aws_sqs_queue.q")]
    for blind in (gap("aws_sqs_queue"), gap("aws_sqs_queue", scope=None), gap("aws_sqs_queue", scope=EVERYWHERE)):
        found = judged([lost], gaps=[blind])
        assert not found.drifts
        assert [told.instances for told in found.gaps] == [1]
        assert (found.summary.unverified, found.summary.coverage) == (1, 0.0)
    assert rows(judged([lost], gaps=[gap("aws_sqs_queue", scope=ELSEWHERE)])) == [("missing", "aws_sqs_queue.q")]


def test_lost_attributes_leave_an_instance_unverified() -> None:
    """An object that was read in part is in sync nowhere: unverified, or changed by what was read."""
    seen = remote("aws_security_group", "sg-1", members={"unread": ("ingress",)}, name="web")
    lost = gap("aws_security_group", attributes=("ingress",))
    found = judged([instance("aws_security_group.web", id="sg-1", name="web")], [seen], [lost])
    assert (found.summary.unverified, found.summary.in_sync) == (1, 0)
    assert [told.instances for told in found.gaps] == [1]
    changed = judged([instance("aws_security_group.web", id="sg-1", name="api")], [seen], [lost])
    assert (changed.summary.changed, changed.summary.unverified) == (1, 0)


def test_a_value_of_another_schema_is_a_gap() -> None:
    """A recorded value whose form the schema does not know is no drift but a gap that names the path."""
    found = judged(
        [instance("aws_security_group.web", id="sg-1", ingress="text")],
        [remote("aws_security_group", "sg-1", ingress=[])],
    )
    assert not found.drifts
    (told,) = found.gaps
    assert (told.reason, told.attributes, told.instances) == ("stale_schema", ("ingress",), 1)
    assert found.summary.unverified == 1


@pytest.mark.parametrize("status", ["tainted", "deposed"])
def test_tainted_and_deposed_instances_get_no_verdict(status: str) -> None:
    """Terraform itself will replace or destroy these, found or not: a gap says so."""
    for objects in ([], [remote("aws_vpc", "vpc-1", cidr_block="2")]):
        found = judged([instance("aws_vpc.main", status=status, id="vpc-1", cidr_block="1")], objects)
        assert not found.drifts
        assert [told.reason for told in found.gaps] == ["unsupported"]
        assert status in found.gaps[0].message
        assert found.summary.unverified == 1


def test_an_id_of_several_objects_gets_no_verdict() -> None:
    """An instance that several objects answer to is ambiguous: a gap, and neither of them unmanaged."""
    twice = [remote("aws_sqs_queue", "q", scope=HERE), remote("aws_sqs_queue", "q", scope=ELSEWHERE)]
    found = judged([instance("aws_sqs_queue.q", id="q")], twice, regions={ACCOUNT: (REGION, OTHER_REGION)})
    assert not found.drifts
    assert "2 objects answer" in found.gaps[0].message
    tainted = judged([instance("aws_sqs_queue.q", id="q", status="tainted")], twice)
    assert "tainted" in tainted.gaps[0].message


def test_many_missing_instances_point_to_a_wrong_account() -> None:
    """More than a fifth and at least three missing of a configuration: a gap about credentials, no missing rows."""
    found = judged(queues(3))
    assert not found.drifts
    (told,) = found.gaps
    assert (told.type, told.reason, told.instances) == ("*", "unreachable", 3)
    assert ACCOUNT in told.message
    assert found.summary.unverified == 3
    assert len(judged(queues(2)).drifts) == 2
    assert len(judged(queues(3), trust_missing=True).drifts) == 3


def test_few_missing_among_many_are_believed() -> None:
    """A fifth or less of a configuration may be missing without suspicion."""
    there = [instance(f"aws_vpc.v[{number}]", id=f"vpc-{number}") for number in range(12)]
    objects = [remote("aws_vpc", f"vpc-{number}") for number in range(12)]
    assert len(judged([*there, *queues(3)], objects).drifts) == 3


def test_an_object_found_by_its_arn_shows_the_right_account() -> None:
    """Where a neighbour that names its account was found there, many missing instances are believed."""
    shown = instance("aws_sqs_queue.shown", id="shown", arn=arn("sqs", "shown"))
    there = remote("aws_sqs_queue", "shown", arn=arn("sqs", "shown"))
    assert len(judged([shown, *queues(3)], [there]).drifts) == 3
    unplaced = [instance(f"aws_vpc.v[{number}]", id=f"vpc-{number}") for number in range(3)]
    only_roles = instance("aws_iam_role.a", id="a", name="a", arn=f"arn:aws:iam::{ACCOUNT}:role/a")
    role = remote("aws_iam_role", "a", EVERYWHERE, name="a", arn=f"arn:aws:iam::{ACCOUNT}:role/a")
    assert not judged([only_roles, *unplaced], [role]).drifts


def test_an_arn_without_an_account_shows_the_account_too() -> None:
    """A bucket's ARN is its alone in all accounts: where it was found, its neighbours are truly missing."""
    shown = instance("aws_iam_role.shown", id="shown", arn="arn:aws:s3:::shown")
    there = remote("aws_iam_role", "shown", EVERYWHERE, arn="arn:aws:s3:::shown")
    roles = [instance(f"aws_iam_role.r[{number}]", id=f"r-{number}") for number in range(3)]
    assert len(judged([shown, *roles], [there]).drifts) == 3
    nameless = remote("aws_iam_role", "shown", EVERYWHERE)
    assert not judged([shown, *roles], [nameless]).drifts


def test_instances_of_another_account_are_a_gap() -> None:
    """Instances whose account nobody signed in to are unverified, with both accounts named."""
    stranger = instance("aws_sqs_queue.q", id="q", arn=arn("sqs", "q", account=OTHER_ACCOUNT))
    found = judged([stranger])
    assert not found.drifts
    (told,) = found.gaps
    assert OTHER_ACCOUNT in told.message
    assert ACCOUNT in told.message
    assert told.instances == found.summary.unverified == 1


def test_instances_of_a_region_that_was_not_asked() -> None:
    """Outside the regions a user named they are outside the question; where nobody named regions they are a gap."""
    there = instance("aws_sqs_queue.q", id="q", arn=arn("sqs", "q", region=OTHER_REGION))
    named = judged([there], regions_named=True)
    assert not named.gaps
    assert (named.summary.outside, named.summary.managed) == (1, 0)
    unnamed = judged([there])
    assert OTHER_REGION in unnamed.gaps[0].message
    assert unnamed.summary.unverified == 1


def test_a_found_object_in_a_region_that_was_not_asked_is_outside() -> None:
    """A globally listed object that lives in another region than those named is neither compared nor told."""
    elsewhere = remote("aws_sqs_queue", "q", ELSEWHERE)
    found = judged([instance("aws_sqs_queue.q", id="q")], [elsewhere], regions_named=True)
    assert not found.drifts
    assert (found.summary.outside, found.summary.managed) == (1, 0)
    assert not judged([], [elsewhere]).drifts


def test_types_that_were_not_asked_get_no_verdict() -> None:
    """Instances and objects of other types take part in matching alone."""
    found = judged(
        [instance("aws_vpc.main", id="vpc-1", cidr_block="1"), instance("aws_vpc.gone", id="vpc-2")],
        [remote("aws_vpc", "vpc-1", cidr_block="2"), remote("aws_vpc", "vpc-3")],
        types=frozenset({"aws_sqs_queue"}),
    )
    assert not found.drifts
    assert found.summary.managed == 0


def test_unmanaged_objects_are_told_unless_only_managed_ones_were_asked() -> None:
    """An object that no instance stands for has a row with its id and name."""
    stranger = remote("aws_vpc", "vpc-9", tags_all={"Name": "hand-made"})
    (drift,) = judged([], [stranger]).drifts
    assert (drift.kind, drift.id, drift.name, drift.address) == ("unmanaged", "vpc-9", "hand-made", None)
    assert not judged([], [stranger], managed_only=True).drifts
    strange = remote("aws_vpc", "vpc-9", tags_all="text", name=7)
    assert judged([], [strange]).drifts[0].name is None


def test_default_and_owned_objects_are_counted_not_told() -> None:
    """What the cloud or another service makes is no row of its own, but counted; ``include_defaults`` shows it."""
    objects = [
        remote("aws_vpc", "vpc-1", members={"is_default": True}),
        remote("aws_ebs_volume", "vol-1", members={"owner": "autoscaling group web"}),
        remote("aws_security_group", "sg-1", vpc_id="vpc-1", members={"owner": "EKS cluster main"}),
        remote("aws_vpc_security_group_ingress_rule", "sgr-1", security_group_id="sg-1"),
    ]
    found = judged([], objects)
    assert not found.drifts
    assert (found.summary.defaults, found.summary.owned) == (1, 3)
    shown = judged([], objects, include_defaults=True)
    assert {drift.id for drift in shown.drifts} == {"vpc-1", "vol-1", "sg-1"}


def test_a_part_of_an_unmanaged_object_is_told_by_it() -> None:
    """A rule of an unmanaged group has no row of its own; one put into a default group has."""
    group = remote("aws_security_group", "sg-1")
    rule = remote("aws_vpc_security_group_ingress_rule", "sgr-1", security_group_id="sg-1")
    assert rows(judged([], [group, rule])) == [("unmanaged", "sg-1")]
    default = remote("aws_security_group", "sg-1", members={"is_default": True})
    assert rows(judged([], [default, rule])) == [("unmanaged", "sgr-1")]
    only_rules = frozenset({"aws_vpc_security_group_ingress_rule"})
    assert rows(judged([], [group, rule], types=only_rules)) == [("unmanaged", "sgr-1")]


def test_what_stands_on_its_own_is_never_hidden_by_its_parent() -> None:
    """A reference that is no part leaves the object its row."""
    address = remote("aws_eip", "eip-1", instance="vpc-1")
    assert ("unmanaged", "eip-1") in rows(judged([], [remote("aws_vpc", "vpc-1"), address]))


def test_an_assembled_instance_is_compared_and_its_parts_are_managed() -> None:
    """An instance made of several objects is compared as a whole; those objects are not unmanaged."""
    group = instance("aws_security_group.web", id="sg-1")
    rule = instance(
        "aws_security_group_rule.ssh", id="sgrule-1", security_group_id="sg-1", from_port=22, description="ssh"
    )
    objects = [remote("aws_security_group", "sg-1"), rule_of("sg-1", "sgr-1", 22), rule_of("sg-1", "sgr-2", 80)]
    found = judged([group, rule], objects)
    assert rows(found) == [("changed", "aws_security_group_rule.ssh"), ("unmanaged", "sgr-2")]
    assert found.drifts[1].parent == "aws_security_group.web"
    gone = judged([group, rule], [objects[0]])
    assert rows(gone) == [("missing", "aws_security_group_rule.ssh")]
    blind = judged([group, rule], [objects[0]], [gap("aws_vpc_security_group_ingress_rule")])
    assert not blind.drifts
    assert blind.summary.unverified == 1
    unasked = judged([group, rule], objects, types=TYPES - {"aws_security_group_rule"})
    assert ("changed", "aws_security_group_rule.ssh") not in rows(unasked)


def test_what_cannot_be_without_its_parent_is_told_by_the_row_of_an_unmanaged_one() -> None:
    """One within an unmanaged parent has no row of its own; one within a managed parent has, with the parent named."""
    network, within = remote("aws_vpc", "vpc-1"), remote("aws_subnet", "subnet-1", vpc_id="vpc-1")
    assert rows(judged([], [network, within])) == [("unmanaged", "vpc-1")]
    (told,) = judged([instance("aws_vpc.main", id="vpc-1")], [network, within]).drifts
    assert (told.kind, told.id, told.parent) == ("unmanaged", "subnet-1", "aws_vpc.main")
    assert rows(judged([], [network, within], types=TYPES - {"aws_vpc"})) == [("unmanaged", "subnet-1")]


def test_an_object_that_may_be_the_clouds_own_is_not_called_unmanaged() -> None:
    """What made an object was lost to a gap: it has no row, unless default objects were asked for, too."""
    stranger = msgspec.structs.replace(remote("aws_vpc", "vpc-9"), origin_unread=True)
    assert not judged([], [stranger]).drifts
    assert rows(judged([], [stranger], include_defaults=True)) == [("unmanaged", "vpc-9")]
