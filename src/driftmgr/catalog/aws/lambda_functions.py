"""Lambda functions. Source: provider ``internal/service/lambda/function.go``.

ListFunctions tells nearly all of them; GetFunction adds the reserved concurrency and the image, and a call of its own
the code signing configuration.

Code: until May 2024 (hashicorp/terraform-provider-aws pull request 37669) the provider read ``source_code_hash`` back;
since then it keeps what the configuration says, any text that changes with the code, and records what Lambda says in
``code_sha256``. No plan puts code right that was changed by hand (issue 41092): the computed attribute tells of it.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import maker_of_tags, tags_by_arn
from driftmgr.catalog.entry import MEDIUM, Attribute, ResourceType, Template, aws_call, pascal_names
from driftmgr.catalog.transforms import aws_tags

_FUNCTION = {"FunctionName": "FunctionName"}
_SOURCE = "says where the code came from; Lambda keeps the code, not its origin: code_sha256 is compared"
_ON_DESTROY = "tells the provider what to do on destroy; AWS does not know it"


def _maker(found: dict[str, Any]) -> str | None:
    main = found.get("Main")
    return f"Lambda@Edge, from {main}" if main else maker_of_tags(found.get("Tags"))


FUNCTION = ResourceType(
    name="aws_lambda_function",
    criticality=MEDIUM,
    list=aws_call("lambda.list_functions", "Functions"),
    details={
        "Function": aws_call("lambda.get_function", given=_FUNCTION),
        "Signing": aws_call(
            "lambda.get_function_code_signing_config",
            "CodeSigningConfigArn",
            given=_FUNCTION,
            # Container images cannot be signed this way: asked about one, Lambda answers with an error.
            when="PackageType!='Image'",
        ),
    },
    joins={"Tags": tags_by_arn("lambda:function", "FunctionArn")},
    id="FunctionName",
    keys=(("function_name",),),
    owner=Attribute("{Main: MasterArn, Tags: Tags}", read=_maker),
    attributes=pascal_names(
        "architectures", "description", "function_name", "handler", "last_modified", "role", "runtime"
    )
    | {
        "arn": "FunctionArn",
        "code_sha256": Attribute("CodeSha256", counts=True),
        "code_signing_config_arn": "Signing",
        "dead_letter_config": Attribute("DeadLetterConfig", nested={"target_arn": "TargetArn"}),
        "environment": Attribute("Environment", nested={"variables": "Variables"}),
        "ephemeral_storage": Attribute("EphemeralStorage", nested={"size": Attribute("Size", default=512)}),
        "file_system_config": Attribute(
            "FileSystemConfigs", nested={"arn": "Arn", "local_mount_path": "LocalMountPath"}
        ),
        "image_config": Attribute(
            "ImageConfigResponse.ImageConfig",
            nested={"command": "Command", "entry_point": "EntryPoint", "working_directory": "WorkingDirectory"},
        ),
        "image_uri": "Function.Code.ImageUri",
        "invoke_arn": Template(
            "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{FunctionArn}/invocations"
        ),
        "kms_key_arn": "KMSKeyArn",
        "layers": "Layers[].Arn",
        "logging_config": Attribute(
            "LoggingConfig",
            nested={
                "application_log_level": "ApplicationLogLevel",
                "log_format": Attribute("LogFormat", default="Text"),
                "log_group": "LogGroup",
                "system_log_level": "SystemLogLevel",
            },
        ),
        "memory_size": Attribute("MemorySize", default=128),
        "package_type": Attribute("PackageType", default="Zip"),
        "reserved_concurrent_executions": Attribute("Function.Concurrency.ReservedConcurrentExecutions", default=-1),
        "signing_job_arn": "SigningJobArn",
        "signing_profile_version_arn": "SigningProfileVersionArn",
        "snap_start": Attribute(
            "SnapStart",
            nested={
                "apply_on": Attribute("ApplyOn", default="None"),
                "optimization_status": "OptimizationStatus",
            },
        ),
        "source_code_hash": Attribute("CodeSha256", when="!code_sha256"),
        "source_code_size": "CodeSize",
        "timeout": Attribute("Timeout", default=3),
        "tracing_config": Attribute("TracingConfig", nested={"mode": Attribute("Mode", default="PassThrough")}),
        "vpc_config": Attribute(
            "VpcConfig",
            nested={
                "ipv6_allowed_for_dual_stack": Attribute("Ipv6AllowedForDualStack", default=False),
                "security_group_ids": "SecurityGroupIds",
                "subnet_ids": "SubnetIds",
                "vpc_id": "VpcId",
            },
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    # Without the right to use its key, a function is listed without its variables.
    refused={
        "environment": "Environment.Error.ErrorCode",
        "image_config": "ImageConfigResponse.Error.ErrorCode",
    },
    unreadable={
        "filename": _SOURCE,
        "publish": "tells the provider whether to publish a version; Lambda does not keep it",
        "replace_security_groups_on_destroy": _ON_DESTROY,
        "replacement_security_group_ids": _ON_DESTROY,
        "s3_bucket": _SOURCE,
        "s3_key": _SOURCE,
        "s3_object_version": _SOURCE,
        "skip_destroy": _ON_DESTROY,
    },
)
