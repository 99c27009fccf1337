"""The third side: what state and cloud agree on, and nobody accepted."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.scene import ACCOUNT, ELSEWHERE, EVERYWHERE, HERE, OTHER_ACCOUNT, gap, instance, judged, remote, rows
from driftmgr.drift.absorbed import Accepted, Declares, Sets, Written, unknown, unwritten
from driftmgr.drift.detect import Findings
from driftmgr.model import AcceptedObject, Drift, ResourceInstance, Scope

LINEAGE = "11111111-2222-3333-4444-555555555555"
STATES = {"a.tfstate": LINEAGE}
ROLE, KIND = "aws_iam_role.app", "aws_iam_role"
POLICY = '{"Statement": []}'


def kept(
    address: str | None, kind: str, identity: str, scope: Scope = EVERYWHERE, state: str = LINEAGE, **attributes: Any
) -> AcceptedObject:
    """An accepted object."""
    told = {"id": identity, **attributes}
    return AcceptedObject.of(
        told, type=kind, id=identity, scope=scope, address=address, state=state if address else None
    )


def held(
    accepted: dict[str, Any],
    recorded: dict[str, Any],
    observed: dict[str, Any],
    sets: Sets = unknown,
    written: Written = unwritten,
    **others: Any,
) -> Drift | None:
    """The row of one role whose three sides are given."""
    found = Accepted([kept(ROLE, KIND, "app", **accepted)], STATES, sets=sets, written=written)
    findings = judged(
        [instance(ROLE, id="app", name="app", **recorded)],
        [remote(KIND, "app", scope=EVERYWHERE, name="app", **observed)],
        accepted=found,
        **others,
    )
    assert findings.accepted == 1
    return next(iter((*findings.drifts, *findings.suppressed)), None)


def told(drift: Drift | None) -> list[tuple[str, Any, Any, str]]:
    """The changes that count: path, recorded, observed, class."""
    changes = drift.changes if drift else ()
    return [(change.path, change.recorded, change.observed, change.classification) for change in changes]


def test_what_state_and_cloud_agree_on_and_nobody_accepted_is_absorbed() -> None:
    """A changed value, one more element and one less are told with accepted and present value; agreement is silent."""
    both = {"description": "new", "managed_policy_arns": ["a", "c"]}
    row = held({"description": "old", "managed_policy_arns": ["a", "b"]}, both, both)
    assert row is not None
    assert (row.kind, row.address, row.severity) == ("changed", ROLE, "low")
    assert told(row) == [
        ("description", "old", "new", "absorbed"),
        ("managed_policy_arns[1]", None, "c", "absorbed"),
        ("managed_policy_arns[3]", "b", None, "absorbed"),
    ]
    assert held(both, both, both) is None


def test_a_drift_is_told_once_and_hides_nothing_beside_it() -> None:
    """What state and cloud differ in is drift and not absorbed too; what they agree on in the same set is both."""
    row = held({"managed_policy_arns": ["a"]}, {"managed_policy_arns": ["a"]}, {"managed_policy_arns": ["a", "b"]})
    assert told(row) == [("managed_policy_arns[2]", None, "b", "drift")]
    row = held(
        {"managed_policy_arns": ["a"]}, {"managed_policy_arns": ["a", "b"]}, {"managed_policy_arns": ["a", "b", "c"]}
    )
    assert told(row) == [
        ("managed_policy_arns[4]", None, "c", "drift"),
        ("managed_policy_arns[1]", None, "b", "absorbed"),
    ]


def test_a_cloud_as_it_was_accepted_has_absorbed_nothing() -> None:
    """Where the state alone went another way there is drift, and no second row for the value that was accepted."""
    row = held({"description": "a"}, {"description": "b"}, {"description": "a"})
    assert told(row) == [("description", "b", "a", "drift")]
    row = held({"managed_policy_arns": ["a", "b"]}, {"managed_policy_arns": ["a"]}, {"managed_policy_arns": ["a", "b"]})
    assert told(row) == [("managed_policy_arns[2]", None, "b", "drift")]
    # Another element on the same place is another one.
    row = held({"managed_policy_arns": ["a", "b"]}, {"managed_policy_arns": ["a"]}, {"managed_policy_arns": ["a", "c"]})
    assert told(row) == [
        ("managed_policy_arns[2]", None, "c", "drift"),
        ("managed_policy_arns[2]", "b", None, "absorbed"),
    ]


def test_a_difference_inside_a_drift_is_not_told_again() -> None:
    """A rule that left the cloud is drift; what it had been accepted as is no matter then."""
    rule = {"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"], "description": "new"}
    before = kept(
        "aws_security_group.web", "aws_security_group", "sg-1", HERE, ingress=[{**rule, "description": "old"}]
    )
    findings = judged(
        [instance("aws_security_group.web", id="sg-1", ingress=[rule])],
        [remote("aws_security_group", "sg-1", ingress=[])],
        accepted=Accepted([before], STATES),
    )
    assert [told(row) for row in findings.drifts] == [[("ingress[0]", rule, None, "drift")]]


def test_another_form_of_the_accepted_is_no_change() -> None:
    """Null and empty, order of sets, and what is only computed are the comparison's rules here too."""
    row = held(
        {"description": None, "managed_policy_arns": ["b", "a"], "unique_id": "1"},
        {"description": "", "managed_policy_arns": ["a", "b"], "unique_id": "2"},
        {"description": "", "managed_policy_arns": ["a", "b"], "unique_id": "2"},
    )
    assert told(row) == []


