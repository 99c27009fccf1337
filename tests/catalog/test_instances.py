"""Instances read from answers in botocore's shape: what the emulator does not know, and every transform."""

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any

import pytest

from catalog.answers import HERE, drift, observed, shaped
from discovery.fake import shard_of
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.instances import (
    INSTANCE,
    block_devices,
    has_public_address,
    interfaces_of_the_state,
    same_template_version,
)
from driftmgr.catalog.entry import UNTOLD
from driftmgr.clouds import ApiError
from driftmgr.discovery.collect import Collector
from driftmgr.model import Gap, RemoteObject, Scope

SCRIPT = "#!/bin/sh\necho hello\n"
ENCODED = b64encode(SCRIPT.encode()).decode()
HASH = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


def instance(item: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    """The attributes of an instance with members of its answer, and joins and details."""
    answer = shaped("ec2", "Instance", {"InstanceId": "i-1", "InstanceType": "t3.micro", **(item or {})})
    return observed(INSTANCE, {**answer, **parts}).attributes


def interface(index: int, **others: Any) -> dict[str, Any]:
    """A network interface of an instance."""
    attachment = {"DeviceIndex": index, "NetworkCardIndex": 0, "DeleteOnTermination": False}
    return {"NetworkInterfaceId": f"eni-{index}", "Attachment": attachment, **others}


def test_options_that_have_a_block() -> None:
    """Every option of the answer is read into its block, an absent one is no block."""
    found = instance(
        {
            "CapacityReservationSpecification": {
                "CapacityReservationPreference": "open",
                "CapacityReservationTarget": {
                    "CapacityReservationId": "cr-1",
                    "CapacityReservationResourceGroupArn": "arn:aws:resource-groups:::group/a",
                },
            },
            "CpuOptions": {"CoreCount": 2, "ThreadsPerCore": 1, "AmdSevSnp": "enabled"},
            "EnclaveOptions": {"Enabled": True},
            "HibernationOptions": {"Configured": True},
            "MaintenanceOptions": {"AutoRecovery": "disabled"},
            "MetadataOptions": {
                "HttpEndpoint": "enabled",
                "HttpProtocolIpv6": "enabled",
                "HttpPutResponseHopLimit": 2,
                "HttpTokens": "required",
                "InstanceMetadataTags": "enabled",
            },
            "Monitoring": {"State": "pending"},
            "PrivateDnsNameOptions": {
                "HostnameType": "resource-name",
                "EnableResourceNameDnsARecord": True,
                "EnableResourceNameDnsAAAARecord": False,
            },
        }
    )
    assert found["capacity_reservation_specification"] == [
        {
            "capacity_reservation_preference": "open",
            "capacity_reservation_target": [
                {
                    "capacity_reservation_id": "cr-1",
                    "capacity_reservation_resource_group_arn": "arn:aws:resource-groups:::group/a",
                }
            ],
        }
    ]
    assert found["cpu_options"] == [{"amd_sev_snp": "enabled", "core_count": 2, "threads_per_core": 1}]
    assert (found["cpu_core_count"], found["cpu_threads_per_core"]) == (2, 1)
    assert (found["enclave_options"], found["hibernation"], found["monitoring"]) == ([{"enabled": True}], True, True)
    assert found["maintenance_options"] == [{"auto_recovery": "disabled"}]
    assert found["metadata_options"] == [
        {
            "http_endpoint": "enabled",
            "http_protocol_ipv6": "enabled",
            "http_put_response_hop_limit": 2,
            "http_tokens": "required",
            "instance_metadata_tags": "enabled",
        }
    ]
    assert found["private_dns_name_options"] == [
        {
            "enable_resource_name_dns_a_record": True,
            "enable_resource_name_dns_aaaa_record": False,
            "hostname_type": "resource-name",
        }
    ]
    bare = instance()
    assert all(bare[name] == [] for name in ("capacity_reservation_specification", "cpu_options", "enclave_options"))
    assert bare["instance_market_options"] == bare["launch_template"] == bare["root_block_device"] == []


def test_place_and_identity() -> None:
    """Placement, profile and ARN are read as the provider writes them."""
    placement = {"AvailabilityZone": "eu-west-1a", "GroupName": "g", "PartitionNumber": 3, "HostId": "h-1"}
    placement |= {"Tenancy": "host", "HostResourceGroupArn": "arn:aws:resource-groups:::group/a"}
    profile = {"Arn": "arn:aws:iam::111122223333:instance-profile/team/web", "Id": "a"}
    found = instance({"Placement": placement, "IamInstanceProfile": profile, "State": {"Name": "stopped"}})
    names = ("availability_zone", "placement_group", "placement_partition_number", "host_id", "tenancy")
    assert [found[name] for name in names] == ["eu-west-1a", "g", 3, "h-1", "host"]
    assert found["host_resource_group_arn"] == "arn:aws:resource-groups:::group/a"
    assert (found["iam_instance_profile"], found["instance_state"]) == ("web", "stopped")
    assert found["arn"] == "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"


def test_the_primary_interface_speaks_for_the_instance() -> None:
    """Addresses and checks are those of device index 0, whatever else is attached."""
    primary = interface(
        0,
        SubnetId="subnet-1",
        SourceDestCheck=False,
        Ipv6Addresses=[{"Ipv6Address": "2001:db8::1", "IsPrimaryIpv6": True}, {"Ipv6Address": "2001:db8::2"}],
        PrivateIpAddresses=[
            {"Primary": True, "PrivateIpAddress": "10.0.0.5"},
            {"Primary": False, "PrivateIpAddress": "10.0.0.6"},
        ],
    )
    other = interface(1, SubnetId="subnet-2", Ipv6Addresses=[{"Ipv6Address": "2001:db8::9"}])
    found = instance({"NetworkInterfaces": [other, primary], "SubnetId": "subnet-1"})
    assert (found["subnet_id"], found["primary_network_interface_id"]) == ("subnet-1", "eni-0")
    assert (found["source_dest_check"], found["enable_primary_ipv6"]) == (False, True)
    assert (found["ipv6_address_count"], found["ipv6_addresses"]) == (2, ["2001:db8::1", "2001:db8::2"])
    assert found["secondary_private_ips"] == ["10.0.0.6"]
    assert found["associate_public_ip_address"] is False
    assert instance()["ipv6_address_count"] == 0


def test_groups_by_id_and_in_the_default_vpc_by_name() -> None:
    """Names are told in the default VPC only, ids in any subnet."""
    groups = {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "web"}], "SubnetId": "subnet-1"}
    default, own = (instance(groups, Vpc={"IsDefault": is_default}) for is_default in (True, False))
    assert (default["security_groups"], default["vpc_security_group_ids"]) == (["web"], ["sg-1"])
    assert (own["security_groups"], own["vpc_security_group_ids"]) == ([], ["sg-1"])
    assert instance()["vpc_security_group_ids"] == []


