"""Streams and logs of database clusters: topics and schemas of Kafka, where logs are forwarded to.

Source: the provider's ``database/``; ``GET /v2/databases/{id}/topics``, ``/schema-registry``, ``/logsink``.
"""

from driftmgr.catalog.digitalocean.databases import OF_CLUSTER, READ, below, clusters
from driftmgr.catalog.entry import GLOBAL, HIGH, MEDIUM, Attribute, AttributeLike, ResourceType, Template, http_call
from driftmgr.catalog.equivalences import ignoring_case, same_json
from driftmgr.catalog.transforms import if_told

_TOPIC_CONFIG = (
    "cleanup_policy",
    "compression_type",
    "delete_retention_ms",
    "file_delete_delay_ms",
    "flush_messages",
    "flush_ms",
    "index_interval_bytes",
    "max_compaction_lag_ms",
    "max_message_bytes",
    "message_down_conversion_enable",
    "message_format_version",
    "message_timestamp_difference_max_ms",
    "message_timestamp_type",
    "min_cleanable_dirty_ratio",
    "min_compaction_lag_ms",
    "min_insync_replicas",
    "preallocate",
    "retention_bytes",
    "retention_ms",
    "segment_bytes",
    "segment_index_bytes",
    "segment_jitter_ms",
    "segment_ms",
)

KAFKA_TOPIC = ResourceType(
    name="digitalocean_database_kafka_topic",
    criticality=HIGH,
    reach=GLOBAL,
    list=clusters("kafka"),
    expand=below("topics", "topics"),
    details={
        "Config": http_call(
            "/v2/databases/{cluster}/topics/{topic}",
            "topic.config",
            READ,
            given={"cluster": "Parent.id", "topic": "name"},
        )
    },
    id=Template("{Parent.id}/topic/{name}"),
    # Kafka's own.
    is_default="starts_with(name, '__')",
    attributes={
        "cluster_id": "Parent.id",
        "config": Attribute("Config", nested={name: name for name in _TOPIC_CONFIG}),
        "name": "name",
        # The provider keeps what HCL says (an imported topic has none); the API tells whether it still holds.
        "partition_count": Attribute("partition_count", read=if_told, when="partition_count > `0`"),
        "replication_factor": "replication_factor",
        "state": "state",
    },
    parents=(OF_CLUSTER,),
    import_id="{cluster_id},{name}",
)

KAFKA_SCHEMA_REGISTRY = ResourceType(
    name="digitalocean_database_kafka_schema_registry",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=clusters("kafka"),
    expand=below("schema-registry", "subjects"),
    id=Template("{Parent.id}/schema-registry/{subject_name}"),
    attributes={
        "cluster_id": "Parent.id",
        "schema": Attribute("schema", equal=same_json),
        "schema_type": Attribute("schema_type", equal=ignoring_case),
        "subject_name": "subject_name",
    },
    parents=(OF_CLUSTER,),
    # The provider's importer does not read the subject.
    import_id="cannot be imported",
)


def _trimmed(text: str | None) -> str | None:
    return text.strip() if text else text


def _pem(path: str) -> Attribute:
    """A certificate or key: the provider keeps what HCL says where the API does not tell it."""
    return Attribute(path, read=if_told, normal=_trimmed)


def _sink(kind: str, attributes: dict[str, AttributeLike]) -> ResourceType:
    return ResourceType(
        name=f"digitalocean_database_logsink_{kind}",
        criticality=HIGH,
        reach=GLOBAL,
        list=clusters(),
        # Asked of every engine: one that has no such thing may say that there is none.
        expand=below("logsink", f"sinks[?sink_type=='{kind}']", absent=("not_found",)),
        id=Template("{Parent.id},{sink_id}"),
        attributes={
            "ca_cert": _pem("config.ca"),
            "cluster_id": "Parent.id",
            "logsink_id": "sink_id",
            "name": "sink_name",
            **attributes,
        },
        parents=(OF_CLUSTER,),
    )


LOGSINK_OPENSEARCH = _sink(
    "opensearch",
    {
        # It holds the user's password.
        "endpoint": Attribute("config.url", sensitive=True),
        "index_days_max": Attribute("config.index_days_max", default=0),
        "index_prefix": "config.index_prefix",
        "timeout_seconds": Attribute("config.timeout", default=0),
    },
)

LOGSINK_RSYSLOG = _sink(
    "rsyslog",
    {
        "client_cert": _pem("config.cert"),
        "client_key": _pem("config.key"),
        "format": Attribute("config.format", default="rfc5424"),
        "logline": "config.logline",
        "port": "config.port",
        "server": "config.server",
        "structured_data": "config.sd",
        "tls": Attribute("config.tls", default=False),
    },
)
