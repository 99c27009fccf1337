"""Load balancers of the second generation (application, network, gateway) and their listeners.

DescribeLoadBalancers tells a balancer's place; what can be set of it comes as keys and values by a call each, as do the
listeners. Source of the mapping and of the keys: provider ``internal/service/elbv2/{load_balancer,listener,const}.go``.
Defaults are the provider's own (``Default:``), which it records for every kind of balancer, whether or not the kind has
the attribute.
"""

from typing import Any

from driftmgr.catalog.aws.tagging import MADE_BY_TAGS, maker_of_tags, tags_by_arn
from driftmgr.catalog.aws.vpc import ADDRESS_USE, IN_VPC
from driftmgr.catalog.entry import (
    HIGH,
    Attribute,
    AttributeLike,
    ParentRef,
    ResourceType,
    Transform,
    aws_call,
    pascal_names,
)
from driftmgr.catalog.transforms import aws_tags, boolean, if_told, integer, is_word

ELB = "elasticloadbalancing"
NAME_PREFIX = "only used when the name is made; the name itself is compared"

DESCRIBE_LOAD_BALANCERS = aws_call("elbv2.describe_load_balancers", "LoadBalancers", params={"PageSize": 400})
_NO_GATEWAY = "Type=='application' || Type=='network'"


def setting(key: str, where: str = "") -> str:
    """The path to the value of a key among an object's settings; ``where`` limits it to objects of some kind."""
    limit = f"({where}) && " if where else ""
    return f"{limit}Settings[?Key=='{key}'].Value | [0]"


def told_as(read: Transform) -> Transform:
    """A transform of settings that only some objects have: what is not told is no attribute of the object."""
    return lambda value: if_told(read(value))


def _flag(key: str, *, default: bool = False) -> Attribute:
    return Attribute(setting(key), read=boolean, default=default)


def _logs(kind: str) -> dict[str, AttributeLike]:
    return {
        "bucket": setting(f"{kind}.s3.bucket"),
        "enabled": _flag(f"{kind}.s3.enabled"),
        "prefix": setting(f"{kind}.s3.prefix"),
    }


