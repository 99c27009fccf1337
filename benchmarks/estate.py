"""HCL of a mixed estate of a given size: what a mid-size AWS account holds, in the proportions of the public modules.

One *cell* is 40 resources: an application with its network rules, roles, queue, topic, logs, parameters and storage.
"""

CELL = 40

_VPC = """
resource "aws_vpc" "main_{high}" {{ cidr_block = "10.{high}.0.0/16" }}
"""

_CELL = """
resource "aws_subnet" "a_{n}" {{
  vpc_id     = aws_vpc.main_{high}.id
  cidr_block = "10.{high}.{low}.0/24"
  tags       = {{ Name = "app-{n}" }}
}}
resource "aws_route_table" "app_{n}" {{ vpc_id = aws_vpc.main_{high}.id }}
resource "aws_route_table_association" "app_{n}" {{
  subnet_id      = aws_subnet.a_{n}.id
  route_table_id = aws_route_table.app_{n}.id
}}
resource "aws_security_group" "app_{n}" {{
  count       = 3
  name        = "app-{n}-${{count.index}}"
  description = "application {n}"
  vpc_id      = aws_vpc.main_{high}.id
  tags        = {{ App = "app-{n}" }}
}}
resource "aws_vpc_security_group_ingress_rule" "app_{n}" {{
  count             = 6
  security_group_id = aws_security_group.app_{n}[count.index % 3].id
  cidr_ipv4         = "10.{high}.{low}.0/24"
  ip_protocol       = "tcp"
  from_port         = 8000 + count.index
  to_port           = 8000 + count.index
}}
resource "aws_iam_role" "app_{n}" {{
  count              = 3
  name               = "app-{n}-${{count.index}}"
  assume_role_policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }} }}]
  }})
}}
resource "aws_iam_role_policy" "app_{n}" {{
  count  = 3
  name   = "inline"
  role   = aws_iam_role.app_{n}[count.index].id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "*" }}]
  }})
}}
resource "aws_iam_policy" "app_{n}" {{
  count  = 2
  name   = "app-{n}-${{count.index}}"
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Action = ["sqs:SendMessage"], Resource = "*" }}]
  }})
}}
resource "aws_iam_role_policy_attachment" "app_{n}" {{
  count      = 3
  role       = aws_iam_role.app_{n}[count.index].name
  policy_arn = aws_iam_policy.app_{n}[count.index % 2].arn
}}
resource "aws_iam_instance_profile" "app_{n}" {{
  name = "app-{n}"
  role = aws_iam_role.app_{n}[0].name
}}
resource "aws_cloudwatch_log_group" "app_{n}" {{
  count             = 3
  name              = "/app/{n}/${{count.index}}"
  retention_in_days = 30
}}
resource "aws_ssm_parameter" "app_{n}" {{
  count = 6
  name  = "/app/{n}/${{count.index}}"
  type  = "String"
  value = "value"
}}
resource "aws_ebs_volume" "app_{n}" {{
  count             = 2
  availability_zone = "us-east-1a"
  size              = 10
}}
resource "aws_secretsmanager_secret" "app_{n}" {{ name = "app-{n}" }}
resource "aws_ecr_repository" "app_{n}" {{ name = "app-{n}" }}
resource "aws_sqs_queue" "app_{n}" {{ name = "app-{n}" }}
resource "aws_sns_topic" "app_{n}" {{ name = "app-{n}" }}
resource "aws_dynamodb_table" "app_{n}" {{
  name         = "app-{n}"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {{
    name = "id"
    type = "S"
  }}
}}
"""


def estate(resources: int) -> str:
    """HCL of about that many resources (whole cells, and a VPC for every 250 of them: none is larger than a /16)."""
    cells = max(1, resources // CELL)
    shared = "".join(_VPC.format(high=high) for high in range((cells - 1) // 250 + 1))
    return shared + "".join(_CELL.format(n=n, high=n // 250, low=n % 250) for n in range(cells))
