"""Whether rules of a firewall let more in or out than before: sources, protocol, ports, allow or deny.

The rules of one resource change as whole elements, added and removed, or in single attributes. Added ones are
held against removed ones, a changed attribute against what it was.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from driftmgr.model import AttributeChange
from driftmgr.policy.networks import contains, is_everyone, widest
from driftmgr.policy.paths import Step, steps, values_under

SOURCES = frozenset(
    {
        "cidr_block",
        "cidr_blocks",
        "cidr_ipv4",
        "cidr_ipv6",
        "destination_addresses",
        "ipv6_cidr_block",
        "ipv6_cidr_blocks",
        "prefix_list_id",
        "prefix_list_ids",
        "referenced_security_group_id",
        "security_groups",
        "self",
        "source_address_prefix",
        "source_address_prefixes",
        "source_addresses",
        "source_ranges",
        "source_security_group_id",
    }
)
_FIRST, _LAST = "from_port", "to_port"
# Ports as texts: 22, 8000-8999, * or all.
_RANGES = ("destination_port_range", "destination_port_ranges", "port_range")
_PROTOCOLS = ("protocol", "ip_protocol")
_ACTIONS = ("action", "rule_action", "access")
_ALL_PROTOCOLS = frozenset({"-1", "all", "*"})
_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_HIGHEST = 65_535


class Firewall(msgspec.Struct, frozen=True, kw_only=True):
    """Where a type keeps its rules: a block, or the resource itself is one (``""``)."""

    type: str
    block: str = ""
    outbound: bool = False


FIREWALLS = (
    Firewall(type="aws_security_group", block="ingress"),
    Firewall(type="aws_security_group", block="egress", outbound=True),
    Firewall(type="aws_default_security_group", block="ingress"),
    Firewall(type="aws_default_security_group", block="egress", outbound=True),
    Firewall(type="aws_security_group_rule"),
    Firewall(type="aws_vpc_security_group_ingress_rule"),
    Firewall(type="aws_vpc_security_group_egress_rule", outbound=True),
    Firewall(type="aws_network_acl", block="ingress"),
    Firewall(type="aws_network_acl", block="egress", outbound=True),
    Firewall(type="aws_default_network_acl", block="ingress"),
    Firewall(type="aws_default_network_acl", block="egress", outbound=True),
    Firewall(type="aws_network_acl_rule"),
    Firewall(type="azurerm_network_security_group", block="security_rule"),
    Firewall(type="azurerm_network_security_rule"),
    Firewall(type="google_compute_firewall"),
    Firewall(type="digitalocean_firewall", block="inbound_rule"),
    Firewall(type="digitalocean_firewall", block="outbound_rule", outbound=True),
)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule lets through: one source, a protocol (``None``: not told) and its ports."""

    source: str
    protocol: str | None = None
    first: int = 0
    last: int = _HIGHEST
    allows: bool = True

    def is_inside(self, others: Iterable["Opening"]) -> bool:
        """Whether other rules let all of it through."""
        wide = (
            other.source
            for other in others
            if other.allows == self.allows
            and (other.protocol in _ALL_PROTOCOLS or other.protocol == self.protocol)
            and other.first <= self.first
            and other.last >= self.last
        )
        return contains(wide, self.source)

    def __str__(self) -> str:
        if self.protocol in _ALL_PROTOCOLS or self.protocol is None:
            return f"{_source_name(self.source)} on every port"
        protocol = _NAMES.get(self.protocol, self.protocol)
        if (self.first, self.last) == (0, _HIGHEST):
            return f"{_source_name(self.source)} on every {protocol} port"
        ports = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{_source_name(self.source)} on {protocol} {ports}"


