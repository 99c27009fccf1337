"""EC2 instances. Source of the mapping: provider ``internal/service/ec2/ec2_instance.go``.

What DescribeInstances leaves out is joined in bulk (volumes, templates, credits, spot requests); four attributes have a
call of their own per instance, for EC2 tells them no other way.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_SERVICE
from driftmgr.catalog.aws.vpc import default_vpc, ec2_arn
from driftmgr.catalog.entry import (
    MEDIUM,
    UNTOLD,
    Attribute,
    AttributeLike,
    Call,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    Transform,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.transforms import aws_tags, is_word, last_part, rfc3339, user_data_hash

DESCRIBE_VOLUMES = aws_call("ec2.describe_volumes", "Volumes", params={"MaxResults": 500})
DESCRIBE_TEMPLATES = aws_call("ec2.describe_launch_templates", "LaunchTemplates", params={"MaxResults": 200})
# A terminated instance is listed for an hour.
DESCRIBE_INSTANCES = aws_call(
    "ec2.describe_instances",
    "Reservations[].Instances[] | [?State.Name!='terminated' && State.Name!='shutting-down']",
    params={"MaxResults": 1000},
)

_PRIMARY = "NetworkInterfaces[?Attachment.DeviceIndex==`0`]"


def _instance_attribute(name: str, *, absent: tuple[str, ...] = ()) -> Call:
    return aws_call(
        "ec2.describe_instance_attribute",
        f"{name[0].upper()}{name[1:]}.Value",
        params={"Attribute": name},
        given={"InstanceId": "InstanceId"},
        absent=absent,
    )


def block_devices(*, root: bool) -> Transform:
    """The EBS devices of an instance with their volumes: the root device, or all others."""

    def devices(found: Mapping[str, Any]) -> list[dict[str, Any]]:
        volumes = {volume["VolumeId"]: volume for volume in found["volumes"] or ()}
        return [
            {"Device": mapping, "Volume": volumes[mapping["Ebs"]["VolumeId"]]}
            for mapping in found["devices"] or ()
            if mapping.get("Ebs", {}).get("VolumeId") in volumes and (mapping["DeviceName"] == found["root"]) is root
        ]

    return devices


def _block_device(*, root: bool, when: str | None = None) -> Attribute:
    nested: dict[str, AttributeLike] = {
        "delete_on_termination": Attribute("Device.Ebs.DeleteOnTermination", default=True),
        "device_name": "Device.DeviceName",
        "encrypted": Attribute("Volume.Encrypted", default=False),
        "iops": Attribute("Volume.Iops", default=0),
        "kms_key_id": "Volume.KmsKeyId",
        # Up to 5.38 a state has only tags here, default tags among them; since then these are tags_all.
        "tags": Attribute("Volume.Tags", read=aws_tags, when="tags_all==`null` && !(Resource.volume_tags)"),
        "tags_all": Attribute("Volume.Tags", read=aws_tags, when="!(Resource.volume_tags)"),
        "throughput": Attribute("Volume.Throughput", default=0),
        "volume_id": "Volume.VolumeId",
        "volume_size": "Volume.Size",
        "volume_type": "Volume.VolumeType",
    }
    if not root:
        nested["snapshot_id"] = "Volume.SnapshotId"
    path = "{devices: BlockDeviceMappings, volumes: Volumes, root: RootDeviceName}"
    key = None if root else "device_name"
    return Attribute(path, read=block_devices(root=root), nested=nested, when=when, key=key)


def has_public_address(associations: list[dict[str, Any]] | None) -> Any:
    """Whether the primary interface has a public address of Amazon's; not told while an elastic one takes its place."""
    if not associations:
        return False
    return True if associations[0].get("IpOwnerId") == "amazon" else UNTOLD


def interfaces_of_the_state(recorded: Any, observed: Any) -> bool:
    """Interfaces at the device indexes that the recorded side names; others were attached by other resources.

    Not symmetric: the recorded side says which interfaces are the instance's.
    """
    names = ("network_interface_id", "delete_on_termination", "network_card_index")
    attached = {interface.get("device_index"): interface for interface in observed or ()}
    return all(
        (now := attached.get(interface.get("device_index"))) is not None
        and all((interface.get(name) or 0) == (now.get(name) or 0) for name in names)
        for interface in recorded or ()
    )


def same_template_version(recorded: Any, observed: Any) -> bool:
    """One template in one version, by number, ``$Default`` or ``$Latest``; a version that is not told fits any."""
    if not recorded or not observed:
        return not recorded and not observed
    before, now = recorded[0], observed[0]
    names = ("id", "name")
    if not any(before.get(name) and before.get(name) == now.get(name) for name in names):
        return False
    versions, others = _versions(before), _versions(now)
    return not versions or not others or bool(versions & others)


