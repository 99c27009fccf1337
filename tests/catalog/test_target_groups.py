"""Target groups read from answers in botocore's shape: which settings a group has depends on protocol and target type.

The emulator tells settings that a kind of group does not have and leaves out some that it has; here they are as AWS's
API reference lists them (TargetGroupAttribute).
"""

from typing import Any

import pytest

from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.target_groups import TARGET_GROUP
from driftmgr.discovery.observe import Observer
from driftmgr.drift.compare import Comparator
from driftmgr.model import Scope

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")
COMPARATOR = Comparator(TARGET_GROUP, catalog_of("aws").schemas["aws_lb_target_group"])
# Every key that a group of any kind has.
SETTINGS = {
    "deregistration_delay.connection_termination.enabled": "true",
    "deregistration_delay.timeout_seconds": "60",
    "lambda.multi_value_headers.enabled": "true",
    "load_balancing.algorithm.anomaly_mitigation": "on",
    "load_balancing.algorithm.type": "weighted_random",
    "load_balancing.cross_zone.enabled": "true",
    "preserve_client_ip.enabled": "true",
    "proxy_protocol_v2.enabled": "true",
    "slow_start.duration_seconds": "30",
    "stickiness.app_cookie.cookie_name": "session",
    "stickiness.app_cookie.duration_seconds": "600",
    "stickiness.enabled": "true",
    "stickiness.lb_cookie.duration_seconds": "900",
    "stickiness.type": "lb_cookie",
    "target_failover.on_deregistration": "rebalance",
    "target_failover.on_unhealthy": "rebalance",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "off",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "50",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "2",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
    "target_health_state.unhealthy.connection_termination.enabled": "false",
    "target_health_state.unhealthy.draining_interval_seconds": "300",
}
OF_ADDRESSES = {
    "connection_termination": True,
    "deregistration_delay": "60",
    "load_balancing_algorithm_type": "weighted_random",
    "load_balancing_anomaly_mitigation": "on",
    "load_balancing_cross_zone_enabled": "true",
    "preserve_client_ip": "true",
    "proxy_protocol_v2": True,
    "slow_start": 30,
}
OF_FUNCTIONS = {"lambda_multi_value_headers_enabled": True}


def group(*, target: str, protocol: str | None, changed: dict[str, str] | None = None, **parts: Any) -> dict[str, Any]:
    """The attributes of a group with settings of every kind, some of them changed."""
    told = [{"Key": key, "Value": value} for key, value in {**SETTINGS, **(changed or {})}.items()]
    item = {"TargetGroupArn": "tg", "TargetType": target, "Protocol": protocol, "Settings": told, **parts}
    found = Observer(TARGET_GROUP).observe(item, HERE)
    assert found is not None
    return found.attributes


@pytest.mark.parametrize(
    ("target", "protocol", "expected"),
    [
        ("instance", "HTTP", OF_ADDRESSES),
        ("ip", "TCP", OF_ADDRESSES),
        ("lambda", None, OF_FUNCTIONS),
        ("alb", "TCP", {}),
    ],
)
def test_settings_by_type_of_target(target: str, protocol: str | None, expected: dict[str, Any]) -> None:
    """A group has the settings of its targets; the others are no attributes of it, whatever the state holds of them."""
    attributes = group(target=target, protocol=protocol)
    assert {name: attributes[name] for name in (*OF_ADDRESSES, *OF_FUNCTIONS) if name in attributes} == expected


@pytest.mark.parametrize(
    ("protocol", "kind", "cookie"),
    [
        ("HTTP", "lb_cookie", {"cookie_duration": 900, "cookie_name": None}),
        ("HTTPS", "app_cookie", {"cookie_duration": 600, "cookie_name": "session"}),
        ("TCP", "source_ip", {"cookie_name": None}),
        (None, "lb_cookie", {"cookie_name": None}),
    ],
)
def test_stickiness_by_kind_of_cookie(protocol: str | None, kind: str, cookie: dict[str, Any]) -> None:
    """The cookie is the one of the kind that is in use; where there is none, its duration is not told."""
    attributes = group(target="instance", protocol=protocol, changed={"stickiness.type": kind})
    # A path that ends in a condition gives false for none: it must not be taken for a value.
    assert attributes["stickiness"] == [{"enabled": True, "type": kind, **cookie}]


@pytest.mark.parametrize(
    ("protocol", "failover", "health", "state"),
    [
        ("GENEVE", "rebalance", (None, None, None), {}),
        (
            "TCP",
            None,
            ("off", "50", 2),
            {"enable_unhealthy_connection_termination": False, "unhealthy_draining_interval": 300},
        ),
        ("HTTP", None, ("off", "50", 2), {}),
        ("UDP", None, ("off", "50", 2), {}),
    ],
)
def test_blocks_by_protocol(protocol: str, failover: Any, health: tuple[Any, Any, Any], state: dict[str, Any]) -> None:
    """Failover is a gateway's, draining a connection's, healthy targets everyone else's; each block is always there."""
    attributes = group(target="instance", protocol=protocol)
    assert attributes["target_failover"] == [{"on_deregistration": failover, "on_unhealthy": failover}]
    (found,) = attributes["target_group_health"]
    (names,), (routing,) = found["dns_failover"], found["unhealthy_state_routing"]
    assert health == (
        names["minimum_healthy_targets_count"],
        names["minimum_healthy_targets_percentage"],
        routing.get("minimum_healthy_targets_count"),
    )
    assert attributes["target_health_state"] == [state]


@pytest.mark.parametrize(
    ("answer", "recorded", "paths"),
    [
        ({"Matcher": {"GrpcCode": "0-99"}}, {"matcher": "0-99"}, []),
        ({"Matcher": {"GrpcCode": "12"}}, {"matcher": "0-99"}, ["health_check[0].matcher"]),
        ({"Matcher": {"HttpCode": "200"}}, {"matcher": "200"}, []),
        ({"HealthCheckEnabled": False}, {"enabled": True, "port": ""}, ["health_check[0].enabled"]),
    ],
)
def test_health_checks(answer: dict[str, Any], recorded: dict[str, Any], paths: list[str]) -> None:
    """A matcher is of HTTP or of gRPC; a function's check has neither port nor protocol."""
    changes = COMPARATOR.compare({"health_check": [recorded]}, group(target="ip", protocol="HTTP", **answer))
    assert [change.path for change in changes if change.classification == "drift"] == paths


def test_balancers_that_came_later_are_no_drift() -> None:
    """Which balancers forward to a group is recorded before their listeners are made: told, never drift."""
    observed = group(target="ip", protocol="HTTP", LoadBalancerArns=["balancer"])
    changes = COMPARATOR.compare({"load_balancer_arns": []}, observed)
    assert [(change.path, change.classification) for change in changes] == [("load_balancer_arns", "computed")]
