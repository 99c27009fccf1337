"""Plan a scan: which calls, in which shards, at what cost. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Call, ResourceType
from driftmgr.catalog.permissions import call_actions
from driftmgr.discovery.observe import origin_joins
from driftmgr.discovery.paths import names_in
from driftmgr.discovery.shards import CallKind, Mode, PlannedCall, ScanPlan, Shard
from driftmgr.model import Scope

Lookups = Mapping[str, tuple[Mapping[str, Any], ...]]
Recorded = Callable[[ResourceType, Scope], Iterable[Mapping[str, Any]]]

PAGE_SIZE = 100
"""Objects that one page of an average list call brings; AWS pages hold 50 to 1,000."""


def plan(  # noqa: PLR0913  # what is known, where to look, and for what
    catalog: Catalog,
    regions: Mapping[str, Iterable[str]],
    types: Iterable[str],
    *,
    mode: Mode = "deep",
    managed: Mapping[str, int] | None = None,
    recorded: Recorded | None = None,
    only_managed: bool = False,
) -> ScanPlan:
    """The shards for accounts and their regions.

    ``regions`` maps each account to the regions asked of it; ``types`` are names of the catalog (those
    that instances are assembled from are added); ``managed`` counts the managed instances per type,
    which the expected number of calls is derived from; ``recorded`` gives what the states record of those of a type
    that may be in a scope, for types that are looked up. With ``only_managed`` nobody asks who made an object.
    """
    entries = [catalog[name] for name in with_parts(catalog, types)]
    if only_managed:
        entries = [_without_origins(entry) for entry in entries]
    counts = managed or {}
    shards: list[Shard] = []
    for account, asked in regions.items():
        places: list[str | None] = [None, *asked]
        partition = partition_of(places)
        for region in places:
            scope = Scope(cloud=catalog.cloud, account=account, region=region)
            here = [entry for entry in entries if entry.source and (entry.reach == GLOBAL) == (region is None)]
            here = [entry for entry in here if not entry.lookup or counts.get(entry.name)]
            lookups = {
                entry.name: _named(entry.lookup, recorded(entry, scope)) for entry in here if entry.lookup and recorded
            }
            planned = _shards(scope, here, mode, counts, 1 if region is None else max(1, len(places) - 1))
            shards += (_completed(shard, partition, lookups) for shard in planned)
    return ScanPlan(shards=tuple(shards), mode=mode)


def _without_origins(entry: ResourceType) -> ResourceType:
    joins = {name: join for name, join in entry.joins.items() if name not in origin_joins(entry)}
    return msgspec.structs.replace(entry, joins=joins)


def _named(lookup: Call, recorded: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """What a lookup needs of each instance, and no more: a plan is shown."""
    names = sorted(name for path in (*lookup.given.values(), lookup.region or "") if path for name in names_in(path))
    found = ({name: attributes.get(name) for name in names} for attributes in recorded)
    return tuple({repr(one): one for one in found}.values())


def _completed(shard: Shard, partition: str, lookups: Lookups) -> Shard:
    own = {name: found for name, found in lookups.items() if name in shard.types}
    return msgspec.structs.replace(shard, partition=partition, lookups=own)


def partition_of(regions: Iterable[str | None]) -> str:
    """The AWS partition that regions belong to: an account has regions of one alone.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    prefixes = {(region or "").partition("-")[0] for region in regions}
    gov = any((region or "").startswith("us-gov-") for region in regions)
    return "aws-us-gov" if gov else "aws-cn" if "cn" in prefixes else "aws"


def with_parts(catalog: Catalog, types: Iterable[str]) -> tuple[str, ...]:
    """The types, and those that their instances are assembled from."""
    names = dict.fromkeys(catalog.canonical(name) for name in types)
    return tuple(dict.fromkeys((*names, *(part for name in names for part in catalog[name].parts))))