@pytest.mark.parametrize(
    ("associations", "expected"),
    [
        (None, False),
        ([], False),
        ([{"IpOwnerId": "amazon"}], True),
        ([{"IpOwnerId": "111122223333"}], UNTOLD),
        ([{}], UNTOLD),
    ],
)
def test_an_elastic_address_hides_the_public_one(associations: Any, expected: Any) -> None:
    """Only Amazon's address is the launch option; with an elastic one in its place nothing is told."""
    assert has_public_address(associations) is expected


def test_an_elastic_address_is_no_drift() -> None:
    """Whatever was recorded before or after an elastic address came, the instance is silent about it."""
    association = {"PublicIp": "192.0.2.1", "IpOwnerId": "111122223333"}
    found = instance({"NetworkInterfaces": [interface(0, Association=association)], "PublicIpAddress": "192.0.2.1"})
    for before in (True, False):
        assert drift(INSTANCE, {"associate_public_ip_address": before, "public_ip": ""}, found) == []


TEMPLATE = {"id": "lt-1", "name": "web", "version": "3", "default_version": "1", "latest_version": "3"}


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [
        ({"id": "lt-1", "name": "web", "version": "3"}, TEMPLATE, True),
        ({"id": "lt-1", "name": "web", "version": "$Latest"}, TEMPLATE, True),
        ({"id": "lt-1", "name": "web", "version": "$Default"}, TEMPLATE, False),
        ({"id": "lt-1", "name": "web", "version": "$Default"}, TEMPLATE | {"default_version": "3"}, True),
        ({"id": "lt-1", "name": "web", "version": "2"}, TEMPLATE, False),
        ({"id": "lt-1", "name": "web", "version": ""}, TEMPLATE, True),
        ({"id": "", "name": "web", "version": "3"}, TEMPLATE, True),
        ({"id": "lt-2", "name": "old", "version": "3"}, TEMPLATE, False),
    ],
)
def test_template_versions(recorded: Any, now: Any, same: bool) -> None:  # noqa: FBT001 - a column of a table
    """A version by number, by $Default or by $Latest means the version that the instance runs; both ways round."""
    assert same_template_version([recorded], [now]) is same
    assert same_template_version([now], [recorded]) is same


