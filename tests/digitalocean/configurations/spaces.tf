resource "digitalocean_spaces_bucket" "assets" {
  name          = "assets"
  region        = "nyc3"
  acl           = "private"
  force_destroy = true

  cors_rule {
    allowed_headers = ["*"]
    allowed_methods = ["GET", "PUT"]
    allowed_origins = ["https://www.example.com"]
    max_age_seconds = 3000
  }

  lifecycle_rule {
    id                                     = "logs"
    enabled                                = true
    prefix                                 = "logs/"
    abort_incomplete_multipart_upload_days = 10

    expiration {
      days = 30
    }

    noncurrent_version_expiration {
      days = 15
    }
  }

  versioning {
    enabled = true
  }
}

resource "digitalocean_spaces_bucket" "plain" {
  name   = "plain"
  region = "nyc3"
}

resource "digitalocean_spaces_bucket" "logs" {
  name   = "logs"
  region = "nyc3"
  acl    = "private"
}

resource "digitalocean_spaces_bucket_cors_configuration" "plain" {
  bucket = digitalocean_spaces_bucket.plain.id
  region = "nyc3"

  cors_rule {
    id              = "web"
    allowed_headers = ["*"]
    allowed_methods = ["GET"]
    allowed_origins = ["https://www.example.com"]
    expose_headers  = ["ETag"]
    max_age_seconds = 600
  }
}

resource "digitalocean_spaces_bucket_policy" "plain" {
  bucket = digitalocean_spaces_bucket.plain.id
  region = "nyc3"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Read"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::plain/*"
    }]
  })
}

resource "digitalocean_spaces_bucket_object" "index" {
  bucket              = digitalocean_spaces_bucket.plain.name
  region              = "nyc3"
  key                 = "index.html"
  content             = "<html></html>"
  content_type        = "text/html"
  acl                 = "public-read"
  cache_control       = "max-age=600"
  content_disposition = "inline"
  content_language    = "en"
  metadata            = { team = "web" }
}

resource "digitalocean_spaces_bucket_object" "packed" {
  bucket           = digitalocean_spaces_bucket.plain.name
  region           = "nyc3"
  key              = "packed.txt"
  content_base64   = "cGFja2Vk"
  content_encoding = "identity"
  force_destroy    = true
}

resource "digitalocean_spaces_bucket_object" "plain" {
  bucket = digitalocean_spaces_bucket.plain.name
  region = "nyc3"
  key    = "data/plain.txt"
}

resource "digitalocean_spaces_key" "shop" {
  name = "shop"

  grant {
    bucket     = digitalocean_spaces_bucket.assets.name
    permission = "readwrite"
  }

  grant {
    bucket     = digitalocean_spaces_bucket.plain.name
    permission = "read"
  }
}

resource "digitalocean_spaces_key" "all" {
  name = "all"

  grant {
    bucket     = ""
    permission = "fullaccess"
  }
}
