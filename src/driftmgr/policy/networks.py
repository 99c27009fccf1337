"""Sources of traffic: networks, and names that stand for some (a group, a prefix list)."""

import functools
import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Azure's word for the whole internet, and what every cloud takes for all addresses.
_ANY = frozenset({"*", "any", "internet"})


@functools.lru_cache(maxsize=8192)
def network(text: str) -> Network | None:
    """The network of a text, ``None`` for a name."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def is_everyone(text: str) -> bool:
    """Whether a source is the whole internet."""
    found = network(text)
    return text.lower() in _ANY or (found is not None and found.prefixlen == 0)


def contains(sources: Iterable[str], wanted: str) -> bool:
    """Whether all of a source is among others: inside one network or several adjoining ones, else by its name."""
    names = list(sources)
    if wanted in names or any(name.lower() in _ANY for name in names):
        return True
    inner = network(wanted)
    if inner is None:
        return False
    outer = [found for name in names if (found := network(name)) is not None and found.version == inner.version]
    joined = ipaddress.collapse_addresses(outer)  # type: ignore[type-var]
    return any(inner.subnet_of(other) for other in joined)  # type: ignore[arg-type]


def widest(sources: Iterable[str]) -> str | None:
    """The largest of some sources, ``None`` of none."""
    return min(sources, key=lambda text: (not is_everyone(text), _length(text), text), default=None)


def _length(text: str) -> int:
    found = network(text)
    return 0 if found is None else found.prefixlen - (found.max_prefixlen - 32)
