"""``driftmgr detect`` on an estate that was changed behind Terraform's back: every option of the command."""

from pathlib import Path

import pytest

from demo.build import Names
from demo.changes import CHANGES
from flows.command import assert_golden
from flows.conftest import Run

UNMANAGED = {change.about for change in CHANGES if change.kind == "unmanaged"}

SUFFIXES = {
    "json": "json",
    "markdown": "md",
    "html": "html",
    "sarif": "sarif",
    "junit": "xml",
    "csv": "csv",
    "prometheus": "prom",
}


def test_reports_in_every_format_are_as_expected(drifted: Names, run: Run, folder: Path) -> None:
    """One scan writes the table and a file of each other format; each is as the golden file says, code 2."""
    files = [option for name, suffix in SUFFIXES.items() for option in ("-o", f"{name}=report.{suffix}")]
    ran = run("detect", "terraform.tfstate", "-o", "table", *files)
    assert (ran.code, ran.err) == (2, "")
    assert_golden(ran.out, "report.txt", drifted)
    for suffix in SUFFIXES.values():
        assert_golden((folder / f"report.{suffix}").read_text(), f"report.{suffix}", drifted)


def test_a_kept_report_is_shown_again_as_it_was(drifted: Names, run: Run, folder: Path) -> None:
    """``report`` asks nothing of any cloud and writes what the scan would have written, byte for byte, with code 0."""
    first = [option for name, suffix in SUFFIXES.items() for option in ("-o", f"{name}=first.{suffix}")]
    table = run("detect", "--show-suppressed", "-o", "table", *first).out
    again = [option for name, suffix in SUFFIXES.items() for option in ("-o", f"{name}=again.{suffix}")]
    ran = run("report", "first.json", "--show-suppressed", "-o", "table", *again)
    assert (ran.code, ran.out, ran.err) == (0, table, "")
    for suffix in SUFFIXES.values():
        assert (folder / f"again.{suffix}").read_bytes() == (folder / f"first.{suffix}").read_bytes()


def test_a_file_that_is_no_report_is_refused(drifted: Names, run: Run, folder: Path) -> None:
    """A state instead of a report is a message with a hint, code 1."""
    ran = run("report", "terraform.tfstate", "-o", "html")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: terraform.tfstate: no report of driftmgr\nhint: ")


def test_a_directory_is_read_where_it_stands(drifted: Names, run: Run) -> None:
    """Without an argument the current working directory's state is compared."""
    ran = run("detect", "-o", "json")
    assert ran.code == 2
    assert ran.json["scan"]["sources"] == ["terraform.tfstate"]
    assert len(ran.json["drifts"]) == len(CHANGES)


def test_types_limit_the_question(drifted: Names, run: Run) -> None:
    """With --type only those types are asked about, a pattern counts, and other gaps are not part of it."""
    ran = run("detect", "--type", "aws_sqs_*", "--type", "aws_subnet", "-o", "json")
    assert ran.code == 2
    assert {drift["type"] for drift in ran.json["drifts"]} == {"aws_sqs_queue", "aws_subnet"}
    assert ran.json["gaps"] == []
    assert ran.json["summary"]["managed"] == 4


def test_managed_only_leaves_unmanaged_objects_alone(drifted: Names, run: Run) -> None:
    """With --managed-only there is no unmanaged finding, and fewer calls."""
    everything, managed = run("detect", "-o", "json"), run("detect", "--managed-only", "-o", "json")
    kinds = {drift["kind"] for drift in managed.json["drifts"]}
    assert kinds == {"changed", "missing"}
    assert managed.json["scan"]["api_calls"] < everything.json["scan"]["api_calls"]


def test_default_objects_are_shown_when_asked_for(drifted: Names, run: Run) -> None:
    """With --include-defaults what AWS makes for every account is a finding, without it it is counted."""
    ran = run("detect", "--include-defaults", "--type", "aws_vpc", "-o", "json")
    assert [(drift["kind"], drift["type"]) for drift in ran.json["drifts"]] == [("unmanaged", "aws_vpc")]
    plain = run("detect", "--type", "aws_vpc", "-o", "json")
    assert plain.json["drifts"] == []
    assert plain.json["summary"]["defaults"] == 1


def test_a_quick_look_makes_no_call_per_object(drifted: Names, run: Run) -> None:
    """Quick mode finds what list calls tell, smart mode all; both cost no more than deep mode."""
    found = {mode: run("detect", "--mode", mode, "-o", "json").json for mode in ("quick", "deep", "smart")}
    calls = {mode: report["scan"]["api_calls"] for mode, report in found.items()}
    assert calls["quick"] < calls["smart"] <= calls["deep"]
    addresses = {mode: {drift["address"] for drift in report["drifts"]} for mode, report in found.items()}
    assert addresses["quick"] < addresses["deep"] == addresses["smart"]


