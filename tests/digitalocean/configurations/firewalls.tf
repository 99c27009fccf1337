resource "digitalocean_droplet" "web" {
  name   = "web"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
  tags   = ["web"]
}

resource "digitalocean_tag" "bastion" {
  name = "bastion"
}

resource "digitalocean_firewall" "web" {
  name        = "web"
  droplet_ids = [digitalocean_droplet.web.id]

  inbound_rule {
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = ["192.0.2.0/24", "2001:db8::/48"]
    source_tags      = [digitalocean_tag.bastion.id]
  }

  inbound_rule {
    protocol                  = "tcp"
    port_range                = "443"
    source_load_balancer_uids = ["4de7ac8b-495b-4884-9a69-1050c6793cd6"]
    source_droplet_ids        = [digitalocean_droplet.web.id]
  }

  inbound_rule {
    protocol         = "icmp"
    source_addresses = ["0.0.0.0/0", "::/0"]
  }

  inbound_rule {
    protocol              = "udp"
    port_range            = "8000-9000"
    source_kubernetes_ids = ["bd5f5959-5e1e-4205-a714-a914373942af"]
  }

  outbound_rule {
    protocol              = "tcp"
    port_range            = "1-65535"
    destination_addresses = ["0.0.0.0/0", "::/0"]
  }

  outbound_rule {
    protocol              = "udp"
    port_range            = "53"
    destination_addresses = ["0.0.0.0/0"]
    destination_tags      = [digitalocean_tag.bastion.id]
  }

  outbound_rule {
    protocol                       = "tcp"
    port_range                     = "5432"
    destination_droplet_ids        = [digitalocean_droplet.web.id]
    destination_kubernetes_ids     = ["bd5f5959-5e1e-4205-a714-a914373942af"]
    destination_load_balancer_uids = ["4de7ac8b-495b-4884-9a69-1050c6793cd6"]
  }
}

resource "digitalocean_firewall" "by_tag" {
  name = "by-tag"
  tags = [digitalocean_tag.bastion.id]

  inbound_rule {
    protocol         = "tcp"
    port_range       = "all"
    source_addresses = ["10.0.0.0/8"]
  }
}
