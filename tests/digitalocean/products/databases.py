"""Managed databases: clusters and everything below one."""

from digitalocean.identity import hex_of, uuid_of
from digitalocean.products.networks import default_vpc
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply, Setting

_CLUSTERS = "/v2/databases"
_CLUSTER = _CLUSTERS + "/{cluster}"
# engine: URI scheme, port, database
_ENGINES = {
    "pg": ("postgresql", 25060, "defaultdb"),
    "advanced_pg": ("postgresql", 25060, "defaultdb"),
    "mysql": ("mysql", 25060, "defaultdb"),
    "advanced_mysql": ("mysql", 25060, "defaultdb"),
    "redis": ("rediss", 25061, ""),
    "valkey": ("rediss", 25061, ""),
    "mongodb": ("mongodb+srv", 27017, "admin"),
    "kafka": ("kafka", 25073, ""),
    "opensearch": ("https", 25060, ""),
}
_SIZES = {"db-s-1vcpu-1gb": 10240, "db-s-1vcpu-2gb": 30720, "db-s-2vcpu-2gb": 40960, "db-s-2vcpu-4gb": 61440}


def _connection(engine: str, host: str, seed: str, *, database: str | None = None) -> Object:
    scheme, port, usual = _ENGINES[engine]
    user, password = "doadmin", hex_of(f"password {seed}", 16)
    named = usual if database is None else database
    return {
        "protocol": scheme,
        "uri": f"{scheme}://{user}:{password}@{host}:{port}/{named}?sslmode=require",
        "database": named,
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "ssl": True,
    }


def _connections(engine: str, name: str, seed: str, *, database: str | None = None) -> Object:
    host = f"{name}-do-user-1-0.h.db.example.com"
    return {
        "connection": _connection(engine, host, seed, database=database),
        "private_connection": _connection(engine, f"private-{host}", seed, database=database),
    }


def _new_cluster(call: Call) -> Object:
    body = call.body
    engine, identifier = body["engine"], uuid_of(call.seed)
    made: Object = {
        "id": identifier,
        "semantic_version": f"{body.get('version') or '1'}.0",
        "status": "online",
        "created_at": NOW,
        "private_network_uuid": body.get("private_network_uuid") or default_vpc(call.cloud, body["region"])["id"],
        "tags": list(body.get("tags") or ()),
        "db_names": ["defaultdb"] if engine in {"pg", "mysql", "advanced_pg", "advanced_mysql"} else [],
        "users": [{"name": "doadmin", "role": "primary", "password": hex_of(f"password {call.seed}", 16)}],
        "maintenance_window": {"day": "sunday", "hour": "03:00:00", "pending": False, "description": []},
        "project_id": body.get("project_id") or call.cloud.default_project["id"],
        "rules": [],
        "storage_size_mib": body.get("storage_size_mib") or _SIZES.get(body["size"], 61440),
        "metrics_endpoints": [{"host": f"{body['name']}-do-user-1-0.h.db.example.com", "port": 9273}],
        **_connections(engine, body["name"], call.seed),
    }
    if engine == "opensearch":
        made["ui_connection"] = _connection(engine, f"{body['name']}-ui-do-user-1-0.h.db.example.com", call.seed)
    return made


def _cluster_made(call: Call, cluster: Object) -> None:
    path = f"{_CLUSTERS}/{cluster['id']}"
    call.cloud.keep(f"{path}/users", dict(cluster["users"][0]), identifier="name")
    for name in cluster["db_names"]:
        call.cloud.keep(f"{path}/dbs", {"name": name}, identifier="name")
    if storage := call.body.get("storage_autoscale"):
        call.cloud.setting(f"{path}/autoscale")["storage"] = storage


def _cluster_of(call: Call) -> Object:
    return call.cloud.require(_CLUSTERS, call.parameters["cluster"])


def _users_changed(call: Call, _: Object) -> None:
    users = call.cloud.objects(f"{_CLUSTERS}/{call.parameters['cluster']}/users")
    _cluster_of(call)["users"] = [dict(user) for user in users]


def _user_removed(call: Call, user: Object) -> None:
    cluster = _cluster_of(call)
    cluster["users"] = [one for one in cluster["users"] if one["name"] != user["name"]]


