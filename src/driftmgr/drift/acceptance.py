"""What a team would accept now: the objects that a scan saw, held to what is accepted already. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.drift.companions import Companions, rest
from driftmgr.drift.compare import Comparator
from driftmgr.drift.detect import Asked, Findings, home_of
from driftmgr.drift.match import ObjectIndex, ObjectKey, match, object_key, placed_by_objects
from driftmgr.drift.traits import may_be_in, traits_of
from driftmgr.model import AcceptedObject, AttributeChange, Gap, RemoteObject, ResourceInstance

Choose = Callable[[AcceptedObject], bool]


class ScannedCloud(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan saw of one cloud and what it made of it; ``states`` are those it read, as ``Accepted`` has them."""

    catalog: Catalog
    instances: tuple[ResourceInstance, ...]
    others: tuple[ResourceInstance, ...]
    index: ObjectIndex
    gaps: Sequence[Gap]
    asked: Asked
    findings: Findings
    states: Mapping[str, str]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """One object that an acceptance would add, replace or remove; ``changes`` tell accepted and present value."""

    kind: Literal["new", "changed", "gone"]
    object: AcceptedObject
    changes: tuple[AttributeChange, ...] = ()


def propose(
    seen: ScannedCloud,
    accepted: Iterable[AcceptedObject],
    *,
    choose: Choose = lambda _: True,
    unmanaged: bool = False,
    in_sync: bool = False,
) -> tuple[Proposed, ...]:
    """What accepting would change, sorted.

    ``unmanaged`` objects are taken only when asked for. ``in_sync`` leaves out everything that has a finding.
    """
    kept = {_key(found): found for found in accepted}
    now = {_key(found): found for found in _accepted_now(seen, kept, unmanaged=unmanaged)}
    found = [*_present(seen, kept, now), *(Proposed(kind="gone", object=gone) for gone in _gone(seen, kept, now))]
    told = {(drift.address, drift.id, drift.scope) for drift in seen.findings.drifts} if in_sync else set()
    return tuple(
        sorted((item for item in found if choose(item.object) and _finding(item.object) not in told), key=_order)
    )


def _key(found: AcceptedObject) -> ObjectKey:
    return found.type, found.id, found.scope


def _finding(found: AcceptedObject) -> tuple[object, ...]:
    return found.address, found.id, found.scope


def _order(item: Proposed) -> tuple[str, ...]:
    found = item.object
    return found.address or "", found.type, found.id, str(found.scope)


def _accepted_now(
    seen: ScannedCloud, kept: Mapping[ObjectKey, AcceptedObject], *, unmanaged: bool
) -> Iterator[AcceptedObject]:
    asked = seen.asked
    traits = placed_by_objects(traits_of(seen.instances, seen.catalog), seen.index)
    matching = match(seen.catalog, traits, seen.index, seen.others)
    companions = Companions(seen.catalog, traits, seen.index.objects, seen.others, reported=asked.types)
    pairs = [(item, _own(companions, found)) for item, found in matching.pairs if asked.covers(found.scope)]
    for item, whole in matching.assembled:
        # The parts tell some attributes only; with the recorded ones the instance can be found again.
        attributes = {**item.instance.attributes, **whole.attributes}
        identity = str(attributes.get("id") or "")
        home = home_of(item, asked, seen.catalog.cloud)
        pairs.append((item, RemoteObject(type=item.entry.name, id=identity, scope=home, attributes=attributes)))
    for item, found in pairs:
        if item.entry.name in asked.types and item.instance.status == "ready":
            yield msgspec.structs.replace(
                _accepted(found, kept.get(object_key(found))),
                address=str(item.instance.address),
                state=seen.states.get(item.instance.source),
                provider=item.instance.provider,
                sensitive=item.instance.sensitive,
            )
    if unmanaged:
        strangers = (drift for drift in (*seen.findings.drifts, *seen.findings.ignored) if drift.kind == "unmanaged")
        keys = {(drift.type, drift.id, drift.scope) for drift in strangers}
        yield from (
            _accepted(found, kept.get(object_key(found))) for found in seen.index.objects if object_key(found) in keys
        )


def _own(companions: Companions, found: RemoteObject) -> RemoteObject:
    """An object without what others put into its lists: that is theirs, and comes and goes with them."""
    own = {name: rest(found.attributes, name, theirs) for name, theirs in companions.added(found).items()}
    return msgspec.structs.replace(found, attributes={**found.attributes, **own})


def _accepted(found: RemoteObject, before: AcceptedObject | None) -> AcceptedObject:
    # What could not be read now stays as it was accepted.
    earlier = before.attributes if before and found.unread else {}
    unread = {name: value for name, value in earlier.items() if name in found.unread}
    return AcceptedObject.of({**unread, **found.attributes}, type=found.type, id=found.id, scope=found.scope)


def _present(
    seen: ScannedCloud, kept: Mapping[ObjectKey, AcceptedObject], now: Mapping[ObjectKey, AcceptedObject]
) -> Iterator[Proposed]:
    comparators: dict[str, Comparator] = {}
    for key, found in now.items():
        before = kept.get(key)
        if before is None:
            yield Proposed(kind="new", object=found)
            continue
        if found.type not in comparators:
            comparators[found.type] = Comparator(seen.catalog[found.type], seen.catalog.schemas[found.type])
        accepted, present = before.attributes, found.attributes
        since = comparators[found.type].compare(
            accepted, present, sensitive=tuple({*before.sensitive, *found.sensitive})
        )
        changes = tuple(change for change in since if change.classification == "drift")
        moved = (before.address, before.state) != (found.address, found.state)
        if changes or moved or present.keys() - accepted.keys():
            yield Proposed(kind="changed", object=found, changes=changes)


def _gone(
    seen: ScannedCloud, kept: Mapping[ObjectKey, AcceptedObject], now: Mapping[ObjectKey, AcceptedObject]
) -> Iterator[AcceptedObject]:
    """Accepted objects that left, as far as was looked: an instance its state, an unmanaged object the cloud."""
    known = {
        (seen.states.get(instance.source), seen.catalog.canonical(instance.type), str(instance.address))
        for instance in seen.instances
    }
    there = {object_key(found) for found in seen.index.objects}
    read = set(seen.states.values())
    for key, found in kept.items():
        asked = found.type in seen.asked.types and seen.asked.covers(found.scope)
        if key in now or not asked or _is_blind(seen.gaps, found):
            continue
        if found.address is None:
            left = key not in there
        else:
            left = found.state in read and (found.state, found.type, found.address) not in known
        if left:
            yield found


def _is_blind(gaps: Iterable[Gap], found: AcceptedObject) -> bool:
    place = found.scope.account, found.scope.region
    return any(
        gap.type == found.type and not gap.attributes and (gap.scope is None or may_be_in(place, gap.scope))
        for gap in gaps
    )
