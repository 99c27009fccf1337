"""``driftmgr detect .`` in a repository: root modules, places, ignored changes, regions of the configuration."""

from pathlib import Path

import pytest

from demo.build import Names
from flows.conftest import Run

MAIN = """
provider "aws" {
  region = "eu-central-1"
}

module "queue" {
  source   = "../../modules/queue"
  for_each = toset(["orders", "returns"])
}

resource "aws_subnet" "web" {
  for_each = toset(["a", "b"])
}
"""
QUEUE = """
resource "aws_sqs_queue" "this" {
  lifecycle {
    ignore_changes = [visibility_timeout_seconds]
  }
}
"""


@pytest.fixture
def repository(drifted: Names, folder: Path) -> Path:
    """The estate's state in a root module of a repository, and a broken file beside it."""
    for name, text in (
        ("live/orders/main.tf", MAIN),
        ("live/orders/broken.tf", "resource {"),
        ("modules/queue/main.tf", QUEUE),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "terraform.tfstate").rename(folder / "live/orders/terraform.tfstate")
    return folder


def test_a_repository_is_enough(repository: Path, run: Run) -> None:
    """Findings of the root modules below say file and line; what the configuration ignores is explained, not silent."""
    ran = run("detect", ".", "--type", "aws_sqs_queue", "--type", "aws_subnet", "-o", "json", "-o", "table=report.txt")
    assert (ran.code, ran.err) == (2, "")
    report = ran.json
    assert report["scan"]["sources"] == ["live/orders/terraform.tfstate"]
    assert report["scan"]["notes"] == ["live/orders/broken.tf:1: not HCL"]
    found = {drift["address"]: drift for drift in report["drifts"]}
    assert set(found) == {'module.queue["returns"].aws_sqs_queue.this', 'aws_subnet.web["a"]'}
    assert found['module.queue["returns"].aws_sqs_queue.this']["location"] == {
        "file": "modules/queue/main.tf",
        "line": 2,
    }
    subnet = found['aws_subnet.web["a"]']
    assert subnet["location"] == {"file": "live/orders/main.tf", "line": 11}
    assert [change["intended"] for change in subnet["changes"]] == [False]
    counts = report["summary"]
    assert (counts["changed"], counts["missing"]) == (1, 1)
    table = (repository / "report.txt").read_text()
    assert '~ changed   aws_subnet.web["a"]  live/orders/main.tf:11' in table
    assert '-> "test"  [not set in the configuration]' in table
    assert "Note: live/orders/broken.tf:1: not HCL" in table


def test_places_are_seen_from_the_current_directory(
    repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named directory below it changes nothing, so that two of them and code scanning are told apart; others do."""
    asked = ("--type", "aws_subnet", "-o", "sarif")

    def places(*arguments: str) -> list[str]:
        results = run("detect", *arguments, *asked).json["runs"][0]["results"]
        return [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]

    assert places("live/orders") == ["live/orders/main.tf"]
    (repository / "driftmgr.yaml").write_text("sources: [live/orders]\n")
    assert places() == ["live/orders/main.tf"]
    monkeypatch.chdir(repository / "modules")
    assert places("../live") == ["orders/main.tf"]


def test_ignored_changes_are_shown_when_asked_for(repository: Path, run: Run) -> None:
    """With --show-suppressed each has its rule."""
    ran = run("detect", ".", "--type", "aws_sqs_queue", "--show-suppressed", "-o", "json")
    ignored = [
        (change["path"], change["class"])
        for drift in ran.json["suppressed"]
        for change in drift["suppressed"]
        if change.get("rule") == "lifecycle.ignore_changes"
    ]
    assert ignored == [("visibility_timeout_seconds", "ignored")]


def test_regions_come_from_the_configuration(repository: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A region of a provider block is looked at though neither state nor environment name it."""
    main = repository / "live/orders/main.tf"
    main.write_text(f'{MAIN}provider "aws" {{\n  alias  = "far"\n  region = "us-west-2"\n}}\n')
    regions = {
        scope["region"] for scope in run("detect", ".", "--type", "aws_sqs_queue", "-o", "json").json["scan"]["scopes"]
    }
    assert regions == {"eu-central-1", "us-west-2"}
    named = run("detect", ".", "--type", "aws_sqs_queue", "--region", "eu-central-1", "-o", "json").json["scan"][
        "scopes"
    ]
    assert {scope["region"] for scope in named} == {"eu-central-1"}
