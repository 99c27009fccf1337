"""An estate made without Terraform: objects in the emulator, and a state that records them as they are.

The state is written from our own fault-free inventory, so it says nothing about what Terraform would record
(conformance tests do); it is what a faulty scan is compared with.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from conformance.emulator import REGION, Emulator
from driftmgr import app
from driftmgr.app import ScanRequest
from driftmgr.model import DriftReport, RemoteObject

MANAGED = (
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policy",
    "aws_iam_role_policy_attachment",
    "aws_kms_alias",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_versioning",
    "aws_secretsmanager_secret",
    "aws_security_group",
    "aws_sqs_queue",
    "aws_ssm_parameter",
    "aws_subnet",
    "aws_vpc",
)
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
}
_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def build(emulator: Emulator, state: Path) -> None:
    """Fill an empty emulator, and write the state of what is there."""
    emulator.reset()
    _queues_and_parameters(emulator)
    _buckets(emulator)
    _roles(emulator)
    _network(emulator)
    write_state(state)


def change_behind_its_back(emulator: Emulator) -> None:
    """One attribute changed, two objects gone, one made by hand: what every scan of the estate must find."""
    sqs, iam = emulator.client("sqs"), emulator.client("iam")
    queue = sqs.get_queue_url(QueueName="queue-0")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "77"})
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="queue-1")["QueueUrl"])
    emulator.client("ssm").delete_parameter(Name="/app/p1")
    iam.create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(_TRUST))


def scan(state: Path | str, **asked: Any) -> DriftReport:
    """A scan of the estate, as the command makes it."""
    return app.scan(ScanRequest(sources=(str(state),), regions=(REGION,), **asked))


def findings(report: DriftReport) -> Any:
    """Everything that a report says about the cloud; what a scan cost and when it ran left out."""
    return msgspec.to_builtins((report.summary, report.drifts, report.gaps, report.suppressed))


def write_state(state: Path) -> None:
    """Record what is in the emulator now, as a state of format 4."""
    inventory = app.discover(ScanRequest(regions=(REGION,), types=MANAGED))
    assert not inventory.gaps
    resources = [
        {
            "mode": "managed",
            "type": found.type,
            "name": f"r{number}",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"schema_version": 0, "attributes": _recorded(found)}],
        }
        for number, found in enumerate(inventory.objects)
        if found.owner is None
    ]
    assert {found["type"] for found in resources} == set(MANAGED)
    document = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "faults", "outputs": {}}
    state.write_bytes(msgspec.json.encode({**document, "resources": resources}))


def _recorded(found: RemoteObject) -> dict[str, Any]:
    """The attributes as a state records them: an inventory does not tell the value of a parameter."""
    if found.type != "aws_ssm_parameter":
        return found.attributes
    value = found.id.removeprefix("/app/p")
    return {**found.attributes, "value": value, "insecure_value": value}


def _queues_and_parameters(emulator: Emulator) -> None:
    for number in range(8):
        emulator.client("sqs").create_queue(
            QueueName=f"queue-{number}", Attributes={"VisibilityTimeout": "30"}, tags={"n": str(number)}
        )
        emulator.client("ssm").put_parameter(Name=f"/app/p{number}", Value=str(number), Type="String")
    for number in range(3):
        emulator.client("secretsmanager").create_secret(Name=f"secret-{number}", SecretString="s")
    kms = emulator.client("kms")
    for number in range(2):
        key = kms.create_key(Description=f"key {number}")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/key-{number}", TargetKeyId=key)


def _buckets(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    for number in range(6):
        name = f"faults-bucket-{number}"
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{name}/*",
        }
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def _roles(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    policy = iam.create_policy(PolicyName="reads", PolicyDocument=json.dumps(_POLICY))["Policy"]["Arn"]
    for number in range(4):
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=json.dumps(_TRUST))
        iam.put_role_policy(RoleName=f"role-{number}", PolicyName="inline", PolicyDocument=json.dumps(_POLICY))
        iam.attach_role_policy(RoleName=f"role-{number}", PolicyArn=policy)


def _network(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for number in range(3):
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")
        group = ec2.create_security_group(GroupName=f"group-{number}", Description="d", VpcId=vpc)["GroupId"]
        ec2.authorize_security_group_ingress(
            GroupId=group,
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
            ],
        )
