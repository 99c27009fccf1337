"""The provider engine held to Terraform: over every estate that the catalog is tested with.

The cases are those of the other modules here. Each is run again with the engine in our report's place: after the
apply it must be silent, and whenever the case asks Terraform, the engine must list exactly the same.
"""

import asyncio
import importlib
import inspect
import json
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conformance.emulator import Emulator
from conformance.harness import Case, Finding
from conformance.referee import Explanations, Referee, attribute_of
from conformance.terraform import ProviderProcess, Terraform
from driftmgr.app import verify
from driftmgr.app.intent import declared_arguments
from driftmgr.app.request import ScanRequest
from driftmgr.model import DriftReport
from driftmgr.provider.engine import ProviderEngine
from driftmgr.provider.refresh import Reading
from driftmgr.state import read_state

_NOT_CASES = {"test_provider_engine", "test_referee"}

# Attributes that tell another time whenever they are read.
CLOCKS = {"latest_restorable_time"}


def _cases() -> Iterator[Any]:
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path.stem not in _NOT_CASES:
            module = importlib.import_module(f"conformance.{path.stem}")
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if name.startswith("test_") and list(inspect.signature(function).parameters) == ["case"]:
                    yield pytest.param(function, id=f"{path.stem}-{name}")


class EngineCase(Case):
    """A case in which the engine answers for what the catalog is asked in the others."""

    _applied_only = True
    _expected: Collection[Finding] = ()

    def readings(self) -> tuple[Reading, ...]:
        """What the engine says of every managed instance, configured from the HCL of the case."""
        engine = ProviderEngine(declared_arguments, environment=self.terraform.environment())
        instances = list(read_state(self.terraform.state_file).instances())
        found = asyncio.run(engine.read(instances, lambda _: self.terraform.directory))
        # An estate of buckets alone names no account, so that a fifth of it gone is doubted: raw, they are gone.
        found = tuple(
            msgspec.structs.replace(item, outcome="gone") if "were not found: check" in item.message else item
            for item in found
        )
        failed = [f"{item.instance.address}: {item.message}" for item in found if item.outcome == "failed"]
        assert not failed, failed
        return found

    def detect(self, **request: Any) -> DriftReport:
        return super().detect(**request)

    def assert_silent(self, report: DriftReport, *, gaps: Collection[tuple[str, str]] = ()) -> None:
        # What the catalog knows to be the same later on, rewritten by hand, the provider itself may call different.
        noise = noise_of(self.readings()) if self._applied_only else set()
        if noise:
            # Where the emulator loses what was applied, Terraform's own plan would apply it again.
            assert noise <= planned_rows(self.terraform.plan())

    def assert_exactly(
        self, report: DriftReport, findings: Collection[Finding], *, gaps: Collection[tuple[str, str]] = ()
    ) -> None:
        self._expected = findings

    def compare_with_referee(
        self, report: DriftReport, referee: Referee | None = None, *, explained: Explanations | None = None
    ) -> Referee:
        self._applied_only = False
        referee = referee or self.referee()
        found = self.readings()
        ours, theirs = raw_rows(found), referee_rows(referee)
        for address, name in ours.keys() & theirs.keys():
            if name in CLOCKS:
                ours[address, name] = theirs[address, name] = "moves"
        assert ours == theirs
        drifted = {
            (str(item.instance.address), one.name)
            for item in found
            for one in item.judged
            if one.change.classification == "drift"
        }
        assert self._both_list(referee) - drifted == set()
        return referee

    def _both_list(self, referee: Referee) -> set[tuple[str, str]]:
        """The attributes that the case expects to be changed and that Terraform lists too."""
        theirs = {(row.address, row.attribute) for row in referee.changed}
        ours = {(row[1] or "", attribute_of(row[2] or "")) for row in self._expected if row[0] == "changed"}
        return theirs & ours


def noise_of(found: Collection[Reading]) -> set[tuple[str, str]]:
    """Everything that a report after a clean apply must not hold, by address and attribute."""
    rows = {
        (str(item.instance.address), one.name)
        for item in found
        for one in item.judged
        if one.change.classification == "drift"
    }
    return rows | {(str(item.instance.address), "*") for item in found if item.outcome != "read"}


def planned_rows(plan: dict[str, Any]) -> set[tuple[str, str]]:
    """What a plan of Terraform's would change, by address and attribute."""
    rows: set[tuple[str, str]] = set()
    for row in plan["resource_changes"]:
        before, after = row["change"]["before"] or {}, row["change"]["after"] or {}
        rows |= {(row["address"], name) for name in before if before[name] != after.get(name)}
    return rows


