"""CPU time of comparing unchanged instances, decoding of the recorded attributes included.

The peer is a plain recursive diff of two JSON values that knows no schema and no rule: the least that any comparison
has to do.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import ResourceType
from driftmgr.drift.compare import Comparator
from driftmgr.model import ResourceInstance
from figures import Figure

_TARGET_SECONDS = 2.0
TAGS = {"Name": "web", "team": "shop", "cost-centre": "4711"}
RULES = [
    {
        "cidr_blocks": ["10.0.0.0/8"],
        "description": f"rule {port}",
        "from_port": port,
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "protocol": "tcp",
        "security_groups": [],
        "self": False,
        "to_port": port,
    }
    for port in (80, 443)
]


def attributes() -> dict[str, Any]:
    """25 attributes as a state holds them: texts, numbers, a list, two maps of tags, a set of blocks."""
    texts = {f"text_{number}": f"value {number}" for number in range(12)}
    numbers = {f"number_{number}": number * 1000 for number in range(5)}
    return {
        **texts,
        **numbers,
        "arn": "arn:aws:ec2:eu-central-1:123456789012:security-group/sg-1",
        "id": "sg-1",
        "ingress": RULES,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "tags": TAGS,
        "tags_all": TAGS,
        "timeouts": None,
        "enabled": True,
    }


def plain_diff(path: str, before: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every leaf that differs, element by element and key by key."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in before.keys() | now.keys():
            yield from plain_diff(f"{path}.{key}", before.get(key), now.get(key))
    elif isinstance(before, list) and isinstance(now, list):
        for place in range(max(len(before), len(now))):
            first = before[place] if place < len(before) else None
            second = now[place] if place < len(now) else None
            yield from plain_diff(f"{path}[{place}]", first, second)
    elif before != now:
        yield path, before, now


def cpu_seconds(work: Callable[[], None]) -> float:
    """CPU time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(count: int = 100_000) -> Iterator[Figure]:
    """The comparator against a plain diff."""
    observed = attributes()
    observed.pop("timeouts")
    instance = ResourceInstance.of("aws_security_group.web", attributes())
    # Equal to the value, not the same object: a scan never sees the same object on both sides.
    observed = msgspec.json.decode(msgspec.json.encode(observed))
    schema = catalog_of("aws").schemas["aws_security_group"]
    comparator = Comparator(ResourceType(name="aws_security_group"), schema)
    found: list[Any] = []

    def ours() -> None:
        for _ in range(count):
            found.extend(comparator.compare(instance.attributes, observed))

    def plain() -> None:
        for _ in range(count):
            recorded = instance.attributes
            found.extend(change for key, now in observed.items() for change in plain_diff(key, recorded[key], now))

    comparing, diffing = cpu_seconds(ours), cpu_seconds(plain)
    if found:
        raise SystemExit(f"unchanged instances differ: {found[:3]}")
    yield Figure(
        what=f"comparing {count:,} unchanged instances of {len(observed)} attributes, decoding included, CPU time",
        value=f"{comparing:.2f} s (a plain recursive diff takes {diffing / comparing:.1f} times as long)",
        target=f"{_TARGET_SECONDS:.0f} s",
        reached=comparing < _TARGET_SECONDS,
    )
