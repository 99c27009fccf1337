"""What nobody could read says nothing about what hangs on it: no change, nothing missing, nothing unmanaged."""

import msgspec

from drift.scene import ELSEWHERE, EVERYWHERE, HERE, arn, gap, instance, judged, remote, rows
from driftmgr.catalog.entry import Assembled, ParentRef, ResourceType
from driftmgr.catalog.registry import Catalog
from driftmgr.catalog.schema import schema_pack
from driftmgr.drift.detect import Asked, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.model import Parent, RemoteObject

RULES = [{"from_port": 22}]
RULE = remote(
    "aws_vpc_security_group_ingress_rule",
    "sgr-1",
    members={"parents": (Parent(type="aws_security_group", id="sg-1"),)},
    security_group_id="sg-1",
    from_port=22,
    description="new",
)


def unread(found: RemoteObject, *attributes: str) -> RemoteObject:
    """The object with attributes lost to gaps."""
    return msgspec.structs.replace(found, unread=attributes)


def test_an_instance_is_not_put_together_from_half_its_parts() -> None:
    """Some of the parts could not be listed: what was found of them is no verdict."""
    group = instance("aws_security_group.web", id="sg-1")
    rule = instance("aws_security_group_rule.ssh", id="r", security_group_id="sg-1", from_port=22, description="old")
    objects = [remote("aws_security_group", "sg-1"), RULE]
    assert rows(judged([group, rule], objects)) == [("changed", "aws_security_group_rule.ssh")]
    found = judged([group, rule], objects, [gap("aws_vpc_security_group_ingress_rule")])
    assert not found.drifts
    assert found.summary.unverified == 1
    assert [told.instances for told in found.gaps] == [1]


def test_an_instance_made_of_unread_attributes_is_not_missing() -> None:
    """What an instance is made of is there and could not be read: it gets no verdict, and the part's gap counts it."""
    entries = [
        ResourceType(name="aws_iam_role", attributes={"inline_policy": "P"}),
        ResourceType(
            name="aws_iam_role_policies_exclusive",
            assemble=lambda _, near: Assembled(attributes={}, parts=(), unread=near[0].unread),
            parts=("aws_iam_role",),
            attributes={"policy_names": "P"},
            parents=(ParentRef(type="aws_iam_role", attribute="role_name", by="name"),),
        ),
    ]
    catalog = Catalog("aws", entries, schema_pack("aws"))
    whole = instance("aws_iam_role_policies_exclusive.all", role_name="worker", policy_names=["a"])
    role = unread(remote("aws_iam_role", "worker", name="worker"), "inline_policy")
    lost = gap("aws_iam_role", attributes=("inline_policy",))
    asked = Asked(regions={"123456789012": ("eu-central-1",)}, types=frozenset(entry.name for entry in entries))
    found = detect(catalog, [whole], ObjectIndex(catalog, [role]), [lost], asked)
    assert [drift.kind for drift in found.drifts] == ["unmanaged"]
    assert (found.summary.missing, found.summary.unverified) == (0, 1)


def test_a_list_that_could_not_be_read_is_not_empty() -> None:
    """Others add to a list of an object that was lost to a gap: it is not compared as if nothing were in it."""
    table = instance("aws_route_table.main", id="rtb-1", arn=arn("ec2", "route-table/rtb-1"), route=[{"gateway": "g"}])
    route = instance("aws_route.more", id="r-1", route_table_id="rtb-1")
    seen = unread(remote("aws_route_table", "rtb-1", arn=arn("ec2", "route-table/rtb-1")), "route")
    found = judged([table, route], [seen, remote("aws_route", "r-1", route_table_id="rtb-1")])
    assert not found.drifts
    assert found.summary.unverified == 1


def test_a_part_of_an_object_that_could_not_be_listed_is_not_unmanaged() -> None:
    """Its parent may be managed and record it: it has no row, and a gap of its own counts it and names the reason."""
    for blind in (gap("aws_security_group"), gap("aws_security_group", scope=None), gap("aws_security_group")):
        found = judged([instance("aws_security_group.web", id="sg-1", ingress=RULES)], [RULE], [blind])
        assert not found.drifts
        (told,) = (gap for gap in found.gaps if gap.type == RULE.type)
        assert (told.operation, told.reason, told.scope) == (blind.operation, blind.reason, blind.scope)
        assert (told.attributes, told.instances) == (("parent",), 0)
        assert told.message == "1 of them may belong to a aws_security_group, and these could not be listed"


def test_parts_of_what_was_seen_and_things_of_their_own_are_still_unmanaged() -> None:
    """A gap elsewhere, of attributes, or of what only uses an object hides nothing."""
    group = remote("aws_security_group", "sg-1")
    known = instance("aws_security_group.web", id="sg-1")
    stranger = ("unmanaged", "sgr-1")
    assert stranger in rows(judged([known], [RULE], [gap("aws_security_group", scope=ELSEWHERE)]))
    assert stranger in rows(judged([known], [RULE], [gap("aws_security_group", attributes=("name",))]))
    assert rows(judged([known], [group, RULE], [gap("aws_security_group")])) == [stranger]
    address = remote("aws_eip", "eip-1", instance="i-1")
    assert rows(judged([], [address], [gap("aws_vpc", scope=EVERYWHERE)])) == [("unmanaged", "eip-1")]


def test_a_parent_whose_list_could_not_be_read_still_speaks_for_its_parts() -> None:
    """The state records parts inline and the object's list was lost to a gap: the parts are not unmanaged."""
    group = instance("aws_security_group.web", id="sg-1", ingress=RULES)
    seen = unread(remote("aws_security_group", "sg-1", HERE), "ingress")
    assert not judged([group], [seen, RULE]).drifts
    assert rows(judged([instance("aws_security_group.web", id="sg-1")], [seen, RULE])) == [("unmanaged", "sgr-1")]
