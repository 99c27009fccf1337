"""Who is who: instances and objects are paired by a set of candidate keys, within account and region."""

from typing import Any

import pytest

from drift.scene import (
    ACCOUNT,
    CATALOG,
    ELSEWHERE,
    EVERYWHERE,
    HERE,
    OTHER_ACCOUNT,
    OTHER_REGION,
    REGION,
    arn,
    instance,
    remote,
)
from driftmgr.catalog import catalog_of
from driftmgr.drift.match import Matching, ObjectIndex, match
from driftmgr.drift.traits import Traits, may_be_in, place_of, traits_of
from driftmgr.model import RemoteObject, ResourceInstance, Scope


def matched(instances: list[ResourceInstance], objects: list[RemoteObject]) -> Matching:
    """The matching of instances with objects."""
    return match(CATALOG, traits_of(instances, CATALOG), ObjectIndex(CATALOG, objects))


def pairs(instances: list[ResourceInstance], objects: list[RemoteObject]) -> dict[str, tuple[str, str | None]]:
    """Address to id and region of its object."""
    return {
        str(item.instance.address): (found.id, found.scope.region) for item, found in matched(instances, objects).pairs
    }


def placed(*instances: ResourceInstance) -> dict[str, tuple[str | None, str | None]]:
    """Address to account and region, as far as they are known."""
    return {str(item.instance.address): (item.account, item.region) for item in traits_of(instances, CATALOG)}


def test_an_arn_is_trusted_before_an_id() -> None:
    """Where id and ARN name two objects, the ARN wins: providers of different age record different ids."""
    recorded = instance("aws_sqs_queue.q", id="old", arn=arn("sqs", "q"))
    objects = [remote("aws_sqs_queue", "old"), remote("aws_sqs_queue", "new", arn=arn("sqs", "q"))]
    assert pairs([recorded], objects) == {"aws_sqs_queue.q": ("new", REGION)}


def test_further_keys_match_where_ids_differ() -> None:
    """A key of several attributes identifies an instance whose id is of the provider's making."""
    recorded = instance("aws_iam_role_policy_attachment.a", id="web-2024", role="web", policy_arn="arn:p")
    found = remote("aws_iam_role_policy_attachment", "web/arn:p", EVERYWHERE, role="web", policy_arn="arn:p")
    assert pairs([recorded], [found]) == {"aws_iam_role_policy_attachment.a": ("web/arn:p", None)}
    half = remote("aws_iam_role_policy_attachment", "web/arn:p", EVERYWHERE, role="web", policy_arn=None)
    assert not pairs([recorded], [half])


def test_keys_are_compared_in_their_normal_form() -> None:
    """A network that HCL spells in its own way is the network that the cloud lists."""
    route = instance("aws_route.out", id="r-1", route_table_id="rtb-1", destination_ipv6_cidr_block="2001:DB8:0::/48")
    listed: dict[str, Any] = {"route_table_id": "rtb-1", "destination_ipv6_cidr_block": "2001:db8::/48"}
    catalog = catalog_of("aws")
    objects = [remote("aws_route", "rtb-1_2001:db8::/48", **listed)]
    (pair,) = match(catalog, traits_of([route], catalog), ObjectIndex(catalog, objects)).pairs
    assert str(pair[0].instance.address) == "aws_route.out"


def test_account_and_region_keep_equal_names_apart() -> None:
    """The same name in two regions or accounts names two objects."""
    recorded = [
        instance("aws_sqs_queue.here", id="q", arn=arn("sqs", "q")),
        instance("aws_sqs_queue.there", id="q", arn=arn("sqs", "q", region=OTHER_REGION)),
    ]
    objects = [remote("aws_sqs_queue", "q"), remote("aws_sqs_queue", "q", ELSEWHERE)]
    assert pairs(recorded, objects) == {
        "aws_sqs_queue.here": ("q", REGION),
        "aws_sqs_queue.there": ("q", OTHER_REGION),
    }
    foreign = remote("aws_sqs_queue", "q", Scope(cloud="aws", account=OTHER_ACCOUNT, region=REGION))
    assert not pairs(recorded[:1], [foreign])


def test_several_states_may_stand_for_one_object() -> None:
    """Two instances of one object are both matched."""
    recorded = [instance("aws_vpc.a", id="vpc-1"), instance("aws_vpc.b", id="vpc-1", source="b.tfstate")]
    assert len(pairs(recorded, [remote("aws_vpc", "vpc-1")])) == 2


def test_an_alias_is_its_type() -> None:
    """An instance of an alias matches objects of the entry."""
    assert pairs([instance("aws_sqs.q", id="q")], [remote("aws_sqs_queue", "q")]) == {"aws_sqs.q": ("q", REGION)}


