resource "digitalocean_certificate" "managed" {
  name    = "managed"
  type    = "lets_encrypt"
  domains = ["example.com", "www.example.com"]
}

# The simulated cloud does not look into keys and certificates; the state holds hashes of them.
resource "digitalocean_certificate" "ours" {
  name              = "ours"
  private_key       = "the private key"
  leaf_certificate  = "the leaf certificate"
  certificate_chain = "the chain"
}

resource "digitalocean_cdn" "assets" {
  origin           = "assets.nyc3.digitaloceanspaces.com"
  ttl              = 600
  custom_domain    = "assets.example.com"
  certificate_name = digitalocean_certificate.managed.name
}

resource "digitalocean_cdn" "plain" {
  origin = "plain.nyc3.digitaloceanspaces.com"
}
