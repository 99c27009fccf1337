"""Scan and discover: from a request to a report."""

import asyncio
import contextlib
import difflib
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from driftmgr.app import engines
from driftmgr.app.instances import Sorted, sort_instances
from driftmgr.app.parts import Disagreement, disagreements
from driftmgr.app.reading import Collected, Memory, Reader, Signals
from driftmgr.app.request import Inventory, OnProgress, ScanRequest
from driftmgr.app.sources import States, read_states
from driftmgr.app.targets import resolve_accounts, resolve_regions
from driftmgr.catalog import Catalog, catalog_of
from driftmgr.clouds.aws import AwsAccount, AwsApi, AwsSession
from driftmgr.discovery.fingerprints import NoFingerprints
from driftmgr.discovery.plan import plan as plan_calls
from driftmgr.discovery.shards import ScanPlan
from driftmgr.drift.detect import Asked, Findings, detect
from driftmgr.drift.traits import traits_of
from driftmgr.model import DriftMgrError, DriftReport, Gap, ScanRecord, Scope
from driftmgr.runtime.threads import DaemonThreads
from driftmgr.store.fingerprints import StoredFingerprints, cache_directory
from driftmgr.telemetry import logs, metrics, traces

Answer = TypeVar("Answer")
# Signing in and reading states block; on a thread they do not keep a signal from being heard.
_THREADS = DaemonThreads(64, "sign-in")


def scan(request: ScanRequest, on_progress: OnProgress | None = None) -> DriftReport:
    """Compare the states of a request with the cloud; raises ``DriftMgrError``."""
    if request.engine in {"provider", "plan"}:
        return asyncio.run(engines.scan(request, Clock(), on_progress))
    return _run(_scan(request, on_progress))


def verify(request: ScanRequest, on_progress: OnProgress | None = None) -> tuple[DriftReport, tuple[Disagreement, ...]]:
    """The catalog's report, and where the providers themselves disagree with it; raises ``DriftMgrError``."""
    report = scan(request, on_progress)
    return report, disagreements(report, asyncio.run(engines.second_opinion(request, on_progress)))


def plan(request: ScanRequest) -> ScanPlan:
    """The calls that ``scan`` would make, with accounts and regions resolved; raises ``DriftMgrError``."""
    return _run(_plan(request))


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        return asyncio.run(work)
    except asyncio.CancelledError:
        # SIGTERM before anything was known.
        raise KeyboardInterrupt from None


async def _scan(request: ScanRequest, on_progress: OnProgress | None) -> DriftReport:
    clock, signals = Clock(), Signals()
    with logs.context(scan=clock.id), traces.span("driftmgr.scan", **{"driftmgr.scan.id": clock.id}):
        with signals.watched():
            report = await _report(request, on_progress, clock, signals)
        count_report(report)
        return report


async def _report(
    request: ScanRequest, on_progress: OnProgress | None, clock: "Clock", signals: Signals
) -> DriftReport:
    task = await _THREADS.run(lambda: _Task.of(request))
    api = AwsApi(task.session, task.accounts)
    fingerprints = StoredFingerprints(cache_directory() / "fingerprints.sqlite")
    memory = Memory(request, task.accounts)
    reader = Reader(catalog=task.catalog, api=api, memory=memory, fingerprints=fingerprints, signals=signals)
    try:
        regions, planned = await task.plan(api)
        collected = await reader.collect(planned, on_progress)
    finally:
        api.close()
    asked = Asked(
        regions=regions,
        types=frozenset(task.types),
        regions_named=bool(request.regions),
        managed_only=request.managed_only,
        include_defaults=request.include_defaults,
    )
    found = task.sorted
    with traces.span("driftmgr.compare"):
        findings = detect(task.catalog, found.instances, collected.objects, collected.gaps, asked, others=found.others)
    findings = _with_unseen(findings, found, task.states.gaps)
    if request.mode != "quick":
        _keep(fingerprints)
    report = DriftReport(
        scan=clock.record(request, planned.scopes, collected, task.states.labels),
        summary=findings.summary,
        drifts=findings.drifts,
        gaps=findings.gaps,
        suppressed=findings.suppressed,
        accepted_gaps=request.accept_gaps,
    )
    if request.engine == "auto":
        return await engines.complete(report, task.states, task.catalog, request, on_progress)
    return report


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
    api = AwsApi(task.session, task.accounts)
    try:
        return (await task.plan(api))[1]
    finally:
        api.close()


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    """A request, with its states read and its accounts resolved."""

    request: ScanRequest
    session: AwsSession
    catalog: Catalog
    states: States
    sorted: Sorted
    accounts: dict[str, AwsAccount]
    types: tuple[str, ...]

    @classmethod
    def of(cls, request: ScanRequest) -> "_Task":
        session, catalog = AwsSession(request.profile), catalog_of("aws")
        chosen = chosen_types(catalog, request.types)
        with traces.span("driftmgr.state_read"):
            states = read_states(request.sources or (".",), session)
        found = sort_instances(states.instances, catalog, frozenset(chosen))
        managed = dict.fromkeys(catalog.canonical(instance.type) for instance in found.instances)
        if request.managed_only:
            types = tuple(name for name in managed if not chosen or name in chosen)
        else:
            types = chosen or tuple(entry.name for entry in catalog)
        accounts = resolve_accounts(session, request)
        return cls(
            request=request,
            session=session,
            catalog=catalog,
            states=states,
            sorted=found,
            accounts=accounts,
            types=types,
        )

    async def plan(self, api: AwsApi) -> tuple[dict[str, tuple[str, ...]], ScanPlan]:
        """The regions per account, and the calls."""
        traits = traits_of(self.sorted.instances, self.catalog)
        named = {item.region for item in traits if item.region}
        regions = await resolve_regions(api, self.session, self.accounts, self.request.regions, named)
        counts = Counter(item.entry.name for item in traits)
        return regions, plan_calls(self.catalog, regions, self.types, mode=self.request.mode, managed=counts)


