"""What a configuration does to a scan and its report."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.intent import (
    Intent,
    Places,
    Rooted,
    places_of,
    read_intent,
    with_intent,
    with_scopes,
)
from driftmgr.app.request import Role, ScanRequest
from driftmgr.intent import read_configuration
from driftmgr.model import AttributeChange, Drift, DriftReport, Gap, ScanRecord, Scope, SourceLocation, Summary

SCOPE = Scope(cloud="aws", account="1", region="eu-west-1")
MAIN = """
resource "aws_sqs_queue" "q" {
  name = "q"
  tags = { a = "b" }
  lifecycle {
    ignore_changes = [tags["x"], visibility_timeout_seconds, policy]
  }
}

resource "aws_sqs_queue" "plain" {
  name = "p"
}
"""
TIMEOUT = AttributeChange(path="visibility_timeout_seconds", recorded=30, observed=60)
DELAY = AttributeChange(path="delay_seconds", recorded=0, observed=5)
TAG = AttributeChange(path='tags_all["x"]', recorded=None, observed="1")


def drift(name: str, *changes: AttributeChange, kind: Any = "changed", **others: Any) -> Drift:
    """A finding of a queue."""
    return Drift(
        kind=kind,
        type="aws_sqs_queue",
        id=name,
        scope=SCOPE,
        severity="low",
        address=f"aws_sqs_queue.{name}",
        source="state",
        changes=changes,
        **others,
    )


def report(*drifts: Drift, gaps: tuple[Gap, ...] = (), suppressed: tuple[Drift, ...] = ()) -> DriftReport:
    """A report whose counts fit its findings, with one more instance in sync."""
    changed = sum(item.kind == "changed" for item in drifts)
    missing = sum(item.kind == "missing" for item in drifts)
    record = ScanRecord(
        id="1", started_at="", finished_at="", mode="deep", engine="catalog", sources=("state",), scopes=(SCOPE,),
        api_calls=1, seconds=0.1,
    )  # fmt: skip
    summary = Summary(
        managed=changed + missing + 1,
        in_sync=1,
        changed=changed,
        missing=missing,
        unmanaged=0,
        gaps=len(gaps),
        suppressed=sum(len(item.suppressed) for item in (*drifts, *suppressed)),
    )
    return DriftReport(scan=record, summary=summary, drifts=drifts, gaps=gaps, suppressed=suppressed)


@pytest.fixture
def intent(tmp_path: Path) -> Intent:
    """The configuration of ``MAIN``, in ``live/a`` of what the user named."""
    (tmp_path / "main.tf").write_text(MAIN)
    return Intent({"state": Rooted(configuration=read_configuration(tmp_path, {}), prefix="live/a")})


def test_findings_say_where_they_are_configured(intent: Intent) -> None:
    """With the file as seen from the directory that was named; what has no block or no configuration says nothing."""
    told = with_intent(
        report(
            drift("plain", DELAY),
            drift("other", DELAY),
            drift("plain", kind="missing"),
            Drift(kind="unmanaged", type="aws_sqs_queue", id="u", scope=SCOPE, severity="low"),
        ),
        intent,
    )
    place = SourceLocation(file="live/a/main.tf", line=10)
    assert [item.location for item in told.drifts] == [place, None, place, None]
    assert told.drifts[3].kind == "unmanaged"


def test_changes_say_whether_they_were_asked_for(intent: Intent) -> None:
    """An argument of the block was, a computed one was not, and nobody knows without a block."""
    name = AttributeChange(path="name", recorded="a", observed="b")
    told = with_intent(report(drift("plain", name, DELAY), drift("other", name)), intent)
    assert [change.intended for item in told.drifts for change in item.changes] == [True, False, None]


def test_ignored_changes_are_explained_and_counted(intent: Intent) -> None:
    """Of several changes the ignored ones are set aside with the rule; a finding of these alone is in sync."""
    told = with_intent(report(drift("q", TIMEOUT, DELAY), drift("q", TAG), drift("plain", TIMEOUT)), intent)
    first, last = told.drifts
    assert ([item.path for item in first.changes], [item.path for item in last.changes]) == (
        ["delay_seconds"],
        ["visibility_timeout_seconds"],
    )
    ignored = [change for item in (*told.drifts, *told.suppressed) for change in item.suppressed]
    assert [(change.path, change.classification, change.rule) for change in ignored] == [
        ("visibility_timeout_seconds", "ignored", "lifecycle.ignore_changes"),
        ('tags_all["x"]', "ignored", "lifecycle.ignore_changes"),
    ]
    counts = told.summary
    assert (counts.managed, counts.in_sync, counts.changed, counts.suppressed) == (4, 2, 2, 2)


def test_a_change_is_ignored_in_part(intent: Intent) -> None:
    """If what differs beside the ignored key differs still, all of it counts; if nothing else does, none of it."""
    only = AttributeChange(path="tags", recorded={"a": "b"}, observed={"a": "b", "x": "1"})
    more = AttributeChange(path="tags", recorded={"a": "b"}, observed={"a": "c", "x": "1"})
    told = with_intent(report(drift("q", only), drift("q", more)), intent)
    assert [item.changes for item in told.drifts] == [(with_intended(more),)]
    assert told.suppressed[0].suppressed[0].path == "tags"


def with_intended(change: AttributeChange) -> AttributeChange:
    """The change as one that the block asks for."""
    return AttributeChange(path=change.path, recorded=change.recorded, observed=change.observed, intended=True)


def test_a_missing_object_is_never_ignored(tmp_path: Path) -> None:
    """Not even by ``all``: Terraform would make it anew."""
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "q" {\n  lifecycle {\n    ignore_changes = all\n  }\n}')
    everything = Intent({"state": Rooted(configuration=read_configuration(tmp_path, {}))})
    told = with_intent(report(drift("q", kind="missing"), drift("q", DELAY)), everything)
    assert [item.kind for item in told.drifts] == ["missing"]
    assert (told.summary.missing, told.summary.changed, told.exit_code) == (1, 0, 2)


def test_what_a_gap_hides_is_not_in_sync(intent: Intent) -> None:
    """An instance whose only finding is ignored, but of which an attribute could not be read, has no full verdict."""
    gap = Gap(type="aws_sqs_queue", operation="x", reason="denied", message="no", scope=SCOPE, attributes=("policy",))
    told = with_intent(report(drift("q", TIMEOUT), gaps=(gap,)), intent)
    assert (told.summary.in_sync, told.summary.unverified, told.summary.coverage) == (1, 1, 0.5)
    assert (told.gaps[0].instances, told.exit_code) == (1, 3)


def test_rules_that_explained_before_stay(intent: Intent) -> None:
    """A difference that another rule explains keeps its rule and is counted once."""
    known = AttributeChange(path="policy", classification="representation", rule="same_iam_policy")
    before = report(suppressed=(drift("q", suppressed=(known,)),))
    told = with_intent(before, intent)
    assert [change.rule for change in told.suppressed[0].suppressed] == ["same_iam_policy"]
    assert told.summary == before.summary
    assert told.suppressed[0].location is not None


def test_without_a_configuration_a_report_stays_as_it_is() -> None:
    """Nothing is known, nothing is changed."""
    before = report(drift("q", TIMEOUT))
    assert with_intent(before, Intent()) == before


def test_a_file_that_cannot_be_read_is_a_note(tmp_path: Path) -> None:
    """With file and line, in the record of the scan: its blocks are not known."""
    (tmp_path / "broken.tf").write_text("x {")
    rooted = Rooted(configuration=read_configuration(tmp_path, {}), prefix="live")
    told = with_intent(report(), Intent({"a": rooted, "b": rooted}))
    assert told.scan.notes == ("live/broken.tf:1: not HCL",)


PROVIDERS = """
terraform {
  required_providers {
    amazon = { source = "hashicorp/aws" }
    aws    = { source = "example/other" }
  }
}
variable "where" { default = "us-east-1" }
provider "amazon" { region = "eu-west-1" }
provider "amazon" {
  alias  = "us"
  region = var.where
  assume_role {
    role_arn    = "arn:aws:iam::1:role/r"
    external_id = "e"
  }
}
provider "amazon" {
  alias = "unknown"
  assume_role { role_arn = data.x.y.z }
}
provider "aws" { region = "elsewhere" }
"""


def test_regions_and_roles_need_not_be_typed(tmp_path: Path) -> None:
    """They come from the AWS providers of the configuration, unless the user names some; nothing is guessed."""
    (tmp_path / "main.tf").write_text(PROVIDERS)
    known = Intent({"state": Rooted(configuration=read_configuration(tmp_path, {}))})
    found = with_scopes(ScanRequest(), known)
    role = Role(arn="arn:aws:iam::1:role/r", external_id="e")
    assert found.declared_regions == ("eu-west-1", "us-east-1", None)
    assert found.declared_roles == (None, role)
    named = with_scopes(ScanRequest(regions=("x",), roles=(role,)), known)
    assert (named.declared_regions, named.declared_roles) == ((), ())
    assert with_scopes(ScanRequest(), Intent()) == ScanRequest()


def tree(root: Path, files: Mapping[str, str]) -> None:
    """Write a tree."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_the_root_modules_of_a_tree_are_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory without a state of its own stands for those below it; one that has one for itself."""
    monkeypatch.chdir(tmp_path)
    state = '{"version": 4}'
    tree(
        tmp_path,
        {
            "live/a/terraform.tfstate": state,
            "live/a/main.tf": MAIN,
            "live/b/terraform.tfstate": state,
            "modules/x/main.tf": MAIN,
            "own/terraform.tfstate": state,
            "own/below/terraform.tfstate": state,
        },
    )
    places = places_of(ScanRequest(sources=("live", "own", "modules", "s3://a/b", "live/a/terraform.tfstate")))
    assert places.sources == ("live/a", "live/b", "own", "modules", "s3://a/b", "live/a/terraform.tfstate")
    whole = places_of(ScanRequest())
    assert whole.sources == ("live/a", "live/b", "own", "own/below")
    roots = {f"{source}/terraform.tfstate": Path(source).resolve() for source in whole.sources}
    intent = read_intent(whole, roots | {"named by itself": tmp_path / "modules/x"})
    assert {label: rooted.prefix for label, rooted in intent.by_source.items()} == {
        "live/a/terraform.tfstate": "live/a"
    }
    assert read_intent(Places(sources=(), named={}), roots) == Intent()


def test_the_configuration_of_a_unit_is_that_of_its_module(tmp_path: Path) -> None:
    """A Terragrunt unit applies a module elsewhere, with its inputs; places are seen from the named directory."""
    provider = 'variable "where" {}\nprovider "aws" {\n  region = var.where\n}\n'
    unit = 'terraform {\n  source = "../../modules/x"\n}\ninputs = { where = "eu-north-1" }\n'
    tree(tmp_path, {"live/u/terragrunt.hcl": unit, "modules/x/main.tf": provider + MAIN})
    root = tmp_path / "live/u"
    intent = read_intent(Places(sources=(), named={root: tmp_path}), {"state": root})
    assert with_scopes(ScanRequest(), intent).declared_regions == ("eu-north-1",)
    (found,) = with_intent(report(drift("plain", DELAY)), intent).drifts
    assert found.location == SourceLocation(file="modules/x/main.tf", line=14)
