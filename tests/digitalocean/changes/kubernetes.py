"""Kubernetes clusters, their node pools, and what a cluster makes for itself."""

from typing import Any

from digitalocean.changes.words import Case, Change, changed, gone, made, place
from digitalocean.cloud import Cloud
from digitalocean.shapes import Object

_CLUSTERS, _BALANCERS, _FIREWALLS = "/v2/kubernetes/clusters", "/v2/load_balancers", "/v2/firewalls"
_CLUSTER, _POOL = "kubernetes_cluster", "kubernetes_node_pool"
_RULES = [{"entry_port": 80, "entry_protocol": "http", "target_port": 80, "target_protocol": "http"}]


def _shop(**members: Any) -> Change:
    return changed(_CLUSTERS, "shop", **members)


def _inside(name: str, **members: Any) -> Change:
    """Set members of a block of the cluster."""
    return lambda cloud: cloud.stored(place(cloud, _CLUSTERS, name="shop"))[name].update(members)


def _without(name: str) -> Change:
    return lambda cloud: cloud.stored(place(cloud, _CLUSTERS, name="shop")).pop(name)


def _pools(cloud: Cloud, cluster: str) -> str:
    return f"{place(cloud, _CLUSTERS, name=cluster)}/node_pools"


def _pool_of(cluster: str, named: str, /, **members: Any) -> Change:
    return lambda cloud: cloud.change(place(cloud, _pools(cloud, cluster), name=named), **members)


def _grown(cluster: str, name: str, count: int) -> Change:
    """More nodes, as somebody or the pool itself asks for them."""

    def change(cloud: Cloud) -> None:
        pool = place(cloud, _pools(cloud, cluster), name=name)
        body = {member: cloud.stored(pool)[member] for member in ("name", "tags", "auto_scale")}
        assert cloud.answer("PUT", pool, body=body | {"count": count}).status < 300

    return change


def _tag(cloud: Cloud) -> str:
    return f"k8s:{cloud.stored(place(cloud, _CLUSTERS, name='shop'))['id']}"


def _made(path: str, **members: Any) -> Change:
    """An object that carries the tag of the cluster."""
    return lambda cloud: cloud.create(path, **members, tags=[_tag(cloud)])


def _balancer_over_the_nodes(cloud: Cloud) -> None:
    cloud.create(_BALANCERS, name="by-hand", region="nyc3", tag=_tag(cloud), forwarding_rules=_RULES)


def _public_access(cloud: Cloud) -> None:
    identity = _tag(cloud).removeprefix("k8s:")
    cloud.create(_FIREWALLS, name=f"k8s-public-access-{identity}", tags=[_tag(cloud)])


def _claimed(cloud: Cloud) -> None:
    volume = cloud.create("/v2/volumes", name="pvc-2", region="nyc3", size_gigabytes=5, tags=[_tag(cloud)])
    path = f"/v2/volumes/{volume['id']}/snapshots"
    assert cloud.answer("POST", path, body={"name": "snapshot-2", "tags": [_tag(cloud)]}).status == 201


def _snapshot_of_a_claim(cloud: Cloud) -> None:
    volume = cloud.create("/v2/volumes", name="pvc-3", region="nyc3", size_gigabytes=5, tags=[_tag(cloud)])
    assert cloud.answer("POST", f"/v2/volumes/{volume['id']}/snapshots", body={"name": "by-hand"}).status == 201


def _retagged(cloud: Cloud) -> None:
    cluster: Object = cloud.stored(place(cloud, _CLUSTERS, name="shop"))
    cluster["tags"] = [tag.upper() if tag == "shop" else tag for tag in reversed(cluster["tags"])]


def _pool(name: str, **members: Any) -> Object:
    return {"name": name, "size": "s-2vcpu-2gb", "count": 1, **members}


