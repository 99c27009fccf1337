"""VPCs, subnets, gateways and addresses of Amazon EC2.

Source of the mapping: provider ``internal/service/ec2/vpc_.go``, ``vpc_subnet.go``, ``vpc_internet_gateway.go``,
``vpc_nat_gateway.go``, ``ec2_eip.go``.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, maker_of_tags
from driftmgr.catalog.entry import (
    LOW,
    MEDIUM,
    UNTOLD,
    Attribute,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    Template,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import same_cidr
from driftmgr.catalog.transforms import aws_tags, is_word

IN_VPC = ParentRef(type="aws_vpc", attribute="vpc_id")
INPUT_ONLY = "only used when the object is made; the API does not tell it"

DESCRIBE_VPCS = aws_call("ec2.describe_vpcs", "Vpcs", params={"MaxResults": 1000})

INTERFACES = aws_call("ec2.describe_network_interfaces", "NetworkInterfaces", params={"MaxResults": 1000})

_IPV6 = "[?Ipv6CidrBlockState.State=='associated']"
# The name that AWS gives for its own addresses, and the one that stands for any pool of IPAM.
_AMAZON_POOL, _IPAM_POOL = "Amazon", "IPAM Managed"


def ec2_arn(kind: str, identity: str, owner: str = "account") -> Template:
    """The ARN of an EC2 object: ``ec2_arn("vpc", "VpcId")``; ``owner`` is a path to the account of a shared one."""
    return Template(f"arn:{{partition}}:ec2:{{region}}:{{{owner}}}:{kind}/{{{identity}}}")


def _maker(found: Mapping[str, Any]) -> str | None:
    """Who made an object that is nobody's here: a service that left its tag, or an account that shares its network."""
    owner = found["owner"]
    return f"account {owner}" if owner and owner != found["account"] else maker_of_tags(found["tags"])


def made_by(owner: str = "OwnerId", tags: str = "Tags") -> Attribute:
    """``owner=`` of a type whose objects an account may share (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-sharing.html)."""
    return Attribute(f"{{owner: {owner}, tags: {tags}, account: Scope.account}}", read=_maker)


def default_vpc(path: str) -> Join:
    """The VPC of an item, to tell what belongs to the default one."""
    return Join(call=DESCRIBE_VPCS, on="VpcId", to=path)


def _own_pool(value: str | None) -> Any:
    return UNTOLD if value == _IPAM_POOL else None if value == _AMAZON_POOL else value


def _own_netmask(block: Mapping[str, Any]) -> int | None:
    """The length of a network out of a pool of the user's own; the provider records none for Amazon's."""
    own = block["cidr"] and block["pool"] and block["pool"] != _AMAZON_POOL
    return int(block["cidr"].rpartition("/")[2]) if own else None


def _vpc_attribute(name: str) -> Any:
    member = f"{name[0].upper()}{name[1:]}.Value"
    return aws_call("ec2.describe_vpc_attribute", member, params={"Attribute": name}, given={"VpcId": "VpcId"})


