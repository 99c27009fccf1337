resource "digitalocean_vpc" "models" {
  name     = "models"
  region   = "atl1"
  ip_range = "10.99.0.0/20"
}

resource "digitalocean_dedicated_inference" "chat" {
  name                   = "chat"
  region                 = "atl1"
  vpc_uuid               = digitalocean_vpc.models.id
  enable_public_endpoint = true
  hugging_face_token     = "hf-not-so-secret"

  model_deployments {
    model_slug     = "mistral/mistral-7b-instruct-v3"
    model_provider = "hugging_face"

    accelerators {
      accelerator_slug = "gpu-mi300x1-192gb"
      scale            = 2
      type             = "prefill_decode"
    }
  }
}

resource "digitalocean_dedicated_inference_token" "chat" {
  dedicated_inference_id = digitalocean_dedicated_inference.chat.id
  name                   = "chat"
}

resource "digitalocean_project" "documents" {
  name = "documents"
}

resource "digitalocean_vector_database" "documents" {
  name       = "documents"
  region     = "tor1"
  size       = "vdb-s-1vcpu-2gb"
  project_id = digitalocean_project.documents.id
  tags       = ["documents"]

  config {
    default_quantization = "none"
    enable_auto_schema   = true
    weaviate_version     = "1.33.0"
  }
}

resource "digitalocean_vector_database" "plain" {
  name   = "plain"
  region = "tor1"
  size   = "vdb-s-1vcpu-2gb"
}
