"""Scan and discover: from a request to a report."""

import asyncio
import difflib
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from driftmgr.app import engines
from driftmgr.app.baseline import Held, Used, used_by, with_baseline
from driftmgr.app.cloud_scan import CloudScan, combined, look_at_all, merged
from driftmgr.app.clouds import available_clouds
from driftmgr.app.instances import Sorted, clouds_of, sort_instances
from driftmgr.app.intent import IGNORE_CHANGES, Intent, places_of, read_intent, with_intent, with_scopes
from driftmgr.app.parts import Disagreement, disagreements
from driftmgr.app.policy import judged
from driftmgr.app.reading import Collected, Signals
from driftmgr.app.request import Inventory, OnProgress, ScanRequest
from driftmgr.app.sources import States, read_request
from driftmgr.catalog import CLOUDS, Catalog, catalog_of, cloud_of, whole_catalog
from driftmgr.clouds.aws import AwsSession
from driftmgr.discovery.shards import ScanPlan
from driftmgr.drift.acceptance import ScannedCloud
from driftmgr.drift.detect import Findings
from driftmgr.drift.secrets import ObjectMask, masked, masked_gap
from driftmgr.model import DriftMgrError, DriftReport, Gap, ScanRecord, Scope, coverage_of
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.telemetry import logs, metrics, traces

Answer = TypeVar("Answer")
OnScanned = Callable[[ScannedCloud], None]
"""Gets what a scan saw of each cloud, before it becomes a report."""
# Signing in and reading states block; on a thread they do not keep a signal from being heard.
_THREADS = DaemonThreads(64, "sign-in")


def scan(
    request: ScanRequest, on_progress: OnProgress | None = None, on_scanned: OnScanned | None = None
) -> DriftReport:
    """Compare the states of a request with the cloud; no secret is in the report. Raises ``DriftMgrError``."""
    if request.engine in {"provider", "plan"}:
        return masked(judged(asyncio.run(engines.scan(request, Clock(), on_progress)), request.policy))
    return masked(_run(_scan(request, on_progress, on_scanned)))


def verify(request: ScanRequest, on_progress: OnProgress | None = None) -> tuple[DriftReport, tuple[Disagreement, ...]]:
    """The catalog's report, and where the providers themselves disagree with it; raises ``DriftMgrError``."""
    report = scan(request, on_progress)
    rows = disagreements(report, asyncio.run(engines.second_opinion(request, on_progress)))
    # What the configuration ignores is a matter of the report; no engine disagrees about it.
    return report, tuple(row for row in rows if row.rule != IGNORE_CHANGES)


def plan(request: ScanRequest) -> ScanPlan:
    """The calls that ``scan`` would make, with accounts and regions resolved; raises ``DriftMgrError``."""
    return _run(_plan(request))


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        # SIGTERM before anything was known.
        raise KeyboardInterrupt from None


async def _scan(request: ScanRequest, on_progress: OnProgress | None, on_scanned: OnScanned | None) -> DriftReport:
    clock, signals = Clock(), Signals()
    with logs.context(scan=clock.id), traces.span("driftmgr.scan", **{"driftmgr.scan.id": clock.id}):
        with signals.watched():
            report = await _report(request, on_progress, clock, signals, on_scanned)
        count_report(report)
        return report


async def _report(
    request: ScanRequest,
    on_progress: OnProgress | None,
    clock: "Clock",
    signals: Signals,
    on_scanned: OnScanned | None,
) -> DriftReport:
    task = await _THREADS.run(lambda: _Task.of(request))
    request = task.request
    looks = await look_at_all(task.scans, signals, on_progress)
    for look in looks:
        if on_scanned and look.scanned:
            on_scanned(look.scanned)
    collected = combined([look.collected for look in looks])
    findings = _with_unseen(merged([look.findings for look in looks]), task.sorted, task.states.gaps)
    scopes = [scope for look in looks for scope in look.scopes]
    report = DriftReport(
        scan=clock.record(request, scopes, collected, task.states.labels, task.notes),
        summary=findings.summary,
        drifts=findings.drifts,
        gaps=findings.gaps,
        suppressed=findings.suppressed,
        ignored=findings.ignored,
        accepted_gaps=request.accept_gaps,
    )
    if request.engine == "auto":
        report = await engines.complete(report, task.states, request, on_progress)
    report = with_baseline(report, task.baseline, findings)
    return judged(with_intent(report, task.intent), request.policy, collected.objects)


