"""A large DigitalOcean estate: calls and wall time of a scan, against ``terraform plan -refresh-only`` in the same run.

    DRIFTMGR_DIGITALOCEAN_MIRROR=DIR .venv/bin/python benchmarks/digitalocean_scan.py

The cloud is the simulated DigitalOcean of the tests. State and objects are composed from recordings: one instance that
the real provider wrote and its object are multiplied, both by the same substitutions, so that the provider finds
nothing to change. Without the provider ours alone is measured.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from against_terraform import timed
from figures import Figure

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from digitalocean import recordings, terraform
from digitalocean.cloud import Cloud
from digitalocean.identity import uuid_of
from digitalocean.server import TOKEN, Server

DROPLETS, RECORDS, VOLUMES, DOMAINS = 2000, 500, 300, 10
_FIRST = 500_000_000
_RUNS = 3
_TARGET_CALLS = 0.02
_PROVIDER = 'provider["registry.terraform.io/digitalocean/digitalocean"]'

_SETS = ("tags",)

Json = dict[str, Any]

CONFIGURATION = f"""
resource "digitalocean_droplet" "web" {{
  count  = {DROPLETS}
  name   = "web-${{count.index}}"
  image  = "debian-12-x64"
  region = "ams3"
  size   = "s-1vcpu-1gb"
}}
resource "digitalocean_volume" "data" {{
  count  = {VOLUMES}
  name   = "data-${{count.index}}"
  region = "nyc3"
  size   = 10
}}
resource "digitalocean_domain" "shop" {{
  count = {DOMAINS}
  name  = "shop-${{count.index}}.example"
}}
resource "digitalocean_record" "www" {{
  count  = {RECORDS}
  domain = "shop-${{count.index % {DOMAINS}}}.example"
  type   = "A"
  name   = "www-${{count.index}}"
  value  = "192.0.2.10"
  ttl    = 300
}}
"""


def multiplied(  # noqa: PLR0913, PLR0917  # which recorded instance, and what becomes of it
    family: str, kind: str, name: str, path: str, count: int, names: Callable[[int], Mapping[str, str]]
) -> Iterator[tuple[Json, Json]]:
    """Copies of a recorded instance, each with its object; in both every text of ``names(number)`` is replaced."""
    state = json.loads(recordings.state_path(family).read_bytes())["resources"]
    (instance,) = next(one["instances"] for one in state if (one["type"], one["name"]) == (kind, name))
    key = "name" if kind == "digitalocean_domain" else "id"
    objects = recordings.saved_cloud(family)[path]
    stored = next(one for one in objects if str(one[key]) == instance["attributes"]["id"])
    text = json.dumps([instance, stored])
    for number in range(count):
        copy = text
        for old, new in names(number).items():
            copy = copy.replace(old, new)
        made, its_object = json.loads(copy)
        # As a first refresh leaves it, which lists this as a change.
        made["attributes"] = {
            key: [] if value is None and key in _SETS else value for key, value in made["attributes"].items()
        }
        yield made | {"index_key": number}, its_object


def domain_of(number: int) -> str:
    """The domain that a record is in."""
    return f"shop-{number % DOMAINS}.example"


def estate(cloud: Cloud) -> Json:
    """Put the estate into the cloud; gives its state."""
    droplets = multiplied(
        "droplets",
        "digitalocean_droplet",
        "plain",
        "/v2/droplets",
        DROPLETS,
        lambda number: {"375199503": str(_FIRST + number), '"plain"': f'"web-{number}"'},
    )
    volumes = multiplied(
        "volumes",
        "digitalocean_volume",
        "plain",
        "/v2/volumes",
        VOLUMES,
        lambda number: {
            "c48e40b3-a859-46a5-819b-fc76be612a26": uuid_of(f"volume {number}"),
            '"plain"': f'"data-{number}"',
        },
    )
    domains = multiplied(
        "domains",
        "digitalocean_domain",
        "plain",
        "/v2/domains",
        DOMAINS,
        lambda number: {"example.org": domain_of(number)},
    )
    records = multiplied(
        "domains",
        "digitalocean_record",
        "www",
        "/v2/domains/example.com/records",
        RECORDS,
        lambda number: {
            "366737504": str(_FIRST + number),
            '"www"': f'"www-{number}"',
            '"www.example.com"': f'"www-{number}.{domain_of(number)}"',
            '"example.com"': f'"{domain_of(number)}"',
        },
    )
    default_vpcs = [one for one in recordings.saved_cloud("droplets")["/v2/vpcs"] if one["default"]]
    saved: dict[str, Any] = {
        "/v2/vpcs": default_vpcs,
        "/v2/projects": recordings.saved_cloud("droplets")["/v2/projects"],
    }
    resources: list[Json] = []
    for kind, name, path, copies in (
        ("digitalocean_droplet", "web", "/v2/droplets", droplets),
        ("digitalocean_volume", "data", "/v2/volumes", volumes),
        ("digitalocean_domain", "shop", "/v2/domains", domains),
        ("digitalocean_record", "www", None, records),
    ):
        instances = []
        for instance, stored in copies:
            instances.append(instance)
            where = path or f"/v2/domains/{instance['attributes']['domain']}/records"
            saved.setdefault(where, []).append(stored)
        resources.append({"mode": "managed", "type": kind, "name": name, "provider": _PROVIDER, "instances": instances})
    cloud.load(saved)
    for resource in resources:
        for instance in resource["instances"]:
            if urn := instance["attributes"].get("urn"):
                cloud.in_project(urn)
    return {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "benchmark", "resources": resources}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look took: wall seconds, API calls, and the seconds that the simulated cloud computed meanwhile."""

    seconds: float
    calls: int
    cloud_seconds: float


