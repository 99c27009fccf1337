"""Kubernetes clusters and their node pools.

Source: the provider's ``kubernetes/``; ``GET /v2/kubernetes/clusters``, whose answer holds the node pools of each.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import go_time, listed, lower, urn
from driftmgr.catalog.entry import (
    GLOBAL,
    HIGH,
    MEDIUM,
    Attribute,
    AttributeLike,
    Join,
    ParentRef,
    ResourceType,
    http_call,
)

_SCOPE = "kubernetes:read"
_NAMES = listed("/v2/kubernetes/clusters", "kubernetes_clusters", _SCOPE)
_CLUSTERS = listed("/v2/kubernetes/clusters", "kubernetes_clusters", (_SCOPE, "tag:read", "vpc:read"))
_DEFAULT_POOL = "terraform:default-node-pool"
"""The tag by which the provider knows the pool that belongs to the cluster's own block."""


def of_clusters(kind: str) -> Join:
    """The name of the cluster that an object of a kind was made for: ``load_balancers``, ``volumes``."""
    associated = "/v2/kubernetes/clusters/{cluster}/destroy_with_associated_resources"
    call = http_call(associated, kind, _SCOPE, given={"cluster": "id"})
    return Join(of=_NAMES, call=call, on="id", to="id", value="Parent.name")


def _own_tags(tags: Iterable[str] | None) -> list[str]:
    """The tags without those that DigitalOcean and the provider add."""
    return [tag for tag in tags or () if tag != "k8s" and not tag.startswith(("k8s:", "terraform:"))]


_TAGS = Attribute("tags", read=_own_tags, normal=lower)


def _default_pool(pools: Iterable[Mapping[str, Any]] | None) -> Mapping[str, Any] | None:
    """The pool with the provider's tag; of several the last, as the provider reads them."""
    tagged = [pool for pool in pools or () if _DEFAULT_POOL in (pool.get("tags") or ())]
    return tagged[-1] if tagged else None


_ASKED = "node_count > `0`"
"""Whether a state holds the number of nodes that HCL asks for: not after an import, nor where it asks for none."""

_POOL: dict[str, AttributeLike] = {
    # All that tells of other nodes where the number that HCL asks for is not recorded.
    "actual_node_count": Attribute("count", default=0, counts=True, when=f"!({_ASKED}) && !auto_scale"),
    "auto_scale": Attribute("auto_scale", default=False),
    "gpu_partition_mode": "gpu_partition_mode",
    "labels": "labels",
    "max_nodes": Attribute("max_nodes", default=0),
    "min_nodes": Attribute("min_nodes", default=0),
    "name": "name",
    # A pool that scales itself has as many nodes as it needs.
    "node_count": Attribute("count", when=f"{_ASKED} && !auto_scale"),
    "nodes": Attribute(
        "nodes",
        nested={
            "created_at": Attribute("created_at", read=go_time),
            "droplet_id": "droplet_id",
            "id": "id",
            "name": "name",
            "status": "status.state",
            "updated_at": Attribute("updated_at", read=go_time),
        },
    ),
    "size": "size",
    "tags": _TAGS,
    # The provider's client writes these names with a capital, and reads them in any case.
    "taint": Attribute("taints", nested={name: f"{name} || {name.title()}" for name in ("effect", "key", "value")}),
}


def _switch(name: str) -> Attribute:
    return Attribute(name, nested={"enabled": Attribute("enabled", default=False)})


CLUSTER = ResourceType(
    name="digitalocean_kubernetes_cluster",
    criticality=HIGH,
    reach=GLOBAL,
    list=_CLUSTERS,
    id="id",
    attributes={
        **{
            name: _switch(name)
            for name in (
                "amd_gpu_device_metrics_exporter_plugin",
                "amd_gpu_device_plugin",
                "amd_gpu_dra_driver",
                "coredns_autoscaler",
                "nvidia_gpu_device_plugin",
                "nvidia_gpu_dra_driver",
                "p2p_oci_registry_plugin",
                "routing_agent",
            )
        },
        "auto_upgrade": Attribute("auto_upgrade", default=False),
        "cluster_autoscaler_configuration": Attribute(
            "cluster_autoscaler_configuration",
            nested={
                "expanders": "expanders",
                "scale_down_unneeded_time": "scale_down_unneeded_time",
                "scale_down_utilization_threshold": Attribute("scale_down_utilization_threshold", default=0),
            },
        ),
        "cluster_subnet": "cluster_subnet",
        "control_plane_firewall": Attribute(
            "control_plane_firewall",
            nested={"allowed_addresses": "allowed_addresses", "enabled": Attribute("enabled", default=False)},
        ),
        "created_at": Attribute("created_at", read=go_time),
        "endpoint": "endpoint",
        "ha": Attribute("ha", default=False),
        "ipv4_address": "ipv4",
        "isolated_workers": Attribute("isolated_workers", default=False),
        "maintenance_policy": Attribute(
            "maintenance_policy", nested={"day": "day", "duration": "duration", "start_time": "start_time"}
        ),
        "name": "name",
        "node_pool": Attribute("node_pools", read=_default_pool, nested={**_POOL, "id": "id"}),
        "rdma_shared_device_plugin": _switch("rdma_shared_dev_plugin"),
        "region": "region",
        # The provider keeps what HCL says, nothing after an import; the API tells whether it still holds.
        "registry_integration": Attribute("registry_enabled", default=False, when="registry_integration != `null`"),
        "service_subnet": "service_subnet",
        "sso": Attribute(
            "sso",
            nested={
                "client_id": "client_id",
                "enabled": Attribute("enabled", default=False),
                "issuer_url": "issuer_url",
                "required": Attribute("required", default=False),
            },
        ),
        "status": "status.state",
        "surge_upgrade": Attribute("surge_upgrade", default=False),
        "tags": _TAGS,
        "updated_at": Attribute("updated_at", read=go_time),
        "urn": urn("kubernetes", "id"),
        "version": "version",
        "vpc_uuid": "vpc_uuid",
        "worker_subnet_uuid": "worker_subnet_uuid",
    },
    unreadable={
        "destroy_all_associated_resources": "tells the provider how to delete the cluster; no property of it",
        "kubeconfig_expire_seconds": "tells the provider for how long to ask for credentials; no property of it",
    },
)

NODE_POOL = ResourceType(
    name="digitalocean_kubernetes_node_pool",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_CLUSTERS,
    expand="node_pools",
    # The pool with this tag is the cluster's own block.
    exists=f"!contains(tags || `[]`, '{_DEFAULT_POOL}')",
    id="id",
    attributes={**_POOL, "cluster_id": "Parent.id"},
    parents=(ParentRef(type="digitalocean_kubernetes_cluster", attribute="cluster_id", within=True),),
)
