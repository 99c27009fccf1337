"""Managed databases: clusters, and the databases, users, pools, replicas and firewalls of one.

Source: the provider's ``database/``; ``GET /v2/databases`` and what is below a cluster. What only some engines have is
asked of these alone: of the others it is an error.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.agents import BASES
from driftmgr.catalog.digitalocean.words import CREATED_WITH, IN_PROJECT, TAGS, listed, urn
from driftmgr.catalog.entry import (
    CRITICAL,
    GLOBAL,
    HIGH,
    LOW,
    UNTOLD,
    Attribute,
    Call,
    Join,
    ParentRef,
    ResourceType,
    Template,
    http_call,
)
from driftmgr.catalog.equivalences import ignoring_case
from driftmgr.catalog.transforms import if_told

READ = "database:read"
_CACHES = ("redis", "valkey")
_SQL = ("pg", "mysql", "advanced_pg", "advanced_mysql")


def clusters(*engines: str, scopes: str | tuple[str, ...] = READ) -> Call:
    """The clusters of some engines, or all of them; ``scopes`` are for what is read of them."""
    which = " || ".join(f"engine=='{engine}'" for engine in engines)
    return listed("/v2/databases", f"databases[?{which}]" if which else "databases", scopes)


def below(name: str, items: str, *scopes: str, **others: Any) -> Call:
    """What each cluster has of a kind; ``scopes`` are those of single members."""
    return listed(f"/v2/databases/{{cluster}}/{name}", items, (READ, *scopes), given={"cluster": "id"}, **others)


def setting(name: str, items: str, **others: Any) -> Call:
    """One setting of a cluster."""
    return http_call(f"/v2/databases/{{cluster}}/{name}", items, READ, given={"cluster": "id"}, **others)


OF_CLUSTER = ParentRef(type="digitalocean_database_cluster", attribute="cluster_id")
"""``parents=`` of what a cluster consists of."""


def _same_engine(recorded: Any, observed: Any) -> bool:
    """The same engine; Valkey is what became of Redis."""
    return bool(recorded == observed) or {recorded, observed} == set(_CACHES)


def _to_the_minute(windows: list[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """A maintenance window without seconds, which mean nothing."""
    return [
        {"day": str(window["day"]).lower(), "hour": ":".join(str(window["hour"]).split(":")[:2])}
        for window in windows or ()
    ]


def _endpoints(found: list[Mapping[str, Any]] | None) -> list[str]:
    return [f"https://{one['host']}:{one['port']}/metrics" for one in found or ()]


def _maker(base: str | None) -> str | None:
    # A knowledge base that is made without a cluster makes one.
    return None if base is None else f"knowledge base {base}"


def _connection(prefix: str, member: str, *names: str) -> dict[str, str]:
    return {f"{prefix}{name}": f"{member}.{name}" for name in names}


CLUSTER = ResourceType(
    name="digitalocean_database_cluster",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=clusters(scopes=(READ, "project:read", "tag:read", "vpc:read")),
    details={
        # The list need not tell it. No such thing is no answer to fail on: not every engine has it.
        "Autoscale": setting("autoscale", "autoscale.storage", when="!storage_autoscale", absent=("not_found",)),
        "Eviction": setting(
            "eviction_policy", "eviction_policy", when=" || ".join(f"engine=='{engine}'" for engine in _CACHES)
        ),
        "SqlMode": setting("sql_mode", "sql_mode", when="engine=='mysql'"),
    },
    joins={"Base": Join(call=BASES, on="database_id", to="id", value="name")},
    id="id",
    owner=Attribute("Base", read=_maker),
    attributes={
        **_connection("", "connection", "host", "port", "database", "user"),
        **_connection("private_", "private_connection", "host"),
        **_connection("ui_", "ui_connection", "host", "port", "database", "user"),
        "engine": Attribute("engine", equal=_same_engine),
        # The next four are only recorded where HCL sets them.
        "eviction_policy": Attribute("Eviction", read=if_told, when="eviction_policy"),
        "maintenance_window": Attribute(
            "maintenance_window",
            nested={"day": "day", "hour": "hour"},
            normal=_to_the_minute,
            when="maintenance_window",
        ),
        "sql_mode": Attribute("SqlMode", read=if_told, when="sql_mode"),
        "storage_autoscale": Attribute(
            "storage_autoscale || Autoscale",
            nested={
                "enabled": Attribute("enabled", default=False),
                "increment_gib": Attribute("increment_gib", default=0),
                "threshold_percent": Attribute("threshold_percent", default=0),
            },
            when="storage_autoscale",
        ),
        "metrics_endpoints": Attribute("metrics_endpoints", read=_endpoints),
        "name": "name",
        "node_count": "num_nodes",
        "private_network_uuid": "private_network_uuid",
        "project_id": "project_id",
        "region": Attribute("region", equal=ignoring_case),
        "size": "size",
        "storage_size_mib": "storage_size_mib",
        "tags": TAGS,
        "urn": urn("dbaas", "id"),
        "version": "version",
    },
    parents=(IN_PROJECT,),
    unreadable={"backup_restore": CREATED_WITH},
)

DB = ResourceType(
    name="digitalocean_database_db",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=clusters(*_SQL, "mongodb"),
    expand=below("dbs", "dbs"),
    id=Template("{Parent.id}/database/{name}"),
    # What every cluster has from the beginning.
    is_default="name==Parent.connection.database || name=='defaultdb'",
    attributes={"cluster_id": "Parent.id", "name": "name"},
    parents=(OF_CLUSTER,),
    import_id="{cluster_id},{name}",
)

_PERMISSIONS = {"produce_consume": "produceconsume", "read_write": "readwrite"}


def _permission(text: str | None) -> str:
    """A permission in the spelling of HCL."""
    lower = (text or "").lower()
    return _PERMISSIONS.get(lower, lower)


def _topic_permission(text: str | None) -> str:
    permission = _permission(text)
    return "produceconsume" if permission == "readwrite" else permission


def _settings(found: Mapping[str, Any] | None) -> Any:
    """Who may do what; the API does not tell it of every user."""
    if found is None:
        return UNTOLD
    return [
        {
            "acl": [
                {
                    "id": rule.get("id"),
                    "permission": _topic_permission(rule.get("permission")),
                    "topic": rule.get("topic"),
                }
                for rule in found.get("acl") or ()
            ],
            "opensearch_acl": [
                {"index": rule.get("index"), "permission": _permission(rule.get("permission"))}
                for rule in found.get("opensearch_acl") or ()
            ],
        }
    ]


def _in_order(settings: list[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """The rules by what they are about: they have no order."""
    return [
        {
            "acl": sorted(one.get("acl") or (), key=lambda rule: (str(rule.get("topic")), str(rule.get("permission")))),
            "opensearch_acl": sorted(
                one.get("opensearch_acl") or (), key=lambda rule: (str(rule.get("index")), str(rule.get("permission")))
            ),
        }
        for one in settings or ()
    ]


USER = ResourceType(
    name="digitalocean_database_user",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=clusters(*_SQL, "mongodb", "kafka", "opensearch"),
    expand=below("users", "users"),
    id=Template("{Parent.id}/user/{name}"),
    # Whom every cluster has from the beginning.
    is_default="role=='primary' || name=='doadmin'",
    attributes={
        "cluster_id": "Parent.id",
        "mysql_auth_plugin": Attribute(
            "mysql_settings.auth_plugin", read=if_told, default="caching_sha2_password", when="mysql_auth_plugin"
        ),
        "name": "name",
        "role": Attribute("role", default="normal"),
        # The provider records it when it makes the user; an imported user has none.
        "settings": Attribute("settings", read=_settings, normal=_in_order, when="settings"),
    },
    parents=(OF_CLUSTER,),
    import_id="{cluster_id},{name}",
)

CONNECTION_POOL = ResourceType(
    name="digitalocean_database_connection_pool",
    criticality=HIGH,
    reach=GLOBAL,
    list=clusters("pg", "advanced_pg"),
    expand=below("pools", "pools", "database:view_credentials"),
    id=Template("{Parent.id}/{name}"),
    attributes={
        **_connection("", "connection", "host", "port"),
        **_connection("private_", "private_connection", "host"),
        "cluster_id": "Parent.id",
        "db_name": "db",
        "mode": "mode",
        "name": "name",
        "size": "size",
        "user": "user",
    },
    parents=(OF_CLUSTER,),
    import_id="{cluster_id},{name}",
)

REPLICA = ResourceType(
    name="digitalocean_database_replica",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=clusters(*_SQL),
    expand=below("replicas", "replicas", "tag:read", "vpc:read"),
    id=Template("{Parent.id}/replicas/{name}"),
    attributes={
        **_connection("", "connection", "host", "port", "database", "user"),
        **_connection("private_", "private_connection", "host"),
        "cluster_id": "Parent.id",
        "name": "name",
        "private_network_uuid": "private_network_uuid",
        "region": Attribute("region", equal=ignoring_case),
        "size": "size",
        "storage_size_mib": "storage_size_mib",
        "tags": TAGS,
        "uuid": "id",
    },
    parents=(OF_CLUSTER,),
    import_id="{cluster_id},{name}",
)

_IS_SQL = " || ".join(f"engine=='{engine}'" for engine in _SQL)

FIREWALL = ResourceType(
    name="digitalocean_database_firewall",
    criticality=CRITICAL,
    reach=GLOBAL,
    list=clusters(),
    # A replica has a firewall of its own: the first item is the cluster itself, the others are its replicas. Engines
    # without replicas are asked for the rules, which they are asked for anyway.
    expand=http_call(
        "/v2/databases/{cluster}/{part}",
        "[`{}`, replicas[]][]",
        READ,
        given={"cluster": "id", "part": f"({_IS_SQL}) && 'replicas' || 'firewall'"},
    ),
    details={
        "Rules": http_call("/v2/databases/{cluster}/firewall", "rules", READ, given={"cluster": "id || Parent.id"})
    },
    exists="Rules != `null`",
    id="id || Parent.id",
    keys=(("cluster_id",),),
    # A cluster without rules has no firewall that anybody made.
    is_default="!Rules",
    attributes={
        "cluster_id": "id || Parent.id",
        "rule": Attribute(
            "Rules", nested={"created_at": "created_at", "type": "type", "uuid": "uuid", "value": "value"}
        ),
    },
    parents=(OF_CLUSTER, ParentRef(type="digitalocean_database_replica", attribute="cluster_id", by="uuid")),
    import_id="{cluster_id}",
)

ONLINE_MIGRATION = ResourceType(
    name="digitalocean_database_online_migration",
    criticality=LOW,
    reach=GLOBAL,
    list=clusters("pg", "mysql", *_CACHES),
    expand=setting("online-migration", "[@]", absent=("not_found",)),
    id="id",
    keys=(("cluster_id",),),
    # One that is over is history.
    is_default="status!='syncing'",
    attributes={"cluster_id": "Parent.id", "created_at": "created_at", "status": "status"},
    parents=(OF_CLUSTER,),
    import_id="cannot be imported",
    unreadable={"disable_ssl": CREATED_WITH, "ignore_dbs": CREATED_WITH, "source": CREATED_WITH},
)
