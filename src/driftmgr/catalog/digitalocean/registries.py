"""Container registries. Source: the provider's ``registry/``; ``GET /v2/registries`` and the subscription."""

from driftmgr.catalog.digitalocean.words import go_time, listed
from driftmgr.catalog.entry import GLOBAL, MEDIUM, Attribute, NoEntry, ResourceType, Template, http_call

REGISTRY = ResourceType(
    name="digitalocean_container_registry",
    # The same with more than one registry in a team.
    aliases=("digitalocean_container_registries",),
    criticality=MEDIUM,
    reach=GLOBAL,
    list=listed("/v2/registries", "registries", "registry:read"),
    details={"Tier": http_call("/v2/registries/subscription", "subscription.tier.slug", "registry:read")},
    id="name",
    attributes={
        "created_at": Attribute("created_at", read=go_time),
        "endpoint": Template("registry.digitalocean.com/{name}"),
        "name": "name",
        "region": "region",
        "server_url": Template("registry.digitalocean.com"),
        "storage_usage_bytes": "storage_usage_bytes",
        "subscription_tier_slug": "Tier",
    },
)

CREDENTIALS = NoEntry(
    name="digitalocean_container_registry_docker_credentials",
    reason="a credential that expires, made for whoever asks: the state holds it, the API keeps no list",
)