def opened(
    resource_type: str, changes: Sequence[AttributeChange], observed: Mapping[str, Any] | None, *, everyone_only: bool
) -> str | None:
    """In words what the changes of a resource open; ``None`` when they open nothing.

    ``observed`` are the resource's attributes as they are now, if they are known. With ``everyone_only`` a rule counts
    only if it lets the whole internet in.
    """
    for wall in FIREWALLS:
        if resource_type != wall.type or (everyone_only and wall.outbound):
            continue
        word = wall.block.removesuffix("_rule") or ("egress" if wall.outbound else "rule")
        if found := _opened(wall.block, changes, observed or {}, everyone_only=everyone_only):
            return f"{word} {found}"
    return None


def _opened(
    block: str, changes: Sequence[AttributeChange], observed: Mapping[str, Any], *, everyone_only: bool
) -> str | None:
    before: list[Opening] = []
    now: list[Opening] = []
    parts: dict[Step, dict[str, AttributeChange]] = {}
    for change in changes:
        place, rest = _place_in(block, steps(change.path))
        if place is None:
            continue
        if rest:
            parts.setdefault(place, {}).setdefault(rest[0], change)
            continue
        before += _openings(change.recorded)
        now += _openings(change.observed)
    fresh = _beyond(now, before)
    fresh = [opening for opening in fresh if not everyone_only or is_everyone(opening.source)]
    if fresh:
        chosen = widest(opening.source for opening in fresh)
        return f"opened to {next(opening for opening in fresh if opening.source == chosen)}"
    if everyone_only:
        return None
    if any(not opening.allows for opening in _beyond(before, now, allows=False)):
        return "that denied traffic is gone"
    elements = [observed] if not block else _elements(observed.get(block))
    told = (_widened_in_place(_gathered(part, changes, block, place), elements) for place, part in parts.items())
    return next(filter(None, told), None)


def _beyond(these: Sequence[Opening], those: Sequence[Opening], *, allows: bool = True) -> list[Opening]:
    return [opening for opening in these if opening.allows == allows and not opening.is_inside(those)]


def _place_in(block: str, path: tuple[Step, ...]) -> tuple[Step | None, tuple[Any, ...]]:
    """The element of a block that a path is about, and the path inside it; no element for a path elsewhere."""
    if not block:
        return "", path
    if not path or path[0] != block:
        return None, ()
    return (path[1], path[2:]) if len(path) > 1 else (block, ())


def _openings(value: Any) -> Iterator[Opening]:
    """What an element, or a list of them, lets through."""
    for element in _elements(value):
        protocol, ports = _protocol(element), _ports(element)
        for source in _sources({name: element.get(name) for name in SOURCES}):
            for first, last in ports:
                yield Opening(source=source, protocol=protocol, first=first, last=last, allows=_allows(element))


def _elements(value: Any) -> list[dict[str, Any]]:
    return [element for element in (value if isinstance(value, list) else [value]) if isinstance(element, dict)]


def _gathered(
    part: Mapping[str, AttributeChange], changes: Sequence[AttributeChange], block: str, place: Step
) -> dict[str, tuple[list[Any], list[Any]]]:
    """Per attribute of an element its values on both sides, over all changes of it."""
    sides: dict[str, tuple[list[Any], list[Any]]] = {name: ([], []) for name in part}
    for change in changes:
        where, rest = _place_in(block, steps(change.path))
        if where == place and rest:
            sides[rest[0]][0].extend(values_under(change.recorded, ()))
            sides[rest[0]][1].extend(values_under(change.observed, ()))
    return sides


def _widened_in_place(
    sides: Mapping[str, tuple[list[Any], list[Any]]], elements: Sequence[Mapping[str, Any]]
) -> str | None:
    action = next((sides[name] for name in _ACTIONS if name in sides), None)
    if action is not None:
        return "allows what it denied" if _is_allow(action[1]) and not _is_allow(action[0]) else None
    if _is_deny(sides, elements):
        sides = {name: (now, before) for name, (before, now) in sides.items()}
        return "denies less than before" if _wider(sides) else None
    return _wider(sides)