def _new_user(call: Call) -> Object:
    body, engine = call.body, _cluster_of(call)["engine"]
    made: Object = {"role": "normal", "password": hex_of(f"password {call.seed}", 16)}
    if engine == "mysql":
        made["mysql_settings"] = body.get("mysql_settings") or {"auth_plugin": "caching_sha2_password"}
    if engine == "kafka":
        made |= {"access_cert": "the certificate", "access_key": "the key"}
    settings = dict(body.get("settings") or {})
    if acl := settings.get("acl"):
        settings["acl"] = [one | {"id": f"acl{at}{hex_of(call.seed, 6)}"} for at, one in enumerate(acl)]
    return made | ({"settings": settings} if settings else {})


def _reset_user(call: Call) -> Reply:
    user = call.cloud.require(f"{_CLUSTERS}/{call.parameters['cluster']}/users", call.parameters["user"])
    user |= {name: value for name, value in (call.body or {}).items() if value}
    return Reply(body={"user": user})


def _database_made(call: Call, database: Object) -> None:
    _cluster_of(call)["db_names"].append(database["name"])


def _database_removed(call: Call, database: Object) -> None:
    _cluster_of(call)["db_names"].remove(database["name"])


def _new_pool(call: Call) -> Object:
    cluster = _cluster_of(call)
    return _connections(cluster["engine"], cluster["name"], cluster["id"], database=call.body["name"])


def _new_replica(call: Call) -> Object:
    body, cluster = call.body, _cluster_of(call)
    where = body.get("region") or cluster["region"]
    size = body.get("size") or cluster["size"]
    return {
        "id": uuid_of(call.seed),
        "region": where,
        "size": size,
        "status": "online",
        "tags": list(body.get("tags") or ()),
        "created_at": NOW,
        "private_network_uuid": body.get("private_network_uuid") or default_vpc(call.cloud, where)["id"],
        "storage_size_mib": body.get("storage_size_mib") or _SIZES.get(size, 61440),
        **_connections(cluster["engine"], f"{cluster['name']}-{body['name']}", call.seed),
    }


# Settings.


def _rules_set(call: Call, held: Object) -> None:
    cluster = call.parameters["cluster"]
    held["rules"] = [
        {
            "uuid": rule.get("uuid") or uuid_of(f"{cluster} {rule['type']} {rule['value']}"),
            "cluster_uuid": cluster,
            "type": rule["type"],
            "value": rule["value"],
            "created_at": NOW,
        }
        for rule in held["rules"]
    ]
    _cluster_of(call)["rules"] = held["rules"]


def _configured(_: Call, held: Object) -> None:
    """Parameters are asked for by name and answered as a list."""
    for name in ("mysql_parameters", "pg_parameters"):
        if isinstance(held.get(name), dict):
            held[name] = [
                {"name": parameter, "value": value, "description": "", "requires_restart": False, "default_value": ""}
                for parameter, value in held[name].items()
            ]


def _of_cluster(**members: object) -> Setting:
    """A setting with one member, which is both asked and answered bare."""
    (name,) = members
    return Setting(path=f"{_CLUSTER}/{name}", default=lambda _: dict(members))


def _autoscale_set(call: Call, held: Object) -> None:
    _cluster_of(call)["storage_autoscale"] = held["storage"]


# What is asked of a cluster.


def _maintain(call: Call) -> Reply:
    window = {"day": call.body["day"], "hour": call.body["hour"], "pending": False, "description": []}
    _cluster_of(call)["maintenance_window"] = window
    return Reply(status=204)


def _resize(call: Call) -> Reply:
    cluster = _cluster_of(call)
    cluster |= {name: value for name, value in call.body.items() if value}
    return Reply(status=202)


def _migrate(call: Call) -> Reply:
    cluster = _cluster_of(call)
    cluster["region"] = call.body["region"]
    asked = call.body.get("private_network_uuid")
    cluster["private_network_uuid"] = asked or default_vpc(call.cloud, cluster["region"])["id"]
    return Reply(status=202)


