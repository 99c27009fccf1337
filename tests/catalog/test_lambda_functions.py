"""Functions read from recorded answers: what the emulator does not tell."""

from typing import Any

import pytest

from catalog.answers import ACCOUNT, REGION, Answer, collect, drifts, refused, tagged
from driftmgr.model import Gap, RemoteObject

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
ACCESS_POINT = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/1"


def read(
    *, function: dict[str, Any] | None = None, signing: Answer | None = None, **listed: Any
) -> tuple[RemoteObject, list[Gap]]:
    """The one function of an answer, and the gaps."""
    known = {"FunctionName": "orders", "FunctionArn": ARN, "CodeSha256": "new", **listed}
    objects, gaps = collect(
        "aws_lambda_function",
        {
            "lambda.list_functions": {"Functions": [known]},
            "lambda.get_function": {"Configuration": known, **(function or {})},
            "lambda.get_function_code_signing_config": signing
            or {"CodeSigningConfigArn": "", "FunctionName": "orders"},
            "resourcegroupstaggingapi.get_resources": tagged(ARN, team="shop"),
        },
    )
    return objects["orders"], gaps


def function(**listed: Any) -> RemoteObject:
    """The one function of an answer that tells all."""
    found, gaps = read(**listed)
    assert gaps == []
    return found


BARE: dict[str, Any] = {
    "architectures": [],
    "arn": ARN,
    "code_sha256": "new",
    "code_signing_config_arn": "",
    "dead_letter_config": [],
    "description": "",
    "environment": [],
    "ephemeral_storage": [{"size": 512}],
    "file_system_config": [],
    "function_name": "orders",
    "handler": "",
    "id": "orders",
    "image_config": [],
    "image_uri": "",
    "invoke_arn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{ARN}/invocations",
    "kms_key_arn": "",
    "layers": None,
    "logging_config": [],
    "memory_size": 128,
    "package_type": "Zip",
    "reserved_concurrent_executions": -1,
    "role": "",
    "runtime": "",
    "signing_job_arn": "",
    "signing_profile_version_arn": "",
    "snap_start": [],
    "source_code_hash": "",
    "tags_all": {"team": "shop"},
    "timeout": 3,
    "tracing_config": [{"mode": "PassThrough"}],
    "vpc_config": [],
}


def test_what_is_not_told_is_the_default() -> None:
    """A function that tells its name alone is what the provider records of one that sets nothing."""
    assert drifts(function(), **BARE) == []
    assert function().attributes["invoke_arn"] == BARE["invoke_arn"]


def test_what_lambda_tells_of_nothing_set() -> None:
    """Blocks that Lambda tells though nothing is set in them are the absent ones."""
    found = function(
        DeadLetterConfig={},
        EphemeralStorage={"Size": 512},
        Environment={},
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/aws/lambda/orders"},
        SnapStart={"ApplyOn": "None", "OptimizationStatus": "Off"},
        TracingConfig={"Mode": "PassThrough"},
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": [], "VpcId": "", "Ipv6AllowedForDualStack": False},
    )
    recorded = {
        "application_log_level": "",
        "log_format": "Text",
        "log_group": "/aws/lambda/orders",
        "system_log_level": "",
    }
    assert drifts(found, **BARE | {"logging_config": [recorded]}) == []


