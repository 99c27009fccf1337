"""Read the cloud by a plan: from caches where a scan may, on to the end or to the signal that stops it."""

import asyncio
import contextlib
import functools
import hashlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version

import msgspec

from driftmgr.app.request import OnProgress, Progress, ScanRequest
from driftmgr.catalog import Catalog
from driftmgr.clouds import CloudApi
from driftmgr.clouds.cached import CachedApi
from driftmgr.discovery.fingerprints import Fingerprints
from driftmgr.discovery.run import InProcessExecutor, SavingExecutor, ShardExecutor
from driftmgr.discovery.shards import ScanPlan, Shard
from driftmgr.drift.secrets import ObjectMask
from driftmgr.drift.sought import Sought
from driftmgr.model import Gap, RemoteObject
from driftmgr.model.report import ScanOutcome
from driftmgr.runtime.cache import SingleFlightCache
from driftmgr.store.fingerprints import cache_directory
from driftmgr.store.shards import SavedShards
from driftmgr.telemetry import metrics

RESUMABLE_SECONDS = 86_400.0
"""How old a shard may be that ``--resume`` takes instead of asking."""
_PASSING = frozenset({"throttled", "timeout", "unreachable", "interrupted"})


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What the shards of a plan found; ``reused`` counts those that an earlier scan had read."""

    objects: tuple[RemoteObject, ...]
    gaps: tuple[Gap, ...]
    api_calls: int
    reused: int
    outcome: ScanOutcome

    @property
    def may_go_on(self) -> bool:
        """Whether another scan could read what this one could not."""
        return self.outcome != "complete" or any(gap.reason in _PASSING for gap in self.gaps)


class Signals:
    """Which signal asked the scan to stop: Ctrl-C cancels it through ``asyncio.run``, SIGTERM through ``watched``."""

    def __init__(self) -> None:
        self.outcome: ScanOutcome = "interrupted"

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Let SIGTERM stop the current task, where signals come to this thread."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        if task is None or threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop() -> None:
            self.outcome = "terminated"
            task.cancel()

        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGTERM, stop)
        try:
            yield
        finally:
            with contextlib.suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGTERM)


class Memory:
    """What a scan may use of earlier ones, by who reads: answers in memory, shards on disk."""

    def __init__(self, request: ScanRequest, identities: Mapping[str, str], sought: Sought) -> None:
        self.reused = 0
        self._request = request
        self._sought = sought
        # What is kept was made with this knowledge of types.
        self._identities = {name: f"{who} {version('driftmgr')}" for name, who in identities.items()}
        whose = hashlib.sha256(repr((sorted(self._identities.values()), request.mode)).encode()).hexdigest()
        directory = cache_directory() / "shards" / whose[:16]
        self._shards = SavedShards(directory, request.cache_ttl or RESUMABLE_SECONDS)

    def begin(self) -> None:
        """Forget what may not be used; a full or read-only disk is no reason to stop."""
        with contextlib.suppress(OSError):
            if self._request.cache_ttl:
                self._shards.prune()
            elif not self._request.resume:
                self._shards.clear()

    def end(self, collected: Collected) -> None:
        """Forget what no later scan could use."""
        with contextlib.suppress(OSError):
            if not self._request.cache_ttl and not collected.may_go_on:
                self._shards.clear()

    def api(self, api: CloudApi) -> CloudApi:
        """The api, with the memory of this process if the request allows it."""
        if not self._request.cache_ttl:
            return api
        return CachedApi(api, call_cache(self._request.cache_ttl), self._identities.__getitem__)

    def executor(self, inner: ShardExecutor, catalog: Catalog) -> ShardExecutor:
        """The executor, with the memory of the disk; no secret is put there."""
        return SavingExecutor(inner, self, self._key, ObjectMask(catalog).is_open)

    def load(self, key: str) -> tuple[RemoteObject, ...] | None:
        """A shard that an earlier scan read."""
        found = self._shards.load(key)
        self.reused += found is not None
        return found

    def save(self, key: str, objects: Iterable[RemoteObject]) -> bool:
        """Keep a shard for a later scan."""
        return self._shards.save(key, objects)

    def _key(self, shard: Shard) -> str:
        # Objects that are not sought are kept without their details, so what is sought is part of the question.
        who, sought = self._identities[shard.scope.account], self._sought.about(shard.types)
        return repr((who, str(shard.scope), shard.service, shard.types, shard.mode, sought))


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """All that reads a plan; without a ``memory`` it asks for everything and saves nothing.

    With ``sought`` only objects that it includes are looked at closely.
    ``on_object`` gets each object as it arrives.
    """

    catalog: Catalog
    api: CloudApi
    fingerprints: Fingerprints
    signals: Signals
    memory: Memory | None = None
    sought: Sought | None = None
    on_object: Callable[[RemoteObject], None] | None = None

    async def collect(self, planned: ScanPlan, on_progress: OnProgress | None) -> Collected:
        """Run a plan in this process and gather what it finds, until the end or a signal."""
        gathering = _Gathering(self.api, planned, on_progress, self.on_object)
        gathering.tell("starting")
        if self.memory:
            self.memory.begin()
        outcome: ScanOutcome = "complete"
        try:
            await self._executor().run(planned.shards, gathering.emit, gathering.on_done)
        except asyncio.CancelledError:
            outcome = self.signals.outcome
            if task := asyncio.current_task():
                task.uncancel()
        collected = gathering.collected(self.memory.reused if self.memory else 0, outcome)
        if self.memory:
            self.memory.end(collected)
        return collected

    def _executor(self) -> ShardExecutor:
        if self.memory is None:
            return InProcessExecutor(self.catalog, self.api, self.fingerprints, self.sought)
        inner = InProcessExecutor(self.catalog, self.memory.api(self.api), self.fingerprints, self.sought)
        return self.memory.executor(inner, self.catalog)


class _Gathering:
    """What comes in while a plan is read."""

    def __init__(
        self,
        api: CloudApi,
        planned: ScanPlan,
        on_progress: OnProgress | None,
        on_object: Callable[[RemoteObject], None] | None,
    ) -> None:
        self._on_object = on_object
        self._api = api
        self._planned = planned
        self._on_progress = on_progress
        self._objects: list[RemoteObject] = []
        self._gaps: list[Gap] = []
        self._done: list[Shard] = []

    def tell(self, doing: str) -> None:
        if self._on_progress:
            self._on_progress(
                Progress(
                    done=len(self._done),
                    total=len(self._planned.shards),
                    api_calls=self._api.calls,
                    objects=len(self._objects),
                    doing=doing,
                )
            )

    def emit(self, found: RemoteObject | Gap) -> None:
        if isinstance(found, Gap):
            self._gaps.append(found)
        else:
            self._objects.append(found)
            metrics.add(metrics.RESOURCES, type=found.type)
            if self._on_object:
                self._on_object(found)
        if len(self._objects) % 100 == 0:
            self.tell(found.type)

    def on_done(self, shard: Shard) -> None:
        self._done.append(shard)
        self.tell(f"{shard.service} in {shard.scope.region or 'global'}")

    def collected(self, reused: int, outcome: ScanOutcome) -> Collected:
        done = {id(shard) for shard in self._done}
        unread = [shard for shard in self._planned.shards if id(shard) not in done]
        gaps = [*self._gaps, *(gap for shard in unread for gap in _unread(shard, outcome))]
        return Collected(
            objects=tuple(self._objects),
            gaps=tuple(gaps),
            api_calls=self._api.calls,
            reused=reused,
            outcome=outcome,
        )


@functools.cache
def call_cache(ttl: float) -> SingleFlightCache:
    """The answers that all scans of this process share which take them as old as this."""
    return SingleFlightCache("calls", ttl)


def _unread(shard: Shard, outcome: ScanOutcome) -> Iterator[Gap]:
    for name in shard.types:
        listed = (call.operation for call in shard.calls if call.kind == "list" and name in call.types)
        yield Gap(
            type=name,
            scope=shard.scope,
            operation=next(listed, shard.service),
            reason="interrupted",
            message=f"the scan was {outcome} before this was read",
        )
