"""Apps of the App Platform. Source: the provider's ``app/``, the answer of ``GET /v2/apps`` with its specs.

A spec has the same blocks in many places: what the provider reads into each of them is said once. It writes a zero
where the API leaves a number or a switch out.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import IN_PROJECT, apps, go_time, urn
from driftmgr.catalog.entry import GLOBAL, MEDIUM, UNTOLD, Attribute, AttributeLike, ResourceType
from driftmgr.catalog.transforms import if_told, untold

Members = dict[str, AttributeLike]


def _texts(*names: str) -> Members:
    return {name: name for name in names}


def _numbers(*names: str) -> Members:
    return {name: Attribute(name, default=0) for name in names}


def _switches(*names: str) -> Members:
    return {name: Attribute(name, default=False) for name in names}


def _secret(text: str | None) -> Any:
    """A secret as the API keeps it; once that is encrypted, nobody can tell whether it is the one of HCL."""
    return UNTOLD if text is not None and text.startswith("EV[") else text


def _usual_scope(scope: str | None) -> str:
    return scope or "RUN_AND_BUILD_TIME"


def _usual_type(kind: str | None) -> str:
    """The provider calls a variable without a type the same as one that is ``GENERAL``."""
    return kind or "GENERAL"


def same_single_precision(recorded: Any, observed: Any) -> bool:
    """Numbers that are the same with 32 bits: the provider keeps what is left of 0.1 after that."""
    first, second = (struct.pack("f", float(number or 0)) for number in (recorded, observed))
    return first == second


_ENV = Attribute(
    "envs",
    nested={
        "key": "key",
        "scope": Attribute("scope", normal=_usual_scope),
        "type": Attribute("type", normal=_usual_type),
        "value": Attribute("value", read=_secret),
    },
    key="key",
)

_HOSTED = {**_texts("repo", "branch"), **_switches("deploy_on_push")}
_SOURCES: Members = {
    "bitbucket": Attribute("bitbucket", nested=_HOSTED),
    "git": Attribute("git", nested=_texts("branch", "repo_clone_url")),
    "github": Attribute("github", nested=_HOSTED),
    "gitlab": Attribute("gitlab", nested=_HOSTED),
    "source_dir": "source_dir",
}
_BUILD = _texts("build_command", "dockerfile_path", "environment_slug")
_IMAGE = Attribute(
    "image",
    nested={
        **_texts("digest", "registry", "registry_type", "repository", "tag"),
        "deploy_on_push": Attribute("deploy_on_push", nested=_switches("enabled")),
        "registry_credentials": Attribute("registry_credentials", read=_secret),
    },
)
_RUN: Members = {
    **_texts("instance_size_slug", "run_command"),
    **_numbers("instance_count"),
    "image": _IMAGE,
}

# The provider sends the destinations of an alert but never reads them back: the state holds none.
_APP_ALERT = Attribute("alerts", nested={"rule": "rule", **_switches("disabled")})
_ALERT = Attribute(
    "alerts",
    nested={
        **_texts("operator", "rule", "window"),
        **_switches("disabled"),
        "value": Attribute("value", default=0, equal=same_single_precision),
    },
)


def _token(name: str) -> Attribute:
    """A secret that the provider's schema does not call one."""
    return Attribute(name, read=_secret, sensitive=True)


_LOG_DESTINATION = Attribute(
    "log_destinations",
    nested={
        "datadog": Attribute("datadog", nested={"api_key": _token("api_key"), "endpoint": "endpoint"}),
        "logtail": Attribute("logtail", nested={"token": _token("token")}),
        "name": "name",
        "open_search": Attribute(
            "open_search",
            nested={
                **_texts("cluster_name", "endpoint", "index_name"),
                "basic_auth": Attribute(
                    "basic_auth", nested={"password": Attribute("password", read=_secret), "user": "user"}
                ),
            },
        ),
        "papertrail": Attribute("papertrail", nested=_texts("endpoint")),
    },
)


