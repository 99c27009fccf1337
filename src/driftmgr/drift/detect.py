"""Verdicts: what is changed, missing, unmanaged, and what cannot be said. Pure.

The honesty rule: absent, unreadable and unsupported never look alike. An instance is missing only where its type was listed
without a gap in the scope where it lives.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, ResourceType
from driftmgr.drift.companions import Companions, Family
from driftmgr.drift.compare import STALE_SCHEMA, Comparator
from driftmgr.drift.match import Matching, match, object_key
from driftmgr.drift.traits import Traits, traits_of
from driftmgr.model import AttributeChange, Drift, Gap, RemoteObject, ResourceInstance, Scope, Summary

_SUSPICIOUS_SHARE, _SUSPICIOUS_COUNT = 0.2, 3
_SEVERITIES = ("critical", "high", "medium", "low")
_KINDS = ("missing", "changed", "unmanaged")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan was asked: regions per account, types, and how to judge.

    ``regions_named`` says that the user chose the regions: instances elsewhere are then outside the question, not a gap.
    """

    regions: Mapping[str, tuple[str, ...]]
    types: frozenset[str]
    regions_named: bool = False
    managed_only: bool = False
    include_defaults: bool = False


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of one scan. ``suppressed`` are in-sync instances with differences that rules explain."""

    drifts: tuple[Drift, ...]
    gaps: tuple[Gap, ...]
    summary: Summary
    suppressed: tuple[Drift, ...] = ()


def detect(
    catalog: Catalog,
    instances: Iterable[ResourceInstance],
    objects: Sequence[RemoteObject],
    gaps: Sequence[Gap],
    asked: Asked,
) -> Findings:
    """Judge every instance and object."""
    traits = traits_of(instances, catalog)
    return _Judge(catalog, traits, objects, gaps, asked).findings()


class _Judge:
    def __init__(
        self,
        catalog: Catalog,
        traits: tuple[Traits, ...],
        objects: Sequence[RemoteObject],
        gaps: Sequence[Gap],
        asked: Asked,
    ) -> None:
        self._catalog = catalog
        self._traits = tuple(item for item in traits if item.entry.name in asked.types)
        self._objects = objects
        self._asked = asked
        self._gaps = list(gaps)
        self._blind = {gap.type: [g.scope for g in gaps if g.type == gap.type and not g.attributes] for gap in gaps}
        self._matching: Matching = match(catalog, traits, objects)
        self._companions = Companions(catalog, traits, objects)
        self._family = Family(catalog, self._matching, objects)
        self._comparators: dict[str, Comparator] = {}
        self._drifts: list[Drift] = []
        self._suppressed: list[Drift] = []
        self._counts: Counter[str] = Counter()
        self._unverified: Counter[tuple[str, Scope | None]] = Counter()

    def findings(self) -> Findings:
        spoken_for = set[Any]()
        for item, found in self._matching.pairs:
            if not self._counts_here(item):
                continue
            recorded = item.instance.attributes
            skip = self._companions.skipped(found.type, recorded, found.attributes)
            spoken_for |= self._companions.spoken_for(found.type, recorded, found.attributes)
            self._compare(item, recorded, found.attributes, found.scope, found.id, skip, found.unread)
        for item, whole in self._matching.assembled:
            if self._counts_here(item):
                recorded = item.instance.attributes
                self._compare(item, recorded, whole.attributes, self._home(item), recorded.get("id"), {}, ())
        for item, candidates in self._matching.ambiguous:
            if self._counts_here(item):
                self._no_verdict(item, "match", f"{len(candidates)} objects answer to its id")
        self._judge_unmatched()
        if not self._asked.managed_only:
            for found in self._objects:
                self._judge_object(found, spoken_for)
        return self._result()

    def _counts_here(self, item: Traits) -> bool:
        if item.entry.name not in self._asked.types:
            return False
        if item.instance.status != "ready":
            word = "Terraform will replace it" if item.instance.status == "tainted" else "Terraform will destroy it"
            self._no_verdict(item, "compare", f"{item.instance.status} in the state: {word}")
            return False
        return True

    def _comparator(self, entry: ResourceType) -> Comparator:
        if entry.name not in self._comparators:
            self._comparators[entry.name] = Comparator(entry, self._catalog.schemas[entry.name])
        return self._comparators[entry.name]

    def _compare(
        self,
        item: Traits,
        recorded: Mapping[str, Any],
        observed: Mapping[str, Any],
        scope: Scope,
        identity: str | None,
        skip: Mapping[str, str],
        unread: tuple[str, ...],
    ) -> None:
        changes = self._comparator(item.entry).compare(
            recorded, observed, skip=skip, sensitive=item.instance.sensitive
        )
        stale = [change for change in changes if change.rule == STALE_SCHEMA]
        self._gaps += [self._stale(item, scope, change) for change in stale]
        counted = tuple(change for change in changes if change.classification == "drift")
        others = tuple(change for change in changes if change.classification != "drift" and change not in stale)
        self._counts["suppressed"] += len(others)
        verdict = Drift(
            kind="changed",
            type=item.instance.type,
            id=identity,
            scope=scope,
            severity=item.entry.criticality,
            address=str(item.instance.address),
            name=_name(recorded),
            source=item.instance.source or None,
            changes=counted,
            suppressed=others,
        )
        if counted:
            self._drifts.append(verdict)
            self._counts["changed"] += 1
        elif unread or stale:
            self._counts["unverified"] += 1
            self._unverified[item.entry.name, scope] += 1
        else:
            self._counts["in_sync"] += 1
        if others and not counted:
            self._suppressed.append(verdict)

    def _stale(self, item: Traits, scope: Scope, change: AttributeChange) -> Gap:
        return Gap(
            type=item.instance.type,
            scope=scope,
            operation="compare",
            reason="stale_schema",
            message=f"{item.instance.address}: {change.path} was recorded by a provider of another schema",
            attributes=(change.path,),
            instances=1,
        )

    def _no_verdict(self, item: Traits, operation: str, why: str) -> None:
        self._counts["unverified"] += 1
        self._gaps.append(
            Gap(
                type=item.instance.type,
                scope=self._home(item),
                operation=operation,
                reason="unsupported",
                message=f"{item.instance.address}: {why}",
                instances=1,
            )
        )

    def _home(self, item: Traits) -> Scope:
        account = item.account or next(iter(self._asked.regions), "")
        return Scope(cloud=self._catalog.cloud, account=account, region=item.region)

    def _judge_unmatched(self) -> None:
        missing: dict[tuple[str, str], list[Traits]] = {}
        elsewhere: dict[tuple[str, str], list[Traits]] = {}
        for item in self._matching.unmatched:
            if not self._counts_here(item):
                continue
            if (place := self._place_not_asked(item)) is not None:
                if place[0] == "region" and self._asked.regions_named:
                    self._counts["outside"] += 1
                else:
                    elsewhere.setdefault(place, []).append(item)
            elif (blind := self._blind_scope(item)) is not None:
                self._counts["unverified"] += 1
                self._unverified[blind] += 1
            else:
                missing.setdefault((item.instance.source, item.instance.provider), []).append(item)
        self._gaps += [self._not_asked(place, items) for place, items in elsewhere.items()]
        for configuration, items in missing.items():
            if self._is_suspicious(configuration, items):
                self._gaps.append(self._wrong_account(configuration, items))
            else:
                self._drifts += [self._missing(item) for item in items]
                self._counts["missing"] += len(items)

    def _place_not_asked(self, item: Traits) -> tuple[str, str] | None:
        if item.account and item.account not in self._asked.regions:
            return "account", item.account
        accounts = [item.account] if item.account else list(self._asked.regions)
        if item.region and not any(item.region in self._asked.regions[account] for account in accounts):
            return "region", item.region
        return None

    def _blind_scope(self, item: Traits) -> tuple[str, Scope | None] | None:
        for name in item.entry.parts or (item.entry.name,):
            for scope in self._blind.get(name, ()):
                if scope is None or (
                    item.account in (None, scope.account)
                    and (item.region in (None, scope.region) or self._catalog[name].reach == GLOBAL)
                ):
                    return name, scope
        return None

    def _not_asked(self, place: tuple[str, str], items: Sequence[Traits]) -> Gap:
        self._counts["unverified"] += len(items)
        what, name = place
        signed_in = ", ".join(sorted(self._asked.regions))
        message = (
            f"{len(items)} instances live in account {name}, the credentials are for {signed_in}"
            if what == "account"
            else f"{len(items)} instances live in region {name}, which was not asked"
        )
        account = name if what == "account" else next(iter(self._asked.regions), "")
        region = None if what == "account" else name
        return Gap(
            type="*",
            scope=Scope(cloud=self._catalog.cloud, account=account, region=region),
            operation="scan",
            reason="unreachable",
            message=message,
            instances=len(items),
        )

    def _is_suspicious(self, configuration: tuple[str, str], items: Sequence[Traits]) -> bool:
        mine = [t for t in self._traits if (t.instance.source, t.instance.provider) == configuration]
        if len(items) < _SUSPICIOUS_COUNT or len(items) <= _SUSPICIOUS_SHARE * len(mine):
            return False
        # An object that answers to an ARN of this very account shows that the account is the right one.
        return not any(
            item.recorded_account == found.scope.account
            for item, found in self._matching.pairs
            if (item.instance.source, item.instance.provider) == configuration
        )

    def _wrong_account(self, configuration: tuple[str, str], items: Sequence[Traits]) -> Gap:
        self._counts["unverified"] += len(items)
        recorded = sorted({item.account for item in items if item.account}) or ["not recorded"]
        asked = "; ".join(f"{account} in {', '.join(regions)}" for account, regions in self._asked.regions.items())
        return Gap(
            type="*",
            operation="match",
            reason="unreachable",
            message=(
                f"none of the {len(items)} missing instances of {configuration[1]} ({configuration[0]}) can be believed: "
                f"nothing of it was found. Check credentials, account and region: scanned {asked}; the state is of account "
                f"{', '.join(recorded)}"
            ),
            instances=len(items),
        )

    def _missing(self, item: Traits) -> Drift:
        recorded = item.instance.attributes
        return Drift(
            kind="missing",
            type=item.instance.type,
            id=recorded.get("id"),
            scope=self._home(item),
            severity=item.entry.criticality,
            address=str(item.instance.address),
            name=_name(recorded),
            source=item.instance.source or None,
        )

    def _judge_object(self, found: RemoteObject, spoken_for: set[Any]) -> None:
        key = object_key(found)
        if key in self._matching.managed or key in spoken_for or found.type not in self._asked.types:
            return
        if self._is_elsewhere(found):
            return
        parent = self._family.unmanaged_parent(found)
        standing = parent or found
        if not self._asked.include_defaults:
            if standing.is_default or found.is_default:
                self._counts["defaults"] += 1
                return
            if standing.owner or found.owner:
                self._counts["owned"] += 1
                return
        if parent is not None and parent.type in self._asked.types:
            return
        self._counts["unmanaged"] += 1
        self._drifts.append(
            Drift(
                kind="unmanaged",
                type=found.type,
                id=found.id,
                scope=found.scope,
                severity=self._catalog[found.type].criticality,
                parent=self._family.parent_address(found),
                name=_name(found.attributes),
            )
        )

    def _is_elsewhere(self, found: RemoteObject) -> bool:
        # A bucket is listed everywhere; it counts where it lives.
        region = found.scope.region
        return region is not None and region not in self._asked.regions.get(found.scope.account, ())

    def _result(self) -> Findings:
        counts = self._counts
        managed = sum(counts[name] for name in ("in_sync", "changed", "missing", "unverified"))
        counted = {key: number for key, number in self._unverified.items()}
        gaps = tuple(
            msgspec.structs.replace(gap, instances=counted[gap.type, gap.scope])
            if (gap.type, gap.scope) in counted and not gap.instances
            else gap
            for gap in self._gaps
        )
        summary = Summary(
            managed=managed,
            gaps=len(gaps),
            coverage=round(1 - counts["unverified"] / managed, 4) if managed else 1.0,
            **{
                name: counts[name]
                for name in (
                    "in_sync", "changed", "missing", "unmanaged", "unverified", "suppressed", "defaults", "owned", "outside"
                )
            },
        )
        return Findings(
            drifts=tuple(sorted(self._drifts, key=_order)), gaps=gaps, summary=summary, suppressed=tuple(self._suppressed)
        )


def _order(drift: Drift) -> tuple[int, int, str, str]:
    return _SEVERITIES.index(drift.severity), _KINDS.index(drift.kind), drift.address or drift.type, drift.id or ""


def _name(attributes: Mapping[str, Any]) -> str | None:
    tags = attributes.get("tags_all") or attributes.get("tags")
    tagged = tags.get("Name") if isinstance(tags, dict) else None
    name = attributes.get("name") or tagged
    return name if isinstance(name, str) else None
