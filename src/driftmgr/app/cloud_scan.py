"""One cloud's part of a scan, and several of them at once."""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.app.baseline import Held
from driftmgr.app.clouds import Cloud, sign_in, without_credentials
from driftmgr.app.instances import Sorted
from driftmgr.app.reading import Collected, Memory, Reader, Signals
from driftmgr.app.request import OnProgress, Progress, ScanRequest
from driftmgr.catalog import Catalog, catalog_of
from driftmgr.catalog.entry import ALL, ResourceType
from driftmgr.clouds import CloudApi, SignInError
from driftmgr.clouds.aws import AwsSession
from driftmgr.discovery.fingerprints import Fingerprints, NoFingerprints
from driftmgr.discovery.plan import plan
from driftmgr.discovery.shards import ScanPlan
from driftmgr.drift.acceptance import ScannedCloud
from driftmgr.drift.detect import Asked, Findings, detect
from driftmgr.drift.match import ObjectIndex
from driftmgr.drift.sought import Sought
from driftmgr.drift.traits import Place, may_be_in, traits_of
from driftmgr.model import (
    AcceptedObject,
    DriftMgrError,
    Gap,
    ResourceInstance,
    Scope,
    Summary,
    coverage_of,
    worst_first,
)
from driftmgr.store.fingerprints import StoredFingerprints, cache_directory
from driftmgr.telemetry import traces

