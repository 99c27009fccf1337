"""aws_lambda_function held to Terraform's provider.

The emulator does not keep dead letter, file system, logging and SnapStart configurations and never changes those of
tracing, storage and architecture: ``tests/catalog/test_lambda_functions.py`` holds these to recorded answers.
"""

import io
import json
import zipfile

from conformance.harness import Case

ROLE = """
resource "aws_iam_role" "run" {
  name               = "run"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}
"""
CODE = """
  role     = aws_iam_role.run.arn
  filename = "${path.cwd}/code.zip"
  handler  = "main.handler"
  runtime  = "python3.12"
"""
ESTATE = (
    ROLE
    + """
variable "token" {
  default   = "s3cret"
  sensitive = true
}

resource "aws_lambda_function" "full" {
  function_name                  = "full"
  source_code_hash               = filebase64sha256("${path.cwd}/code.zip")
  architectures                  = ["arm64"]
  code_signing_config_arn        = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0f6c334abcdea4d8b"
  description                    = "Takes orders"
  kms_key_arn                    = "arn:aws:kms:us-east-1:123456789012:key/1"
  layers                         = LAYERS
  memory_size                    = 256
  publish                        = true
  reserved_concurrent_executions = 5
  timeout                        = 10
  environment {
    variables = { STAGE = "live", LIMIT = "10", TOKEN = var.token }
  }
  ephemeral_storage {
    size = 1024
  }
  tracing_config {
    mode = "Active"
  }
  vpc_config {
    subnet_ids         = ["subnet-1", "subnet-2"]
    security_group_ids = ["sg-1", "sg-2"]
  }
  tags = { team = "shop", stage = "live", cost = "42" }
CODE
}

resource "aws_lambda_function" "bare" {
  function_name = "bare"
CODE
}

# Any text that changes with the code will do for the provider; it need not be the checksum that Lambda tells.
resource "aws_lambda_function" "versioned" {
  function_name    = "versioned"
  source_code_hash = "v1"
CODE
}

resource "aws_lambda_function" "image" {
  function_name = "image"
  role          = aws_iam_role.run.arn
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:1"
  image_config {
    command           = ["serve"]
    entry_point       = ["/app"]
    working_directory = "/srv"
  }
}
"""
)


def packed(source: str) -> bytes:
    """A deployment package of one file, the same bytes at any time."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(zipfile.ZipInfo("main.py"), source)
    return package.getvalue()


def test_functions_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after sets were reordered; then exactly what was changed behind its back."""
    code = packed("def handler(event, context):\n    return event\n")
    client = case.client("lambda")
    layers = [
        client.publish_layer_version(LayerName=name, Content={"ZipFile": code})["LayerVersionArn"]
        for name in ("first", "second")
    ]
    (case.terraform.directory / "code.zip").write_bytes(code)
    case.apply(ESTATE.replace("LAYERS", json.dumps(layers)).replace("CODE", CODE), default_tags={"owner": "platform"})
    clean = case.detect()
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    vpc = {"SubnetIds": ["subnet-2", "subnet-1"], "SecurityGroupIds": ["sg-2", "sg-1"]}
    client.update_function_configuration(FunctionName="full", VpcConfig=vpc)
    case.assert_silent(case.detect())

    arn, role = (case.recorded("aws_lambda_function.full")[name] for name in ("arn", "role"))
    client.update_function_configuration(
        FunctionName="full",
        Description="",
        Environment={"Variables": {"STAGE": "test", "TOKEN": "0ther", "DEBUG": "1"}},
        Layers=layers[1:],
        MemorySize=512,
        Timeout=3,
        VpcConfig={**vpc, "SubnetIds": ["subnet-1"]},
    )
    client.put_function_concurrency(FunctionName="full", ReservedConcurrentExecutions=50)
    client.tag_resource(Resource=arn, Tags={"stage": "test", "by": "hand"})
    client.untag_resource(Resource=arn, TagKeys=["cost"])
    client.update_function_configuration(
        FunctionName="bare",
        Description="by hand",
        Environment={"Variables": {"STAGE": "test"}},
        Handler="main.other",
        Layers=layers[:1],
        Role=f"{role}-not",
        Runtime="python3.13",
        VpcConfig=vpc,
    )
    client.put_function_concurrency(FunctionName="bare", ReservedConcurrentExecutions=1)
    client.update_function_code(FunctionName="versioned", ZipFile=packed("handler = print\n"))
    client.delete_function(FunctionName="image")
    made = {"Role": role, "Runtime": "python3.12", "Handler": "main.handler", "Code": {"ZipFile": code}}
    client.create_function(FunctionName="stranger", **made)
    client.create_function(FunctionName="stacked", Tags={"aws:cloudformation:stack-name": "base"}, **made)
    changed = case.detect()
    case.assert_exactly(
        changed,
        {
            ("changed", "aws_lambda_function.full", "description"),
            ("changed", "aws_lambda_function.full", 'environment[0].variables["DEBUG"]'),
            ("changed", "aws_lambda_function.full", 'environment[0].variables["LIMIT"]'),
            ("changed", "aws_lambda_function.full", 'environment[0].variables["STAGE"]'),
            ("changed", "aws_lambda_function.full", 'environment[0].variables["TOKEN"]'),
            ("changed", "aws_lambda_function.full", "layers[0]"),
            ("changed", "aws_lambda_function.full", "memory_size"),
            ("changed", "aws_lambda_function.full", "reserved_concurrent_executions"),
            ("changed", "aws_lambda_function.full", "timeout"),
            ("changed", "aws_lambda_function.full", "vpc_config[0].subnet_ids[1]"),
            ("changed", "aws_lambda_function.full", 'tags_all["stage"]'),
            ("changed", "aws_lambda_function.full", 'tags_all["by"]'),
            ("changed", "aws_lambda_function.full", 'tags_all["cost"]'),
            ("changed", "aws_lambda_function.bare", "description"),
            ("changed", "aws_lambda_function.bare", "environment[0]"),
            ("changed", "aws_lambda_function.bare", "handler"),
            ("changed", "aws_lambda_function.bare", "layers[0]"),
            ("changed", "aws_lambda_function.bare", "reserved_concurrent_executions"),
            ("changed", "aws_lambda_function.bare", "role"),
            ("changed", "aws_lambda_function.bare", "runtime"),
            ("changed", "aws_lambda_function.bare", "vpc_config[0]"),
            ("changed", "aws_lambda_function.versioned", "code_sha256"),
            ("missing", "aws_lambda_function.image"),
            ("unmanaged", "aws_lambda_function", "stranger", None),
        },
    )
    assert changed.summary.owned == 1
    assert not any(secret in repr(changed) for secret in ("s3cret", "0ther"))
    case.compare_with_referee(changed)
