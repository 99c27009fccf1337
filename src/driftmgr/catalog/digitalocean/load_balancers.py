"""Load balancers. Source: the provider's ``loadbalancer/``; ``GET /v2/load_balancers``."""

from collections.abc import Iterable, Mapping
from typing import Any

from driftmgr.catalog.digitalocean.certificates import CERTIFICATES
from driftmgr.catalog.digitalocean.kubernetes import of_clusters
from driftmgr.catalog.digitalocean.words import IN_PROJECT, listed, urn
from driftmgr.catalog.entry import GLOBAL, HIGH, UNTOLD, Attribute, Join, ResourceType
from driftmgr.catalog.equivalences import ignoring_case
from driftmgr.catalog.transforms import if_told, none_if_empty

_RULE = ("entry_port", "entry_protocol", "target_port", "target_protocol")


def _named(block: Mapping[str, Any], certificates: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A certificate by its name in both places, as the provider records it."""
    identity = block.get("certificate_id") or ""
    name = next((found["name"] for found in certificates if found["id"] == identity), "")
    return {"certificate_id": name, "certificate_name": name}


def _rules(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: rule.get(name) for name in _RULE}
        | {"tls_passthrough": bool(rule.get("tls_passthrough"))}
        | _named(rule, found["certificates"])
        for rule in found["blocks"] or ()
    ]


def _domains(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "is_managed": bool(domain.get("is_managed")),
            "name": domain.get("name"),
            "ssl_validation_error_reasons": domain.get("ssl_validation_error_reasons") or [],
            "verification_error_reasons": domain.get("verification_error_reasons") or [],
        }
        | _named(domain, found["certificates"])
        for domain in found["blocks"] or ()
    ]


def _global(settings: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    if not settings:
        return []
    priorities = settings.get("region_priorities") or {}
    cdn = settings.get("cdn")
    return [
        {
            "cdn": [] if cdn is None else [{"is_enabled": bool(cdn.get("is_enabled"))}],
            # Only read beside the priorities.
            "failover_threshold": (settings.get("failover_threshold") or 0) if priorities else 0,
            "region_priorities": priorities,
            "target_port": settings.get("target_port") or 0,
            "target_protocol": str(settings.get("target_protocol") or "").lower(),
        }
    ]


def _slug(found: Mapping[str, Any]) -> Any:
    """The size by its name; the provider keeps what HCL says where the API counts units."""
    return UNTOLD if found["unit"] else found["slug"]


def _unit(number: int | None) -> Any:
    return number or UNTOLD


def _usual_algorithm(name: str | None) -> str:
    """The one that there is where none is told: the provider then records an empty text."""
    return name or "round_robin"


def _told(text: str | None) -> Any:
    return if_told(none_if_empty(text))


def _kept(name: str, usual: str) -> Attribute:
    """What the provider keeps as HCL says; the API tells whether it still holds, of some kinds only what is unusual."""
    return Attribute(name, read=none_if_empty, equal=ignoring_case, default=usual, when=name)


def _maker(cluster: str | None) -> str | None:
    return None if cluster is None else f"Kubernetes cluster {cluster}"


LOADBALANCER = ResourceType(
    name="digitalocean_loadbalancer",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/load_balancers", "load_balancers", "load_balancer:read"),
    joins={
        "Certificates": Join(
            call=CERTIFICATES, on="id", to="[forwarding_rules[].certificate_id, domains[].certificate_id][]", many=True
        ),
        # Its own tag says to which droplets it sends, not who made it.
        "Cluster": of_clusters("load_balancers"),
    },
    id="id",
    owner=Attribute("Cluster", read=_maker),
    attributes={
        "algorithm": Attribute("algorithm", normal=_usual_algorithm),
        "disable_lets_encrypt_dns_records": Attribute("disable_lets_encrypt_dns_records", default=False),
        "domains": Attribute("{blocks: domains, certificates: Certificates}", read=_domains),
        # Those with a tag come and go without anybody touching the load balancer.
        "droplet_ids": Attribute("droplet_ids", when="!droplet_tag"),
        "droplet_tag": Attribute("tag", equal=ignoring_case),
        "enable_backend_keepalive": Attribute("enable_backend_keepalive", default=False),
        "enable_proxy_protocol": Attribute("enable_proxy_protocol", default=False),
        "firewall": Attribute("firewall", nested={"allow": "allow", "deny": "deny"}),
        "forwarding_rule": Attribute("{blocks: forwarding_rules, certificates: Certificates}", read=_rules),
        "glb_settings": Attribute("glb_settings", read=_global),
        "healthcheck": Attribute(
            "health_check",
            nested={
                "path": "path",
                "protocol": "protocol",
                **{
                    name: Attribute(name, default=0)
                    for name in (
                        "check_interval_seconds",
                        "healthy_threshold",
                        "port",
                        "response_timeout_seconds",
                        "unhealthy_threshold",
                    )
                },
            },
        ),
        "http_idle_timeout_seconds": Attribute("http_idle_timeout_seconds", default=0),
        "ip": "ip",
        "ipv6": Attribute("ipv6", read=_told),
        "name": "name",
        "network": _kept("network", "EXTERNAL"),
        "network_stack": _kept("network_stack", "IPV4"),
        "project_id": "project_id",
        "redirect_http_to_https": Attribute("redirect_http_to_https", default=False),
        "region": Attribute("region.slug", read=if_told),
        "size": Attribute("{unit: size_unit, slug: size}", read=_slug),
        "size_unit": Attribute("size_unit", read=_unit),
        "status": "status",
        "sticky_sessions": Attribute(
            "sticky_sessions",
            nested={
                "cookie_name": "cookie_name",
                "cookie_ttl_seconds": Attribute("cookie_ttl_seconds", default=0),
                "type": "type",
            },
        ),
        "subnet_uuid": "subnet_uuid",
        "target_load_balancer_ids": "target_load_balancer_ids",
        "tls_cipher_policy": _kept("tls_cipher_policy", "DEFAULT"),
        "type": "type",
        "urn": urn("loadbalancer", "id"),
        "vpc_uuid": "vpc_uuid",
    },
    parents=(IN_PROJECT,),
)
