"""The rules under which Terraform's opinion and ours may differ, held to small made-up verdicts."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.referee import Referee, disagreements, unused_explanations
from driftmgr.catalog.entry import ParentRef, ResourceType
from driftmgr.catalog.registry import Catalog
from driftmgr.catalog.schema import schema_pack
from driftmgr.model import AttributeChange, Drift, DriftKind, DriftReport, ScanRecord, Scope, Summary

SCOPE = Scope(cloud="aws", account="123456789012", region="us-east-1")
GROUP = "aws_security_group.web"
RULE = ResourceType(
    name="aws_security_group_rule",
    parents=(ParentRef(type="aws_security_group", attribute="security_group_id", inline=("ingress", "egress")),),
)
CATALOG = Catalog("aws", (ResourceType(name="aws_security_group"), RULE), schema_pack("aws"))


def report_of(*drifts: Drift) -> DriftReport:
    """A report with these findings."""
    scan = ScanRecord(
        id="1", started_at="", finished_at="", mode="deep", engine="auto", sources=(), scopes=(), api_calls=0, seconds=0
    )
    return DriftReport(
        scan=scan, summary=Summary(managed=1, in_sync=1, changed=0, missing=0, unmanaged=0), drifts=drifts
    )


def drift_of(kind: DriftKind, address: str | None, resource_type: str, *paths: str, **others: Any) -> Drift:
    """A finding with changes at these paths."""
    changes = tuple(AttributeChange(path=path, recorded=1, observed=2) for path in paths)
    others.setdefault("changes", changes)
    return Drift(kind=kind, address=address, type=resource_type, id="x", scope=SCOPE, severity="critical", **others)


def referee_of(before: dict[str, Any], after: dict[str, Any] | None, address: str = GROUP) -> Referee:
    """Terraform's opinion about one instance."""
    return Referee.of({"resource_drift": [{"address": address, "change": {"before": before, "after": after}}]})


def state_of(tmp_path: Path, **groups: str) -> Path:
    """A state of the group ``web`` with id ``sg-1`` and of rules, by name, of the groups given by id."""
    rows = [("aws_security_group", "web", {"id": "sg-1"})]
    rows += [("aws_security_group_rule", name, {"security_group_id": group}) for name, group in groups.items()]
    resources = [
        {"mode": "managed", "type": kind, "name": name, "instances": [{"attributes": attributes}]}
        for kind, name, attributes in rows
    ]
    state = tmp_path / "terraform.tfstate"
    state.write_text(json.dumps({"resources": resources}))
    return state


def rules(state: Path, report: DriftReport, referee: Referee) -> list[str | None]:
    """The rule of each disagreement."""
    return [row.rule for row in disagreements(report, referee, state_file=state, catalog=CATALOG)]


def test_agreement_leaves_no_disagreement(tmp_path: Path) -> None:
    """What both list, at whatever depth we list it, needs no rule."""
    report = report_of(drift_of("changed", GROUP, "aws_security_group", "ingress[0].cidr_blocks"))
    assert rules(state_of(tmp_path), report, referee_of({"ingress": [1]}, {"ingress": [2]})) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ({"tags": None}, {"tags": {}}, "null_is_empty"),
        ({"ingress": [{"description": ""}]}, {"ingress": [{"description": None}]}, "null_is_empty"),
        ({"arn": "a"}, {"arn": "b"}, "computed"),
        ({"description": '{"a": 1}'}, {"description": '{"a":1}'}, "same_json"),
        ({"description": "a"}, {"description": "b"}, None),
        ({"revoke_rules_on_delete": None}, {"revoke_rules_on_delete": False}, None),
        ({"ingress": []}, {"ingress": [{"from_port": 22}]}, None),
        ({"ingress": []}, None, None),
    ],
)
def test_only_named_rules_excuse_silence(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any] | None, rule: str | None
) -> None:
    """What Terraform lists and we do not is excused by form and computed values, and by nothing else."""
    assert rules(state_of(tmp_path), report_of(), referee_of(before, after)) == [rule]


def test_what_we_alone_report_needs_an_explanation(tmp_path: Path) -> None:
    """No general rule excuses a finding of ours that Terraform does not make."""
    changed = drift_of("changed", GROUP, "aws_security_group", "description")
    report = report_of(changed, drift_of("missing", "aws_security_group.db", "aws_security_group"))
    assert rules(state_of(tmp_path), report, Referee()) == [None, None]


def test_a_part_reported_on_its_own_explains_its_parent(tmp_path: Path) -> None:
    """An inline attribute is excused by an unmanaged or recorded object that it shows, of this parent alone."""
    refreshed = referee_of({"ingress": []}, {"ingress": [{"from_port": 22}]})
    stranger = drift_of("unmanaged", None, "aws_security_group_rule", parent=GROUP)
    elsewhere = drift_of("unmanaged", None, "aws_security_group_rule", parent="aws_security_group.db")
    assert rules(state_of(tmp_path), report_of(stranger), refreshed) == ["inline_or_separate"]
    assert rules(state_of(tmp_path), report_of(elsewhere), refreshed) == [None]
    assert rules(state_of(tmp_path, ssh="sg-1"), report_of(), refreshed) == ["inline_or_separate"]
    assert rules(state_of(tmp_path, ssh="sg-2"), report_of(), refreshed) == [None]


def test_a_suppressed_change_names_its_rule(tmp_path: Path) -> None:
    """A difference that our report itself explains carries that rule."""
    quiet = AttributeChange(path="description", classification="representation", rule="same_text")
    report = report_of(drift_of("changed", GROUP, "aws_security_group", "name", suppressed=(quiet,)))
    refreshed = referee_of({"description": "a", "name": "b"}, {"description": "A", "name": "c"})
    assert rules(state_of(tmp_path), report, refreshed) == ["same_text"]


def test_tags_are_told_by_tags_all(tmp_path: Path) -> None:
    """A changed tag is one finding of ours and two attributes of Terraform's."""
    report = report_of(drift_of("changed", GROUP, "aws_security_group", 'tags_all["a"]'))
    both = {"tags": {"a": "2"}, "tags_all": {"a": "2"}}
    refreshed = referee_of({"tags": {"a": "1"}, "tags_all": {"a": "1"}}, both)
    assert rules(state_of(tmp_path), report, refreshed) == ["tags_are_compared_as_tags_all"]


def test_explanations_fit_by_wildcard_and_idle_ones_are_found(tmp_path: Path) -> None:
    """A declared rule explains what its pattern fits; one that fits nothing is named."""
    state = state_of(tmp_path)
    refreshed = referee_of({"description": "a"}, {"description": "b"})
    explained = {("aws_security_group.*", "desc*"): "said_so", ("aws_vpc.main", "*"): "idle"}
    rows = disagreements(report_of(), refreshed, state_file=state, catalog=CATALOG, explained=explained)
    assert [row.rule for row in rows] == ["said_so"]
    assert unused_explanations(rows, explained) == [("aws_vpc.main", "*")]
