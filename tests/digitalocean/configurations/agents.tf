# What is ignored here, the provider calls optional though the cloud fills it in: no plan would ever be empty.

resource "digitalocean_project" "agents" {
  name = "agents"
}

resource "digitalocean_gradientai_openai_api_key" "shop" {
  name    = "shop"
  api_key = "sk-not-so-secret"
}

resource "digitalocean_gradientai_knowledge_base" "manuals" {
  name                 = "manuals"
  project_id           = digitalocean_project.agents.id
  region               = "tor1"
  embedding_model_uuid = "22653204-79ed-11ef-bf8f-4e013e2ddde4"
  tags                 = ["manuals"]

  datasources {
    web_crawler_data_source {
      base_url        = "https://docs.example.com"
      crawling_option = "SCOPED"
      embed_media     = true
    }
  }

  lifecycle {
    ignore_changes = [database_id, datasources]
  }
}

resource "digitalocean_gradientai_knowledge_base_data_source" "tickets" {
  knowledge_base_uuid = digitalocean_gradientai_knowledge_base.tickets.id

  spaces_data_source {
    bucket_name = "tickets"
    item_path   = "/"
    region      = "nyc3"
  }
}

resource "digitalocean_gradientai_knowledge_base" "tickets" {
  name                 = "tickets"
  project_id           = digitalocean_project.agents.id
  region               = "tor1"
  embedding_model_uuid = "22653204-79ed-11ef-bf8f-4e013e2ddde4"

  datasources {
    spaces_data_source {
      bucket_name = "archive"
      item_path   = "/"
      region      = "nyc3"
    }
  }

  lifecycle {
    ignore_changes = [database_id, datasources]
  }
}

resource "digitalocean_gradientai_agent" "helper" {
  name        = "helper"
  description = "Helps in the shop"
  instruction = "Be kind."
  model_uuid  = "d754f2d7-d1f0-11ef-bf8f-4e013e2ddde4"
  project_id  = digitalocean_project.agents.id
  region      = "tor1"
  tags        = ["shop"]

  lifecycle {
    ignore_changes = [created_at, model, knowledge_bases, functions]
  }
}

resource "digitalocean_gradientai_agent_knowledge_base_attachment" "helper" {
  agent_uuid          = digitalocean_gradientai_agent.helper.id
  knowledge_base_uuid = digitalocean_gradientai_knowledge_base.manuals.id
}

resource "digitalocean_gradientai_function" "orders" {
  agent_id       = digitalocean_gradientai_agent.helper.id
  description    = "Looks up an order"
  faas_name      = "default/orders"
  faas_namespace = "fn-b2a93513-8d9b-4223-9d61-5e7272c81c32"
  function_name  = "orders"
  input_schema   = jsonencode({ parameters = [{ in = "query", name = "number", schema = { type = "string" }, required = true }] })
  output_schema  = jsonencode({ properties = { status = { type = "string" } } })
}

resource "digitalocean_gradientai_knowledge_base_data_source" "blog" {
  knowledge_base_uuid = digitalocean_gradientai_knowledge_base.tickets.id

  web_crawler_data_source {
    base_url        = "https://blog.example.com"
    crawling_option = "PATH"
    embed_media     = true
  }
}

resource "digitalocean_gradientai_custom_model" "from_spaces" {
  name                        = "from-spaces"
  source_type                 = "SOURCE_TYPE_SPACES_BUCKET"
  accept_terms_and_conditions = true

  source_ref {
    bucket = "models"
    region = "nyc3"
    prefix = "tuned/"
  }
}

resource "digitalocean_gradientai_custom_model" "tuned" {
  name                        = "tuned"
  description                 = "Tuned on tickets"
  source_type                 = "SOURCE_TYPE_HUGGINGFACE"
  preferred_gpu_region        = "tor1"
  accept_terms_and_conditions = true
  tags                        = ["tuned"]

  source_ref {
    repo_id     = "example/tuned"
    access_type = "ACCESS_TYPE_PUBLIC"
  }
}
