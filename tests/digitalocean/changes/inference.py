"""Dedicated inference endpoints, their tokens, vector databases."""

from digitalocean.changes.words import Case, Change, changed, gone, made, place
from digitalocean.cloud import Cloud

_ENDPOINTS, _VECTORS = "/v2/dedicated-inferences", "/v2/vector-databases"


def _tokens(cloud: Cloud) -> str:
    return f"{place(cloud, _ENDPOINTS, name='chat')}/tokens"


def _spec(cloud: Cloud) -> dict[str, object]:
    spec: dict[str, object] = cloud.stored(place(cloud, _ENDPOINTS, name="chat"))["spec"]
    return spec


def _scaled(cloud: Cloud) -> None:
    spec = cloud.stored(place(cloud, _ENDPOINTS, name="chat"))["spec"]
    spec["model_deployments"][0]["accelerators"][0]["scale"] = 8


def _token(name: str, *, is_managed: bool) -> Change:
    def change(cloud: Cloud) -> None:
        cloud.create(_tokens(cloud), name=name)
        cloud.change(place(cloud, _tokens(cloud), name=name), is_managed=is_managed)

    return change


def _configured(**members: object) -> Change:
    return lambda cloud: cloud.stored(place(cloud, _VECTORS, name="documents"))["config"].update(members)


def _endpoint_by_hand(cloud: Cloud) -> None:
    spec = {"name": "miner", "region": "atl1", "version": 1, "enable_public_endpoint": True, "model_deployments": []}
    made = cloud.create(_ENDPOINTS, spec=spec)
    cloud.create(f"{_ENDPOINTS}/{made['id']}/tokens", name="miner")


CHANGES: dict[str, Case] = {
    "inference endpoint: more accelerators": (
        "inference",
        _scaled,
        {("changed", "dedicated_inference.chat", "model_deployments")},
    ),
    "inference endpoint: public no more": (
        "inference",
        lambda cloud: _spec(cloud).update(enable_public_endpoint=False),
        {("changed", "dedicated_inference.chat", "enable_public_endpoint")},
    ),
    "inference endpoint: no models": (
        "inference",
        lambda cloud: _spec(cloud).update(model_deployments=[]),
        {("changed", "dedicated_inference.chat", "model_deployments")},
    ),
    "inference endpoint in another network": (
        "inference",
        changed(_ENDPOINTS, "chat", vpc_uuid="5a4981aa-9653-4bd1-bef5-d6bff52042e4"),
        {("changed", "dedicated_inference.chat", "vpc_uuid")},
    ),
    "inference endpoint: scaling is under way": (
        "inference",
        changed(_ENDPOINTS, "chat", status="updating", pending_deployment_spec={"name": "chat", "version": 2}),
        set(),
    ),
    "inference endpoint deleted": (
        "inference",
        gone(_ENDPOINTS, name="chat"),
        {("missing", "dedicated_inference.chat", ""), ("missing", "dedicated_inference_token.chat", "")},
    ),
    "inference endpoint made by hand": (
        "inference",
        _endpoint_by_hand,
        {("unmanaged", "dedicated_inference", ""), ("unmanaged", "dedicated_inference_token", "")},
    ),
    "token revoked": (
        "inference",
        lambda cloud: cloud.delete(place(cloud, _tokens(cloud), name="chat")),
        {("missing", "dedicated_inference_token.chat", "")},
    ),
    "token renamed": (
        "inference",
        lambda cloud: cloud.change(place(cloud, _tokens(cloud), name="chat"), name="x"),
        {("changed", "dedicated_inference_token.chat", "name")},
    ),
    "token made by hand": (
        "inference",
        _token("backdoor", is_managed=False),
        {("unmanaged", "dedicated_inference_token", "")},
    ),
    "token of the service": ("inference", _token("system", is_managed=True), set()),
    "vector database resized": (
        "inference",
        changed(_VECTORS, "documents", size="vdb-s-4vcpu-8gb"),
        {("changed", "vector_database.documents", "size")},
    ),
    "vector database: configuration": (
        "inference",
        _configured(enable_auto_schema=False, default_quantization="rq-8"),
        {("changed", "vector_database.documents", "config")},
    ),
    "vector database tagged": (
        "inference",
        changed(_VECTORS, "plain", tags=["hacked"]),
        {("changed", "vector_database.plain", "tags")},
    ),
    "vector database: tag removed": (
        "inference",
        changed(_VECTORS, "documents", tags=[]),
        {("changed", "vector_database.documents", "tags")},
    ),
    "vector database: case of a tag": ("inference", changed(_VECTORS, "documents", tags=["Documents"]), set()),
    "vector database in another project": (
        "inference",
        changed(_VECTORS, "documents", project_id="f25f0bf6-112e-4f6a-8720-edeb0f4bf389"),
        {("changed", "vector_database.documents", "project_id")},
    ),
    "vector database, whose project HCL does not choose, in another": (
        "inference",
        changed(_VECTORS, "plain", project_id="5bab6baa-4cee-4383-9c00-2570e38bf254"),
        set(),
    ),
    "vector database deleted": (
        "inference",
        gone(_VECTORS, name="plain"),
        {("missing", "vector_database.plain", "")},
    ),
    "vector database made by hand": (
        "inference",
        made(_VECTORS, name="copy", region="tor1", size="vdb-s-1vcpu-2gb"),
        {("unmanaged", "vector_database", "")},
    ),
}
