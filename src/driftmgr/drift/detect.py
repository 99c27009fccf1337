"""Verdicts: what is changed, missing, unmanaged, and what cannot be said. Pure.

The honesty rule: absent, unreadable and unsupported never look alike. An instance is missing only where its type was
listed without a gap in the scope where it lives.
"""

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Assembled, ResourceType
from driftmgr.catalog.references import MANAGED_BY_COMPANION
from driftmgr.drift.absorbed import ACCEPTED, Accepted
from driftmgr.drift.companions import Companions, Family, rest
from driftmgr.drift.compare import STALE_SCHEMA, Comparator
from driftmgr.drift.match import Matching, ObjectIndex, ObjectKey, match, object_key, placed_by_objects
from driftmgr.drift.traits import Traits, may_be_in, traits_of
from driftmgr.model import (
    AttributeChange,
    Drift,
    Gap,
    RemoteObject,
    ResourceInstance,
    Scope,
    Summary,
    coverage_of,
    tags_of,
    worst_first,
)

_SUSPICIOUS_SHARE, _SUSPICIOUS_COUNT = 0.2, 3
_COUNTED = (
    "in_sync",
    "changed",
    "missing",
    "unmanaged",
    "unverified",
    "suppressed",
    "defaults",
    "owned",
    "outside",
    "ignored",
)
_EVERYTHING = "*"
"""The type of a gap that stands for all types: an account that nobody could sign in to."""
_COUNTING = frozenset({"drift", "absorbed"})
_PARENT = "parent"
"""Stands among the lost attributes of a gap for the object that others belong to."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan was asked: regions per account, types, and how to judge.

    ``regions_named`` says that the user chose the regions: instances elsewhere are then outside the question, no gap.
    ``trust_missing`` lifts the suspicion that many missing instances mean a wrong account or region.
    """

    regions: Mapping[str, tuple[str, ...]]
    types: frozenset[str]
    regions_named: bool = False
    managed_only: bool = False
    include_defaults: bool = False
    trust_missing: bool = False

    def covers(self, scope: Scope) -> bool:
        """Whether a place was asked about; what a cloud keeps once per account has no region."""
        return scope.account in self.regions and (scope.region is None or scope.region in self.regions[scope.account])


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of one scan. ``suppressed`` are in-sync instances with differences that rules explain.

    ``ignored`` are unmanaged objects that the team accepted; ``accepted`` counts the instances that were held to what
    it accepted, ``unaccepted`` those of which it accepted nothing.
    """

    drifts: tuple[Drift, ...]
    gaps: tuple[Gap, ...]
    summary: Summary
    suppressed: tuple[Drift, ...] = ()
    ignored: tuple[Drift, ...] = ()
    accepted: int = 0
    unaccepted: int = 0


def detect(  # noqa: PLR0913  # the two sides, what is known of them, and the question
    catalog: Catalog,
    instances: Iterable[ResourceInstance],
    found: ObjectIndex,
    gaps: Sequence[Gap],
    asked: Asked,
    *,
    others: Iterable[ResourceInstance] = (),
    accepted: Accepted | None = None,
) -> Findings:
    """Judge every instance and object.

    ``others`` are managed instances of types that the catalog lacks: they may manage a part of an object that it has.
    ``accepted`` is what the team accepted, where it did.
    """
    traits, others = placed_by_objects(traits_of(instances, catalog), found), tuple(others)
    reported: frozenset[str] = frozenset() if asked.managed_only else asked.types
    companions = Companions(catalog, traits, found.objects, others, reported=reported)
    matching = match(catalog, traits, found, others)
    return _Judge(catalog, matching, gaps, asked, companions, accepted or Accepted((), {})).findings(found)


class _Judge:
    def __init__(  # noqa: PLR0913, PLR0917  # what ``detect`` is given, prepared
        self,
        catalog: Catalog,
        matching: Matching,
        gaps: Sequence[Gap],
        asked: Asked,
        companions: Companions,
        accepted: Accepted,
    ) -> None:
        self._catalog = catalog
        self._asked = asked
        self._gaps = list(gaps)
        self._blind: dict[str, list[Gap]] = {}
        for gap in gaps:
            if not gap.attributes:
                self._blind.setdefault(gap.type, []).append(gap)
        self._matching = matching
        self._sizes = Counter(item.configuration for item in matching.instances if item.entry.name in asked.types)
        self._companions = companions
        self._accepted = accepted
        self._comparators: dict[str, Comparator] = {}
        self._drifts: list[Drift] = []
        self._suppressed: list[Drift] = []
        self._ignored: list[Drift] = []
        self._counts: Counter[str] = Counter()
        self._unverified: Counter[tuple[str, Scope | None]] = Counter()
        self._orphans: Counter[tuple[str, Gap]] = Counter()

    def findings(self, index: ObjectIndex) -> Findings:
        """All verdicts; to be asked for once."""
        objects = index.objects
        spoken_for: set[ObjectKey] = set()
        for item, found in self._matching.pairs:
            spoken_for |= self._judge_pair(item, found)
        for item, whole in self._matching.assembled:
            if self._counts_here(item):
                self._judge_assembled(item, whole)
        for item, candidates in self._matching.ambiguous:
            if self._counts_here(item):
                self._no_verdict(item, "match", f"{len(candidates)} objects answer to its id")
        self._judge_unmatched()
        self._judge_lost(index)
        if not self._asked.managed_only:
            adopted = self._companions.adopted(objects)
            spoken_for |= adopted.addresses.keys() | adopted.children
            family = Family(self._catalog, self._matching, objects, adopted, self._blind)
            for found in objects:
                if object_key(found) not in spoken_for:
                    self._judge_object(found, family)
            self._gaps += [_orphaned(kind, gap, number) for (kind, gap), number in self._orphans.items()]
        return self._result()

    def _judge_assembled(self, item: Traits, whole: Assembled) -> None:
        """Compare an instance with what it is put together from, if all that it may be put together from was seen."""
        if (blind := self._blind_scope(item)) is not None:
            self._counts["unverified"] += 1
            self._unverified[blind] += 1
            return
        recorded = item.instance.attributes
        identity = str(recorded.get("id") or "")
        made = RemoteObject(
            type=item.entry.name,
            id=identity,
            scope=self._home(item),
            attributes=whole.attributes,
            unread=whole.unread,
        )
        self._compare(item, recorded, made, {}, {})

    def _judge_pair(self, item: Traits, found: RemoteObject) -> set[ObjectKey]:
        """Compare an instance with its object; gives the other objects that this row speaks for."""
        if item.entry.name not in self._asked.types:
            return set()
        if self._asked.regions_named and self._is_elsewhere(found):
            self._counts["outside"] += 1
            return set()
        recorded = item.instance.attributes
        if self._counts_here(item) and not self._may_be_unseen(item):
            self._compare_own(item, recorded, found)
        return self._companions.spoken_for(found.type, recorded, found.attributes, found.scope)

    def _may_be_unseen(self, item: Traits) -> bool:
        """Whether its object may be one of an account that was not looked at, which has the same name there."""
        unseen = self._blind.get(_EVERYTHING)
        if not unseen or item.account or item.is_unique:
            return False
        self._counts["unverified"] += 1
        self._unverified[_EVERYTHING, unseen[0].scope] += 1
        return True

    def _compare_own(self, item: Traits, recorded: dict[str, Any], found: RemoteObject) -> None:
        """Compare what is the instance's own: neither attributes that show others nor what others put into lists."""
        skip = self._companions.skipped(found.type, recorded, found.attributes, found.scope)
        observed = found.attributes
        added = {name: theirs for name, theirs in self._companions.added(found).items() if name not in skip}
        for name, theirs in added.items():
            if name not in observed:
                continue
            ours, live = rest(recorded, name, theirs), rest(observed, name, theirs)
            if set(map(str, ours)) == set(map(str, live)):
                skip[name] = MANAGED_BY_COMPANION
            else:
                recorded, observed = recorded | {name: ours}, observed | {name: live}
        self._compare(item, recorded, msgspec.structs.replace(found, attributes=observed), skip, added)

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
        found: RemoteObject,
        skip: Mapping[str, str],
        added: Mapping[str, frozenset[str]],
    ) -> None:
        comparator = self._comparator(item.entry)
        changes = comparator.compare(recorded, found.attributes, skip=skip, sensitive=item.instance.sensitive)
        kept = self._accepted.instance(found)
        self._counts["unaccepted" if kept is None else "accepted"] += 1
        if kept is not None:
            changes += self._accepted.changes(
                kept, item.instance, recorded, found, changes, comparator=comparator, skip=skip, added=added
            )
        if not changes and not found.unread:
            self._counts["in_sync"] += 1
            return
        stale = [change for change in changes if change.rule == STALE_SCHEMA]
        self._gaps += [self._stale(item, found.scope, change) for change in stale]
        counted = tuple(change for change in changes if change.classification in _COUNTING)
        others = tuple(change for change in changes if change.classification not in _COUNTING and change not in stale)
        self._counts["suppressed"] += len(others)
        verdict = Drift(
            kind="changed",
            type=item.instance.type,
            id=found.id or None,
            scope=found.scope,
            severity=item.entry.criticality,
            address=str(item.instance.address),
            name=_name(recorded),
            source=item.instance.source or None,
            changes=counted,
            suppressed=others,
            tags=found.tags,
        )
        if counted:
            self._drifts.append(verdict)
            self._counts["changed"] += 1
        elif found.unread or stale:
            self._counts["unverified"] += 1
            for name in item.entry.parts or (item.entry.name,):
                self._unverified[name, found.scope] += 1
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
        return home_of(item, self._asked, self._catalog.cloud)

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
                missing.setdefault(item.configuration, []).append(item)
        self._gaps += [self._not_asked(place, items) for place, items in elsewhere.items()]
        for configuration, items in missing.items():
            if self._is_suspicious(configuration, items):
                self._gaps.append(self._wrong_account(configuration, items))
            else:
                self._drifts += [self._missing(item) for item in items]
                self._counts["missing"] += len(items)

    def _judge_lost(self, index: ObjectIndex) -> None:
        """Accepted instances that state and cloud have lost both: a refresh took them out of the state."""
        for item in self._accepted.lost(self._catalog, self._matching.instances, index, self._asked.types):
            if self._place_not_asked(item) is None and self._blind_scope(item) is None:
                gone = self._missing(item)
                change = AttributeChange(path="id", recorded=gone.id, classification="absorbed")
                self._drifts.append(msgspec.structs.replace(gone, changes=(change,)))
                self._counts["missing"] += 1

    def _place_not_asked(self, item: Traits) -> tuple[str, str] | None:
        if item.account and item.account not in self._asked.regions:
            return "account", item.account
        accounts = [item.account] if item.account else list(self._asked.regions)
        if item.region and not any(item.region in self._asked.regions[account] for account in accounts):
            return "region", item.region
        return None

    def _blind_scope(self, item: Traits) -> tuple[str, Scope | None] | None:
        for name in (*(item.entry.parts or (item.entry.name,)), _EVERYTHING):
            for gap in self._blind.get(name, ()):
                if gap.scope is None or may_be_in((item.account, item.region), gap.scope):
                    return name, gap.scope
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
        if self._asked.trust_missing or len(items) < _SUSPICIOUS_COUNT:
            return False
        if len(items) <= _SUSPICIOUS_SHARE * self._sizes[configuration]:
            return False
        # An object that answers to an ARN of this very account shows that the account is the right one; an instance
        # that tells no region needs a neighbour found in a region to show that this is right too.
        shown = self._evidence.get(configuration, set())
        regions_known = any(scope.region for scope in shown) or all(
            item.region or item.entry.reach == GLOBAL for item in items
        )
        return not (shown and regions_known)

    @functools.cached_property
    def _evidence(self) -> dict[tuple[str, str], set[Scope]]:
        """Per provider configuration the scopes in which an instance was found that itself names the account.

        An ARN without an account (a bucket's) is unique among all of them, so it names the account too, and so does an
        id that the cloud made up.
        """
        scopes: dict[tuple[str, str], set[Scope]] = {}
        for item, found in self._matching.pairs:
            arn = found.type, ("arn",), (str(found.attributes.get("arn")),)
            if item.recorded_account == found.scope.account or item.is_unique or arn in item.keys:
                scopes.setdefault(item.configuration, set()).add(found.scope)
        return scopes

    def _wrong_account(self, configuration: tuple[str, str], items: Sequence[Traits]) -> Gap:
        self._counts["unverified"] += len(items)
        recorded = sorted({item.account for item in items if item.account}) or ["not recorded"]
        asked = "; ".join(f"{account} in {', '.join(regions)}" for account, regions in self._asked.regions.items())
        source, provider = configuration
        return Gap(
            type="*",
            operation="match",
            reason="unreachable",
            message=(
                f"{len(items)} of {self._sizes[configuration]} instances of {provider} ({source}) were not found. "
                f"Check credentials, account and region before you believe it: scanned {asked}; the account in the "
                f"state is {', '.join(recorded)}"
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
            tags=tags_of(recorded),
        )

    def _judge_object(self, found: RemoteObject, family: Family) -> None:
        managed = object_key(found) in self._matching.managed
        if managed or found.type not in self._asked.types or self._is_elsewhere(found):
            return
        parent = family.unmanaged_parent(found)
        if not self._asked.include_defaults:
            if found.is_default:
                self._counts["defaults"] += 1
                return
            if found.owner or (parent is not None and parent.owner):
                self._counts["owned"] += 1
                return
            # It may be the cloud's own; the gap that cost this knowledge names ``owner``.
            if found.origin_unread or (parent is not None and parent.origin_unread):
                return
        # A part is told by the row of its unmanaged parent; a default parent has none, so what was put in has its own.
        if (gap := family.unseen_parent(found)) is not None:
            self._orphans[found.type, gap] += 1
            return
        has_row = parent is not None and (self._asked.include_defaults or not parent.is_default)
        if has_row and parent is not None and parent.type in self._asked.types:
            return
        self._judge_unmanaged(found, family.parent_address(found))

    def _judge_unmanaged(self, found: RemoteObject, parent: str | None) -> None:
        """Tell of an object that no state knows; of one that the team accepted only what changed since."""
        verdict = Drift(
            kind="unmanaged",
            type=found.type,
            id=found.id,
            scope=found.scope,
            severity=self._catalog[found.type].criticality,
            parent=parent,
            name=_name(found.attributes),
            tags=found.tags,
        )
        if (kept := self._accepted.unmanaged(found)) is not None:
            comparator = self._comparator(self._catalog[found.type])
            since = comparator.compare(kept.attributes, found.attributes, sensitive=kept.sensitive)
            verdict = msgspec.structs.replace(
                verdict, changes=tuple(change for change in since if change.classification == "drift")
            )
            if not verdict.changes:
                self._counts["ignored"] += 1
                self._ignored.append(msgspec.structs.replace(verdict, rule=ACCEPTED))
                return
        self._counts["unmanaged"] += 1
        self._drifts.append(verdict)

    def _is_elsewhere(self, found: RemoteObject) -> bool:
        # A bucket is listed everywhere; it counts where it lives.
        region = found.scope.region
        return region is not None and region not in self._asked.regions.get(found.scope.account, ())

    def _result(self) -> Findings:
        counts = self._counts
        managed = sum(counts[name] for name in ("in_sync", "changed", "missing", "unverified"))
        counted = self._unverified
        gaps = tuple(
            msgspec.structs.replace(gap, instances=counted[gap.type, gap.scope])
            if (gap.type, gap.scope) in counted and not gap.instances
            else gap
            for gap in self._gaps
        )
        summary = Summary(
            managed=managed,
            gaps=len(gaps),
            coverage=coverage_of(managed, counts["unverified"]),
            **{name: counts[name] for name in _COUNTED},
        )
        return Findings(
            drifts=worst_first(self._drifts),
            gaps=gaps,
            summary=summary,
            suppressed=tuple(self._suppressed),
            ignored=tuple(self._ignored),
            accepted=counts["accepted"],
            unaccepted=counts["unaccepted"],
        )


def home_of(item: Traits, asked: Asked, cloud: str) -> Scope:
    """Where an instance lives, as far as it is known; without an account in the first that was asked."""
    return Scope(cloud=cloud, account=item.account or next(iter(asked.regions), ""), region=item.region)


def _orphaned(kind: str, parents: Gap, number: int) -> Gap:
    """The gap of objects that no state knows, and that may be parts of objects which nobody could list."""
    return msgspec.structs.replace(
        parents,
        type=kind,
        message=f"{number} of them may belong to a {parents.type}, and these could not be listed",
        attributes=(_PARENT,),
    )


def _name(attributes: Mapping[str, Any]) -> str | None:
    name = attributes.get("name") or tags_of(attributes).get("Name")
    return name if isinstance(name, str) else None
