"""The engine as a whole: from instances of states to readings, through the binary that the root module has."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from driftmgr.app.intent import declared_arguments
from driftmgr.catalog import Catalog, catalog_of
from driftmgr.catalog.entry import ParentRef, ResourceType
from driftmgr.model import AttributeChange, ResourceInstance
from driftmgr.provider.companions import Companions
from driftmgr.provider.engine import ProviderEngine
from driftmgr.provider.guards import Identity, home_of, is_confirmed
from driftmgr.provider.noise import Action, Judged
from driftmgr.provider.refresh import Reading
from provider.conftest import PROVIDER, FakeCloud

Thing = Callable[..., ResourceInstance]
ARN = "arn:aws:sqs:eu-west-1:111122223333:queue"


def run(fake: FakeCloud, root: Path, *instances: ResourceInstance, given: Any = None, **settings: Any) -> list[Reading]:
    """The readings, in the order of the instances."""
    environment = fake.environment(tls="p521", **settings) | {"HOME": str(root)}
    engine = ProviderEngine(declared_arguments, environment=environment, given=given)
    found = asyncio.run(engine.read(instances, lambda _: root))
    by_address = {str(item.instance.address): item for item in found}
    return [by_address[str(instance.address)] for instance in instances if instance.address.mode == "managed"]


def test_a_state_is_read_through_the_locked_binary(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """Over AutoMTLS, configured from the HCL; data sources are left out; one process for all of them."""
    fake.holds({"a": {"note": "x"}, "b": {}})
    data = ResourceInstance.of("data.fake_thing.d", {"id": "d"}, provider=PROVIDER)
    found = run(fake, root, thing("a"), thing("b"), data)
    assert [item.outcome for item in found] == ["read", "read"]
    assert [one.change.path for one in found[0].judged] == ["note"]
    assert fake.calls.count("configure") == 1


def test_a_configuration_is_shared_by_all_states(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """Instances of different states and aliases that mean the same configuration meet one process."""
    (root / "main.tf").write_text(
        'provider "fake" {\n  region = "here"\n}\nprovider "fake" {\n  alias = "b"\n  region = "here"\n}\n'
    )
    fake.holds({"a": {}, "b": {}})
    other = ResourceInstance.of(
        "fake_thing.b", {"id": "b", "name": "b", "rule": []}, provider=f"{PROVIDER}.b", schema_version=2, source="other"
    )
    assert [item.outcome for item in run(fake, root, thing("a"), other)] == ["read", "read"]
    assert fake.calls.count("configure") == 1


def test_a_tampered_binary_is_not_run(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """Every instance fails with the reason, and no call is made."""
    binary = next(root.rglob("terraform-provider-fake*"))
    binary.write_text(binary.read_text() + "# changed\n")
    found = run(fake, root, thing("a"))[0]
    assert (found.outcome, found.reason) == ("failed", "denied")
    assert fake.calls == []


def test_what_a_person_gave_wins_over_hcl(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """Named by address with or without the host; the HCL is then not even read."""
    (root / "main.tf").write_text("this is no HCL")
    fake.holds({"a": {}})
    for name in ("registry.terraform.io/example/fake", "example/fake"):
        assert run(fake, root, thing("a"), given={name: {"region": "there"}})[0].outcome == "read"
    refused = run(fake, root, thing("a"), given={"example/fake": {"region": "nowhere"}})[0]
    assert (refused.outcome, refused.reason) == ("failed", "denied")


@pytest.mark.parametrize("provider", [f"module.m.{PROVIDER}", f'{PROVIDER}.by["eu"]'])
def test_a_configuration_that_hcl_of_the_root_cannot_tell_is_a_gap(fake: FakeCloud, root: Path, provider: str) -> None:
    """Of a module or of OpenTofu's for_each: it must be given; the root's own would be a guess."""
    one = ResourceInstance.of("fake_thing.a", {"id": "a"}, provider=provider, schema_version=2)
    found = run(fake, root, one)[0]
    assert (found.outcome, found.reason) == ("failed", "unsupported")
    assert "--provider-config" in found.message


@pytest.mark.parametrize(
    ("settings", "outcome", "told"),
    [
        ({"account": "111122223333", "region": "eu-west-1"}, "gone", ""),
        (
            {"account": "999999999999", "region": "eu-west-1"},
            "failed",
            "live in account 111122223333, .* to 999999999999",
        ),
        ({"account": "111122223333", "region": "us-east-1"}, "failed", "live in region eu-west-1, .* to us-east-1"),
        ({}, "failed", "4 of 4 instances .* were not found"),
    ],
)
def test_objects_are_missing_only_where_the_provider_looked_in_the_right_place(
    fake: FakeCloud, root: Path, settings: dict[str, str], outcome: str, told: str
) -> None:
    """All gone: believed in the recorded account and region, refused elsewhere, doubted if nobody can say where."""
    instances = [
        ResourceInstance.of(
            f"fake_thing.t{n}",
            {"id": f"t{n}", "arn": ARN, "name": "t", "rule": []},
            provider=PROVIDER,
            schema_version=2,
        )
        for n in range(4)
    ]
    found = run(fake, root, *instances, **settings)
    assert {item.outcome for item in found} == {outcome}
    assert all(re.search(told, item.message) for item in found)


SUBSCRIPTION = "6a2f1c30-0000-4000-8000-0123456789ab"


@pytest.mark.parametrize(
    ("source", "recorded", "account", "outcome", "told"),
    [
        (
            "azurerm_client_config",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/t",
            SUBSCRIPTION.upper(),
            "gone",
            "",
        ),
        (
            "azurerm_client_config",
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/t",
            "other",
            "failed",
            f"live in subscription {SUBSCRIPTION}, the provider is signed in to other",
        ),
        ("google_client_config", "projects/my-project/zones/z/t", "my-project", "gone", ""),
        (
            "google_client_config",
            "projects/my-project/zones/z/t",
            "other",
            "failed",
            "4 of 4 instances .* were not found",
        ),
        ("digitalocean_account", "1234567", "team", "failed", "4 of 4 instances .* were not found"),
    ],
)
def test_other_clouds_say_where_they_look_too(
    fake: FakeCloud, root: Path, source: str, recorded: str, account: str, outcome: str, told: str
) -> None:
    """Azure by the subscription in its ids, Google by the project; where ids tell nothing, many missing are doubted."""
    instances = [
        ResourceInstance.of(
            f"fake_thing.t{n}",
            {"id": f"{recorded}{n}", "name": "t", "rule": []},
            provider=PROVIDER,
            schema_version=2,
        )
        for n in range(4)
    ]
    found = run(fake, root, *instances, data=[source], account=account)
    assert {item.outcome for item in found} == {outcome}
    assert all(re.search(told, item.message) for item in found)


def test_few_missing_objects_are_believed(fake: FakeCloud, root: Path, thing: Thing) -> None:
    """Two are no sign of a wrong account."""
    found = run(fake, root, thing("a"), thing("b"))
    assert [item.outcome for item in found] == ["gone", "gone"]


def judged(name: str, action: Action) -> Judged:
    """A difference that counts."""
    return Judged(name=name, change=AttributeChange(path=name), action=action)


def test_what_a_companion_manages_is_ignored() -> None:
    """A bucket's policy belongs to its aws_s3_bucket_policy: the catalog says so. Another bucket's does not."""
    bucket = ResourceInstance.of("aws_s3_bucket.b", {"id": "b", "bucket": "b"})
    other = ResourceInstance.of("aws_s3_bucket.o", {"id": "o", "bucket": "o"})
    policy = ResourceInstance.of("aws_s3_bucket_policy.b", {"id": "b", "bucket": "b"})
    companions = Companions(catalog_of("aws"), [bucket, other, policy], {"aws_s3_bucket"})
    found = [judged("policy", "not_configured"), judged("tags_all", "actionable")]
    first, second = companions.explained(bucket, bucket.attributes, found)
    assert (first.change.classification, first.change.rule) == ("ignored", "managed_by_companion")
    assert second.change.classification == "drift"
    assert companions.explained(other, other.attributes, found) == tuple(found)


def test_what_companions_add_to_a_list_is_theirs() -> None:
    """A target group that an attachment gave to a group is the attachment's; one that nobody manages counts."""
    group = ResourceInstance.of("aws_autoscaling_group.g", {"id": "g", "name": "g", "target_group_arns": []})
    attachment = ResourceInstance.of(
        "aws_autoscaling_attachment.a", {"id": "a", "autoscaling_group_name": "g", "lb_target_group_arn": "arn:1"}
    )
    companions = Companions(catalog_of("aws"), [group, attachment], {"aws_autoscaling_group"})

    def classes(observed: str, path: str = "target_group_arns[0]") -> list[str]:
        change = AttributeChange(path=path, observed=observed)
        found = [Judged(name="target_group_arns", change=change, action="not_configured")]
        return [item.change.classification for item in companions.explained(group, group.attributes, found)]

    assert companions.added(group, group.attributes) == {"target_group_arns": {"arn:1"}}
    assert classes("arn:1") == ["ignored"]
    assert classes("arn:2") == ["drift"]


