"""AI agents, their functions and knowledge bases, provider keys, and imported models."""

from typing import TYPE_CHECKING, Any

from digitalocean.identity import uuid_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

if TYPE_CHECKING:
    from digitalocean.cloud import Cloud

_AGENTS = "/v2/gen-ai/agents"
_BASES = "/v2/gen-ai/knowledge_bases"
_KEYS = "/v2/gen-ai/openai/keys"
_MODELS = "/v2/gen-ai/custom_models"
_ATTACHED = "attached_knowledge_bases"
# What the document leaves out of the list.
_OF_ONE_AGENT = (
    "anthropic_api_key",
    "api_key_infos",
    "api_keys",
    "child_agents",
    "functions",
    "guardrails",
    "knowledge_bases",
    "openai_api_key",
    "parent_agents",
    "workspace",
)


def _new_agent(call: Call) -> Object:
    body = call.body
    made: Object = {
        "uuid": uuid_of(call.seed),
        "created_at": NOW,
        "updated_at": NOW,
        # Of the route to a parent; the provider cannot read an agent without it.
        "route_created_at": "0001-01-01T00:00:00Z",
        "model": {"uuid": body["model_uuid"], "name": "A model", "is_foundational": True, "upload_complete": True},
        "functions": [],
        _ATTACHED: list(body.get("knowledge_base_uuid") or ()),
        "tags": list(body.get("tags") or ()),
    }
    if key := body.get("open_ai_key_uuid"):
        made["openai_api_key"] = call.cloud.require(_KEYS, key)
    return made


def _agent(cloud: "Cloud", stored: Object) -> Object:
    """An agent with the knowledge bases that are attached to it now."""
    shown = {name: value for name, value in stored.items() if name != _ATTACHED}
    return shown | {"knowledge_bases": [cloud.require(_BASES, uuid) for uuid in stored[_ATTACHED]]}


def _agent_of(call: Call) -> Object:
    return call.cloud.require(_AGENTS, call.parameters["agent"])


def _told(call: Call, agent: Object) -> Reply:
    return Reply(body={"agent": _agent(call.cloud, agent)})


def _attach(call: Call) -> Reply:
    agent, base = _agent_of(call), call.parameters["base"]
    call.cloud.require(_BASES, base)
    others = [uuid for uuid in agent[_ATTACHED] if uuid != base]
    agent[_ATTACHED] = [*others, base] if call.method == "POST" else others
    return _told(call, agent)


_FUNCTION = ("description", "faas_name", "faas_namespace")


def _add_function(call: Call) -> Reply:
    agent, body = _agent_of(call), call.body
    made = {"uuid": uuid_of(call.seed), "name": body["function_name"], "created_at": NOW, "updated_at": NOW}
    agent["functions"].append(made | {name: body[name] for name in _FUNCTION if name in body})
    return _told(call, agent)


def _change_function(call: Call) -> Reply:
    agent = _agent_of(call)
    function = next(one for one in agent["functions"] if one["uuid"] == call.parameters["function"])
    if call.method == "DELETE":
        agent["functions"].remove(function)
    else:
        function |= {name: value for name, value in call.body.items() if name in _FUNCTION}
    return _told(call, agent)


def _new_base(call: Call) -> Object:
    return {
        "uuid": uuid_of(call.seed),
        "created_at": NOW,
        "updated_at": NOW,
        "database_id": uuid_of(f"database {call.seed}"),
        "is_public": False,
        "tags": list(call.body.get("tags") or ()),
    }


def _base_made(call: Call, base: Object) -> None:
    for source in call.body.get("datasources") or ():
        call.cloud.create(f"{_BASES}/{base['uuid']}/data_sources", **source)


def _status_beside(_: Call, __: Object) -> Object:
    return {"database_status": "ONLINE"}


def _new_source(call: Call) -> Object:
    given = {name: value for name, value in call.body.items() if value and name.endswith("_data_source")}
    return {"uuid": uuid_of(call.seed), "created_at": NOW, "updated_at": NOW, **given}


def _source_made(_: Call, source: Object) -> None:
    for name in [name for name, value in source.items() if value is None or name == "knowledge_base_uuid"]:
        del source[name]


def _new_key(call: Call) -> Object:
    return {"uuid": uuid_of(call.seed), "created_at": NOW, "updated_at": NOW, "created_by": "258992", "models": []}


