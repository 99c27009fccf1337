"""Topics of a Kafka cluster."""

from digitalocean.shapes import Call, Collection, Object, Product

# The service says 2**63 - 1; a validating proxy in JavaScript would round that.
_FOREVER = 2**53 - 1
_CONFIG = {
    "cleanup_policy": "delete",
    "compression_type": "producer",
    "delete_retention_ms": 86400000,
    "file_delete_delay_ms": 60000,
    "flush_messages": _FOREVER,
    "flush_ms": _FOREVER,
    "index_interval_bytes": 4096,
    "max_compaction_lag_ms": _FOREVER,
    "max_message_bytes": 1048588,
    "message_down_conversion_enable": True,
    "message_format_version": "3.0-IV1",
    "message_timestamp_difference_max_ms": _FOREVER,
    "message_timestamp_type": "create_time",
    "min_cleanable_dirty_ratio": 0.5,
    "min_compaction_lag_ms": 0,
    "min_insync_replicas": 1,
    "preallocate": False,
    "retention_bytes": -1,
    "retention_ms": 604800000,
    "segment_bytes": 209715200,
    "segment_index_bytes": 10485760,
    "segment_jitter_ms": 0,
    "segment_ms": 604800000,
}


def _partitions(count: int) -> list[Object]:
    return [
        {"id": number, "size": 0, "in_sync_replicas": 2, "earliest_offset": 0, "consumer_groups": []}
        for number in range(count)
    ]


def _new_topic(call: Call) -> Object:
    body = call.body
    count = body.get("partition_count") or 3
    return {
        "state": "active",
        "partition_count": count,
        "partitions": _partitions(count),
        "replication_factor": body.get("replication_factor") or 2,
        "config": _CONFIG | (body.get("config") or {}),
    }


def _topic_changed(call: Call, topic: Object) -> None:
    topic |= {"partitions": _partitions(topic["partition_count"]), "config": _CONFIG | topic["config"]}


_TOPICS = Collection(
    path="/v2/databases/{cluster}/topics",
    many="topics",
    one="topic",
    id="name",
    make=_new_topic,
    changed=_topic_changed,
    list_omits=("partitions", "config"),
    paged=False,
)
PRODUCT = Product(collections=(_TOPICS,))