def test_no_template_is_not_one() -> None:
    """An instance of no template is another than one of a template."""
    assert same_template_version([], None)
    assert not same_template_version([TEMPLATE], [])
    assert not same_template_version(None, [TEMPLATE])


def test_the_template_that_launched_the_instance() -> None:
    """EC2 leaves the template in tags; its name and versions are those that it has now."""
    tags = [
        {"Key": "aws:ec2launchtemplate:id", "Value": "lt-1"},
        {"Key": "aws:ec2launchtemplate:version", "Value": "3"},
    ]
    answer = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "DefaultVersionNumber": 1}
    template = shaped("ec2", "LaunchTemplate", {**answer, "LatestVersionNumber": 3})
    found = instance({"Tags": tags}, Template=template)
    assert found["launch_template"] == [TEMPLATE]
    assert found["tags_all"] == {}
    recorded = [{"id": "lt-1", "name": "web", "version": "$Latest"}]
    assert drift(INSTANCE, {"launch_template": recorded}, found) == []
    assert drift(INSTANCE, {"launch_template": recorded}, instance({"Tags": tags})) == ["launch_template"]


@pytest.mark.parametrize(
    ("kind", "credits_", "expected"),
    [
        ("t3.micro", {"CpuCredits": "unlimited"}, [{"cpu_credits": "unlimited"}]),
        ("t4g.micro", None, [{"cpu_credits": "standard"}]),
        ("m5.large", None, []),
        ("trn1.2xlarge", None, []),
        # It was resized; the listing still knows it.
        ("m5.large", {"CpuCredits": "unlimited"}, []),
    ],
)
def test_credits_of_what_the_listing_leaves_out(kind: str, credits_: Any, expected: Any) -> None:
    """The bulk call lists unlimited instances only: another burstable one is standard, any other has no credits."""
    assert instance({"InstanceType": kind}, Credits=credits_)["credit_specification"] == expected


def test_credits_written_for_a_type_without_them_are_kept() -> None:
    """The provider never reads credits of other types, so what the state keeps of them is no drift."""
    written = {"credit_specification": [{"cpu_credits": "standard"}]}
    other, burstable = instance({"InstanceType": "m5.large"}), instance({}, Credits={"CpuCredits": "unlimited"})
    for kind in ("m5.large", "trn1.2xlarge", None):
        assert drift(INSTANCE, {**written, "instance_type": kind}, other | {"instance_type": kind}) == []
    assert drift(INSTANCE, {**written, "instance_type": "t3.micro"}, burstable) == [
        "credit_specification[0].cpu_credits"
    ]


def test_a_spot_instance() -> None:
    """The market options are those of the spot request."""
    until = datetime(2031, 1, 12, tzinfo=UTC)
    answer = {"InstanceInterruptionBehavior": "stop", "SpotPrice": "0.05", "Type": "persistent", "ValidUntil": until}
    request = shaped("ec2", "SpotInstanceRequest", answer)
    found = instance({"InstanceLifecycle": "spot", "SpotInstanceRequestId": "sir-1"}, Spot=request)
    options = {"instance_interruption_behavior": "stop", "max_price": "0.05", "spot_instance_type": "persistent"}
    assert found["instance_market_options"] == [
        {"market_type": "spot", "spot_options": [options | {"valid_until": "2031-01-12T00:00:00Z"}]}
    ]
    assert (found["instance_lifecycle"], found["spot_instance_request_id"]) == ("spot", "sir-1")


def test_user_data_is_compared_under_the_name_that_the_state_has() -> None:
    """A hash, the text of newer providers and base64 mean the same data; only one of the names is compared."""
    same, other, none = (instance(UserData=data) for data in (ENCODED, b64encode(b"other").decode(), None))
    for recorded in ({"user_data": HASH}, {"user_data": SCRIPT}, {"user_data": ENCODED}):
        assert drift(INSTANCE, {**recorded, "user_data_base64": None}, same) == []
        assert drift(INSTANCE, {**recorded, "user_data_base64": None}, other) == ["user_data"]
        assert drift(INSTANCE, {**recorded, "user_data_base64": None}, none) == ["user_data"]
    encoded = {"user_data": None, "user_data_base64": ENCODED}
    assert drift(INSTANCE, encoded, same) == []
    assert drift(INSTANCE, encoded, other) == drift(INSTANCE, encoded, none) == ["user_data_base64"]
    assert drift(INSTANCE, {"user_data": None, "user_data_base64": None}, same) == ["user_data"]
    empty = {"user_data": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "user_data_base64": ""}
    assert drift(INSTANCE, empty, none) == []


