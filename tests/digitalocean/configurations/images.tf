resource "digitalocean_custom_image" "appliance" {
  name         = "appliance"
  url          = "https://images.example.com/appliance.qcow2"
  regions      = ["nyc3"]
  description  = "An appliance"
  distribution = "Debian"
  tags         = ["appliance"]
}

resource "digitalocean_custom_image" "plain" {
  name    = "plain"
  url     = "https://images.example.com/plain.qcow2"
  regions = ["fra1"]
}
