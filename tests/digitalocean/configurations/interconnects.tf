resource "digitalocean_vpc" "first" {
  name     = "first"
  region   = "nyc3"
  ip_range = "10.40.0.0/20"
}

resource "digitalocean_vpc" "second" {
  name     = "second"
  region   = "fra1"
  ip_range = "10.50.0.0/20"
}

resource "digitalocean_vpc_peering" "both" {
  name    = "both"
  vpc_ids = [digitalocean_vpc.first.id, digitalocean_vpc.second.id]
}

resource "digitalocean_vpc_nat_gateway" "out" {
  name                 = "out"
  type                 = "PUBLIC"
  region               = "nyc3"
  size                 = 1
  udp_timeout_seconds  = 40
  icmp_timeout_seconds = 50
  tcp_timeout_seconds  = 60

  vpcs {
    vpc_uuid        = digitalocean_vpc.first.id
    default_gateway = true
  }
}

resource "digitalocean_vpc_nat_gateway" "plain" {
  name   = "plain"
  type   = "PUBLIC"
  region = "fra1"
  size   = 1

  vpcs {
    vpc_uuid = digitalocean_vpc.second.id
  }
}

resource "digitalocean_partner_attachment" "office" {
  name                         = "office"
  connection_bandwidth_in_mbps = 1000
  region                       = "nyc"
  naas_provider                = "MEGAPORT"
  redundancy_zone              = "MEGAPORT_BLUE"
  vpc_ids                      = [digitalocean_vpc.first.id]

  bgp {
    local_router_ip = "169.254.100.1/29"
    peer_router_asn = 64513
    peer_router_ip  = "169.254.100.6/29"
    auth_key        = "not-so-secret"
  }
}

resource "digitalocean_partner_attachment" "second_line" {
  name                         = "second-line"
  connection_bandwidth_in_mbps = 2000
  region                       = "nyc"
  naas_provider                = "MEGAPORT"
  vpc_ids                      = [digitalocean_vpc.second.id]
}

resource "digitalocean_byoip_prefix" "ours" {
  prefix    = "203.0.113.0/24"
  region    = "nyc3"
  signature = "c2lnbmF0dXJl"
}
