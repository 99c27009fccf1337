"""Apps with their deployments and alerts."""

from typing import Any

from digitalocean.identity import ipv4_of, uuid_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_APPS = "/v2/apps"
_COMPONENTS = ("services", "static_sites", "jobs", "workers", "functions", "databases")


def _deployment(call: Call, spec: Object) -> Object:
    return {
        "id": uuid_of(f"deployment {call.seed}"),
        "spec": spec,
        "phase": "ACTIVE",
        "phase_last_updated_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
        "cause": "initial deployment",
        "tier_slug": "basic",
        "progress": {"success_steps": 1, "total_steps": 1, "steps": [{"name": "deploy", "status": "SUCCESS"}]},
    }


def _completed(spec: Object) -> Object:
    """A spec with what the service fills in."""
    filled: dict[str, Any] = {
        "region": "nyc",
        "ingress": {"rules": []},
        "features": ["buildpack-stack=ubuntu-22"],
    } | spec
    for kind in _COMPONENTS:
        if kind in filled:
            filled[kind] = [_component(kind, one) for one in filled[kind]]
    return filled


def _component(kind: str, asked: Object) -> Object:
    usual: dict[str, Any] = {"http_port": 8080} if kind == "services" else {}
    return usual | {name: value for name, value in asked.items() if value is not None}


def _domains(spec: Object) -> list[Object]:
    return [
        {"id": uuid_of(f"{spec['name']} {one['domain']}"), "phase": "ACTIVE", "spec": one, "validations": []}
        for one in spec.get("domains") or ()
    ]


def _new_app(call: Call) -> Object:
    spec, identifier = _completed(call.body["spec"]), uuid_of(call.seed)
    host = f"{spec['name']}-{identifier[:5]}.apps.example.com"
    deployment = _deployment(call, spec)
    dedicated = (spec.get("egress") or {}).get("type") == "DEDICATED_IP"
    addresses = [{"id": uuid_of(f"address {call.seed}"), "ip": ipv4_of(call.seed), "status": "ASSIGNED"}]
    return {
        "id": identifier,
        "owner_uuid": "0f0e8f0b-7a30-4f93-9ba2-1c8b8c6a3a57",
        "spec": spec,
        "default_ingress": f"https://{host}",
        "live_url": f"https://{host}",
        "live_url_base": f"https://{host}",
        "live_domain": host,
        "created_at": NOW,
        "updated_at": NOW,
        "last_deployment_created_at": NOW,
        "active_deployment": deployment,
        "domains": _domains(spec),
        "dedicated_ips": addresses if dedicated else [],
        "project_id": call.body.get("project_id") or call.cloud.default_project["id"],
        "tier_slug": "basic",
    }


def _made(call: Call, app: Object) -> None:
    path = f"{_APPS}/{app['id']}"
    call.cloud.keep(f"{path}/deployments", app["active_deployment"])
    for component, alert in _alerts_of(app["spec"]):
        kept = {
            "id": uuid_of(f"{app['id']} {component} {alert['rule']}"),
            "component_name": component,
            "spec": {name: value for name, value in alert.items() if name != "destinations"},
            "emails": [],
            "slack_webhooks": [],
            "phase": "ACTIVE",
        }
        call.cloud.keep(f"{path}/alerts", kept)


def _alerts_of(spec: Object) -> list[tuple[str, Object]]:
    own = [("", alert) for alert in spec.get("alerts") or ()]
    for kind in _COMPONENTS:
        for one in spec.get(kind) or ():
            own += [(one["name"], alert) for alert in one.get("alerts") or ()]
    return own


def _changed(call: Call, app: Object) -> None:
    app["spec"] = _completed(call.body["spec"])
    app["active_deployment"] = _deployment(call, app["spec"])
    app["domains"] = _domains(app["spec"])
    _made(call, app)


def _deployments(call: Call) -> Reply:
    held = call.cloud.objects(f"{_APPS}/{call.parameters['app']}/deployments")
    return Reply(body={"deployments": held[::-1], "links": {}, "meta": {"total": len(held)}})


def _destinations(call: Call) -> Reply:
    alert = call.cloud.require(f"{_APPS}/{call.parameters['app']}/alerts", call.parameters["alert"])
    alert["emails"] = list(call.body.get("emails") or ())
    alert["slack_webhooks"] = list(call.body.get("slack_webhooks") or ())
    return Reply(body={"alert": alert})


PRODUCT = Product(
    collections=(
        Collection(
            path=_APPS,
            many="apps",
            one="app",
            make=_new_app,
            made=_made,
            changed=_changed,
            kind="app",
            create_status=200,
            delete_status=200,
        ),
        Collection(path=_APPS + "/{app}/deployments", many="deployments", one="deployment", methods="read"),
        Collection(path=_APPS + "/{app}/alerts", many="alerts", one="alert", paged=False, methods="list"),
    ),
    endpoints=(
        Endpoint(method="GET", path=_APPS + "/{app}/deployments", answer=_deployments),
        Endpoint(method="POST", path=_APPS + "/{app}/alerts/{alert}/destinations", answer=_destinations),
    ),
)
