resource "digitalocean_droplet" "web" {
  count  = 5
  name   = "web-${count.index + 1}"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
  ipv6   = true
}

resource "digitalocean_reserved_ip" "web" {
  region     = digitalocean_droplet.web[0].region
  droplet_id = digitalocean_droplet.web[0].id
}

resource "digitalocean_reserved_ip" "spare" {
  region = "ams3"
}

resource "digitalocean_reserved_ip" "fra" {
  region = "fra1"
}

resource "digitalocean_reserved_ip_assignment" "fra" {
  ip_address = digitalocean_reserved_ip.fra.ip_address
  droplet_id = digitalocean_droplet.web[1].id
}

resource "digitalocean_floating_ip" "former_name" {
  region = "sfo3"
}

# After the other address of this region: which of two equal requests comes first decides who gets which address.
resource "digitalocean_floating_ip" "of_a_droplet" {
  region     = "nyc3"
  droplet_id = digitalocean_droplet.web[4].id
  depends_on = [digitalocean_reserved_ip.web]
}

resource "digitalocean_floating_ip" "assigned" {
  region = "nyc1"
}

resource "digitalocean_floating_ip_assignment" "assigned" {
  ip_address = digitalocean_floating_ip.assigned.ip_address
  droplet_id = digitalocean_droplet.web[2].id
}

resource "digitalocean_reserved_ipv6" "spare" {
  region_slug = "nyc3"
}

# Without droplet_id: the provider records it and never assigns the address.
resource "digitalocean_reserved_ipv6" "web" {
  region_slug = "ams3"
}

resource "digitalocean_reserved_ipv6_assignment" "web" {
  ip         = digitalocean_reserved_ipv6.web.ip
  droplet_id = digitalocean_droplet.web[3].id
}