def test_of_unknown_types_the_name_tells_the_companion() -> None:
    """``x_group_rule`` that refers to an ``x_group``: only what the cloud may have chosen is its doing."""
    group = ResourceInstance.of("x_group.g", {"id": "g-1"})
    alone = ResourceInstance.of("x_group.h", {"id": "g-2"})
    rule = ResourceInstance.of("x_group_rule.r", {"id": "r", "group_id": "g-1"})
    companions = Companions(catalog_of("aws"), [group, alone, rule], {"x_group", "x_group_rule"})
    found = [judged("rules", "not_configured"), judged("size", "actionable")]
    classes = [item.change.classification for item in companions.explained(group, group.attributes, found)]
    assert classes == ["ignored", "drift"]
    assert companions.explained(alone, alone.attributes, found) == tuple(found)


def test_a_computed_attribute_counts_where_the_catalog_says_so() -> None:
    """Code changed by hand shows in ``code_sha256`` alone, which no configuration sets."""
    function = ResourceInstance.of("aws_lambda_function.f", {"id": "f", "function_name": "f"})
    companions = Companions(catalog_of("aws"), [function], {"aws_lambda_function"})
    computed = [
        Judged(name=name, change=AttributeChange(path=name, classification="computed", rule="computed_only"))
        for name in ("code_sha256", "last_modified")
    ]
    classes = [item.change.classification for item in companions.explained(function, function.attributes, computed)]
    assert classes == ["drift", "computed"]


