# The part of the demo's estate that is on DigitalOcean: the shop in front of the order service.

resource "digitalocean_vpc" "shop" {
  name     = "shop"
  region   = "fra1"
  ip_range = "10.30.0.0/20"
}

resource "digitalocean_tag" "shop" {
  name = "shop"
}

resource "digitalocean_ssh_key" "operations" {
  name       = "operations"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqV3kQy3yZsRsx3m1Q3wqk0hQ0nO8k1yVtKQ2Zk5b7d operations@example.com"
}

resource "digitalocean_droplet" "web" {
  count      = 2
  name       = "shop-${count.index + 1}"
  image      = "debian-12-x64"
  region     = "fra1"
  size       = "s-1vcpu-2gb"
  backups    = true
  monitoring = true
  ssh_keys   = [digitalocean_ssh_key.operations.id]
  tags       = [digitalocean_tag.shop.id]
  vpc_uuid   = digitalocean_vpc.shop.id
}

resource "digitalocean_firewall" "shop" {
  name        = "shop"
  droplet_ids = digitalocean_droplet.web[*].id

  inbound_rule {
    protocol         = "tcp"
    port_range       = "443"
    source_addresses = ["0.0.0.0/0", "::/0"]
  }

  outbound_rule {
    protocol              = "tcp"
    port_range            = "443"
    destination_addresses = ["0.0.0.0/0", "::/0"]
  }
}

resource "digitalocean_volume" "uploads" {
  name        = "uploads"
  region      = "fra1"
  size        = 50
  description = "What customers send"
}

resource "digitalocean_domain" "shop" {
  name = "shop.example"
}

resource "digitalocean_record" "www" {
  domain = digitalocean_domain.shop.id
  type   = "A"
  name   = "www"
  value  = digitalocean_droplet.web[0].ipv4_address
  ttl    = 300
}

resource "digitalocean_monitor_alert" "cpu" {
  description = "CPU of the shop"
  type        = "v1/insights/droplet/cpu"
  compare     = "GreaterThan"
  value       = 90
  window      = "5m"
  enabled     = true
  entities    = digitalocean_droplet.web[*].id

  alerts {
    email = ["operations@example.com"]
  }
}
