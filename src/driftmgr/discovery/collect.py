"""Collect the objects of one scope: list, join, expand, complete with details, observe.

The gap rule: a list call that fails is a gap of the whole type; a join or detail that fails is a gap of the
attributes that need it, and of the whole type where the object's existence hangs on it. An error code that the
entry declares ``absent`` is a value ("not set"), no error.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import CRITICAL, HIGH, Call, Join, ResourceType
from driftmgr.clouds import ApiError, CloudApi
from driftmgr.discovery.fingerprints import Fingerprints, NoFingerprints
from driftmgr.discovery.observe import Observer, origin_joins, outline_of
from driftmgr.discovery.paths import names_in, path_reader, source_reader
from driftmgr.discovery.shards import Shard
from driftmgr.drift.sought import Sought
from driftmgr.model import DriftMgrError, Gap, GapReason, RemoteObject, Scope

Found = RemoteObject | Gap
Emit = Callable[[Found], None]
Item = dict[str, Any]
Answers = dict[tuple[str, str | None, str], asyncio.Task[list[dict[str, Any]]]]
"""What was asked of one scope, and what comes of it: by operation, region and parameters."""


class Collector:
    """Collects the types of one shard; calls that several of them need are made once.

    With ``sought`` only objects that it includes are looked at closely. In ``answers`` collectors of one scope keep
    what other shards of it need, too.
    """

    def __init__(  # noqa: PLR0913  # what is asked, of whom, and what is known before
        self,
        catalog: Catalog,
        api: CloudApi,
        shard: Shard,
        *,
        fingerprints: Fingerprints | None = None,
        sought: Sought | None = None,
        answers: "Answers | None" = None,
    ) -> None:
        self.catalog = catalog
        self.shard = shard
        self.fingerprints = fingerprints or NoFingerprints()
        self.sought = sought
        self._api = api
        self._own: Answers = {}
        self._of_scope: Answers = {} if answers is None else answers
        scope = shard.scope
        self._words = {"account": scope.account, "region": scope.region, "partition": shard.partition}

    async def collect(self, types: Iterable[str], emit: Emit) -> None:
        """Emit the objects and gaps of the types, as they arrive."""
        async with asyncio.TaskGroup() as tasks:
            for name in types:
                tasks.create_task(_TypeRun(self, self.catalog[name], emit).run())

    @property
    def scope(self) -> Scope:
        """The scope that is collected."""
        return self.shard.scope

    def with_scope(self, item: Mapping[str, Any], **parts: Any) -> Item:
        """An item with its scope and parts beside its own members."""
        return {**item, **parts, "Scope": self._words}

    async def items(self, call: Call, item: Mapping[str, Any] | None = None) -> list[Any]:
        """All items of a list call, over all pages; raises ``ApiError``."""
        read = path_reader(call.items)
        return [found for page in await self._answer(call, item) for found in read(page) or ()]

    async def value(self, call: Call, item: Mapping[str, Any]) -> Any:
        """What a detail call says about one item; ``None`` where an ``absent`` code answers; raises ``ApiError``."""
        read = path_reader(call.items)
        values = [read(page) for page in await self._answer(call, item)]
        if len(values) > 1 and all(isinstance(value, list) for value in values):
            return [element for value in values for element in value]
        return values[0] if values else None

    async def _answer(self, call: Call, item: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """All pages of a call, none where an ``absent`` code answers; one request is sent once, whoever asks."""
        params = {**call.params, **{name: path_reader(path)(item) for name, path in call.given.items()}}
        if call.union and call.operation in self.shard.unions:
            params[call.union] = list(self.shard.unions[call.operation])
        region = path_reader(call.region)(item) if call.region else None
        key = (call.operation, region, repr(sorted(params.items())))
        is_shared = call.union or (call.operation in self.shard.shared and not call.given)
        answers = self._of_scope if is_shared else self._own
        if key not in answers:
            answers[key] = asyncio.ensure_future(self._fetch(call, params, region))
        try:
            return await asyncio.shield(answers[key])
        except ApiError as error:
            if error.code in call.absent:
                return []
            raise

    async def _fetch(self, call: Call, params: Mapping[str, Any], region: str | None) -> list[dict[str, Any]]:
        return [page async for page in self._api.pages(self.scope, call.operation, params, region=region)]


class _Failure:
    """The same error of one operation, met at any number of objects; the first message stands for all."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.count = 0
        self.whole = False
        self.parts: set[str] = set()
        self.attributes: set[str] = set()


