"""The configuration of each engine: one of a kind for every cluster, and never deleted.

Source: the provider's ``database/resource_database_*_config.go``; ``GET /v2/databases/{id}/config``. The provider
records all that the API tells, but for what is said below.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from driftmgr.catalog.digitalocean.databases import OF_CLUSTER, clusters, setting
from driftmgr.catalog.entry import GLOBAL, MEDIUM, Attribute, AttributeLike, ResourceType, Template
from driftmgr.catalog.equivalences import ignoring_case


def _config(
    kind: str,
    engines: tuple[str, ...],
    attributes: Mapping[str, AttributeLike],
    unreadable: Mapping[str, str] | None = None,
) -> ResourceType:
    return ResourceType(
        name=f"digitalocean_database_{kind}_config",
        criticality=MEDIUM,
        reach=GLOBAL,
        list=clusters(*engines),
        details={"Config": setting("config", "config")},
        id=Template(f"{{id}}/{kind.replace('_', '-')}-config"),
        # Every cluster has one.
        is_default="`true`",
        attributes={"cluster_id": "id", **attributes},
        unreadable=unreadable or {},
        parents=(OF_CLUSTER,),
        import_id="{cluster_id}",
    )


def _named(*names: str, prefix: str = "") -> dict[str, AttributeLike]:
    return {name: f"Config.{prefix}{name}" for name in names}


def _flags(*names: str, prefix: str = "") -> dict[str, AttributeLike]:
    return {name: Attribute(f"Config.{prefix}{name}", default=False) for name in names}


MYSQL = _config(
    "mysql",
    ("mysql",),
    {
        **_flags(
            "innodb_print_all_deadlocks",
            "innodb_rollback_on_timeout",
            "slow_query_log",
            "sql_require_primary_key",
        ),
        **_named(
            "backup_hour",
            "backup_minute",
            "binlog_retention_period",
            "connect_timeout",
            "default_time_zone",
            "group_concat_max_len",
            "information_schema_stats_expiry",
            "innodb_ft_min_token_size",
            "innodb_ft_server_stopword_table",
            "innodb_lock_wait_timeout",
            "innodb_log_buffer_size",
            "innodb_online_alter_log_max_size",
            "interactive_timeout",
            "internal_tmp_mem_storage_engine",
            "long_query_time",
            "max_allowed_packet",
            "max_heap_table_size",
            "net_read_timeout",
            "net_write_timeout",
            "sort_buffer_size",
            "sql_mode",
            "tmp_table_size",
            "wait_timeout",
        ),
    },
)

POSTGRESQL = _config(
    "postgresql",
    ("pg",),
    {
        **_flags(
            "jit",
        ),
        **_named(
            "autovacuum_analyze_scale_factor",
            "autovacuum_analyze_threshold",
            "autovacuum_freeze_max_age",
            "autovacuum_max_workers",
            "autovacuum_naptime",
            "autovacuum_vacuum_cost_delay",
            "autovacuum_vacuum_cost_limit",
            "autovacuum_vacuum_scale_factor",
            "autovacuum_vacuum_threshold",
            "backup_hour",
            "backup_minute",
            "bgwriter_delay",
            "bgwriter_flush_after",
            "bgwriter_lru_maxpages",
            "bgwriter_lru_multiplier",
            "deadlock_timeout",
            "default_toast_compression",
            "idle_in_transaction_session_timeout",
            "log_autovacuum_min_duration",
            "log_error_verbosity",
            "log_line_prefix",
            "log_min_duration_statement",
            "max_files_per_process",
            "max_locks_per_transaction",
            "max_logical_replication_workers",
            "max_parallel_workers",
            "max_parallel_workers_per_gather",
            "max_pred_locks_per_transaction",
            "max_prepared_transactions",
            "max_replication_slots",
            "max_stack_depth",
            "max_standby_archive_delay",
            "max_standby_streaming_delay",
            "max_wal_senders",
            "max_worker_processes",
            "shared_buffers_percentage",
            "temp_file_limit",
            "timezone",
            "track_activity_query_size",
            "track_commit_timestamp",
            "track_functions",
            "track_io_timing",
            "wal_sender_timeout",
            "wal_writer_delay",
            "work_mem",
        ),
        "pg_partman_bgw_interval": 'Config."pg_partman_bgw.interval"',
        "pg_partman_bgw_role": 'Config."pg_partman_bgw.role"',
        "pg_stat_statements_track": 'Config."pg_stat_statements.track"',
        # The blocks are only recorded where HCL has them.
        "pgbouncer": Attribute(
            "Config.pgbouncer",
            nested={
                "autodb_idle_timeout": "autodb_idle_timeout",
                "autodb_max_db_connections": "autodb_max_db_connections",
                "autodb_pool_mode": "autodb_pool_mode",
                "autodb_pool_size": "autodb_pool_size",
                "ignore_startup_parameters": "ignore_startup_parameters",
                "min_pool_size": "min_pool_size",
                "server_idle_timeout": "server_idle_timeout",
                "server_lifetime": "server_lifetime",
                "server_reset_query_always": Attribute("server_reset_query_always", default=False),
            },
            when="pgbouncer",
        ),
        "timescaledb": Attribute(
            "Config.timescaledb", nested={"max_background_workers": "max_background_workers"}, when="timescaledb"
        ),
    },
)

# A cluster of Redis becomes one of Valkey, and keeps the configuration that a state has of it.
_CACHES = ("redis", "valkey")

REDIS = _config(
    "redis",
    _CACHES,
    {
        **_flags(
            "ssl",
            prefix="redis_",
        ),
        **_named(
            "acl_channels_default",
            "io_threads",
            "lfu_decay_time",
            "lfu_log_factor",
            "maxmemory_policy",
            "notify_keyspace_events",
            "number_of_databases",
            "persistence",
            "pubsub_client_output_buffer_limit",
            "timeout",
            prefix="redis_",
        ),
    },
)

VALKEY = _config(
    "valkey",
    _CACHES,
    {
        **_flags(
            "ssl",
            prefix="valkey_",
        ),
        **_named(
            "acl_channels_default",
            "io_threads",
            "lfu_decay_time",
            "lfu_log_factor",
            "notify_keyspace_events",
            "number_of_databases",
            "persistence",
            "pubsub_client_output_buffer_limit",
            "timeout",
            prefix="valkey_",
        ),
        "valkey_maxmemory_policy": "Config.valkey_maxmemory_policy",
    },
    unreadable=dict.fromkeys(
        ("frequent_snapshots", "valkey_active_expire_effort"), "the provider neither sends what HCL says nor reads it"
    ),
)

MONGODB = _config(
    "mongodb",
    ("mongodb",),
    {
        **_named(
            "default_write_concern",
            "slow_op_threshold_ms",
            "transaction_lifetime_limit_seconds",
            "verbosity",
        ),
        "default_read_concern": Attribute("Config.default_read_concern", equal=ignoring_case),
    },
)

KAFKA = _config(
    "kafka",
    ("kafka",),
    {
        **_flags(
            "auto_create_topics_enable",
            "log_message_downconversion_enable",
            "log_preallocate",
        ),
        **_named(
            "group_initial_rebalance_delay_ms",
            "group_max_session_timeout_ms",
            "group_min_session_timeout_ms",
            "log_cleaner_delete_retention_ms",
            "log_cleaner_min_compaction_lag_ms",
            "log_flush_interval_ms",
            "log_index_interval_bytes",
            "log_message_timestamp_difference_max_ms",
            "log_retention_bytes",
            "log_retention_hours",
            "log_retention_ms",
            "log_roll_jitter_ms",
            "log_segment_delete_delay_ms",
            "message_max_bytes",
        ),
    },
)

OPENSEARCH = _config(
    "opensearch",
    ("opensearch",),
    {
        **_flags(
            "action_auto_create_index_enabled",
            "action_destructive_requires_name",
            "enable_security_audit",
            "ism_enabled",
            "ism_history_enabled",
            "override_main_response_version",
            "plugins_alerting_filter_by_backend_roles_enabled",
        ),
        **_named(
            "cluster_max_shards_per_node",
            "cluster_routing_allocation_node_concurrent_recoveries",
            "http_max_content_length_bytes",
            "http_max_header_size_bytes",
            "http_max_initial_line_length_bytes",
            "indices_fielddata_cache_size_percentage",
            "indices_memory_index_buffer_size_percentage",
            "indices_memory_max_index_buffer_size_mb",
            "indices_memory_min_index_buffer_size_mb",
            "indices_queries_cache_size_percentage",
            "indices_query_bool_max_clause_count",
            "indices_recovery_max_concurrent_file_chunks",
            "indices_recovery_max_mb_per_sec",
            "ism_history_max_age_hours",
            "ism_history_max_docs",
            "ism_history_rollover_check_period_hours",
            "ism_history_rollover_retention_period_days",
            "reindex_remote_whitelist",
            "script_max_compilations_rate",
            "search_max_buckets",
            "thread_pool_analyze_queue_size",
            "thread_pool_analyze_size",
            "thread_pool_force_merge_size",
            "thread_pool_get_queue_size",
            "thread_pool_get_size",
            "thread_pool_search_queue_size",
            "thread_pool_search_size",
            "thread_pool_search_throttled_queue_size",
            "thread_pool_search_throttled_size",
            "thread_pool_write_queue_size",
            "thread_pool_write_size",
        ),
    },
)


def _by_name(parameters: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in parameters or ()}


def _same_where_both_tell(recorded: Mapping[str, Any] | None, observed: Mapping[str, Any] | None) -> bool:
    """Parameters of one value: only those that HCL sets are recorded, and the API leaves some of them empty."""
    before, now = recorded or {}, observed or {}
    return all(before[name] == now[name] for name in before.keys() & now.keys() if before[name] and now[name])


def _advanced(kind: str, engine: str, parameters: str) -> ResourceType:
    read = Attribute(f"Config.{parameters}", read=_by_name, equal=_same_where_both_tell)
    return _config(kind, (engine,), {parameters: read})


ADVANCED_MYSQL = _advanced("advanced_mysql", "advanced_mysql", "mysql_parameters")
ADVANCED_POSTGRESQL = _advanced("advanced_postgresql", "advanced_pg", "pg_parameters")
