"""Hostile input for whatever reads states, backends and addresses: nothing but an error of ours may come out.

    .venv/bin/python tools/fuzz_state.py [--inputs 100000] [--seed 1]

Every reader gets that many inputs: texts of its own grammar, cut, repeated, spliced and with single bytes changed. An
input that makes anything else come out is printed, with the seed that finds it again.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from driftmgr.intent import backend_settings, configured_backend
from driftmgr.model import DriftMgrError
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.state import locate, parse_state
from driftmgr.state.backend import recorded_backend
from driftmgr.state.backends import SCHEMES
from driftmgr.state.backends.protocol import Access, LockInfo
from driftmgr.state.replacing import check_replacement, outline_of

STATE = json.dumps(
    {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "l",
        "outputs": {"a": {"value": 1, "type": "number"}},
        "resources": [
            {
                "module": 'module.net["a"].module.b[0]',
                "mode": "managed",
                "type": "aws_vpc",
                "name": "x",
                "provider": 'provider["registry.terraform.io/hashicorp/aws"].west',
                "instances": [
                    {
                        "index_key": 'k"${x}',
                        "schema_version": 1,
                        "status": "tainted",
                        "deposed": "0a1b2c3d",
                        "attributes": {
                            "id": "v",
                            "n": 123456789012345678901234567890,
                            "f": 1.5e300,
                            "t": [{"a": None}],
                        },
                        "sensitive_attributes": [
                            [
                                {"type": "get_attr", "value": "t"},
                                {"type": "index", "value": {"value": 0, "type": "number"}},
                            ]
                        ],
                        "private": "bnVsbA==",
                        "dependencies": ["aws_vpc.y"],
                        "identity": {"a": "b"},
                    },
                    {"attributes_flat": {"id": "x"}},
                ],
            }
        ],
    }
).encode()
STATES = (
    STATE,
    b'{"version":3,"modules":[]}',
    b'{"serial":1,"lineage":"x","meta":{},"encrypted_data":"abc","encryption_version":"v0"}',
    b'{"version":3,"backend":{"type":"s3","config":{"bucket":"b"}}}',
    b"\xef\xbb\xbf{}",
    b"version https://git-lfs.github.com/spec/v1\n",
    b"[" * 5000,
)
CONFIGURATIONS = (
    b'terraform {\n  backend "s3" {\n    bucket = "b" # x\n    assume_role = { arn = "r", tags = ["a", -5] }\n  }\n}\n',
    b'terraform {\n  cloud {\n    organization = "o"\n    workspaces { tags = ["a"] }\n  }\n}\n',
    b'locals {\n  a = "${"}"}"\n  b = <<-EOT\n    terraform {\n    EOT\n}\nterraform { backend "local" { path = x } }',
    b'bucket = "b"\nkey = join("-", [var.a, "b"])\nflag = var.a == "b" ? true : null\n/* x */ // y\n',
)
JSON_CONFIGURATIONS = (
    b'{"terraform": [{"backend": [{"s3": [{"bucket": "b"}]}]}, {"cloud": {"workspaces": {"name": "x"}}}]}',
    b'{"version": 3, "backend": {"type": "s3", "config": {"bucket": "b", "assume_role": [{"role_arn": "r"}]}}}',
)
LOCKS = (LockInfo.new("apply", "a/b").encode(), b'{"ID": 5}', b"null")
URLS = (
    b"s3://bucket/folder/terraform.tfstate?region=eu-west-1&workspace=a",
    b"s3://bucket/**/[a]/*.tfstate",
    b"s3://user:password@[::1]:70000/key#x",
    *(f"{scheme}://user:password@host:8080/a/b?c=d&workspace=e#f".encode() for scheme in SCHEMES),
    b"ftp://host/x",
    b"states/**/*.tfstate",
    b"a" * 5000,
    b"x\x00y",
)
_PIECES = (
    b"{",
    b"}",
    b"[",
    b'"',
    b"\\",
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"${",
    b"1e999",
    b"null",
    b"//",
    b"\n",
    b"*",
)


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """One of the seeds, changed a few times."""
    text = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(0, 6)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 2, 8, 64)))
        change = chance.randrange(5)
        if change == 0:
            del text[start:end]
        elif change == 1:
            text[start:end] = chance.choice(_PIECES)
        elif change == 2:
            text[start:start] = text[start:end] * chance.choice((1, 2, 40))
        elif change == 3:
            text[start:end] = chance.randbytes(end - start)
        else:
            other = chance.choice(seeds)
            cut = chance.randint(0, len(other))
            text[start:end] = other[cut : cut + 64]
    return bytes(text)


def read_whole_state(content: bytes) -> None:
    """A state, every instance and every attribute of it, and whether it may replace another."""
    state = parse_state(content, source="x")
    for instance in state.instances():
        str(instance.address)
        instance.attributes  # noqa: B018  # decoding is what is tried
    outline_of(content, "x")
    check_replacement(content, STATE, "x")


Readers = Mapping[str, tuple[Sequence[bytes], Callable[[bytes], object]]]
"""What reads, by name, with the texts that its inputs are made of."""
_SLOWEST = 5.0
"""Seconds of CPU that a single input may take."""


def readers(folder: Path) -> Readers:
    """What reads, with the texts that its inputs are made of."""
    access = Access(
        configured=configured_backend,
        completion=backend_settings,
        guard=Guard(lambda _: Limit(rate=1, burst=1)),
        environment={},
    )
    hcl, as_json, record = folder / "hcl/main.tf", folder / "json/main.tf.json", folder / "terraform.tfstate"
    given = folder / "x.tfbackend"
    for path in (hcl, as_json):
        path.parent.mkdir()

    def configured(path: Path) -> Callable[[bytes], object]:
        def read(content: bytes) -> object:
            path.write_bytes(content)
            return configured_backend(path.parent, {})

        return read

    def completed(content: bytes) -> object:
        given.write_bytes(content)
        return backend_settings(str(given))

    def recorded(content: bytes) -> object:
        record.write_bytes(content)
        return recorded_backend(record)

    def located(content: bytes) -> object:
        text = content.decode(errors="surrogateescape")
        # A pattern must not lead out of the folder and through the whole machine.
        return locate(text if "://" in text else text.replace("..", ".").lstrip("/"), access)

    return {
        "state": (STATES, read_whole_state),
        "configuration": (CONFIGURATIONS, configured(hcl)),
        "JSON configuration": (JSON_CONFIGURATIONS, configured(as_json)),
        "backend settings": (CONFIGURATIONS, completed),
        "record of init": (JSON_CONFIGURATIONS, recorded),
        "lock": (LOCKS, LockInfo.decode),
        "argument": (URLS, located),
    }


def main(make: Callable[[Path], Readers] = readers, description: str | None = __doc__) -> int:
    """Try every reader; the exit code tells whether anything but our own errors came out, or one took too long."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--inputs", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", metavar="READER", help="one of them, by its name")
    given = options.parse_args()
    failures = 0
    memory = Path("/dev/shm")  # noqa: S108  # the files are only there to be read
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        os.chdir(name)
        for title, (seeds, read) in make(Path(name)).items():
            if given.only not in {None, title}:
                continue
            chance, started, refused = random.Random(given.seed), time.monotonic(), 0  # noqa: S311  # repeatable
            slowest = 0.0
            for number in range(given.inputs):
                content, began = mutated(seeds, chance), time.process_time()
                try:
                    read(content)
                except DriftMgrError:
                    refused += 1
                except Exception:  # noqa: BLE001  # what is looked for
                    failures += 1
                    print(f"{title}, input {number} of seed {given.seed}: {content!r}\n{traceback.format_exc()}")
                    if failures > 10:
                        return 1
                slowest = max(slowest, time.process_time() - began)
            failures += slowest > _SLOWEST
            spent = time.monotonic() - started
            cost = f"{slowest:.2f} s at most, {spent:.0f} s"
            print(f"{title}: {given.inputs:,} inputs, {refused:,} refused with a message, {cost}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
