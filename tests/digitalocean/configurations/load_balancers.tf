resource "digitalocean_droplet" "web" {
  count  = 2
  name   = "web-${count.index + 1}"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
  tags   = ["web"]
}

resource "digitalocean_certificate" "managed" {
  name    = "managed"
  type    = "lets_encrypt"
  domains = ["example.com"]
}

resource "digitalocean_loadbalancer" "public" {
  name                             = "public"
  region                           = "nyc3"
  size                             = "lb-small"
  algorithm                        = "least_connections"
  redirect_http_to_https           = true
  enable_proxy_protocol            = true
  enable_backend_keepalive         = true
  http_idle_timeout_seconds        = 90
  disable_lets_encrypt_dns_records = true
  network_stack                    = "DUALSTACK"
  tls_cipher_policy                = "STRONG"
  droplet_ids                      = digitalocean_droplet.web[*].id

  forwarding_rule {
    entry_port      = 80
    entry_protocol  = "http"
    target_port     = 8080
    target_protocol = "http"
  }

  forwarding_rule {
    entry_port       = 443
    entry_protocol   = "https"
    target_port      = 8080
    target_protocol  = "http"
    certificate_name = digitalocean_certificate.managed.name
  }

  healthcheck {
    port                     = 8080
    protocol                 = "http"
    path                     = "/health"
    check_interval_seconds   = 15
    response_timeout_seconds = 4
    unhealthy_threshold      = 4
    healthy_threshold        = 2
  }

  sticky_sessions {
    type               = "cookies"
    cookie_name        = "shop"
    cookie_ttl_seconds = 600
  }

  firewall {
    allow = ["cidr:192.0.2.0/24"]
    deny  = ["ip:198.51.100.7"]
  }
}

resource "digitalocean_loadbalancer" "by_tag" {
  name        = "by-tag"
  region      = "nyc3"
  size_unit   = 2
  droplet_tag = "web"
  depends_on  = [digitalocean_droplet.web]

  forwarding_rule {
    entry_port      = 443
    entry_protocol  = "https"
    target_port     = 8443
    target_protocol = "https"
    tls_passthrough = true
  }
}

resource "digitalocean_loadbalancer" "internal" {
  name    = "internal"
  region  = "nyc3"
  network = "INTERNAL"
  type    = "REGIONAL_NETWORK"

  forwarding_rule {
    entry_port      = 53
    entry_protocol  = "udp"
    target_port     = 53
    target_protocol = "udp"
  }

  healthcheck {
    port     = 53
    protocol = "tcp"
  }
}

resource "digitalocean_loadbalancer" "global" {
  name                     = "global"
  type                     = "GLOBAL"
  target_load_balancer_ids = [digitalocean_loadbalancer.public.id]

  domains {
    name             = "example.com"
    certificate_name = digitalocean_certificate.managed.name
  }

  domains {
    name       = "managed.example.com"
    is_managed = true
  }

  glb_settings {
    target_protocol    = "http"
    target_port        = 80
    region_priorities  = { nyc3 = 1, ams3 = 2 }
    failover_threshold = 50

    cdn {
      is_enabled = true
    }
  }
}
