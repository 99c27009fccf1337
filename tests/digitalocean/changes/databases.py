"""Database clusters: what is in them, how they are configured, what goes through them."""

from typing import Any

from digitalocean.changes.words import Case, Change, changed, gone, made, place
from digitalocean.cloud import Cloud

_CLUSTERS = "/v2/databases"


def _below(cluster: str, name: str, /, **members: Any) -> Change:
    """Set members of what is below a cluster with this name."""
    return lambda cloud: cloud.change(f"{place(cloud, _CLUSTERS, name=cluster)}/{name}", **members)


def _gone(cluster: str, name: str) -> Change:
    return lambda cloud: cloud.delete(f"{place(cloud, _CLUSTERS, name=cluster)}/{name}")


def _made(cluster: str, name: str, /, **members: Any) -> Change:
    return lambda cloud: cloud.create(f"{place(cloud, _CLUSTERS, name=cluster)}/{name}", **members)


def _rules(*rules: tuple[str, str], cluster: str = "shop") -> Change:
    held = [{"uuid": f"rule-{value}", "type": kind, "value": value} for kind, value in rules]

    def change(cloud: Cloud) -> None:
        cloud.setting(f"{place(cloud, _CLUSTERS, name=cluster)}/firewall")["rules"] = held

    return change


def _member(cluster: str, name: str, block: str, /, **members: Any) -> Change:
    """Set members of a block of what is below a cluster with this name."""

    def change(cloud: Cloud) -> None:
        cloud.stored(f"{place(cloud, _CLUSTERS, name=cluster)}/{name}")[block].update(members)

    return change


def _sink(cluster: str, name: str, /, **members: Any) -> Change:
    def change(cloud: Cloud) -> None:
        path = place(cloud, f"{place(cloud, _CLUSTERS, name=cluster)}/logsink", sink_name=name)
        cloud.stored(path)["config"].update(members)

    return change


def _sink_gone(cluster: str, name: str) -> Change:
    return lambda cloud: cloud.delete(place(cloud, f"{place(cloud, _CLUSTERS, name=cluster)}/logsink", sink_name=name))


def _unset(cluster: str, name: str) -> Change:
    """Take a member out of the configuration of a cluster."""

    def change(cloud: Cloud) -> None:
        del cloud.stored(f"{place(cloud, _CLUSTERS, name=cluster)}/config")[name]

    return change


def _parameter(cluster: str, member: str, name: str, value: str) -> Change:
    def change(cloud: Cloud) -> None:
        held = cloud.stored(f"{place(cloud, _CLUSTERS, name=cluster)}/config")[member]
        held[:] = [one for one in held if one["name"] != name] + [{"name": name, "value": value}]

    return change


_CLUSTER: dict[str, Case] = {
    "cluster resized": (
        "databases",
        changed(_CLUSTERS, "shop", size="db-s-4vcpu-8gb", num_nodes=3, storage_size_mib=81920),
        {
            ("changed", "database_cluster.shop", "size"),
            ("changed", "database_cluster.shop", "node_count"),
            ("changed", "database_cluster.shop", "storage_size_mib"),
        },
    ),
    "cluster upgraded": (
        "databases",
        changed(_CLUSTERS, "shop", version="17"),
        {("changed", "database_cluster.shop", "version")},
    ),
    "cluster: a tag less": (
        "databases",
        changed(_CLUSTERS, "shop", tags=["shop"]),
        {("changed", "database_cluster.shop", "tags")},
    ),
    "cluster: tags in another order and case": (
        "databases",
        changed(_CLUSTERS, "shop", tags=["SHOP", "production"]),
        set(),
    ),
    "cluster tagged": (
        "databases",
        changed(_CLUSTERS, "cache", tags=["hacked"]),
        {("changed", "database_cluster.cache", "tags")},
    ),
    "cluster: maintenance on another day": (
        "databases",
        changed(_CLUSTERS, "shop", maintenance_window={"day": "monday", "hour": "04:00:00", "pending": False}),
        {("changed", "database_cluster.shop", "maintenance_window")},
    ),
    "cluster: hour of maintenance without seconds": (
        "databases",
        changed(_CLUSTERS, "shop", maintenance_window={"day": "tuesday", "hour": "04:00", "pending": True}),
        set(),
    ),
    "cluster: maintenance that HCL does not set": (
        "databases",
        changed(_CLUSTERS, "cache", maintenance_window={"day": "monday", "hour": "01:00:00", "pending": False}),
        set(),
    ),
    "cluster no longer grows": (
        "databases",
        changed(_CLUSTERS, "shop", storage_autoscale={"enabled": False}),
        {("changed", "database_cluster.shop", "storage_autoscale")},
    ),
    "cluster: eviction": (
        "databases",
        _below("cache", "eviction_policy", eviction_policy="noeviction"),
        {("changed", "database_cluster.cache", "eviction_policy")},
    ),
    "cluster: modes of SQL": (
        "databases",
        _below("blog", "sql_mode", sql_mode="ANSI"),
        {("changed", "database_cluster.blog", "sql_mode")},
    ),
    "cluster by hand": (
        "databases",
        made(_CLUSTERS, name="miner", engine="pg", version="16", size="db-s-1vcpu-1gb", region="nyc3", num_nodes=1),
        {("unmanaged", "database_cluster", "")},
    ),
}

