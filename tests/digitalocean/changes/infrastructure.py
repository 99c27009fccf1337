"""Droplets, volumes, networks, domains and what belongs to the account."""

from typing import Any

from digitalocean.changes.words import Case, Change, changed, gone, made, place
from digitalocean.cloud import Cloud


def _record(**members: Any) -> Change:
    def change(cloud: Cloud) -> None:
        path = place(cloud, "/v2/domains/example.com/records", type="A", name="www")
        cloud.change(path, **members)

    return change


def _opened(cloud: Cloud) -> None:
    rules = cloud.stored(place(cloud, "/v2/firewalls", name="web"))["inbound_rules"]
    rules.append({"protocol": "tcp", "ports": "22", "sources": {"addresses": ["0.0.0.0/0"]}})


def _backed_up(**members: Any) -> Change:
    def change(cloud: Cloud) -> None:
        policy = cloud.setting(f"{place(cloud, '/v2/droplets', name='web-1')}/backups/policy")["backup_policy"]
        policy.update(members)

    return change


def _never_backed_up(cloud: Cloud) -> None:
    droplet = place(cloud, "/v2/droplets", name="web-1")
    assert cloud.answer("POST", f"{droplet}/actions", body={"type": "disable_backups"}).status < 400


def _reordered(cloud: Cloud) -> None:
    firewall = cloud.stored(place(cloud, "/v2/firewalls", name="web"))
    firewall["inbound_rules"].reverse()
    firewall["outbound_rules"].reverse()


CHANGES: dict[str, Case] = {
    "image deleted, and still told of": (
        "images",
        changed("/v2/images", "plain", status="deleted"),
        {("missing", "custom_image.plain", "")},
    ),
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
    "droplet backed up at another time": (
        "droplets",
        _backed_up(plan="daily", hour=20),
        {("changed", "droplet.web[0]", "backup_policy")},
    ),
    "droplet backed up on another day": (
        "droplets",
        _backed_up(weekday="SUN"),
        {("changed", "droplet.web[0]", "backup_policy")},
    ),
    "droplet: backups kept for longer": ("droplets", _backed_up(retention_period_days=56), set()),
    "droplet: backups off with their policy": (
        "droplets",
        _never_backed_up,
        {("changed", "droplet.web[0]", "backups")},
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
