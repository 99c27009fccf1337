"""Parts of a report: what an engine beside the catalog found of the instances that it was given. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from driftmgr.app.instances import provider_name
from driftmgr.catalog import Catalog
from driftmgr.drift.traits import place_of
from driftmgr.model import (
    AttributeChange,
    Drift,
    DriftReport,
    Gap,
    GapReason,
    ResourceInstance,
    Scope,
    Summary,
    coverage_of,
    worst_first,
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine found of the instances that it was given; ``reads`` is how many objects it asked for."""

    drifts: tuple[Drift, ...] = ()
    suppressed: tuple[Drift, ...] = ()
    gaps: tuple[Gap, ...] = ()
    in_sync: int = 0
    unverified: int = 0
    outside: int = 0
    reads: int = 0

    @property
    def summary(self) -> Summary:
        """The counts of this part alone."""
        kinds = Counter(drift.kind for drift in self.drifts)
        managed = self.in_sync + self.unverified + kinds["changed"] + kinds["missing"]
        return Summary(
            managed=managed,
            in_sync=self.in_sync,
            changed=kinds["changed"],
            missing=kinds["missing"],
            unmanaged=kinds["unmanaged"],
            unverified=self.unverified,
            gaps=len(self.gaps),
            coverage=coverage_of(managed, self.unverified),
            suppressed=sum(len(drift.suppressed) for drift in (*self.drifts, *self.suppressed)),
            outside=self.outside,
        )


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine says of one instance: its differences of every class, or that it is gone, or why nobody knows."""

    instance: ResourceInstance
    changes: tuple[AttributeChange, ...] = ()
    gone: bool = False
    reason: GapReason | None = None
    message: str = ""


def part_of(seen: Iterable[Seen], catalog: Catalog, operation: str) -> Part:
    """Verdicts from what an engine says."""
    drifts: list[Drift] = []
    suppressed: list[Drift] = []
    failed: dict[tuple[str, GapReason, str], list[Seen]] = {}
    in_sync = reads = 0
    for item in seen:
        if item.reason is not None:
            failed.setdefault((item.instance.type, item.reason, item.message), []).append(item)
            continue
        reads += 1
        verdict = _verdict(item, catalog)
        if item.gone or verdict.changes:
            drifts.append(verdict)
            continue
        in_sync += 1
        if verdict.suppressed:
            suppressed.append(verdict)
    gaps = tuple(_gap(*key, items, operation) for key, items in sorted(failed.items(), key=lambda pair: pair[0]))
    return Part(
        drifts=tuple(drifts),
        suppressed=tuple(suppressed),
        gaps=gaps,
        in_sync=in_sync,
        unverified=sum(len(items) for items in failed.values()),
        reads=reads,
    )


def _verdict(item: Seen, catalog: Catalog) -> Drift:
    instance, attributes = item.instance, item.instance.attributes
    account, region = place_of(attributes)
    name = attributes.get("name")
    return Drift(
        kind="missing" if item.gone else "changed",
        type=instance.type,
        id=None if attributes.get("id") is None else str(attributes["id"]),
        scope=Scope(cloud=provider_name(instance.provider), account=account or "", region=region),
        severity=catalog[instance.type].criticality if instance.type in catalog else "low",
        address=str(instance.address),
        name=name if isinstance(name, str) else None,
        source=instance.source or None,
        changes=tuple(change for change in item.changes if change.classification == "drift"),
        suppressed=tuple(change for change in item.changes if change.classification != "drift"),
    )


def _gap(kind: str, reason: GapReason, message: str, items: Sequence[Seen], operation: str) -> Gap:
    which = str(items[0].instance.address) if len(items) == 1 else f"{len(items)} instances"
    return Gap(type=kind, operation=operation, reason=reason, message=f"{which}: {message}", instances=len(items))


def with_part(report: DriftReport, part: Part, unsupported: int) -> DriftReport:
    """A report of the catalog, completed by a part about all ``unsupported`` instances that the catalog lacks."""
    ours, theirs = report.summary, part.summary
    managed = ours.managed - unsupported + theirs.managed
    unverified = ours.unverified - unsupported + theirs.unverified
    gaps = (*(gap for gap in report.gaps if gap.operation != "catalog"), *part.gaps)
    summary = msgspec.structs.replace(
        ours,
        managed=managed,
        in_sync=ours.in_sync + theirs.in_sync,
        changed=ours.changed + theirs.changed,
        missing=ours.missing + theirs.missing,
        unmanaged=ours.unmanaged + theirs.unmanaged,
        unverified=unverified,
        suppressed=ours.suppressed + theirs.suppressed,
        gaps=len(gaps),
        coverage=coverage_of(managed, unverified),
    )
    return msgspec.structs.replace(
        report,
        scan=msgspec.structs.replace(report.scan, api_calls=report.scan.api_calls + part.reads),
        summary=summary,
        drifts=worst_first((*report.drifts, *part.drifts)),
        gaps=gaps,
        suppressed=(*report.suppressed, *part.suppressed),
    )


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """What one engine lists and the other does not; ``rule`` is why the other leaves it out, if it saw it."""

    only: Literal["catalog", "provider"]
    address: str
    attribute: str
    rule: str | None = None

    def __str__(self) -> str:
        why = f" (the other suppresses it: {self.rule})" if self.rule else ""
        return f"only the {self.only} engine: {self.address} {self.attribute}{why}"


def disagreements(report: DriftReport, part: Part) -> tuple[Disagreement, ...]:
    """Where the catalog's report and the providers' part differ about instances that both could look at."""
    blind = {gap.type for gap in (*report.gaps, *part.gaps)}
    ours, theirs = _rows((*report.drifts, *report.ignored)), _rows(part.drifts)
    explained = (
        _rules((*report.drifts, *report.suppressed, *report.ignored)),
        _rules((*part.drifts, *part.suppressed)),
    )
    rows: list[Disagreement] = []
    for only, mine, others, rules in (
        ("catalog", ours, theirs, explained[1]),
        ("provider", theirs, ours, explained[0]),
    ):
        for (address, attribute), kind in sorted(mine.items()):
            if (address, attribute) not in others and (address, "*") not in others and kind not in blind:
                rule = rules.get((address, attribute))
                rows.append(Disagreement(only=only, address=address, attribute=attribute, rule=rule))  # type: ignore[arg-type]
    return tuple(rows)


def _rows(drifts: Iterable[Drift]) -> dict[tuple[str, str], str]:
    """The type of each finding by address and top-level attribute, ``*`` for one that is missing.

    What only the baseline shows is nothing that an engine could agree with.
    """
    rows: dict[tuple[str, str], str] = {}
    for drift in drifts:
        changes = [change for change in drift.changes if change.classification != "absorbed"]
        if drift.address is not None and drift.kind == "missing" and not drift.changes:
            rows[drift.address, "*"] = drift.type
        elif drift.address is not None:
            rows |= {(drift.address, _top(change.path)): drift.type for change in changes}
    return rows


def _rules(drifts: Iterable[Drift]) -> dict[tuple[str, str], str]:
    return {
        (drift.address or "", _top(change.path)): change.rule or change.classification
        for drift in drifts
        for change in drift.suppressed
    }


def _top(path: str) -> str:
    return path.partition("[")[0].partition(".")[0]