Regions = dict[str, tuple[str, ...]]


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What looking at one cloud brought; ``findings`` are empty where nothing was to be compared.

    ``scanned`` is what the findings were made of.
    """

    collected: Collected
    findings: Findings
    scopes: tuple[Scope, ...] = ()
    scanned: ScannedCloud | None = None


class CloudScan(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one cloud: the instances to judge, those beside them, and the types to look for.

    ``cloud`` is the error of the sign-in where that failed.
    """

    request: ScanRequest
    cloud: Cloud | DriftMgrError
    catalog: Catalog
    instances: tuple[ResourceInstance, ...]
    others: tuple[ResourceInstance, ...]
    types: tuple[str, ...]
    held: Held = Held()

    @classmethod
    def of(  # noqa: PLR0913, PLR0917  # what the request asks, and what was read for it
        cls,
        request: ScanRequest,
        name: str,
        session: AwsSession,
        found: Sorted,
        chosen: Iterable[str],
        held: Held = Held(),  # noqa: B008  # frozen
    ) -> "CloudScan":
        """Sign in to a cloud; blocks. ``chosen`` are types of any cloud, empty for all."""
        instances, others = found.instances.get(name, ()), found.others.get(name, ())
        catalog = catalog_of(name)
        wanted = tuple(kind for kind in chosen if kind in catalog)
        managed = dict.fromkeys(catalog.canonical(instance.type) for instance in instances)
        managed |= dict.fromkeys(kept.type for kept in held.instances if kept.type in catalog)
        if request.managed_only:
            types = tuple(kind for kind in managed if not wanted or kind in wanted)
        else:
            closed = without_credentials(catalog)
            if not request.include_defaults:
                closed |= {entry.name for entry in catalog if entry.is_default == ALL}
            types = wanted or tuple(entry.name for entry in catalog if entry.name not in closed - managed.keys())
        cloud: Cloud | DriftMgrError
        try:
            cloud = sign_in(name, request, session)
        except DriftMgrError as error:
            cloud = error
        return cls(
            request=request,
            cloud=cloud,
            catalog=catalog,
            instances=instances,
            others=others,
            types=types,
            held=held,
        )

    def signed_in(self) -> Cloud:
        """The cloud; raises ``DriftMgrError`` where there was no way in."""
        if isinstance(self.cloud, DriftMgrError):
            raise self.cloud
        return self.cloud

    async def plan(self) -> ScanPlan:
        """The calls that ``look`` would make; raises ``DriftMgrError``."""
        async with self.signed_in().opened() as api:
            return (await self._planned(api))[1]

    async def look(self, signals: Signals, on_progress: OnProgress | None) -> Look:
        """Read the cloud and judge the instances; raises ``DriftMgrError``."""
        cloud, request = self.signed_in(), self.request
        fingerprints = StoredFingerprints(cache_directory() / "fingerprints.sqlite")
        sought = self._sought()
        memory = Memory(request, cloud.identities, sought)
        index = ObjectIndex(self.catalog)
        async with cloud.opened() as api:
            regions, planned = await self._planned(api)
            reader = self._reader(api, fingerprints, signals, memory=memory, sought=sought, index=index)
            collected = _with_gaps(await reader.collect(planned, on_progress), cloud.gaps)
        asked = Asked(
            regions=regions,
            types=frozenset(self.types),
            regions_named=bool(request.regions),
            managed_only=request.managed_only,
            include_defaults=request.include_defaults,
        )
        with traces.span("driftmgr.compare"):
            findings = detect(
                self.catalog,
                self.instances,
                index,
                collected.gaps,
                asked,
                others=self.others,
                accepted=self.held.accepted,
            )
        if request.mode != "quick":
            # What smart mode remembers is a convenience: a full disk must not cost the report.
            with contextlib.suppress(OSError, sqlite3.Error):
                fingerprints.save()
        scanned = ScannedCloud(
            catalog=self.catalog,
            instances=self.instances,
            others=self.others,
            index=index,
            gaps=collected.gaps,
            asked=asked,
            findings=findings,
            states=self.held.states,
        )
        return Look(collected=collected, findings=findings, scopes=planned.scopes, scanned=scanned)

    async def collect(self, signals: Signals, on_progress: OnProgress | None) -> Look:
        """Read the cloud and judge nothing; raises ``DriftMgrError``."""
        async with self.signed_in().opened() as api:
            _, planned = await self._planned(api)
            collected = await self._reader(api, NoFingerprints(), signals).collect(planned, on_progress)
        collected = _with_gaps(collected, self.signed_in().gaps)
        return Look(collected=collected, findings=_NOTHING, scopes=planned.scopes)

    def unseen(self, error: DriftMgrError) -> Look:
        """What is said of a cloud that could not be looked at, beside others that could."""
        cloud, count = self.catalog.cloud, len(self.instances)
        gap = Gap(
            type="*",
            scope=Scope(cloud=cloud, account=""),
            operation="sign-in",
            reason=error.reason if isinstance(error, SignInError) else "denied",
            message=f"{cloud}: {error}",
            instances=count,
        )
        summary = Summary(
            managed=count, in_sync=0, changed=0, missing=0, unmanaged=0, unverified=count, gaps=1, coverage=0.0
        )
        collected = Collected(objects=(), gaps=(gap,), api_calls=0, reused=0, outcome="complete")
        return Look(collected=collected, findings=Findings(drifts=(), gaps=(gap,), summary=summary))

    def _sought(self) -> Sought:
        return Sought.of(
            self.catalog,
            traits_of(self.instances, self.catalog),
            ((kept.type, kept.attributes) for kept in self.held.instances),
            only_managed=self.request.managed_only,
            defaults=self.request.include_defaults,
        )

    def _reader(  # noqa: PLR0913  # whom to ask, what to remember, and what for
        self,
        api: CloudApi,
        fingerprints: Fingerprints,
        signals: Signals,
        *,
        memory: Memory | None = None,
        sought: Sought | None = None,
        index: ObjectIndex | None = None,
    ) -> Reader:
        return Reader(
            catalog=self.catalog,
            api=api,
            memory=memory,
            sought=sought,
            fingerprints=fingerprints,
            signals=signals,
            on_object=index.add if index else None,
        )

    async def _planned(self, api: CloudApi) -> tuple[Regions, ScanPlan]:
        """The regions per account, and the calls."""
        traits = traits_of(self.instances, self.catalog)
        named = {item.region for item in traits if item.region}
        named |= {kept.scope.region for kept in self.held.instances if kept.scope.region and kept.type in self.catalog}
        regions = dict(await self.signed_in().regions(api, named))
        counts = Counter(item.entry.name for item in traits)
        kept = [one for one in self.held.instances if one.type in self.catalog and self.catalog[one.type].lookup]
        counts.update(Counter(one.type for one in kept if not counts[one.type]))

        def recorded(entry: ResourceType, scope: Scope) -> Iterator[Mapping[str, Any]]:
            for item in traits:
                if item.entry is entry and may_be_in((item.account, item.region), scope):
                    yield item.instance.attributes
            yield from (one.attributes for one in kept if one.type == entry.name and may_be_in(_place(one), scope))

        return regions, plan(
            self.catalog,
            regions,
            self.types,
            mode=self.request.mode,
            managed=counts,
            recorded=recorded,
            only_managed=self.request.managed_only,
        )