TOLD: dict[str, Any] = {
    "Architectures": ["arm64"],
    "DeadLetterConfig": {"TargetArn": QUEUE},
    "EphemeralStorage": {"Size": 1024},
    "FileSystemConfigs": [{"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}],
    "LoggingConfig": {
        "LogFormat": "JSON",
        "LogGroup": "/shop",
        "ApplicationLogLevel": "WARN",
        "SystemLogLevel": "DEBUG",
    },
    "SigningJobArn": "job",
    "SigningProfileVersionArn": "profile",
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    "TracingConfig": {"Mode": "Active"},
    "VpcConfig": {"SubnetIds": ["s"], "SecurityGroupIds": ["g"], "VpcId": "v", "Ipv6AllowedForDualStack": True},
}
RECORDED: dict[str, Any] = {
    "architectures": ["arm64"],
    "dead_letter_config": [{"target_arn": QUEUE}],
    "ephemeral_storage": [{"size": 1024}],
    "file_system_config": [{"arn": ACCESS_POINT, "local_mount_path": "/mnt/data"}],
    "logging_config": [
        {
            "application_log_level": "WARN",
            "log_format": "JSON",
            "log_group": "/shop",
            "system_log_level": "DEBUG",
        }
    ],
    "signing_job_arn": "job",
    "signing_profile_version_arn": "profile",
    "snap_start": [{"apply_on": "PublishedVersions", "optimization_status": "On"}],
    "tracing_config": [{"mode": "Active"}],
    "vpc_config": [
        {"subnet_ids": ["s"], "security_group_ids": ["g"], "vpc_id": "v", "ipv6_allowed_for_dual_stack": True}
    ],
}


def test_everything_that_can_be_set_is_read() -> None:
    """Each block is found where Lambda tells it, and each tells when it is gone or was put in."""
    assert drifts(function(**TOLD), **RECORDED) == []
    settable = [name for name in RECORDED if not name.startswith("signing")]
    unset = {name: BARE[name] for name in settable}
    assert {path.split("[")[0] for path in drifts(function(**TOLD), **unset)} == set(settable)
    assert {path.split("[")[0] for path in drifts(function(), **RECORDED)} == set(settable)


def test_one_change_in_a_block_is_told_there() -> None:
    """A block that is there on both sides tells the one attribute that differs."""
    found = function(**TOLD)
    assert drifts(found, vpc_config=[{**RECORDED["vpc_config"][0], "ipv6_allowed_for_dual_stack": False}]) == [
        "vpc_config[0].ipv6_allowed_for_dual_stack"
    ]
    assert drifts(found, logging_config=[{**RECORDED["logging_config"][0], "system_log_level": "INFO"}]) == [
        "logging_config[0].system_log_level"
    ]


def test_a_function_of_a_container_image() -> None:
    """The image comes with the details; code of this kind has no signing, and Lambda is not asked for it."""
    found, gaps = read(
        PackageType="Image",
        ImageConfigResponse={"ImageConfig": {"Command": ["a"], "EntryPoint": ["/b"], "WorkingDirectory": "/w"}},
        function={"Code": {"ImageUri": "repo/app:1", "ResolvedImageUri": "repo/app@sha256:1"}},
        signing=refused("lambda.get_function_code_signing_config", "InvalidParameterValueException"),
    )
    image = {"command": ["a"], "entry_point": ["/b"], "working_directory": "/w"}
    recorded = {"package_type": "Image", "image_uri": "repo/app:1", "code_signing_config_arn": ""}
    assert gaps == []
    assert drifts(found, image_config=[image], **recorded) == []
    assert drifts(found, image_config=[{**image, "command": ["b"]}], **recorded | {"image_uri": "repo/app:2"}) == [
        "image_config[0].command[0]",
        "image_uri",
    ]


@pytest.mark.parametrize(("told", "recorded"), [({}, -1), ({"ReservedConcurrentExecutions": 0}, 0)])
def test_no_reserved_concurrency_is_not_zero(told: dict[str, int], recorded: int) -> None:
    """A function that may not run at all (0) differs from one without a reservation (-1)."""
    found, _ = read(function={"Concurrency": told} if told else {})
    assert drifts(found, reserved_concurrent_executions=recorded) == []
    assert drifts(found, reserved_concurrent_executions=-1 - recorded) == ["reserved_concurrent_executions"]


def test_variables_under_a_key_of_others_are_unread() -> None:
    """Without the right to its key Lambda lists a function without variables: a gap, not a change."""
    error = {"ErrorCode": "AccessDeniedException", "Message": "Lambda was unable to decrypt your variables"}
    found, gaps = read(Environment={"Error": error})
    assert drifts(found, **BARE | {"environment": [{"variables": {"A": "1"}}]}) == []
    assert found.unread == ("environment",)
    assert [(gap.reason, gap.attributes) for gap in gaps] == [("denied", ("environment",))]


def test_code_changed_by_hand_is_drift() -> None:
    """What Lambda told at the last apply is compared, whatever the configuration calls its code."""
    for configured in ("new", "v1", "", None):
        recorded = {"source_code_hash": configured}
        assert drifts(function(), code_sha256="new", **recorded) == []
        assert drifts(function(), code_sha256="old", **recorded) == ["code_sha256"]


def test_code_of_a_state_that_knows_no_checksum() -> None:
    """Older providers read the configured hash back: in their states it is Lambda's own."""
    assert drifts(function(), source_code_hash="new") == []
    assert drifts(function(), source_code_hash="old") == ["source_code_hash"]


def test_replicas_at_the_edge_belong_to_their_function() -> None:
    """A function that CloudFront copied into the region is its main function's, others are their tags'."""
    main = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:orders:3"
    assert function(MasterArn=main).owner == f"Lambda@Edge, from {main}"
    assert function().owner is None
