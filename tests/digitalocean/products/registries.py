"""Container registries and the team's subscription to them."""

import base64

from digitalocean.identity import hex_of
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply, Setting

_REGISTRIES = "/v2/registries"
_SUBSCRIPTION = "/v2/registries/subscription"
# slug: name, repositories, GiB of storage, cents a month
_TIERS = {
    "starter": ("Starter", 1, 0.5, 0),
    "basic": ("Basic", 5, 5, 500),
    "professional": ("Professional", 0, 100, 2000),
}


def _subscription(slug: str) -> Object:
    name, repositories, storage, price = _TIERS[slug]
    size = int(storage * 1024**3)
    tier = {
        "name": name,
        "slug": slug,
        "included_repositories": repositories,
        "included_storage_bytes": size,
        "allow_storage_overage": slug != "starter",
        "included_bandwidth_bytes": size,
        "monthly_price_in_cents": price,
        "storage_overage_price_in_cents": 2,
    }
    return {"tier": tier, "created_at": NOW, "updated_at": NOW}


def _first_subscription(_: Call) -> Object:
    return _subscription("starter")


def _subscribe(call: Call) -> Reply:
    held = call.cloud.setting(_SUBSCRIPTION)
    held |= _subscription(call.body["tier_slug"])
    return Reply(body={"subscription": held})


def _new_registry(call: Call) -> Object:
    if tier := call.body.get("subscription_tier_slug"):
        held = call.cloud.setting(_SUBSCRIPTION)
        held |= _subscription(tier)
    return {
        "region": call.body.get("region") or "nyc3",
        "created_at": NOW,
        "storage_usage_bytes": 0,
        "storage_usage_bytes_updated_at": NOW,
    }


def _only_registry(call: Call) -> Reply:
    """The former API knows one registry per team."""
    if call.method == "POST":
        return call.cloud.answer("POST", _REGISTRIES, body=call.body)
    held = call.cloud.objects(_REGISTRIES)
    if not held:
        raise ApiError(404)
    return Reply(body={"registry": held[0] | {"subscription": call.cloud.setting(_SUBSCRIPTION)}})


def _credentials(call: Call) -> Reply:
    call.cloud.require(_REGISTRIES, call.parameters["registry"])
    pair = f"operations@example.com:{hex_of(call.path, 64)}"
    auth = base64.b64encode(pair.encode()).decode()
    return Reply(body={"auths": {"registry.digitalocean.com": {"auth": auth}}})


PRODUCT = Product(
    collections=(
        Collection(
            path=_REGISTRIES,
            many="registries",
            one="registry",
            id="name",
            unstored=("subscription_tier_slug",),
            make=_new_registry,
            paged=False,
            methods="list read make delete",
        ),
    ),
    settings=(Setting(path=_SUBSCRIPTION, one="subscription", default=_first_subscription),),
    endpoints=(
        Endpoint(method="POST", path=_SUBSCRIPTION, answer=_subscribe),
        Endpoint(method="GET", path="/v2/registry", answer=_only_registry),
        Endpoint(method="POST", path="/v2/registry", answer=_only_registry),
        Endpoint(method="GET", path=_REGISTRIES + "/{registry}/docker-credentials", answer=_credentials),
    ),
)
