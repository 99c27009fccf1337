"""Ignore rules: what they take out, and what they never do."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.model import Drift
from driftmgr.policy.ignore import PREFIX, IgnoreRule, rules_of, sift
from driftmgr.policy.ignore_file import IgnoreFile
from policy.findings import change, changed, missing, unmanaged

NO_FILE = IgnoreFile()


def rule(**parts: Any) -> IgnoreRule:
    """A rule of somebody's, for a reason."""
    return IgnoreRule(**{"owner": "team", "reason": "known", "where": "driftmgr.yaml:3", **parts})


def gone(drift: Drift, *rules: IgnoreRule) -> bool:
    """Whether rules ignore a finding as a whole."""
    return sift(drift, rules, NO_FILE)[1]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"type": "aws_sqs_*"}, True),
        ({"type": "aws_sns_*"}, False),
        ({"address": "module.net.*"}, True),
        ({"address": 'module.net.aws_sqs_queue.q["a"]'}, True),
        ({"address": "module.web.*"}, False),
        ({"id": "https://*"}, True),
        ({"id": "arn:*"}, False),
        ({"tag": "env"}, True),
        ({"tag": "env=dev*"}, True),
        ({"tag": "env=prod"}, False),
        ({"tag": "team"}, False),
        ({"path": "delay_seconds"}, True),
        ({"path": "policy"}, False),
        ({"type": "aws_sqs_*", "tag": "env=prod"}, False),
        ({"type": "aws_sqs_*", "kinds": ("unmanaged",)}, False),
    ],
)
def test_a_rule_fits_by_all_that_it_names(parts: dict[str, Any], *, expected: bool) -> None:
    """Type, address, id, tag and path must all fit, as globs; brackets of an address mean themselves."""
    drift = changed(
        "aws_sqs_queue",
        change("delay_seconds", 0, 5),
        address='module.net.aws_sqs_queue.q["a"]',
        id="https://sqs/q",
        tags={"env": "dev-1"},
    )
    assert gone(drift, rule(**parts)) is expected


def test_a_rule_is_silent_about_deletes_unless_it_names_them() -> None:
    """A deleted instance stays a finding under a rule for its type, until the rule says missing."""
    assert not gone(missing("aws_vpc"), rule(type="*"))
    assert gone(missing("aws_vpc"), rule(type="*", kinds=("missing",)))


def test_a_rule_on_an_attribute_is_about_differences_alone() -> None:
    """A rule with a path takes out neither deletes nor unmanaged objects, whatever kinds it names."""
    every = rule(path="*", kinds=("changed", "missing", "unmanaged"))
    assert not gone(missing("aws_vpc"), every)
    assert not gone(unmanaged("aws_vpc"), every)


def test_an_unmanaged_object_has_no_address() -> None:
    """A rule for addresses never takes out an object that no state knows."""
    assert not gone(unmanaged("aws_vpc"), rule(address="*"))
    assert gone(unmanaged("aws_vpc"), rule(type="aws_vpc"))


def test_a_part_of_the_differences_can_be_ignored() -> None:
    """Ignored differences are set apart with class and rule; the finding stays with the others."""
    drift = changed("aws_vpc", change("a", 1, 2), change("b", 1, 2))
    left, is_gone = sift(drift, [rule(path="a", name="known")], NO_FILE)
    assert not is_gone
    assert [item.path for item in left.changes] == ["b"]
    assert [(item.path, item.classification, item.rule) for item in left.suppressed] == [
        ("a", "ignored", "ignore:known")
    ]
    assert left.rule is None


def test_several_rules_together_ignore_a_finding() -> None:
    """When each difference is ignored by some rule the finding is, by the name of the first of them."""
    drift = changed("aws_vpc", change("a", 1, 2), change("b", 1, 2))
    left, is_gone = sift(drift, [rule(path="b", name="two"), rule(path="a", name="one")], NO_FILE)
    assert (is_gone, left.rule, left.changes) == (True, "ignore:one", ())
    assert rules_of([left]) == {"one", "two"}


def test_a_file_ignores_beside_rules() -> None:
    """A line of .driftignore takes out what no rule does, by file and line."""
    file = IgnoreFile.parse("aws_vpc.x.a\naws_subnet.*\n")
    assert sift(changed("aws_vpc", change("a", 1, 2)), [], file)[0].rule == "ignore:.driftignore:1"
    assert sift(unmanaged("aws_subnet"), [], file)[0].rule == "ignore:.driftignore:2"
    assert sift(changed("aws_vpc", change("b", 1, 2)), [], file)[1] is False


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"type": "a"}, None),
        ({"type": "a", "kinds": ("missing",)}, None),
        ({"path": "a", "kinds": ("changed",)}, None),
        ({}, "names what it is about"),
        ({"kinds": ("changed",)}, "names what it is about"),
        ({"type": "a", "owner": " "}, "owner and a reason"),
        ({"type": "a", "reason": ""}, "owner and a reason"),
        ({"path": "a", "kinds": ("changed", "missing")}, "never silences a delete"),
        ({"type": "a", "kinds": ()}, "at least one kind"),
    ],
)
def test_what_is_no_rule(parts: dict[str, Any], problem: str | None) -> None:
    """A rule without an owner, a reason or a subject, or one that would silence a delete by an attribute, is none."""
    found = rule(**parts).problem
    assert found is None if problem is None else found is not None and problem in found


def test_a_rule_ends_with_its_last_day() -> None:
    """It applies on the day that it names, and not the day after; without one it has no end."""
    last = rule(type="a", expires=date(2026, 3, 1))
    assert [last.is_expired(date(2026, 3, day)) for day in (1, 2)] == [False, True]
    assert not rule(type="a").is_expired(date(9999, 1, 1))


DRIFTS = (
    st.builds(
        changed,
        st.sampled_from(["aws_vpc", "aws_subnet"]),
        st.builds(change, st.sampled_from(["a", "b[0].c", 'tags_all["x"]']), st.integers(), st.integers()),
        st.builds(change, st.sampled_from(["d", "b[1].c"]), st.integers(), st.integers()),
    )
    | st.builds(missing, st.sampled_from(["aws_vpc", "aws_subnet"]))
    | st.builds(unmanaged, st.just("aws_vpc"))
)
RULES = st.builds(
    rule,
    type=st.none() | st.sampled_from(["aws_*", "aws_vpc", "x"]),
    path=st.none() | st.sampled_from(["a", "b", "b[*].c", "*", "tags"]),
    kinds=st.sets(st.sampled_from(["changed", "missing", "unmanaged"]), min_size=1).map(tuple),
)


@given(DRIFTS, st.lists(RULES, max_size=4))
def test_nothing_is_lost_by_ignoring(drift: Drift, rules: list[IgnoreRule]) -> None:
    """Each difference is still there, once, as a finding or as ignored by a rule with a name."""
    left, is_gone = sift(drift, rules, NO_FILE)
    paths = [item.path for item in (*left.changes, *left.suppressed)]
    assert sorted(paths) == sorted(item.path for item in drift.changes)
    assert all(item.rule and item.rule.startswith(PREFIX) for item in left.suppressed)
    assert bool(left.rule) is is_gone


@given(st.builds(missing, st.text(max_size=5)), st.lists(RULES, max_size=4))
def test_no_rule_on_an_attribute_silences_a_delete(drift: Drift, rules: list[IgnoreRule]) -> None:
    """Rules with a path leave every delete where it is."""
    assert sift(drift, [item for item in rules if item.path is not None], NO_FILE) == (drift, False)
