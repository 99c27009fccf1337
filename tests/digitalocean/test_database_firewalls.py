"""The firewall of a replica, which the provider manages as it does a cluster's: by the replica's own id."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from digitalocean.changes.words import place
from digitalocean.fixtures import Recorded
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport


@pytest.fixture
def pair(recorded: Callable[[str], Recorded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """The recorded databases, with the firewall of the cluster moved to its replica."""
    pair = recorded("databases")
    state = json.loads(pair.state.read_text())
    cluster = place(pair.cloud, "/v2/databases", name="shop")
    replica = pair.cloud.stored(f"{cluster}/replicas/reports")["id"]
    for resource in state["resources"]:
        if resource["type"] == "digitalocean_database_firewall":
            resource["instances"][0]["attributes"] |= {"cluster_id": replica, "id": f"{replica}-1"}
    # A replica is served below the path of clusters, though it is not listed there.
    known = pair.cloud.require
    monkeypatch.setattr(
        pair.cloud,
        "require",
        lambda path, identifier: {} if identifier == replica else known(path, identifier),
    )
    rules = pair.cloud.setting(f"{cluster}/firewall")
    pair.cloud.setting(f"/v2/databases/{replica}/firewall")["rules"] = list(rules["rules"])
    rules["rules"] = []
    written = tmp_path / "terraform.tfstate"
    written.write_text(json.dumps(state))
    return msgspec.structs.replace(pair, state=written)


def _firewalls(report: DriftReport) -> list[tuple[str, str]]:
    return [(one.kind, one.address or one.id or "") for one in report.drifts if one.type.endswith("_firewall")]


@pytest.mark.parametrize("mode", ["quick", "smart", "deep"])
def test_the_firewall_of_a_replica_is_neither_missing_nor_unmanaged(pair: Recorded, mode: str) -> None:
    """The firewall that a state has of a replica is found by the replica's id."""
    report = app.scan(ScanRequest(sources=(str(pair.state),), mode=mode))  # type: ignore[arg-type]
    assert not report.gaps
    assert _firewalls(report) == []


def test_a_rule_less_of_a_replica_is_a_change(pair: Recorded) -> None:
    """What the firewall of a replica lets in is compared."""
    (replica,) = pair.cloud.objects(f"{place(pair.cloud, '/v2/databases', name='shop')}/replicas")
    pair.cloud.setting(f"/v2/databases/{replica['id']}/firewall")["rules"].pop()
    report = app.scan(ScanRequest(sources=(str(pair.state),)))
    assert _firewalls(report) == [("changed", "digitalocean_database_firewall.shop")]
