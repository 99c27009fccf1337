"""Dedicated inference endpoints with their tokens, and vector databases.

Source: the provider's ``dedicatedinference/`` and ``database/resource_vector_database.go``;
``GET /v2/dedicated-inferences`` and ``/v2/vector-databases``.
"""

from driftmgr.catalog.digitalocean.words import IN_PROJECT, TAGS, go_time, listed
from driftmgr.catalog.entry import (
    CRITICAL,
    GLOBAL,
    HIGH,
    MEDIUM,
    Attribute,
    ParentRef,
    ResourceType,
    Template,
    http_call,
)
from driftmgr.catalog.transforms import one

_ENDPOINTS = listed("/v2/dedicated-inferences", "dedicated_inferences", "dedicated_inference:read")

ENDPOINT = ResourceType(
    name="digitalocean_dedicated_inference",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_ENDPOINTS,
    details={
        # The API's document has what runs on an endpoint in the list too, DigitalOcean's own client has not.
        "Endpoint": http_call(
            "/v2/dedicated-inferences/{endpoint}",
            "dedicated_inference",
            "dedicated_inference:read",
            given={"endpoint": "id"},
        )
    },
    id="id",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "enable_public_endpoint": Attribute("Endpoint.spec.enable_public_endpoint", default=False),
        "model_deployments": Attribute(
            "Endpoint.spec.model_deployments",
            nested={
                "accelerators": Attribute(
                    "accelerators", nested={"accelerator_slug": "accelerator_slug", "scale": "scale", "type": "type"}
                ),
                "model_id": "model_id",
                "model_provider": "model_provider",
                "model_slug": "model_slug",
                "provider_model_id": "provider_model_id",
            },
        ),
        "name": "name",
        "private_endpoint_fqdn": "endpoints.private_endpoint_fqdn",
        "public_endpoint_fqdn": "endpoints.public_endpoint_fqdn",
        "region": "region",
        "status": "status",
        "updated_at": Attribute("updated_at", read=go_time),
        # The cloud chooses one where HCL does not.
        "vpc_uuid": Attribute("vpc_uuid", when="vpc_uuid"),
    },
    unreadable={"hugging_face_token": "a secret: the API takes it and never tells it"},
)

TOKEN = ResourceType(
    name="digitalocean_dedicated_inference_token",
    criticality=HIGH,
    reach=GLOBAL,
    list=_ENDPOINTS,
    expand=listed(
        "/v2/dedicated-inferences/{endpoint}/tokens",
        "tokens",
        "dedicated_inference_tokens:read",
        given={"endpoint": "id"},
    ),
    id=Template("{Parent.id}:{id}"),
    # Those that the service makes for its own use.
    is_default="is_managed",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "dedicated_inference_id": "Parent.id",
        "name": "name",
    },
    parents=(ParentRef(type="digitalocean_dedicated_inference", attribute="dedicated_inference_id"),),
)

VECTOR_DATABASE = ResourceType(
    name="digitalocean_vector_database",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=listed("/v2/vector-databases", "vector_dbs", "database:read"),
    id="id",
    attributes={
        "config": Attribute(
            "config",
            nested={
                "default_quantization": "default_quantization",
                "enable_auto_schema": Attribute("enable_auto_schema", default=False),
                "weaviate_version": "weaviate_version",
            },
        ),
        "created_at": Attribute("created_at", read=go_time),
        "endpoints": Attribute("endpoints", read=one),
        "name": "name",
        "owner_uuid": "owner_uuid",
        # The provider keeps what HCL says; the API tells whether it still holds.
        "project_id": Attribute("project_id", when="project_id"),
        "region": "region",
        "size": "size",
        "status": "status",
        "tags": TAGS,
        "updated_at": Attribute("updated_at", read=go_time),
    },
    parents=(IN_PROJECT,),
)
