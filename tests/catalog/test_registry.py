"""The catalog as a collection, and the schema pack behind it."""

import pytest

from driftmgr.catalog import CLOUDS, Catalog, catalog_of, cloud_of, whole_catalog
from driftmgr.catalog.entry import ResourceType, as_attribute, aws_call, camel_names, http_call, pascal_names
from driftmgr.catalog.scaffold import draft
from driftmgr.catalog.schema import schema_pack
from driftmgr.model import DriftMgrError

PACK = schema_pack("aws")


def test_an_alias_stands_for_its_entry() -> None:
    """A type is found by its name and by its aliases, and counted once."""
    entry = ResourceType(name="aws_lb", aliases=("aws_alb",))
    catalog = Catalog("aws", [entry], PACK)
    assert catalog["aws_alb"] is catalog["aws_lb"] is entry
    assert "aws_alb" in catalog
    assert "aws_elb" not in catalog
    assert (catalog.canonical("aws_alb"), catalog.canonical("aws_elb")) == ("aws_lb", "aws_elb")
    assert (len(catalog), list(catalog)) == (1, [entry])
    assert catalog.covered == 2


def test_every_type_of_digitalocean_has_an_entry_or_a_reason() -> None:
    """No type of the provider is passed over: an entry, an alias of one, or why it can have none."""
    catalog = catalog_of("digitalocean")
    assert {name for name in catalog.schemas.types if name not in catalog} == catalog.without.keys()
    assert catalog.covered + len(catalog.without) == len(catalog.schemas.types) == 79


def test_a_type_without_an_entry_says_why() -> None:
    """The reasons of all clouds are one collection; no type has both an entry and a reason for none."""
    known = whole_catalog()
    assert dict(known.without) == {name: why for cloud in CLOUDS for name, why in catalog_of(cloud).without.items()}
    assert "digitalocean_container_registry_docker_credentials" in known.without
    assert all(name in known.schemas and name not in known and why for name, why in known.without.items())


def test_the_shipped_catalog_is_ordered_and_read_once() -> None:
    """Walking the package finds every constant; the same catalog is given every time."""
    catalog = catalog_of("aws")
    names = [entry.name for entry in catalog]
    assert names == sorted(names)
    assert "aws_sqs_queue" in names
    assert catalog_of("aws") is catalog


def test_the_schema_pack_holds_the_provider() -> None:
    """All types of hashicorp/aws 5.100.0, each decoded once."""
    assert (PACK.provider, PACK.version) == ("registry.terraform.io/hashicorp/aws", "5.100.0")
    assert len(list(PACK)) == len(PACK.types) == 1526
    assert "aws_vpc" in PACK
    assert "aws_nothing" not in PACK
    assert PACK["aws_vpc"] is PACK["aws_vpc"]
    described = PACK["aws_vpc"].block.attributes
    assert described["cidr_block"].configurable
    assert not described["arn"].configurable


def test_short_forms_spell_out() -> None:
    """A bare path is an attribute; names become members in the API's case."""
    assert as_attribute("VpcId").path == "VpcId"
    assert pascal_names("vpc_id", "owner_id") == {"vpc_id": "VpcId", "owner_id": "OwnerId"}
    assert camel_names("image_tag") == {"image_tag": "imageTag"}


def test_a_draft_maps_what_matches_by_name() -> None:
    """A draft entry maps members of the same words and lists the rest with its kind."""
    members = ("ec2.describe_vpcs", "Vpcs", frozenset({"CidrBlock", "instanceTenancy"}))
    text = draft(PACK, "aws_vpc", members=members)
    assert 'aws_call("ec2.describe_vpcs", "Vpcs")' in text
    assert '**pascal_names("cidr_block"),' in text
    assert '**camel_names("instance_tenancy"),' in text
    assert '# "enable_dns_support": bool, configurable' in text
    assert '# "arn": string, computed only' in text
    assert '"tags_all": Attribute("Tags", read=aws_tags),' in text


def test_a_draft_without_an_operation_names_what_is_left() -> None:
    """Without members of an answer every attribute and block is left for a person; a type without tags maps none."""
    text = draft(PACK, "aws_route_table_association")
    assert "pascal_names" not in text
    assert "tags_all" not in text
    assert '# "root_block_device": nested block' in draft(PACK, "aws_instance")
    assert '# "ingress": structure, configurable' in draft(PACK, "aws_security_group")


def test_a_draft_of_an_unknown_type_is_refused() -> None:
    """A type that the provider does not have is named."""
    with pytest.raises(DriftMgrError, match="aws_nothing"):
        draft(PACK, "aws_nothing")


def test_all_clouds_are_one_catalog_where_it_is_asked_about_a_type() -> None:
    """Every type of every cloud is found with its schema, and each knows its cloud by its name."""
    whole, clouds = whole_catalog(), [catalog_of(cloud) for cloud in CLOUDS]
    assert len(whole) == sum(map(len, clouds))
    assert whole["digitalocean_vpc"] is clouds[1]["digitalocean_vpc"]
    assert whole.schemas["aws_vpc"] is clouds[0].schemas["aws_vpc"]
    assert len(whole.schemas.types) == sum(len(one.schemas.types) for one in clouds)
    assert "digitalocean_nothing" not in whole.schemas
    assert [one.provider for one in clouds] == ["hashicorp/aws", "digitalocean/digitalocean"]
    assert (cloud_of("digitalocean_vpc"), cloud_of("github_repository")) == ("digitalocean", None)


def test_the_service_of_a_call_is_told_by_its_operation() -> None:
    """Of botocore's method the client, of a path the first word after the version."""
    assert aws_call("ec2.describe_vpcs").service == "ec2"
    assert http_call("/v2/domains/{domain}/records", "domain_records", "domain:read").service == "domains"