def look(command: list[str], cloud: Cloud, directory: Path, variables: Mapping[str, str], *, runs: int) -> Look:
    """The fastest of some runs of a command; the simulated cloud computes in this process."""
    looks: list[Look] = []
    for _ in range(runs):
        cloud.requests.clear()
        before = time.process_time()
        seconds = timed(command, directory, dict(variables))
        looks.append(Look(seconds=seconds, calls=len(cloud.requests), cloud_seconds=time.process_time() - before))
    return min(looks, key=lambda one: one.seconds)


def measure() -> Iterator[Figure]:
    """Look at the estate with both, or with ours alone."""
    with tempfile.TemporaryDirectory() as name, Server() as server:
        directory = Path(name)
        state = estate(server.cloud)
        resources = sum(len(one["instances"]) for one in state["resources"])
        (directory / "terraform.tfstate").write_text(json.dumps(state))
        variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        variables |= {
            "DIGITALOCEAN_API_URL": server.url,
            "DIGITALOCEAN_TOKEN": TOKEN,
            "DRIFTMGR_CACHE_DIR": str(directory / "cache"),
        }
        detect = [
            str(Path(sys.executable).parent / "driftmgr"),
            "detect",
            "terraform.tfstate",
            "-o",
            "json=report.json",
        ]
        managed = look([*detect, "--managed-only"], server.cloud, directory, variables, runs=_RUNS)
        everything = look(detect, server.cloud, directory, variables, runs=_RUNS)
        report = json.loads((directory / "report.json").read_text())
        if report["summary"]["in_sync"] != resources or report["drifts"] or report["gaps"]:
            raise SystemExit(f"{resources} resources are as recorded, the report says: {report['summary']}")
        theirs = None
        if reason := terraform.lacking():
            print(f"NOT MEASURED against Terraform on DigitalOcean: {reason}", file=sys.stderr)
        else:
            theirs = refreshed(server, directory, variables)
        for what, ours in (("managed ones", managed), ("all there is", everything)):
            yield from figures(f"{resources:,} DigitalOcean resources, {what}", resources, ours, theirs)


def refreshed(server: Server, directory: Path, variables: Mapping[str, str]) -> Look:
    """Terraform's look at each resource, with its default parallelism."""
    run = terraform.Terraform(directory, endpoint=server.url, spaces="")
    run.write(CONFIGURATION)
    variables = {**variables, "TF_CLI_CONFIG_FILE": str(directory / "cli.tfrc"), "CHECKPOINT_DISABLE": "1"}
    timed(["terraform", "init", "-input=false"], directory, dict(variables))
    plan = ["terraform", "plan", "-refresh-only", "-input=false", "-lock=false"]
    theirs = look(plan, server.cloud, directory, variables, runs=1)
    if theirs.calls < DROPLETS + RECORDS + VOLUMES + DOMAINS:
        raise SystemExit(f"terraform made {theirs.calls} calls: it did not look at every resource")
    return theirs


def figures(what: str, resources: int, ours: Look, theirs: Look | None) -> Iterator[Figure]:
    """Calls per resource and wall time of a look."""
    calls = ours.calls / resources
    yield Figure(
        what=f"{what}: API calls per resource",
        value=f"{calls:.4f}" + (f" (`terraform plan -refresh-only`: {theirs.calls / resources:.2f})" if theirs else ""),
        target=f"{_TARGET_CALLS}",
        reached=calls < _TARGET_CALLS,
    )
    seconds = f"{ours.seconds:.1f} s ({ours.cloud_seconds:.1f} s of it the simulated cloud computes)"
    if theirs:
        times = theirs.seconds / ours.seconds
        yield Figure(
            what=f"{what}: wall time",
            value=f"{seconds}, {times:.1f} times faster than Terraform's {theirs.seconds:.0f} s "
            f"({theirs.cloud_seconds:.0f} s)",
            target="less than Terraform",
            reached=times > 1,
        )
    else:
        yield Figure(what=f"{what}: wall time", value=seconds, target="none without Terraform", reached=True)


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.what}: {figure.value} (target {figure.target}{'' if figure.reached else ': MISSED'})")