_NOT_TOLD = ("access_type", "hf_token", "bucket", "region", "prefix")


def _new_model(call: Call) -> Object:
    body = call.body
    source = {name: value for name, value in (body.get("source_ref") or {}).items() if name not in _NOT_TOLD}
    made: dict[str, Any] = {
        "uuid": uuid_of(call.seed),
        "status": "STATUS_READY",
        "architecture": "mistral",
        "source_ref": {"commit_sha": "0" * 40} | source,
        "total_size_bytes": "14000000000",
        "file_count": 12,
        "license": "apache-2.0",
        "context_length": 32768,
        "cost_estimate_per_month": 7,
        "input_modalities": ["text"],
        "output_modalities": ["text"],
        "parameters": "7000000000",
        "team_id": "258992",
        "storage_region": body.get("preferred_gpu_region") or "nyc2",
        "active_deployments": [],
        "created_at": NOW,
        "updated_at": NOW,
    }
    return made


def _import(call: Call) -> Reply:
    return Reply(body={"model": call.cloud.create(_MODELS, **call.body)})


def _describe_model(call: Call) -> Reply:
    model = call.cloud.require(_MODELS, call.parameters["model"])
    model |= {name: value for name, value in call.body.items() if value}
    return Reply(body={"model": model})


def _deleted(path: str, member: str) -> Endpoint:
    """Deleting is answered with the object that was."""

    def answer(call: Call) -> Reply:
        held = call.cloud.require(path, call.parameters["deleted"])
        call.cloud.drop(path, held["uuid"])
        return Reply(body={member: held["uuid"] if member == "uuid" else held})

    return Endpoint(method="DELETE", path=path + "/{deleted}", answer=answer)


def _delete_model(call: Call) -> Reply:
    call.cloud.require(_MODELS, call.parameters["model"])
    call.cloud.drop(_MODELS, call.parameters["model"])
    return Reply(body={"status": "DELETE_CUSTOM_MODEL_STATUS_SUCCESS", "error": ""})


PRODUCT = Product(
    collections=(
        Collection(
            path=_AGENTS,
            many="agents",
            one="agent",
            id="uuid",
            unstored=("model_uuid", "open_ai_key_uuid", "anthropic_key_uuid", "knowledge_base_uuid"),
            make=_new_agent,
            view=_agent,
            list_omits=_OF_ONE_AGENT,
            create_status=200,
        ),
        Collection(
            path=_BASES,
            many="knowledge_bases",
            one="knowledge_base",
            id="uuid",
            unstored=("datasources", "vpc_uuid"),
            make=_new_base,
            made=_base_made,
            with_new=_status_beside,
            create_status=200,
        ),
        Collection(
            path=_BASES + "/{base}/data_sources",
            many="knowledge_base_data_sources",
            one="knowledge_base_data_source",
            id="uuid",
            make=_new_source,
            made=_source_made,
            create_status=200,
            delete_status=200,
            methods="list make delete",
        ),
        Collection(
            path=_KEYS,
            many="api_key_infos",
            one="api_key_info",
            id="uuid",
            unstored=("api_key",),
            make=_new_key,
            create_status=200,
        ),
        Collection(
            path=_MODELS,
            many="models",
            one="model",
            id="uuid",
            unstored=("source_ref", "preferred_gpu_region", "accept_terms_and_conditions"),
            make=_new_model,
            methods="list read",
        ),
    ),
    endpoints=(
        Endpoint(method="POST", path=_AGENTS + "/{agent}/knowledge_bases/{base}", answer=_attach),
        Endpoint(method="DELETE", path=_AGENTS + "/{agent}/knowledge_bases/{base}", answer=_attach),
        Endpoint(method="POST", path=_AGENTS + "/{agent}/functions", answer=_add_function),
        Endpoint(method="PUT", path=_AGENTS + "/{agent}/functions/{function}", answer=_change_function),
        Endpoint(method="DELETE", path=_AGENTS + "/{agent}/functions/{function}", answer=_change_function),
        Endpoint(method="POST", path=_MODELS + "/import", answer=_import),
        Endpoint(method="PATCH", path=_MODELS + "/{model}/metadata", answer=_describe_model),
        Endpoint(method="DELETE", path=_MODELS + "/{model}", answer=_delete_model),
        _deleted(_AGENTS, "agent"),
        _deleted(_BASES, "uuid"),
        _deleted(_KEYS, "api_key_info"),
    ),
)
