"""``driftmgr catalog``: what is covered, what it needs and costs, and a draft of what is not covered."""

import ast
import json

from driftmgr.catalog import CLOUDS, catalog_of
from flows.conftest import Run
from flows.test_errors import assert_told


def test_types_lists_every_entry(run: Run) -> None:
    """One line per type of the catalogs, each provider's share, and why a type can have no entry."""
    ran = run("catalog", "types")
    lines = ran.out.splitlines()
    aws, digitalocean = (catalog_of(cloud) for cloud in CLOUDS)
    entries = [entry.name for one in (aws, digitalocean) for entry in one]
    assert [line.split()[0] for line in lines[: len(entries)]] == entries
    assert lines[len(entries) :] == [
        f"{aws.covered} of 1526 types of hashicorp/aws",
        f"{digitalocean.covered} of 79 types of digitalocean/digitalocean",
        *(f"no entry for {name}: {reason}" for name, reason in digitalocean.without.items()),
    ]
    assert ran.code == 0


def test_show_tells_where_each_attribute_comes_from(run: Run) -> None:
    """Calls with their permissions, the parent, what is compared, and why something is not."""
    out = run("catalog", "show", "aws_sqs_queue").out
    assert out.startswith("aws_sqs_queue: criticality medium, regional")
    assert "call sqs.list_queues (sqs:ListQueues)" in out
    assert "visibility_timeout_seconds" in out
    assert "not readable: name_prefix: " in out
    assert "part of aws_iam_role by role, shown in inline_policy" in run("catalog", "show", "aws_iam_role_policy").out


def test_permissions_is_a_read_only_policy_of_just_the_chosen_types(run: Run) -> None:
    """The policy for one type holds its calls and those of every scan; for all types nothing that changes anything."""
    chosen = json.loads(run("catalog", "permissions", "aws_sqs_queue").out)["Statement"][0]
    assert chosen["Effect"] == "Allow"
    services = {action.partition(":")[0] for action in chosen["Action"]}
    assert services <= {"sqs", "sts", "ec2", "tag"}
    every = json.loads(run("catalog", "permissions").out)["Statement"][0]["Action"]
    assert set(chosen["Action"]) < set(every)
    reading = ("Describe", "Get", "List", "Generate", "BatchGet", "Lookup")
    assert all(action.partition(":")[2].startswith(reading) for action in every)


def test_cost_grows_with_pages_not_with_objects(run: Run) -> None:
    """The expected calls for a thousand security groups are those of their pages."""
    out = run("catalog", "cost", "aws_security_group", "--objects", "1000").out
    name, calls, *_ = out.splitlines()[0].split()
    assert name == "aws_security_group"
    assert 1 <= int(calls) <= 30


def test_scaffold_drafts_an_entry_that_is_python(run: Run) -> None:
    """A draft is valid Python with what matches by name, and says what is left for a person."""
    ran = run("catalog", "scaffold", "aws_sns_topic", "--operation", "sns.list_topics")
    ast.parse(ran.out)
    assert 'name="aws_sns_topic"' in ran.out
    assert '# "fifo_topic": bool, configurable' in ran.out


def test_a_type_or_operation_that_does_not_exist_is_named(run: Run) -> None:
    """A typo is an error with the nearest names, for every subcommand."""
    assert_told(run("catalog", "show", "aws_vpcs"), "resource type aws_vpcs: no such type", "did you mean aws_vpc")
    assert_told(run("catalog", "permissions", "x"), "resource type x", "catalog types")
    assert_told(run("catalog", "scaffold", "aws_nothing"), "aws_nothing: no such resource type", "")
    assert_told(
        run("catalog", "scaffold", "aws_vpc", "--operation", "ec2.nothing"), "ec2 has no operation nothing", "method"
    )
