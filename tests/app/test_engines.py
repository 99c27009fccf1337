"""The engines beside the catalog: what becomes a verdict, what a gap, and how a part completes a report."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator
from driftmgr.app import engines
from driftmgr.app.engines import given_configurations, root_finder
from driftmgr.app.parts import Part, Seen, disagreements, part_of, with_part
from driftmgr.app.reading import Collected
from driftmgr.app.request import ScanRequest
from driftmgr.app.scan import Clock
from driftmgr.app.sources import States, read_states
from driftmgr.catalog import catalog_of
from driftmgr.clouds.aws import AwsSession
from driftmgr.model import (
    AttributeChange,
    Drift,
    DriftMgrError,
    DriftReport,
    Gap,
    ResourceInstance,
    ScanRecord,
    Scope,
    Summary,
)
from driftmgr.telemetry.redaction import HIDDEN, redact
from provider.conftest import FakeCloud

CATALOG = catalog_of("aws")
FAKE = 'provider["registry.terraform.io/example/fake"]'
NOTE = AttributeChange(path="note", recorded="a", observed="b")
SILENT = AttributeChange(path="tags", classification="representation", rule="null_or_empty")


@pytest.fixture
def fake(tmp_path: Path) -> FakeCloud:
    """An empty fake cloud."""
    return FakeCloud(tmp_path)


def instance(name: str, **attributes: Any) -> ResourceInstance:
    """A recorded thing."""
    return ResourceInstance.of(f"fake_thing.{name}", {"id": name} | attributes, provider=FAKE)


def record() -> ScanRecord:
    """Of a scan by the catalog."""
    read = Collected(objects=(), gaps=(), api_calls=5, reused=0, outcome="complete")
    return Clock().record(ScanRequest(), (), read)


def test_every_instance_has_one_verdict() -> None:
    """Changed, missing, in sync, explained or unverified; the counts add up; gaps of one cause are one gap."""
    seen = [
        Seen(instance=instance("changed"), changes=(NOTE, SILENT)),
        Seen(instance=instance("gone"), gone=True),
        Seen(instance=instance("same")),
        Seen(instance=instance("explained"), changes=(SILENT,)),
        Seen(instance=instance("denied"), reason="denied", message="403"),
        Seen(instance=instance("too"), reason="denied", message="403"),
    ]
    part = part_of(seen, CATALOG, "provider.read")
    assert [(drift.kind, drift.address) for drift in part.drifts] == [
        ("changed", "fake_thing.changed"),
        ("missing", "fake_thing.gone"),
    ]
    assert [drift.address for drift in part.suppressed] == ["fake_thing.explained"]
    assert [(gap.reason, gap.message, gap.instances) for gap in part.gaps] == [("denied", "2 instances: 403", 2)]
    summary = part.summary
    assert (summary.managed, summary.in_sync, summary.changed, summary.missing, summary.unverified) == (6, 2, 1, 1, 2)
    assert (summary.suppressed, summary.coverage) == (2, 0.6667)


def test_severity_and_place_come_from_what_is_known() -> None:
    """Of a type in the catalog its criticality, of others low; the place from the recorded ARN."""
    queue = {"id": "q", "arn": "arn:aws:sqs:eu-west-1:111122223333:q", "name": "q"}
    role = ResourceInstance.of("aws_iam_role.r", queue)
    part = part_of([Seen(instance=role, gone=True), Seen(instance=instance("x"), gone=True)], CATALOG, "provider.read")
    first, second = part.drifts
    assert (first.severity, first.name) == (CATALOG["aws_iam_role"].criticality, "q")
    assert first.scope == Scope(cloud="aws", account="111122223333", region="eu-west-1")
    assert (second.severity, second.scope) == ("low", Scope(cloud="fake", account=""))


def test_a_part_completes_a_report() -> None:
    """What the catalog could not look at is counted once, with its new verdict, and its gap is gone."""
    gap = Gap(type="fake_thing", operation="catalog", reason="unsupported", message="2 instances", instances=2)
    kept = Gap(type="aws_iam_role", operation="iam.list_roles", reason="denied", message="no")
    summary = Summary(managed=3, in_sync=1, changed=0, missing=0, unmanaged=4, unverified=2, gaps=2, coverage=0.3333)
    report = DriftReport(scan=record(), summary=summary, gaps=(gap, kept))
    seen = [Seen(instance=instance("a"), changes=(NOTE,)), Seen(instance=instance("b"))]
    whole = with_part(report, part_of(seen, CATALOG, "provider.read"), unsupported=2)
    assert whole.gaps == (kept,)
    counts = whole.summary
    assert (counts.managed, counts.in_sync, counts.changed, counts.unverified) == (3, 2, 1, 0)
    assert (counts.unmanaged, counts.gaps, counts.coverage) == (4, 1, 1.0)
    assert whole.scan.api_calls == 7
    assert [drift.address for drift in whole.drifts] == ["fake_thing.a"]


def test_disagreements_name_who_lists_what() -> None:
    """An attribute that one lists, with the other's rule for leaving it out; nothing about types with a gap."""

    def drift(kind: str, address: str, *changes: AttributeChange, suppressed: Any = ()) -> Drift:
        scope = Scope(cloud="aws", account="1")
        name: Any = kind
        return Drift(
            kind=name, type=address.partition(".")[0], id="x", scope=scope, severity="low", address=address,
            changes=changes, suppressed=suppressed,
        )  # fmt: skip

    blind = Gap(type="aws_z", operation="x", reason="denied", message="no")
    ours = (
        drift("changed", "aws_a.a", NOTE, AttributeChange(path="both[0]")),
        drift("missing", "aws_b.b"),
        drift("changed", "aws_z.z", NOTE),
    )
    theirs = (
        drift(
            "changed",
            "aws_a.a",
            AttributeChange(path="both.x"),
            suppressed=(AttributeChange(path="note", rule="same"),),
        ),
    )
    report = DriftReport(
        scan=record(),
        summary=Summary(managed=3, in_sync=0, changed=2, missing=1, unmanaged=0),
        drifts=ours,
        gaps=(blind,),
    )
    rows = disagreements(report, Part(drifts=(*theirs, drift("changed", "aws_c.c", NOTE))))
    assert [str(row) for row in rows] == [
        "only the catalog engine: aws_a.a note (the other suppresses it: same)",
        "only the catalog engine: aws_b.b *",
        "only the provider engine: aws_c.c note",
    ]


