"""Ids and addresses of new objects: derived from what they are made of, so that a recording can be made again."""

import hashlib
import ipaddress
import uuid

TEAM = "6a1b0a43-5a1b-4d6c-8a6e-0d6f0c1a7e55"
"""The team whose objects are the recorded ones."""

_FIRST_NUMBER = 300_000_000
_NUMBERS = 100_000_000
_PUBLIC = ipaddress.ip_network("198.18.0.0/15")
_IPV6 = ipaddress.ip_network("2001:db8::/32")


def _digest(seed: str) -> bytes:
    return hashlib.sha256(seed.encode()).digest()


def uuid_of(seed: str) -> str:
    """A version 4 UUID."""
    return str(uuid.UUID(bytes=_digest(seed)[:16], version=4))


def number_of(seed: str) -> int:
    """A nine-digit id, as Droplets, keys and records have."""
    return _FIRST_NUMBER + int.from_bytes(_digest(seed)[:6]) % _NUMBERS


def ipv4_of(seed: str, network: str = str(_PUBLIC)) -> str:
    """An address of a network, never its first three or last."""
    within = ipaddress.ip_network(network)
    return str(within[3 + int.from_bytes(_digest(seed)[:6]) % (within.num_addresses - 4)])


def ipv6_of(seed: str) -> str:
    """An address reserved for documentation."""
    return str(_IPV6[2 + int.from_bytes(_digest(seed)[:10])])


def hex_of(seed: str, length: int) -> str:
    """Lower-case hexadecimal digits."""
    digits = ""
    while len(digits) < length:
        digits += _digest(f"{seed}{len(digits)}").hex()
    return digits[:length]
