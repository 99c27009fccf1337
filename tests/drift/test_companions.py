"""Inline or separate: every child of a parent is reported exactly once."""

from typing import Any

from drift.scene import ELSEWHERE, EVERYWHERE, OTHER_REGION, TYPES, arn, instance, judged, remote, rows
from driftmgr.drift.detect import Findings
from driftmgr.model import RemoteObject, ResourceInstance

RULES = [{"from_port": 22}]


def group(**recorded: Any) -> ResourceInstance:
    """A recorded group; ``ingress`` is recorded only if given."""
    return instance("aws_security_group.web", id="sg-1", arn=arn("ec2", "security-group/sg-1"), **recorded)


def seen(ingress: Any = RULES, **others: Any) -> list[RemoteObject]:
    """The group as it is seen, and one rule in it."""
    return [
        remote("aws_security_group", "sg-1", arn=arn("ec2", "security-group/sg-1"), ingress=ingress, **others),
        remote("aws_vpc_security_group_ingress_rule", "sgr-1", security_group_id="sg-1"),
    ]


def test_a_group_that_records_its_rules_speaks_for_them() -> None:
    """Rules written inline are compared on the group, and the rule objects have no row."""
    assert not judged([group(ingress=RULES)], seen()).drifts
    changed = judged([group(ingress=[{"from_port": 80}])], seen())
    assert rows(changed) == [("changed", "aws_security_group.web")]


def test_rules_managed_on_their_own_are_not_compared_on_the_group() -> None:
    """With a rule instance in any state the group's ``ingress`` belongs to it; a stranger rule is unmanaged, once."""
    rule = instance("aws_vpc_security_group_ingress_rule.ssh", id="sgr-1", security_group_id="sg-1")
    found = judged([group(ingress=[]), rule], seen())
    assert not found.drifts
    (told,) = found.suppressed
    assert [(change.path, change.rule) for change in told.suppressed] == [("ingress", "managed_by_companion")]
    stranger = remote("aws_vpc_security_group_ingress_rule", "sgr-2", security_group_id="sg-1")
    found = judged([group(ingress=[]), rule], [*seen(), stranger])
    assert [(drift.kind, drift.id, drift.parent) for drift in found.drifts] == [
        ("unmanaged", "sgr-2", "aws_security_group.web")
    ]


def test_a_stranger_in_a_group_without_rules_is_told_once() -> None:
    """A group that records no rule keeps silent about one made by hand: the rule has its own row, parent named."""
    found = judged([group(ingress=[])], seen())
    assert [(drift.kind, drift.id, drift.parent) for drift in found.drifts] == [
        ("unmanaged", "sgr-1", "aws_security_group.web")
    ]
    assert [change.rule for change in found.suppressed[0].suppressed] == ["child_reported"]


def test_a_stranger_is_told_on_the_group_where_it_gets_no_row() -> None:
    """With only managed objects, or without the rules' type, the change of the group is all there is: it is told."""
    assert rows(judged([group(ingress=[])], seen(), managed_only=True)) == [("changed", "aws_security_group.web")]
    without_rules = TYPES - {"aws_vpc_security_group_ingress_rule"}
    assert rows(judged([group(ingress=[])], seen(), types=without_rules)) == [("changed", "aws_security_group.web")]


def test_places_keep_parents_of_one_name_apart() -> None:
    """A child in another region is no child of a parent that has the same id here."""
    there = remote("aws_vpc_security_group_ingress_rule", "sgr-9", ELSEWHERE, security_group_id="sg-1")
    found = judged([group(ingress=[])], [seen()[0], there])
    assert rows(found) == [("changed", "aws_security_group.web")]
    rule = instance(
        "aws_vpc_security_group_ingress_rule.r",
        id="sgr-9",
        arn=arn("ec2", "security-group-rule/sgr-9", region="us-east-1"),
        security_group_id="sg-1",
    )
    with_instance = judged([group(ingress=[]), rule], [seen()[0], there], regions_named=True)
    assert ("changed", "aws_security_group.web") in rows(with_instance)


def test_a_type_without_an_entry_may_manage_a_part() -> None:
    """What an unsupported companion manages is not compared on the object; others' companions change nothing."""
    recorded = group(description="recorded")
    observed = [remote("aws_security_group", "sg-1", description="observed")]
    assert rows(judged([recorded], observed)) == [("changed", "aws_security_group.web")]
    companion = instance("aws_network_interface_sg_attachment.a", id="x", security_group_id="sg-1")
    assert not judged([recorded], observed, others=[companion]).drifts
    several = instance("aws_network_interface_sg_attachment.a", id="x", security_group_id=["sg-0", "sg-1"])
    assert not judged([recorded], observed, others=[several]).drifts
    unset = instance("aws_network_interface_sg_attachment.a", id="x", security_group_id=None)
    assert judged([recorded], observed, others=[unset]).drifts
    unrelated = instance("aws_something_else.a", id="x", security_group_id="sg-1")
    assert judged([recorded], observed, others=[unrelated]).drifts


