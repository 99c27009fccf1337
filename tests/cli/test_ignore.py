"""``driftmgr ignore``: rules are added, listed, and named when they are of no use."""

from pathlib import Path

import msgspec
import pytest

from cli.conftest import Run
from driftmgr.cli.render import json as as_json
from driftmgr.model import Gap
from driftmgr.policy import IgnoreFile, Policy, judge
from policy.findings import change, changed, report, unmanaged
from policy.test_judge import TODAY, unseen

RULES = """\
ignore:
  - {type: aws_vpc, owner: net team, reason: b}
  - {type: aws_subnet, owner: net team, reason: b}
  - {type: aws_vpc, owner: net team, reason: b, expires: 2020-01-31}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_rule_is_added_and_listed(run: Run, folder: Path) -> None:
    """The file is made, then grows; the list tells place, subject, owner, reason and end of each rule."""
    first = run("ignore", "add", "--type", "aws_vpc", "--owner", "me", "--reason", "known")
    assert (first.code, first.err) == (0, "added to driftmgr.yaml:2\n")
    more = ("--path", "tags", "--kind", "changed", "--expires", "2099-12-31", "--name", "tags")
    assert run("ignore", "add", "--owner", "me", "--reason", "x", *more).code == 0
    (folder / ".driftignore").write_text("# all\n!aws_vpc.*\n")
    assert run("ignore", "list").out.splitlines() == [
        "driftmgr.yaml:2  type=aws_vpc (changed, unmanaged)  me: known",
        "driftmgr.yaml:5  name=tags path=tags (changed)  me: x (until 2099-12-31)",
        ".driftignore:2  !aws_vpc.*",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--owner", "me", "--reason", "x"), "a rule names what it is about"),
        (("--owner", "me", "--reason", "x", "--path", "a", "--kind", "missing"), "never silences a delete"),
        (("--owner", " ", "--reason", "x", "--type", "a"), "owner and a reason"),
    ],
)
def test_what_is_no_rule_is_not_added(run: Run, folder: Path, arguments: tuple[str, ...], message: str) -> None:
    """A rule that would be refused in the file is refused before it is written."""
    told = run("ignore", "add", *arguments)
    assert told.code == 1
    assert message in told.err
    assert not (folder / "driftmgr.yaml").exists()


def kept(folder: Path, *, gaps: tuple[Gap, ...] = (), file: str = "") -> str:
    """A report of a changed VPC and an unmanaged queue, as it was written when rules ignored something."""
    found = report(changed("aws_vpc", change("a", 1, 2)), unmanaged("aws_sqs_queue", id="q"), gaps=gaps)
    told = judge(found, Policy(file=IgnoreFile.parse(file)), unseen, TODAY)
    (folder / "report.json").write_text(as_json.render(told, show_suppressed=True))
    return "report.json"


def test_rules_of_no_use_are_named(run: Run, folder: Path) -> None:
    """Against a report an unused and an expired rule are named with their owner, and the code says so."""
    (folder / "driftmgr.yaml").write_text(RULES)
    (folder / ".driftignore").write_text("aws_sqs_queue.q\naws_sns_topic.*\n!aws_vpc.*\n[\n")
    told = run("ignore", "check", "--report", kept(folder))
    assert told.out.splitlines() == [
        "unused: driftmgr.yaml:3: ask net team",
        "expired: driftmgr.yaml:4 on 2020-01-31: ask net team",
        "unused: .driftignore:2: aws_sns_topic.*",
        "unused: .driftignore:4: it can match nothing",
    ]
    assert told.code == 2


def test_rules_are_checked_anew_against_what_was_ignored(run: Run, folder: Path) -> None:
    """A rule that ignored nothing when the report was made counts if it would ignore what another ignored then."""
    (folder / "driftmgr.yaml").write_text("ignore:\n  - {type: aws_vpc, path: a, owner: a, reason: b}\n")
    told = run("ignore", "check", "--report", kept(folder, file="aws_vpc.x.a"))
    assert (told.code, told.out) == (0, "")


def test_what_a_gap_hides_is_not_called_unused(run: Run, folder: Path) -> None:
    """Of a rule for a type that could not be looked at nobody knows, nor of one for tags by a report without them."""
    (folder / "driftmgr.yaml").write_text(
        "ignore:\n  - {type: aws_subnet, owner: a, reason: b}\n  - {tag: env, owner: a, reason: b}\n"
    )
    gap = Gap(type="aws_subnet", operation="x", reason="denied", message="no")
    told = run("ignore", "check", "--report", kept(folder, gaps=(gap,)))
    assert told.out.splitlines() == [
        "unknown: driftmgr.yaml:2: aws_subnet could not be looked at (denied)",
        "unknown: driftmgr.yaml:3: a report does not tell tags",
    ]
    assert told.code == 3


def test_a_report_that_does_not_tell_is_refused(run: Run, folder: Path) -> None:
    """A report that counts ignored findings without listing them is refused with the way to write one."""
    told = judge(report(unmanaged("aws_vpc")), Policy(file=IgnoreFile.parse("aws_vpc.*")), unseen, TODAY)
    (folder / "report.json").write_text(as_json.render(told))
    refused = run("ignore", "check", "--report", "report.json")
    assert refused.code == 1
    assert "does not tell what was ignored" in refused.err
    assert "--show-suppressed -o json=FILE" in refused.err
    assert run("ignore", "check", "--report", "none.json").code == 1


def test_a_report_keeps_what_was_ignored(folder: Path) -> None:
    """With --show-suppressed the report tells each ignored finding with the rule, and no tags."""
    found = report(changed("aws_vpc", change("a", 1, 2), tags={"k": "v"}))
    told = judge(found, Policy(file=IgnoreFile.parse("aws_vpc.*")), unseen, TODAY)
    document = msgspec.json.decode(as_json.render(told, show_suppressed=True))
    (ignored,) = document["ignored"]
    assert (ignored["rule"], ignored["suppressed"][0]["class"]) == ("ignore:.driftignore:1", "ignored")
    assert "tags" not in ignored
    assert "ignored" not in msgspec.json.decode(as_json.render(told))
