resource "digitalocean_vpc" "files" {
  count    = 2
  name     = "files-${count.index + 1}"
  region   = "nyc3"
  ip_range = "10.9${count.index}.0.0/20"
}

resource "digitalocean_nfs" "media" {
  name             = "media"
  region           = "nyc3"
  size             = 100
  vpc_id           = digitalocean_vpc.files[0].id
  performance_tier = "high"
}

resource "digitalocean_nfs" "plain" {
  name   = "plain"
  region = "nyc3"
  size   = 50
  vpc_id = digitalocean_vpc.files[0].id
}

resource "digitalocean_nfs_attachment" "media" {
  share_id = digitalocean_nfs.media.id
  vpc_id   = digitalocean_vpc.files[1].id
  region   = "nyc3"
}

resource "digitalocean_nfs_snapshot" "media" {
  name     = "media-before-upgrade"
  share_id = digitalocean_nfs.media.id
  region   = "nyc3"
}

resource "digitalocean_nfs_access_point" "reports" {
  name     = "reports"
  share_id = digitalocean_nfs.media.id
  path     = "/reports"
  vpc_id   = digitalocean_vpc.files[0].id

  access_policy {
    anonuid                      = 1000
    anongid                      = 1000
    protocols                    = ["NFS4", "NFS"]
    squash_config                = "ALL_SQUASH"
    identity_enforcement_enabled = true
  }
}