def test_what_was_not_read_or_not_accepted_is_not_judged() -> None:
    """An attribute unknown now, or unknown when it was accepted, gives no verdict."""
    assert told(held({"description": "old"}, {"description": "new"}, {}, types={KIND})) == []
    assert told(held({}, {"description": "new"}, {"description": "new"})) == []


def test_the_configuration_decides_about_what_it_sets() -> None:
    """Set there: no drift, kept apart with its rule. Not set: drift, and the change says that it knows."""
    both = {"description": "new"}

    def sets(one: ResourceInstance, path: str) -> bool:
        return (str(one.address), one.source, path) == (ROLE, "a.tfstate", "description")

    row = held({"description": "old"}, both, both, sets=sets)
    assert row is not None
    assert row.changes == ()
    (change,) = row.suppressed
    assert (change.classification, change.rule, change.intended) == ("ignored", "set_by_configuration", True)
    row = held({"description": "old"}, both, both, sets=lambda *_: False)
    assert row is not None
    assert [(change.classification, change.intended) for change in row.changes] == [("absorbed", False)]
    row = held({"description": "old"}, both, both)
    assert row is not None
    assert [change.intended for change in row.changes] == [None]


@pytest.mark.parametrize(
    ("written", "classification"),
    [
        pytest.param(("old",), "absorbed", id="it still says what was accepted"),
        pytest.param(("new",), "ignored", id="it says what is now"),
        pytest.param(("other",), "ignored", id="it says something else, which is not applied yet"),
        pytest.param((), "ignored", id="nobody knows what it says"),
    ],
)
def test_a_configuration_that_still_says_what_was_accepted_asked_for_nothing(
    written: tuple[str, ...], classification: str
) -> None:
    """What state and cloud have and the files never said went past Terraform, though the files set the attribute."""
    both = {"description": "new"}
    asked: list[tuple[str, str]] = []

    def says(one: ResourceInstance, name: str) -> tuple[str, ...]:
        asked.append((str(one.address), name))
        return written

    row = held({"description": "old"}, both, both, sets=lambda *_: True, written=says)
    assert row is not None
    assert {change.classification for change in (*row.changes, *row.suppressed)} == {classification}
    assert {change.intended for change in (*row.changes, *row.suppressed)} == {True}
    assert set(asked) == {(ROLE, "description")}


def test_an_element_that_the_files_never_said_is_absorbed() -> None:
    """The whole attribute is held to the files, in whatever order they write its elements."""
    both = {"managed_policy_arns": ["a", "b", "c"]}
    row = held({"managed_policy_arns": ["a", "b"]}, both, both, sets=lambda *_: True, written=lambda *_: (["b", "a"],))
    assert told(row) == [("managed_policy_arns[2]", None, "c", "absorbed")]


def test_secrets_stay_secret() -> None:
    """A path that the state called sensitive when it was accepted, or does now, is told without values."""
    for then, now in ((("description",), ()), ((), ("description",))):
        before = kept(ROLE, KIND, "app", description="old")
        before = AcceptedObject.of(
            before.attributes, type=KIND, id="app", scope=EVERYWHERE, address=ROLE, state=LINEAGE, sensitive=then
        )
        state = instance(ROLE, id="app", description="new")
        state = type(state)(address=state.address, provider=state.provider, document=state.document, sensitive=now)
        seen = remote(KIND, "app", scope=EVERYWHERE, description="new")
        (row,) = judged([state], [seen], accepted=Accepted([before], STATES)).drifts
        assert told(row) == [("description", "(sensitive)", "(sensitive)", "absorbed")]