def test_a_provider_scan_reads_the_state_of_a_directory(
    fake: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without credentials of any cloud of ours; what it does not look for is a gap, unless that is meant."""
    root = fake.install(tmp_path / "root", {"a": {"note": "x"}, "b": {}})
    fake.holds({"a": {"note": "y"}, "b": {}})
    for name, value in (fake.environment() | {"DRIFTMGR_CACHE_DIR": str(tmp_path / "cache")}).items():
        monkeypatch.setenv(name, value)
    told: list[int] = []
    request = ScanRequest(sources=(str(root),), engine="provider")
    report = asyncio.run(engines.scan(request, Clock(), lambda progress: told.append(progress.done)))
    assert [(drift.address, drift.changes[0].path) for drift in report.drifts] == [('fake_thing.one["a"]', "note")]
    assert (report.scan.engine, report.summary.managed, report.summary.in_sync) == ("provider", 2, 1)
    assert [(gap.type, gap.operation) for gap in report.gaps] == [("*", "list")]
    assert told == [1, 2]
    quiet = asyncio.run(
        engines.scan(ScanRequest(sources=(str(root),), engine="provider", managed_only=True), Clock(), None)
    )
    assert (quiet.gaps, quiet.exit_code) == ((), 2)


def test_auto_asks_providers_for_what_the_catalog_lacks(
    fake: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one is installed its verdict counts, where none is the gap says what to do."""
    root = fake.install(tmp_path / "root", {"a": {"note": "x"}})
    fake.holds({"a": {"note": "x"}})
    for name, value in (fake.environment() | {"DRIFTMGR_CACHE_DIR": str(tmp_path / "cache")}).items():
        monkeypatch.setenv(name, value)
    thing = ResourceInstance.of(
        'fake_thing.one["a"]',
        {"id": "a", "name": "a", "note": "x", "rule": []},
        provider=FAKE,
        schema_version=2,
        source=str(root / "terraform.tfstate"),
    )
    other = ResourceInstance.of(
        "other_thing.o",
        {"id": "o"},
        provider='provider["registry.terraform.io/example/other"]',
        source=str(root / "terraform.tfstate"),
    )
    random = ResourceInstance.of(
        "random_id.r", {"id": "r"}, provider='provider["registry.terraform.io/hashicorp/random"]'
    )
    roots = {str(root / "terraform.tfstate"): root}
    states = States(instances=(thing, other, random), labels=(str(root),), gaps=(), roots=roots)
    gaps = tuple(
        Gap(type=name, operation="catalog", reason="unsupported", message="x", instances=1)
        for name in ("fake_thing", "other_thing")
    )
    summary = Summary(managed=2, in_sync=0, changed=0, missing=0, unmanaged=0, unverified=2, gaps=2, coverage=0.0)
    report = DriftReport(scan=record(), summary=summary, gaps=gaps)
    request = ScanRequest(sources=(str(root),), engine="auto")
    whole = asyncio.run(engines.complete(report, states, request, None))
    assert (whole.summary.managed, whole.summary.in_sync, whole.summary.unverified) == (2, 1, 1)
    (gap,) = whole.gaps
    assert (gap.type, gap.reason) == ("other_thing", "unsupported")
    assert "is not installed; run terraform init" in gap.message


def test_regions_types_and_accounts_limit_what_is_read() -> None:
    """What lies elsewhere is counted as outside, what was not asked is left out."""

    def queue(name: str, region: str) -> ResourceInstance:
        return ResourceInstance.of(f"aws_sqs_queue.{name}", {"arn": f"arn:aws:sqs:{region}:111122223333:{name}"})

    states = States(instances=(queue("a", "eu-west-1"), queue("b", "us-east-1"), instance("c")), labels=(), gaps=())
    asked, outside = engines.asked_of(states, ScanRequest(regions=("eu-west-1",)))
    assert ([item.type for item in asked], outside) == (["aws_sqs_queue", "fake_thing"], 1)
    asked, outside = engines.asked_of(states, ScanRequest(types=("aws_sqs_queue",), regions=("all",)))
    assert (len(asked), outside) == (2, 0)
    assert engines.asked_of(states, ScanRequest(accounts=("9",)))[1] == 2


def test_roots_are_directories_that_the_user_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory is its own root, a named state's is its folder, a pattern leads to none of what it finds."""
    named, found = tmp_path / "named", tmp_path / "found"
    for folder in (named, found):
        folder.mkdir()
        (folder / "terraform.tfstate").write_text('{"version": 4}')
    monkeypatch.chdir(tmp_path)

    def root(argument: str, source: str) -> Path:
        states = read_states([argument], AwsSession())
        return root_finder(states)(ResourceInstance.of("a_b.c", {}, source=source))

    assert root("named", "named/terraform.tfstate") == named
    assert root("named/terraform.tfstate", "named/terraform.tfstate") == named
    assert root("f*/*.tfstate", "found/terraform.tfstate") == tmp_path
    assert root("named", "s3://elsewhere/key") == tmp_path


def test_configurations_are_given_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets come from the environment; a variable that is not set and a broken file are told."""
    monkeypatch.setenv("TOKEN", "arn-of-the-role")
    path = tmp_path / "providers.toml"
    path.write_text(
        '["hashicorp/aws.west"]\nregion = "us-west-2"\n'
        '[["hashicorp/aws.west".assume_role]]\nrole_arn = { env = "TOKEN" }\n'
    )
    assert given_configurations(str(path)) == {
        "hashicorp/aws.west": {"region": "us-west-2", "assume_role": [{"role_arn": "arn-of-the-role"}]}
    }
    assert redact("as arn-of-the-role") == f"as {HIDDEN}"
    assert given_configurations(None) == {}
    path.write_text('["a/b"]\ntoken = { env = "MISSING_TOKEN" }\n')
    with pytest.raises(DriftMgrError, match="MISSING_TOKEN is not set"):
        given_configurations(str(path))
    path.write_text("[[[")
    with pytest.raises(DriftMgrError, match="cannot be read"):
        given_configurations(str(path))


def test_engines_read_states_from_elsewhere(cloud: Emulator) -> None:
    """A state in S3 is read for them as for the catalog."""
    cloud.client("s3").create_bucket(Bucket="states")
    cloud.client("s3").put_object(Bucket="states", Key="k", Body=b'{"version": 4}')
    part = asyncio.run(engines.second_opinion(ScanRequest(sources=("s3://states/k",)), None))
    assert part.summary.managed == 0


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine that was asked for fails with what to install; auto leaves the catalog's gaps as they are."""
    monkeypatch.setattr(engines, "_NEEDED", ("no_such_package",))
    states = States(instances=(instance("a"),), labels=(), gaps=())
    with pytest.raises(DriftMgrError, match="needs its extra"):
        asyncio.run(engines.ask_providers([], states, ScanRequest(), CATALOG, None))
    report = DriftReport(scan=record(), summary=Summary(managed=0, in_sync=0, changed=0, missing=0, unmanaged=0))
    assert asyncio.run(engines.complete(report, states, ScanRequest(engine="auto"), None)) is report
