"""Read many instances through one provider configuration: concurrently, within deadlines, past a crash.

A panic in one read ends the process and with it every other read in flight. So after a death the provider is started
anew, the others go on, and what was in flight is read again at the end, one by one: who is alone when the process dies
again is the culprit, and only it goes without an answer. A read that ran into its deadline gets one more try there too.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal

import msgspec

from driftmgr.model import GapReason, ResourceInstance
from driftmgr.model.sensitive import hidden_paths
from driftmgr.provider.asking import Ask, unguarded
from driftmgr.provider.difference import differences
from driftmgr.provider.errors import ProviderDiedError, ProviderError
from driftmgr.provider.noise import Judged, changed_names, judged, needs_asking
from driftmgr.provider.session import Read, Session
from driftmgr.provider.values import plain

CONCURRENCY = 10
"""Reads in flight per provider configuration: Terraform's own default."""
MOST_DEATHS, MOST_TIMEOUTS = 6, 20
"""A provider that dies or keeps silent more often is given up; what is left gets no answer."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one instance: it was ``read``, is ``gone``, or could not be asked (``reason``, ``message``).

    ``changed`` names the top-level attributes that differ exactly, as Terraform's refresh lists them; ``judged`` are
    all differences with their class; ``unclassified`` says why the provider could not be asked about them.
    ``observed`` and ``recorded`` may hold secrets.
    """

    instance: ResourceInstance
    outcome: Literal["read", "gone", "failed"]
    recorded: dict[str, Any] | None = None
    observed: dict[str, Any] | None = None
    changed: tuple[str, ...] = ()
    judged: tuple[Judged, ...] = ()
    identity: dict[str, Any] | None = None
    unclassified: str | None = None
    reason: GapReason | None = None
    message: str = ""


OpenSession = Callable[[], AbstractAsyncContextManager[Session]]

Check = Callable[[Session], Awaitable[None]]
"""Looks at a configured provider before anything is read; raises ``ProviderError`` if it must not be believed."""

Explain = Callable[[ResourceInstance, Mapping[str, Any], Sequence[Judged]], tuple[Judged, ...]]
"""From an instance, its recorded values and its judged differences to those that others do not explain."""


class Refresh:
    """One run over the instances of a provider configuration; ``open_session`` starts the provider anew each time."""

    def __init__(  # noqa: PLR0913  # what a run can be told, each with a default
        self,
        open_session: OpenSession,
        *,
        check: Check | None = None,
        explain: Explain = lambda _instance, _recorded, found: tuple(found),
        concurrency: int = CONCURRENCY,
        on_reading: Callable[[Reading], None] = lambda _: None,
        ask: Ask = unguarded,
    ) -> None:
        self._open = open_session
        self._ask = ask
        self._check = check
        self._explain = explain
        self._concurrency = concurrency
        self._on_reading = on_reading
        self._waiting: deque[ResourceInstance] = deque()
        self._again: deque[ResourceInstance] = deque()
        self._readings: list[Reading] = []
        self._deaths = self._timeouts = 0

    async def run(self, instances: Sequence[ResourceInstance]) -> tuple[Reading, ...]:
        """A reading for every instance, in no order."""
        self._waiting.extend(instances)
        try:
            await self._all(self._crowd, self._waiting)
            await self._all(self._one_by_one, self._again)
        except ProviderError as error:
            self._give_up(error)
        return tuple(self._readings)

    async def _all(self, work: Callable[[Session], Awaitable[None]], waiting: deque[ResourceInstance]) -> None:
        while waiting:
            async with self._open() as session:
                if self._check is not None:
                    await self._check(session)
                await work(session)
            if self._deaths > MOST_DEATHS:
                raise ProviderError(f"given up: the provider ended {self._deaths} times")
            if self._timeouts > MOST_TIMEOUTS:
                raise ProviderError(f"given up: {self._timeouts} reads got no answer in time", reason="timeout")

    async def _crowd(self, session: Session) -> None:
        died = asyncio.Event()

        async def reader() -> None:
            while self._waiting and not died.is_set() and self._timeouts <= MOST_TIMEOUTS:
                instance = self._waiting.popleft()
                try:
                    self._tell(await self._read(session, instance))
                except ProviderDiedError:
                    died.set()
                    self._again.append(instance)
                except ProviderError as error:
                    if error.reason == "timeout":
                        self._timeouts += 1
                        self._again.append(instance)
                    else:
                        self._fail(instance, error)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self._concurrency, len(self._waiting))):
                group.create_task(reader())
        self._deaths += died.is_set()

    async def _one_by_one(self, session: Session) -> None:
        while self._again:
            instance = self._again.popleft()
            try:
                self._tell(await self._read(session, instance))
            except ProviderDiedError as error:
                self._deaths += 1
                self._fail(instance, error)
                return
            except ProviderError as error:
                self._fail(instance, error)

    async def _read(self, session: Session, instance: ResourceInstance) -> Reading:
        read = await self._ask("provider.read", lambda: session.read(instance))
        return await judge_read(session, instance, read, self._explain)

    def _give_up(self, error: ProviderError) -> None:
        for instance in (*self._waiting, *self._again):
            self._fail(instance, error)

    def _fail(self, instance: ResourceInstance, error: ProviderError) -> None:
        self._tell(Reading(instance=instance, outcome="failed", reason=error.reason, message=error.message))

    def _tell(self, reading: Reading) -> None:
        self._readings.append(reading)
        self._on_reading(reading)


async def judge_read(session: Session, instance: ResourceInstance, read: Read, explain: Explain) -> Reading:
    """What was read of an instance, with its differences judged; raises ``ProviderDiedError``."""
    if read.observed is None:
        return Reading(instance=instance, outcome="gone", recorded=plain(read.recorded))
    schema = session.schemas[instance.type]
    found = differences(schema, read.recorded, read.observed)
    answers, unclassified = None, None
    if any(map(needs_asking, found)):
        try:
            answers = await session.planned(instance, read)
        except ProviderDiedError:
            raise
        except ProviderError as error:
            unclassified = error.message
    sides = read.recorded, read.observed
    classes = judged(schema, found, sides, answers, hides=hidden_paths(instance.sensitive))
    return Reading(
        instance=instance,
        outcome="read",
        recorded=plain(read.recorded),
        observed=plain(read.observed),
        changed=changed_names(schema, *sides),
        judged=explain(instance, read.recorded, classes),
        identity=read.identity,
        unclassified=unclassified,
    )
