"""Load balancers: what the API leaves out of an answer is what the provider makes of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitalocean.changes.words import place
from digitalocean.fixtures import Recorded
from digitalocean.shapes import Object
from digitalocean.states import Resources, attributes, edited
from digitalocean.test_agreement import rows
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport

_RECORD = "digitalocean_record"
_SILENT_ON = ("network", "network_stack", "tls_cipher_policy")


@pytest.fixture
def balancers(recorded: Callable[[str], Recorded]) -> Recorded:
    """The recorded load balancers."""
    return recorded("load_balancers")


def _scan(state: Path) -> DriftReport:
    return app.scan(ScanRequest(sources=(str(state),)))


def _stored(pair: Recorded, name: str) -> Object:
    found: Object = pair.cloud.stored(place(pair.cloud, "/v2/load_balancers", name=name))
    return found


def _balancer(resources: Resources, name: str) -> dict[str, Any]:
    return attributes(resources, f"loadbalancer.{name}")


@pytest.mark.parametrize("nothing", [None, ""])
def test_what_a_global_one_is_not_told_of_is_as_usual(balancers: Recorded, tmp_path: Path, nothing: str | None) -> None:
    """A global load balancer has no network in the answer: HCL that asks for the usual one has what it wants."""
    asked = {"network": "external", "network_stack": "IPV4", "tls_cipher_policy": "DEFAULT"}
    state = edited(balancers.state, tmp_path, lambda found: _balancer(found, "global").update(asked))
    _stored(balancers, "global").update(dict.fromkeys(_SILENT_ON, nothing))
    assert not _scan(state).drifts


def test_what_is_kept_of_hcl_is_held_to_the_cloud(balancers: Recorded) -> None:
    """The provider never reads these again, so that Terraform is silent; the API tells that they changed."""
    _stored(balancers, "public").update(network_stack="IPV4", tls_cipher_policy="DEFAULT")
    _stored(balancers, "internal").update(network="EXTERNAL")
    assert rows(_scan(balancers.state)) == {
        ("changed", "loadbalancer.public", "network_stack"),
        ("changed", "loadbalancer.public", "tls_cipher_policy"),
        ("changed", "loadbalancer.internal", "network"),
    }


def test_a_number_that_is_left_out_is_a_zero(balancers: Recorded, tmp_path: Path) -> None:
    """The provider writes a zero where the answer lacks a timeout, a member of the health check, a port."""

    def emptied(found: Resources) -> None:
        (check,), (settings,) = (_balancer(found, "global")[name] for name in ("healthcheck", "glb_settings"))
        check.update({name: "" if isinstance(value, str) else 0 for name, value in check.items()})
        settings.update(target_port=0)
        _balancer(found, "global").update(http_idle_timeout_seconds=0)

    state = edited(balancers.state, tmp_path, emptied)
    _stored(balancers, "global")["health_check"] = {}
    del _stored(balancers, "global")["glb_settings"]["target_port"]
    del _stored(balancers, "global")["http_idle_timeout_seconds"]
    assert not _scan(state).drifts


@pytest.mark.parametrize("recorded_as", ["", "round_robin"])
def test_an_algorithm_that_nobody_tells_is_the_only_one(balancers: Recorded, tmp_path: Path, recorded_as: str) -> None:
    """The algorithm is out of use: an answer without one is no change, whatever the state held before or after it."""
    state = edited(balancers.state, tmp_path, lambda found: _balancer(found, "by_tag").update(algorithm=recorded_as))
    del _stored(balancers, "by-tag")["algorithm"]
    assert not _scan(state).drifts


def test_the_records_of_a_certificate_at_a_load_balancer_are_its_own(balancers: Recorded) -> None:
    """It makes them for names of Let's Encrypt, unless it is told not to; what else points at it is somebody's."""
    public, zone = _stored(balancers, "public"), "example.org"
    balancers.cloud.create("/v2/domains", name=zone)
    names = {"shop": public["ip"], "by-hand": public["ip"], "elsewhere": "192.0.2.7"}
    for name, address in names.items():
        balancers.cloud.create(f"/v2/domains/{zone}/records", type="A", name=name, data=address)
    balancers.cloud.create(
        "/v2/certificates", name="c", type="lets_encrypt", dns_names=[f"shop.{zone}", f"elsewhere.{zone}"]
    )
    ids = {one["name"]: str(one["id"]) for one in balancers.cloud.objects(f"/v2/domains/{zone}/records")}

    def told() -> set[str]:
        drifts = _scan(balancers.state).drifts
        return {name for name in names for drift in drifts if (drift.type, drift.id) == (_RECORD, ids[name])}

    public["disable_lets_encrypt_dns_records"] = False
    assert told() == {"by-hand", "elsewhere"}
    public["disable_lets_encrypt_dns_records"] = True
    assert told() == set(names)