def _place(kept: AcceptedObject) -> Place:
    return kept.scope.account, kept.scope.region


def _with_gaps(collected: Collected, gaps: tuple[Gap, ...]) -> Collected:
    return msgspec.structs.replace(collected, gaps=(*gaps, *collected.gaps))


async def look_at_all(
    scans: Sequence[CloudScan], signals: Signals, on_progress: OnProgress | None, *, judge: bool = True
) -> list[Look]:
    """Look at several clouds at once; one that cannot be looked at is a gap beside the others, alone it is an error.

    A signal stops all of them; each tells what it knows until then. Raises ``DriftMgrError``.
    """
    progress = _Progress(on_progress, len(scans)) if on_progress else None
    tasks = [
        asyncio.create_task((one.look if judge else one.collect)(signals, progress.of(number) if progress else None))
        for number, one in enumerate(scans)
    ]
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        if current := asyncio.current_task():
            current.uncancel()
        await asyncio.wait(tasks)
    looks: list[Look] = []
    for one, task in zip(scans, tasks, strict=True):
        try:
            looks.append(task.result())
        except DriftMgrError as error:
            if len(scans) == 1:
                raise
            looks.append(one.unseen(error))
    return looks


class _Progress:
    """The sum of what several clouds tell."""

    def __init__(self, on_progress: OnProgress, number: int) -> None:
        self._on_progress = on_progress
        self._told = [Progress(done=0, total=0, api_calls=0, objects=0)] * number

    def of(self, number: int) -> OnProgress:
        """For one of the clouds."""

        def tell(progress: Progress) -> None:
            self._told[number] = progress
            self._on_progress(
                Progress(
                    done=sum(one.done for one in self._told),
                    total=sum(one.total for one in self._told),
                    api_calls=sum(one.api_calls for one in self._told),
                    objects=sum(one.objects for one in self._told),
                    doing=progress.doing,
                )
            )

        return tell


_NOTHING = Findings(drifts=(), gaps=(), summary=Summary(managed=0, in_sync=0, changed=0, missing=0, unmanaged=0))


def combined(parts: Sequence[Collected]) -> Collected:
    """What several clouds brought, as one."""
    stopped = [part.outcome for part in parts if part.outcome != "complete"]
    return Collected(
        objects=tuple(found for part in parts for found in part.objects),
        gaps=tuple(gap for part in parts for gap in part.gaps),
        api_calls=sum(part.api_calls for part in parts),
        reused=sum(part.reused for part in parts),
        outcome=stopped[0] if stopped else "complete",
    )


def merged(parts: Sequence[Findings]) -> Findings:
    """The findings about several clouds, as one."""
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(
            {name: value for name, value in msgspec.structs.asdict(part.summary).items() if name != "coverage"}
        )
    managed, unverified = counts["managed"], counts["unverified"]
    summary = Summary(
        **{name: counts[name] for name in Summary.__struct_fields__ if name != "coverage"},
        coverage=coverage_of(managed, unverified),
    )
    return Findings(
        drifts=worst_first(found for part in parts for found in part.drifts),
        gaps=tuple(gap for part in parts for gap in part.gaps),
        summary=summary,
        suppressed=tuple(found for part in parts for found in part.suppressed),
        ignored=tuple(found for part in parts for found in part.ignored),
        accepted=sum(part.accepted for part in parts),
        unaccepted=sum(part.unaccepted for part in parts),
    )
