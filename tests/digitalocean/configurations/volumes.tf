resource "digitalocean_volume" "data" {
  name                     = "data"
  region                   = "nyc3"
  size                     = 100
  description              = "Database files"
  initial_filesystem_type  = "ext4"
  initial_filesystem_label = "data"
  tags                     = ["database", "production"]
}

resource "digitalocean_volume" "plain" {
  name   = "plain"
  region = "nyc3"
  size   = 10
}

resource "digitalocean_volume" "inline" {
  name   = "inline"
  region = "nyc3"
  size   = 20
}

resource "digitalocean_droplet" "database" {
  name       = "database"
  image      = "debian-12-x64"
  region     = "nyc3"
  size       = "s-2vcpu-4gb"
  volume_ids = [digitalocean_volume.inline.id]
}

resource "digitalocean_droplet" "other" {
  name   = "other"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
}

resource "digitalocean_volume_attachment" "data" {
  droplet_id = digitalocean_droplet.other.id
  volume_id  = digitalocean_volume.data.id
}

resource "digitalocean_volume_snapshot" "data" {
  name      = "data-before-upgrade"
  volume_id = digitalocean_volume.data.id
  tags      = ["database"]
}

resource "digitalocean_volume" "restored" {
  name        = "restored"
  region      = "nyc3"
  size        = 100
  snapshot_id = digitalocean_volume_snapshot.data.id
}
