resource "digitalocean_spaces_bucket" "watched" {
  name   = "watched"
  region = "nyc3"
}

resource "digitalocean_spaces_bucket" "logs" {
  name   = "logs"
  region = "nyc3"
}

# The simulated S3 wants the log service's permission said.
resource "digitalocean_spaces_bucket_policy" "logs" {
  bucket = digitalocean_spaces_bucket.logs.id
  region = "nyc3"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logging.s3.amazonaws.com" }
      Action    = ["s3:PutObject"]
      Resource  = "arn:aws:s3:::logs/*"
    }]
  })
}

resource "digitalocean_spaces_bucket_logging" "watched" {
  depends_on    = [digitalocean_spaces_bucket_policy.logs]
  bucket        = digitalocean_spaces_bucket.watched.id
  region        = "nyc3"
  target_bucket = digitalocean_spaces_bucket.logs.id
  target_prefix = "access/"
}