def _versions(template: Mapping[str, Any]) -> set[str]:
    version = template.get("version")
    words = {"$Default": template.get("default_version"), "$Latest": template.get("latest_version")}
    return {version, *(word for word, number in words.items() if number == version)} if version else set()


_TEMPLATE = (
    "[{id: Template.LaunchTemplateId, name: Template.LaunchTemplateName,"
    " version: Tags[?Key=='aws:ec2launchtemplate:version'].Value | [0],"
    " default_version: to_string(Template.DefaultVersionNumber),"
    " latest_version: to_string(Template.LatestVersionNumber)}] | [?id]"
)


def _is_burstable(kind: str) -> str:
    return " || ".join(f"starts_with({kind} || '', '{family}')" for family in ("t2", "t3", "t4"))


# In bulk EC2 lists the unlimited ones only; a burstable instance that is not listed is standard.
_CREDITS = f"[{{type: InstanceType, credits: Credits}}] | [?{_is_burstable('type')}]"
# The provider keeps what was written for a type that has no credits.
CREDITS_READ = "!credit_specification || " + _is_burstable("instance_type")

_OPTIONS: dict[str, AttributeLike] = {
    "capacity_reservation_specification": Attribute(
        "CapacityReservationSpecification",
        nested={
            "capacity_reservation_preference": "CapacityReservationPreference",
            "capacity_reservation_target": Attribute(
                "CapacityReservationTarget",
                nested={
                    "capacity_reservation_id": "CapacityReservationId",
                    "capacity_reservation_resource_group_arn": "CapacityReservationResourceGroupArn",
                },
            ),
        },
    ),
    "cpu_core_count": Attribute("CpuOptions.CoreCount", default=0),
    "cpu_threads_per_core": Attribute("CpuOptions.ThreadsPerCore", default=0),
    "cpu_options": Attribute(
        "CpuOptions",
        nested={
            "amd_sev_snp": "AmdSevSnp",
            "core_count": Attribute("CoreCount", default=0),
            "threads_per_core": Attribute("ThreadsPerCore", default=0),
        },
    ),
    "credit_specification": Attribute(
        _CREDITS, nested={"cpu_credits": "credits.CpuCredits || 'standard'"}, when=CREDITS_READ
    ),
    "enclave_options": Attribute("EnclaveOptions", nested={"enabled": Attribute("Enabled", default=False)}),
    "instance_market_options": Attribute(
        "Spot",
        nested={
            "market_type": "'spot'",
            "spot_options": Attribute(
                nested={
                    "instance_interruption_behavior": "InstanceInterruptionBehavior",
                    "max_price": "SpotPrice",
                    "spot_instance_type": "Type",
                    "valid_until": Attribute("ValidUntil", read=rfc3339),
                }
            ),
        },
    ),
    "launch_template": Attribute(_TEMPLATE, equal=same_template_version),
    "maintenance_options": Attribute("MaintenanceOptions", nested={"auto_recovery": "AutoRecovery"}),
    "metadata_options": Attribute(
        "MetadataOptions",
        nested={
            "http_endpoint": Attribute("HttpEndpoint", default="enabled"),
            "http_protocol_ipv6": Attribute("HttpProtocolIpv6", default="disabled"),
            "http_put_response_hop_limit": Attribute("HttpPutResponseHopLimit", default=0),
            "http_tokens": "HttpTokens",
            "instance_metadata_tags": "InstanceMetadataTags",
        },
    ),
    "private_dns_name_options": Attribute(
        "PrivateDnsNameOptions",
        nested={
            "enable_resource_name_dns_a_record": Attribute("EnableResourceNameDnsARecord", default=False),
            "enable_resource_name_dns_aaaa_record": Attribute("EnableResourceNameDnsAAAARecord", default=False),
            "hostname_type": "HostnameType",
        },
    ),
}

_PLACEMENT: dict[str, AttributeLike] = {
    "availability_zone": "Placement.AvailabilityZone",
    "host_id": "Placement.HostId",
    "host_resource_group_arn": "Placement.HostResourceGroupArn",
    "placement_group": "Placement.GroupName",
    "placement_partition_number": Attribute("Placement.PartitionNumber", default=0),
    "tenancy": "Placement.Tenancy",
}

