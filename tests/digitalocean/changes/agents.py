"""AI agents with all that hangs on them, knowledge bases, keys, imported models."""

from typing import Any

from digitalocean.changes.words import Case, Change, changed, gone, made, place
from digitalocean.cloud import Cloud

_AGENTS, _BASES = "/v2/gen-ai/agents", "/v2/gen-ai/knowledge_bases"
_KEYS, _MODELS = "/v2/gen-ai/openai/keys", "/v2/gen-ai/custom_models"


def _agent(cloud: Cloud) -> dict[str, Any]:
    return cloud.stored(place(cloud, _AGENTS, name="helper"))


def _agent_now(**members: Any) -> Change:
    return changed(_AGENTS, "helper", **members)


def _function(**members: Any) -> Change:
    return lambda cloud: _agent(cloud)["functions"][0].update(members)


def _another_function(cloud: Cloud) -> None:
    path = f"{place(cloud, _AGENTS, name='helper')}/functions"
    body = {"function_name": "leak", "faas_name": "default/leak", "faas_namespace": "fn-x", "description": "x"}
    assert cloud.answer("POST", path, body=body).status == 200


def _base(cloud: Cloud, name: str) -> str:
    return place(cloud, _BASES, name=name)


def _source(cloud: Cloud, base: str, **members: Any) -> str:
    return place(cloud, f"{_base(cloud, base)}/data_sources", **members)


def _bucket(name: str) -> dict[str, str]:
    return {"bucket_name": name, "item_path": "/", "region": "nyc3"}


def _attached_by_hand(cloud: Cloud) -> None:
    base = cloud.stored(_base(cloud, "tickets"))["uuid"]
    path = f"{place(cloud, _AGENTS, name='helper')}/knowledge_bases/{base}"
    assert cloud.answer("POST", path).status == 200


def _made_with_a_source(cloud: Cloud) -> None:
    """A knowledge base that no state knows: its sources are a part of it."""
    cloud.create(
        _BASES,
        name="leaked",
        region="tor1",
        embedding_model_uuid="22653204-79ed-11ef-bf8f-4e013e2ddde4",
        datasources=[{"spaces_data_source": _bucket("leaked")}],
    )


def _made_with_a_cluster(cloud: Cloud) -> None:
    """A knowledge base that no state knows, and the database cluster that it made for itself."""
    base = cloud.create(
        _BASES, name="leaked", region="tor1", embedding_model_uuid="22653204-79ed-11ef-bf8f-4e013e2ddde4"
    )
    cluster = cloud.create(
        "/v2/databases",
        name="genai-leaked",
        engine="opensearch",
        version="2",
        region="tor1",
        size="db-s-2vcpu-4gb",
        num_nodes=1,
    )
    base["database_id"] = cluster["id"]


def _sources_turned(cloud: Cloud) -> None:
    held = cloud.saved()
    held[f"{_base(cloud, 'tickets')}/data_sources"].reverse()
    cloud.load(held)


def _deployed(visibility: str) -> Change:
    return _agent_now(
        url="https://cloud.example.com/agents/helper",
        deployment={"name": "helper", "status": "STATUS_RUNNING", "url": "https://x", "visibility": visibility},
    )


_FROM_SPACES = {"bucket": "models", "region": "nyc3", "prefix": "tuned/", "commit_sha": "0" * 40}