class _TypeRun:
    """One type in one scope."""

    def __init__(self, collector: Collector, entry: ResourceType, emit: Emit) -> None:
        self._collector = collector
        self._entry = entry
        self._emit = emit
        self._observer = Observer(entry)
        self._sought = collector.sought
        passed_over = origin_joins(entry) if self._sought and self._sought.only_managed else frozenset()
        self._joins = {name: join for name, join in entry.joins.items() if name not in passed_over}
        self._outline = outline_of(collector.catalog, entry, self._sought) if self._sought else None
        self._failures: dict[tuple[str, GapReason, str], _Failure] = {}

    async def run(self) -> None:
        try:
            items = await self._items()
        except Exception as caught:  # noqa: BLE001  # see ``_unforeseen``
            error = self._unforeseen(caught)
            self._emit(self._gap(error.operation, error.reason, f"{error.code}: {error.message}"))
            return
        joined = await self._join()
        await _all(self._completed(item, joined) for item in items)
        for (operation, reason, code), failure in self._failures.items():
            whole = failure.whole or bool(failure.parts & self._observer.existence_needs)
            lost = {name for part in failure.parts for name in self._observer.attributes_of(part)} | failure.attributes
            times = f" ({failure.count} objects)" if failure.count > 1 else ""
            message = f"{code}: {failure.message}{times}"
            self._emit(self._gap(operation, reason, message, () if whole else tuple(sorted(lost))))

    async def _items(self) -> list[Item]:
        if self._entry.list is not None:
            return await self._listed(self._entry.list)
        lookup = self._entry.lookup
        if lookup is None:
            return []
        recorded = self._collector.shard.lookups.get(self._entry.name, ())
        found = await _all(self._looked_up(lookup, attributes) for attributes in recorded)
        return [item for item in found if item is not None]

    async def _looked_up(self, call: Call, recorded: Mapping[str, Any]) -> Item | None:
        """The item of one recorded instance; one that cannot be read hides the type, not the others that were read."""
        try:
            answer = await self._collector.value(call, recorded)
        except ApiError as error:
            self._failure(error).whole = True
            return None
        return None if answer is None else self._collector.with_scope(_as_item(answer), Recorded=recorded)

    async def _listed(self, call: Call) -> list[Item]:
        items = [self._collector.with_scope(_as_item(item)) for item in await self._collector.items(call)]
        expand = self._entry.expand
        if expand is None:
            return items
        if isinstance(expand, str):
            read = path_reader(expand)
            children = [(parent, read(parent) or ()) for parent in items]
        else:
            found = await _all(self._expanded(expand, parent) for parent in items)
            children = list(zip(items, found, strict=True))
        return [
            self._collector.with_scope(_as_item(child), Parent=parent) for parent, group in children for child in group
        ]

    async def _expanded(self, call: Call, parent: Item) -> list[Any]:
        """The children of one parent; where they cannot be listed the type is hidden, not the children of others."""
        try:
            return await self._collector.items(call, parent)
        except ApiError as error:
            self._failure(error).whole = True
            return []

    async def _join(self) -> dict[str, tuple[Join, dict[Any, list[Any]]]]:
        async def index(name: str, join: Join) -> tuple[str, tuple[Join, dict[Any, list[Any]]] | None]:
            on, value = path_reader(join.on), path_reader(join.value)
            groups: dict[Any, list[Any]] = {}
            try:
                for item in await self._bulk(join):
                    groups.setdefault(on(item), []).append(value(item))
            except Exception as error:  # noqa: BLE001  # see ``_unforeseen``
                self._fail(name, self._unforeseen(error, join.call.operation))
                return name, None
            return name, (join, groups)

        indexed = await _all(index(name, join) for name, join in self._joins.items())
        return {name: found for name, found in indexed if found is not None}

    async def _bulk(self, join: Join) -> list[Any]:
        if join.of is None:
            return await self._collector.items(join.call)
        parents = [_as_item(parent) for parent in await self._collector.items(join.of)]
        found = await _all(self._collector.items(join.call, parent) for parent in parents)
        return [
            {**_as_item(item), "Parent": parent} for parent, group in zip(parents, found, strict=True) for item in group
        ]

    async def _completed(self, item: Item, joined: Mapping[str, tuple[Join, dict[Any, list[Any]]]]) -> None:
        try:
            await self._complete(item, joined)
        except Exception as error:  # noqa: BLE001  # see ``_unforeseen``
            self._failure(self._unforeseen(error)).whole = True

    async def _complete(self, item: Item, joined: Mapping[str, tuple[Join, dict[Any, list[Any]]]]) -> None:
        lost = {name for name in self._joins if name not in joined}
        parts = {name: _matches(item, *join) for name, join in joined.items() if name not in self._observer.late_joins}
        completed = {**item, **parts}
        if self._is_sought(completed, frozenset(lost)):
            wanted = self._wanted_details(item)
        elif self._observer.existence_needs:
            return
        else:
            wanted = {}
        lacking = (self._entry.details.keys() - wanted.keys()) | (self._entry.joins.keys() - self._joins.keys())

        async def detail(name: str, call: Call) -> None:
            if call.when is not None and not path_reader(call.when)(completed):
                parts[name] = None
                return
            try:
                parts[name] = await self._collector.value(call, completed)
            except ApiError as error:
                self._fail(name, error)
                lost.add(name)

        await _all(detail(name, call) for name, call in wanted.items())
        for name in self._observer.late_joins & joined.keys():
            needs = names_in(self._entry.joins[name].to)
            parts[name] = _matches({**item, **parts}, *joined[name])
            # Without the detail that names its key the join found nothing, which says nothing.
            lost |= {name} if needs & lost else set()
            lacking |= {name} if needs & lacking else set()
        lost |= self._not_listed(parts, lost | lacking)
        if lost & self._observer.existence_needs:
            return
        completed = {**item, **parts}
        if self._observer.exists(completed):
            self._observe(item, completed, frozenset(lacking), frozenset(lost))

    def _not_listed(self, parts: Mapping[str, Any], untold: set[str]) -> set[str]:
        """The required joins that had no match for an item, each of them a failure."""
        names = {name for name, join in self._entry.joins.items() if join.required and parts.get(name) is None}
        for name in names - untold:
            operation = self._entry.joins[name].call.operation
            self._fail(name, ApiError(operation, "NotListed", "unreachable", "it was listed without this part"))
        return names - untold

    def _observe(self, item: Item, completed: Item, lacking: frozenset[str], lost: frozenset[str]) -> None:
        def unforeseen(name: str, error: Exception) -> None:
            self._failure(self._unforeseen(error)).attributes.add(name)

        found = self._observer.observe(
            completed, self._collector.scope, lacking=lacking, lost=lost, unforeseen=unforeseen
        )
        if found is not None:
            for name, code in self._observer.refusals(completed).items():
                operation = self._operation_telling(self._entry.refused[name])
                error = ApiError(operation, str(code), "denied", "the answer holds this error in place of a value")
                self._failure(error).attributes.add(name)
            self._remember(item, found, lacking | lost | set(found.unread))
            self._emit(found)

    def _is_sought(self, listed: Item, lost: frozenset[str]) -> bool:
        """Whether details of an object can matter to anybody; where its outline is not clear they can."""
        if self._outline is None or self._sought is None:
            return True
        found = self._outline.observe(listed, self._collector.scope, lacking=self._observer.per_object, lost=lost)
        if found is None or found.unread or found.origin_unread:
            return True
        return self._sought.includes(self._entry, found)

    def _wanted_details(self, item: Item) -> dict[str, Call]:
        mode, details = self._collector.shard.mode, self._entry.details
        if mode == "quick" or (mode == "smart" and self._is_unchanged(item)):
            return {name: call for name, call in details.items() if name in self._observer.existence_needs}
        return dict(details)

    def _is_unchanged(self, item: Item) -> bool:
        if self._entry.criticality in {CRITICAL, HIGH}:
            return False
        token, identity = self._observer.fingerprint(item), self._observer.identity(item)
        if token is None or identity is None:
            return False
        return self._collector.fingerprints.unchanged(self._collector.scope, self._entry.name, identity, token)

    def _remember(self, item: Item, found: RemoteObject, missing: frozenset[str]) -> None:
        token = self._observer.fingerprint(item)
        if token is not None and not missing:
            self._collector.fingerprints.looked(self._collector.scope, self._entry.name, found.id, token)

    def _operation_telling(self, path: str) -> str:
        names = names_in(path)
        details = (call.operation for name, call in self._entry.details.items() if name in names)
        return next(details, self._entry.source.operation if self._entry.source else "")

    def _unforeseen(self, error: Exception, operation: str = "") -> ApiError:
        """The error of an answer in a form that the catalog does not know: a service changes under our feet.

        It costs what had to be read from the answer, never the scan. Its words may hold values, so they are not told.
        """
        if isinstance(error, ApiError):
            return error
        if isinstance(error, DriftMgrError):
            raise error
        lacking = f" {error}" if isinstance(error, KeyError) else ""
        operation = operation or (self._entry.source.operation if self._entry.source else "")
        message = f"the answer has a form that this version does not know ({type(error).__name__}{lacking})"
        return ApiError(operation, "Unforeseen", "unreachable", message)

    def _fail(self, part: str, error: ApiError) -> None:
        self._failure(error).parts.add(part)

    def _failure(self, error: ApiError) -> _Failure:
        failure = self._failures.setdefault((error.operation, error.reason, error.code), _Failure(error.message))
        failure.count += 1
        return failure

    def _gap(self, operation: str, reason: GapReason, message: str, attributes: tuple[str, ...] = ()) -> Gap:
        return Gap(
            type=self._entry.name,
            scope=self._collector.scope,
            operation=operation,
            reason=reason,
            message=message,
            attributes=attributes,
        )


def _as_item(value: Any) -> Item:
    # Some APIs list bare names or URLs; a path can then say "Value".
    return value if isinstance(value, dict) else {"Value": value}


def _matches(item: Mapping[str, Any], join: Join, groups: Mapping[Any, list[Any]]) -> Any:
    wanted = source_reader(join.to)(item)
    keys = wanted if isinstance(wanted, list) else [wanted]
    found = [value for key in keys for value in groups.get(key, ())]
    if join.many:
        return found
    return found[0] if found else None


async def _all(work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    return list(await asyncio.gather(*work))
