resource "digitalocean_ssh_key" "operations" {
  name       = "operations"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqV3kQy3yZsRsx3m1Q3wqk0hQ0nO8k1yVtKQ2Zk5b7d operations@example.com"
}

resource "digitalocean_vpc" "main" {
  name     = "main"
  region   = "nyc3"
  ip_range = "10.60.0.0/20"
}

resource "digitalocean_project" "web" {
  name = "web"
}

resource "digitalocean_droplet_autoscale" "by_load" {
  name = "by-load"

  config {
    min_instances             = 2
    max_instances             = 10
    target_cpu_utilization    = 0.5
    target_memory_utilization = 0.75
    cooldown_minutes          = 5
  }

  droplet_template {
    size               = "s-1vcpu-2gb"
    region             = "nyc3"
    image              = "ubuntu-24-04-x64"
    tags               = ["web", "pool"]
    ssh_keys           = [digitalocean_ssh_key.operations.id]
    vpc_uuid           = digitalocean_vpc.main.id
    project_id         = digitalocean_project.web.id
    with_droplet_agent = true
    ipv6               = true
    user_data          = "#cloud-config\npackages: [nginx]\n"
  }
}

resource "digitalocean_droplet_autoscale" "fixed" {
  name = "fixed"

  config {
    target_number_instances = 1
  }

  droplet_template {
    size     = "s-1vcpu-1gb"
    region   = "nyc3"
    image    = "debian-12-x64"
    ssh_keys = [digitalocean_ssh_key.operations.id]
  }
}