def raw_rows(found: Collection[Reading]) -> dict[tuple[str, str], str]:
    """What the engine found to differ exactly, in the form of the referee's rows."""
    rows = {(str(item.instance.address), "*"): "missing" for item in found if item.outcome == "gone"}
    for item in found:
        for name in item.changed:
            sides = [(side or {}).get(name) for side in (item.recorded, item.observed)]
            rows[str(item.instance.address), name] = _form(sides)
    return rows


def referee_rows(referee: Referee) -> dict[tuple[str, str], str]:
    """Terraform's rows by address and attribute."""
    rows = {(address, "*"): "missing" for address in referee.missing}
    return rows | {(row.address, row.attribute): _form([row.before, row.after]) for row in referee.changed}


def _form(sides: list[Any]) -> str:
    return " -> ".join(_unordered(side) for side in sides)


def _unordered(value: Any) -> str:
    """JSON in which no list has an order: that of a set is the provider's own."""
    if isinstance(value, list):
        return f"[{', '.join(sorted(map(_unordered, value)))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(sorted(f'{key}: {_unordered(item)}' for key, item in value.items()))}}}"
    return json.dumps(value, default=float)


@pytest.fixture
def engine_case(
    request: pytest.FixtureRequest,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider_mirror: Path,
    provider_process: ProviderProcess,
    emulator: Emulator,
) -> EngineCase:
    """A case for the engine, in the empty cloud that ``case`` has made; its schema cache is one for all."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(Path(os.environ.get("PYTEST_DEBUG_TEMPROOT") or tmp_path.parents[1])))
    terraform = Terraform(tmp_path, mirror=provider_mirror, emulator=emulator, provider=provider_process)
    return EngineCase(request.node.name, terraform, emulator)


@pytest.mark.parametrize("run", list(_cases()))
def test_the_engine_lists_what_terraform_lists(run: Callable[[Case], None], engine_case: EngineCase) -> None:
    """Silent after a clean apply; and its raw findings are those of ``terraform plan -refresh-only``, to the value."""
    run(engine_case)


MIXED = """
resource "aws_iam_user" "reader" {
  name = "reader"
  tags = { team = "shop" }
}

resource "aws_sfn_activity" "pack" {
  name = "pack"
  tags = { team = "shop" }
}
"""


@pytest.fixture
def seen_by_us(engine_case: EngineCase, monkeypatch: pytest.MonkeyPatch) -> EngineCase:
    """A case whose working directory our own scans look at, with Terraform's environment."""
    for name, value in engine_case.terraform.environment().items():
        monkeypatch.setenv(name, value)
    return engine_case


def test_every_engine_tells_the_same_of_managed_instances(seen_by_us: EngineCase) -> None:
    """Silent after the apply, then the same two findings; also of a type that the catalog lacks."""
    case = seen_by_us
    case.apply(MIXED)
    managed = {"sources": (str(case.terraform.directory),), "managed_only": True}
    for engine in ("provider", "auto", "plan"):
        report = case.detect(engine=engine, **managed)
        assert (report.drifts, report.gaps, report.summary.in_sync) == ((), (), 2), engine
    case.client("iam").tag_user(UserName="reader", Tags=[{"Key": "team", "Value": "other"}])
    activity = case.recorded("aws_sfn_activity.pack")["id"]
    case.client("stepfunctions").delete_activity(activityArn=activity)
    for engine in ("provider", "auto", "plan"):
        report = case.detect(engine=engine, **managed)
        rows = {(drift.kind, drift.address, *(change.path for change in drift.changes)) for drift in report.drifts}
        assert rows == {
            ("changed", "aws_iam_user.reader", 'tags_all["team"]'),
            ("missing", "aws_sfn_activity.pack"),
        }, engine


def test_the_engines_agree_about_what_both_read(seen_by_us: EngineCase) -> None:
    """``--verify`` finds nothing to tell where the catalog and the provider say the same."""
    case = seen_by_us
    case.apply(MIXED)
    case.client("iam").tag_user(UserName="reader", Tags=[{"Key": "team", "Value": "other"}])
    report, told = verify(ScanRequest(sources=(str(case.terraform.directory),), managed_only=True))
    assert [drift.address for drift in report.drifts] == ["aws_iam_user.reader"]
    assert told == ()