def test_a_companion_may_name_its_parents_in_a_block() -> None:
    """A balancer's mapping names addresses, each in an element of a block: what these show of it is its doing."""
    address = ResourceInstance.of("aws_eip.a", {"id": "eipalloc-1"})
    entry = ResourceType(
        name="aws_lb",
        parents=(ParentRef(type="aws_eip", attribute="subnet_mapping.allocation_id", inline=("association_id",)),),
    )
    balancer = ResourceInstance.of("aws_lb.b", {"id": "b", "subnet_mapping": [{"allocation_id": "eipalloc-1"}]})
    catalog = Catalog("aws", [entry, ResourceType(name="aws_eip")], catalog_of("aws").schemas)
    companions = Companions(catalog, [address, balancer], {"aws_eip"})
    assert companions.inline(address, address.attributes) == {"association_id"}


@pytest.mark.parametrize(
    ("kinds", "account", "region", "confirmed"),
    [
        (("aws_sqs_queue",), "111122223333", "eu-west-1", True),
        (("aws_sqs_queue",), "111122223333", "us-east-1", False),
        (("aws_iam_role",), "111122223333", "us-east-1", True),
        (("aws_iam_role",), "999999999999", "us-east-1", False),
        (("aws_iam_role", "aws_vpc_dhcp_options_association"), "111122223333", "us-east-1", False),
    ],
)
def test_a_place_is_confirmed_by_what_the_instances_record(
    kinds: tuple[str, ...], account: str, region: str, *, confirmed: bool
) -> None:
    """Account and region; of types that an account has once the account alone, if there are no others."""
    arns = {"aws_sqs_queue": ARN, "aws_iam_role": "arn:aws:iam::111122223333:role/r"}
    instances = [ResourceInstance.of(f"{kind}.x", {"arn": arns.get(kind)}) for kind in kinds]
    assert is_confirmed(home_of(instances), Identity(account=account, region=region)) == confirmed
