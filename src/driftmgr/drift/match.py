"""Pair recorded instances with remote objects, by a set of candidate keys."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Assemble, Assembled
from driftmgr.drift.traits import Key, Traits, keys_of
from driftmgr.model import RemoteObject, ResourceInstance, Scope

ObjectKey = tuple[str, str, Scope]


class Matching(msgspec.Struct, frozen=True, kw_only=True):
    """Who is who.

    ``assembled`` are instances put together from several objects. ``ambiguous`` instances answer to several
    objects and get no verdict. ``managed`` are the keys of all objects that an instance stands for.
    """

    pairs: tuple[tuple[Traits, RemoteObject], ...]
    assembled: tuple[tuple[Traits, Assembled], ...]
    unmatched: tuple[Traits, ...]
    ambiguous: tuple[tuple[Traits, tuple[RemoteObject, ...]], ...]
    managed: frozenset[ObjectKey]

    @property
    def instances(self) -> Iterator[Traits]:
        """All instances, whatever became of them."""
        yield from (item for item, _ in self.pairs)
        yield from (item for item, _ in self.assembled)
        yield from (item for item, _ in self.ambiguous)
        yield from self.unmatched


def object_key(found: RemoteObject) -> ObjectKey:
    """What tells one object from every other."""
    return found.type, found.id, found.scope


class ObjectIndex:
    """Remote objects by all that an instance may know them by: filled while the cloud is still being read."""

    def __init__(self, catalog: Catalog, objects: Iterable[RemoteObject] = ()) -> None:
        self.objects: list[RemoteObject] = []
        self.by_key: dict[Key, list[RemoteObject]] = {}
        self.by_name: dict[tuple[str, str], list[RemoteObject]] = {}
        self._catalog = catalog
        for found in objects:
            self.add(found)

    def add(self, found: RemoteObject) -> None:
        """One more object; ``by_name`` has it under its own id and its parents'."""
        self.objects.append(found)
        for key in keys_of(self._catalog[found.type], found.attributes):
            self.by_key.setdefault(key, []).append(found)
        for name in {found.id, *(parent.id for parent in found.parents)}:
            self.by_name.setdefault((found.type, name), []).append(found)


def placed_by_objects(traits: Iterable[Traits], found: ObjectIndex) -> tuple[Traits, ...]:
    """Instances of a cloud whose objects do not name their account, in the one where they were found.

    A provider configuration has one account. Only ids that no other account has show which: a name may be taken in
    each of them.
    """
    instances = tuple(traits)
    shown: dict[tuple[str, str], set[str]] = {}
    for item in instances:
        if item.account is None and item.is_unique:
            key = item.entry.name, ("id",), (str(item.instance.attributes["id"]),)
            accounts = {candidate.scope.account for candidate in found.by_key.get(key, ())}
            if len(accounts) == 1:
                shown.setdefault(item.configuration, set()).update(accounts)
    settled = {name: next(iter(accounts)) for name, accounts in shown.items() if len(accounts) == 1}
    return tuple(
        msgspec.structs.replace(item, account=settled[item.configuration])
        if item.account is None and item.configuration in settled
        else item
        for item in instances
    )


def match(
    catalog: Catalog, traits: Iterable[Traits], found: ObjectIndex, others: Iterable[ResourceInstance] = ()
) -> Matching:
    """Pair each instance with the object that its most trusted key names, within its account and region.

    Several instances (of several states) may stand for one object. ``others`` are managed instances of types that the
    catalog lacks: an object with an ARN that the cloud gave one of them is managed too.
    """
    pairs, assembled, unmatched, ambiguous = [], [], [], []
    managed: set[ObjectKey] = set()
    for item in traits:
        if item.entry.assemble:
            whole = _assemble(item, item.entry.assemble, found.by_name)
            if whole is None:
                unmatched.append(item)
            else:
                assembled.append((item, whole[0]))
                managed |= whole[1]
            continue
        candidates = _candidates(item, found.by_key)
        if len(candidates) == 1:
            pairs.append((item, candidates[0]))
        elif candidates:
            ambiguous.append((item, candidates))
        else:
            unmatched.append(item)
        managed.update(map(object_key, candidates))
    managed.update(key for item, one in pairs for key in _replicas(item, one))
    arns = _arns_given(catalog, others)
    managed.update(object_key(one) for one in found.objects if one.attributes.get("arn") in arns)
    return Matching(
        pairs=tuple(pairs),
        assembled=tuple(assembled),
        unmatched=tuple(unmatched),
        ambiguous=tuple(ambiguous),
        managed=frozenset(managed),
    )


def _replicas(item: Traits, found: RemoteObject) -> Iterator[ObjectKey]:
    """The keys of objects in other regions that an instance manages with its own."""
    if item.entry.also_in is None:
        return
    block, attribute = item.entry.also_in
    for element in item.instance.attributes.get(block) or ():
        if region := element.get(attribute):
            identity = found.id.replace(f":{found.scope.region}:", f":{region}:")
            yield found.type, identity, msgspec.structs.replace(found.scope, region=region)


def _arns_given(catalog: Catalog, others: Iterable[ResourceInstance]) -> frozenset[str]:
    """The ARNs of instances whose type has its own (computed), not another object's as an argument."""
    return frozenset(
        arn
        for instance in others
        if instance.type in catalog.schemas
        and (schema := catalog.schemas[instance.type].block.attributes.get("arn")) is not None
        and not schema.configurable
        and (arn := instance.attributes.get("arn"))
    )


def _candidates(item: Traits, index: Mapping[Key, list[RemoteObject]]) -> tuple[RemoteObject, ...]:
    found: tuple[RemoteObject, ...] = ()
    for key in item.keys:
        here = tuple(candidate for candidate in index.get(key, ()) if _may_be(item, candidate))
        if len(here) == 1:
            return here
        found = found or here
    return found


def _may_be(item: Traits, candidate: RemoteObject) -> bool:
    if item.account and item.account != candidate.scope.account:
        return False
    regional = item.entry.reach != GLOBAL
    return not (regional and item.region and item.region != candidate.scope.region)


def _assemble(
    item: Traits, assemble: Assemble, parts: Mapping[tuple[str, str], list[RemoteObject]]
) -> tuple[Assembled, set[ObjectKey]] | None:
    near = {
        object_key(found): found
        for part in item.entry.parts
        for parent in dict.fromkeys(value for (_, _, value), _ in item.children_of)
        for found in parts.get((part, parent), ())
        if _may_be(item, found)
    }
    whole = assemble(item.instance.attributes, list(near.values()))
    if whole is None:
        return None
    return whole, {key for key, found in near.items() if found.id in whole.parts}
