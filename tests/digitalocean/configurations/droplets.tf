resource "digitalocean_ssh_key" "operations" {
  name       = "operations"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqV3kQy3yZsRsx3m1Q3wqk0hQ0nO8k1yVtKQ2Zk5b7d operations@example.com"
}

resource "digitalocean_tag" "web" {
  name = "web"
}

resource "digitalocean_vpc" "private" {
  name     = "private-net"
  region   = "nyc3"
  ip_range = "10.20.0.0/20"
}

resource "digitalocean_droplet" "web" {
  count             = 2
  name              = "web-${count.index + 1}"
  image             = "ubuntu-24-04-x64"
  region            = "nyc3"
  size              = "s-1vcpu-2gb"
  backups           = true
  monitoring        = true
  ipv6              = true
  droplet_agent     = true
  graceful_shutdown = true
  resize_disk       = false
  ssh_keys          = [digitalocean_ssh_key.operations.fingerprint]
  tags              = [digitalocean_tag.web.id, "production"]
  user_data         = "#cloud-config\npackages: [nginx]\n"
  vpc_uuid          = digitalocean_vpc.private.id

  backup_policy {
    plan    = "weekly"
    weekday = "TUE"
    hour    = 8
  }
}

# As little as possible: the region's default VPC, no tag, no key.
resource "digitalocean_droplet" "plain" {
  name   = "plain"
  image  = "debian-12-x64"
  region = "ams3"
  size   = "s-1vcpu-1gb"
}

resource "digitalocean_droplet" "hidden" {
  name              = "hidden"
  image             = "debian-12-x64"
  region            = "nyc3"
  size              = "s-2vcpu-2gb"
  public_networking = false
}

resource "digitalocean_droplet_snapshot" "before_upgrade" {
  droplet_id = digitalocean_droplet.plain.id
  name       = "before-upgrade"
}
