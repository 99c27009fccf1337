"""Target groups of load balancers.

Source of the mapping and of the keys: provider ``internal/service/elbv2/{target_group,const}.go``. Which settings a
group has depends on its protocol and on the type of its targets; the provider records its defaults for the others too,
and never reads them again.
"""

from driftmgr.catalog.aws.load_balancers import ELB, NAME_PREFIX, setting, told_as
from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, tags_by_arn
from driftmgr.catalog.aws.vpc import IN_VPC
from driftmgr.catalog.entry import HIGH, Attribute, ResourceType, Transform, aws_call, pascal_names
from driftmgr.catalog.transforms import aws_tags, boolean, integer, none_if_empty, one

_ADDRESSES = "TargetType=='instance' || TargetType=='ip'"
_HTTP = "Protocol=='HTTP' || Protocol=='HTTPS'"
_CONNECTIONS = "Protocol=='TCP' || Protocol=='TLS'"
_SETTINGS = "{Settings: Settings, Protocol: Protocol}"
_HEALTH_CHECK = """{
    enabled: HealthCheckEnabled,
    healthy_threshold: HealthyThresholdCount,
    interval: HealthCheckIntervalSeconds,
    matcher: Matcher.HttpCode || Matcher.GrpcCode,
    path: HealthCheckPath,
    port: HealthCheckPort,
    protocol: HealthCheckProtocol,
    timeout: HealthCheckTimeoutSeconds,
    unhealthy_threshold: UnhealthyThresholdCount
}"""


def _told(key: str, where: str = _ADDRESSES, *, read: Transform = none_if_empty) -> Attribute:
    return Attribute(setting(key, where), read=told_as(read))


def _duration(kind: str) -> str:
    return f"Kind=='{kind}' && Settings[?Key=='stickiness.{kind}.duration_seconds'].Value"


def _minimum(part: str, unit: str) -> str:
    return setting(f"target_group_health.{part}.minimum_healthy_targets.{unit}", "Protocol!='GENEVE'")


TARGET_GROUP = ResourceType(
    name="aws_lb_target_group",
    aliases=("aws_alb_target_group",),
    criticality=HIGH,
    list=aws_call("elbv2.describe_target_groups", "TargetGroups", params={"PageSize": 400}),
    details={
        "Settings": aws_call(
            "elbv2.describe_target_group_attributes", "Attributes", given={"TargetGroupArn": "TargetGroupArn"}
        )
    },
    joins={"Tags": tags_by_arn(ELB, "TargetGroupArn")},
    id="TargetGroupArn",
    owner=MADE_BY_TAGS,
    attributes=pascal_names("ip_address_type", "load_balancer_arns", "protocol", "protocol_version", "vpc_id")
    | {
        "arn": "TargetGroupArn",
        "name": "TargetGroupName",
        "port": Attribute("Port", default=0),
        "target_type": Attribute("TargetType", default="instance"),
        "health_check": Attribute(_HEALTH_CHECK, read=one),
        "connection_termination": _told("deregistration_delay.connection_termination.enabled", read=boolean),
        "deregistration_delay": _told("deregistration_delay.timeout_seconds"),
        "lambda_multi_value_headers_enabled": _told(
            "lambda.multi_value_headers.enabled", "TargetType=='lambda'", read=boolean
        ),
        "load_balancing_algorithm_type": _told("load_balancing.algorithm.type"),
        "load_balancing_anomaly_mitigation": _told("load_balancing.algorithm.anomaly_mitigation"),
        "load_balancing_cross_zone_enabled": _told("load_balancing.cross_zone.enabled"),
        "preserve_client_ip": _told("preserve_client_ip.enabled"),
        "proxy_protocol_v2": _told("proxy_protocol_v2.enabled", read=boolean),
        "slow_start": _told("slow_start.duration_seconds", read=integer),
        "stickiness": Attribute(
            "{Settings: Settings, Protocol: Protocol, Kind: Settings[?Key=='stickiness.type'].Value | [0]}",
            nested={
                "enabled": Attribute(setting("stickiness.enabled"), read=boolean, default=False),
                "type": "Kind",
                "cookie_duration": Attribute(
                    f"(({_HTTP}) && ({_duration('lb_cookie')} || {_duration('app_cookie')})) | [0]",
                    read=told_as(integer),
                ),
                "cookie_name": setting("stickiness.app_cookie.cookie_name", f"({_HTTP}) && Kind=='app_cookie'"),
            },
        ),
        "target_failover": Attribute(
            _SETTINGS,
            nested={
                name: setting(f"target_failover.{name}", "Protocol=='GENEVE'")
                for name in ("on_deregistration", "on_unhealthy")
            },
        ),
        "target_group_health": Attribute(
            _SETTINGS,
            nested={
                "dns_failover": Attribute(
                    nested={
                        "minimum_healthy_targets_count": _minimum("dns_failover", "count"),
                        "minimum_healthy_targets_percentage": _minimum("dns_failover", "percentage"),
                    }
                ),
                "unhealthy_state_routing": Attribute(
                    nested={
                        "minimum_healthy_targets_count": Attribute(
                            _minimum("unhealthy_state_routing", "count"), read=told_as(integer)
                        ),
                        "minimum_healthy_targets_percentage": _minimum("unhealthy_state_routing", "percentage"),
                    }
                ),
            },
        ),
        "target_health_state": Attribute(
            _SETTINGS,
            nested={
                "enable_unhealthy_connection_termination": _told(
                    "target_health_state.unhealthy.connection_termination.enabled", _CONNECTIONS, read=boolean
                ),
                "unhealthy_draining_interval": _told(
                    "target_health_state.unhealthy.draining_interval_seconds", _CONNECTIONS, read=integer
                ),
            },
        ),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
    parents=(IN_VPC,),
)
