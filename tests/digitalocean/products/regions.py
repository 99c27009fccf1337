"""Regions, sizes and base images: what objects embed by slug. A small part of what DigitalOcean offers."""

from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply

_REGIONS = {
    "nyc1": "New York 1",
    "nyc3": "New York 3",
    "ams3": "Amsterdam 3",
    "fra1": "Frankfurt 1",
    "sfo3": "San Francisco 3",
}
# slug: memory (MiB), vCPUs, disk (GiB), transfer (TB), USD a month
_SIZES = {
    "s-1vcpu-1gb": (1024, 1, 25, 1.0, 6.0),
    "s-1vcpu-2gb": (2048, 1, 50, 2.0, 12.0),
    "s-2vcpu-2gb": (2048, 2, 60, 3.0, 18.0),
    "s-2vcpu-4gb": (4096, 2, 80, 4.0, 24.0),
    "c-2": (4096, 2, 25, 4.0, 42.0),
}
_IMAGES = {
    "ubuntu-24-04-x64": (155133621, "24.04 (LTS) x64", "Ubuntu"),
    "debian-12-x64": (133177174, "12 x64", "Debian"),
}
_HOURS = 672.0


def region(slug: str) -> Object:
    """A region as objects embed it."""
    name = _REGIONS.get(slug)
    if name is None:
        raise ApiError(422, f"{slug} is no region here.")
    features = ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"]
    return {"name": name, "slug": slug, "features": features, "available": True, "sizes": list(_SIZES)}


def size(slug: str) -> Object:
    """A size as Droplets embed it."""
    if slug not in _SIZES:
        raise ApiError(422, f"{slug} is no size here.")
    memory, vcpus, disk, transfer, price = _SIZES[slug]
    return {
        "slug": slug,
        "memory": memory,
        "vcpus": vcpus,
        "disk": disk,
        "transfer": transfer,
        "price_monthly": price,
        "price_hourly": round(price / _HOURS, 5),
        "regions": list(_REGIONS),
        "available": True,
        "description": "CPU-Optimized" if slug.startswith("c-") else "Basic",
    }


def base_image(slug: str) -> Object | None:
    """A distribution's image."""
    if slug not in _IMAGES:
        return None
    number, name, distribution = _IMAGES[slug]
    return {
        "id": number,
        "name": name,
        "type": "base",
        "distribution": distribution,
        "slug": slug,
        "public": True,
        "regions": list(_REGIONS),
        "created_at": NOW,
        "min_disk_size": 7,
        "size_gigabytes": 2.34,
        "description": f"{distribution} {name}",
        "tags": [],
        "status": "available",
        "error_message": "",
    }


def _account(call: Call) -> Reply:
    account = {
        "droplet_limit": 5000,
        "floating_ip_limit": 500,
        "email": "operations@example.com",
        "name": "Operations",
        "uuid": "0f0e8f0b-7a30-4f93-9ba2-1c8b8c6a3a57",
        "email_verified": True,
        "status": "active",
        "status_message": "",
        "team": {"uuid": call.cloud.team, "name": "Simulated team"},
    }
    return Reply(body={"account": account})


def _regions(_: Call) -> Reply:
    return Reply(body={"regions": [region(slug) for slug in _REGIONS], "links": {}, "meta": {"total": len(_REGIONS)}})


def _sizes(_: Call) -> Reply:
    return Reply(body={"sizes": [size(slug) for slug in _SIZES], "links": {}, "meta": {"total": len(_SIZES)}})


PRODUCT = Product(
    collections=(Collection(path="/v2/actions", many="actions", one="action", methods="list read"),),
    endpoints=(
        Endpoint(method="GET", path="/v2/account", answer=_account),
        Endpoint(method="GET", path="/v2/regions", answer=_regions),
        Endpoint(method="GET", path="/v2/sizes", answer=_sizes),
    ),
)
