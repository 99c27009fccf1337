"""Give hostile texts to the readers of HCL: each must be read, or refused with file and line, within a time.

    .venv/bin/python tools/fuzz_hcl.py --inputs 100000 --seed 1

Prints a line per reader, and the input of the first crash. Texts are made from the seeds below by cutting, doubling,
splicing and flipping, so that most are nearly right.
"""

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from driftmgr.hcl import Body, parse_hcl, parse_json, unresolved_in
from driftmgr.intent import configured_backend, read_configuration, units
from driftmgr.model import DriftMgrError, ResourceAddress

_SLOW_SECONDS = 10
_LONGEST = 4_000
_NATIVE = (
    b"""resource "a" "b" {
  count = 2
  tags = { a = "x ${var.v} y", (local.k) = [1, -2.5, null] }
  lifecycle {
    ignore_changes = [tags["x"], a[0].b, all]
  }
  dynamic "d" {
    content {}
  }
}
""",
    b"""module "m" {
  source = "./none"
  providers = { aws = aws.west }
  v = var.v
}
""",
    b"""variable "v" {
  type = list(string)
  default = <<-EOT
    a ${local.a}
  EOT
}
locals {
  a = "${local.b}"
  b = [local.a, var.v.x["y"][0].0]
  k = "%{ if true }x%{ endif }$${z}"
}
""",
    b"""terraform {
  backend "s3" {
    bucket = "b"
    assume_role { role_arn = "r" }
  }
  cloud {}
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
""",
    b"""provider "aws" {
  alias = "west"
  region = var.v
  default_tags {
    tags = {}
  }
}
moved {
  from = a.b["k"]
  to = module.m.a.b
}
removed {
  from = a.b
}
import {
  to = a.b
  id = "i"
}
""",
    b"""include "root" {
  path = find_in_parent_folders("root.hcl")
  expose = true
}
remote_state {
  backend = "s3"
  config = { key = "${path_relative_to_include()}/x", b = get_env("A", "b") }
}
locals {
  o = read_terragrunt_config("terragrunt.hcl")
}
inputs = { a = local.o.locals }
dependency "d" {
  config_path = "../d"
}
generate "g" {
  contents = "terraform { }"
}
""",
)
_JSON = (
    b'{"resource": {"a": {"b": {"tags": "${jsonencode({a = [local.b, toset([1.5])]})}", "x": [{"y": "${1/3}"}]}}}}',
    b'{"resource": {"a": {"b": [{"tags": {"x": "${var.v} y"}, "lifecycle": {"ignore_changes": ["tags"]}}]}}, "//": 1}',
    b'[{"locals": {"a": "${local.b}", "b": 1.5e9}}, {"provider": {"aws": [{"alias": "x", "region": "${local.a}"}]}}]',
    b'{"terraform": {"backend": {"s3": {"bucket": "b"}}}, "module": {"m": {"source": "./"}}, "variable": {"v": {}}}',
    b'{"Modules": [{"Key": "m", "Source": "./", "Dir": "."}]}',
)
_PIECES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"${",
    b"%{",
    b"<<EOT\n",
    b"\n",
    b"=",
    b"\\",
    b"\\u0000",
    b"\x00",
    b"\xff",
    b"#",
    b"/*",
    b"9" * 40,
)


def made(rng: random.Random, seeds: tuple[bytes, ...]) -> bytes:
    """A text that was right before some accidents."""
    text = bytearray(b"".join(rng.choices(seeds, k=rng.randint(1, 2))))
    for _ in range(rng.randint(0, 3)):
        place = rng.randrange(len(text) + 1)
        end = min(len(text), place + rng.randint(1, 30))
        accident = rng.randrange(5)
        if accident == 0:
            del text[place:end]
        elif accident == 1:
            text[place:place] = rng.choice(_PIECES) * rng.choice((1, 1, 1, 2, 100))
        elif accident == 2:
            text[place:place] = text[place:end] * rng.randint(1, 3)
        elif accident == 3 and place < len(text):
            text[place] = rng.randrange(256)
        else:
            other = rng.choice(seeds)
            start = rng.randrange(len(other))
            text[place:place] = other[start : start + rng.randint(1, 60)]
    return bytes(text[:_LONGEST])


