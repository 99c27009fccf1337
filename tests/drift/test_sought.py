"""Which objects a scan must look at closely."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.scene import CATALOG, ENTRIES, TYPES, instance, judged, remote
from driftmgr.drift.sought import Sought, identifying
from driftmgr.drift.traits import traits_of
from driftmgr.model import RemoteObject, ResourceInstance

QUEUE = instance("aws_sqs_queue.jobs", id="https://q/jobs")
ROLE = instance("aws_iam_role.app", id="app", name="app")
ATTACHMENT = instance("aws_iam_role_policy_attachment.app", id="x", role="ops", policy_arn="p")
RULE = instance("aws_security_group_rule.web", id="sgrule-1", security_group_id="sg-1", from_port=80)


def sought(*instances: ResourceInstance, only_managed: bool = True, defaults: bool = False, **kept: Any) -> Sought:
    """What a scan of some instances looks for; ``kept`` are attributes of an accepted queue."""
    accepted = [("aws_sqs_queue", kept), ("aws_unknown", kept)] if kept else []
    traits = traits_of(instances, CATALOG)
    return Sought.of(CATALOG, traits, accepted, only_managed=only_managed, defaults=defaults)


def includes(one: Sought, found: RemoteObject) -> bool:
    """Whether an object is looked at closely."""
    return one.includes(CATALOG[found.type], found)


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(remote("aws_sqs_queue", "https://q/jobs"), id="by its id"),
        pytest.param(remote("aws_iam_role", "other", name="app"), id="by another key"),
        pytest.param(remote("aws_iam_role", "AROA1", name="ops"), id="as the parent of an instance"),
        pytest.param(remote("aws_vpc_security_group_ingress_rule", "sgr-9"), id="as a part that instances are made of"),
        pytest.param(remote("aws_sqs_queue", "https://q/lost"), id="as an accepted one that its state has lost"),
    ],
)
def test_what_an_instance_may_stand_for_is_sought(found: RemoteObject) -> None:
    """An object that an instance may be, is made of or belongs to is sought, even where managed ones alone are."""
    assert includes(sought(QUEUE, ROLE, ATTACHMENT, RULE, id="https://q/lost"), found)


def test_what_nobody_knows_is_sought_only_where_it_gets_a_row() -> None:
    """An unknown object is passed over with --managed-only; else if the cloud made it and nobody asks for such."""
    plain = remote("aws_sqs_queue", "https://q/new")
    default = remote("aws_sqs_queue", "https://q/default", members={"is_default": True})
    owned = remote("aws_sqs_queue", "https://q/owned", members={"owner": "a stack"})
    assert [includes(sought(QUEUE), one) for one in (plain, default, owned)] == [False, False, False]
    assert [includes(sought(QUEUE, only_managed=False), one) for one in (plain, default, owned)] == [True, False, False]
    everything = sought(QUEUE, only_managed=False, defaults=True)
    assert [includes(everything, one) for one in (plain, default, owned)] == [True, True, True]


def test_the_question_of_some_types_is_the_same_for_the_same_instances() -> None:
    """What concerns a type depends on its own instances and children, neither on their order nor on other types."""
    queues = {"aws_sqs_queue"}
    assert sought(QUEUE, ROLE).about(queues) == sought(ROLE, QUEUE).about(queues) == sought(QUEUE).about(queues)
    assert sought(QUEUE).about(queues) != sought().about(queues)
    assert sought(ATTACHMENT).about({"aws_iam_role"}) != sought().about({"aws_iam_role"})
    assert sought(QUEUE).about(queues) != sought(QUEUE, only_managed=False).about(queues)


def test_identifying_attributes_are_keys_and_references_both_ways() -> None:
    """What instances, parents and children know an object by: keys, its references, and what others refer to."""
    assert identifying(CATALOG, CATALOG["aws_iam_role"]) == {"arn", "id", "name"}
    attachment = identifying(CATALOG, CATALOG["aws_iam_role_policy_attachment"])
    assert attachment == {"arn", "id", "role", "policy_arn"}
    assert "vpc_id" in identifying(CATALOG, CATALOG["aws_security_group"])


_NAMES = st.sampled_from(["a", "b", "c"])
_LISTED = [entry.name for entry in ENTRIES if entry.list]


@st.composite
def _objects(draw: st.DrawFn) -> RemoteObject:
    names = ("name", "vpc_id", "role", "policy_arn", "route_table_id", "security_group_id", "instance")
    attributes: dict[str, Any] = {name: draw(_NAMES) for name in names if draw(st.booleans())}
    members = {"is_default": draw(st.booleans()), "owner": draw(st.sampled_from([None, "a stack"]))}
    kind, identity = draw(st.sampled_from(_LISTED)), draw(_NAMES)
    return remote(kind, identity, members=members, **attributes, description=draw(_NAMES), route=[], ingress=[])


@st.composite
def _instances(draw: st.DrawFn) -> ResourceInstance:
    names = ("name", "vpc_id", "role", "policy_arn", "route_table_id", "security_group_id", "from_port")
    attributes = {name: draw(_NAMES) for name in names if draw(st.booleans())}
    kind = draw(st.sampled_from(sorted(TYPES)))
    return instance(f"{kind}.x", id=draw(_NAMES), description=draw(_NAMES), **attributes)


def _outlined(found: RemoteObject) -> RemoteObject:
    known = identifying(CATALOG, CATALOG[found.type])
    attributes = {name: value for name, value in found.attributes.items() if name in known}
    return msgspec.structs.replace(found, attributes=attributes)


@given(
    st.lists(_instances(), max_size=5),
    st.lists(_objects(), max_size=8, unique_by=lambda found: (found.type, found.id)),
    st.booleans(),
)
def test_details_of_objects_that_are_not_sought_change_no_verdict(
    instances: list[ResourceInstance],
    objects: list[RemoteObject],
    only_managed: bool,  # noqa: FBT001
) -> None:
    """The verdicts are the same without the details of the others and, with --managed-only, without these at all."""
    question = sought(*instances, only_managed=only_managed)
    everything = judged(instances, objects, managed_only=only_managed)
    outlines = [found if includes(question, found) else _outlined(found) for found in objects]
    assert judged(instances, outlines, managed_only=only_managed) == everything
    if only_managed:
        closely = [found for found in objects if includes(question, found)]
        assert judged(instances, closely, managed_only=True) == everything