def test_every_instance_is_somewhere() -> None:
    """Pairs, assembled, ambiguous and unmatched instances are all of them."""
    recorded = [
        instance("aws_vpc.found", id="vpc-1"),
        instance("aws_vpc.gone", id="vpc-2"),
        instance("aws_sqs_queue.twice", id="q"),
        instance("aws_security_group_rule.no_parent", id="sgrule-1"),
    ]
    objects = [remote("aws_vpc", "vpc-1"), remote("aws_sqs_queue", "q"), remote("aws_sqs_queue", "q", ELSEWHERE)]
    found = matched(recorded, objects)
    assert len(list(found.instances)) == 4
    assert [str(item.instance.address) for item, _ in found.ambiguous] == ["aws_sqs_queue.twice"]
    assert [item.entry.name for item in found.unmatched] == ["aws_vpc", "aws_security_group_rule"]
    assert len(found.managed) == 3


@pytest.mark.parametrize(
    ("attributes", "place"),
    [
        ({"arn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"}, (ACCOUNT, "eu-west-1")),
        ({"arn": f"arn:aws-cn:iam::{ACCOUNT}:role/x"}, (ACCOUNT, None)),
        ({"arn": "arn:aws:s3:::bucket", "region": "eu-west-1"}, (None, "eu-west-1")),
        ({"owner_id": ACCOUNT}, (ACCOUNT, None)),
        ({"owner_id": "amazon"}, (None, None)),
        ({"availability_zone": "eu-central-1a"}, (None, "eu-central-1")),
        ({"availability_zone": "us-west-2-lax-1a"}, (None, "us-west-2")),
        ({"availability_zone": "us-gov-west-1b"}, (None, "us-gov-west-1")),
        ({"availability_zone": "nowhere"}, (None, None)),
        ({"arn": None, "region": None}, (None, None)),
        ({"arn": ["strange"], "owner_id": {}}, (None, None)),
    ],
)
def test_a_place_is_read_from_what_is_recorded(
    attributes: dict[str, object], place: tuple[str | None, str | None]
) -> None:
    """ARN, region (provider 6), owner and zone tell account and region; nothing is guessed from anything else."""
    assert place_of(attributes) == place


def test_unknown_places_come_from_parents_then_neighbours() -> None:
    """A rule lies where its group lies; what says nothing lies where most of its provider configuration lies."""
    here = instance("aws_security_group.web", id="sg-1", arn=arn("ec2", "security-group/sg-1"))
    there = instance("aws_security_group.api", id="sg-2", arn=arn("ec2", "security-group/sg-2", region=OTHER_REGION))
    child = instance("aws_vpc_security_group_ingress_rule.r", id="sgr-1", security_group_id="sg-2")
    orphan = instance("aws_vpc_security_group_ingress_rule.o", id="sgr-2", security_group_id="sg-9")
    silent = instance("aws_vpc.main", id="vpc-1")
    assert placed(here, there, child, orphan, silent, instance("aws_vpc.second", id="vpc-2", arn=arn("ec2", "x"))) == {
        "aws_security_group.web": (ACCOUNT, REGION),
        "aws_security_group.api": (ACCOUNT, OTHER_REGION),
        "aws_vpc_security_group_ingress_rule.r": (ACCOUNT, OTHER_REGION),
        "aws_vpc_security_group_ingress_rule.o": (ACCOUNT, REGION),
        "aws_vpc.main": (ACCOUNT, REGION),
        "aws_vpc.second": (ACCOUNT, REGION),
    }


def test_global_types_have_no_region() -> None:
    """An IAM role lies in no region, whatever its neighbours say."""
    role = instance("aws_iam_role.a", id="a", name="a")
    child = instance("aws_iam_role_policy_attachment.p", id="x", role="a", policy_arn="arn:p")
    assert placed(role, child, instance("aws_vpc.main", id="vpc-1", arn=arn("ec2", "x"))) == {
        "aws_iam_role.a": (ACCOUNT, None),
        "aws_iam_role_policy_attachment.p": (ACCOUNT, None),
        "aws_vpc.main": (ACCOUNT, REGION),
    }


def test_a_place_known_in_part_may_lie_in_a_scope() -> None:
    """Unknown parts fit any scope; a scope without a region holds all regions of its account."""
    assert may_be_in((None, None), HERE)
    assert may_be_in((ACCOUNT, OTHER_REGION), EVERYWHERE)
    assert not may_be_in((ACCOUNT, OTHER_REGION), HERE)
    assert not may_be_in((OTHER_ACCOUNT, None), HERE)


def test_types_without_an_entry_have_no_traits() -> None:
    """What the catalog lacks is never matched."""
    found: tuple[Traits, ...] = traits_of([instance("aws_unknown_thing.x", id="x")], CATALOG)
    assert not found
