"""Executors that save."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from driftmgr.discovery.collect import Emit, Found
from driftmgr.discovery.run import OnShardDone, SavingExecutor
from driftmgr.discovery.shards import Shard
from driftmgr.model import Gap, RemoteObject, Scope
from driftmgr.store.shards import SavedShards

HERE = Scope(cloud="aws", account="1", region="eu-west-1")
SHARDS = tuple(Shard(scope=HERE, service=name, types=(name,), calls=()) for name in ("a", "b", "c"))


class Executor:
    """Finds one object per shard, and a gap in those that are told; remembers what it ran."""

    def __init__(self, gaps: Iterable[str] = (), dies_at: str = "") -> None:
        self.ran: list[str] = []
        self.gaps, self.dies_at = set(gaps), dies_at

    async def run(self, shards: Iterable[Shard], emit: Emit, on_done: OnShardDone) -> None:
        for shard in shards:
            await asyncio.sleep(0)
            emit(RemoteObject(type=shard.service, id="x", scope=HERE, attributes={"id": "x"}))
            if shard.service == self.dies_at:
                raise asyncio.CancelledError
            if shard.service in self.gaps:
                emit(Gap(type=shard.service, operation="x.y", reason="throttled", message="m", scope=HERE))
            self.ran.append(shard.service)
            on_done(shard)


def run(executor: Executor, saved: SavedShards) -> tuple[set[str], list[str]]:
    """What is emitted, and which shards were reported done."""
    found: list[Found] = []
    done: list[str] = []

    async def both() -> None:
        saving = SavingExecutor(executor, saved, lambda shard: f"me/{shard.scope}/{shard.service}")
        await saving.run(SHARDS, found.append, lambda shard: done.append(shard.service))

    asyncio.run(both())
    return {item.type for item in found if isinstance(item, RemoteObject)}, sorted(done)


def test_saved_shards_are_not_asked_again(tmp_path: Path) -> None:
    """The second run emits and reports the same and asks nothing."""
    saved = SavedShards(tmp_path / "s", 60)
    first, second = Executor(), Executor()
    assert run(first, saved) == run(second, saved) == ({"a", "b", "c"}, ["a", "b", "c"])
    assert (sorted(first.ran), second.ran) == (["a", "b", "c"], [])


def test_a_shard_with_a_gap_is_asked_again(tmp_path: Path) -> None:
    """What could not be looked at is looked at by the next run, the rest not."""
    saved = SavedShards(tmp_path / "s", 60)
    run(Executor(gaps=["b"]), saved)
    again = Executor()
    run(again, saved)
    assert again.ran == ["b"]


def test_an_interrupted_shard_is_not_saved(tmp_path: Path) -> None:
    """A shard that was stopped half-way is never taken for all that there is."""
    saved = SavedShards(tmp_path / "s", 60)
    assert run(Executor(dies_at="b"), saved)[1] == ["a", "c"]
    again = Executor()
    run(again, saved)
    assert again.ran == ["b"]
