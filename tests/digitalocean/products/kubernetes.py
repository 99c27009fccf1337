"""Kubernetes clusters, their node pools, and the Droplets and firewall that a cluster makes for itself."""

from typing import TYPE_CHECKING, Any

from digitalocean.identity import hex_of, ipv4_of, uuid_of
from digitalocean.products.networks import default_vpc
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

if TYPE_CHECKING:
    from digitalocean.cloud import Cloud

_CLUSTERS = "/v2/kubernetes/clusters"
_POOLS = _CLUSTERS + "/{cluster}/node_pools"
# Credentials are fetched anew once they expire, so these never do while a recording lives.
_EXPIRES = "2096-11-01T09:30:00Z"
_OFF = {"enabled": False}
_DEFAULTS: dict[str, Any] = {
    "auto_upgrade": False,
    "surge_upgrade": False,
    "ha": False,
    "isolated_workers": False,
    "registry_enabled": False,
    "control_plane_firewall": {"enabled": False, "allowed_addresses": []},
    "routing_agent": _OFF,
    "amd_gpu_device_plugin": _OFF,
    "amd_gpu_device_metrics_exporter_plugin": _OFF,
    "nvidia_gpu_device_plugin": _OFF,
    "rdma_shared_dev_plugin": _OFF,
    "coredns_autoscaler": _OFF,
    "p2p_oci_registry_plugin": _OFF,
    "maintenance_policy": {"start_time": "00:00", "duration": "4h0m0s", "day": "any"},
}


def _tagged(cluster: str, tags: list[str] | None, *more: str) -> list[str]:
    own = ["k8s", f"k8s:{cluster}", *more]
    return own + [tag for tag in tags or () if tag not in own]


def _new_cluster(call: Call) -> Object:
    body, identifier = call.body, uuid_of(call.seed)
    policy = body.get("maintenance_policy") or {}
    made: Object = {
        "id": identifier,
        "tags": _tagged(identifier, body.get("tags")),
        "cluster_subnet": body.get("cluster_subnet") or "10.244.0.0/16",
        "service_subnet": body.get("service_subnet") or "10.245.0.0/16",
        "vpc_uuid": body.get("vpc_uuid") or default_vpc(call.cloud, body["region"])["id"],
        "ipv4": ipv4_of(call.seed),
        "endpoint": f"https://{identifier}.k8s.example.com",
        "ha": bool(body.get("ha")),
        "maintenance_policy": {**_DEFAULTS["maintenance_policy"], **{k: v for k, v in policy.items() if v}},
        "registries": [],
        "status": {"state": "running"},
        "created_at": NOW,
        "updated_at": NOW,
    }
    return made


def _cluster_made(call: Call, cluster: Object) -> None:
    path = f"{_CLUSTERS}/{cluster['id']}/node_pools"
    for pool in call.body["node_pools"]:
        call.cloud.create(path, **pool)
    call.cloud.create(
        "/v2/firewalls",
        name=f"k8s-{cluster['id']}-worker",
        tags=[f"k8s:{cluster['id']}"],
        inbound_rules=[{"protocol": "tcp", "ports": "all", "sources": {"addresses": [cluster["cluster_subnet"]]}}],
        outbound_rules=[{"protocol": "tcp", "ports": "all", "destinations": {"addresses": ["0.0.0.0/0"]}}],
    )


def _cluster_changed(_: Call, cluster: Object) -> None:
    cluster["tags"] = _tagged(cluster["id"], cluster.get("tags"))


def _cluster_removed(call: Call, cluster: Object) -> None:
    path = f"{_CLUSTERS}/{cluster['id']}/node_pools"
    for pool in call.cloud.objects(path):
        _pool_removed(call, pool)
    firewall = call.cloud.find("/v2/firewalls", name=f"k8s-{cluster['id']}-worker")
    assert firewall is not None
    call.cloud.drop("/v2/firewalls", firewall["id"])


def _with_pools(cloud: "Cloud", cluster: Object) -> Object:
    return cluster | {"node_pools": cloud.objects(f"{_CLUSTERS}/{cluster['id']}/node_pools")}


def _new_pool(call: Call) -> Object:
    body, cluster = call.body, call.parameters["cluster"]
    count = body.get("count") or body.get("min_nodes") or 1
    return {
        "id": uuid_of(call.seed),
        "count": count,
        "tags": _tagged(cluster, body.get("tags"), "k8s:worker"),
        "labels": body.get("labels"),
        "taints": list(body.get("taints") or ()),
        "auto_scale": bool(body.get("auto_scale")),
        "min_nodes": body.get("min_nodes", 0),
        "max_nodes": body.get("max_nodes", 0),
        "nodes": [],
    }


