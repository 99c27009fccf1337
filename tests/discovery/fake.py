"""The outside as a function: what every test of discovery asks in place of a cloud."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from driftmgr.discovery.shards import Mode, Shard
from driftmgr.model import Scope

Answer = Callable[[str, Mapping[str, Any]], list[dict[str, Any]]]


class FakeApi:
    """(operation, params) to pages, by a function that may raise; remembers what it was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked: list[tuple[str, Mapping[str, Any], str | None]] = []

    @property
    def calls(self) -> int:
        return len(self.asked)

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        self.asked.append((operation, params, region or scope.region))
        for page in self._answer(operation, params):
            await asyncio.sleep(0)
            yield page


def shard_of(scope: Scope, mode: Mode = "deep", **others: Any) -> Shard:
    """A shard without a plan: for a collector that is told its types."""
    return Shard(scope=scope, service="", types=(), calls=(), mode=mode, **others)
