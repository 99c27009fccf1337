"""Scan and discover: from a request to a report."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from driftmgr.app.request import Inventory, OnProgress, Progress, ScanRequest
from driftmgr.app.targets import Targets, resolve_accounts, resolve_regions
from driftmgr.catalog import Catalog, catalog_of
from driftmgr.clouds.aws import AwsApi, AwsSession
from driftmgr.discovery.fingerprints import Fingerprints, NoFingerprints
from driftmgr.discovery.plan import plan as plan_calls
from driftmgr.discovery.run import InProcessExecutor
from driftmgr.discovery.shards import ScanPlan, Shard
from driftmgr.model import Gap, RemoteObject, ScanRecord, Scope


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What the shards of a plan found."""

    objects: tuple[RemoteObject, ...]
    gaps: tuple[Gap, ...]
    api_calls: int


def discover(request: ScanRequest, on_progress: OnProgress | None = None) -> Inventory:
    """The inventory of the asked accounts, regions and types; raises ``DriftMgrError``."""
    return asyncio.run(_discover(request, on_progress))


async def _discover(request: ScanRequest, on_progress: OnProgress | None) -> Inventory:
    clock = Clock()
    session, catalog = AwsSession(request.profile), catalog_of("aws")
    accounts = resolve_accounts(session, request)
    api = AwsApi(session, accounts)
    try:
        regions = await resolve_regions(api, session, accounts, request.regions, ())
        types = request.types or tuple(entry.name for entry in catalog if entry.list)
        planned = plan_calls(catalog, regions, types, mode=request.mode)
        collected = await collect(catalog, api, planned, on_progress, NoFingerprints())
    finally:
        api.close()
    wanted = frozenset(map(catalog.canonical, types))
    objects = (found for found in collected.objects if found.type in wanted)
    if not request.include_defaults:
        objects = (found for found in objects if not found.is_default)
    return Inventory(
        scan=clock.record(request, planned.scopes, collected.api_calls),
        objects=tuple(sorted(objects, key=lambda found: (found.type, found.scope.region or "", found.id))),
        gaps=collected.gaps,
    )


async def collect(
    catalog: Catalog, api: AwsApi, planned: ScanPlan, on_progress: OnProgress | None, fingerprints: Fingerprints
) -> Collected:
    """Run a plan in this process and gather what it finds."""
    objects: list[RemoteObject] = []
    gaps: list[Gap] = []
    done: list[Shard] = []

    def tell(doing: str) -> None:
        if on_progress:
            total = len(planned.shards)
            on_progress(
                Progress(done=len(done), total=total, api_calls=api.calls, objects=len(objects), doing=doing)
            )

    def emit(found: RemoteObject | Gap) -> None:
        if isinstance(found, Gap):
            gaps.append(found)
        else:
            objects.append(found)
        if len(objects) % 100 == 0:
            tell(found.type)

    def on_done(shard: Shard) -> None:
        done.append(shard)
        tell(f"{shard.service} in {shard.scope.region or 'global'}")

    tell("starting")
    await InProcessExecutor(catalog, api, fingerprints).run(planned.shards, emit, on_done)
    return Collected(objects=tuple(objects), gaps=tuple(gaps), api_calls=api.calls)


class Clock:
    """Measures one scan and writes its record."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._started = now()
        self._start = time.monotonic()

    def record(
        self, request: ScanRequest, scopes: Iterable[Scope], api_calls: int, sources: Sequence[str] = ()
    ) -> ScanRecord:
        """The record of a scan that ends now."""
        return ScanRecord(
            id=str(uuid.uuid4()),
            started_at=_text(self._started),
            finished_at=_text(self._now()),
            mode=request.mode,
            engine="catalog",
            sources=tuple(sources),
            scopes=tuple(scopes),
            api_calls=api_calls,
            seconds=round(time.monotonic() - self._start, 3),
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