def test_children_that_went_into_their_parent_are_told_there() -> None:
    """Before an apply an attachment is unmanaged; once the role's state shows it, it is absorbed on the role."""
    attached = remote("aws_iam_role_policy_attachment", "app/x", scope=EVERYWHERE, role="app", policy_arn="x")
    role = remote(KIND, "app", scope=EVERYWHERE, name="app", managed_policy_arns=["x"])
    accepted = Accepted([kept(ROLE, KIND, "app", managed_policy_arns=[])], STATES)
    before = instance(ROLE, id="app", name="app", managed_policy_arns=[])
    assert rows(judged([before], [role, attached], accepted=accepted)) == [("unmanaged", "app/x")]
    after = instance(ROLE, id="app", name="app", managed_policy_arns=["x"])
    (row,) = judged([after], [role, attached], accepted=accepted).drifts
    assert told(row) == [("managed_policy_arns[0]", None, "x", "absorbed")]
    # A role whose attachments are instances of their own says nothing of them.
    mine = instance("aws_iam_role_policy_attachment.y", id="z", role="app", policy_arn="y")
    findings = judged([after, mine], [role, attached], accepted=accepted)
    assert ("unmanaged", "app/x") in rows(findings)
    assert ("changed", ROLE) not in rows(findings)


@pytest.mark.parametrize("accepted", [["own"], ["own", "t-1"], None])
def test_what_others_put_into_a_list_comes_and_goes_with_them(accepted: list[str] | None) -> None:
    """The value of an unsupported companion is nobody's change, accepted or not; any other one is."""
    theirs = instance("aws_lb_target_group_attachment.a", id="x", target_id="sg-1", target_group_arn="t-1")
    told_before: dict[str, Any] = {} if accepted is None else {"ingress": accepted}
    before = Accepted([kept("aws_security_group.web", "aws_security_group", "sg-1", HERE, **told_before)], STATES)
    both: dict[str, Any] = {"ingress": ["own", "by-hand", "t-1"]}
    found = judged(
        [instance("aws_security_group.web", id="sg-1", **both)],
        [remote("aws_security_group", "sg-1", **both)],
        accepted=before,
        others=[theirs],
    )
    assert "t-1" not in str(found.drifts)
    assert [told(row) for row in found.drifts] == (
        [] if accepted is None else [[("ingress[1]", None, "by-hand", "absorbed")]]
    )


def test_instances_that_nobody_accepted_are_counted() -> None:
    """They are compared with the cloud alone, and the findings tell how many."""
    findings = judged(
        [instance(ROLE, id="app")], [remote(KIND, "app", scope=EVERYWHERE)], accepted=Accepted([], STATES)
    )
    assert (findings.accepted, findings.unaccepted, findings.drifts) == (0, 1, ())


def lost(
    accepted: list[AcceptedObject],
    *,
    declares: Declares = unknown,
    states: dict[str, str] = STATES,
    **others: Any,
) -> Findings:
    """The verdicts about an estate of which nothing is left."""
    return judged(accepted=Accepted(accepted, states, declares=declares), **others)


QUEUE = kept("aws_sqs_queue.q", "aws_sqs_queue", "q", HERE, arn="arn:aws:sqs:eu-central-1:123456789012:q", name="q")


def test_an_instance_that_state_and_cloud_have_lost_is_missing() -> None:
    """A refresh took it out of the state: it is told with its address, its absence absorbed; it counts as managed."""
    findings = lost([QUEUE])
    (row,) = findings.drifts
    assert (row.kind, row.address, row.id, row.scope, row.source) == (
        "missing", "aws_sqs_queue.q", "q", HERE, "a.tfstate"
    )  # fmt: skip
    assert told(row) == [("id", "q", None, "absorbed")]
    assert (findings.summary.managed, findings.summary.missing) == (1, 1)


