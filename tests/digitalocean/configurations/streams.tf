resource "digitalocean_database_cluster" "events" {
  name       = "events"
  engine     = "kafka"
  version    = "3.8"
  size       = "db-s-2vcpu-2gb"
  region     = "nyc3"
  node_count = 3
}

resource "digitalocean_database_kafka_topic" "orders" {
  cluster_id         = digitalocean_database_cluster.events.id
  name               = "orders"
  partition_count    = 3
  replication_factor = 2

  config {
    cleanup_policy                      = "compact"
    compression_type                    = "snappy"
    delete_retention_ms                 = "14000"
    file_delete_delay_ms                = "170000"
    flush_messages                      = "92233"
    flush_ms                            = "92233720368"
    index_interval_bytes                = "40962"
    max_compaction_lag_ms               = "9007199254740991"
    max_message_bytes                   = "1048588"
    message_down_conversion_enable      = true
    message_format_version              = "3.0-IV1"
    message_timestamp_difference_max_ms = "9007199254740991"
    message_timestamp_type              = "log_append_time"
    min_cleanable_dirty_ratio           = 0.5
    min_compaction_lag_ms               = "20000"
    min_insync_replicas                 = 2
    preallocate                         = false
    retention_bytes                     = "-1"
    retention_ms                        = "-1"
    segment_bytes                       = "209715200"
    segment_index_bytes                 = "10485760"
    segment_jitter_ms                   = "0"
    segment_ms                          = "604800000"
  }
}

resource "digitalocean_database_kafka_topic" "plain" {
  cluster_id = digitalocean_database_cluster.events.id
  name       = "plain"
}

resource "digitalocean_database_kafka_schema_registry" "orders" {
  cluster_id   = digitalocean_database_cluster.events.id
  subject_name = "orders"
  schema_type  = "avro"
  schema       = jsonencode({ type = "record", name = "order", fields = [{ name = "id", type = "string" }] })
}

resource "digitalocean_database_user" "producer" {
  cluster_id = digitalocean_database_cluster.events.id
  name       = "producer"

  settings {
    acl {
      topic      = "orders"
      permission = "produce"
    }

    acl {
      topic      = "plain"
      permission = "produceconsume"
    }
  }
}

resource "digitalocean_database_cluster" "search" {
  name       = "search"
  engine     = "opensearch"
  version    = "2"
  size       = "db-s-2vcpu-4gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_user" "search" {
  cluster_id = digitalocean_database_cluster.search.id
  name       = "search"

  settings {
    opensearch_acl {
      index      = "products-*"
      permission = "readwrite"
    }
  }
}

resource "digitalocean_database_logsink_opensearch" "events" {
  cluster_id      = digitalocean_database_cluster.events.id
  name            = "to-search"
  endpoint        = "https://user:password@search.example.com:25060"
  index_prefix    = "events"
  index_days_max  = 5
  timeout_seconds = 20
  ca_cert         = "-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----"
}

resource "digitalocean_database_logsink_rsyslog" "events" {
  cluster_id      = digitalocean_database_cluster.events.id
  name            = "to-syslog"
  server          = "logs.example.com"
  port            = 514
  tls             = false
  format          = "custom"
  logline         = "<%pri%>%timestamp:::date-rfc3339% %HOSTNAME% %msg%"
  structured_data = "TOKEN tag=\"value\""
}

resource "digitalocean_database_logsink_rsyslog" "encrypted" {
  cluster_id  = digitalocean_database_cluster.search.id
  name        = "encrypted"
  server      = "secure-logs.example.com"
  port        = 6514
  tls         = true
  format      = "rfc3164"
  ca_cert     = "-----BEGIN CERTIFICATE-----\nauthority\n-----END CERTIFICATE-----"
  client_cert = "-----BEGIN CERTIFICATE-----\nclient\n-----END CERTIFICATE-----"
  client_key  = "-----BEGIN PRIVATE KEY-----\nclient\n-----END PRIVATE KEY-----"
}

resource "digitalocean_database_logsink_rsyslog" "plain" {
  cluster_id = digitalocean_database_cluster.search.id
  name       = "plain"
  server     = "logs.example.com"
  port       = 6514
  format     = "rfc5424"
}
