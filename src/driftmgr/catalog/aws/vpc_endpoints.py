"""VPC endpoints and flow logs. Source: provider ``internal/service/ec2/vpc_endpoint.go``, ``vpc_flow_log.go``."""

from collections.abc import Callable

from driftmgr.catalog.aws.vpc import IN_VPC, INPUT_ONLY, ec2_arn
from driftmgr.catalog.entry import LOW, MEDIUM, Attribute, ResourceType, aws_call, pascal_names
from driftmgr.catalog.equivalences import same_iam_policy
from driftmgr.catalog.transforms import aws_tags


def _requester(managed: bool | None) -> str | None:  # noqa: FBT001  # a transform takes one value
    return "the service that requested it" if managed else None


VPC_ENDPOINT = ResourceType(
    name="aws_vpc_endpoint",
    criticality=MEDIUM,
    list=aws_call(
        "ec2.describe_vpc_endpoints",
        "VpcEndpoints[?State!='deleted' && State!='Deleted' && State!='deleting' && State!='Deleting']",
        params={"MaxResults": 1000},
    ),
    id="VpcEndpointId",
    owner=Attribute("RequesterManaged", read=_requester),
    attributes=pascal_names(
        "ip_address_type",
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
        "arn": ec2_arn("vpc-endpoint", "VpcEndpointId"),
        "dns_options": Attribute(
            "DnsOptions",
            nested={
                "dns_record_ip_type": "DnsRecordIpType",
                "private_dns_only_for_inbound_resolver_endpoint": Attribute(
                    "PrivateDnsOnlyForInboundResolverEndpoint", default=False
                ),
            },
        ),
        "policy": Attribute("PolicyDocument", equal=same_iam_policy),
        "private_dns_enabled": Attribute("PrivateDnsEnabled", default=False),
        "requester_managed": "RequesterManaged",
        "security_group_ids": "Groups[].GroupId",
        "vpc_endpoint_type": Attribute("VpcEndpointType", default="Gateway"),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={
        "auto_accept": INPUT_ONLY,
        "subnet_configuration": "the addresses are those of the endpoint's network interfaces, which are not read",
    },
    parents=(IN_VPC,),
)


def _with_prefix(prefix: str) -> Callable[[str | None], str | None]:
    def of_kind(identity: str | None) -> str | None:
        return identity if identity and identity.startswith(prefix) else None

    return of_kind


FLOW_LOG = ResourceType(
    name="aws_flow_log",
    criticality=LOW,
    list=aws_call("ec2.describe_flow_logs", "FlowLogs", params={"MaxResults": 1000}),
    id="FlowLogId",
    attributes=pascal_names(
        "deliver_cross_account_role",
        "log_destination",
        "log_destination_type",
        "log_format",
        "log_group_name",
        "traffic_type",
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
        "transit_gateway_attachment_id": Attribute("ResourceId", read=_with_prefix("tgw-attach-")),
        "transit_gateway_id": Attribute("ResourceId", read=_with_prefix("tgw-0")),
        "vpc_id": Attribute("ResourceId", read=_with_prefix("vpc-")),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    parents=(IN_VPC,),
)
