resource "digitalocean_droplet" "web" {
  name   = "web"
  image  = "debian-12-x64"
  region = "nyc3"
  size   = "s-1vcpu-1gb"
}

resource "digitalocean_monitor_alert" "cpu" {
  description = "CPU of the web servers"
  type        = "v1/insights/droplet/cpu"
  compare     = "GreaterThan"
  value       = 95.5
  window      = "5m"
  enabled     = true
  entities    = [digitalocean_droplet.web.id]

  alerts {
    email = ["operations@example.com"]

    slack {
      channel = "Production Alerts"
      url     = "https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ"
    }
  }
}

resource "digitalocean_monitor_alert" "memory" {
  description = "Memory"
  type        = "v1/insights/droplet/memory_utilization_percent"
  compare     = "LessThan"
  value       = 5
  window      = "1h"
  enabled     = false
  tags        = ["web", "production"]

  alerts {
    email = ["operations@example.com"]
  }
}

resource "digitalocean_uptime_check" "landing" {
  name    = "landing"
  target  = "https://www.example.com"
  type    = "https"
  regions = ["us_east", "eu_west"]
  enabled = false
}

resource "digitalocean_uptime_check" "plain" {
  name   = "plain"
  target = "https://api.example.com"
}

resource "digitalocean_uptime_alert" "slow" {
  name       = "slow"
  check_id   = digitalocean_uptime_check.landing.id
  type       = "latency"
  threshold  = 300
  comparison = "greater_than"
  period     = "2m"

  notifications {
    email = ["operations@example.com"]

    slack {
      channel = "Production Alerts"
      url     = "https://hooks.slack.com/services/T1234567/AAAAAAAA/ZZZZZZ"
    }
  }
}

resource "digitalocean_uptime_alert" "down" {
  name     = "down"
  check_id = digitalocean_uptime_check.landing.id
  type     = "down"
  period   = "5m"

  notifications {
    email = ["operations@example.com"]
  }
}
