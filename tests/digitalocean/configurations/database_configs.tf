resource "digitalocean_database_cluster" "kafka" {
  name       = "kafka"
  engine     = "kafka"
  version    = "3.8"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 3
}

resource "digitalocean_database_kafka_config" "kafka" {
  cluster_id                              = digitalocean_database_cluster.kafka.id
  auto_create_topics_enable               = true
  group_initial_rebalance_delay_ms        = 3000
  group_max_session_timeout_ms            = 1800000
  group_min_session_timeout_ms            = 6000
  log_cleaner_delete_retention_ms         = 86400000
  log_cleaner_min_compaction_lag_ms       = "100000"
  log_flush_interval_ms                   = "1000000"
  log_index_interval_bytes                = 4096
  log_message_downconversion_enable       = true
  log_message_timestamp_difference_max_ms = "1000000"
  log_preallocate                         = false
  log_retention_bytes                     = "1000000"
  log_retention_hours                     = 1000000
  log_retention_ms                        = "100000000"
  log_roll_jitter_ms                      = "10000000"
  log_segment_delete_delay_ms             = 60000
  message_max_bytes                       = 1048588
}

resource "digitalocean_database_cluster" "mysql" {
  name       = "mysql"
  engine     = "mysql"
  version    = "8"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_mysql_config" "mysql" {
  cluster_id                       = digitalocean_database_cluster.mysql.id
  backup_hour                      = 3
  backup_minute                    = 30
  binlog_retention_period          = 600
  connect_timeout                  = 10
  default_time_zone                = "+03:00"
  group_concat_max_len             = 1024
  information_schema_stats_expiry  = 86400
  innodb_ft_min_token_size         = 3
  innodb_ft_server_stopword_table  = "db_name/table_name"
  innodb_lock_wait_timeout         = 50
  innodb_log_buffer_size           = 16777216
  innodb_online_alter_log_max_size = 134217728
  innodb_print_all_deadlocks       = true
  innodb_rollback_on_timeout       = true
  interactive_timeout              = 3600
  internal_tmp_mem_storage_engine  = "TempTable"
  long_query_time                  = 10
  max_allowed_packet               = 67108864
  max_heap_table_size              = 16777216
  net_read_timeout                 = 30
  net_write_timeout                = 30
  slow_query_log                   = true
  sort_buffer_size                 = 262144
  sql_mode                         = "ANSI,TRADITIONAL"
  sql_require_primary_key          = true
  tmp_table_size                   = 16777216
  wait_timeout                     = 28800
}

