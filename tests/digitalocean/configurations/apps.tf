resource "digitalocean_project" "apps" {
  name = "apps"
}

resource "digitalocean_app" "shop" {
  project_id = digitalocean_project.apps.id

  spec {
    name                            = "shop"
    region                          = "nyc"
    features                        = ["buildpack-stack=ubuntu-22"]
    disable_edge_cache              = true
    disable_email_obfuscation       = true
    enhanced_threat_control_enabled = true

    domain {
      name = "shop.example.com"
      type = "PRIMARY"
      zone = "example.com"
    }

    env {
      key   = "LOG_LEVEL"
      value = "info"
      scope = "RUN_AND_BUILD_TIME"
      type  = "GENERAL"
    }

    # Without destinations: the provider never reads them back and would set them again at every plan.
    alert {
      rule = "DEPLOYMENT_FAILED"
    }

    egress {
      type = "DEDICATED_IP"
    }

    maintenance {
      enabled          = true
      archive          = false
      offline_page_url = "https://example.com/offline.html"
    }

    service {
      name               = "web"
      environment_slug   = "go"
      instance_count     = 2
      instance_size_slug = "apps-d-1vcpu-1gb"
      build_command      = "make"
      run_command        = "bin/web"
      source_dir         = "/"
      http_port          = 8000
      internal_ports     = [9000]

      github {
        repo           = "example/shop"
        branch         = "main"
        deploy_on_push = true
      }

      env {
        key   = "MODE"
        value = "production"
        scope = "RUN_TIME"
        type  = "GENERAL"
      }

      health_check {
        http_path             = "/health"
        initial_delay_seconds = 10
        period_seconds        = 15
        timeout_seconds       = 5
        success_threshold     = 2
        failure_threshold     = 4
        port                  = 8000
      }

      alert {
        rule     = "CPU_UTILIZATION"
        value    = 75
        operator = "GREATER_THAN"
        window   = "TEN_MINUTES"
      }

      log_destination {
        name = "papers"

        papertrail {
          endpoint = "syslog+tls://logs.example.com:12345"
        }
      }

      liveness_health_check {
        http_path             = "/live"
        initial_delay_seconds = 20
        period_seconds        = 30
        timeout_seconds       = 6
        success_threshold     = 1
        failure_threshold     = 5
        port                  = 8000
      }

      termination {
        drain_seconds        = 30
        grace_period_seconds = 60
      }
    }

    service {
      name = "scaled"

      image {
        registry_type = "DOCKER_HUB"
        registry      = "library"
        repository    = "nginx"
        tag           = "1.27"
      }

      autoscaling {
        min_instance_count = 1
        max_instance_count = 3

        metrics {
          cpu {
            percent = 60
          }
        }
      }
    }

    static_site {
      name              = "docs"
      source_dir        = "/docs"
      environment_slug  = "hugo"
      build_command     = "npm run build"
      output_dir        = "public"
      index_document    = "index.html"
      error_document    = "404.html"
      catchall_document = "index.html"

      git {
        repo_clone_url = "https://git.example.com/docs.git"
        branch         = "main"
      }
    }

    worker {
      name               = "queue"
      dockerfile_path    = "Dockerfile"
      source_dir         = "/worker"
      run_command        = "bin/worker"
      instance_count     = 2
      instance_size_slug = "apps-s-1vcpu-1gb"

      gitlab {
        repo           = "example/queue"
        branch         = "main"
        deploy_on_push = true
      }

      env {
        key   = "QUEUE"
        value = "orders"
        scope = "RUN_TIME"
      }

      alert {
        rule     = "RESTART_COUNT"
        value    = 3
        operator = "GREATER_THAN"
        window   = "FIVE_MINUTES"
        disabled = true
      }

      log_destination {
        name = "dogs"

        datadog {
          api_key  = "not-so-secret"
          endpoint = "https://logs.example.com"
        }
      }

      termination {
        grace_period_seconds = 90
      }
    }

    worker {
      name = "mailer"

      image {
        registry_type = "GHCR"
        registry      = "example"
        repository    = "mailer"
        digest        = "sha256:e692418e4cbaf90ca69d05a66403747baa33ee08806650b51fab815ad7fc331f"
      }

      autoscaling {
        min_instance_count = 1
        max_instance_count = 2

        metrics {
          cpu {
            percent = 80
          }
        }
      }
    }

    job {
      name               = "migrate"
      kind               = "PRE_DEPLOY"
      environment_slug   = "go"
      build_command      = "make"
      run_command        = "bin/migrate"
      source_dir         = "/"
      instance_count     = 1
      instance_size_slug = "apps-s-1vcpu-1gb"

      git {
        repo_clone_url = "https://git.example.com/shop.git"
        branch         = "main"
      }

      env {
        key   = "STEPS"
        value = "all"
        scope = "RUN_TIME"
      }

      log_destination {
        name = "search"

        open_search {
          endpoint   = "https://search.example.com:9200"
          index_name = "migrations"

          basic_auth {
            user     = "shop"
            password = "not-so-secret"
          }
        }
      }
    }

    function {
      name       = "resize"
      source_dir = "/functions"

      github {
        repo           = "example/functions"
        branch         = "main"
        deploy_on_push = true
      }

      env {
        key   = "SIZE"
        value = "800"
        scope = "RUN_TIME"
      }
    }

    database {
      name       = "orders"
      engine     = "PG"
      version    = "16"
      production = false
    }

    ingress {
      rule {
        component {
          name                 = "web"
          preserve_path_prefix = true
        }

        match {
          path {
            prefix = "/"
          }
        }

        cors {
          allow_methods     = ["GET"]
          allow_headers     = ["X-Shop"]
          expose_headers    = ["X-Shop"]
          max_age           = "1h"
          allow_credentials = true

          allow_origins {
            exact = "https://example.com"
          }
        }
      }

      rule {
        redirect {
          uri           = "/docs"
          redirect_code = 302
        }

        match {
          path {
            prefix = "/help"
          }
        }
      }
    }
  }
}

resource "digitalocean_app" "plain" {
  spec {
    name   = "plain"
    region = "ams"

    static_site {
      name = "site"

      git {
        repo_clone_url = "https://git.example.com/site.git"
        branch         = "main"
      }
    }
  }
}