_INSIDE: dict[str, Case] = {
    "database dropped": ("databases", _gone("shop", "dbs/orders"), {("missing", "database_db.orders", "")}),
    "database by hand": ("databases", _made("shop", "dbs", name="stolen"), {("unmanaged", "database_db", "")}),
    "user removed": ("databases", _gone("shop", "users/shop"), {("missing", "database_user.shop", "")}),
    "user by hand": ("databases", _made("shop", "users", name="backdoor"), {("unmanaged", "database_user", "")}),
    "user: another plugin": (
        "databases",
        _below("blog", "users/blog", mysql_settings={"auth_plugin": "caching_sha2_password"}),
        {("changed", "database_user.blog", "mysql_auth_plugin")},
    ),
    "user may consume too": (
        "streams",
        _below(
            "events",
            "users/producer",
            settings={
                "acl": [
                    {"id": "acl002cf19", "topic": "orders", "permission": "produceconsume"},
                    {"id": "acl102cf19", "topic": "plain", "permission": "produceconsume"},
                ]
            },
        ),
        {("changed", "database_user.producer", "settings")},
    ),
    "user: a topic less": (
        "streams",
        _below(
            "events",
            "users/producer",
            settings={"acl": [{"id": "acl102cf19", "topic": "plain", "permission": "produceconsume"}]},
        ),
        {("changed", "database_user.producer", "settings")},
    ),
    "user: rules in another order and spelling": (
        "streams",
        _below(
            "events",
            "users/producer",
            settings={
                "acl": [
                    {"id": "acl102cf19", "topic": "plain", "permission": "READ_WRITE"},
                    {"id": "acl002cf19", "topic": "orders", "permission": "produce"},
                ]
            },
        ),
        set(),
    ),
    "pool resized": (
        "databases",
        _below("shop", "pools/shop", size=20, mode="session", user="doadmin"),
        {
            ("changed", "database_connection_pool.shop", "size"),
            ("changed", "database_connection_pool.shop", "mode"),
            ("changed", "database_connection_pool.shop", "user"),
        },
    ),
    "pool gets a user": (
        "databases",
        _below("shop", "pools/plain", user="doadmin"),
        {("changed", "database_connection_pool.plain", "user")},
    ),
    "pool removed": ("databases", _gone("shop", "pools/plain"), {("missing", "database_connection_pool.plain", "")}),
    "pool by hand": (
        "databases",
        _made("shop", "pools", name="other", mode="session", size=2, db="orders", user="shop"),
        {("unmanaged", "database_connection_pool", "")},
    ),
    "replica resized": (
        "databases",
        _below("shop", "replicas/reports", size="db-s-2vcpu-4gb", tags=["Reports"]),
        {("changed", "database_replica.reports", "size")},
    ),
    "replica: no tags": (
        "databases",
        _below("shop", "replicas/reports", tags=[]),
        {("changed", "database_replica.reports", "tags")},
    ),
    "replica removed": ("databases", _gone("shop", "replicas/reports"), {("missing", "database_replica.reports", "")}),
    "replica by hand": (
        "databases",
        _made("shop", "replicas", name="copy", size="db-s-1vcpu-2gb", region="nyc3"),
        {("unmanaged", "database_replica", "")},
    ),
    "cluster opened to everybody": (
        "databases",
        _rules(("ip_addr", "192.0.2.17"), ("tag", "web"), ("ip_addr", "0.0.0.0/0")),
        {("changed", "database_firewall.shop", "rule")},
    ),
    "cluster: a rule less": (
        "databases",
        _rules(("tag", "web")),
        {("changed", "database_firewall.shop", "rule")},
    ),
    "cluster: no rules": ("databases", _rules(), {("changed", "database_firewall.shop", "rule")}),
    "cluster: rules in another order": ("databases", _rules(("tag", "web"), ("ip_addr", "192.0.2.17")), set()),
    "firewall by hand": (
        "databases",
        _rules(("ip_addr", "203.0.113.9"), cluster="cache"),
        {("unmanaged", "database_firewall", "")},
    ),
    "migration is over": (
        "databases",
        lambda cloud: cloud.change(
            cloud.paths_of(f"{place(cloud, _CLUSTERS, name='blog')}/online-migration")[0], status="done"
        ),
        set(),
    ),
    "migration stopped": (
        "databases",
        lambda cloud: cloud.delete(cloud.paths_of(f"{place(cloud, _CLUSTERS, name='blog')}/online-migration")[0]),
        {("missing", "database_online_migration.blog", "")},
    ),
}

