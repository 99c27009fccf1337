"""What a team says of findings, in a scan of the changed estate: severity, reasons, what is ignored."""

from pathlib import Path
from typing import Any

from demo.build import Names
from flows.conftest import Run

RULES = """\
criticality:
  aws_subnet: high
ignore:
  - path: tags["env"]
    type: aws_subnet
    owner: net team
    reason: the tagging job sets it
    name: tagging
  - type: aws_sqs_queue
    kinds: [missing]
    owner: shop team
    reason: the queue moves
  - type: aws_kms_key
    owner: shop team
    reason: there is none
  - type: aws_*
    owner: shop team
    reason: all was new
    expires: 2020-01-31
"""


def by_type(report: Any) -> dict[str, Any]:
    """The findings of a report by kind and type."""
    return {f"{drift['kind']} {drift['type']}": drift for drift in report["drifts"]}


def test_a_widened_resource_is_critical_with_a_reason(drifted: Names, run: Run) -> None:
    """A public bucket policy, a loosened access block, suspended versioning and opened groups say why they matter."""
    found = by_type(run("detect", "-o", "json").json)
    told = {
        "changed aws_s3_bucket_policy": "everyone is allowed s3:GetObject and had no access before",
        "changed aws_s3_bucket_public_access_block": "public access is blocked no more",
        "changed aws_s3_bucket_versioning": "versioning is off",
        "changed aws_iam_role_policy": "allows every action on every resource",
        "changed aws_security_group": "ingress opened to the internet (0.0.0.0/0) on tcp 22",
        "unmanaged aws_vpc_security_group_ingress_rule": "rule opened to 10.0.0.0/8 on tcp 5432",
    }
    assert {name: (found[name]["severity"], found[name]["reason"]) for name in told} == {
        name: ("critical", reason) for name, reason in told.items()
    }
    assert (found["changed aws_sqs_queue"]["severity"], found["changed aws_sqs_queue"]["reason"]) == (
        "medium",
        "medium by its type",
    )


def test_rules_take_findings_out_and_are_counted(drifted: Names, run: Run, folder: Path) -> None:
    """Ignored findings leave the report, not its counts; sums hold; an expired rule is named and does nothing."""
    before = run("detect", "-o", "json", "--no-ignore").json
    (folder / "driftmgr.yaml").write_text(RULES)
    ran = run("detect", "-o", "json", "--show-suppressed")
    assert ran.code == 2
    assert ran.err == "warning: driftmgr.yaml:16: expired on 2020-01-31, ignores nothing: ask shop team\n"
    after, was, now = ran.json, before["summary"], ran.json["summary"]
    assert {drift["type"] for drift in after["ignored"]} == {"aws_subnet", "aws_sqs_queue"}
    assert [drift["rule"] for drift in after["ignored"]] == ["ignore:tagging", "ignore:driftmgr.yaml:9"]
    assert now["ignored"] == 2
    assert (now["changed"], now["missing"], now["in_sync"]) == (
        was["changed"] - 1,
        was["missing"] - 1,
        was["in_sync"] + 1,
    )
    assert now["managed"] == now["in_sync"] + now["changed"] + now["missing"] + now["unverified"] == was["managed"] - 1
    again = run("detect", "-o", "json", "--no-ignore").json
    assert len(again["drifts"]) == len(before["drifts"])
    assert by_type(again)["changed aws_subnet"]["reason"] == "high by driftmgr.yaml:2 (aws_subnet)"


def test_the_table_tells_what_is_ignored(drifted: Names, run: Run, folder: Path) -> None:
    """With --show-suppressed each ignored finding is listed with its rule, in the table and in Markdown."""
    (folder / "driftmgr.yaml").write_text(RULES.rpartition("  - type: aws_*")[0])
    table = run("detect", "--show-suppressed", "-o", "table", "-o", "markdown=r.md").out
    assert "IGNORED" in table
    assert '~ aws_subnet.web["a"]  [ignore:tagging]' in table
    assert "; 2 findings ignored" in table.splitlines()[2]
    assert "ignore:tagging" in (folder / "r.md").read_text()


def test_a_scan_tells_which_rules_are_of_no_use(drifted: Names, run: Run, folder: Path) -> None:
    """The check without a report asks the cloud, and names the unused and the expired rule."""
    (folder / "driftmgr.yaml").write_text(RULES)
    ran = run("ignore", "check", "--type", "aws_subnet", "--type", "aws_sqs_queue", "--type", "aws_kms_key")
    assert ran.out.splitlines() == [
        "unused: driftmgr.yaml:13: ask shop team",
        "expired: driftmgr.yaml:16 on 2020-01-31: ask shop team",
    ]
    assert ran.code == 2


def test_settings_stand_behind_a_scan(drifted: Names, run: Run, folder: Path) -> None:
    """A scan takes sources, types and outputs from the file; a flag goes before them."""
    (folder / "driftmgr.yaml").write_text("sources: [terraform.tfstate]\ntypes: [aws_subnet]\noutputs: [json]\n")
    assert set(by_type(run("detect").json)) == {"changed aws_subnet"}
    assert set(by_type(run("detect", "--type", "aws_s3_bucket_versioning").json)) == {
        "changed aws_s3_bucket_versioning"
    }