def chosen_types(catalog: Catalog, names: Iterable[str]) -> tuple[str, ...]:
    """The types that a user named; raises ``DriftMgrError`` for one that the catalog lacks."""
    for name in names:
        if name not in catalog:
            near = difflib.get_close_matches(name, [entry.name for entry in catalog], n=3)
            known = "the catalog has no entry for it yet" if name in catalog.schemas else "no such type"
            raise DriftMgrError(
                f"resource type {name}: {known}",
                hint=f"did you mean {', '.join(near)}?" if near else "see driftmgr catalog types",
            )
    return tuple(dict.fromkeys(catalog.canonical(name) for name in names))


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
        coverage=round(1 - unverified / managed, 4) if managed else 1.0,
    )
    return msgspec.structs.replace(findings, drifts=drifts, gaps=gaps, summary=summary)


def _keep(fingerprints: StoredFingerprints) -> None:
    # What smart mode remembers is a convenience: a full disk must not cost the report.
    with contextlib.suppress(OSError, sqlite3.Error):
        fingerprints.save()


def discover(request: ScanRequest, on_progress: OnProgress | None = None) -> Inventory:
    """The inventory of the asked accounts, regions and types; raises ``DriftMgrError``."""
    return _run(_discover(request, on_progress))


async def _discover(request: ScanRequest, on_progress: OnProgress | None) -> Inventory:
    clock, signals = Clock(), Signals()
    session, catalog = AwsSession(request.profile), catalog_of("aws")
    with logs.context(scan=clock.id), traces.span("driftmgr.scan", **{"driftmgr.scan.id": clock.id}), signals.watched():
        accounts = await _THREADS.run(lambda: resolve_accounts(session, request))
        api = AwsApi(session, accounts)
        reader = Reader(catalog=catalog, api=api, fingerprints=NoFingerprints(), signals=signals)
        try:
            regions = await resolve_regions(api, session, accounts, request.regions, ())
            types = chosen_types(catalog, request.types) or tuple(entry.name for entry in catalog if entry.list)
            planned = plan_calls(catalog, regions, types, mode=request.mode)
            collected = await reader.collect(planned, on_progress)
        finally:
            api.close()
    wanted = frozenset(types)
    objects = (found for found in collected.objects if found.type in wanted)
    if not request.include_defaults:
        objects = (found for found in objects if not found.is_default)
    return Inventory(
        scan=clock.record(request, planned.scopes, collected),
        objects=tuple(sorted(objects, key=lambda found: (found.type, found.scope.region or "", found.id))),
        gaps=collected.gaps,
    )


class Clock:
    """Measures one scan and writes its record."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.id = str(uuid.uuid4())
        self._now = now
        self._started = now()
        self._start = time.monotonic()

    def record(
        self, request: ScanRequest, scopes: Iterable[Scope], collected: Collected, sources: Sequence[str] = ()
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
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
