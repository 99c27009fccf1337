"""CPU time of comparing unchanged instances, decoding of the recorded attributes included.

The peer is a plain recursive diff of two JSON values that knows no schema and no rule: the least that any comparison
has to do. Run: ``python benchmarks/compare.py [instances]``.
"""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import ResourceType
from driftmgr.drift.compare import Comparator
from driftmgr.model import ResourceInstance

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


def main() -> None:
    """Measure both and print seconds, microseconds per instance and the ratio."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    observed = attributes()
    observed.pop("timeouts")
    instance = ResourceInstance.of("aws_security_group.web", attributes())
    # Equal to the value, not the same object: a scan never sees the same object on both sides.
    observed = msgspec.json.decode(msgspec.json.encode(observed))
    schema = catalog_of("aws").schemas["aws_security_group"]
    comparator = Comparator(ResourceType(name="aws_security_group"), schema)

    def decode() -> None:
        for _ in range(count):
            assert instance.attributes

    def ours() -> None:
        for _ in range(count):
            assert not comparator.compare(instance.attributes, observed)

    def plain() -> None:
        for _ in range(count):
            recorded = instance.attributes
            assert not [change for key, now in observed.items() for change in plain_diff(key, recorded[key], now)]

    decoding, comparing, diffing = cpu_seconds(decode), cpu_seconds(ours), cpu_seconds(plain)
    print(f"{count} unchanged instances of {len(observed)} attributes, CPU seconds with decoding")
    for name, seconds in (("decoding alone", decoding), ("Comparator", comparing), ("plain diff", diffing)):
        print(f"  {name:<15} {seconds:6.2f} s  {seconds / count * 1e6:6.2f} us each")
    print(f"  plain diff / Comparator: {diffing / comparing:.1f}")


if __name__ == "__main__":
    main()
