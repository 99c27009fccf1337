"""Plan a scan: which calls, in which shards, at what cost. Pure."""

from collections.abc import Iterable, Mapping
from math import ceil

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Call, ResourceType
from driftmgr.catalog.permissions import call_actions
from driftmgr.discovery.shards import CallKind, Mode, PlannedCall, ScanPlan, Shard
from driftmgr.model import Scope

PAGE_SIZE = 100
"""Objects that one page of an average list call brings; AWS pages hold 50 to 1,000."""


def plan(
    catalog: Catalog,
    regions: Mapping[str, Iterable[str]],
    types: Iterable[str],
    *,
    mode: Mode = "deep",
    managed: Mapping[str, int] | None = None,
) -> ScanPlan:
    """The shards for accounts and their regions.

    ``regions`` maps each account to the regions asked of it; ``types`` are names of the catalog (those
    that instances are assembled from are added); ``managed`` counts the managed instances per type,
    which the expected number of calls is derived from.
    """
    entries = [catalog[name] for name in with_parts(catalog, types)]
    counts = managed or {}
    shards: list[Shard] = []
    for account, asked in regions.items():
        places: list[str | None] = [None, *asked]
        partition = partition_of(places)
        for region in places:
            scope = Scope(cloud=catalog.cloud, account=account, region=region)
            here = [entry for entry in entries if entry.list and (entry.reach == GLOBAL) == (region is None)]
            planned = _shards(scope, here, mode, counts, max(1, len(places) - 1))
            shards += (msgspec.structs.replace(shard, partition=partition) for shard in planned)
    return ScanPlan(shards=tuple(shards), mode=mode)


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
        if entry.list:
            services.setdefault(entry.list.service, []).append(entry)
    for service, group in services.items():
        yield Shard(
            scope=scope,
            service=service,
            types=tuple(entry.name for entry in group),
            calls=tuple(_planned(group, mode, counts, places)),
            mode=mode,
        )


def _planned(
    entries: Iterable[ResourceType], mode: Mode, counts: Mapping[str, int], places: int
) -> Iterable[PlannedCall]:
    merged: dict[tuple[str, str, str], PlannedCall] = {}
    for entry in entries:
        share = ceil(counts.get(entry.name, 0) / places)
        for kind, call in _calls(entry, mode):
            expected = max(1, ceil(share / PAGE_SIZE)) if kind in {"list", "join"} else share
            key = (call.operation, kind, repr((call.params, call.given)))
            known = merged.get(key)
            merged[key] = PlannedCall(
                operation=call.operation,
                kind=kind,
                types=(*(known.types if known else ()), entry.name),
                expected=max(expected, known.expected if known else 0),
                permissions=call_actions(call),
            )
    return merged.values()


def _calls(entry: ResourceType, mode: Mode) -> Iterable[tuple[CallKind, Call]]:
    if entry.list:
        yield "list", entry.list
    if isinstance(entry.expand, Call):
        yield "expand", entry.expand
    for join in entry.joins.values():
        if join.of:
            yield "join", join.of
        yield "join", join.call
    for name, call in entry.details.items():
        if mode != "quick" or (entry.exists and name in entry.exists):
            yield "detail", call