_NETWORK: dict[str, AttributeLike] = {
    "associate_public_ip_address": Attribute(f"{_PRIMARY}.Association", read=has_public_address),
    "enable_primary_ipv6": Attribute(f"{_PRIMARY}.Ipv6Addresses[].IsPrimaryIpv6 | [0]", default=False),
    "ipv6_address_count": Attribute(f"length({_PRIMARY}.Ipv6Addresses[] || `[]`)", default=0),
    "ipv6_addresses": f"{_PRIMARY}.Ipv6Addresses[].Ipv6Address",
    "network_interface": Attribute(
        "NetworkInterfaces",
        nested={
            "delete_on_termination": "Attachment.DeleteOnTermination",
            "device_index": "Attachment.DeviceIndex",
            "network_card_index": "Attachment.NetworkCardIndex",
            "network_interface_id": "NetworkInterfaceId",
        },
        equal=interfaces_of_the_state,
        when="network_interface",
    ),
    "primary_network_interface_id": f"{_PRIMARY}.NetworkInterfaceId | [0]",
    "private_dns": "PrivateDnsName",
    "private_ip": "PrivateIpAddress",
    "public_dns": "PublicDnsName",
    "public_ip": "PublicIpAddress",
    "secondary_private_ips": f"{_PRIMARY}.PrivateIpAddresses[] | [?Primary==`false`].PrivateIpAddress",
    # Names in the default VPC, ids in any subnet.
    "security_groups": "(Vpc.IsDefault && SecurityGroups[].GroupName) || `[]`",
    "vpc_security_group_ids": "(SubnetId && SecurityGroups[].GroupId) || `[]`",
    "source_dest_check": Attribute(f"not_null(SourceDestCheck, {_PRIMARY}.SourceDestCheck | [0])", default=True),
    "subnet_id": f"not_null({_PRIMARY}.SubnetId | [0], SubnetId)",
}

INSTANCE = ResourceType(
    name="aws_instance",
    criticality=MEDIUM,
    list=DESCRIBE_INSTANCES,
    details={
        "Shutdown": _instance_attribute("instanceInitiatedShutdownBehavior"),
        # Some partitions do not have it.
        "Stop": _instance_attribute("disableApiStop", absent=("UnsupportedOperation",)),
        "Termination": _instance_attribute("disableApiTermination"),
        "UserData": _instance_attribute("userData"),
    },
    joins={
        "Credits": Join(
            call=aws_call(
                "ec2.describe_instance_credit_specifications",
                "InstanceCreditSpecifications",
                params={"MaxResults": 1000},
            ),
            on="InstanceId",
            to="InstanceId",
        ),
        "Spot": Join(
            call=aws_call("ec2.describe_spot_instance_requests", "SpotInstanceRequests", params={"MaxResults": 1000}),
            on="SpotInstanceRequestId",
            to="SpotInstanceRequestId",
        ),
        "Template": Join(
            call=DESCRIBE_TEMPLATES, on="LaunchTemplateId", to="Tags[?Key=='aws:ec2launchtemplate:id'].Value | [0]"
        ),
        "Volumes": Join(call=DESCRIBE_VOLUMES, on="VolumeId", to="BlockDeviceMappings[].Ebs.VolumeId", many=True),
        "Vpc": default_vpc("VpcId"),
    },
    id="InstanceId",
    owner=MADE_BY_SERVICE,
    attributes=pascal_names(
        "ebs_optimized", "instance_lifecycle", "instance_type", "key_name", "outpost_arn", "spot_instance_request_id"
    )
    | _OPTIONS
    | _PLACEMENT
    | _NETWORK
    | {
        "ami": "ImageId",
        "arn": ec2_arn("instance", "InstanceId"),
        "disable_api_stop": Attribute("Stop", default=False),
        "disable_api_termination": Attribute("Termination", default=False),
        "ebs_block_device": _block_device(
            root=False,
            # An instance with one device only, written as ebs_block_device, has its root device recorded there too.
            when="!ebs_block_device || ebs_block_device[0].volume_id!=root_block_device[0].volume_id",
        ),
        "hibernation": Attribute("HibernationOptions.Configured", default=False),
        "iam_instance_profile": Attribute("IamInstanceProfile.Arn", read=last_part),
        "instance_initiated_shutdown_behavior": "Shutdown",
        "instance_state": "State.Name",
        "monitoring": Attribute("Monitoring.State", read=is_word("enabled", "pending"), default=False),
        "root_block_device": _block_device(root=True),
        "user_data": Attribute("UserData", read=user_data_hash, normal=user_data_hash, when="!user_data_base64"),
        "user_data_base64": Attribute("UserData", when="user_data_base64"),
        # Tags of all volumes as one, read only where they are written like that.
        "volume_tags": Attribute("Volumes[].Tags[]", read=aws_tags, when="volume_tags", own_tags=True),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "ephemeral_block_device": "EC2 does not list the instance store devices of an instance",
        "get_password_data": "tells the provider to fetch the password; no property of the instance",
        "user_data_replace_on_change": "tells the provider what to do on a change; EC2 does not know it",
    },
    parents=(ParentRef(type="aws_subnet", attribute="subnet_id"),),
    companions=(
        Companion(
            type="aws_network_interface_sg_attachment",
            attribute="network_interface_id",
            by="primary_network_interface_id",
            # The same groups once more, by name.
            inline=("security_groups",),
            adds={"vpc_security_group_ids": "security_group_id"},
        ),
        Companion(type="aws_spot_instance_request", attribute="spot_instance_id", whole=True),
    ),
)
