"""Autoscale pools and the Droplets that they make."""

from digitalocean.identity import uuid_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_POOLS = "/v2/droplets/autoscale"


def _config(body: Object) -> Object:
    """What is asked for; a number of zero asks for nothing."""
    return {name: value for name, value in body["config"].items() if value}


def _template(body: Object) -> Object:
    asked = {name: value for name, value in body["droplet_template"].items() if value is not None}
    return {"public_networking": True, "tags": []} | asked


def _new_pool(call: Call) -> Object:
    config = _config(call.body)
    return {
        "id": uuid_of(call.seed),
        "config": config,
        "droplet_template": _template(call.body),
        "current_utilization": {"memory": 0.25, "cpu": 0.125},
        "created_at": NOW,
        "updated_at": NOW,
        "status": "active",
        "active_resources_count": config.get("target_number_instances") or config.get("min_instances", 1),
    }


def _fill(call: Call, pool: Object) -> None:
    template = pool["droplet_template"]
    for number in range(pool["active_resources_count"]):
        name = f"{pool['name']}-{number + 1}"
        droplet = call.cloud.create("/v2/droplets", **{**template, "name": name, "project_id": None})
        member = {
            "droplet_id": droplet["id"],
            "created_at": NOW,
            "updated_at": NOW,
            "health_status": "healthy",
            "status": "active",
            "current_utilization": {"memory": 0.25, "cpu": 0.125},
        }
        call.cloud.keep(f"{_POOLS}/{pool['id']}/members", member, identifier="droplet_id")


def _changed(call: Call, pool: Object) -> None:
    pool |= {"config": _config(call.body), "droplet_template": _template(call.body)}


def _delete_with_members(call: Call) -> Reply:
    pool = call.cloud.require(_POOLS, call.parameters["pool"])
    for member in call.cloud.objects(f"{_POOLS}/{pool['id']}/members"):
        call.cloud.delete(f"/v2/droplets/{member['droplet_id']}")
    call.cloud.drop(_POOLS, pool["id"])
    return Reply(status=202)


PRODUCT = Product(
    collections=(
        Collection(
            path=_POOLS,
            many="autoscale_pools",
            one="autoscale_pool",
            make=_new_pool,
            made=_fill,
            changed=_changed,
            filters={"name": "name"},
            create_status=202,
            delete_status=202,
        ),
        Collection(path=_POOLS + "/{pool}/members", many="droplets", id="droplet_id", methods="list"),
    ),
    endpoints=(Endpoint(method="DELETE", path=_POOLS + "/{pool}/dangerous", answer=_delete_with_members),),
)
