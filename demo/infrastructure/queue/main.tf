variable "name" { type = string }
variable "timeout" { type = number }

resource "aws_sqs_queue" "this" {
  name                       = "orders-${var.name}"
  visibility_timeout_seconds = var.timeout
  tags                       = { env = "production" }
}

output "arn" { value = aws_sqs_queue.this.arn }
