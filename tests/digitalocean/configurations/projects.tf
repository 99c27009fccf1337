resource "digitalocean_project" "shop" {
  name        = "shop"
  description = "The shop and all that it needs"
  purpose     = "Web Application"
  environment = "Production"
  resources   = [digitalocean_droplet.shop.urn]
}

resource "digitalocean_project" "other_purpose" {
  name    = "laboratory"
  purpose = "Weighing things"
}

resource "digitalocean_project" "filled_elsewhere" {
  name = "filled-elsewhere"
}

resource "digitalocean_project_resources" "laboratory" {
  project   = digitalocean_project.filled_elsewhere.id
  resources = [digitalocean_domain.laboratory.urn, digitalocean_volume.laboratory.urn]
}

resource "digitalocean_droplet" "shop" {
  name   = "shop"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
}

resource "digitalocean_domain" "laboratory" {
  name = "laboratory.example.com"
}

resource "digitalocean_volume" "laboratory" {
  name   = "laboratory"
  region = "nyc3"
  size   = 10
}

resource "digitalocean_ssh_key" "operations" {
  name       = "operations"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGqV3kQy3yZsRsx3m1Q3wqk0hQ0nO8k1yVtKQ2Zk5b7d operations@example.com"
}

resource "digitalocean_tag" "team" {
  name = "team:shop"
}