def _origins(origins: Iterable[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """All origins in the one block that the provider has for them: the last of each kind."""
    found = {kind: text for origin in origins or () for kind, text in origin.items() if text}
    return [{kind: found.get(kind, "") for kind in ("exact", "prefix", "regex")}] if origins else []


_CORS = Attribute(
    "cors",
    nested={
        **_texts("allow_headers", "allow_methods", "expose_headers", "max_age"),
        **_switches("allow_credentials"),
        "allow_origins": Attribute("allow_origins", read=_origins),
    },
)
_ROUTES = Attribute("routes", nested={"path": "path", **_switches("preserve_path_prefix")})
_ROUTED: Members = {"cors": _CORS, "routes": _ROUTES}


def _check(name: str) -> Attribute:
    """A health check or a check of liveness."""
    numbers = _numbers(
        "failure_threshold", "initial_delay_seconds", "period_seconds", "port", "success_threshold", "timeout_seconds"
    )
    return Attribute(name, nested={"http_path": "http_path", **numbers})


_AUTOSCALING = Attribute(
    "autoscaling",
    nested={
        **_numbers("max_instance_count", "min_instance_count"),
        "metrics": Attribute(
            "metrics",
            nested={"cpu": Attribute("cpu", nested=_numbers("percent"))},
        ),
    },
)


def _termination(*names: str) -> Attribute:
    return Attribute("termination", nested=_numbers("grace_period_seconds", *names))


_COMPONENT: Members = {"name": "name", "env": _ENV, **_SOURCES}
_WATCHED: Members = {"alert": _ALERT, "log_destination": _LOG_DESTINATION}
_SERVICE: Members = {
    **_COMPONENT,
    **_BUILD,
    **_RUN,
    **_WATCHED,
    **_ROUTED,
    **_numbers("http_port"),
    "autoscaling": _AUTOSCALING,
    "health_check": _check("health_check"),
    "internal_ports": "internal_ports",
    "liveness_health_check": _check("liveness_health_check"),
    "termination": _termination("drain_seconds"),
}
_STATIC_SITE: Members = {
    **_COMPONENT,
    **_BUILD,
    **_ROUTED,
    **_texts("catchall_document", "error_document", "index_document", "output_dir"),
}
_WORKER: Members = {
    **_COMPONENT,
    **_BUILD,
    **_RUN,
    **_WATCHED,
    "autoscaling": _AUTOSCALING,
    "liveness_health_check": _check("liveness_health_check"),
    "termination": _termination(),
}
_JOB: Members = {**_COMPONENT, **_BUILD, **_RUN, **_WATCHED, "kind": "kind", "termination": _termination()}
_FUNCTION: Members = {**_COMPONENT, **_WATCHED, **_ROUTED}
_DATABASE: Members = {
    **_texts("cluster_name", "db_name", "db_user", "engine", "name", "version"),
    **_switches("production"),
}
_RULE: Members = {
    "component": Attribute("component", nested={**_texts("name", "rewrite"), **_switches("preserve_path_prefix")}),
    "cors": _CORS,
    "match": Attribute(
        "match",
        nested={
            "authority": Attribute("authority", nested=_texts("exact")),
            "path": Attribute("path", nested=_texts("prefix")),
        },
    ),
    "redirect": Attribute(
        "redirect", nested={**_texts("authority", "scheme", "uri"), **_numbers("port", "redirect_code")}
    ),
}
_INGRESS: Members = {
    "rule": Attribute("rules", nested=_RULE),
    "secure_header": Attribute("secure_header", nested={"key": "key", "value": _token("value")}),
}
_SPEC: Members = {
    **_texts("features", "name", "region"),
    **_switches("disable_edge_cache", "disable_email_obfuscation", "enhanced_threat_control_enabled"),
    "alert": _APP_ALERT,
    "database": Attribute("databases", nested=_DATABASE),
    # The provider reads the blocks only where HCL has them, and the bare names beside them always.
    "domain": Attribute(
        "domains", nested={"name": "domain", **_texts("type", "zone"), **_switches("wildcard")}, when="domain"
    ),
    "domains": Attribute("domains[].domain", when="!domain"),
    "egress": Attribute("egress", nested=_texts("type")),
    "env": _ENV,
    "function": Attribute("functions", nested=_FUNCTION),
    "ingress": Attribute("ingress", nested=_INGRESS),
    "job": Attribute("jobs", nested=_JOB),
    "maintenance": Attribute(
        "maintenance", nested={"offline_page_url": "offline_page_url", **_switches("archive", "enabled")}
    ),
    "service": Attribute("services", nested=_SERVICE),
    "static_site": Attribute("static_sites", nested=_STATIC_SITE),
    "vpc": Attribute("vpc", nested=_texts("id")),
    "worker": Attribute("workers", nested=_WORKER),
}

APP = ResourceType(
    name="digitalocean_app",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=apps("apps", "app:read", "project:read"),
    id="id",
    attributes={
        "active_deployment_id": "active_deployment.id",
        "created_at": Attribute("created_at", read=go_time),
        # The cloud assigns them some time after the spec's egress asks for them; where the answer has none the provider
        # keeps what it knew.
        "dedicated_ips": Attribute(
            "dedicated_ips",
            read=if_told,
            nested={"id": "id", "ip": Attribute("ip", when="ip"), "status": Attribute("status", read=untold)},
            when="dedicated_ips",
        ),
        "default_ingress": "default_ingress",
        "live_domain": "live_domain",
        "live_url": "live_url",
        "project_id": "project_id",
        "spec": Attribute("spec", nested=_SPEC),
        "updated_at": Attribute("updated_at", read=go_time),
        "urn": urn("app", "id"),
    },
    unreadable={"deployment_per_page": "tells the provider how to wait for a deployment; no property of the app"},
    parents=(IN_PROJECT,),
)