_STREAMS: dict[str, Case] = {
    "topic: retention": (
        "streams",
        _member("events", "topics/orders", "config", retention_ms=1, cleanup_policy="delete"),
        {("changed", "database_kafka_topic.orders", "config")},
    ),
    "topic: partitions and copies": (
        "streams",
        _below("events", "topics/plain", partition_count=6, replication_factor=3),
        {
            ("changed", "database_kafka_topic.plain", "partition_count"),
            ("changed", "database_kafka_topic.plain", "replication_factor"),
        },
    ),
    "topic removed": ("streams", _gone("events", "topics/plain"), {("missing", "database_kafka_topic.plain", "")}),
    "topic by hand": ("streams", _made("events", "topics", name="x"), {("unmanaged", "database_kafka_topic", "")}),
    "topic of Kafka's own": ("streams", _made("events", "topics", name="__consumer_offsets"), set()),
    "schema changed": (
        "streams",
        _below("events", "schema-registry/orders", schema='{"type": "string"}'),
        {("changed", "database_kafka_schema_registry.orders", "schema")},
    ),
    "schema in another form": (
        "streams",
        _below(
            "events",
            "schema-registry/orders",
            schema_type="AVRO",
            schema='{"type": "record", "name": "order", "fields": [{"type": "string", "name": "id"}]}',
        ),
        set(),
    ),
    "schema removed": (
        "streams",
        _gone("events", "schema-registry/orders"),
        {("missing", "database_kafka_schema_registry.orders", "")},
    ),
    "schema by hand": (
        "streams",
        _made("events", "schema-registry", subject_name="x", schema_type="avro", schema="{}"),
        {("unmanaged", "database_kafka_schema_registry", "")},
    ),
    "logs go elsewhere": (
        "streams",
        _sink("events", "to-search", url="https://user:password@evil.example.com:25060", index_days_max=0),
        {
            ("changed", "database_logsink_opensearch.events", "endpoint"),
            ("changed", "database_logsink_opensearch.events", "index_days_max"),
        },
    ),
    "log sink removed": (
        "streams",
        _sink_gone("events", "to-search"),
        {("missing", "database_logsink_opensearch.events", "")},
    ),
    "log sink by hand": (
        "streams",
        _made(
            "search",
            "logsink",
            sink_name="x",
            sink_type="opensearch",
            config={"url": "https://x.example.com", "index_prefix": "x"},
        ),
        {("unmanaged", "database_logsink_opensearch", "")},
    ),
    "logs in clear": (
        "streams",
        _sink("search", "encrypted", tls=False, port=514),
        {
            ("changed", "database_logsink_rsyslog.encrypted", "tls"),
            ("changed", "database_logsink_rsyslog.encrypted", "port"),
        },
    ),
    "logs in another form": (
        "streams",
        _sink("events", "to-syslog", logline="", sd=None, format="rfc5424"),
        {
            ("changed", "database_logsink_rsyslog.events", "logline"),
            ("changed", "database_logsink_rsyslog.events", "structured_data"),
            ("changed", "database_logsink_rsyslog.events", "format"),
        },
    ),
    "certificate with white space": (
        "streams",
        _sink("search", "encrypted", ca="-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----\n"),
        set(),
    ),
    "another certificate": (
        "streams",
        _sink("search", "encrypted", ca="-----BEGIN CERTIFICATE-----\nother\n-----END CERTIFICATE-----"),
        {("changed", "database_logsink_rsyslog.encrypted", "ca_cert")},
    ),
    "log sink of rsyslog removed": (
        "streams",
        _sink_gone("search", "plain"),
        {("missing", "database_logsink_rsyslog.plain", "")},
    ),
    "log sink of rsyslog by hand": (
        "streams",
        _made("search", "logsink", sink_name="x", sink_type="rsyslog", config={"server": "x", "port": 514}),
        {("unmanaged", "database_logsink_rsyslog", "")},
    ),
}