def _fill(call: Call, pool: Object) -> None:
    """Make or delete Droplets until there are as many as asked for."""
    cluster = call.cloud.require(_CLUSTERS, call.parameters["cluster"])
    while len(pool["nodes"]) > pool["count"]:
        call.cloud.delete(f"/v2/droplets/{pool['nodes'].pop()['droplet_id']}")
    for number in range(len(pool["nodes"]), pool["count"]):
        suffix = hex_of(f"{pool['id']}{number}", 5)
        name = f"{pool['name']}-{suffix}"
        droplet = call.cloud.create(
            "/v2/droplets",
            name=name,
            region=cluster["region"],
            size=pool["size"],
            image="debian-12-x64",
            tags=pool["tags"],
            vpc_uuid=cluster["vpc_uuid"],
        )
        node = {
            "id": uuid_of(f"{pool['id']} {number}"),
            "name": name,
            "status": {"state": "running"},
            "droplet_id": str(droplet["id"]),
            "created_at": NOW,
            "updated_at": NOW,
        }
        pool["nodes"].append(node)


def _pool_changed(call: Call, pool: Object) -> None:
    pool["tags"] = _tagged(call.parameters["cluster"], pool.get("tags"), "k8s:worker")
    _fill(call, pool)


def _pool_removed(call: Call, pool: Object) -> None:
    for node in pool["nodes"]:
        call.cloud.delete(f"/v2/droplets/{node['droplet_id']}")


def _credentials(call: Call) -> Reply:
    cluster = call.cloud.require(_CLUSTERS, call.parameters["cluster"])
    body = {
        "server": cluster["endpoint"],
        "certificate_authority_data": "dGhlIGF1dGhvcml0eQ==",
        "client_certificate_data": None,
        "client_key_data": None,
        "token": hex_of(f"token {cluster['id']}", 64),
        "expires_at": _EXPIRES,
    }
    return Reply(body=body)


def _associated(call: Call) -> Reply:
    """What a cluster made and what does not go with it unasked; here all that carries its tag."""
    tag = f"k8s:{call.cloud.require(_CLUSTERS, call.parameters['cluster'])['id']}"

    def tagged(path: str, **members: str) -> list[Object]:
        return [
            {"id": one["id"], "name": one["name"]}
            for one in call.cloud.objects(path)
            if tag in (one.get("tags") or ()) and all(one[name] == value for name, value in members.items())
        ]

    body = {
        "load_balancers": tagged("/v2/load_balancers"),
        "volumes": tagged("/v2/volumes"),
        "volume_snapshots": tagged("/v2/snapshots", resource_type="volume"),
    }
    return Reply(body=body)


def _registry(call: Call) -> Reply:
    for identifier in call.body["cluster_uuids"]:
        call.cloud.require(_CLUSTERS, identifier)["registry_enabled"] = call.method == "POST"
    return Reply(status=204)


def _upgrade(call: Call) -> Reply:
    call.cloud.require(_CLUSTERS, call.parameters["cluster"])["version"] = call.body["version"]
    return Reply(status=202)


PRODUCT = Product(
    collections=(
        Collection(
            path=_CLUSTERS,
            many="kubernetes_clusters",
            one="kubernetes_cluster",
            defaults=_DEFAULTS,
            unstored=("node_pools",),
            make=_new_cluster,
            made=_cluster_made,
            changed=_cluster_changed,
            removed=_cluster_removed,
            view=_with_pools,
            pending={"status": {"state": "provisioning"}},
            kind="kubernetes",
            update_status=202,
        ),
        Collection(
            path=_POOLS,
            many="node_pools",
            one="node_pool",
            make=_new_pool,
            made=_fill,
            changed=_pool_changed,
            removed=_pool_removed,
            paged=False,
            update_status=202,
        ),
    ),
    endpoints=(
        Endpoint(method="GET", path=_CLUSTERS + "/{cluster}/credentials", answer=_credentials),
        Endpoint(method="GET", path=_CLUSTERS + "/{cluster}/destroy_with_associated_resources", answer=_associated),
        Endpoint(method="POST", path=_CLUSTERS + "/{cluster}/upgrade", answer=_upgrade),
        Endpoint(method="POST", path="/v2/kubernetes/registry", answer=_registry),
        Endpoint(method="DELETE", path="/v2/kubernetes/registry", answer=_registry),
    ),
)
