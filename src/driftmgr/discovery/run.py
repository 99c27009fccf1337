"""Run the shards of a plan; what they find is handed on as it arrives.

A shard is idempotent and knows only its scope, service and types, so that any executor can run it:
``InProcessExecutor`` here, a distributed one later.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from driftmgr.catalog import Catalog
from driftmgr.clouds import CloudApi
from driftmgr.discovery.collect import Collector, Emit
from driftmgr.discovery.fingerprints import Fingerprints
from driftmgr.discovery.shards import Shard

OnShardDone = Callable[[Shard], None]


class ShardExecutor(Protocol):
    """Runs shards somewhere; ``emit`` and ``on_done`` are called on the caller's event loop."""

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        """Run all shards; return when each has emitted everything and was reported done."""


class InProcessExecutor:
    """All shards on this event loop; the limits of the cloud's API bound what is under way."""

    def __init__(self, catalog: Catalog, api: CloudApi, fingerprints: Fingerprints) -> None:
        self._catalog = catalog
        self._api = api
        self._fingerprints = fingerprints

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        """Run all shards; a defect in one ends the scan with its exception."""

        async def run_one(shard: Shard) -> None:
            collector = Collector(self._catalog, self._api, shard.scope, shard.mode, self._fingerprints)
            await collector.collect(shard.types, emit)
            on_done(shard)

        async with asyncio.TaskGroup() as tasks:
            for shard in shards:
                tasks.create_task(run_one(shard))