resource "digitalocean_database_cluster" "postgresql" {
  name       = "postgresql"
  engine     = "pg"
  version    = "16"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

# Without a block "pgbouncer": the provider panics on it (a set taken for a list).
resource "digitalocean_database_postgresql_config" "postgresql" {
  cluster_id                          = digitalocean_database_cluster.postgresql.id
  autovacuum_analyze_scale_factor     = 0.25
  autovacuum_analyze_threshold        = 50
  autovacuum_freeze_max_age           = 200000000
  autovacuum_max_workers              = 5
  autovacuum_naptime                  = 43200
  autovacuum_vacuum_cost_delay        = 20
  autovacuum_vacuum_cost_limit        = -1
  autovacuum_vacuum_scale_factor      = 0.25
  autovacuum_vacuum_threshold         = 50
  backup_hour                         = 3
  backup_minute                       = 30
  bgwriter_delay                      = 200
  bgwriter_flush_after                = 512
  bgwriter_lru_maxpages               = 100
  bgwriter_lru_multiplier             = 2
  deadlock_timeout                    = 1000
  default_toast_compression           = "lz4"
  idle_in_transaction_session_timeout = 10000
  jit                                 = true
  log_autovacuum_min_duration         = -1
  log_error_verbosity                 = "VERBOSE"
  log_line_prefix                     = "pid=%p,user=%u,db=%d,app=%a,client=%h"
  log_min_duration_statement          = -1
  max_files_per_process               = 2048
  max_locks_per_transaction           = 128
  max_logical_replication_workers     = 16
  max_parallel_workers                = 12
  max_parallel_workers_per_gather     = 16
  max_pred_locks_per_transaction      = 128
  max_prepared_transactions           = 20
  max_replication_slots               = 16
  max_stack_depth                     = 2097152
  max_standby_archive_delay           = 43200
  max_standby_streaming_delay         = 43200
  max_wal_senders                     = 32
  max_worker_processes                = 16
  pg_partman_bgw_interval             = 3600
  pg_partman_bgw_role                 = "myrolename"
  pg_stat_statements_track            = "all"
  shared_buffers_percentage           = 41.5
  temp_file_limit                     = 5000000
  timezone                            = "Europe/Helsinki"
  track_activity_query_size           = 1024
  track_commit_timestamp              = "off"
  track_functions                     = "all"
  track_io_timing                     = "off"
  wal_sender_timeout                  = 60000
  wal_writer_delay                    = 50
  work_mem                            = 4

  timescaledb {
    max_background_workers = 8
  }
}

resource "digitalocean_database_cluster" "redis" {
  name       = "redis"
  engine     = "redis"
  version    = "7"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_redis_config" "redis" {
  cluster_id                        = digitalocean_database_cluster.redis.id
  acl_channels_default              = "allchannels"
  io_threads                        = 1
  lfu_decay_time                    = 1
  lfu_log_factor                    = 10
  maxmemory_policy                  = "allkeys-lru"
  notify_keyspace_events            = "K"
  number_of_databases               = 16
  persistence                       = "rdb"
  pubsub_client_output_buffer_limit = 64
  ssl                               = true
  timeout                           = 300
}

resource "digitalocean_database_cluster" "valkey" {
  name       = "valkey"
  engine     = "valkey"
  version    = "8"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_valkey_config" "valkey" {
  cluster_id                        = digitalocean_database_cluster.valkey.id
  acl_channels_default              = "allchannels"
  frequent_snapshots                = true
  io_threads                        = 1
  lfu_decay_time                    = 1
  lfu_log_factor                    = 10
  notify_keyspace_events            = "K"
  number_of_databases               = 16
  persistence                       = "rdb"
  pubsub_client_output_buffer_limit = 64
  ssl                               = true
  timeout                           = 300
  valkey_active_expire_effort       = 1
  valkey_maxmemory_policy           = "allkeys-lru"
}

resource "digitalocean_database_cluster" "mongodb" {
  name       = "mongodb"
  engine     = "mongodb"
  version    = "7"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_mongodb_config" "mongodb" {
  cluster_id                         = digitalocean_database_cluster.mongodb.id
  default_read_concern               = "local"
  default_write_concern              = "majority"
  slow_op_threshold_ms               = 200
  transaction_lifetime_limit_seconds = 100
  verbosity                          = 3
}

resource "digitalocean_database_cluster" "opensearch" {
  name       = "opensearch"
  engine     = "opensearch"
  version    = "2"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_opensearch_config" "opensearch" {
  cluster_id                                            = digitalocean_database_cluster.opensearch.id
  action_auto_create_index_enabled                      = true
  action_destructive_requires_name                      = false
  cluster_max_shards_per_node                           = 100
  cluster_routing_allocation_node_concurrent_recoveries = 2
  enable_security_audit                                 = false
  http_max_content_length_bytes                         = 100000000
  http_max_header_size_bytes                            = 8192
  http_max_initial_line_length_bytes                    = 4096
  indices_fielddata_cache_size_percentage               = 3
  indices_memory_index_buffer_size_percentage           = 10
  indices_memory_max_index_buffer_size_mb               = 48
  indices_memory_min_index_buffer_size_mb               = 48
  indices_queries_cache_size_percentage                 = 10
  indices_query_bool_max_clause_count                   = 1024
  indices_recovery_max_concurrent_file_chunks           = 2
  indices_recovery_max_mb_per_sec                       = 40
  ism_enabled                                           = true
  ism_history_enabled                                   = true
  ism_history_max_age_hours                             = 24
  ism_history_max_docs                                  = 2500000
  ism_history_rollover_check_period_hours               = 8
  ism_history_rollover_retention_period_days            = 30
  override_main_response_version                        = false
  plugins_alerting_filter_by_backend_roles_enabled      = false
  reindex_remote_whitelist                              = ["255.255.223.233:9200", "222.33.222.222:6300"]
  script_max_compilations_rate                          = "75/5m"
  search_max_buckets                                    = 10000
  thread_pool_analyze_queue_size                        = 10
  thread_pool_analyze_size                              = 1
  thread_pool_force_merge_size                          = 1
  thread_pool_get_queue_size                            = 10
  thread_pool_get_size                                  = 1
  thread_pool_search_queue_size                         = 10
  thread_pool_search_size                               = 1
  thread_pool_search_throttled_queue_size               = 10
  thread_pool_search_throttled_size                     = 1
  thread_pool_write_queue_size                          = 10
  thread_pool_write_size                                = 1
}

resource "digitalocean_database_cluster" "advanced_mysql" {
  name       = "advanced-mysql"
  engine     = "advanced_mysql"
  version    = "8"
  size       = "db-s-2vcpu-4gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_advanced_mysql_config" "advanced_mysql" {
  cluster_id       = digitalocean_database_cluster.advanced_mysql.id
  mysql_parameters = { max_connections = "200", wait_timeout = "600" }
}

resource "digitalocean_database_cluster" "advanced_postgresql" {
  name       = "advanced-postgresql"
  engine     = "advanced_pg"
  version    = "17"
  size       = "db-s-2vcpu-4gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_advanced_postgresql_config" "advanced_postgresql" {
  cluster_id    = digitalocean_database_cluster.advanced_postgresql.id
  pg_parameters = { work_mem = "8", log_min_duration_statement = "500" }
}
