"""TLS certificates and CDN endpoints."""

import hashlib

from digitalocean.identity import uuid_of
from digitalocean.shapes import NOW, Call, Collection, Object, Product


def _new_certificate(call: Call) -> Object:
    body = call.body
    kind = body.get("type") or "custom"
    chosen = body.get("dns_names") if kind == "lets_encrypt" else ["example.com", "www.example.com"]
    return {
        "id": uuid_of(call.seed),
        "not_after": "2036-10-29T09:30:00Z",
        "sha1_fingerprint": hashlib.sha1(call.seed.encode(), usedforsecurity=False).hexdigest(),
        "created_at": NOW,
        "dns_names": list(chosen or ()),
        "state": "verified",
        "type": kind,
    }


def _new_endpoint(call: Call) -> Object:
    origin = call.body["origin"]
    made = {
        "id": uuid_of(call.seed),
        "endpoint": origin.replace(".digitaloceanspaces.com", ".cdn.digitaloceanspaces.com"),
        "created_at": NOW,
        "ttl": call.body.get("ttl") or 3600,
    }
    return made | {name: call.body[name] for name in ("certificate_id", "custom_domain") if call.body.get(name)}


PRODUCT = Product(
    collections=(
        Collection(
            path="/v2/certificates",
            many="certificates",
            one="certificate",
            unstored=("private_key", "leaf_certificate", "certificate_chain"),
            make=_new_certificate,
            pending={"state": "pending"},
            filters={"name": "name"},
            methods="list read make delete",
        ),
        Collection(path="/v2/cdn/endpoints", many="endpoints", one="endpoint", make=_new_endpoint),
    ),
)
