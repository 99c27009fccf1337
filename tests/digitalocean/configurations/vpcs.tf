resource "digitalocean_vpc" "main" {
  name        = "main"
  region      = "nyc3"
  description = "The network of production"
  ip_range    = "10.30.0.0/20"
}

# The range is chosen by the cloud.
resource "digitalocean_vpc" "plain" {
  name   = "plain"
  region = "fra1"
}