LOAD_BALANCER = ResourceType(
    name="aws_lb",
    aliases=("aws_alb",),
    criticality=HIGH,
    list=DESCRIBE_LOAD_BALANCERS,
    details={
        "Settings": aws_call(
            "elbv2.describe_load_balancer_attributes", "Attributes", given={"LoadBalancerArn": "LoadBalancerArn"}
        ),
        # Not every region has capacity reservations; the API then does not know the call.
        "Capacity": aws_call(
            "elbv2.describe_capacity_reservation",
            given={"LoadBalancerArn": "LoadBalancerArn"},
            when=_NO_GATEWAY,
            absent=("InvalidAction",),
        ),
    },
    joins={"Tags": tags_by_arn(ELB, "LoadBalancerArn")},
    id="LoadBalancerArn",
    owner=MADE_BY_TAGS,
    attributes=pascal_names(
        "customer_owned_ipv4_pool",
        "enforce_security_group_inbound_rules_on_private_link_traffic",
        "ip_address_type",
        "security_groups",
        "vpc_id",
    )
    | {
        "arn": "LoadBalancerArn",
        "dns_name": "DNSName",
        "internal": Attribute("Scheme", read=is_word("internal"), default=False),
        "load_balancer_type": "Type",
        "name": "LoadBalancerName",
        "zone_id": "CanonicalHostedZoneId",
        "subnets": "AvailabilityZones[].SubnetId",
        "subnet_mapping": Attribute(
            "AvailabilityZones",
            key="subnet_id",
            nested={
                "allocation_id": "LoadBalancerAddresses[0].AllocationId",
                "ipv6_address": "LoadBalancerAddresses[0].IPv6Address",
                "outpost_id": "OutpostId",
                "private_ipv4_address": "LoadBalancerAddresses[0].PrivateIPv4Address",
                "subnet_id": "SubnetId",
            },
        ),
        "ipam_pools": Attribute("IpamPools", nested={"ipv4_ipam_pool_id": "Ipv4IpamPoolId"}),
        "minimum_load_balancer_capacity": Attribute(
            "Capacity.MinimumLoadBalancerCapacity", nested={"capacity_units": "CapacityUnits"}
        ),
        # The provider records a block of nothing where there are no logs.
        "access_logs": Attribute("{Settings: Settings}", nested=_logs("access_logs")),
        "connection_logs": Attribute("{Settings: Settings}", nested=_logs("connection_logs")),
        "client_keep_alive": Attribute(setting("client_keep_alive.seconds"), read=integer, default=3600),
        "desync_mitigation_mode": Attribute(setting("routing.http.desync_mitigation_mode"), default="defensive"),
        "dns_record_client_routing_policy": Attribute(
            setting("dns_record.client_routing_policy"), default="any_availability_zone"
        ),
        "drop_invalid_header_fields": _flag("routing.http.drop_invalid_header_fields.enabled"),
        # Of an application balancer it is always true; what providers recorded of that varies.
        "enable_cross_zone_load_balancing": Attribute(
            setting("load_balancing.cross_zone.enabled"),
            read=boolean,
            default=False,
            when="load_balancer_type!='application'",
        ),
        "enable_deletion_protection": _flag("deletion_protection.enabled"),
        "enable_http2": _flag("routing.http2.enabled", default=True),
        "enable_tls_version_and_cipher_suite_headers": _flag(
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
        ),
        "enable_waf_fail_open": _flag("waf.fail_open.enabled"),
        "enable_xff_client_port": _flag("routing.http.xff_client_port.enabled"),
        "enable_zonal_shift": _flag("zonal_shift.config.enabled"),
        "idle_timeout": Attribute(setting("idle_timeout.timeout_seconds"), read=integer, default=60),
        "preserve_host_header": _flag("routing.http.preserve_host_header.enabled"),
        "xff_header_processing_mode": Attribute(setting("routing.http.xff_header_processing.mode"), default="append"),
        "tags_all": Attribute("Tags", read=aws_tags),
    },
    unreadable={"name_prefix": NAME_PREFIX},
    parents=(
        IN_VPC,
        # The address shows the network interface that a network balancer put it on.
        ParentRef(type="aws_eip", attribute="subnet_mapping.allocation_id", inline=ADDRESS_USE, part=False),
    ),
)


def alpn_policy(value: str | None) -> str:
    """How a protocol is negotiated; not at all, unless something is said (CreateListener in ELB's API reference)."""
    return value or "None"


def _in_order(actions: Any) -> list[dict[str, Any]]:
    return sorted(actions or (), key=lambda action: action.get("Order") or 0)


_AUTHENTICATION: dict[str, AttributeLike] = pascal_names(
    "authentication_request_extra_params", "on_unauthenticated_request", "scope", "session_cookie_name"
) | {"session_timeout": Attribute("SessionTimeout", default=0)}

# The API tells an action that forwards to one group in both forms, the state holds the one that was written.
_ACTION: dict[str, AttributeLike] = {
    "type": "Type",
    "order": Attribute("Order", default=0),
    "target_group_arn": Attribute("TargetGroupArn", when="target_group_arn"),
    "forward": Attribute(
        "ForwardConfig",
        when="forward",
        nested={
            "target_group": Attribute(
                "TargetGroups", key="arn", nested={"arn": "TargetGroupArn", "weight": Attribute("Weight", default=1)}
            ),
            "stickiness": Attribute(
                "TargetGroupStickinessConfig",
                nested={
                    "duration": Attribute("DurationSeconds", default=0),
                    "enabled": Attribute("Enabled", default=False),
                },
            ),
        },
    ),
    "authenticate_cognito": Attribute(
        "AuthenticateCognitoConfig",
        nested=_AUTHENTICATION | pascal_names("user_pool_arn", "user_pool_client_id", "user_pool_domain"),
    ),
    "authenticate_oidc": Attribute(
        "AuthenticateOidcConfig",
        nested=_AUTHENTICATION
        | pascal_names("authorization_endpoint", "client_id", "issuer", "token_endpoint", "user_info_endpoint"),
    ),
    "fixed_response": Attribute(
        "FixedResponseConfig", nested=pascal_names("content_type", "message_body", "status_code")
    ),
    "redirect": Attribute(
        "RedirectConfig",
        nested={
            "host": Attribute("Host", default="#{host}"),
            "path": Attribute("Path", default="/#{path}"),
            "port": Attribute("Port", default="#{port}"),
            "protocol": Attribute("Protocol", default="#{protocol}"),
            "query": Attribute("Query", default="#{query}"),
            "status_code": "StatusCode",
        },
    ),
}


