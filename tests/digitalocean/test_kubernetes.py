"""What a Kubernetes cluster made is its own as long as it can be known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from digitalocean.changes import CHANGES
from digitalocean.changes.words import place
from digitalocean.fixtures import Recorded
from digitalocean.states import Resources, attributes, edited
from digitalocean.test_agreement import rows
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.clouds.digitalocean.api import shared_guard
from driftmgr.model import DriftReport

_CLUSTERS, _BALANCERS = "/v2/kubernetes/clusters", "/v2/load_balancers"


@pytest.fixture
def kubernetes(recorded: Callable[[str], Recorded]) -> Recorded:
    """The recorded clusters."""
    return recorded("kubernetes")


def _scan(pair: Recorded, *types: str) -> DriftReport:
    return app.scan(ScanRequest(sources=(str(pair.state),), types=tuple(f"digitalocean_{name}" for name in types)))


def test_a_load_balancer_whose_maker_cannot_be_asked_is_not_called_unmanaged(kubernetes: Recorded) -> None:
    """Without leave to read clusters nobody knows whose a load balancer is: a gap, no finding."""
    cluster = kubernetes.cloud.stored(place(kubernetes.cloud, _CLUSTERS, name="shop"))
    kubernetes.cloud.create(_BALANCERS, name="a5d2", region="nyc3", tags=[f"k8s:{cluster['id']}"])
    assert _scan(kubernetes, "loadbalancer").summary.owned == 1
    shared_guard.cache_clear()
    kubernetes.cloud.refusals[_CLUSTERS] = 403
    report = _scan(kubernetes, "loadbalancer")
    assert not report.drifts
    assert [(gap.type, gap.reason, gap.attributes) for gap in report.gaps] == [
        ("digitalocean_loadbalancer", "denied", ("owner",))
    ]


def test_node_pools_come_with_their_clusters(kubernetes: Recorded) -> None:
    """Clusters and all their pools cost one call."""
    before = len(kubernetes.cloud.requests)
    report = _scan(kubernetes, "kubernetes_cluster", "kubernetes_node_pool")
    assert report.summary.in_sync == 6
    asked = [path.partition("?")[0] for _, path in kubernetes.cloud.requests[before:]]
    assert [path for path in asked if path.startswith("/v2/kubernetes")] == [_CLUSTERS]


def test_a_pool_by_hand_names_its_cluster(kubernetes: Recorded) -> None:
    """A pool that no state knows is told with the address of the cluster that it is in."""
    path = f"{place(kubernetes.cloud, _CLUSTERS, name='plain')}/node_pools"
    kubernetes.cloud.create(path, name="miners", size="c-2", count=1)
    report = _scan(kubernetes)
    assert rows(report) == {("unmanaged", "kubernetes_node_pool", "")}
    assert [drift.parent for drift in report.drifts] == ["digitalocean_kubernetes_cluster.plain"]


def test_a_credential_of_a_cluster_is_never_in_the_report(kubernetes: Recorded) -> None:
    """The kubeconfig that the state holds is neither compared nor shown."""
    kubernetes.cloud.stored(place(kubernetes.cloud, _CLUSTERS, name="shop"))["name"] = "other"
    report = _scan(kubernetes)
    assert rows(report) == {("changed", "kubernetes_cluster.shop", "name")}
    assert "kube_config" not in str(report)


@pytest.mark.parametrize("number", [0, None])
def test_nodes_of_an_imported_cluster_are_counted(kubernetes: Recorded, tmp_path: Path, number: int | None) -> None:
    """The provider imports no number of nodes, and no apply adds it: those that were there are then held to."""

    def imported(found: Resources) -> None:
        pool: dict[str, Any] = attributes(found, "kubernetes_cluster.shop")["node_pool"][0]
        pool["node_count"] = number

    pair = msgspec.structs.replace(kubernetes, state=edited(kubernetes.state, tmp_path, imported))
    assert not _scan(pair).drifts
    _, grown, _ = CHANGES["default pool scaled"]
    grown(pair.cloud)
    (drift,) = _scan(pair).drifts
    assert [(change.path, change.recorded, change.observed) for change in drift.changes] == [
        ("node_pool[0].actual_node_count", 2, 3)
    ]


def test_a_registry_is_compared_where_the_state_has_a_word_of_it(kubernetes: Recorded, tmp_path: Path) -> None:
    """The provider never reads whether a registry is integrated: an imported cluster says nothing, and none is told."""
    state = edited(
        kubernetes.state,
        tmp_path,
        lambda found: attributes(found, "kubernetes_cluster.shop").update(registry_integration=None),
    )
    assert not _scan(msgspec.structs.replace(kubernetes, state=state)).drifts
