resource "digitalocean_container_registries" "first" {
  name                   = "first"
  subscription_tier_slug = "professional"
  region                 = "ams3"
}

resource "digitalocean_container_registries" "second" {
  name                   = "second"
  subscription_tier_slug = "professional"
}
