"""Objects that a state manages by types without an entry: theirs, whatever the gap of such a type costs."""

from typing import Any

from drift.scene import ELSEWHERE, arn, instance, judged, remote
from driftmgr.model import Drift, RemoteObject

GROUP_ARN = arn("ec2", "security-group/sg-1")
ADOPTER = instance("aws_default_security_group.this", id="sg-1", arn=GROUP_ARN)
VPC = instance("aws_vpc.main", id="vpc-1", arn=arn("ec2", "vpc/vpc-1"))


def seen(**members: Any) -> list[RemoteObject]:
    """A managed VPC, a group in it and a rule in that."""
    return [
        remote("aws_vpc", "vpc-1", arn=arn("ec2", "vpc/vpc-1")),
        remote("aws_security_group", "sg-1", members=members, arn=GROUP_ARN, vpc_id="vpc-1", ingress=[1]),
        remote("aws_vpc_security_group_ingress_rule", "sgr-1", security_group_id="sg-1"),
    ]


def unmanaged(drifts: tuple[Drift, ...]) -> list[tuple[str | None, str | None]]:
    """The unmanaged objects as (id, parent)."""
    return [(drift.id, drift.parent) for drift in drifts if drift.kind == "unmanaged"]


def test_an_adopted_object_and_its_children_are_not_unmanaged() -> None:
    """Without the adopter both are strangers' work; with it neither is told, not even where defaults are shown."""
    assert unmanaged(judged([VPC], seen()).drifts) == [("sg-1", "aws_vpc.main")]
    assert not judged([VPC], seen(), others=[ADOPTER]).drifts
    defaults = seen(is_default=True)
    assert unmanaged(judged([VPC], defaults, include_defaults=True).drifts) == [("sg-1", "aws_vpc.main")]
    assert not judged([VPC], defaults, others=[ADOPTER], include_defaults=True).drifts


def test_an_adopted_object_is_no_default_and_not_in_sync() -> None:
    """It counts as nothing here: its instance is counted with the gap of its type."""
    summary = judged([VPC], seen(is_default=True), others=[ADOPTER]).summary
    assert (summary.managed, summary.in_sync, summary.defaults, summary.owned) == (1, 1, 0, 0)


def test_a_child_that_the_adopter_does_not_show_names_it_as_parent() -> None:
    """What is in an adopted object and not shown by it is a stranger, with the adopter's address beside it."""
    adopter = instance("aws_default_vpc.this", id="vpc-1", arn=arn("ec2", "vpc/vpc-1"))
    stranger = remote("aws_security_group", "sg-2", vpc_id="vpc-1")
    found = judged([], [*seen()[:1], stranger], others=[adopter])
    assert unmanaged(found.drifts) == [("sg-2", "aws_default_vpc.this")]


def test_an_adopter_of_another_place_adopts_nothing() -> None:
    """The same id in another region is another object."""
    there = [remote("aws_security_group", "sg-1", ELSEWHERE)]
    regions = {"123456789012": ("eu-central-1", "us-east-1")}
    assert unmanaged(judged([], there, others=[ADOPTER], regions=regions).drifts) == [("sg-1", None)]


def test_the_attributes_of_an_adopted_object_that_is_managed_twice_are_compared() -> None:
    """A group that is imported as a group too is compared as one; what the adopter writes is the adopter's."""
    group = instance("aws_security_group.web", id="sg-1", arn=GROUP_ARN, ingress=[], name="a")
    objects = seen()
    objects[1] = remote("aws_security_group", "sg-1", arn=GROUP_ARN, ingress=[1], name="b")
    (told,) = judged([VPC, group], objects, others=[ADOPTER]).drifts
    assert [change.path for change in told.changes] == ["name"]
    assert [change.rule for change in told.suppressed] == ["managed_by_companion"]