def _config(engine: str, attribute: str, /, **members: Any) -> Case:
    cluster = engine.replace("_", "-")
    row = ("changed", f"database_{engine}_config.{engine}", attribute)
    return "database_configs", _below(cluster, "config", **members), {row}


_CONFIGS: dict[str, Case] = {
    "mysql: a value": _config("mysql", "wait_timeout", wait_timeout=1),
    "mysql: a flag": _config("mysql", "sql_require_primary_key", sql_require_primary_key=False),
    "postgresql: a value": _config("postgresql", "work_mem", work_mem=64),
    "postgresql: a name with a dot": _config(
        "postgresql", "pg_stat_statements_track", **{"pg_stat_statements.track": "top"}
    ),
    "postgresql: a block": _config("postgresql", "timescaledb", timescaledb={"max_background_workers": 16}),
    "postgresql: a block that HCL does not have": (
        "database_configs",
        _below("postgresql", "config", pgbouncer={"server_lifetime": 60}),
        set(),
    ),
    "redis: a value": _config("redis", "maxmemory_policy", redis_maxmemory_policy="noeviction"),
    "redis: a flag": _config("redis", "ssl", redis_ssl=False),
    "valkey: a value": _config("valkey", "valkey_maxmemory_policy", valkey_maxmemory_policy="noeviction"),
    "valkey: another value": _config("valkey", "persistence", valkey_persistence="off"),
    "mongodb: a value": _config("mongodb", "verbosity", verbosity=1),
    "mongodb: case of the concern": (
        "database_configs",
        _below("mongodb", "config", default_read_concern="LOCAL"),
        set(),
    ),
    "kafka: a number as text": _config("kafka", "log_retention_ms", log_retention_ms=5),
    "kafka: a flag": _config("kafka", "log_preallocate", log_preallocate=True),
    "opensearch: a set": _config("opensearch", "reindex_remote_whitelist", reindex_remote_whitelist=["192.0.2.1:9200"]),
    "opensearch: a value is unset": (
        "database_configs",
        _unset("opensearch", "search_max_buckets"),
        {("changed", "database_opensearch_config.opensearch", "search_max_buckets")},
    ),
    "advanced: a parameter": (
        "database_configs",
        _parameter("advanced-mysql", "mysql_parameters", "wait_timeout", "1"),
        {("changed", "database_advanced_mysql_config.advanced_mysql", "mysql_parameters")},
    ),
    "advanced: a parameter that HCL does not set": (
        "database_configs",
        _parameter("advanced-mysql", "mysql_parameters", "sort_buffer_size", "1"),
        set(),
    ),
    "advanced: a parameter that the API leaves empty": (
        "database_configs",
        _parameter("advanced-postgresql", "pg_parameters", "work_mem", ""),
        set(),
    ),
    "advanced: a parameter of PostgreSQL": (
        "database_configs",
        _parameter("advanced-postgresql", "pg_parameters", "work_mem", "64"),
        {("changed", "database_advanced_postgresql_config.advanced_postgresql", "pg_parameters")},
    ),
    "configuration of a deleted cluster": (
        "database_configs",
        gone(_CLUSTERS, name="kafka"),
        {("missing", "database_cluster.kafka", ""), ("missing", "database_kafka_config.kafka", "")},
    ),
}

CHANGES: dict[str, Case] = _CLUSTER | _INSIDE | _STREAMS | _CONFIGS
