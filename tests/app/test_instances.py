"""Which instances a scan judges, which are gaps, and which have nothing in a cloud."""

import pytest

from driftmgr.app.instances import clouds_of, provider_name, sort_instances
from driftmgr.catalog import catalog_of
from driftmgr.model import ResourceInstance

CATALOGS = {"aws": catalog_of("aws")}
REGISTRY = "registry.terraform.io"


def instance(address: str, provider: str = f'provider["{REGISTRY}/hashicorp/aws"]') -> ResourceInstance:
    """An instance without attributes."""
    return ResourceInstance.of(address, {}, provider=provider)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f'provider["{REGISTRY}/hashicorp/aws"]', "aws"),
        (f'provider["{REGISTRY}/hashicorp/aws"].west', "aws"),
        (f'module.a["x"].provider["{REGISTRY}/hashicorp/aws"]', "aws"),
        ('provider["registry.opentofu.org/hashicorp/google"]', "google"),
        ('provider["terraform.io/builtin/terraform"]', "terraform"),
        ("provider.aws", "aws"),
        ("module.x.provider.aws.west", "aws"),
        ("provider.google-beta", "google-beta"),
        ("nonsense", ""),
    ],
)
def test_the_provider_is_read_from_the_states_text(text: str, name: str) -> None:
    """Every form that Terraform 0.12 to 1.x and OpenTofu write gives the provider's type."""
    assert provider_name(text) == name


def test_what_has_no_cloud_object_is_no_gap() -> None:
    """Data sources and resources of random, null, tls, local, time and terraform_data are left out without a word."""
    others = [
        instance(f"{name}_thing.x", f'provider["{REGISTRY}/hashicorp/{name}"]')
        for name in ("random", "null", "tls", "local", "time", "archive", "external", "http", "template", "cloudinit")
    ]
    builtin = instance("terraform_data.x", 'provider["terraform.io/builtin/terraform"]')
    found = sort_instances([*others, builtin, instance("data.aws_vpc.x")], CATALOGS, frozenset())
    assert (found.instances, found.others) == ({"aws": ()}, {"aws": ()})
    assert (found.gaps, found.unsupported, found.outside) == ((), 0, 0)


def test_a_type_that_the_catalog_lacks_is_a_counted_gap() -> None:
    """Unsupported types and foreign providers are one counted gap per type; of this cloud they stay as companions."""
    things = [instance("aws_fancy_thing.a"), instance("aws_fancy_thing.b")]
    foreign = instance("github_repository.x", f'provider["{REGISTRY}/integrations/github"]')
    found = sort_instances([*things, foreign, instance("aws_vpc.x")], CATALOGS, frozenset())
    assert [item.type for item in found.instances["aws"]] == ["aws_vpc"]
    assert list(found.others["aws"]) == things
    assert [(gap.type, gap.reason, gap.instances, gap.scope) for gap in found.gaps] == [
        ("aws_fancy_thing", "unsupported", 2, None),
        ("github_repository", "unsupported", 1, None),
    ]
    assert "2 instances: the catalog has no entry for this type" in found.gaps[0].message
    assert "1 instance: the catalog has no entries for provider github" in found.gaps[1].message
    assert found.unsupported == 3


def test_a_type_that_can_have_no_entry_is_a_gap_that_says_why() -> None:
    """What a state holds of a type without readable objects is a gap with the reason."""
    thing = instance(
        "digitalocean_container_registry_docker_credentials.a", f'provider["{REGISTRY}/digitalocean/digitalocean"]'
    )
    found = sort_instances([thing], {"digitalocean": catalog_of("digitalocean")}, frozenset())
    assert [(gap.reason, gap.instances) for gap in found.gaps] == [("unsupported", 1)]
    assert "no entry for this type: a credential that expires" in found.gaps[0].message


def test_what_was_not_asked_is_no_gap() -> None:
    """With types named, unsupported ones are no gap; instances of other types still tell what is theirs."""
    found = sort_instances(
        [instance("aws_fancy_thing.a"), instance("aws_vpc.x")], CATALOGS, frozenset({"aws_sqs_queue"})
    )
    assert (found.gaps, found.unsupported) == ((), 0)
    assert [item.type for item in found.instances["aws"]] == ["aws_vpc"]


def test_an_unnamed_provider_is_said_to_be_one() -> None:
    """A provider text that cannot be read is a gap too, never an instance that is silently left out."""
    (gap,) = sort_instances([instance("aws_vpc.x", "nonsense")], CATALOGS, frozenset()).gaps
    assert "provider of unknown name" in gap.message


def test_each_cloud_gets_its_own_instances() -> None:
    """Instances go to the catalog of their provider; those of a cloud that was not asked are counted as outside."""
    droplet = instance("digitalocean_vpc.x", f'provider["{REGISTRY}/digitalocean/digitalocean"]')
    both = [instance("aws_vpc.x"), droplet]
    assert clouds_of(both) == ("aws", "digitalocean")
    found = sort_instances(both, CATALOGS | {"digitalocean": catalog_of("digitalocean")}, frozenset())
    assert {cloud: len(items) for cloud, items in found.instances.items()} == {"aws": 1, "digitalocean": 1}
    one = sort_instances(both, CATALOGS, frozenset())
    assert (list(one.instances), one.outside, one.gaps) == (["aws"], 1, ())
