"""Policy documents: more is granted, or not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.policy.grants import reckless, statements_of, widened
from policy.findings import document

ROLE, OTHER = "arn:aws:iam::111122223333:role/app", "arn:aws:iam::444455556666:role/x"


def allow(**parts: Any) -> dict[str, Any]:
    """A statement of a resource's policy; a part that is None is left out."""
    given_ones = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "s3:GetObject",
        "Resource": "arn:b/*",
        **parts,
    }
    return {name: value for name, value in given_ones.items() if value is not None}


def wider(before: list[Any], now: list[Any]) -> str | None:
    """What one document grants beyond another."""
    return widened(statements_of([document(*before)]), statements_of([document(*now)]))


LOOSER = "allows s3:GetObject to more principals, on more resources, or under fewer conditions"
CONDITION = {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (allow(), allow(), None),
        (allow(), allow(Principal="*"), "everyone is allowed s3:GetObject and had no access before"),
        (allow(), allow(Principal={"AWS": [ROLE, OTHER]}), f"{OTHER} is allowed s3:GetObject and had no access before"),
        (
            allow(),
            allow(Principal={"Service": "ec2.amazonaws.com"}),
            "ec2.amazonaws.com is allowed s3:GetObject and had no access before",
        ),
        (
            allow(),
            allow(NotPrincipal={"AWS": OTHER}, Principal=None),
            f"every principal but {OTHER} is allowed s3:GetObject and had no access before",
        ),
        (allow(Principal="*"), allow(), None),
        (allow(Principal={"AWS": "*"}), allow(Principal="*"), None),
        (allow(Principal={"AWS": "arn:aws:iam::111122223333:root"}), allow(Principal={"AWS": "111122223333"}), None),
        (allow(), allow(Principal={"AWS": "AROAEXAMPLEID123456"}), None),
        (allow(), allow(Action="*"), "allows every action on arn:b/*"),
        (allow(), allow(Action=["s3:GetObject", "s3:Put*"]), "allows s3:Put* on arn:b/*"),
        (allow(Action="s3:*"), allow(Action="s3:Put*"), None),
        (allow(Action="s3:g?tobject"), allow(Action="s3:GetObject"), None),
        (allow(Action="s3:g?tobject"), allow(Action="s3:G*tObject"), "allows s3:G*tObject on arn:b/*"),
        (allow(Action="S3:getobject"), allow(), None),
        (allow(), allow(Action=None, NotAction="s3:Put*"), "allows every action but s3:Put* on arn:b/*"),
        (allow(Action=None, NotAction="s3:Put*"), allow(), None),
        (allow(Action=None, NotAction="s3:Get*"), allow(), "allows s3:GetObject on arn:b/*"),
        (allow(Action=None, NotAction="s3:Put*"), allow(Action="s3:*"), "allows s3:* on arn:b/*"),
        (
            allow(Action=None, NotAction=["a:b", "c:d"]),
            allow(Action=None, NotAction="a:b"),
            "allows every action but a:b on arn:b/*",
        ),
        (allow(Action=None, NotAction="a:b"), allow(Action=None, NotAction=["a:b", "c:d"]), None),
        (allow(Action="*"), allow(Action=None, NotAction="a:b"), None),
        (allow(), allow(Resource=["arn:b/*", "arn:c/*"]), "allows s3:GetObject on arn:c/* too"),
        (allow(Resource="*"), allow(), None),
        (allow(Condition=CONDITION), allow(), LOOSER),
        (allow(), allow(Condition=CONDITION), None),
        (allow(Condition=CONDITION), allow(Condition={"StringEquals": {"aws:SourceAccount": "1"}}), None),
        (allow(Condition=CONDITION), allow(Condition={"StringEquals": {"aws:SourceAccount": ["1", "2", "3"]}}), LOOSER),
        (
            allow(Condition={"StringNotEquals": {"k": ["1"]}}),
            allow(Condition={"StringNotEquals": {"K": ["1", "2"]}}),
            None,
        ),
        (
            allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            allow(Condition={"IpAddress": {"aws:SourceIp": "10.1.0.0/16"}}),
            None,
        ),
        (
            allow(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            allow(Condition={"NotIpAddress": {"aws:SourceIp": "10.1.0.0/16"}}),
            LOOSER,
        ),
        (
            allow(Condition={"Bool": {"aws:SecureTransport": True}}),
            allow(Condition={"Bool": {"aws:SecureTransport": "true"}}),
            None,
        ),
        (
            allow(Effect="Deny"),
            allow(Effect="Deny", Action="s3:PutObject"),
            "a Deny of s3:GetObject was taken away or narrowed",
        ),
        (allow(Effect="Deny"), allow(Effect="Deny", Action="s3:*"), None),
        (allow(Condition="odd"), allow(Condition={"odd": 1}), None),
        (allow(Action="x" * 200), allow(Action="y" * 200), f"allows {'y' * 99}… on arn:b/*"),
    ],
)
def test_what_is_granted_beyond(before: Any, now: Any, expected: str | None) -> None:
    """A new principal, action, resource, a lost condition or Deny is more; a part of what was there is not."""
    assert wider([before], [now]) == expected