def _upgrade(call: Call) -> Reply:
    _cluster_of(call)["version"] = call.body["version"]
    return Reply(status=204)


def _authority(call: Call) -> Reply:
    _cluster_of(call)
    return Reply(body={"ca": {"certificate": "dGhlIGNlcnRpZmljYXRl"}})


def _start_migration(call: Call) -> Reply:
    _cluster_of(call)
    started = {"id": uuid_of(call.seed), "status": "syncing", "created_at": NOW}
    return Reply(body=call.cloud.keep(call.path, started))


def _migration(call: Call) -> Reply:
    _cluster_of(call)
    started = call.cloud.objects(call.path)
    return Reply(body=started[0] if started else call.cloud.require(call.path, ""))


def _new_sink(call: Call) -> Object:
    return {"sink_id": uuid_of(call.seed)}


def _sink_beside(_: Call, sink: Object) -> Object:
    """The answer to a new sink wraps it, the answer to reading it does not."""
    return {"sink": sink}


def _new_subject(call: Call) -> Object:
    subjects = call.cloud.objects(call.path)
    return {"schema_id": len(subjects) + 1, "version": "1"}


def _below(name: str, many: str, one: str, **described: object) -> Collection:
    """A collection of a cluster; none of them is paged."""
    return Collection(path=f"{_CLUSTER}/{name}", many=many, one=one, paged=False, **described)  # type: ignore[arg-type]


PRODUCT = Product(
    collections=(
        Collection(
            path=_CLUSTERS,
            many="databases",
            one="database",
            unstored=("backup_restore", "rules"),
            make=_new_cluster,
            made=_cluster_made,
            pending={"status": "creating"},
            kind="dbaas",
            paged=False,
            filters={"tag_name": "tags"},
            methods="list read make delete",
        ),
        _below(
            "users",
            "users",
            "user",
            id="name",
            make=_new_user,
            made=_users_changed,
            changed=_users_changed,
            removed=_user_removed,
            update_status=201,
        ),
        _below(
            "dbs",
            "dbs",
            "db",
            id="name",
            made=_database_made,
            removed=_database_removed,
            methods="list read make delete",
        ),
        _below("pools", "pools", "pool", id="name", make=_new_pool, update_status=204),
        _below(
            "replicas",
            "replicas",
            "replica",
            id="name",
            make=_new_replica,
            pending={"status": "creating"},
            methods="list read make delete",
        ),
        _below("logsink", "sinks", "", id="sink_id", make=_new_sink, with_new=_sink_beside, delete_status=200),
        _below(
            "schema-registry",
            "subjects",
            "",
            id="subject_name",
            make=_new_subject,
            list_omits=("version",),
            methods="list read make delete",
        ),
        _below("online-migration", "migrations", "", methods="delete"),
    ),
    settings=(
        Setting(path=f"{_CLUSTER}/config", one="config", changed=_configured, update_status=200),
        Setting(path=f"{_CLUSTER}/firewall", default=lambda _: {"rules": []}, changed=_rules_set),
        Setting(
            path=f"{_CLUSTER}/autoscale",
            one="autoscale",
            default=lambda _: {"storage": {"enabled": False}},
            changed=_autoscale_set,
        ),
        _of_cluster(eviction_policy="noeviction"),
        _of_cluster(
            sql_mode="ANSI,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_ALL_TABLES"
        ),
    ),
    endpoints=(
        Endpoint(method="PUT", path=f"{_CLUSTER}/maintenance", answer=_maintain),
        Endpoint(method="PUT", path=f"{_CLUSTER}/resize", answer=_resize),
        Endpoint(method="PUT", path=f"{_CLUSTER}/migrate", answer=_migrate),
        Endpoint(method="PUT", path=f"{_CLUSTER}/upgrade", answer=_upgrade),
        Endpoint(method="GET", path=f"{_CLUSTER}/ca", answer=_authority),
        Endpoint(method="POST", path=_CLUSTER + "/users/{user}/reset_auth", answer=_reset_user),
        Endpoint(method="PUT", path=f"{_CLUSTER}/online-migration", answer=_start_migration),
        Endpoint(method="GET", path=f"{_CLUSTER}/online-migration", answer=_migration),
    ),
)
