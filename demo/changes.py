"""What happened behind Terraform's back: each change with the finding that a report must hold for it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from demo.build import ACCOUNT, BUCKET, REGION, ROLE, Client, Names, policy, public_access, readers

QUEUE = 'module.queue["{}"].aws_sqs_queue.this'
_ORDERS, _RETURNS = QUEUE.format("orders"), QUEUE.format("returns")
_PUBLIC_SSH = {
    "IpProtocol": "tcp",
    "FromPort": 22,
    "ToPort": 22,
    "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "just for a minute"}],
}


class Change(NamedTuple):
    """One change: the story, the calls that make it, and the kind and address or type of its finding."""

    story: str
    make: Callable[..., object]
    kind: str
    about: str


CHANGES = (
    Change(
        "SSH was opened to the world, just for a minute",
        lambda client, names: client("ec2").authorize_security_group_ingress(
            GroupId=names["aws_security_group.web.id"], IpPermissions=[_PUBLIC_SSH]
        ),
        "changed",
        "aws_security_group.web",
    ),
    Change(
        "the application's role may do everything now",
        lambda client, _: client("iam").put_role_policy(
            RoleName=ROLE, PolicyName="queues", PolicyDocument=policy("*", Resource="*")
        ),
        "changed",
        "aws_iam_role_policy.app",
    ),
    Change(
        "the bucket's policy lets everybody read",
        lambda client, _: client("s3").put_bucket_policy(Bucket=BUCKET, Policy=readers("*")),
        "changed",
        "aws_s3_bucket_policy.invoices",
    ),
    Change(
        "its public access block was switched off",
        lambda client, _: client("s3").put_public_access_block(
            Bucket=BUCKET, PublicAccessBlockConfiguration=public_access(blocked=False)
        ),
        "changed",
        "aws_s3_bucket_public_access_block.invoices",
    ),
    Change(
        "its versioning was suspended",
        lambda client, _: client("s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        "changed",
        "aws_s3_bucket_versioning.invoices",
    ),
    Change(
        "a queue got another timeout",
        lambda client, names: client("sqs").set_queue_attributes(
            QueueUrl=names[f"{_ORDERS}.id"], Attributes={"VisibilityTimeout": "900"}
        ),
        "changed",
        _ORDERS,
    ),
    Change(
        "another queue was deleted",
        lambda client, names: client("sqs").delete_queue(QueueUrl=names[f"{_RETURNS}.id"]),
        "missing",
        _RETURNS,
    ),
    Change(
        "somebody changed a tag of a subnet",
        lambda client, names: client("ec2").create_tags(
            Resources=[names['aws_subnet.web["a"].id']], Tags=[{"Key": "env", "Value": "test"}]
        ),
        "changed",
        'aws_subnet.web["a"]',
    ),
    Change(
        "a secret got another description",
        lambda client, names: client("secretsmanager").update_secret(
            SecretId=names["aws_secretsmanager_secret.database.id"], Description="old, do not use"
        ),
        "changed",
        "aws_secretsmanager_secret.database",
    ),
    Change(
        "a rule made by hand lets the whole network reach the database",
        lambda client, names: client("ec2").authorize_security_group_ingress(
            GroupId=names["aws_security_group.database.id"],
            IpPermissions=[
                {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
            ],
        ),
        "unmanaged",
        "aws_vpc_security_group_ingress_rule",
    ),
    Change(
        "a security group was made by hand",
        lambda client, names: client("ec2").create_security_group(
            GroupName="debug", Description="debugging", VpcId=names["aws_vpc.main.id"]
        ),
        "unmanaged",
        "aws_security_group",
    ),
    Change(
        "and a role that anybody in the account may take",
        lambda client, _: client("iam").create_role(
            RoleName="backdoor",
            AssumeRolePolicyDocument=policy("sts:AssumeRole", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        ),
        "unmanaged",
        "aws_iam_role",
    ),
    Change(
        "and a bucket",
        lambda client, _: client("s3").create_bucket(
            Bucket="orders-copy", CreateBucketConfiguration={"LocationConstraint": REGION}
        ),
        "unmanaged",
        "aws_s3_bucket",
    ),
)


def make_changes(client: Client, names: Names) -> Iterable[str]:
    """Make them one by one; gives the story of each once it is done."""
    for change in CHANGES:
        change.make(client, names)
        yield change.story
