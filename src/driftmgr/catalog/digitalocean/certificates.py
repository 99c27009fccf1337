"""TLS certificates and what is served with them at the edge.

Source: the provider's ``certificate/`` and ``cdn/``; ``GET /v2/certificates``, ``GET /v2/cdn/endpoints``.
"""

from collections.abc import Mapping

from driftmgr.catalog.digitalocean.words import go_time, listed
from driftmgr.catalog.entry import GLOBAL, HIGH, LOW, Attribute, Join, ResourceType

CERTIFICATES = listed("/v2/certificates", "certificates", "certificate:read")
_SECRET = "DigitalOcean keeps it to itself"  # noqa: S105  # a reason
_CLOUDFLARE = "needs-cloudflare-cert"

CERTIFICATE = ResourceType(
    name="digitalocean_certificate",
    criticality=HIGH,
    reach=GLOBAL,
    list=CERTIFICATES,
    # The id of one by Let's Encrypt changes when it is renewed, its name stays.
    id="name",
    attributes={
        "domains": "dns_names",
        "name": "name",
        "not_after": "not_after",
        # All that tells of another certificate under the same name; Let's Encrypt renews its own.
        "sha1_fingerprint": Attribute("sha1_fingerprint", counts=True, when="type=='custom'"),
        "state": "state",
        "type": "type",
        "uuid": "id",
    },
    unreadable={"certificate_chain": _SECRET, "leaf_certificate": _SECRET, "private_key": _SECRET},
)


def _name(found: Mapping[str, str | None]) -> str | None:
    """A certificate by its name, as the provider records it."""
    return found["id"] if found["id"] == _CLOUDFLARE else found["name"]


_CERTIFICATE_OF = Attribute("{id: certificate_id, name: Certificate.name}", read=_name)

CDN = ResourceType(
    name="digitalocean_cdn",
    criticality=LOW,
    reach=GLOBAL,
    list=listed("/v2/cdn/endpoints", "endpoints", "cdn:read"),
    joins={"Certificate": Join(call=CERTIFICATES, on="id", to="certificate_id")},
    id="id",
    attributes={
        "certificate_id": _CERTIFICATE_OF,
        "certificate_name": _CERTIFICATE_OF,
        "created_at": Attribute("created_at", read=go_time),
        "custom_domain": "custom_domain",
        "endpoint": "endpoint",
        "origin": "origin",
        "ttl": "ttl",
    },
)
