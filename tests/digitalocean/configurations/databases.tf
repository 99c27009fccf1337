resource "digitalocean_vpc" "data" {
  name     = "data"
  region   = "nyc3"
  ip_range = "10.70.0.0/20"
}

resource "digitalocean_project" "data" {
  name = "data"
}

resource "digitalocean_database_cluster" "shop" {
  name                 = "shop"
  engine               = "pg"
  version              = "16"
  size                 = "db-s-2vcpu-4gb"
  region               = "nyc3"
  node_count           = 2
  tags                 = ["production", "shop"]
  private_network_uuid = digitalocean_vpc.data.id
  project_id           = digitalocean_project.data.id
  storage_size_mib     = "61440"

  maintenance_window {
    day  = "tuesday"
    hour = "04:00:00"
  }

  storage_autoscale {
    enabled           = true
    threshold_percent = 80
    increment_gib     = 20
  }
}

resource "digitalocean_database_db" "orders" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "orders"
}

resource "digitalocean_database_user" "shop" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "shop"
}

resource "digitalocean_database_connection_pool" "shop" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "shop"
  mode       = "transaction"
  size       = 10
  db_name    = digitalocean_database_db.orders.name
  user       = digitalocean_database_user.shop.name
}

resource "digitalocean_database_connection_pool" "plain" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "plain"
  mode       = "session"
  size       = 5
  db_name    = "defaultdb"
}

resource "digitalocean_database_replica" "reports" {
  cluster_id = digitalocean_database_cluster.shop.id
  name       = "reports"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  tags       = ["reports"]
}

resource "digitalocean_database_firewall" "shop" {
  cluster_id = digitalocean_database_cluster.shop.id

  rule {
    type  = "ip_addr"
    value = "192.0.2.17"
  }

  rule {
    type  = "tag"
    value = "web"
  }
}

resource "digitalocean_database_cluster" "restored" {
  name       = "restored"
  engine     = "pg"
  version    = "16"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1

  backup_restore {
    database_name     = "shop"
    backup_created_at = "2026-10-31T03:00:00Z"
  }
}

resource "digitalocean_database_cluster" "blog" {
  name       = "blog"
  engine     = "mysql"
  version    = "8"
  size       = "db-s-1vcpu-1gb"
  region     = "fra1"
  node_count = 1
  sql_mode   = "ANSI,TRADITIONAL"
}

resource "digitalocean_database_user" "blog" {
  cluster_id        = digitalocean_database_cluster.blog.id
  name              = "blog"
  mysql_auth_plugin = "mysql_native_password"
}

resource "digitalocean_database_cluster" "cache" {
  name            = "cache"
  engine          = "valkey"
  version         = "8"
  size            = "db-s-1vcpu-1gb"
  region          = "nyc3"
  node_count      = 1
  eviction_policy = "allkeys_lru"
}

resource "digitalocean_database_cluster" "documents" {
  name       = "documents"
  engine     = "mongodb"
  version    = "7"
  size       = "db-s-1vcpu-2gb"
  region     = "nyc3"
  node_count = 1
}

resource "digitalocean_database_online_migration" "blog" {
  cluster_id  = digitalocean_database_cluster.blog.id
  disable_ssl = true
  ignore_dbs  = ["mysql"]

  source {
    host     = "source.example.com"
    db_name  = "blog"
    port     = 3306
    username = "root"
    password = "not-so-secret"
  }
}