@pytest.mark.parametrize(
    "others",
    [
        {"declares": lambda one: str(one.address) != "aws_sqs_queue.q"},
        {"states": {"b.tfstate": "another lineage"}},
        {"types": frozenset({"aws_vpc"})},
        {"regions": {ACCOUNT: ("us-east-1",)}},
        {"regions": {OTHER_ACCOUNT: ("eu-central-1",)}},
        {"gaps": [gap("aws_sqs_queue")]},
        {"objects": [remote("aws_sqs_queue", "q", arn="arn:aws:sqs:eu-central-1:123456789012:q")]},
    ],
    ids=["taken out of the HCL", "state not read", "type", "region", "account", "gap", "still there"],
)
def test_a_lost_instance_is_told_only_where_that_is_sure(others: dict[str, Any]) -> None:
    """Not if the team took it out, nor where its state or place was not looked at, nor if it is there."""
    assert [row for row in rows(lost([QUEUE], **others)) if row[0] == "missing"] == []


def test_an_instance_that_the_state_still_has_is_told_once() -> None:
    """Missing from the cloud alone it is ordinary drift; a new object at the same address is no loss."""
    recorded = instance("aws_sqs_queue.q", id="q", arn=QUEUE.attributes["arn"])
    findings = lost([QUEUE], instances=[recorded])
    assert [(row.kind, told(row)) for row in findings.drifts] == [("missing", [])]
    renewed = instance("aws_sqs_queue.q", id="r", arn="arn:aws:sqs:eu-central-1:123456789012:r")
    there = remote("aws_sqs_queue", "r", arn="arn:aws:sqs:eu-central-1:123456789012:r")
    assert lost([QUEUE], instances=[renewed], objects=[there]).drifts == ()


def test_an_accepted_unmanaged_object_is_ignored_until_it_changes() -> None:
    """As accepted: counted and kept apart. Changed: unmanaged, with what changed. Never accepted: unmanaged."""
    accepted = Accepted([kept(None, "aws_sqs_queue", "q", HERE, visibility_timeout_seconds=30)], STATES)
    same = remote("aws_sqs_queue", "q", visibility_timeout_seconds=30)
    findings = judged([], [same], accepted=accepted)
    assert (findings.drifts, findings.summary.ignored, findings.summary.unmanaged) == ((), 1, 0)
    assert [(row.id, row.rule) for row in findings.ignored] == [("q", "accepted")]
    (row,) = judged([], [remote("aws_sqs_queue", "q", visibility_timeout_seconds=0)], accepted=accepted).drifts
    assert (row.kind, told(row)) == ("unmanaged", [("visibility_timeout_seconds", 30, 0, "drift")])
    elsewhere = remote("aws_sqs_queue", "q", scope=ELSEWHERE)
    assert rows(judged([], [elsewhere], accepted=accepted, regions={ACCOUNT: ("us-east-1",)})) == [("unmanaged", "q")]


def test_managed_and_unmanaged_are_accepted_apart() -> None:
    """Accepted as an instance, it is a stranger once the state forgets it; accepted as a stranger, no instance."""
    seen = remote("aws_sqs_queue", "q", arn=QUEUE.attributes["arn"])
    assert rows(judged([], [seen], accepted=Accepted([QUEUE], STATES))) == [("unmanaged", "q")]
    stranger = Accepted([kept(None, "aws_sqs_queue", "q", HERE)], STATES)
    state = instance("aws_sqs_queue.q", id="q", arn=QUEUE.attributes["arn"])
    assert judged([state], [seen], accepted=stranger).unaccepted == 1


LISTS = st.lists(st.sampled_from("abcd"), max_size=4, unique=True)


@given(accepted=LISTS, state=LISTS, cloud=LISTS)
def test_every_element_is_told_as_what_it_is(accepted: list[str], state: list[str], cloud: list[str]) -> None:
    """Drift is what state and cloud differ in, absorbed what they agree on against the accepted; nothing twice."""
    row = held({"managed_policy_arns": accepted}, {"managed_policy_arns": state}, {"managed_policy_arns": cloud})
    found: dict[str, set[tuple[Any, Any]]] = {"drift": set(), "absorbed": set()}
    for _, recorded, observed, kind in told(row):
        found[kind].add((recorded, observed))
    before, mine, now = set(accepted), set(state), set(cloud)
    assert found["drift"] == {(None, element) for element in now - mine} | {(element, None) for element in mine - now}
    assert found["absorbed"] == {(None, element) for element in (mine & now) - before} | {
        (element, None) for element in before - mine - now
    }


def test_nothing_is_changed_by_looking() -> None:
    """The accepted attributes are values: a comparison leaves them as they are."""
    accepted = {"inline_policy": [{"name": "in", "policy": POLICY}], "description": "old"}
    copied = copy.deepcopy(accepted)
    held(accepted, {"description": "new"}, {"description": "new"})
    assert accepted == copied