def look(body: Body, depth: int = 0) -> None:
    """Read everything that a body holds."""
    for expression in body.expressions.values():
        list(unresolved_in(expression.value()))
        expression.reference()
        for key, value in expression.members() or ():
            key.reference()
            value.reference()
    for kind in (*body.block_types, "resource", "locals"):
        for labels in range(3):
            for block in body.blocks(kind, labels):
                if depth < len(("file", "block", "block")):
                    look(block.body, depth + 1)


def readers(folder: Path) -> dict[str, tuple[tuple[bytes, ...], Callable[[bytes], object]]]:
    """Each reader with the seeds of its texts."""
    unit = folder / "unit"
    unit.mkdir()

    def configuration(name: str) -> Callable[[bytes], object]:
        def read(text: bytes) -> None:
            for old in unit.iterdir():
                old.unlink()
            (unit / name).write_bytes(text)
            found = read_configuration(unit, {"TF_VAR_v": "[1"})
            for address in map(ResourceAddress.parse, ("a.b", 'module.m["k"].a.b[0]', "data.a.b")):
                found.location(address)
                found.sets(address, "tags_all")
                for argument in ("tags_all", "lifecycle", *(block.sets if (block := found.resource(address)) else ())):
                    list(unresolved_in(found.written(address, argument)))
                found.ignored(address, 'tags["x"]')
                found.provider(address)
            configured_backend(unit, {})

        return read

    def unit_of(text: bytes) -> None:
        (unit / "terragrunt.hcl").write_bytes(text)
        (folder / "root.hcl").write_bytes(text[::-1] if text[:1] == b"#" else text)
        units(folder, {})

    return {
        "native syntax": (_NATIVE, lambda text: look(parse_hcl(text, "main.tf"))),
        "JSON syntax": (_JSON, lambda text: look(parse_json(text, "main.tf.json"))),
        "configuration": (_NATIVE, configuration("main.tf")),
        "JSON configuration": (_JSON, configuration("main.tf.json")),
        "tfvars": (_NATIVE, configuration("terraform.tfvars")),
        "Terragrunt": (_NATIVE, unit_of),
    }


def fuzz(name: str, seeds: tuple[bytes, ...], read: Callable[[bytes], object], inputs: int, rng: random.Random) -> bool:
    """Whether a reader survived all inputs."""
    outcomes: Counter[str] = Counter()
    begun, slowest = time.monotonic(), 0.0
    for _ in range(inputs):
        text = made(rng, seeds)
        start = time.monotonic()
        try:
            read(text)
            outcomes["read"] += 1
        except DriftMgrError:
            outcomes["refused"] += 1
        except Exception:  # noqa: BLE001  # what this program looks for
            traceback.print_exc()
            print(f"{name}: crashed on {text!r}")
            return False
        slowest = max(slowest, time.monotonic() - start)
    seconds = time.monotonic() - begun
    print(f"{name}: {inputs} inputs, {dict(outcomes)}, {seconds:.0f} s, slowest {slowest:.2f} s", flush=True)
    return slowest < _SLOW_SECONDS


def main() -> int:
    """0 if every reader survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="per reader")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="a reader")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="driftmgr-fuzz-") as scratch:
        chosen = {name: pair for name, pair in readers(Path(scratch)).items() if options.only in {"", name}}
        survived = [
            fuzz(name, *pair, options.inputs, random.Random(options.seed))  # noqa: S311  # no secret, but repeatable
            for name, pair in chosen.items()
        ]
    return 0 if all(survived) else 1


if __name__ == "__main__":
    sys.exit(main())
