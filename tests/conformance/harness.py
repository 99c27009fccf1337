"""What a conformance case says: apply HCL, change the cloud, ask for our report and Terraform's opinion."""

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from conformance.emulator import REGION, Emulator
from conformance.referee import Explanations, Referee, disagreements, unused_explanations
from conformance.terraform import Terraform, provider_block
from driftmgr.app import scan
from driftmgr.app.request import ScanRequest
from driftmgr.catalog.registry import catalog_of
from driftmgr.model import DriftReport, Gap

Finding = tuple[str | None, ...]
"""``("changed", address, path)``, ``("missing", address)`` or ``("unmanaged", type, id, parent address or None)``."""

_RECORDS = Path(__file__).parent / "records"


class Case:
    """One estate of its own in an empty emulator, and everything a test may do with it."""

    def __init__(self, name: str, terraform: Terraform, emulator: Emulator) -> None:
        self.name = name
        self.terraform = terraform
        self._emulator = emulator
        self._records: list[dict[str, Any]] = []

    def apply(
        self,
        hcl: str,
        *,
        region: str = REGION,
        default_tags: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        """``terraform apply`` of resources; the provider configuration is added.

        ``aliases`` maps names of further provider configurations to their regions (3 s slower per command).
        """
        blocks = [provider_block(region=region, default_tags=default_tags)]
        blocks += [provider_block(region=where, alias=alias) for alias, where in (aliases or {}).items()]
        self.terraform.write("\n".join((*blocks, hcl)), attached=not aliases)
        self.terraform.apply()

    def client(self, service: str, region: str = REGION) -> Any:
        """A botocore client of the emulator, to change things behind Terraform's back."""
        return self._emulator.client(service, region)

    def recorded(self, address: str) -> dict[str, Any]:
        """The attributes that the state records for an instance (``aws_x.y``, ``aws_x.y[0]``, ``aws_x.y["k"]``)."""
        name, _, key = address.partition("[")
        wanted = json.loads(key.removesuffix("]")) if key else None
        for resource in json.loads(self.terraform.state_file.read_bytes())["resources"]:
            for instance in resource["instances"]:
                if f"{resource['type']}.{resource['name']}" == name and instance.get("index_key") == wanted:
                    attributes: dict[str, Any] = instance["attributes"]
                    return attributes
        message = f"no {address} in the state"
        raise AssertionError(message)

    def detect(self, **request: Any) -> DriftReport:
        """Our report about the applied state and everything else in the emulator; all types, deep mode."""
        request.setdefault("sources", (str(self.terraform.state_file),))
        return scan(ScanRequest(**request))

    def referee(self) -> Referee:
        """Terraform's opinion about the same state; costs about 2.5 s."""
        return Referee.of(self.terraform.refresh_only_plan())

    def assert_silent(self, report: DriftReport, *, gaps: Collection[tuple[str, str]] = ()) -> None:
        """The report holds nothing: no drift, and no gap beside the declared ``(type, reason)``."""
        __tracebackhide__ = True
        self.assert_exactly(report, (), gaps=gaps)

    def assert_exactly(
        self, report: DriftReport, findings: Collection[Finding], *, gaps: Collection[tuple[str, str]] = ()
    ) -> None:
        """The report holds these findings and no other, and no gap beside the declared ``(type, reason)``."""
        __tracebackhide__ = True
        expected, actual = set(findings), findings_of(report)
        other_gaps = [gap for gap in report.gaps if (gap.type, gap.reason) not in set(gaps)]
        if expected != actual or other_gaps:
            raise AssertionError(self._mismatch(report, expected, actual, other_gaps))

    def compare_with_referee(
        self, report: DriftReport, referee: Referee | None = None, *, explained: Explanations | None = None
    ) -> Referee:
        """Every row that only we or only Terraform list is explained by a named rule, and no rule is idle.

        ``explained`` maps ``(address, attribute)`` to a rule's name; address and attribute may hold
        shell wildcards, ``"*"`` as attribute stands for the whole instance. Rules that need not be
        said: what the report itself suppressed, null against empty, computed-only attributes, ``tags``
        told by ``tags_all``, the same JSON, attributes that show objects managed on their own.
        """
        __tracebackhide__ = True
        referee = referee or self.referee()
        explained = explained or {}
        rows = disagreements(
            report, referee, state_file=self.terraform.state_file, catalog=catalog_of("aws"), explained=explained
        )
        self._records.append({"report": sorted_findings(report), "referee": referee, "disagreements": rows})
        unexplained = [str(row) for row in rows if row.rule is None]
        assert not unexplained, "disagreements that no rule explains:\n  " + "\n  ".join(unexplained)
        idle = unused_explanations(rows, explained)
        assert not idle, f"explanations that explain nothing here: {idle}"
        return referee

    def save_record(self) -> None:
        """With ``DRIFTMGR_RECORD=1``, keep both verdicts beside the tests for reading."""
        if self._records and os.environ.get("DRIFTMGR_RECORD") == "1":
            _RECORDS.mkdir(exist_ok=True)
            encoded = msgspec.json.format(msgspec.json.encode(self._records), indent=1)
            (_RECORDS / f"{self.name}.json").write_bytes(encoded + b"\n")

    def _mismatch(
        self, report: DriftReport, expected: set[Finding], actual: set[Finding], gaps: Collection[Gap]
    ) -> str:
        lines = ["the report is not what was expected (- expected, + reported):"]
        lines += [f"  - {finding}" for finding in _sorted(expected - actual)]
        for finding in _sorted(actual - expected):
            lines.append(f"  + {finding}")
            lines += [f"      {text}" for text in _values(report, finding)]
        lines += [f"  + gap {gap.type} {gap.operation} {gap.reason}: {gap.message}" for gap in gaps]
        lines += [f"    {len(expected & actual)} findings as expected", "what Terraform's refresh says:"]
        lines += [f"    {line}" for line in self._opinion().splitlines()]
        return "\n".join(lines)

    def _opinion(self) -> str:
        try:
            return str(self.referee())
        except AssertionError as error:
            return str(error)


def findings_of(report: DriftReport) -> set[Finding]:
    """A report as the rows that tests write."""
    rows: set[Finding] = set()
    for drift in report.drifts:
        if drift.kind == "unmanaged":
            rows.add(("unmanaged", drift.type, drift.id, drift.parent))
        elif drift.kind == "missing":
            rows.add(("missing", drift.address))
        else:
            rows.update(("changed", drift.address, change.path) for change in drift.changes)
    return rows


def sorted_findings(report: DriftReport) -> list[Finding]:
    """The same in a fixed order."""
    return _sorted(findings_of(report))


def _sorted(findings: Collection[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: tuple(part or "" for part in finding))


def _values(report: DriftReport, finding: Finding) -> list[str]:
    return [
        f"{change.recorded!r} -> {change.observed!r}"
        for drift in report.drifts
        for change in drift.changes
        if ("changed", drift.address, change.path) == finding
    ]
