resource "digitalocean_container_registry" "main" {
  name                   = "shop"
  subscription_tier_slug = "basic"
  region                 = "fra1"
}
