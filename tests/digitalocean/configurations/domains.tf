resource "digitalocean_domain" "example" {
  name       = "example.com"
  ip_address = "192.0.2.10"
}

resource "digitalocean_domain" "plain" {
  name = "example.org"
}

resource "digitalocean_record" "www" {
  domain = digitalocean_domain.example.id
  type   = "A"
  name   = "www"
  value  = "192.0.2.10"
  ttl    = 300
}

resource "digitalocean_record" "www6" {
  domain = digitalocean_domain.example.id
  type   = "AAAA"
  name   = "www"
  value  = "2001:db8::10"
}

resource "digitalocean_record" "alias" {
  domain = digitalocean_domain.example.id
  type   = "CNAME"
  name   = "shop"
  value  = "www.example.com."
}

resource "digitalocean_record" "alias_to_apex" {
  domain = digitalocean_domain.example.id
  type   = "CNAME"
  name   = "home"
  value  = "@"
}

resource "digitalocean_record" "mail" {
  domain   = digitalocean_domain.example.id
  type     = "MX"
  name     = "@"
  value    = "mail.example.net."
  priority = 10
}

resource "digitalocean_record" "sip" {
  domain   = digitalocean_domain.example.id
  type     = "SRV"
  name     = "_sip._tcp"
  value    = "sip.example.com."
  priority = 10
  port     = 5060
  weight   = 100
}

resource "digitalocean_record" "authority" {
  domain = digitalocean_domain.example.id
  type   = "CAA"
  name   = "@"
  value  = "letsencrypt.org."
  flags  = 0
  tag    = "issue"
}

resource "digitalocean_record" "critical_authority" {
  domain = digitalocean_domain.example.id
  type   = "CAA"
  name   = "@"
  value  = "mailto:security@example.com"
  flags  = 128
  tag    = "iodef"
}

resource "digitalocean_record" "text" {
  domain = digitalocean_domain.example.id
  type   = "TXT"
  name   = "@"
  value  = "v=spf1 include:example.net -all"
}

resource "digitalocean_record" "delegation" {
  domain = digitalocean_domain.example.id
  type   = "NS"
  name   = "lab"
  value  = "ns1.example.net."
  ttl    = 3600
}
