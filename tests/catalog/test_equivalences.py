"""Equivalences: what each calls the same, what it keeps apart, and the laws that all of them keep."""

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.catalog.equivalences import (
    ignoring_case,
    in_any_order,
    same_arn_or_name,
    same_base64,
    same_cidr,
    same_iam_policy,
    same_ip_protocol,
    same_json,
    same_time,
)

Rule = Callable[[Any, Any], bool]
ALL: tuple[Rule, ...] = (
    ignoring_case,
    in_any_order,
    same_arn_or_name,
    same_base64,
    same_cidr,
    same_iam_policy,
    same_ip_protocol,
    same_json,
    same_time,
)
every_rule = pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)

WORDS = st.sampled_from(
    [
        "",
        " ",
        "{}",
        "[]",
        "null",
        "NaN",
        '{"Statement": [{"Principal": 5, "Action": {"a": 1}}]}',
        '{"Statement": "*", "Version": 1.0}',
        '{"Statement": {"Condition": {"Bool": 1}}}',
        "1e99999999999999999999",
        "arn:aws:iam::123456789012:root",
        "10.0.0.0/8",
        "::1/64",
        "2026-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "aGVsbG8=",
        "\ud800",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12) | WORDS
KEYS = st.sampled_from(["Statement", "Principal", "Action", "Condition", "Version", "AWS"]) | st.text(max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = VALUES | VALUES.map(json.dumps)


def policy(**statement: Any) -> str:
    """A policy document with one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@every_rule
@given(first=DOCUMENTS, second=DOCUMENTS)
def test_every_rule_answers_symmetrically_whatever_it_is_given(rule: Rule, first: Any, second: Any) -> None:
    """No JSON value makes an equivalence raise, and the order of its arguments does not matter."""
    assert rule(first, second) is rule(second, first)


@every_rule
@given(value=DOCUMENTS)
def test_every_rule_calls_a_value_the_same_as_itself(rule: Rule, value: Any) -> None:
    """A value means what it means."""
    assert rule(value, json.loads(json.dumps(value)))


S3 = "arn:aws:s3:::shop"

SAME_POLICIES = {
    "a single value is a list of one": (
        policy(Action="s3:Get*", Resource=S3),
        policy(Action=["s3:Get*"], Resource=[S3]),
    ),
    "actions have no order": (policy(Action=["a:B", "a:C"]), policy(Action=["a:C", "a:B"])),
    "actions have no case": (policy(Action="S3:getobject"), policy(Action="s3:GetObject")),
    "resources have no order": (policy(NotResource=["a", "b"]), policy(NotResource=["b", "a"])),
    "an account id is its root ARN": (
        policy(Principal={"AWS": "123456789012"}),
        policy(Principal={"AWS": ["arn:aws:iam::123456789012:root"]}),
    ),
    "the root ARN of another partition": (
        policy(Principal={"AWS": "123456789012"}),
        policy(Principal={"AWS": "arn:aws-cn:iam::123456789012:root"}),
    ),
    "everybody is every AWS principal": (policy(Principal="*"), policy(Principal={"AWS": "*"})),
    "principals have no order": (
        policy(NotPrincipal={"Service": ["a.com", "b.com"]}),
        policy(NotPrincipal={"Service": ["b.com", "a.com"]}),
    ),
    "an empty Sid is none": (policy(Sid="", Action="a:B"), policy(Action="a:B")),
    "a condition's value is a list of one": (
        policy(Condition={"StringEquals": {"k": "v"}}),
        policy(Condition={"StringEquals": {"k": ["v"]}}),
    ),
    "a condition's booleans and numbers are texts": (
        policy(Condition={"Bool": {"s": "true"}, "N": {"n": 5}}),
        policy(Condition={"Bool": {"s": True}, "N": {"n": "5"}}),
    ),
    "one statement is a list of one": ('{"Statement": {"Action": "a:B"}}', '{"Statement": [{"Action": "a:B"}]}'),
    "statements have no order": (
        '{"Statement": [{"Action": "a:B"}, {"Action": "a:C"}]}',
        '{"Statement": [{"Action": "a:C"}, {"Action": "a:B"}]}',
    ),
    "no policy, empty text": (None, ""),
    "empty text, empty object": ("", "{}"),
    "blank text": (None, " \n"),
    "white space": ('{"Id":"x"}', ' { "Id" : "x" } '),
    "not JSON, same text": ("<<", "<<"),
}

OTHER_POLICIES = {
    "another action": (policy(Action="s3:GetObject"), policy(Action="s3:PutObject")),
    "another effect": (policy(Action="a:B"), policy(Action="a:B", Effect="Deny")),
    "another case of a resource": (policy(Resource="a"), policy(Resource="A")),
    "a principal more": (policy(Principal={"AWS": "1"}), policy(Principal={"AWS": ["1", "2"]})),
    "everybody instead of a role": (
        policy(Principal={"AWS": "arn:aws:iam::123456789012:role/a"}),
        policy(Principal="*"),
    ),
    "a principal of another account": (
        policy(Principal={"AWS": "123456789012"}),
        policy(Principal={"AWS": "arn:aws:iam::123456789013:root"}),
    ),
    "a principal at all": (policy(Action="a:B"), policy(Action="a:B", Principal="")),
    "a condition gone": (policy(Condition={"Bool": {"k": "true"}}), policy()),
    "no version": ('{"Statement": []}', '{"Version": "2012-10-17", "Statement": []}'),
    "another version": ('{"Version": "2008-10-17"}', '{"Version": "2012-10-17"}'),
    "not JSON": ("{", "{ "),
    "not JSON and nothing": ("{", ""),
    "numbers that JSON lacks": ('{"a": NaN}', '{"a":  NaN}'),
    "deeper than any policy": ("[" * 5000 + "]" * 5000, "[" * 5000 + "1" + "]" * 5000),
    "a condition that is none": ('{"Statement": {"Condition": {"B": 1}}}', '{"Statement": {"Condition": {"B": 2}}}'),
    "a statement that is none": ('{"Statement": "x"}', '{"Statement": "y"}'),
    "not an object": ("5", "6"),
}


@pytest.mark.parametrize(("first", "second"), SAME_POLICIES.values(), ids=SAME_POLICIES.keys())
def test_policies_that_grant_the_same_are_the_same(first: Any, second: Any) -> None:
    """Form does not matter to a policy: lists of one, order, root ARNs, nothing in any of its forms."""
    assert same_iam_policy(first, second)


@pytest.mark.parametrize(("first", "second"), OTHER_POLICIES.values(), ids=OTHER_POLICIES.keys())
def test_policies_that_grant_something_else_differ(first: Any, second: Any) -> None:
    """No change of what a policy grants is called form; what cannot be read is the same only as text."""
    assert not same_iam_policy(first, second)


@given(st.permutations(["s3:Get*", "s3:Put*", "ec2:*", "iam:PassRole"]), st.permutations([S3, f"{S3}/*", "*"]))
def test_the_order_in_a_policy_never_matters(actions: list[str], resources: list[str]) -> None:
    """Shuffling the lists of a statement changes nothing."""
    shuffled = policy(Action=actions, Resource=resources)
    assert same_iam_policy(shuffled, policy(Action=sorted(actions), Resource=sorted(resources)))


CASES: dict[Rule, tuple[list[tuple[Any, Any]], list[tuple[Any, Any]]]] = {
    same_json: (
        [
            ('{"a": 1, "b": [1, 2]}', '{"b":[1,2],"a":1}'),
            ('{"a": 1.0}', '{"a": 1}'),
            ("{}", ""),
            (None, "{}"),
            ('{"n": 123456789012345678901234567890}', '{"n":123456789012345678901234567890}'),
            ({"a": 1.5}, '{"a": 1.5}'),
            ({"a": Decimal("1.5")}, '{"a": 1.5}'),
        ],
        [
            ('{"a": 1}', '{"a": true}'),
            ('{"a": [1, 2]}', '{"a": [2, 1]}'),
            ('{"a": null}', "{}"),
            ('{"n": 123456789012345678901234567890}', '{"n": 123456789012345678901234567891}'),
            ("{", ""),
            ("[]", "{}"),
        ],
    ),
    ignoring_case: ([("Enabled", "ENABLED"), (None, "")], [("Enabled", "Disabled")]),
    in_any_order: (
        [(["a", "b"], ["b", "a"]), (None, []), ([{"x": 1, "y": 2}], [{"y": 2, "x": 1}]), ("a", "a")],
        [(["a", "a"], ["a"]), (["a"], ["b"]), ("a", ["a"]), ([1], [True])],
    ),
    same_ip_protocol: (
        [("tcp", "6"), ("TCP", 6), ("udp", "17"), ("icmp", "1"), ("icmpv6", "58"), ("all", "-1"), (-1, "all")],
        [("tcp", "17"), ("icmp", "icmpv6"), ("-1", "1"), (None, "all")],
    ),
    same_cidr: (
        [("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8:0::/48", "2001:DB8::/48"), (None, None), ("x", "x")],
        [("10.0.0.0/8", "10.0.0.0/9"), ("10.0.0.0/8", None), ("x", "y"), ("0.0.0.0/0", "::/0")],
    ),
    same_arn_or_name: (
        [
            ("arn:aws:kms:eu-central-1:123456789012:key/1", "1"),
            ("topic", "arn:aws:sns:eu-central-1:123456789012:topic"),
            ("arn:aws:iam::123456789012:role/path/name", "path/name"),
            (None, ""),
        ],
        [
            ("arn:aws:kms:eu-central-1:123456789012:key/1", "arn:aws:kms:eu-central-1:123456789012:key/2"),
            ("arn:aws:kms:eu-central-1:123456789012:key/11", "1"),
            ("arn:aws:kms:eu-central-1:123456789012:key/1", None),
            ("a", "b"),
        ],
    ),
    same_time: (
        [
            ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z"),
            ("", ""),
        ],
        [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
            ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z"),
            ("x", None),
        ],
    ),
    same_base64: (
        [
            ("hello", "aGVsbG8="),
            ("aGVsbG8=", "hello"),
            ("aGVs\nbG8=\n", "aGVsbG8="),
            (base64.b64encode(b"\xff\xfe").decode(), f"{base64.b64encode(bytes([255, 254])).decode()}\n"),
            (None, ""),
        ],
        [("hello", "aGVsbG9v"), ("hello", "world"), ("héllo", "aGVsbG8="), ("", "aGVsbG8=")],
    ),
}
SAME = [(rule, *pair) for rule, (same, _) in CASES.items() for pair in same]
OTHER = [(rule, *pair) for rule, (_, other) in CASES.items() for pair in other]


@pytest.mark.parametrize(("rule", "first", "second"), SAME)
def test_other_forms_of_one_meaning_are_the_same(rule: Rule, first: Any, second: Any) -> None:
    """Each equivalence knows the forms that it is named for."""
    assert rule(first, second)


@pytest.mark.parametrize(("rule", "first", "second"), OTHER)
def test_another_meaning_is_never_the_same(rule: Rule, first: Any, second: Any) -> None:
    """No equivalence calls a material difference a matter of form."""
    assert not rule(first, second)


def test_rules_bear_their_names() -> None:
    """The name of the function is what a report shows."""
    assert all(rule.__name__.isidentifier() and not rule.__name__.startswith("_") for rule in ALL)
