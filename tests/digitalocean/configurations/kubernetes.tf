resource "digitalocean_vpc" "cluster" {
  name     = "cluster"
  region   = "nyc3"
  ip_range = "10.80.0.0/20"
}

resource "digitalocean_kubernetes_cluster" "shop" {
  name                 = "shop"
  region               = "nyc3"
  version              = "1.34.1-do.0"
  vpc_uuid             = digitalocean_vpc.cluster.id
  cluster_subnet       = "10.100.0.0/16"
  service_subnet       = "10.101.0.0/16"
  auto_upgrade         = true
  surge_upgrade        = true
  ha                   = true
  registry_integration = true
  tags                 = ["production", "shop"]

  node_pool {
    name       = "default"
    size       = "s-2vcpu-4gb"
    node_count = 2
    tags       = ["default-pool"]
    labels     = { service = "shop", priority = "high" }

    taint {
      key    = "workload"
      value  = "shop"
      effect = "NoSchedule"
    }
  }

  maintenance_policy {
    day        = "sunday"
    start_time = "04:00"
  }

  control_plane_firewall {
    enabled           = true
    allowed_addresses = ["192.0.2.0/24"]
  }

  cluster_autoscaler_configuration {
    scale_down_utilization_threshold = 0.75
    scale_down_unneeded_time         = "1m30s"
    expanders                        = ["priority", "least_waste"]
  }

  routing_agent {
    enabled = true
  }

  coredns_autoscaler {
    enabled = true
  }

  p2p_oci_registry_plugin {
    enabled = true
  }
}

resource "digitalocean_kubernetes_node_pool" "batch" {
  cluster_id = digitalocean_kubernetes_cluster.shop.id
  name       = "batch"
  size       = "c-2"
  auto_scale = true
  min_nodes  = 1
  max_nodes  = 5
  tags       = ["batch"]
  labels     = { service = "batch" }

  taint {
    key    = "workload"
    value  = "batch"
    effect = "PreferNoSchedule"
  }
}

resource "digitalocean_kubernetes_node_pool" "fixed" {
  cluster_id = digitalocean_kubernetes_cluster.shop.id
  name       = "fixed"
  size       = "s-2vcpu-4gb"
  node_count = 1
}

resource "digitalocean_kubernetes_cluster" "plain" {
  name    = "plain"
  region  = "fra1"
  version = "1.34.1-do.0"

  node_pool {
    name       = "workers"
    size       = "s-2vcpu-2gb"
    node_count = 1
  }
}

resource "digitalocean_kubernetes_cluster" "special" {
  name                             = "special"
  region                           = "ams3"
  version                          = "1.34.1-do.0"
  isolated_workers                 = true
  destroy_all_associated_resources = true
  kubeconfig_expire_seconds        = 3600

  node_pool {
    name       = "elastic"
    size       = "s-2vcpu-2gb"
    auto_scale = true
    min_nodes  = 1
    max_nodes  = 3
  }

  sso {
    enabled    = true
    required   = true
    issuer_url = "https://sso.example.com"
    client_id  = "clusters"
  }

  amd_gpu_device_plugin {
    enabled = true
  }

  amd_gpu_device_metrics_exporter_plugin {
    enabled = true
  }

  nvidia_gpu_device_plugin {
    enabled = true
  }

  rdma_shared_device_plugin {
    enabled = true
  }
}

resource "digitalocean_kubernetes_cluster" "drivers" {
  name    = "drivers"
  region  = "ams3"
  version = "1.34.1-do.0"

  node_pool {
    name       = "workers"
    size       = "s-2vcpu-2gb"
    node_count = 1
  }

  nvidia_gpu_dra_driver {
    enabled = true
  }

  amd_gpu_dra_driver {
    enabled = true
  }
}