def count_report(report: DriftReport) -> None:
    """Put a report into the metrics."""
    metrics.add(metrics.SCANS, outcome=report.scan.outcome)
    metrics.observe(metrics.SCAN_SECONDS, report.scan.seconds)
    for drift in report.drifts:
        metrics.add(metrics.DRIFTS, kind=drift.kind, severity=drift.severity)
    for gap in report.gaps:
        metrics.add(metrics.GAPS, reason=gap.reason)


async def _plan(request: ScanRequest) -> ScanPlan:
    task = await _THREADS.run(lambda: _Task.of(request))
    planned = await asyncio.gather(*(one.plan() for one in task.scans))
    return ScanPlan(shards=tuple(shard for plan in planned for shard in plan.shards), mode=request.mode)


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """A request, with its states read and its clouds signed in to."""

    request: ScanRequest
    states: States
    intent: Intent
    sorted: Sorted
    scans: tuple[CloudScan, ...]
    baseline: Used | None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, request: ScanRequest) -> "_Task":
        places, types = places_of(request), chosen_types(request.types)
        baseline = used_by(request)
        request = msgspec.structs.replace(request, sources=places.sources)
        with traces.span("driftmgr.state_read"):
            session = AwsSession(request.profile)
            states = read_request(request, session)
            intent = read_intent(places, states.roots)
        request = with_scopes(request, intent)
        catalogs = {cloud: catalog_of(cloud) for cloud in _clouds(request, states, types)}
        found = sort_instances(states.instances, catalogs, frozenset(types))
        held = Held.of(baseline, states.lineages, intent)
        scans = tuple(CloudScan.of(request, cloud, session, found, types, held) for cloud in catalogs)
        unlisted = () if request.managed_only else _unlisted(types)
        return cls(
            request=request,
            states=states,
            intent=intent,
            sorted=found,
            scans=scans,
            baseline=baseline,
            notes=tuple(f"{gap.type}: {gap.message}" for gap in unlisted),
        )


def _clouds(request: ScanRequest, states: States, types: tuple[str, ...]) -> tuple[str, ...]:
    """The clouds to look at: those asked for, by name or type, else those of the states, else AWS."""
    by_type = tuple(dict.fromkeys(cloud for name in types if (cloud := cloud_of(name))))
    return request.clouds or by_type or clouds_of(states.instances) or CLOUDS[:1]


def chosen_types(names: Iterable[str]) -> tuple[str, ...]:
    """The types that a user named, by the names of the catalogs; raises ``DriftMgrError`` for one that these lack."""
    found: dict[str, None] = {}
    for name in names:
        cloud = cloud_of(name)
        catalog = catalog_of(cloud) if cloud else None
        if catalog is None or name not in catalog:
            raise _unknown_type(name, catalog)
        found[catalog.canonical(name)] = None
    return tuple(found)


def _unlisted(types: Iterable[str]) -> tuple[Gap, ...]:
    """What a user named and no call lists: only what a state records is looked up."""
    catalog = whole_catalog()
    return tuple(
        Gap(
            type=name,
            operation=lookup.operation,
            reason="unsupported",
            message="only what a state records is looked at; no call lists all there is",
        )
        for name in types
        if (lookup := catalog[name].lookup) is not None
    )


