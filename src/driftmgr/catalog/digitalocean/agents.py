"""AI agents, their functions and knowledge bases, the keys of model providers, imported models.

Source: the provider's ``gradientai/``; ``GET /v2/gen-ai/agents``, ``/v2/gen-ai/knowledge_bases``,
``/v2/gen-ai/openai/keys``, ``/v2/gen-ai/custom_models``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from driftmgr.catalog.digitalocean.words import CREATED_WITH, IN_PROJECT, TAGS, go_time, listed
from driftmgr.catalog.entry import (
    GLOBAL,
    HIGH,
    LOW,
    MEDIUM,
    UNTOLD,
    Attribute,
    AttributeLike,
    Companion,
    NoEntry,
    ParentRef,
    ResourceType,
    Template,
    http_call,
)
from driftmgr.catalog.equivalences import in_any_order

_SCOPE = "genai:read"
_AGENTS = listed("/v2/gen-ai/agents", "agents", _SCOPE)
_PUBLIC = "VISIBILITY_PUBLIC"
_NOT_SENT_AT_FIRST = "the provider never reads it, and does not send it when the agent is made"


def _agent(items: str) -> Any:
    """What only the answer about one agent tells: the list leaves out what hangs on it."""
    return http_call("/v2/gen-ai/agents/{agent}", items, _SCOPE, given={"agent": "uuid"})


def _same(*names: str) -> dict[str, AttributeLike]:
    return {name: name for name in names}


def _times(*names: str) -> dict[str, AttributeLike]:
    return {name: Attribute(name, read=go_time) for name in names}


_MODEL = {
    **_same("inference_name", "inference_version", "name", "parent_uuid", "provider", "url", "usecases"),
    **_times("created_at", "updated_at"),
    "agreement": Attribute("agreement", nested=_same("description", "name", "url", "uuid")),
    "is_foundational": Attribute("is_foundational", default=False),
    "upload_complete": Attribute("upload_complete", default=False),
    "versions": Attribute("version", nested={name: Attribute(name, default=0) for name in ("major", "minor", "patch")}),
}

_KEY = {**_same("created_by", "name", "uuid"), **_times("created_at", "deleted_at", "updated_at")}


def same_visibility(recorded: Any, observed: Any) -> bool:
    """Deployments that the same people reach; one that is still under way is as good as any that is not public."""
    seen = {_visibility(recorded), _visibility(observed)}
    return len(seen) == 1 or (None in seen and _PUBLIC not in seen)


def _visibility(deployments: Any) -> Any:
    found = deployments[0].get("visibility") if deployments else None
    return None if found in {"", "VISIBILITY_UNKNOWN"} else found


def same_objects(recorded: Any, observed: Any) -> bool:
    """Lists of the same objects, by their ids, in any order: what they are like is told where they are managed."""
    return _ids(recorded) == _ids(observed)


def _ids(objects: Any) -> list[str]:
    return sorted(str(found.get("uuid") or found.get("agent_id")) for found in objects or ())


AGENT = ResourceType(
    name="digitalocean_gradientai_agent",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_AGENTS,
    details={"Agent": _agent("agent")},
    id="uuid",
    attributes={
        **_same("description", "if_case", "instruction", "name", "project_id", "region", "retrieval_method"),
        **_same("route_created_by", "route_name", "route_uuid", "user_id"),
        **_times("created_at", "route_created_at", "updated_at"),
        "agent_guardrail": Attribute(
            "Agent.guardrails",
            nested={
                **_same("agent_uuid", "default_response", "description", "guardrail_uuid", "name", "type", "uuid"),
                **_times("created_at", "updated_at"),
                "is_attached": Attribute("is_attached", default=False),
                "is_default": Attribute("is_default", default=False),
                "priority": Attribute("priority", default=0),
            },
        ),
        "anthropic_api_key": Attribute("Agent.anthropic_api_key", nested=_KEY),
        "anthropic_key_uuid": Attribute("Agent.anthropic_api_key.uuid", when="anthropic_key_uuid"),
        "api_key_infos": Attribute(
            "Agent.api_key_infos",
            nested={
                **_same("created_by", "name", "uuid"),
                **_times("created_at", "deleted_at"),
                "secret_key": Attribute("secret_key", sensitive=True),
            },
        ),
        "api_keys": Attribute("Agent.api_keys", nested={"api_key": Attribute("api_key", sensitive=True)}),
        "chatbot": Attribute(
            "chatbot",
            nested=_same(
                "button_background_color", "logo", "name", "primary_color", "secondary_color", "starting_message"
            ),
        ),
        "chatbot_identifiers": Attribute("chatbot_identifiers", nested={"chatbot_id": "agent_chatbot_identifier"}),
        "child_agents": Attribute(
            "Agent.child_agents",
            nested={"agent_id": "uuid", **_same("description", "name", "project_id", "region")},
            equal=same_objects,
        ),
        # An agent is deployed after it was made: only who reaches it is what somebody chose.
        "deployment": Attribute(
            "deployment",
            nested={**_same("name", "status", "url", "uuid", "visibility"), **_times("created_at", "updated_at")},
            equal=same_visibility,
        ),
        "functions": Attribute(
            "Agent.functions",
            nested={
                **_same("description", "guardrail_uuid", "name", "url", "uuid"),
                **_times("created_at", "updated_at"),
                "api_key": Attribute("api_key", sensitive=True),
                "faasname": "faas_name",
                "faasnamespace": "faas_namespace",
            },
        ),
        # The provider keeps what HCL says; the API tells whether it still holds.
        "knowledge_base_uuid": Attribute(
            "Agent.knowledge_bases[].uuid", equal=in_any_order, when="knowledge_base_uuid"
        ),
        "knowledge_bases": Attribute(
            "Agent.knowledge_bases", nested=_same("name", "project_id", "region", "uuid"), equal=same_objects
        ),
        "max_tokens": Attribute("max_tokens", default=0),
        "model": Attribute("model", nested=_MODEL),
        "model_uuid": "model.uuid",
        "open_ai_key_uuid": Attribute("Agent.openai_api_key.uuid", when="open_ai_key_uuid"),
        "tags": TAGS,
        "temperature": Attribute("temperature", default=0),
        "template": Attribute(
            "template",
            nested={
                **_same("description", "instruction", "name", "uuid"),
                **_times("created_at", "updated_at"),
                **{name: Attribute(name, default=0) for name in ("k", "max_tokens", "temperature", "top_p")},
            },
        ),
        "top_p": Attribute("top_p", default=0),
        # It comes with the deployment.
        "url": Attribute("url", when="url"),
        "workspace_uuid": Attribute("Agent.workspace.uuid", when="workspace_uuid"),
    },
    unreadable={
        "k": _NOT_SENT_AT_FIRST,
        "open_ai_api_key": "the provider looks for it under a name that the API does not have",
        "parent_agents": "the provider never reads it",
        "provide_citations": "the provider neither sends nor reads it",
    },
    parents=(IN_PROJECT,),
    companions=(
        Companion(type="digitalocean_gradientai_agent_route", attribute="parent_agent_uuid", inline=("child_agents",)),
        Companion(
            type="digitalocean_gradientai_agent_route",
            attribute="child_agent_uuid",
            inline=("if_case", "route_created_at", "route_created_by", "route_name", "route_uuid"),
        ),
    ),
)

FUNCTION = ResourceType(
    name="digitalocean_gradientai_function",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_AGENTS,
    expand=_agent("agent.functions"),
    # The provider records the agent's id and finds the function by its name.
    id="uuid",
    keys=(("agent_id", "function_name"),),
    attributes={
        "agent_id": "Parent.uuid",
        "description": "description",
        "faas_name": "faas_name",
        "faas_namespace": "faas_namespace",
        "function_name": "name",
        "function_uuid": "uuid",
    },
    unreadable={
        "input_schema": "the provider sends what it knows of it and never reads it",
        "output_schema": "the provider never reads it",
    },
    parents=(ParentRef(type="digitalocean_gradientai_agent", attribute="agent_id", inline=("functions",)),),
    import_id="cannot be imported",
)

ATTACHMENT = ResourceType(
    name="digitalocean_gradientai_agent_knowledge_base_attachment",
    criticality=LOW,
    reach=GLOBAL,
    list=_AGENTS,
    expand=_agent("agent.knowledge_bases"),
    id=Template("{Parent.uuid}-{uuid}"),
    attributes={"agent_uuid": "Parent.uuid", "knowledge_base_uuid": "uuid"},
    parents=(
        ParentRef(
            type="digitalocean_gradientai_agent",
            attribute="agent_uuid",
            inline=("knowledge_base_uuid", "knowledge_bases"),
            among="knowledge_base_uuid",
        ),
        ParentRef(type="digitalocean_gradientai_knowledge_base", attribute="knowledge_base_uuid", part=False),
    ),
    import_id="cannot be imported",
)

BASES = listed("/v2/gen-ai/knowledge_bases", "knowledge_bases", _SCOPE)
_SOURCES = listed(
    "/v2/gen-ai/knowledge_bases/{base}/data_sources", "knowledge_base_data_sources", _SCOPE, given={"base": "uuid"}
)
_SPACES = Attribute("spaces_data_source", nested=_same("bucket_name", "item_path", "region"))
_CRAWLER = Attribute(
    "web_crawler_data_source",
    nested={**_same("base_url", "crawling_option"), "embed_media": Attribute("embed_media", default=False)},
)


def _by_id(sources: Sequence[Mapping[str, Any]] | None) -> list[Mapping[str, Any]]:
    return sorted(sources or (), key=lambda source: str(source.get("uuid")))


KNOWLEDGE_BASE = ResourceType(
    name="digitalocean_gradientai_knowledge_base",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=BASES,
    details={"Sources": _SOURCES},
    id="uuid",
    attributes={
        **_same("embedding_model_uuid", "name", "project_id", "region"),
        # One that the service makes comes after the knowledge base.
        "database_id": Attribute("database_id", when="database_id"),
        "datasources": Attribute(
            "Sources",
            nested={
                "file_upload_data_source": Attribute(
                    "file_upload_data_source", nested=_same("original_file_name", "size_in_bytes", "stored_object_key")
                ),
                "spaces_data_source": _SPACES,
                "uuid": "uuid",
                "web_crawler_data_source": _CRAWLER,
            },
            normal=_by_id,
        ),
        "is_public": Attribute("is_public", default=False),
        "tags": TAGS,
    },
    unreadable={
        "added_to_agent_at": "the provider fails to record it",
        "last_indexing_job": "the provider never reads it",
        "vpc_uuid": CREATED_WITH,
    },
    parents=(IN_PROJECT,),
)

DATA_SOURCE = ResourceType(
    name="digitalocean_gradientai_knowledge_base_data_source",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=BASES,
    expand=_SOURCES,
    id="uuid",
    attributes={
        "knowledge_base_uuid": "Parent.uuid",
        "spaces_data_source": _SPACES,
        "web_crawler_data_source": _CRAWLER,
    },
    parents=(
        ParentRef(
            type="digitalocean_gradientai_knowledge_base",
            attribute="knowledge_base_uuid",
            inline=("datasources",),
            among="id",
        ),
    ),
    import_id="cannot be imported",
)

OPENAI_API_KEY = ResourceType(
    name="digitalocean_gradientai_openai_api_key",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/gen-ai/openai/keys", "api_key_infos", _SCOPE),
    exists="!deleted_at",
    id="uuid",
    attributes={**_KEY, "model": Attribute("models", nested=_MODEL)},
    unreadable={"api_key": "a secret: the API takes it and never tells it"},
)


def _source(told: Mapping[str, Any] | None) -> Any:
    """Where a model came from; the provider keeps what HCL says of what the API does not tell."""
    if told is None:
        return UNTOLD
    kept = {name: told[name] for name in ("access_type", "bucket", "prefix", "region") if told.get(name)}
    return [{"commit_sha": told.get("commit_sha"), "repo_id": told.get("repo_id"), **kept}]


CUSTOM_MODEL = ResourceType(
    name="digitalocean_gradientai_custom_model",
    criticality=LOW,
    reach=GLOBAL,
    list=listed("/v2/gen-ai/custom_models", "models[?status!='STATUS_DELETED']", _SCOPE),
    id="uuid",
    attributes={
        **_same("architecture", "description", "error_message", "input_modalities", "license", "name"),
        **_same("output_modalities", "parameters", "source_type", "status", "storage_region", "team_id"),
        **_same("total_size_bytes", "uuid"),
        **_times("created_at", "updated_at"),
        "context_length": Attribute("context_length", default=0),
        "cost_estimate_per_month": Attribute("cost_estimate_per_month", default=0),
        "file_count": Attribute("file_count", default=0),
        "source_ref": Attribute("source_ref", read=_source),
        "tags": "tags.tags",
    },
    unreadable={
        "accept_terms_and_conditions": "a word to the import; no property of the model",
        "preferred_gpu_region": CREATED_WITH,
    },
)

ROUTE = NoEntry(
    name="digitalocean_gradientai_agent_route",
    reason="the provider asks for the route's id as if it were an agent's, so that none can be read",
)

INDEXING_JOB_CANCEL = NoEntry(
    name="digitalocean_gradientai_indexing_job_cancel",
    reason="a deed, no object: it cancels an indexing job, once",
)
