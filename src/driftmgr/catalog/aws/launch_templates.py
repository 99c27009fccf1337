"""Launch templates. Source of the mapping: provider ``internal/service/ec2/ec2_launch_template.go``.

The template's attributes are those of its latest version, which one paged call tells for all templates.
"""

from driftmgr.catalog.aws.instance_requirements import instance_requirements
from driftmgr.catalog.aws.instances import CREDITS_READ, DESCRIBE_TEMPLATES
from driftmgr.catalog.aws.tagging import MADE_BY_SERVICE
from driftmgr.catalog.aws.vpc import ec2_arn
from driftmgr.catalog.entry import (
    MEDIUM,
    Attribute,
    AttributeLike,
    Join,
    ResourceType,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import same_base64
from driftmgr.catalog.transforms import aws_tags, json_text, rfc3339

_DATA = "Latest.LaunchTemplateData"


def _number(path: str) -> Attribute:
    # The SDK records an unset number inside a block as 0.
    return Attribute(path, default=0)


def _switch(path: str) -> Attribute:
    return Attribute(path, default=False)


def _nullable_switch(path: str) -> Attribute:
    # The SDK's nullable booleans are texts, for unset is not false.
    return Attribute(path, read=json_text)


_BLOCK_DEVICES = Attribute(
    f"{_DATA}.BlockDeviceMappings",
    nested=pascal_names("device_name", "no_device", "virtual_name")
    | {
        "ebs": Attribute(
            "Ebs",
            nested=pascal_names("kms_key_id", "snapshot_id", "volume_type")
            | {
                "delete_on_termination": _nullable_switch("DeleteOnTermination"),
                "encrypted": _nullable_switch("Encrypted"),
                "iops": _number("Iops"),
                "throughput": _number("Throughput"),
                "volume_initialization_rate": _number("VolumeInitializationRate"),
                "volume_size": _number("VolumeSize"),
            },
        )
    },
)

_INTERFACES = Attribute(
    f"{_DATA}.NetworkInterfaces",
    nested=pascal_names("description", "interface_type", "network_interface_id", "private_ip_address", "subnet_id")
    | {
        "associate_carrier_ip_address": _nullable_switch("AssociateCarrierIpAddress"),
        "associate_public_ip_address": _nullable_switch("AssociatePublicIpAddress"),
        "connection_tracking_specification": Attribute(
            "ConnectionTrackingSpecification",
            nested={
                "tcp_established_timeout": _number("TcpEstablishedTimeout"),
                "udp_stream_timeout": _number("UdpStreamTimeout"),
                "udp_timeout": _number("UdpTimeout"),
            },
        ),
        "delete_on_termination": _nullable_switch("DeleteOnTermination"),
        "device_index": _number("DeviceIndex"),
        "ena_srd_specification": Attribute(
            "EnaSrdSpecification",
            nested={
                "ena_srd_enabled": _switch("EnaSrdEnabled"),
                "ena_srd_udp_specification": Attribute(
                    "EnaSrdUdpSpecification", nested={"ena_srd_udp_enabled": _switch("EnaSrdUdpEnabled")}
                ),
            },
        ),
        "ipv4_address_count": _number("SecondaryPrivateIpAddressCount"),
        "ipv4_addresses": "PrivateIpAddresses[].PrivateIpAddress",
        "ipv4_prefix_count": _number("Ipv4PrefixCount"),
        "ipv4_prefixes": "Ipv4Prefixes[].Ipv4Prefix",
        "ipv6_address_count": _number("Ipv6AddressCount"),
        "ipv6_addresses": "Ipv6Addresses[].Ipv6Address",
        "ipv6_prefix_count": _number("Ipv6PrefixCount"),
        "ipv6_prefixes": "Ipv6Prefixes[].Ipv6Prefix",
        "network_card_index": _number("NetworkCardIndex"),
        "primary_ipv6": _nullable_switch("PrimaryIpv6"),
        "security_groups": "Groups",
    },
)

_OPTIONS: dict[str, AttributeLike] = {
    "capacity_reservation_specification": Attribute(
        f"{_DATA}.CapacityReservationSpecification",
        nested=pascal_names("capacity_reservation_preference")
        | {
            "capacity_reservation_target": Attribute(
                "CapacityReservationTarget",
                nested=pascal_names("capacity_reservation_id", "capacity_reservation_resource_group_arn"),
            )
        },
    ),
    "cpu_options": Attribute(
        f"{_DATA}.CpuOptions",
        nested={
            "amd_sev_snp": "AmdSevSnp",
            "core_count": _number("CoreCount"),
            "threads_per_core": _number("ThreadsPerCore"),
        },
    ),
    "credit_specification": Attribute(
        f"{_DATA}.CreditSpecification", nested=pascal_names("cpu_credits"), when=CREDITS_READ
    ),
    "elastic_gpu_specifications": Attribute(f"{_DATA}.ElasticGpuSpecifications", nested=pascal_names("type")),
    "elastic_inference_accelerator": Attribute(f"{_DATA}.ElasticInferenceAccelerators", nested=pascal_names("type")),
    "enclave_options": Attribute(f"{_DATA}.EnclaveOptions", nested={"enabled": _switch("Enabled")}),
    "hibernation_options": Attribute(f"{_DATA}.HibernationOptions", nested={"configured": _switch("Configured")}),
    "iam_instance_profile": Attribute(f"{_DATA}.IamInstanceProfile", nested=pascal_names("arn", "name")),
    "instance_market_options": Attribute(
        f"{_DATA}.InstanceMarketOptions",
        nested=pascal_names("market_type")
        | {
            "spot_options": Attribute(
                "SpotOptions",
                nested=pascal_names("instance_interruption_behavior", "max_price", "spot_instance_type")
                | {
                    "block_duration_minutes": _number("BlockDurationMinutes"),
                    "valid_until": Attribute("ValidUntil", read=rfc3339),
                },
            )
        },
    ),
    "instance_requirements": instance_requirements(f"{_DATA}.InstanceRequirements"),
    "license_specification": Attribute(
        f"{_DATA}.LicenseSpecifications", nested=pascal_names("license_configuration_arn")
    ),
    "maintenance_options": Attribute(f"{_DATA}.MaintenanceOptions", nested=pascal_names("auto_recovery")),
    "metadata_options": Attribute(
        f"{_DATA}.MetadataOptions",
        nested=pascal_names("http_endpoint", "http_protocol_ipv6", "http_tokens", "instance_metadata_tags")
        | {"http_put_response_hop_limit": _number("HttpPutResponseHopLimit")},
    ),
    "monitoring": Attribute(f"{_DATA}.Monitoring", nested={"enabled": _switch("Enabled")}),
    "placement": Attribute(
        f"{_DATA}.Placement",
        nested=pascal_names(
            "affinity",
            "availability_zone",
            "group_name",
            "host_id",
            "host_resource_group_arn",
            "spread_domain",
            "tenancy",
        )
        | {"partition_number": _number("PartitionNumber")},
    ),
    "private_dns_name_options": Attribute(
        f"{_DATA}.PrivateDnsNameOptions",
        nested={
            "enable_resource_name_dns_a_record": _switch("EnableResourceNameDnsARecord"),
            "enable_resource_name_dns_aaaa_record": _switch("EnableResourceNameDnsAAAARecord"),
            "hostname_type": "HostnameType",
        },
    ),
    "tag_specifications": Attribute(
        f"{_DATA}.TagSpecifications",
        nested={"resource_type": "ResourceType", "tags": Attribute("Tags", read=aws_tags)},
    ),
}

LAUNCH_TEMPLATE = ResourceType(
    name="aws_launch_template",
    criticality=MEDIUM,
    list=DESCRIBE_TEMPLATES,
    joins={
        "Latest": Join(
            call=aws_call(
                "ec2.describe_launch_template_versions",
                "LaunchTemplateVersions",
                params={"Versions": ["$Latest"], "MaxResults": 200},
            ),
            on="LaunchTemplateId",
            to="LaunchTemplateId",
            required=True,
        )
    },
    id="LaunchTemplateId",
    keys=(("name",),),
    owner=MADE_BY_SERVICE,
    attributes=_OPTIONS
    | {
        "arn": ec2_arn("launch-template", "LaunchTemplateId"),
        "block_device_mappings": _BLOCK_DEVICES,
        "default_version": "DefaultVersionNumber",
        "description": "Latest.VersionDescription",
        "disable_api_stop": _switch(f"{_DATA}.DisableApiStop"),
        "disable_api_termination": _switch(f"{_DATA}.DisableApiTermination"),
        "ebs_optimized": _nullable_switch(f"{_DATA}.EbsOptimized"),
        "image_id": f"{_DATA}.ImageId",
        "instance_initiated_shutdown_behavior": f"{_DATA}.InstanceInitiatedShutdownBehavior",
        "instance_type": f"{_DATA}.InstanceType",
        "kernel_id": f"{_DATA}.KernelId",
        "key_name": f"{_DATA}.KeyName",
        "latest_version": "LatestVersionNumber",
        "name": "LaunchTemplateName",
        "network_interfaces": _INTERFACES,
        "ram_disk_id": f"{_DATA}.RamDiskId",
        "security_group_names": f"{_DATA}.SecurityGroups",
        "user_data": Attribute(f"{_DATA}.UserData", equal=same_base64),
        "vpc_security_group_ids": f"{_DATA}.SecurityGroupIds",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "name_prefix": "only used when the name is made; the name itself is compared",
        "update_default_version": "tells the provider what to do with a new version; EC2 does not know it",
    },
)
