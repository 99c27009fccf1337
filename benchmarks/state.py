"""CPU time and memory of reading a state of 100,000 instances; the peer is the standard library's JSON reader.

Each reader runs in a process of its own, so that its peak memory is its own.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compare import attributes
from figures import Figure

COUNT = 100_000
_TARGET_SECONDS, _TARGET_MB = 1.0, 300
_RUNS = 3


def write_state(path: Path, count: int) -> None:
    """A state of ``count`` security groups with two rules each, indented as Terraform writes it."""
    one = attributes() | {"revoke_rules_on_delete": False, "timeouts": None, "description": "x" * 110}
    with path.open("w") as file:
        file.write('{\n  "version": 4,\n  "terraform_version": "1.11.4",\n  "serial": 1,\n  "lineage": "a",\n')
        file.write('  "outputs": {},\n  "resources": [\n')
        for number in range(count // 100):
            instances = [
                {"index_key": key, "schema_version": 1, "attributes": one | {"id": f"sg-{number}-{key}"}}
                for key in range(100)
            ]
            resource_ = {
                "mode": "managed",
                "type": "aws_security_group",
                "name": f"group_{number}",
                "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
                "instances": instances,
            }
            file.write(("," if number else "") + json.dumps(resource_))
        file.write("\n  ]\n}\n")


def read(reader: str, path: str) -> None:
    """Read the state with one of the readers, and print what it cost as JSON (CPU seconds, peak MB, instances)."""
    from driftmgr.state import read_state  # noqa: PLC0415  # its import is not what is measured

    before = resource.getrusage(resource.RUSAGE_SELF)
    if reader == "driftmgr":
        found: list[Any] = list(read_state(Path(path)).instances())
    else:
        document = json.loads(Path(path).read_bytes())
        found = [instance for item in document["resources"] for instance in item["instances"]]
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "mb": after.ru_maxrss / 1024, "instances": len(found)}))


def measure() -> Iterator[Figure]:
    """Both readers on the same file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.tfstate"
        write_state(path, COUNT)
        size = path.stat().st_size / 1e6
        ours, theirs = (_cost(reader, path) for reader in ("driftmgr", "json"))
    if ours["instances"] != COUNT or theirs["instances"] != COUNT:
        raise SystemExit(f"not all instances were read: {ours} {theirs}")
    what = f"a state of {COUNT:,} instances ({size:.0f} MB)"
    yield Figure(
        what=f"reading {what}, CPU time",
        value=f"{ours['cpu']:.2f} s (json.loads takes {theirs['cpu'] / ours['cpu']:.1f} times as long)",
        target=f"{_TARGET_SECONDS:.0f} s",
        reached=ours["cpu"] < _TARGET_SECONDS,
    )
    yield Figure(
        what=f"reading {what}, peak memory",
        value=f"{ours['mb']:.0f} MB (json.loads takes {theirs['mb'] / ours['mb']:.1f} times as much)",
        target=f"{_TARGET_MB} MB",
        reached=ours["mb"] < _TARGET_MB,
    )


def _cost(reader: str, path: Path) -> dict[str, float]:
    """The best of some runs: what others do on the machine costs CPU time, too."""
    command = [sys.executable, __file__, reader, str(path)]
    costs: list[dict[str, float]] = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(_RUNS)
    ]
    return min(costs, key=lambda cost: cost["cpu"])


if __name__ == "__main__":
    read(*sys.argv[1:])