VPC = ResourceType(
    name="aws_vpc",
    criticality=MEDIUM,
    list=DESCRIBE_VPCS,
    details={
        "DnsHostnames": _vpc_attribute("enableDnsHostnames"),
        "DnsSupport": _vpc_attribute("enableDnsSupport"),
        "UsageMetrics": _vpc_attribute("enableNetworkAddressUsageMetrics"),
    },
    id="VpcId",
    is_default="IsDefault",
    owner=made_by(),
    attributes=pascal_names("cidr_block", "dhcp_options_id", "owner_id")
    | {
        "arn": ec2_arn("vpc", "VpcId", "OwnerId"),
        "assign_generated_ipv6_cidr_block": Attribute(
            f"Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6Pool | [0]", read=is_word(_AMAZON_POOL), default=False
        ),
        "enable_dns_hostnames": Attribute("DnsHostnames", default=False),
        "enable_dns_support": Attribute("DnsSupport", default=True),
        "enable_network_address_usage_metrics": Attribute("UsageMetrics", default=False),
        "instance_tenancy": Attribute("InstanceTenancy", default="default"),
        "ipv6_association_id": f"Ipv6CidrBlockAssociationSet{_IPV6}.AssociationId | [0]",
        "ipv6_cidr_block": Attribute(f"Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6CidrBlock | [0]", equal=same_cidr),
        "ipv6_cidr_block_network_border_group": f"Ipv6CidrBlockAssociationSet{_IPV6}.NetworkBorderGroup | [0]",
        "ipv6_ipam_pool_id": Attribute(f"Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6Pool | [0]", read=_own_pool),
        "ipv6_netmask_length": Attribute(
            f"{{cidr: Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6CidrBlock | [0],"
            f" pool: Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6Pool | [0]}}",
            read=_own_netmask,
            default=0,
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"ipv4_ipam_pool_id": INPUT_ONLY, "ipv4_netmask_length": INPUT_ONLY},
    companions=(
        Companion(type="aws_default_vpc", attribute="id", whole=True),
        Companion(
            type="aws_vpc_ipv6_cidr_block_association",
            attribute="vpc_id",
            inline=(
                "assign_generated_ipv6_cidr_block",
                "ipv6_cidr_block",
                "ipv6_cidr_block_network_border_group",
                "ipv6_ipam_pool_id",
                "ipv6_netmask_length",
            ),
        ),
    ),
)

SUBNET = ResourceType(
    name="aws_subnet",
    criticality=MEDIUM,
    list=aws_call("ec2.describe_subnets", "Subnets", params={"MaxResults": 1000}),
    id="SubnetId",
    is_default="DefaultForAz",
    owner=made_by(),
    attributes=pascal_names(
        "availability_zone",
        "availability_zone_id",
        "cidr_block",
        "customer_owned_ipv4_pool",
        "outpost_arn",
        "owner_id",
        "vpc_id",
    )
    | {
        "arn": "SubnetArn",
        "assign_ipv6_address_on_creation": Attribute("AssignIpv6AddressOnCreation", default=False),
        "enable_dns64": Attribute("EnableDns64", default=False),
        "enable_lni_at_device_index": Attribute("EnableLniAtDeviceIndex", default=0),
        "enable_resource_name_dns_a_record_on_launch": Attribute(
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord", default=False
        ),
        "enable_resource_name_dns_aaaa_record_on_launch": Attribute(
            "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord", default=False
        ),
        "ipv6_cidr_block": Attribute(f"Ipv6CidrBlockAssociationSet{_IPV6}.Ipv6CidrBlock | [0]", equal=same_cidr),
        "ipv6_cidr_block_association_id": f"Ipv6CidrBlockAssociationSet{_IPV6}.AssociationId | [0]",
        "ipv6_native": Attribute("Ipv6Native", default=False),
        "map_customer_owned_ip_on_launch": Attribute("MapCustomerOwnedIpOnLaunch", default=False),
        "map_public_ip_on_launch": Attribute("MapPublicIpOnLaunch", default=False),
        "private_dns_hostname_type_on_launch": "PrivateDnsNameOptionsOnLaunch.HostnameType",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
    companions=(Companion(type="aws_default_subnet", attribute="id", whole=True),),
)

INTERNET_GATEWAY = ResourceType(
    name="aws_internet_gateway",
    criticality=LOW,
    list=aws_call("ec2.describe_internet_gateways", "InternetGateways", params={"MaxResults": 1000}),
    joins={"Vpc": default_vpc("Attachments[0].VpcId")},
    id="InternetGatewayId",
    is_default="Vpc.IsDefault",
    owner=made_by(),
    attributes=pascal_names("owner_id")
    | {
        "arn": ec2_arn("internet-gateway", "InternetGatewayId", "OwnerId"),
        "vpc_id": "Attachments[0].VpcId",
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
    companions=(
        Companion(type="aws_internet_gateway_attachment", attribute="internet_gateway_id", inline=("vpc_id",)),
    ),
)


ADDRESS_USE = ("associate_with_private_ip", "instance", "network_interface")
"""What an address shows of whatever uses it."""


def _address(member: str) -> str:
    return f"not_null(NatGatewayAddresses[?IsPrimary].{member} | [0], NatGatewayAddresses[0].{member})"


def _secondary(member: str) -> str:
    return f"NatGatewayAddresses[?IsPrimary==`false`].{member}"


def _count(values: list[Any] | None) -> int:
    return len(values or ())


NAT_GATEWAY = ResourceType(
    name="aws_nat_gateway",
    criticality=MEDIUM,
    # A deleted gateway is listed for an hour.
    list=aws_call(
        "ec2.describe_nat_gateways",
        "NatGateways[?State!='deleted' && State!='deleting']",
        params={"MaxResults": 1000},
    ),
    id="NatGatewayId",
    owner=MADE_BY_TAGS,
    attributes=pascal_names("subnet_id")
    | {
        "allocation_id": _address("AllocationId"),
        "association_id": _address("AssociationId"),
        "connectivity_type": Attribute("ConnectivityType", default="public"),
        "network_interface_id": _address("NetworkInterfaceId"),
        "private_ip": _address("PrivateIp"),
        "public_ip": _address("PublicIp"),
        "secondary_allocation_ids": _secondary("AllocationId"),
        "secondary_private_ip_address_count": Attribute(_secondary("PrivateIp"), read=_count, default=0),
        "secondary_private_ip_addresses": _secondary("PrivateIp"),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(
        ParentRef(type="aws_subnet", attribute="subnet_id"),
        # The address shows what uses it; the gateway says so itself.
        *(
            ParentRef(type="aws_eip", attribute=attribute, inline=ADDRESS_USE, part=False)
            for attribute in ("allocation_id", "secondary_allocation_ids")
        ),
    ),
)


def _service(found: Mapping[str, Any]) -> str | None:
    return found["service"] or maker_of_tags(found["tags"])


def _ipam_pool(pool: str | None) -> str | None:
    return pool if pool and pool.startswith("ipam-pool-") else None


EIP = ResourceType(
    name="aws_eip",
    criticality=LOW,
    list=aws_call("ec2.describe_addresses", "Addresses"),
    id="AllocationId || PublicIp",
    keys=(("allocation_id",), ("public_ip",)),
    # Load balancers, NAT gateways and databases bring addresses of their own.
    owner=Attribute("{service: ServiceManaged, tags: Tags}", read=_service),
    attributes=pascal_names(
        "allocation_id",
        "association_id",
        "carrier_ip",
        "customer_owned_ip",
        "customer_owned_ipv4_pool",
        "domain",
        "network_border_group",
        "public_ip",
        "public_ipv4_pool",
    )
    | {
        "arn": ec2_arn("elastic-ip", "AllocationId"),
        "instance": "InstanceId",
        "ipam_pool_id": Attribute("PublicIpv4Pool", read=_ipam_pool),
        "network_interface": "NetworkInterfaceId",
        "private_ip": "PrivateIpAddress",
        "vpc": Attribute("Domain", read=is_word("vpc")),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "address": INPUT_ONLY,
        "associate_with_private_ip": INPUT_ONLY,
    },
    companions=(Companion(type="aws_eip_association", attribute="allocation_id", inline=ADDRESS_USE),),
)
