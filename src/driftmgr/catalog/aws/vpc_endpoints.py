"""VPC endpoints and flow logs. Source: provider ``internal/service/ec2/vpc_endpoint.go``, ``vpc_flow_log.go``."""

from collections.abc import Callable, Mapping
from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, maker_of_tags
from driftmgr.catalog.aws.vpc import IN_VPC, INPUT_ONLY, INTERFACES, ec2_arn
from driftmgr.catalog.entry import (
    LOW,
    MEDIUM,
    UNTOLD,
    Attribute,
    AttributeLike,
    Companion,
    Join,
    ParentRef,
    ResourceType,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.equivalences import ignoring_case, same_iam_policy
from driftmgr.catalog.transforms import aws_tags


def _maker(found: Mapping[str, Any]) -> str | None:
    if found["requester"]:
        return "the service that requested it"
    owner = found["owner"]
    return f"account {owner}" if owner and owner != found["account"] else maker_of_tags(found["tags"])


def _managed_by(resource_type: str, *inline: str, **adds: str) -> Companion:
    return Companion(type=f"aws_vpc_endpoint_{resource_type}", attribute="vpc_endpoint_id", inline=inline, adds=adds)


_SUBNET_CONFIGURATION: Mapping[str, AttributeLike] = {
    "ipv4": "PrivateIpAddress",
    "ipv6": "Ipv6Address",
    "subnet_id": "SubnetId",
}


VPC_ENDPOINT = ResourceType(
    name="aws_vpc_endpoint",
    criticality=MEDIUM,
    list=aws_call(
        "ec2.describe_vpc_endpoints",
        "VpcEndpoints[?State!='deleted' && State!='Deleted' && State!='deleting' && State!='Deleting']",
        params={"MaxResults": 1000},
    ),
    joins={
        "Interfaces": Join(call=INTERFACES, on="NetworkInterfaceId", to="NetworkInterfaceIds", many=True),
    },
    id="VpcEndpointId",
    owner=Attribute("{requester: RequesterManaged, owner: OwnerId, account: Scope.account, tags: Tags}", read=_maker),
    attributes=pascal_names(
        "network_interface_ids",
        "owner_id",
        "resource_configuration_arn",
        "route_table_ids",
        "service_name",
        "service_network_arn",
        "service_region",
        "state",
        "subnet_ids",
        "vpc_id",
    )
    | {
        "arn": ec2_arn("vpc-endpoint", "VpcEndpointId", "OwnerId"),
        "dns_options": Attribute(
            "DnsOptions",
            nested={
                "dns_record_ip_type": "DnsRecordIpType",
                "private_dns_only_for_inbound_resolver_endpoint": Attribute(
                    "PrivateDnsOnlyForInboundResolverEndpoint", default=False
                ),
            },
        ),
        "ip_address_type": Attribute("IpAddressType", equal=ignoring_case),
        "policy": Attribute("PolicyDocument", equal=same_iam_policy),
        "private_dns_enabled": Attribute("PrivateDnsEnabled", default=False),
        "requester_managed": "RequesterManaged",
        "security_group_ids": "Groups[].GroupId",
        "subnet_configuration": Attribute("Interfaces", nested=_SUBNET_CONFIGURATION),
        "vpc_endpoint_type": Attribute("VpcEndpointType", default="Gateway"),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"auto_accept": INPUT_ONLY},
    parents=(IN_VPC,),
    companions=(
        _managed_by("policy", "policy"),
        _managed_by("private_dns", "private_dns_enabled"),
        _managed_by("route_table_association", route_table_ids="route_table_id"),
        _managed_by("security_group_association", security_group_ids="security_group_id"),
        _managed_by("subnet_association", "subnet_configuration", subnet_ids="subnet_id"),
    ),
)


_ATTACHMENT = "tgw-attach-"


def _with_prefix(prefix: str) -> Callable[[str | None], str | None]:
    def of_kind(identity: str | None) -> str | None:
        return identity if identity and identity.startswith(prefix) else None

    return of_kind


def _transit_gateway(identity: str | None) -> str | None:
    return identity if identity and identity.startswith("tgw-") and not identity.startswith(_ATTACHMENT) else None


def _traffic_type(found: Mapping[str, Any]) -> Any:
    # The flow logs of a transit gateway know no such thing; the provider leaves it as it was written.
    return UNTOLD if str(found["resource"]).startswith("tgw-") else found["traffic"]


FLOW_LOG = ResourceType(
    name="aws_flow_log",
    criticality=LOW,
    list=aws_call("ec2.describe_flow_logs", "FlowLogs", params={"MaxResults": 1000}),
    id="FlowLogId",
    owner=MADE_BY_TAGS,
    attributes=pascal_names(
        "deliver_cross_account_role",
        "log_destination",
        "log_destination_type",
        "log_format",
        "log_group_name",
    )
    | {
        "arn": ec2_arn("vpc-flow-log", "FlowLogId"),
        "destination_options": Attribute(
            "DestinationOptions",
            nested={
                "file_format": Attribute("FileFormat", default="plain-text"),
                "hive_compatible_partitions": Attribute("HiveCompatiblePartitions", default=False),
                "per_hour_partition": Attribute("PerHourPartition", default=False),
            },
        ),
        "eni_id": Attribute("ResourceId", read=_with_prefix("eni-")),
        "iam_role_arn": "DeliverLogsPermissionArn",
        "max_aggregation_interval": Attribute("MaxAggregationInterval", default=600),
        "subnet_id": Attribute("ResourceId", read=_with_prefix("subnet-")),
        "transit_gateway_attachment_id": Attribute("ResourceId", read=_with_prefix(_ATTACHMENT)),
        "traffic_type": Attribute("{resource: ResourceId, traffic: TrafficType}", read=_traffic_type),
        "transit_gateway_id": Attribute("ResourceId", read=_transit_gateway),
        "vpc_id": Attribute("ResourceId", read=_with_prefix("vpc-")),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC, ParentRef(type="aws_subnet", attribute="subnet_id")),
)