def _shards(
    scope: Scope, entries: Iterable[ResourceType], mode: Mode, counts: Mapping[str, int], places: int
) -> Iterable[Shard]:
    services: dict[str, list[ResourceType]] = {}
    for entry in entries:
        if entry.source:
            services.setdefault(entry.source.service, []).append(entry)
    shares = {entry.name: ceil(counts.get(entry.name, 0) / places) for entry in entries}
    unions = _unions(entries)
    asked = {service: _bulk_calls(group, mode) for service, group in services.items()}
    often = Counter(call for calls in asked.values() for call in calls)
    told = {_asked(entry.list) for entry in entries if entry.list}
    united: set[str] = set()
    for service, group in services.items():
        own = _unions(group).keys()
        planned = tuple(_planned(group, mode, shares, told))
        yield Shard(
            scope=scope,
            service=service,
            types=tuple(entry.name for entry in group),
            # The first shard that needs a bulk source asks for it; the others have its answer.
            calls=(*planned, *(_planned_union(unions[name], shares) for name in own if name not in united)),
            mode=mode,
            shared=tuple(sorted({operation for operation, params in asked[service] if often[operation, params] > 1})),
            unions={name: _values(unions[name]) for name in own},
        )
        told |= asked[service]
        united |= own


def _asked(call: Call) -> tuple[str, str]:
    """What tells a call that does not depend on an item from every other: operation and parameters."""
    return call.operation, repr(sorted(call.params.items()))


def _bulk_calls(entries: Iterable[ResourceType], mode: Mode) -> set[tuple[str, str]]:
    """The calls whose answers types of several shards may need."""
    return {
        _asked(call)
        for entry in entries
        for kind, call in _calls(entry, mode)
        if kind in {"list", "join"} and not call.given and not call.union
    }


def _unions(entries: Iterable[ResourceType]) -> dict[str, list[tuple[ResourceType, Call]]]:
    """By operation the calls that are asked as one, each with its type."""
    found: dict[str, list[tuple[ResourceType, Call]]] = {}
    for entry in entries:
        for join in entry.joins.values():
            if join.call.union:
                found.setdefault(join.call.operation, []).append((entry, join.call))
    return found


def _values(calls: Iterable[tuple[ResourceType, Call]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for _, call in calls for value in call.params[call.union or ""]))


def _planned_union(calls: Sequence[tuple[ResourceType, Call]], shares: Mapping[str, int]) -> PlannedCall:
    types = tuple(dict.fromkeys(entry.name for entry, _ in calls))
    return PlannedCall(
        operation=calls[0][1].operation,
        kind="join",
        types=types,
        expected=max(1, ceil(sum(shares[name] for name in types) / PAGE_SIZE)),
        permissions=call_actions(calls[0][1]),
    )


def _planned(
    entries: Iterable[ResourceType], mode: Mode, shares: Mapping[str, int], told: Collection[tuple[str, str]]
) -> Iterable[PlannedCall]:
    """The calls of a shard but for unions, and for bulk sources that are told elsewhere."""
    merged: dict[tuple[str, str, str], PlannedCall] = {}
    for name, kind, call in ((entry.name, *asked) for entry in entries for asked in _calls(entry, mode)):
        if call.union or (kind == "join" and not call.given and _asked(call) in told):
            continue
        expected = max(1, ceil(shares[name] / PAGE_SIZE)) if kind in {"list", "join"} else shares[name]
        key = (call.operation, kind, repr((call.params, call.given)))
        known = merged.get(key)
        merged[key] = PlannedCall(
            operation=call.operation,
            kind=kind,
            types=(*(known.types if known else ()), name),
            expected=max(expected, known.expected if known else 0),
            permissions=call_actions(call),
        )
    return merged.values()


def _calls(entry: ResourceType, mode: Mode) -> Iterable[tuple[CallKind, Call]]:
    if entry.list:
        yield "list", entry.list
    if entry.lookup:
        yield "lookup", entry.lookup
    if isinstance(entry.expand, Call):
        yield "expand", entry.expand
    for join in entry.joins.values():
        if join.of:
            yield "join", join.of
        yield "join", join.call
    for name, call in entry.details.items():
        if mode != "quick" or (entry.exists and name in entry.exists):
            yield "detail", call