def _unknown_type(name: str, catalog: Catalog | None) -> DriftMgrError:
    known = [entry.name for one in ([catalog] if catalog else map(catalog_of, CLOUDS)) for entry in one]
    near = difflib.get_close_matches(name, known, n=3)
    why = "the catalog has no entry for it yet" if catalog and name in catalog.schemas else "no such type"
    if catalog and name in catalog.without:
        why = f"the catalog has no entry for it: {catalog.without[name]}"
    return DriftMgrError(
        f"resource type {name}: {why}",
        hint=f"did you mean {', '.join(near)}?" if near else "see driftmgr catalog types",
    )


def _with_unseen(findings: Findings, kept: Sorted, unread: tuple[Gap, ...]) -> Findings:
    """The findings, with instances that nothing was compared for: no entry, or not readable.

    One of the objects of an ``unread`` instance's type is its own, so that none of them is called unmanaged.
    """
    unsure = {gap.type for gap in unread}
    drifts = tuple(found for found in findings.drifts if found.kind != "unmanaged" or not unsure & {found.type, "*"})
    unseen, summary = kept.unsupported + len(unread), findings.summary
    managed, unverified = summary.managed + unseen, summary.unverified + unseen
    gaps = (*kept.gaps, *unread, *findings.gaps)
    summary = msgspec.structs.replace(
        summary,
        managed=managed,
        unverified=unverified,
        unmanaged=sum(found.kind == "unmanaged" for found in drifts),
        gaps=len(gaps),
        outside=summary.outside + kept.outside,
        coverage=coverage_of(managed, unverified),
    )
    return msgspec.structs.replace(findings, drifts=drifts, gaps=gaps, summary=summary)


def discover(request: ScanRequest, on_progress: OnProgress | None = None) -> Inventory:
    """The inventory of the asked accounts, regions and types, its secrets masked; raises ``DriftMgrError``."""
    return _run(_discover(request, on_progress))


async def _discover(request: ScanRequest, on_progress: OnProgress | None) -> Inventory:
    clock, signals = Clock(), Signals()
    types = chosen_types(request.types)
    clouds = request.clouds or tuple(dict.fromkeys(filter(None, map(cloud_of, types)))) or available_clouds()
    nothing = sort_instances((), {}, frozenset())
    with logs.context(scan=clock.id), traces.span("driftmgr.scan", **{"driftmgr.scan.id": clock.id}), signals.watched():
        session = AwsSession(request.profile)
        scans = await _THREADS.run(lambda: [CloudScan.of(request, cloud, session, nothing, types) for cloud in clouds])
        looks = await look_at_all(scans, signals, on_progress, judge=False)
    collected = combined([look.collected for look in looks])
    wanted = frozenset(name for one in scans for name in one.types)
    objects = [found for found in collected.objects if found.type in wanted]
    if not request.include_defaults:
        objects = [found for found in objects if not found.is_default]
    objects = sorted(objects, key=lambda found: (found.type, found.scope.region or "", found.id))
    return Inventory(
        scan=clock.record(request, [scope for look in looks for scope in look.scopes], collected),
        objects=tuple(map(ObjectMask(whole_catalog()).masked, objects)),
        gaps=tuple(map(masked_gap, (*_unlisted(types), *collected.gaps))),
    )


class Clock:
    """Measures one scan and writes its record."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.id = str(uuid.uuid4())
        self._now = now
        self._started = now()
        self._start = time.monotonic()

    def record(
        self,
        request: ScanRequest,
        scopes: Iterable[Scope],
        collected: Collected,
        sources: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> ScanRecord:
        """The record of a scan that ends now."""
        return ScanRecord(
            id=self.id,
            started_at=_text(self._started),
            finished_at=_text(self._now()),
            mode=request.mode,
            engine=request.engine,
            sources=tuple(sources),
            scopes=tuple(scopes),
            api_calls=collected.api_calls,
            seconds=round(time.monotonic() - self._start, 3),
            reused=collected.reused,
            outcome=collected.outcome,
            notes=tuple(notes),
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