ROOT = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": True}}
DATA = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-2", "DeleteOnTermination": False}}
VOLUMES = [
    shaped(
        "ec2",
        "Volume",
        {
            "VolumeId": "vol-1",
            "Size": 8,
            "VolumeType": "gp3",
            "Iops": 3000,
            "Throughput": 125,
            "Encrypted": True,
            "KmsKeyId": "key",
            "Tags": [{"Key": "team", "Value": "shop"}],
        },
    ),
    shaped("ec2", "Volume", {"VolumeId": "vol-2", "Size": 9, "VolumeType": "gp2", "SnapshotId": "snap-1"}),
]
DISKS: dict[str, Any] = {"RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [DATA, ROOT]}


def test_devices_are_the_root_and_the_others() -> None:
    """Each device is read from its mapping and its volume; one whose volume was not listed says nothing."""
    found = instance(DISKS, Volumes=VOLUMES)
    assert found["root_block_device"] == [
        {
            "delete_on_termination": True,
            "device_name": "/dev/xvda",
            "encrypted": True,
            "iops": 3000,
            "kms_key_id": "key",
            "tags": {"team": "shop"},
            "tags_all": {"team": "shop"},
            "throughput": 125,
            "volume_id": "vol-1",
            "volume_size": 8,
            "volume_type": "gp3",
        }
    ]
    (data,) = found["ebs_block_device"]
    assert (data["device_name"], data["snapshot_id"], data["delete_on_termination"]) == ("/dev/sdf", "snap-1", False)
    parts = {"devices": [ROOT, DATA, {"DeviceName": "x"}], "volumes": VOLUMES[1:], "root": "/dev/xvda"}
    assert block_devices(root=True)(parts) == []
    assert [one["Volume"]["VolumeId"] for one in block_devices(root=False)(parts)] == ["vol-2"]
    assert block_devices(root=True)({"devices": None, "volumes": None, "root": None}) == []


def test_a_root_device_written_as_any_other_is_silent() -> None:
    """A state that records the only device both as root and as EBS device differs from the answer in nothing."""
    found = instance({**DISKS, "BlockDeviceMappings": [ROOT]}, Volumes=VOLUMES)
    root = found["root_block_device"]
    assert drift(INSTANCE, {"root_block_device": root, "ebs_block_device": root}, found) == []
    other = [root[0] | {"volume_id": "vol-9", "device_name": "/dev/sdx"}]
    assert drift(INSTANCE, {"root_block_device": root, "ebs_block_device": other}, found) == ["ebs_block_device[0]"]


def test_tags_of_volumes_are_read_where_the_state_keeps_them() -> None:
    """Either as volume_tags (without the default ones) or per device; of old providers as tags."""
    default = {"Key": "owner", "Value": "x"}
    volume = VOLUMES[0] | {"Tags": [{"Key": "a", "Value": "1"}, default]}
    found = instance({**DISKS, "Tags": [default]}, Volumes=[volume])
    assert found["volume_tags"] == {"a": "1", "owner": "x"}
    root = found["root_block_device"][0]

    def device(**tags: Any) -> list[dict[str, Any]]:
        return [{name: value for name, value in root.items() if not name.startswith("tags")} | tags]

    defaults = {"tags": {}, "tags_all": {"owner": "x"}}
    nothing = device(tags={}, tags_all={})
    assert drift(INSTANCE, {"volume_tags": {"a": "1"}, "root_block_device": nothing, **defaults}, found) == []
    assert drift(INSTANCE, {"volume_tags": {"a": "2"}, "root_block_device": nothing, **defaults}, found) == [
        'volume_tags["a"]'
    ]
    newer = device(tags={"a": "1"}, tags_all={"a": "1", "owner": "x"})
    assert drift(INSTANCE, {"volume_tags": None, "root_block_device": newer}, found) == []
    assert drift(INSTANCE, {"volume_tags": None, "root_block_device": nothing}, found) == [
        'root_block_device[0].tags_all["a"]',
        'root_block_device[0].tags_all["owner"]',
    ]
    older = device(tags={"a": "1"})
    assert drift(INSTANCE, {"volume_tags": None, "root_block_device": older}, found) == [
        'root_block_device[0].tags["owner"]'
    ]


def test_interfaces_are_those_of_the_state() -> None:
    """What the state lists is compared by device index; what others attached is theirs."""
    found = instance({"NetworkInterfaces": [interface(0), interface(1)]})
    first = {"device_index": 0, "network_interface_id": "eni-0", "delete_on_termination": False}
    assert drift(INSTANCE, {"network_interface": []}, found) == []
    assert drift(INSTANCE, {"network_interface": [first]}, found) == []
    assert drift(INSTANCE, {"network_interface": [first | {"network_interface_id": "eni-9"}]}, found) == [
        "network_interface"
    ]
    assert not interfaces_of_the_state([first], [])
    assert not interfaces_of_the_state([first], [first | {"delete_on_termination": True}])
    assert interfaces_of_the_state(None, [first])


FAMILY = ("aws_instance", "aws_ebs_volume", "aws_volume_attachment", "aws_launch_template")


class FakeEc2:
    """Two instances, two that are no more, and nothing else; remembers what it was asked, refuses what it shall."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self._errors = errors
        self.asked: Counter[str] = Counter()

    @property
    def calls(self) -> int:
        return self.asked.total()

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        name = str(params.get("Attribute", operation))
        self.asked[name] += 1
        if code := self._errors.get(name):
            raise ApiError(operation, code, "denied", "no")
        states = {"i-1": "running", "i-2": "stopped", "i-3": "terminated", "i-4": "shutting-down"}
        kind = {"InstanceType": "t3.micro"}
        listed = [{"InstanceId": name, "State": {"Name": state}, **kind} for name, state in states.items()]
        yield {"Reservations": [{"Instances": listed}]} if operation == "ec2.describe_instances" else {}


def collected(errors: Mapping[str, str]) -> tuple[FakeEc2, dict[str, RemoteObject], list[Gap]]:
    """What the family finds where calls end with error codes: instances by id, and gaps."""
    api, found = FakeEc2(errors), list[RemoteObject | Gap]()
    asyncio.run(Collector(catalog_of("aws"), api, shard_of(HERE)).collect(FAMILY, found.append))
    objects = {item.id: item for item in found if isinstance(item, RemoteObject)}
    return api, objects, [item for item in found if isinstance(item, Gap)]


def test_calls_grow_with_pages() -> None:
    """Four types cost seven bulk calls in all; only the four attributes that EC2 tells no other way cost calls more."""
    api, objects, gaps = collected({})
    assert set(objects) == {"i-1", "i-2"}
    assert not gaps
    each = ("disableApiStop", "disableApiTermination", "instanceInitiatedShutdownBehavior", "userData")
    assert [api.asked[name] for name in each] == [2, 2, 2, 2]
    assert {name for name, count in api.asked.items() if count == 1} == {
        "ec2.describe_instances",
        "ec2.describe_volumes",
        "ec2.describe_vpcs",
        "ec2.describe_launch_templates",
        "ec2.describe_launch_template_versions",
        "ec2.describe_instance_credit_specifications",
        "ec2.describe_spot_instance_requests",
    }
    assert api.calls == 7 + 8


def test_a_refused_part_is_no_value() -> None:
    """What may not be read is a gap of its attributes alone; stop protection that a partition lacks is not set."""
    refused = {"userData": "UnauthorizedOperation", "ec2.describe_volumes": "UnauthorizedOperation"}
    _, objects, gaps = collected({**refused, "disableApiStop": "UnsupportedOperation"})
    found = objects["i-1"]
    unread = {"user_data", "user_data_base64", "root_block_device", "ebs_block_device", "volume_tags"}
    assert set(found.unread) == unread
    assert not unread & found.attributes.keys()
    assert found.attributes["disable_api_stop"] is None
    assert {(gap.type, gap.operation) for gap in gaps} == {
        ("aws_instance", "ec2.describe_instance_attribute"),
        *((name, "ec2.describe_volumes") for name in FAMILY[:3]),
    }


def test_what_a_service_made_is_owned() -> None:
    """Tags and the operator name who made an instance; a person's instance has no owner."""

    def owner(**answer: Any) -> str | None:
        return observed(
            INSTANCE, shaped("ec2", "Instance", {"InstanceId": "i-1", "InstanceType": "m5", **answer})
        ).owner

    assert owner(Tags=[{"Key": "aws:autoscaling:groupName", "Value": "web"}]) == "autoscaling group web"
    assert owner(Operator={"Managed": True, "Principal": "eks.amazonaws.com"}) == "eks.amazonaws.com"
    fleet = {"Key": "aws:ec2:fleet-id", "Value": "f"}
    assert owner(Tags=[fleet, {"Key": "karpenter.sh/nodepool", "Value": "a"}]) == "Karpenter node pool a"
    assert owner(Tags=[fleet]) == "EC2 fleet f"
    assert owner(Tags=[{"Key": "Name", "Value": "mine"}]) is None
