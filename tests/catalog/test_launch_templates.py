"""Launch templates read from answers in botocore's shape: what the conformance case does not change."""

from datetime import UTC, datetime
from typing import Any

from catalog.answers import drift, observed, shaped
from driftmgr.catalog.aws.launch_templates import LAUNCH_TEMPLATE


def template(data: dict[str, Any] | None = None, **others: Any) -> dict[str, Any]:
    """The attributes of a template whose latest version has this data."""
    answer = shaped("ec2", "LaunchTemplate", {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", **others})
    version = {"VersionNumber": 3, "VersionDescription": "new", "LaunchTemplateData": data or {}}
    return observed(LAUNCH_TEMPLATE, {**answer, "Latest": shaped("ec2", "LaunchTemplateVersion", version)}).attributes


def test_identity_versions_and_tags() -> None:
    """The template's own members are those of the listing, its description that of the latest version."""
    tags = [{"Key": "team", "Value": "shop"}, {"Key": "aws:x", "Value": "y"}]
    found = template(DefaultVersionNumber=1, LatestVersionNumber=3, Tags=tags)
    assert found["arn"] == "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-1"
    assert (found["name"], found["default_version"], found["latest_version"]) == ("web", 1, 3)
    assert (found["description"], found["tags_all"]) == ("new", {"team": "shop"})


def test_an_empty_template_says_nothing() -> None:
    """What the data leaves out is no block, and the zeros and switches that the SDK records for it are no drift."""
    found = template()
    recorded = {"disable_api_stop": False, "disable_api_termination": False, "ebs_optimized": "", "user_data": ""}
    recorded |= {
        "metadata_options": [],
        "vpc_security_group_ids": [],
        "tag_specifications": [],
        "credit_specification": [],
    }
    assert drift(LAUNCH_TEMPLATE, recorded, found) == []


def test_interfaces() -> None:
    """Every member of an interface has its attribute; switches are texts, for unset is not false."""
    interface = {
        "AssociateCarrierIpAddress": True,
        "AssociatePublicIpAddress": False,
        "ConnectionTrackingSpecification": {"TcpEstablishedTimeout": 600, "UdpStreamTimeout": 60, "UdpTimeout": 30},
        "DeleteOnTermination": True,
        "Description": "first",
        "DeviceIndex": 1,
        "EnaSrdSpecification": {"EnaSrdEnabled": True, "EnaSrdUdpSpecification": {"EnaSrdUdpEnabled": True}},
        "Groups": ["sg-1"],
        "InterfaceType": "efa",
        "Ipv4PrefixCount": 1,
        "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.0.16/28"}],
        "Ipv6AddressCount": 2,
        "Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}],
        "Ipv6PrefixCount": 3,
        "Ipv6Prefixes": [{"Ipv6Prefix": "2001:db8:1::/80"}],
        "NetworkCardIndex": 4,
        "NetworkInterfaceId": "eni-1",
        "PrimaryIpv6": True,
        "PrivateIpAddress": "10.0.0.5",
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5", "Primary": True}, {"PrivateIpAddress": "10.0.0.6"}],
        "SecondaryPrivateIpAddressCount": 5,
        "SubnetId": "subnet-1",
    }
    assert template({"NetworkInterfaces": [interface]})["network_interfaces"] == [
        {
            "associate_carrier_ip_address": "true",
            "associate_public_ip_address": "false",
            "connection_tracking_specification": [
                {"tcp_established_timeout": 600, "udp_stream_timeout": 60, "udp_timeout": 30}
            ],
            "delete_on_termination": "true",
            "description": "first",
            "device_index": 1,
            "ena_srd_specification": [
                {"ena_srd_enabled": True, "ena_srd_udp_specification": [{"ena_srd_udp_enabled": True}]}
            ],
            "interface_type": "efa",
            "ipv4_address_count": 5,
            "ipv4_addresses": ["10.0.0.5", "10.0.0.6"],
            "ipv4_prefix_count": 1,
            "ipv4_prefixes": ["10.0.0.16/28"],
            "ipv6_address_count": 2,
            "ipv6_addresses": ["2001:db8::1"],
            "ipv6_prefix_count": 3,
            "ipv6_prefixes": ["2001:db8:1::/80"],
            "network_card_index": 4,
            "network_interface_id": "eni-1",
            "primary_ipv6": "true",
            "private_ip_address": "10.0.0.5",
            "security_groups": ["sg-1"],
            "subnet_id": "subnet-1",
        }
    ]


