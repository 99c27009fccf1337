"""Dedicated inference endpoints with their tokens, and vector databases."""

from digitalocean.identity import hex_of, uuid_of
from digitalocean.products.networks import default_vpc
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply

_ENDPOINTS = "/v2/dedicated-inferences"
_VECTORS = "/v2/vector-databases"


def _deployed(spec: Object, vpc: str) -> Object:
    """The document says ``vpc.uuid``, the service's own client reads ``vpc_config.vpc_uuid``: both are answered."""
    models = []
    for at, model in enumerate(spec["model_deployments"]):
        accelerators = [one | {"status": "active", "state": "active"} for one in model["accelerators"]]
        models.append({"model_id": uuid_of(f"{spec['name']} {at}")} | model | {"accelerators": accelerators})
    return spec | {"vpc": {"uuid": vpc}, "vpc_config": {"vpc_uuid": vpc}, "model_deployments": models}


def _new_endpoint(call: Call) -> Object:
    spec = call.body["spec"]
    vpc = (spec.get("vpc") or {}).get("uuid") or default_vpc(call.cloud, spec["region"])["id"]
    identifier = uuid_of(call.seed)
    return {
        "id": identifier,
        "name": spec["name"],
        "region": spec["region"],
        "status": "active",
        "vpc_uuid": vpc,
        "spec": _deployed(spec, vpc),
        "endpoints": {
            "public_endpoint_fqdn": f"https://{identifier}-public.inference.example.com",
            "private_endpoint_fqdn": f"https://{identifier}-private.inference.example.com",
        },
        "created_at": NOW,
        "updated_at": NOW,
    }


def _endpoint_changed(call: Call, endpoint: Object) -> None:
    spec = call.body["spec"]
    endpoint |= {"name": spec["name"], "spec": _deployed(spec, endpoint["vpc_uuid"])}


def _new_token(call: Call) -> Object:
    return {"id": uuid_of(call.seed), "created_at": NOW, "is_managed": False}


def _value_once(call: Call, _: Object) -> Object:
    """Only the answer to its creation shows a token."""
    shown = {"id": uuid_of(call.seed), "name": call.body["name"], "created_at": NOW, "is_managed": False}
    return {"token": shown | {"value": f"di_{hex_of(call.seed, 32)}"}}


def _new_vectors(call: Call) -> Object:
    body, identifier = call.body, uuid_of(call.seed)
    host = f"{body['name']}-{body['region']}-{identifier[:8]}"
    return {
        "id": identifier,
        "tags": list(body.get("tags") or ()),
        "config": {"default_quantization": "rq-8", "enable_auto_schema": True, "weaviate_version": "1.32.0"},
        "endpoints": {"http": f"https://{host}.vectors.example.com", "grpc": f"{host}-grpc.vectors.example.com:443"},
        "status": "active",
        "owner_uuid": "0f0e8f0b-7a30-4f93-9ba2-1c8b8c6a3a57",
        "project_id": body.get("project_id") or call.cloud.default_project["id"],
        "created_at": NOW,
        "updated_at": NOW,
    }


def _list_vectors(call: Call) -> Reply:
    held = call.cloud.objects(_VECTORS)
    size, number = int(call.query.get("per_page") or 20), int(call.query.get("page") or 1)
    if size < 1 or number < 1:
        raise ApiError(422, "page and per_page must be positive.")
    return Reply(body={"vector_dbs": held[(number - 1) * size : number * size], "total": len(held)})


def _configure(call: Call) -> Reply:
    held = call.cloud.require(_VECTORS, call.parameters["vectors"])
    held["config"] = held["config"] | {name: value for name, value in call.body["config"].items() if value is not None}
    return Reply(body={"vector_db": held})


def _resize(call: Call) -> Reply:
    held = call.cloud.require(_VECTORS, call.parameters["vectors"])
    held["size"] = call.body["size"]
    return Reply(body={"vector_db": held})


def _tag(call: Call) -> Reply:
    held = call.cloud.require(_VECTORS, call.parameters["vectors"])
    held["tags"] = list(call.body["tags"])
    return Reply(body={"vector_db": held})


PRODUCT = Product(
    collections=(
        Collection(
            path=_ENDPOINTS,
            many="dedicated_inferences",
            one="dedicated_inference",
            unstored=("spec", "secrets", "access_tokens"),
            make=_new_endpoint,
            changed=_endpoint_changed,
            pending={"status": "new"},
            filters={"region": "region"},
            # As the type of a listed one in DigitalOcean's own client.
            list_omits=("spec",),
            create_status=202,
            update_status=202,
            delete_status=202,
        ),
        Collection(
            path=_ENDPOINTS + "/{endpoint}/tokens",
            many="tokens",
            one="token",
            make=_new_token,
            with_new=_value_once,
            create_status=202,
            methods="list make delete",
        ),
        Collection(
            path=_VECTORS,
            many="vector_dbs",
            one="vector_db",
            make=_new_vectors,
            pending={"status": "creating"},
            methods="list read make delete",
        ),
    ),
    endpoints=(
        Endpoint(method="GET", path=_VECTORS, answer=_list_vectors),
        Endpoint(method="PUT", path=_VECTORS + "/{vectors}", answer=_configure),
        Endpoint(method="POST", path=_VECTORS + "/{vectors}/resize", answer=_resize),
        Endpoint(method="PUT", path=_VECTORS + "/{vectors}/tags", answer=_tag),
    ),
)
