"""Inside the spec of an app: the exact place of each change, and what of its secrets is compared and told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from digitalocean.changes.apps import app as stored_app
from digitalocean.fixtures import Recorded
from digitalocean.shapes import Object
from digitalocean.states import Resources, attributes, edited
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport

_SECRET = "a-word-that-nobody-may-see"  # planted, to be looked for
_ENCRYPTED, _ANEW = f"EV[1:{_SECRET}:x]", f"EV[1:{_SECRET}:y]"


@pytest.fixture
def apps(recorded: Callable[[str], Recorded]) -> Recorded:
    """The recorded apps."""
    return recorded("apps")


def _scan(state: Path) -> DriftReport:
    return app.scan(ScanRequest(sources=(str(state),)))


def _paths(report: DriftReport) -> set[str]:
    """The places of all changes inside the spec."""
    return {change.path.removeprefix("spec[0].") for drift in report.drifts for change in drift.changes}


def _spec(resources: Resources) -> Any:
    return attributes(resources, "app.shop")["spec"][0]


def _text(report: DriftReport) -> str:
    return msgspec.json.encode(report).decode()


_PLACES: dict[str, Callable[[Object], object]] = {
    "alert[0].disabled": lambda spec: spec["alerts"][0].update(disabled=True),
    "database[0].production": lambda spec: spec["databases"][0].update(production=True),
    "disable_edge_cache": lambda spec: spec.pop("disable_edge_cache"),
    "domain[0].zone": lambda spec: spec["domains"][0].pop("zone"),
    "egress[0].type": lambda spec: spec["egress"].update(type="AUTOASSIGN"),
    "env[0]": lambda spec: spec["envs"].clear(),
    "features[2]": lambda spec: spec["features"].append("another"),
    "function[0].github[0].branch": lambda spec: spec["functions"][0]["github"].update(branch="x"),
    "ingress[0].rule[0].cors[0].allow_methods[2]": lambda spec: spec["ingress"]["rules"][0]["cors"][
        "allow_methods"
    ].append("PUT"),
    "ingress[0].rule[0].cors[0].allow_origins[0].exact": lambda spec: spec["ingress"]["rules"][0]["cors"].update(
        allow_origins=[{"exact": "https://x.test"}]
    ),
    "ingress[0].rule[0].match[0].path[0].prefix": lambda spec: spec["ingress"]["rules"][0]["match"]["path"].update(
        prefix="/x"
    ),
    "ingress[0].rule[1].redirect[0].redirect_code": lambda spec: spec["ingress"]["rules"][1]["redirect"].update(
        redirect_code=301
    ),
    "ingress[0].secure_header[0]": lambda spec: spec["ingress"].update(secure_header={"key": "X", "value": _SECRET}),
    "job[0].kind": lambda spec: spec["jobs"][0].update(kind="POST_DEPLOY"),
    "job[0].log_destination[0].open_search[0].index_name": lambda spec: spec["jobs"][0]["log_destinations"][0][
        "open_search"
    ].update(index_name="x"),
    "maintenance[0].enabled": lambda spec: spec["maintenance"].update(enabled=False),
    "region": lambda spec: spec.update(region="fra"),
    "service[0].alert[0].value": lambda spec: spec["services"][0]["alerts"][0].update(value=99),
    "service[0].health_check[0].port": lambda spec: spec["services"][0]["health_check"].pop("port"),
    "service[0].internal_ports[0]": lambda spec: spec["services"][0].pop("internal_ports"),
    "service[0].log_destination[0].papertrail[0].endpoint": lambda spec: spec["services"][0]["log_destinations"][0][
        "papertrail"
    ].update(endpoint="x"),
    "service[0].termination[0].drain_seconds": lambda spec: spec["services"][0]["termination"].pop("drain_seconds"),
    "service[1].autoscaling[0].metrics[0].cpu[0].percent": lambda spec: spec["services"][1]["autoscaling"]["metrics"][
        "cpu"
    ].update(percent=95),
    "service[1].image[0].tag": lambda spec: spec["services"][1]["image"].update(tag="latest"),
    "static_site[0].git[0].repo_clone_url": lambda spec: spec["static_sites"][0]["git"].update(repo_clone_url="x"),
    "vpc[0]": lambda spec: spec.update(vpc={"id": "x"}),
    "worker[0].gitlab[0].deploy_on_push": lambda spec: spec["workers"][0]["gitlab"].pop("deploy_on_push"),
    "worker[1]": lambda spec: spec["workers"].pop(),
}


@pytest.mark.parametrize("place", _PLACES)
def test_a_change_in_the_spec_is_told_at_its_place(apps: Recorded, place: str) -> None:
    """A change deep in the spec gives that place and no other."""
    _PLACES[place](stored_app(apps.cloud)["spec"])
    report = _scan(apps.state)
    assert _paths(report) == {place}
    assert _SECRET not in _text(report)


def _secrets(spec: Object, text: str) -> None:
    """Put a secret wherever a stored spec has one."""
    spec["envs"].append({"key": "KEY", "scope": "RUN_TIME", "type": "SECRET", "value": text})
    spec["services"][1]["image"]["registry_credentials"] = text
    spec["services"][0]["log_destinations"].append({"name": "tail", "logtail": {"token": text}})
    spec["workers"][0]["log_destinations"][0]["datadog"]["api_key"] = text
    spec["jobs"][0]["log_destinations"][0]["open_search"]["basic_auth"]["password"] = text
    spec["ingress"]["secure_header"] = {"key": "X-Shop", "value": text}


def _recorded_secrets(spec: Any, text: str) -> None:
    spec["env"].append({"key": "KEY", "scope": "RUN_TIME", "type": "SECRET", "value": text})
    spec["service"][1]["image"][0]["registry_credentials"] = text
    none: dict[str, Any] = {"datadog": [], "open_search": [], "papertrail": []}
    spec["service"][0]["log_destination"].append({"name": "tail", "logtail": [{"token": text}], **none})
    spec["worker"][0]["log_destination"][0]["datadog"][0]["api_key"] = text
    spec["job"][0]["log_destination"][0]["open_search"][0]["basic_auth"][0]["password"] = text
    spec["ingress"][0]["secure_header"] = [{"key": "X-Shop", "value": text}]


@pytest.mark.parametrize("recorded_as", [_ENCRYPTED, _SECRET])
def test_an_encrypted_secret_is_never_drift(apps: Recorded, tmp_path: Path, recorded_as: str) -> None:
    """What the API keeps encrypted cannot be held against anything: neither plain text nor another encryption of it."""
    state = edited(apps.state, tmp_path, lambda found: _recorded_secrets(_spec(found), recorded_as))
    _secrets(stored_app(apps.cloud)["spec"], _ANEW)
    report = _scan(state)
    assert not report.drifts
    assert report.summary.in_sync == report.summary.managed
    assert _SECRET not in _text(report)


def test_a_plain_secret_that_changed_is_told_and_not_shown(apps: Recorded, tmp_path: Path) -> None:
    """Secrets in plain text are compared; neither side of them is in the report."""
    state = edited(apps.state, tmp_path, lambda found: _recorded_secrets(_spec(found), "another-hidden-word"))
    _secrets(stored_app(apps.cloud)["spec"], _SECRET)
    report = _scan(state)
    assert _paths(report) == {
        "env[1].value",
        "ingress[0].secure_header[0].value",
        "job[0].log_destination[0].open_search[0].basic_auth[0].password",
        "service[0].log_destination[1].logtail[0].token",
        "service[1].image[0].registry_credentials",
        "worker[0].log_destination[0].datadog[0].api_key",
    }
    assert all(change.sensitive for drift in report.drifts for change in drift.changes)
    assert _SECRET not in _text(report)
    assert "another-hidden-word" not in _text(report)


def test_an_encrypted_variable_made_plain_is_told(apps: Recorded, tmp_path: Path) -> None:
    """A secret that somebody made an ordinary variable is a change of its type and its value."""
    state = edited(apps.state, tmp_path, lambda found: _spec(found)["env"][0].update(type="SECRET", value=_ENCRYPTED))
    report = _scan(state)
    assert _paths(report) == {"env[0].type", "env[0].value"}
    assert _SECRET not in _text(report)


def test_a_fraction_is_what_is_left_of_it(apps: Recorded, tmp_path: Path) -> None:
    """The provider records a fraction with the precision of 32 bits: that is the number itself."""
    stored_app(apps.cloud)["spec"]["services"][0]["alerts"][0]["value"] = 0.1

    def kept(number: float) -> Path:
        return edited(apps.state, tmp_path, lambda found: _spec(found)["service"][0]["alert"][0].update(value=number))

    assert not _scan(kept(0.10000000149011612)).drifts
    assert _paths(_scan(kept(0.11))) == {"service[0].alert[0].value"}


def test_bare_domains_are_compared_where_hcl_has_no_blocks(apps: Recorded, tmp_path: Path) -> None:
    """With blocks in the state a domain is told as a block, else by its name; never as both."""
    state = edited(apps.state, tmp_path, lambda found: _spec(found).update(domain=[]))
    assert not _scan(state).drifts
    stored_app(apps.cloud)["spec"]["domains"].append({"domain": "x.example.com"})
    assert _paths(_scan(state)) == {"domains[2]"}
    assert _paths(_scan(apps.state)) == {"domain[2]"}


def test_addresses_that_are_not_told_are_not_gone(apps: Recorded) -> None:
    """An app that gave its addresses back lacks the member; the provider then keeps the ones that it knew."""
    del stored_app(apps.cloud)["dedicated_ips"]
    assert not _scan(apps.state).drifts


def test_the_records_of_an_app_are_its_own(apps: Recorded) -> None:
    """Where an app was given a zone to manage, its domains' records there are not unmanaged; all others are."""
    (domain,) = (
        one for app in apps.cloud.objects("/v2/apps") for one in app["spec"].get("domains", ()) if "zone" in one
    )
    zone, host = domain["zone"], domain["domain"].removesuffix(f".{domain['zone']}")
    apps.cloud.create("/v2/domains", name=zone)
    for kind, name, data in (
        ("CNAME", host, "shop.ondigitalocean.app."),
        ("TXT", host, "x"),
        ("A", "other", "192.0.2.7"),
    ):
        apps.cloud.create(f"/v2/domains/{zone}/records", type=kind, name=name, data=data)
    told = {drift.id for drift in _scan(apps.state).drifts if drift.type == "digitalocean_record"}
    records = apps.cloud.objects(f"/v2/domains/{zone}/records")
    assert told == {str(one["id"]) for one in records if one["type"] in {"TXT", "A"}}