CHANGES: dict[str, Case] = {
    "cluster renamed": ("kubernetes", _shop(name="other"), {("changed", f"{_CLUSTER}.shop", "name")}),
    "cluster upgraded": ("kubernetes", _shop(version="1.35.1-do.0"), {("changed", f"{_CLUSTER}.shop", "version")}),
    "cluster: upgrades, registry": (
        "kubernetes",
        _shop(auto_upgrade=False, surge_upgrade=False, registry_enabled=False),
        {("changed", f"{_CLUSTER}.shop", name) for name in ("auto_upgrade", "surge_upgrade", "registry_integration")},
    ),
    "registry integrated by hand": (
        "kubernetes",
        changed(_CLUSTERS, "plain", registry_enabled=True),
        {("changed", f"{_CLUSTER}.plain", "registry_integration")},
    ),
    "cluster tagged": (
        "kubernetes",
        lambda cloud: cloud.stored(place(cloud, _CLUSTERS, name="shop"))["tags"].append("hacked"),
        {("changed", f"{_CLUSTER}.shop", "tags")},
    ),
    "cluster: tags in another order and case": ("kubernetes", _retagged, set()),
    "control plane opened": (
        "kubernetes",
        _inside("control_plane_firewall", allowed_addresses=["192.0.2.0/24", "0.0.0.0/0"]),
        {("changed", f"{_CLUSTER}.shop", "control_plane_firewall")},
    ),
    "control plane firewall off": (
        "kubernetes",
        _inside("control_plane_firewall", enabled=False),
        {("changed", f"{_CLUSTER}.shop", "control_plane_firewall")},
    ),
    "cluster autoscaler: an expander less": (
        "kubernetes",
        _inside("cluster_autoscaler_configuration", expanders=["priority"]),
        {("changed", f"{_CLUSTER}.shop", "cluster_autoscaler_configuration")},
    ),
    "cluster autoscaler without a configuration": (
        "kubernetes",
        _without("cluster_autoscaler_configuration"),
        {("changed", f"{_CLUSTER}.shop", "cluster_autoscaler_configuration")},
    ),
    "maintenance on another day": (
        "kubernetes",
        _inside("maintenance_policy", day="monday"),
        {("changed", f"{_CLUSTER}.shop", "maintenance_policy")},
    ),
    "single sign-on elsewhere": (
        "kubernetes",
        lambda cloud: cloud.stored(place(cloud, _CLUSTERS, name="special"))["sso"].update(issuer_url="https://x.test"),
        {("changed", f"{_CLUSTER}.special", "sso")},
    ),
    "single sign-on off": (
        "kubernetes",
        lambda cloud: cloud.stored(place(cloud, _CLUSTERS, name="special")).pop("sso"),
        {("changed", f"{_CLUSTER}.special", "sso")},
    ),
    "plugins off": (
        "kubernetes",
        changed(_CLUSTERS, "special", rdma_shared_dev_plugin={"enabled": False}, nvidia_gpu_device_plugin=None),
        {
            ("changed", f"{_CLUSTER}.special", "rdma_shared_device_plugin"),
            ("changed", f"{_CLUSTER}.special", "nvidia_gpu_device_plugin"),
        },
    ),
    "a driver that was never on is told to be off": (
        "kubernetes",
        changed(_CLUSTERS, "plain", amd_gpu_dra_driver={"enabled": False}),
        set(),
    ),
    "default pool scaled": (
        "kubernetes",
        _grown("shop", "default", 3),
        {("changed", f"{_CLUSTER}.shop", "node_pool")},
    ),
    "default pool without taints and labels": (
        "kubernetes",
        _pool_of("shop", "default", taints=[], labels=None),
        {("changed", f"{_CLUSTER}.shop", "node_pool")},
    ),
    "default pool gone": (
        "kubernetes",
        lambda cloud: cloud.delete(place(cloud, _pools(cloud, "shop"), name="default")),
        {("changed", f"{_CLUSTER}.shop", "node_pool")},
    ),
    "pools that scale themselves": (
        "kubernetes",
        lambda cloud: (_grown("special", "elastic", 3)(cloud), _grown("shop", "batch", 4)(cloud)),
        set(),
    ),
    "taints as the document spells them": (
        "kubernetes",
        _pool_of("shop", "batch", taints=[{"key": "workload", "value": "batch", "effect": "PreferNoSchedule"}]),
        set(),
    ),
    "pool renamed": (
        "kubernetes",
        _pool_of("shop", "batch", name="other"),
        {("changed", f"{_POOL}.batch", "name")},
    ),
    "pool: a label, a tag, a taint": (
        "kubernetes",
        _pool_of(
            "shop",
            "batch",
            labels={"service": "batch", "x": "y"},
            tags=["k8s", "k8s:worker"],
            taints=[{"key": "workload", "value": "batch", "effect": "NoExecute"}],
        ),
        {("changed", f"{_POOL}.batch", name) for name in ("labels", "tags", "taint")},
    ),
    "pool with other limits": (
        "kubernetes",
        _pool_of("shop", "batch", max_nodes=50),
        {("changed", f"{_POOL}.batch", "max_nodes")},
    ),
    "pool scaled by hand": (
        "kubernetes",
        _grown("shop", "fixed", 5),
        {("changed", f"{_POOL}.fixed", "node_count")},
    ),
    "pool set to scale itself": (
        "kubernetes",
        _pool_of("shop", "fixed", auto_scale=True, min_nodes=1, max_nodes=9),
        {("changed", f"{_POOL}.fixed", name) for name in ("auto_scale", "min_nodes", "max_nodes")},
    ),
    "pool deleted": (
        "kubernetes",
        lambda cloud: cloud.delete(place(cloud, _pools(cloud, "shop"), name="fixed")),
        {("missing", f"{_POOL}.fixed", "")},
    ),
    "pool made by hand": (
        "kubernetes",
        lambda cloud: cloud.create(_pools(cloud, "shop"), **_pool("miners", size="c-2", count=2)),
        {("unmanaged", _POOL, "")},
    ),
    "cluster deleted with its pools": (
        "kubernetes",
        gone(_CLUSTERS, name="shop"),
        {("missing", f"{_CLUSTER}.shop", ""), ("missing", f"{_POOL}.batch", ""), ("missing", f"{_POOL}.fixed", "")},
    ),
    "cluster made by hand, told once with all it made": (
        "kubernetes",
        made(
            _CLUSTERS,
            name="stray",
            region="fra1",
            version="1.34.1-do.0",
            node_pools=[_pool("first"), _pool("second", tags=["terraform:default-node-pool"])],
        ),
        {("unmanaged", _CLUSTER, "")},
    ),
    "load balancer of a cluster": (
        "kubernetes",
        _made(_BALANCERS, name="a5d2", region="nyc3", droplet_ids=[], forwarding_rules=_RULES),
        set(),
    ),
    "load balancer by hand over the nodes of a cluster": (
        "kubernetes",
        _balancer_over_the_nodes,
        {("unmanaged", "loadbalancer", "")},
    ),
    "firewall for public access": ("kubernetes", _public_access, set()),
    "firewall by hand over the nodes of a cluster": (
        "kubernetes",
        _made(_FIREWALLS, name="k8s-more", inbound_rules=[], outbound_rules=[]),
        {("unmanaged", "firewall", "")},
    ),
    "volume of a claim and its snapshot": ("kubernetes", _claimed, set()),
    "snapshot by hand of a volume of a claim": (
        "kubernetes",
        _snapshot_of_a_claim,
        {("unmanaged", "volume_snapshot", "")},
    ),
}