def test_what_few_templates_have() -> None:
    """Spot options, capacity reservations, accelerators, volume rates and whole requirements are read."""
    until = datetime(2031, 1, 12, tzinfo=UTC)
    spot = {"BlockDurationMinutes": 60, "InstanceInterruptionBehavior": "stop", "ValidUntil": until}
    found = template(
        {
            "InstanceMarketOptions": {"MarketType": "spot", "SpotOptions": spot},
            "CapacityReservationSpecification": {"CapacityReservationTarget": {"CapacityReservationId": "cr-1"}},
            "ElasticGpuSpecifications": [{"Type": "eg1.medium"}],
            "ElasticInferenceAccelerators": [{"Type": "eia1.medium"}],
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/sdb", "NoDevice": ""},
                {"Ebs": {"VolumeInitializationRate": 100}},
            ],
            "InstanceRequirements": {
                "VCpuCount": {"Min": 2, "Max": 4},
                "MemoryGiBPerVCpu": {"Min": 0.5},
                "RequireHibernateSupport": True,
                "CpuManufacturers": ["intel"],
                "SpotMaxPricePercentageOverLowestPrice": 50,
            },
        }
    )
    options = found["instance_market_options"][0]["spot_options"][0]
    assert (options["block_duration_minutes"], options["valid_until"]) == (60, "2031-01-12T00:00:00Z")
    reservation = found["capacity_reservation_specification"][0]["capacity_reservation_target"][0]
    assert reservation["capacity_reservation_id"] == "cr-1"
    assert found["elastic_gpu_specifications"] == [{"type": "eg1.medium"}]
    assert found["elastic_inference_accelerator"] == [{"type": "eia1.medium"}]
    assert found["block_device_mappings"][1]["ebs"][0]["volume_initialization_rate"] == 100
    (required,) = found["instance_requirements"]
    assert required["vcpu_count"] == [{"min": 2, "max": 4}]
    assert required["memory_gib_per_vcpu"] == [{"min": 0.5, "max": None}]
    assert required["accelerator_count"] == []
    assert (required["require_hibernate_support"], required["cpu_manufacturers"]) == (True, ["intel"])
    assert required["spot_max_price_percentage_over_lowest_price"] == 50


def test_user_data_of_the_same_bytes_is_no_drift() -> None:
    """Base64 broken into lines or not is the same user data."""
    assert drift(LAUNCH_TEMPLATE, {"user_data": "aGVs\nbG8="}, template({"UserData": "aGVsbG8="})) == []
    assert drift(LAUNCH_TEMPLATE, {"user_data": "aGVsbG8="}, template({"UserData": "b3RoZXI="})) == ["user_data"]


def test_credits_are_read_for_burstable_types() -> None:
    """The provider keeps what was written for another type; of a burstable one a change is drift."""
    written = {"credit_specification": [{"cpu_credits": "standard"}]}
    unlimited = {"CreditSpecification": {"CpuCredits": "unlimited"}}
    assert (
        drift(LAUNCH_TEMPLATE, {**written, "instance_type": "m5.large"}, template({"InstanceType": "m5.large"})) == []
    )
    assert drift(
        LAUNCH_TEMPLATE, {**written, "instance_type": "t3.micro"}, template({"InstanceType": "t3.micro", **unlimited})
    ) == ["credit_specification[0].cpu_credits"]
