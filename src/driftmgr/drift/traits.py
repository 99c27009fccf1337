"""What of an instance is needed to find its object: keys, place, parents. Small, so that a large state fits."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from driftmgr.catalog import Catalog
from driftmgr.catalog.entry import GLOBAL, Attribute, ParentRef, ResourceType
from driftmgr.catalog.references import values_at
from driftmgr.model import ResourceInstance, Scope

Key = tuple[str, tuple[str, ...], tuple[str, ...]]
"""(resource type, attribute names, their values as text)."""

Reference = tuple[str, str, str]
"""(parent type, attribute of the parent, its value)."""

Place = tuple[str | None, str | None]
"""(account, region), ``None`` where it is not known or, for the region, there is none."""

_ARN = re.compile(r"arn:[\w-]+:[\w-]*:(?P<region>[\w-]*):(?P<account>\d{12})?:")
# eu-central-1a; the local zone us-west-2-lax-1a lies in us-west-2.
_ZONE = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)(?:[a-z]|-[a-z-]+-\d+[a-z])\Z")
# A number or a UUID: nobody but the cloud makes these up, and it gives none of them twice.
_UNIQUE = re.compile(r"\d+\Z|.*[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
ALWAYS_KEYS: tuple[tuple[str, ...], ...] = (("arn",), ("id",))


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """One instance: the keys it may be found by, in order of trust, and where it lives as far as that is known.

    ``account`` and ``region`` are ``None`` while unknown; ``recorded_account`` says that the instance itself names
    its account, ``is_unique`` that its id is one that no other account has. ``children_of`` are the references to
    parents, with the parent's attributes that show it.
    """

    instance: ResourceInstance
    entry: ResourceType
    keys: tuple[Key, ...]
    account: str | None
    region: str | None
    recorded_account: str | None
    is_unique: bool
    children_of: tuple[tuple[Reference, tuple[str, ...]], ...]

    @property
    def configuration(self) -> tuple[str, str]:
        """The state and the provider configuration that it belongs to; each has one account."""
        return self.instance.source, self.instance.provider


def keys_of(entry: ResourceType, attributes: Mapping[str, Any]) -> tuple[Key, ...]:
    """The keys that attributes of either side give, in their normal form; one with an empty part is none."""
    keys: list[Key] = []
    for names in (*ALWAYS_KEYS, *entry.keys):
        values = tuple(_text(_normal(entry, name, attributes.get(name))) for name in names)
        if all(values):
            keys.append((entry.name, names, values))
    return tuple(keys)


def _normal(entry: ResourceType, name: str, value: Any) -> Any:
    attribute = entry.attributes.get(name)
    if isinstance(attribute, Attribute) and attribute.normal is not None and value is not None:
        return attribute.normal(value)
    return value


def references_of(entry: ResourceType, attributes: Mapping[str, Any]) -> tuple[tuple[Reference, ParentRef], ...]:
    """The parents that attributes of either side name, each with what the entry says of such parents."""
    return tuple(
        ((ref.type, ref.by, value), ref)
        for ref in entry.parents
        if ref.when is None or attributes.get(ref.when[0]) == ref.when[1]
        for value in map(_text, values_at(attributes, ref.attribute))
        if value
    )


def traits_of(instances: Iterable[ResourceInstance], catalog: Catalog) -> tuple[Traits, ...]:
    """The traits of all instances that the catalog has an entry for; unknown places come from parents and neighbours.

    A provider configuration has one account and, up to provider 5, one region: what most of its instances
    say holds for those that say nothing.
    """
    found = [_own_traits(instance, catalog[instance.type]) for instance in instances if instance.type in catalog]
    by_key = {key: traits for traits in found for key in traits.keys}
    found = [_placed_by_parent(traits, by_key) for traits in found]
    accounts, regions = _majorities(found)
    return tuple(
        msgspec.structs.replace(
            traits,
            account=traits.account or accounts.get(traits.configuration),
            region=None if traits.entry.reach == GLOBAL else traits.region or regions.get(traits.configuration),
        )
        for traits in found
    )


def _own_traits(instance: ResourceInstance, entry: ResourceType) -> Traits:
    attributes = instance.attributes
    account, region = place_of(attributes)
    return Traits(
        instance=instance,
        entry=entry,
        keys=keys_of(entry, attributes),
        account=account,
        region=None if entry.reach == GLOBAL else region,
        recorded_account=account,
        is_unique=_is_unique(attributes),
        children_of=tuple((name, ref.inline) for name, ref in references_of(entry, attributes)),
    )


def may_be_in(place: Place, scope: Scope) -> bool:
    """Whether something whose place is known in part may lie in a scope (one without a region covers all of them)."""
    account, region = place
    return account in {None, scope.account} and (region is None or scope.region in {None, region})


def place_of(attributes: Mapping[str, Any]) -> Place:
    """Where recorded attributes say that an instance lives."""
    account = region = None
    if arn := _ARN.match(_text(attributes.get("arn"))):
        account, region = arn["account"], arn["region"] or None
    if account is None:
        owner = _text(attributes.get("owner_id"))
        account = owner if re.fullmatch(r"\d{12}", owner) else None
    region = _text(attributes.get("region")) or region
    if region is None and (zone := _ZONE.match(_text(attributes.get("availability_zone")))):
        region = zone["region"]
    return account, region


def _is_unique(attributes: Mapping[str, Any]) -> bool:
    identity = _text(attributes.get("id"))
    return bool(_UNIQUE.match(identity)) and identity != attributes.get("name")


def _placed_by_parent(traits: Traits, by_key: Mapping[Key, Traits]) -> Traits:
    if traits.account and (traits.region or traits.entry.reach == GLOBAL):
        return traits
    for (kind, by, value), _ in traits.children_of:
        parent = by_key.get((kind, (by,), (value,)))
        if parent is not None:
            region = None if traits.entry.reach == GLOBAL else traits.region or parent.region
            return msgspec.structs.replace(traits, account=traits.account or parent.account, region=region)
    return traits


def _majorities(found: Iterable[Traits]) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    accounts: dict[tuple[str, str], Counter[str]] = {}
    regions: dict[tuple[str, str], Counter[str]] = {}
    for traits in found:
        if traits.account:
            accounts.setdefault(traits.configuration, Counter())[traits.account] += 1
        if traits.region:
            regions.setdefault(traits.configuration, Counter())[traits.region] += 1
    return (
        {name: counter.most_common(1)[0][0] for name, counter in accounts.items()},
        {name: counter.most_common(1)[0][0] for name, counter in regions.items()},
    )


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)