CHANGES: dict[str, Case] = {
    "agent instructed": (
        "agents",
        _agent_now(instruction="Be rude."),
        {("changed", "gradientai_agent.helper", "instruction")},
    ),
    "agent: set what was not": (
        "agents",
        _agent_now(temperature=0.9, max_tokens=4096, retrieval_method="RETRIEVAL_METHOD_NONE"),
        {
            ("changed", "gradientai_agent.helper", "temperature"),
            ("changed", "gradientai_agent.helper", "max_tokens"),
            ("changed", "gradientai_agent.helper", "retrieval_method"),
        },
    ),
    "agent: tag removed": ("agents", _agent_now(tags=[]), {("changed", "gradientai_agent.helper", "tags")}),
    "agent: case of a tag": ("agents", _agent_now(tags=["Shop"]), set()),
    "agent on another model": (
        "agents",
        lambda cloud: _agent(cloud)["model"].update(uuid="0c4b6a1e-d1f0-11ef-bf8f-4e013e2ddde4", name="Another"),
        {("changed", "gradientai_agent.helper", "model_uuid"), ("changed", "gradientai_agent.helper", "model")},
    ),
    "agent: a key made by hand": (
        "agents",
        _agent_now(api_key_infos=[{"uuid": "11ee7f9b-0000-0000-0000-4e013e2ddde4", "name": "backdoor"}]),
        {("changed", "gradientai_agent.helper", "api_key_infos")},
    ),
    "agent: a guardrail": (
        "agents",
        _agent_now(guardrails=[{"uuid": "11ee7f9b-0000-0000-0000-4e013e2ddde5", "name": "Jailbreak"}]),
        {("changed", "gradientai_agent.helper", "agent_guardrail")},
    ),
    "agent deployed, after it was made": ("agents", _deployed("VISIBILITY_PRIVATE"), set()),
    "agent open to everybody": (
        "agents",
        _deployed("VISIBILITY_PUBLIC"),
        {("changed", "gradientai_agent.helper", "deployment")},
    ),
    "agent made by hand": (
        "agents",
        made(_AGENTS, name="shadow", region="tor1", instruction="x", model_uuid="d754f2d7-d1f0-11ef-bf8f-4e013e2ddde4"),
        {("unmanaged", "gradientai_agent", "")},
    ),
    "function described": (
        "agents",
        _function(description="Leaks an order"),
        {("changed", "gradientai_function.orders", "description")},
    ),
    "function: other code": (
        "agents",
        _function(faas_name="default/leak", faas_namespace="fn-x"),
        {
            ("changed", "gradientai_function.orders", "faas_name"),
            ("changed", "gradientai_function.orders", "faas_namespace"),
        },
    ),
    "function taken away": (
        "agents",
        lambda cloud: _agent(cloud)["functions"].clear(),
        {("missing", "gradientai_function.orders", "")},
    ),
    "function made by hand": ("agents", _another_function, {("unmanaged", "gradientai_function", "")}),
    "knowledge base detached": (
        "agents",
        lambda cloud: _agent(cloud)["attached_knowledge_bases"].clear(),
        {("missing", "gradientai_agent_knowledge_base_attachment.helper", "")},
    ),
    "knowledge base attached by hand": (
        "agents",
        _attached_by_hand,
        {("unmanaged", "gradientai_agent_knowledge_base_attachment", "")},
    ),
    "knowledge base renamed": (
        "agents",
        changed(_BASES, "manuals", name="leaks"),
        {("changed", "gradientai_knowledge_base.manuals", "name")},
    ),
    "knowledge base public": (
        "agents",
        changed(_BASES, "manuals", is_public=True),
        {("changed", "gradientai_knowledge_base.manuals", "is_public")},
    ),
    "knowledge base on another database": (
        "agents",
        changed(_BASES, "manuals", database_id="5a4981aa-9653-4bd1-bef5-d6bff52042e4"),
        {("changed", "gradientai_knowledge_base.manuals", "database_id")},
    ),
    "knowledge base tagged": (
        "agents",
        changed(_BASES, "tickets", tags=["hacked"]),
        {("changed", "gradientai_knowledge_base.tickets", "tags")},
    ),
    "knowledge base made by hand": ("agents", _made_with_a_source, {("unmanaged", "gradientai_knowledge_base", "")}),
    "knowledge base made by hand, with a cluster of its own": (
        "agents",
        _made_with_a_cluster,
        {("unmanaged", "gradientai_knowledge_base", "")},
    ),
    "data source of a knowledge base's own, elsewhere": (
        "agents",
        lambda cloud: cloud.stored(_source(cloud, "tickets", spaces_data_source=_bucket("archive")))[
            "spaces_data_source"
        ].update(bucket_name="other"),
        {("changed", "gradientai_knowledge_base.tickets", "datasources")},
    ),
    "data source of a knowledge base's own, gone": (
        "agents",
        lambda cloud: cloud.delete(_source(cloud, "tickets", spaces_data_source=_bucket("archive"))),
        {("changed", "gradientai_knowledge_base.tickets", "datasources")},
    ),
    "data source changed": (
        "agents",
        lambda cloud: cloud.stored(_source(cloud, "tickets", spaces_data_source=_bucket("tickets")))[
            "spaces_data_source"
        ].update(item_path="/all"),
        {("changed", "gradientai_knowledge_base_data_source.tickets", "spaces_data_source")},
    ),
    "data source gone": (
        "agents",
        lambda cloud: cloud.delete(_source(cloud, "tickets", spaces_data_source=_bucket("tickets"))),
        {("missing", "gradientai_knowledge_base_data_source.tickets", "")},
    ),
    "data source made by hand": (
        "agents",
        lambda cloud: cloud.create(f"{_base(cloud, 'tickets')}/data_sources", spaces_data_source=_bucket("hand")),
        {("changed", "gradientai_knowledge_base.tickets", "datasources")},
    ),
    "data sources in another order": ("agents", _sources_turned, set()),
    "model key renamed": (
        "agents",
        changed(_KEYS, "shop", name="x"),
        {("changed", "gradientai_openai_api_key.shop", "name")},
    ),
    "model key: other models": (
        "agents",
        changed(_KEYS, "shop", models=[{"uuid": "d754f2d7-d1f0-11ef-bf8f-4e013e2ddde4", "name": "A model"}]),
        {("changed", "gradientai_openai_api_key.shop", "model")},
    ),
    "model key deleted": ("agents", gone(_KEYS, name="shop"), {("missing", "gradientai_openai_api_key.shop", "")}),
    "model key deleted, and still listed": (
        "agents",
        changed(_KEYS, "shop", deleted_at="2026-11-02T09:30:00Z"),
        {("missing", "gradientai_openai_api_key.shop", "")},
    ),
    "model key made by hand": (
        "agents",
        made(_KEYS, name="hand", api_key="sk-x"),
        {("unmanaged", "gradientai_openai_api_key", "")},
    ),
    "custom model described": (
        "agents",
        changed(_MODELS, "tuned", description="", license="mit"),
        {
            ("changed", "gradientai_custom_model.tuned", "description"),
            ("changed", "gradientai_custom_model.tuned", "license"),
        },
    ),
    "custom model: tag removed": (
        "agents",
        changed(_MODELS, "tuned", tags={}),
        {("changed", "gradientai_custom_model.tuned", "tags")},
    ),
    "custom model: modalities": (
        "agents",
        changed(_MODELS, "from-spaces", input_modalities=["text", "image"]),
        {("changed", "gradientai_custom_model.from_spaces", "input_modalities")},
    ),
    "custom model of another commit": (
        "agents",
        changed(_MODELS, "tuned", source_ref={"repo_id": "example/tuned", "commit_sha": "1" * 40}),
        {("changed", "gradientai_custom_model.tuned", "source_ref")},
    ),
    "custom model: the API tells more of its source": (
        "agents",
        changed(_MODELS, "from-spaces", source_ref=_FROM_SPACES),
        set(),
    ),
    "custom model: from another bucket": (
        "agents",
        changed(_MODELS, "from-spaces", source_ref=_FROM_SPACES | {"bucket": "other"}),
        {("changed", "gradientai_custom_model.from_spaces", "source_ref")},
    ),
    "custom model: the API tells nothing of its source": (
        "agents",
        changed(_MODELS, "tuned", source_ref=None),
        set(),
    ),
    "custom model deleted, and still listed": (
        "agents",
        changed(_MODELS, "tuned", status="STATUS_DELETED"),
        {("missing", "gradientai_custom_model.tuned", "")},
    ),
    "custom model made by hand": (
        "agents",
        made(_MODELS, name="hand", source_type="SOURCE_TYPE_HUGGINGFACE"),
        {("unmanaged", "gradientai_custom_model", "")},
    ),
}
