"""The catalog of DigitalOcean against what the real provider recorded: silent after apply, exact after each change."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from digitalocean import recordings
from digitalocean.cloud import Cloud
from digitalocean.fixtures import Recorded
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.catalog import catalog_of
from driftmgr.clouds.digitalocean.api import shared_guard
from driftmgr.model import DriftReport

Row = tuple[str, str, str]
"""Kind of the drift; address, or the type of an unmanaged object; attribute, or nothing."""

CATALOG = catalog_of("digitalocean")


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    """No memory of earlier scans, neither on disk nor of what failed."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path))
    shared_guard.cache_clear()
    yield
    shared_guard.cache_clear()


def scan(pair: Recorded, **asked: Any) -> DriftReport:
    """The report about a recorded pair."""
    return app.scan(ScanRequest(sources=(str(pair.state),), **asked))


def rows(report: DriftReport) -> set[Row]:
    """What is reported, a row for each attribute."""
    found: set[Row] = set()
    for drift in report.drifts:
        who = (drift.address or drift.type).removeprefix("digitalocean_")
        names = {change.path.partition("[")[0].partition(".")[0] for change in drift.changes}
        found |= {(drift.kind, who, name) for name in names or {""}}
    return found


def place(cloud: Cloud, collection: str, **members: Any) -> str:
    """The path of the one stored object that has these members."""
    (path,) = (
        path
        for path in cloud.paths_of(collection)
        if all(cloud.stored(path).get(name) == value for name, value in members.items())
    )
    return path


@pytest.mark.parametrize("family", recordings.families())
def test_a_clean_apply_is_silent(recorded: Callable[[str], Recorded], family: str) -> None:
    """Nothing is reported of what Terraform just made, and all that has an entry is in sync."""
    report = scan(recorded(family))
    assert not report.drifts
    assert {gap.reason for gap in report.gaps} <= {"unsupported"}
    assert report.summary.in_sync == report.summary.managed - sum(gap.instances for gap in report.gaps)
    assert report.summary.managed > 0


Change = Callable[[Cloud], object]


def changed(collection: str, named: str, /, **members: Any) -> Change:
    """Set members of the object with a name."""
    return lambda cloud: cloud.change(place(cloud, collection, name=named), **members)


def gone(collection: str, **members: Any) -> Change:
    """Delete an object."""
    return lambda cloud: cloud.delete(place(cloud, collection, **members))


def made(collection: str, **members: Any) -> Change:
    """Create an object that no state knows."""
    return lambda cloud: cloud.create(collection, **members)


def _record(**members: Any) -> Change:
    def change(cloud: Cloud) -> None:
        path = place(cloud, "/v2/domains/example.com/records", type="A", name="www")
        cloud.change(path, **members)

    return change


def _opened(cloud: Cloud) -> None:
    rules = cloud.stored(place(cloud, "/v2/firewalls", name="web"))["inbound_rules"]
    rules.append({"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0"]}})


def _reordered(cloud: Cloud) -> None:
    firewall = cloud.stored(place(cloud, "/v2/firewalls", name="web"))
    firewall["inbound_rules"].reverse()
    firewall["outbound_rules"].reverse()