def test_the_worst_is_told_first() -> None:
    """Of several grants that are new the one for everyone is named, then the one for every action."""
    small, wild = allow(Action="s3:PutObject"), allow(Action="s3:*")
    assert wider([], [small, wild, allow(Principal="*")]) == "everyone is allowed s3:GetObject and had no access before"
    assert wider([allow()], [allow(), small, wild]) == "allows s3:* on arn:b/*"


def test_statements_may_be_split_and_joined() -> None:
    """The same grants in one statement or in several are the same."""
    joined = allow(Action=["a:b", "c:d"], Resource=["x", "y"])
    split = [allow(Action=action, Resource=resource) for action in ("a:b", "c:d") for resource in ("x", "y")]
    assert wider(split, [joined]) is None
    assert wider([joined], split) is None


def test_a_huge_statement_is_judged_as_one() -> None:
    """A statement of very many combinations is wider unless one recorded statement contains all of it."""
    huge = allow(Action=[f"a:{n}" for n in range(100)], Resource=[f"r{n}" for n in range(100)])
    assert wider([huge], [huge]) is None
    assert wider([allow(Action="a:*", Resource=f"r{n}") for n in range(100)], [huge]) is not None


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow(Principal="*"), "everyone is allowed s3:GetObject"),
        (allow(Principal={"AWS": "*"}, Action="*"), "everyone is allowed every action"),
        (allow(Principal=None, NotPrincipal={"AWS": ROLE}), "everyone is allowed s3:GetObject"),
        (allow(Principal=None, NotPrincipal="*"), "everyone is allowed s3:GetObject"),
        (allow(Principal="*", Condition=CONDITION), None),
        (allow(Principal="*", Effect="Deny"), None),
        (allow(), None),
        (allow(Principal=None, Action="*", Resource="*"), "allows every action on every resource"),
        (allow(Principal=None, Action="*", Resource="*", Condition=CONDITION), None),
        (allow(Principal=None, Action="s3:*", Resource="*"), None),
    ],
)
def test_what_is_reckless(statement: Any, expected: str | None) -> None:
    """A grant to everyone without a condition, or of everything, is reckless by itself."""
    assert reckless(statements_of([document(statement)])) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "1",
        "(sensitive)",
        '{"Statement": 1}',
        '{"Statement": [1, null]}',
        "[" * 100_000,
        None,
        5,
        '{"Statement": [{"Effect": "Allow"}]}',
        '{"Statement": {"Effect": "Allow", "Principal": {}, "Action": "*"}}',
    ],
)
def test_what_grants_nothing(text: Any) -> None:
    """What is no policy document, or grants nothing to nobody, has no statements."""
    assert statements_of([text]).allows == ()


STATEMENTS = st.builds(
    allow,
    Effect=st.sampled_from(["Allow", "Deny"]),
    Principal=st.sampled_from(["*", {"AWS": ROLE}, {"AWS": [ROLE, OTHER]}]),
    Action=st.lists(st.sampled_from(["s3:Get*", "s3:GetObject", "*", "sqs:?end"]), min_size=1, max_size=3),
    Resource=st.sampled_from(["*", "arn:b/*", "arn:b/c"]),
    Condition=st.none() | st.just(CONDITION),
)
DOCUMENTS = st.lists(STATEMENTS, max_size=4)


@given(DOCUMENTS, STATEMENTS)
def test_taking_grants_away_is_never_wider(statements: list[Any], one: Any) -> None:
    """A document is no wider than itself, in any order, nor without an Allow, nor with a Deny more."""
    more = [*statements, one]
    assert wider(more, more) is None
    assert wider(more, more[::-1]) is None
    first, second = (more, statements) if one["Effect"] == "Allow" else (statements, more)
    assert wider(first, second) is None


@given(DOCUMENTS)
def test_letting_everyone_do_everything_is_always_wider(statements: list[Any]) -> None:
    """Whatever was granted: everything for everyone is more, unless it was granted before."""
    everything = allow(Principal="*", Action="*", Resource="*")
    known = any(
        item["Effect"] == "Allow"
        and (item["Principal"], item["Resource"], item.get("Condition")) == ("*", "*", None)
        and "*" in item["Action"]
        for item in statements
    )
    assert (wider(statements, [*statements, everything]) is None) is known