def test_regions_limit_the_question(drifted: Names, run: Run) -> None:
    """With --region elsewhere regional instances are outside the question, not missing; global ones are compared."""
    ran = run("detect", "--region", "us-west-2", "-o", "json")
    found = {drift["type"] for drift in ran.json["drifts"]}
    assert "aws_iam_role_policy" in found
    assert all(kind.startswith(("aws_iam_", "aws_s3_")) for kind in found)
    assert ran.json["summary"]["outside"] > 10
    assert ran.json["summary"]["missing"] == 0


def test_all_regions_are_asked(drifted: Names, run: Run) -> None:
    """With --region all every enabled region is scanned; each finding is told once."""
    ran = run("detect", "--region", "all", "--type", "aws_sqs_queue", "--type", "aws_s3_bucket", "-o", "json")
    assert {scope["region"] for scope in ran.json["scan"]["scopes"]} > {None, "eu-central-1", "us-west-2"}
    found = sorted((drift["kind"], drift["type"]) for drift in ran.json["drifts"])
    assert found == [("changed", "aws_sqs_queue"), ("missing", "aws_sqs_queue"), ("unmanaged", "aws_s3_bucket")]


def test_a_dry_run_plans_and_calls_nothing(drifted: Names, run: Run) -> None:
    """--dry-run prints each call with its expected number and the permissions, in two formats, and ends with 0."""
    ran = run("detect", "--dry-run")
    assert (ran.code, ran.err) == (0, "")
    assert "none of them was made" in ran.out
    assert "ec2.describe_security_groups" in ran.out
    assert "  ec2:DescribeSecurityGroups\n" in ran.out
    planned = run("detect", "--dry-run", "-o", "json").json
    assert planned["expected_calls"] == sum(call["expected"] for s in planned["shards"] for call in s["calls"])
    actual = run("detect", "-o", "json").json["scan"]["api_calls"]
    assert planned["expected_calls"] <= actual <= 2 * planned["expected_calls"]


def test_explained_differences_are_shown_with_their_rule(drifted: Names, run: Run) -> None:
    """--show-suppressed adds the differences that a rule explains, in every format, and changes no verdict."""
    plain, shown = run("detect", "-o", "json"), run("detect", "--show-suppressed", "-o", "json")
    assert "suppressed" not in plain.json
    rules = {change["rule"] for drift in shown.json["suppressed"] for change in drift["suppressed"]}
    assert "managed_by_companion" in rules
    assert shown.json["drifts"][0]["changes"] == plain.json["drifts"][0]["changes"]
    table = run("detect", "--show-suppressed").out
    assert "  = aws_security_group.database\n      ingress:" in table
    assert "[ignored: managed_by_companion]" in table
    markdown = run("detect", "--show-suppressed", "-o", "markdown").out
    assert "- `aws_security_group.database` `ingress`: ignored, managed\\_by\\_companion\n" in markdown


def test_several_states_are_one_question(drifted: Names, run: Run, folder: Path) -> None:
    """States named one by one, by pattern and twice are read once each; the report says which state a finding is of."""
    (folder / "states/prod").mkdir(parents=True)
    text = (folder / "terraform.tfstate").read_text()
    (folder / "states/prod/network.tfstate").write_text(text)
    (folder / "states/prod/network.tfstate.backup").write_text("not a state")
    arguments = ("detect", "--type", "aws_subnet", "states/**/*.tfstate*", "terraform.tfstate", "./terraform.tfstate")
    ran = run(*arguments, "-o", "json")
    assert ran.json["scan"]["sources"] == ["states/prod/network.tfstate", "terraform.tfstate"]
    assert [drift["source"] for drift in ran.json["drifts"]] == ran.json["scan"]["sources"]
    assert "by states/prod/network.tfstate" in run(*arguments).out


@pytest.mark.parametrize("output", ["table", "markdown"])
def test_color_is_for_terminals(drifted: Names, run: Run, output: str) -> None:
    """A pipe gets plain text; --color always colours the table for whoever wants it."""
    ran = run("detect", "--type", "aws_subnet", "-o", output)
    assert "\x1b" not in ran.out
    forced = run("detect", "--type", "aws_subnet", "-o", output, "--color", "always")
    assert ("\x1b[" in forced.out) == (output == "table")