def _wider(sides: Mapping[str, tuple[list[Any], list[Any]]]) -> str | None:
    before, now = (
        _sources({name: values[side] for name, values in sides.items() if name in SOURCES}) for side in (0, 1)
    )
    fresh = [source for source in now if not contains(before, source)]
    if fresh:
        return f"opened to {_source_name(str(widest(fresh)))}"
    protocols = next((sides[name] for name in _PROTOCOLS if name in sides), None)
    if protocols is not None:
        known, told = ({str(value).lower() for value in side} for side in protocols)
        if known & _ALL_PROTOCOLS:
            return None
        if told - known:
            return "opened to another protocol"
    if _more_ports(sides):
        return "opened to more ports"
    nothing: tuple[list[Any], list[Any]] = ([], [])
    first_before, first_now = (_number(side, 0) for side in sides.get(_FIRST, nothing))
    last_before, last_now = (_number(side, _HIGHEST) for side in sides.get(_LAST, nothing))
    return "opened to more ports" if first_now < first_before or last_now > last_before else None


def _more_ports(sides: Mapping[str, tuple[list[Any], list[Any]]]) -> bool:
    """Whether texts of ports name some that no recorded one holds."""
    told = [sides[name] for name in _RANGES if name in sides]
    before, now = ([ports for side in told for ports in _ranges(side[at])] for at in (0, 1))
    return any(not any(first >= low and last <= high for low, high in before) for first, last in now)


def _is_deny(sides: Mapping[str, tuple[list[Any], list[Any]]], elements: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the changed element is one that denies: every element that now looks like it does."""
    alike = [
        element
        for element in elements
        if all(list(values_under(element.get(name), ())) == now for name, (_, now) in sides.items())
    ]
    return bool(alike) and not any(map(_allows, alike))


def _allows(element: Mapping[str, Any]) -> bool:
    return all(_is_allow([element[name]]) for name in _ACTIONS if element.get(name))


def _is_allow(values: Iterable[Any]) -> bool:
    return any(str(value).lower() == "allow" for value in values)


def _sources(found: Mapping[str, Any]) -> list[str]:
    """Sources as texts: of a mark such as ``self`` its name where it is set."""
    texts: list[str] = []
    for name in sorted(found):
        for value in values_under(found[name], ()):
            if value is True or (isinstance(value, str) and value.lower() == "true"):
                texts.append(name)
            elif isinstance(value, str) and value and value.lower() != "false":
                texts.append(value)
    return texts


def _protocol(element: Mapping[str, Any]) -> str | None:
    told = next((element[name] for name in _PROTOCOLS if element.get(name) is not None), None)
    return None if told is None else str(told).lower()


def _ports(element: Mapping[str, Any]) -> list[tuple[int, int]]:
    if _protocol(element) in _ALL_PROTOCOLS:
        return [(0, _HIGHEST)]
    told = [value for name in _RANGES for value in values_under(element.get(name), ())]
    return _ranges(told) or [(_number([element.get(_FIRST)], 0), _number([element.get(_LAST)], _HIGHEST))]


def _ranges(values: Iterable[Any]) -> list[tuple[int, int]]:
    """Ports of texts; what is no number stands for all of them."""
    found: list[tuple[int, int]] = []
    for value in values:
        first, dash, last = str(value).partition("-")
        low = _number([first], 0)
        # DigitalOcean writes 0 for every port.
        high = _number([last], _HIGHEST) if dash else low if first.isdecimal() and low else _HIGHEST
        found.append((low, high))
    return found


def _number(values: Iterable[Any], unset: int) -> int:
    """A port; one that is not set, or -1, stands for all of them."""
    try:
        found = next((int(value) for value in values if value is not None), -1)
    except (TypeError, ValueError, OverflowError):
        return unset
    return unset if found < 0 else found


def _source_name(source: str) -> str:
    return (
        f"the internet ({source})"
        if is_everyone(source)
        else "members of its own group"
        if source == "self"
        else source
    )