CHANGES: dict[str, tuple[str, Change, set[Row]]] = {
    "droplet renamed": (
        "droplets",
        changed("/v2/droplets", "plain", name="other"),
        {("changed", "droplet.plain", "name")},
    ),
    "droplet resized": (
        "droplets",
        lambda cloud: cloud.stored(place(cloud, "/v2/droplets", name="plain"))["size"].update(slug="s-2vcpu-2gb"),
        {("changed", "droplet.plain", "size")},
    ),
    "droplet: backups off, monitoring off": (
        "droplets",
        changed("/v2/droplets", "web-1", features=["ipv6", "droplet_agent", "private_networking"]),
        {("changed", "droplet.web[0]", "backups"), ("changed", "droplet.web[0]", "monitoring")},
    ),
    "droplet tagged": (
        "droplets",
        changed("/v2/droplets", "web-2", tags=["web", "production", "hacked"]),
        {("changed", "droplet.web[1]", "tags")},
    ),
    "droplet: tags in another order and case": (
        "droplets",
        changed("/v2/droplets", "web-2", tags=["Production", "WEB"]),
        set(),
    ),
    "droplet destroyed": ("droplets", gone("/v2/droplets", name="hidden"), {("missing", "droplet.hidden", "")}),
    "droplet made by hand": (
        "droplets",
        made("/v2/droplets", name="miner", region="nyc3", size="s-1vcpu-1gb", image="debian-12-x64"),
        {("unmanaged", "droplet", "")},
    ),
    "droplet of a Kubernetes cluster": (
        "droplets",
        made("/v2/droplets", name="pool-1", region="nyc3", size="s-1vcpu-1gb", image="debian-12-x64", tags=["k8s:u-1"]),
        set(),
    ),
    "snapshot renamed": (
        "droplets",
        changed("/v2/snapshots", "before-upgrade", name="x"),
        {("changed", "droplet_snapshot.before_upgrade", "name")},
    ),
    "ssh key renamed": (
        "droplets",
        changed("/v2/account/keys", "operations", name="x"),
        {("changed", "ssh_key.operations", "name")},
    ),
    "ssh key added": (
        "droplets",
        made("/v2/account/keys", name="backdoor", public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB x"),
        {("unmanaged", "ssh_key", "")},
    ),
    "vpc described": (
        "vpcs",
        lambda cloud: cloud.change(cloud.paths_of("/v2/vpcs")[0], description="somebody was here"),
        {("changed", "vpc.plain", "description")},
    ),
    "volume grown": (
        "volumes",
        changed("/v2/volumes", "data", size_gigabytes=900),
        {("changed", "volume.data", "size")},
    ),
    "volume deleted": ("volumes", gone("/v2/volumes", name="plain"), {("missing", "volume.plain", "")}),
    "volume detached": (
        "volumes",
        changed("/v2/volumes", "data", droplet_ids=[]),
        {("missing", "volume_attachment.data", "")},
    ),
    "volume of a claim": (
        "volumes",
        made(
            "/v2/volumes",
            name="pvc-1",
            region="nyc3",
            size_gigabytes=5,
            description="Created by DigitalOcean CSI driver",
        ),
        set(),
    ),
    "record pointed elsewhere": ("domains", _record(data="203.0.113.9"), {("changed", "record.www", "value")}),
    "record: time to live": ("domains", _record(ttl=30), {("changed", "record.www", "ttl")}),
    "record added": (
        "domains",
        made("/v2/domains/example.org/records", type="TXT", name="@", data="verification=1", ttl=1800),
        {("unmanaged", "record", "")},
    ),
    "apex of a domain pointed elsewhere": (
        "domains",
        lambda cloud: cloud.change(
            place(cloud, "/v2/domains/example.com/records", type="A", name="@"), data="203.0.113.9"
        ),
        {("changed", "domain.example", "ip_address")},
    ),
    "port 22 opened": ("firewalls", _opened, {("changed", "firewall.web", "inbound_rule")}),
    "rules in another order": ("firewalls", _reordered, set()),
    "firewall taken off": (
        "firewalls",
        changed("/v2/firewalls", "web", droplet_ids=[]),
        {("changed", "firewall.web", "droplet_ids")},
    ),
    "firewall deleted": ("firewalls", gone("/v2/firewalls", name="web"), {("missing", "firewall.web", "")}),
    "project's environment": (
        "projects",
        changed("/v2/projects", "shop", environment="Development"),
        {("changed", "project.shop", "environment")},
    ),
    "project: case of the environment": ("projects", changed("/v2/projects", "shop", environment="PRODUCTION"), set()),
    "address released": (
        "reserved_ips",
        gone("/v2/reserved_ips", ip="198.18.120.16"),
        {("missing", "reserved_ip.spare", "")},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_reported_exactly(recorded: Callable[[str], Recorded], name: str) -> None:
    """The report after a change behind Terraform's back has the rows of that change and no other."""
    family, change, expected = CHANGES[name]
    pair = recorded(family)
    change(pair.cloud)
    assert rows(scan(pair)) == expected


def test_a_part_of_the_api_that_is_down_costs_its_own_gaps(recorded: Callable[[str], Recorded]) -> None:
    """What cannot be listed gets no verdict and is never missing; the rest is whole."""
    pair = recorded("volumes")
    pair.cloud.refusals["/v2/volumes"] = 403
    report = scan(pair)
    assert not report.drifts
    assert {(gap.type, gap.reason) for gap in report.gaps} == {
        ("digitalocean_volume", "denied"),
        ("digitalocean_volume_attachment", "denied"),
    }
    assert report.summary.unverified == 5
    assert report.summary.in_sync == report.summary.managed - 5


def test_calls_grow_with_pages(digitalocean_cloud: Cloud, tmp_path: Any) -> None:
    """450 volumes cost two calls more than none, and two for the default project, which they belong to."""
    state = tmp_path / "terraform.tfstate"
    state.write_text('{"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "l", "resources": []}')

    def calls() -> int:
        request = ScanRequest(sources=(str(state),), clouds=("digitalocean",))
        return app.scan(request).scan.api_calls

    before = calls()
    for number in range(450):
        digitalocean_cloud.create("/v2/volumes", name=f"volume-{number}", region="nyc3", size_gigabytes=1)
    assert calls() == before + 4


@pytest.mark.parametrize("entry", list(CATALOG), ids=lambda entry: entry.name)
def test_every_configurable_attribute_is_mapped_or_said_to_be_unreadable(entry: Any) -> None:
    """No attribute that HCL can set is passed over in silence, and none is made up."""
    block = CATALOG.schemas[entry.name].block
    configurable = {name for name, attribute in block.attributes.items() if attribute.configurable}
    told = {*entry.attributes, *entry.unreadable}
    assert configurable | block.block_types.keys() <= told | {"id", "timeouts"}
    assert told <= {*block.attributes, *block.block_types}
    assert not entry.attributes.keys() & entry.unreadable.keys()
    assert all(parent.type in CATALOG for parent in entry.parents)