def _headers(direction: str, kind: str, *names: str) -> dict[str, AttributeLike]:
    return {
        f"routing_http_{direction}_{name}_{kind}": setting(f"routing.http.{direction}.{name}.{kind}") for name in names
    }


_ROUTING = {
    **_headers(
        "request",
        "header_name",
        "x_amzn_mtls_clientcert",
        "x_amzn_mtls_clientcert_issuer",
        "x_amzn_mtls_clientcert_leaf",
        "x_amzn_mtls_clientcert_serial_number",
        "x_amzn_mtls_clientcert_subject",
        "x_amzn_mtls_clientcert_validity",
        "x_amzn_tls_cipher_suite",
        "x_amzn_tls_version",
    ),
    **_headers(
        "response",
        "header_value",
        "access_control_allow_credentials",
        "access_control_allow_headers",
        "access_control_allow_methods",
        "access_control_allow_origin",
        "access_control_expose_headers",
        "access_control_max_age",
        "content_security_policy",
        "strict_transport_security",
        "x_content_type_options",
        "x_frame_options",
    ),
}

LISTENER = ResourceType(
    name="aws_lb_listener",
    aliases=("aws_alb_listener",),
    criticality=HIGH,
    list=DESCRIBE_LOAD_BALANCERS,
    # A balancer that was deleted since it was listed has no listeners.
    expand=aws_call(
        "elbv2.describe_listeners",
        "Listeners",
        params={"PageSize": 400},
        given={"LoadBalancerArn": "LoadBalancerArn"},
        absent=("LoadBalancerNotFound",),
    ),
    details={
        # The API does not have them for TLS listeners.
        "Settings": aws_call(
            "elbv2.describe_listener_attributes",
            "Attributes",
            given={"ListenerArn": "ListenerArn"},
            when="Protocol!='TLS'",
        ),
        "Tags": aws_call("elbv2.describe_tags", "TagDescriptions[0].Tags", given={"ResourceArns": "[ListenerArn]"}),
    },
    joins={"BalancerTags": tags_by_arn(ELB, "Parent.LoadBalancerArn")},
    id="ListenerArn",
    # Controllers and stacks tag the balancer, not always its listeners.
    owner=Attribute("BalancerTags", read=maker_of_tags),
    attributes=pascal_names("load_balancer_arn", "protocol", "ssl_policy")
    | {
        "arn": "ListenerArn",
        "port": Attribute("Port", default=0),
        "alpn_policy": Attribute("AlpnPolicy[0]", normal=alpn_policy),
        "certificate_arn": "Certificates[0].CertificateArn",
        "default_action": Attribute("DefaultActions", read=_in_order, nested=_ACTION),
        "mutual_authentication": Attribute(
            "MutualAuthentication",
            nested={
                # Without authentication the provider records nothing of this.
                "advertise_trust_store_ca_names": "Mode!='off' && [AdvertiseTrustStoreCaNames] | [0]",
                "ignore_client_certificate_expiry": Attribute("IgnoreClientCertificateExpiry", default=False),
                "mode": Attribute("Mode", default="off"),
                "trust_store_arn": "TrustStoreArn",
            },
        ),
        "routing_http_response_server_enabled": Attribute(
            setting("routing.http.response.server.enabled"), read=told_as(boolean)
        ),
        "tcp_idle_timeout_seconds": Attribute(setting("tcp.idle_timeout.seconds"), read=told_as(integer)),
        "tags_all": Attribute("Tags", read=aws_tags),
    }
    | _ROUTING,
    unreadable={"default_action.authenticate_oidc.client_secret": "a secret that the API never tells"},
    parents=(ParentRef(type="aws_lb", attribute="load_balancer_arn", by="arn"),),
)