def test_what_others_put_into_a_list_is_theirs_alone() -> None:
    """The value of an unsupported companion is left out on both sides; any other value in the list counts."""
    theirs = instance("aws_lb_target_group_attachment.a", id="x", target_id="sg-1", target_group_arn="t-1")

    def found(recorded: Any, observed: Any, *others: ResourceInstance) -> Findings:
        return judged([group(ingress=recorded)], [seen(ingress=observed)[0]], others=others)

    explained = found(["own"], ["own", "t-1"], theirs)
    assert not explained.drifts
    assert [change.rule for one in explained.suppressed for change in one.suppressed] == ["managed_by_companion"]
    assert not found(["own", "t-1"], ["own"], theirs).drifts
    assert rows(found(["own"], ["own", "t-1"])) == [("changed", "aws_security_group.web")]
    (changed,) = found(["own"], ["own", "t-1", "by-hand"], theirs).drifts
    assert "t-1" not in str(changed.changes)
    assert "by-hand" in str(changed.changes)
    elsewhere = instance(
        "aws_lb_target_group_attachment.a", id="x", target_id="sg-1", target_group_arn="t-1", region=OTHER_REGION
    )
    assert found(["own"], ["own", "t-1"], elsewhere).drifts


def test_children_beside_the_parents_own_are_told_once() -> None:
    """A list holds blocks of the parent's own beside managed children: each is judged where it is managed."""

    def route(identity: str, target: str = "igw-1") -> dict[str, str]:
        return {"destination_prefix_list_id": identity, "gateway_id": target}

    def found(recorded: list[Any], observed: list[Any], *children: ResourceInstance) -> list[tuple[str, str]]:
        table = instance("aws_route_table.main", id="rtb-1", route=recorded)
        objects = [remote("aws_route_table", "rtb-1", route=observed)]
        objects += [remote("aws_route", one["destination_prefix_list_id"], route_table_id="rtb-1") for one in observed]
        return rows(judged([table, *children], objects))

    child = instance("aws_route.child", id="r-2", route_table_id="rtb-1")
    changed = ("changed", "aws_route_table.main")
    # Recorded before the child was made, and after a refresh.
    assert found([route("r-1")], [route("r-1"), route("r-2")], child) == []
    assert found([route("r-1"), route("r-2")], [route("r-1"), route("r-2", "igw-2")], child) == []
    assert found([route("r-1")], [route("r-1"), route("r-2")]) == [changed]
    assert found([route("r-1")], [route("r-1", "igw-2"), route("r-2")], child) == [changed]
    assert found([route("r-1")], [route("r-2")], child) == [changed]
    assert found([route("r-1")], [route("r-1"), route("r-2"), route("r-3")], child) == [changed]
    assert found([route("r-1"), route("r-2")], [route("r-1")], child) == [("missing", "aws_route.child")]
    nameless = instance("aws_route.child", id=None, route_table_id="rtb-1")
    assert changed in found([route("r-1")], [route("r-1"), route("r-2")], nameless)


def test_children_name_their_parent_by_another_attribute_than_the_id() -> None:
    """An attachment names its role by name; a stranger on a managed role carries the role's address."""
    role = instance("aws_iam_role.web", id="web", name="web", managed_policy_arns=[])
    objects = [
        remote("aws_iam_role", "web", EVERYWHERE, name="web", managed_policy_arns=["arn:p"]),
        remote("aws_iam_role_policy_attachment", "web/arn:p", EVERYWHERE, role="web", policy_arn="arn:p"),
    ]
    found = judged([role], objects)
    assert [(drift.kind, drift.id, drift.parent) for drift in found.drifts] == [
        ("unmanaged", "web/arn:p", "aws_iam_role.web")
    ]
    inline = instance("aws_iam_role.web", id="web", name="web", managed_policy_arns=["arn:p"])
    assert not judged([inline], objects).drifts


def test_an_object_that_stands_on_its_own_takes_its_parents_attribute_with_it() -> None:
    """What is no part of its parent is not spoken for by it, though the parent's attribute is its doing."""
    vpc = instance("aws_vpc.main", id="vpc-1", owner_id="recorded")
    address = remote("aws_eip", "eip-1", instance="vpc-1")
    found = judged([vpc], [remote("aws_vpc", "vpc-1", owner_id="recorded"), address])
    assert rows(found) == [("unmanaged", "eip-1")]
    assert found.drifts[0].parent == "aws_vpc.main"
