"""The permissions that entries print: every one exists in AWS's own list, and none can change anything."""

import pytest
from policy_sentry.querying.actions import get_action_data

from driftmgr.catalog import catalog_of
from driftmgr.catalog.entry import Join, ResourceType, aws_call, http_call
from driftmgr.catalog.permissions import actions, call_actions, policy_document, token_scopes

AWS = catalog_of("aws")


@pytest.mark.parametrize("action", actions(AWS))
def test_every_permission_exists_and_only_reads(action: str) -> None:
    """A permission is an action of AWS's service authorization reference, of an access level that changes nothing."""
    service, name = action.split(":")
    described = get_action_data(service, name)
    assert described, f"AWS knows no action {action}"
    levels = {row["access_level"] for row in described[service] if row["action"].lower() == action.lower()}
    assert levels <= {"Read", "List"}, f"{action}: {levels}"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (aws_call("ec2.describe_vpcs"), ("ec2:DescribeVpcs",)),
        (aws_call("elbv2.describe_load_balancers"), ("elasticloadbalancing:DescribeLoadBalancers",)),
        (aws_call("rds.describe_db_instances"), ("rds:DescribeDBInstances",)),
        (aws_call("s3.get_bucket_encryption"), ("s3:GetEncryptionConfiguration",)),
        (aws_call("s3.get_bucket_policy"), ("s3:GetBucketPolicy",)),
        (aws_call("s3.list_buckets", permission="s3:ListAllMyBuckets"), ("s3:ListAllMyBuckets",)),
        (aws_call("s3.head_object", permission=("s3:GetObject", "kms:Decrypt")), ("s3:GetObject", "kms:Decrypt")),
    ],
)
def test_actions_are_derived_from_the_call(call: object, expected: tuple[str, ...]) -> None:
    """The action is the operation under IAM's own prefix and spelling, unless the call says otherwise."""
    assert call_actions(call) == expected  # type: ignore[arg-type]


def test_a_policy_allows_every_call_of_an_entry() -> None:
    """List, expand, joins and details are all in it, sorted, each once, with what every scan needs."""
    entry = ResourceType(
        name="aws_thing",
        list=aws_call("sqs.list_queues"),
        expand=aws_call("sns.list_topics"),
        joins={"Tags": Join(call=aws_call("resourcegroupstaggingapi.get_resources"), on="A", to="B")},
        details={"More": aws_call("kms.describe_key"), "Again": aws_call("sqs.list_queues")},
    )
    (statement,) = policy_document([entry])["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == [
        "ec2:DescribeRegions",
        "kms:DescribeKey",
        "sns:ListTopics",
        "sqs:ListQueues",
        "sts:GetCallerIdentity",
        "tag:GetResources",
    ]


def test_the_scopes_of_a_token_are_those_of_every_call() -> None:
    """Each scope once, sorted, with the one that tells the team; the list of a join counts, too."""
    pools = http_call("/v2/droplets/autoscale", "autoscale_pools", "droplet:read")
    members = http_call("/v2/droplets/autoscale/{pool}/members", "droplets", "member:read")
    entry = ResourceType(
        name="digitalocean_thing",
        list=http_call("/v2/things", "things", "thing:read"),
        joins={"Pool": Join(of=pools, call=members, on="a", to="b")},
    )
    assert token_scopes([entry]) == ("account:read", "droplet:read", "member:read", "thing:read")


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("digitalocean_app", ("app:read", "project:read")),
        ("digitalocean_firewall", ("droplet:read", "firewall:read", "tag:read")),
        ("digitalocean_kubernetes_cluster", ("kubernetes:read", "tag:read", "vpc:read")),
        ("digitalocean_kubernetes_node_pool", ("kubernetes:read", "tag:read", "vpc:read")),
        ("digitalocean_loadbalancer", ("certificate:read", "kubernetes:read", "load_balancer:read")),
    ],
)
def test_the_scopes_of_members_are_asked_for(name: str, scopes: tuple[str, ...]) -> None:
    """Where a member of an answer needs a scope of its own, the API leaves it out without: it would look unset."""
    assert token_scopes([catalog_of("digitalocean")[name]]) == ("account:read", *scopes)
