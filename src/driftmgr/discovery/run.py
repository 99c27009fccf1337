"""Run the shards of a plan; what they find is handed on as it arrives.

A shard is idempotent and knows only its scope, service and types, so that any executor can run it:
``InProcessExecutor`` here, a distributed one later.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Protocol

from driftmgr.catalog import Catalog
from driftmgr.clouds import CloudApi
from driftmgr.discovery.collect import Answers, Collector, Emit, Found
from driftmgr.discovery.fingerprints import Fingerprints
from driftmgr.discovery.shards import Shard
from driftmgr.drift.sought import Sought
from driftmgr.model import RemoteObject, Scope
from driftmgr.telemetry import logs, metrics, traces

OnShardDone = Callable[[Shard], None]


class ShardExecutor(Protocol):
    """Runs shards somewhere; ``emit`` and ``on_done`` are called on the caller's event loop."""

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        """Run all shards; return when each has emitted everything and was reported done."""


class InProcessExecutor:
    """All shards on this event loop; the limits of the cloud's API bound what is under way.

    With ``sought`` only objects that it includes are looked at closely.
    """

    def __init__(
        self, catalog: Catalog, api: CloudApi, fingerprints: Fingerprints, sought: Sought | None = None
    ) -> None:
        self._catalog = catalog
        self._api = api
        self._fingerprints = fingerprints
        self._sought = sought
        self._answers: dict[Scope, Answers] = {}

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        """Run all shards; a defect in one ends the scan with its exception."""

        async def run_one(shard: Shard) -> None:
            collector = Collector(
                self._catalog,
                self._api,
                shard,
                fingerprints=self._fingerprints,
                sought=self._sought,
                answers=self._answers.setdefault(shard.scope, {}),
            )
            names = {"driftmgr.scope": str(shard.scope), "driftmgr.service": shard.service}
            with logs.context(scope=str(shard.scope), service=shard.service), traces.span("driftmgr.scope", **names):
                await collector.collect(shard.types, emit)
            on_done(shard)

        async with asyncio.TaskGroup() as tasks:
            for shard in shards:
                tasks.create_task(run_one(shard))


class SavedShards(Protocol):
    """Keeps what shards found from one scan to another."""

    def load(self, key: str) -> tuple[RemoteObject, ...] | None:
        """The objects of a shard, or ``None`` if they must be asked for."""

    def save(self, key: str, objects: Iterable[RemoteObject]) -> bool:
        """Keep what a shard found."""


class SavingExecutor:
    """Asks another executor only for the shards that are not saved, and saves what it brings, shard by shard.

    A shard with a gap is not saved: it is asked again, and so is one with an object that ``may_keep`` refuses.
    ``key_of`` must tell apart all that makes a difference to an answer.
    """

    def __init__(
        self,
        inner: ShardExecutor,
        saved: SavedShards,
        key_of: Callable[[Shard], str],
        may_keep: Callable[[RemoteObject], bool] = lambda _: True,
    ) -> None:
        self._inner = inner
        self._saved = saved
        self._key_of = key_of
        self._may_keep = may_keep

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        """Emit what is saved, and run the rest."""
        async with asyncio.TaskGroup() as tasks:
            for shard in shards:
                known = self._saved.load(self._key_of(shard))
                metrics.add(metrics.CACHE, cache="shards", outcome="miss" if known is None else "hit")
                if known is None:
                    tasks.create_task(self._run_one(shard, emit, on_done))
                    continue
                for found in known:
                    emit(found)
                on_done(shard)

    async def _run_one(self, shard: Shard, emit: Emit, on_done: OnShardDone) -> None:
        objects: list[RemoteObject] = []
        complete = True

        def keep(found: Found) -> None:
            nonlocal complete
            if isinstance(found, RemoteObject):
                objects.append(found)
            else:
                complete = False
            emit(found)

        def done(one: Shard) -> None:
            if complete and all(map(self._may_keep, objects)):
                # What is saved is a convenience: a full disk must not cost the report.
                with contextlib.suppress(OSError):
                    self._saved.save(self._key_of(one), objects)
            on_done(one)

        await self._inner.run([shard], keep, done)
