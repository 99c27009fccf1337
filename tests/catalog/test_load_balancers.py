"""Load balancers and listeners read from answers in botocore's shape, as the provider's flatten functions would.

What the emulator does not know is held here: capacity reservations, IPAM pools, addresses, mutual authentication,
gateways' listeners, and the double form in which AWS tells an action that forwards to one group.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import botocore.session
import pytest

from discovery.fake import shard_of
from driftmgr.catalog import catalog_of
from driftmgr.catalog.aws.load_balancers import LISTENER, LOAD_BALANCER
from driftmgr.catalog.entry import as_attribute
from driftmgr.clouds import ApiError
from driftmgr.discovery.collect import Collector
from driftmgr.discovery.observe import Observer
from driftmgr.drift.compare import Comparator
from driftmgr.model import Gap, RemoteObject, Scope

HERE = Scope(cloud="aws", account="111122223333", region="eu-central-1")
AWS = catalog_of("aws")
ARN = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/web/1"
GROUP = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/web/1"


def settings(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Keys and values as the API tells them."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def balancer(**parts: Any) -> dict[str, Any]:
    """The attributes of a load balancer with parts."""
    found = Observer(LOAD_BALANCER).observe({"LoadBalancerArn": ARN, "Settings": [], **parts}, HERE)
    assert found is not None
    return found.attributes


def listener(**parts: Any) -> dict[str, Any]:
    """The attributes of a listener with parts."""
    found = Observer(LISTENER).observe({"ListenerArn": "listener", "Settings": [], "Parent": {}, **parts}, HERE)
    assert found is not None
    return found.attributes


def action(**parts: Any) -> dict[str, Any]:
    """A listener's only action."""
    actions: list[dict[str, Any]] = listener(DefaultActions=[parts])["default_action"]
    return actions[0]


def test_addresses_of_a_network_balancer() -> None:
    """Each zone is a subnet and a mapping, with the first address that AWS tells of it."""
    zones = [
        {
            "ZoneName": "a",
            "SubnetId": "subnet-a",
            "LoadBalancerAddresses": [
                {"AllocationId": "eipalloc-1", "PrivateIPv4Address": "10.0.0.5", "IPv6Address": "2001:db8::1"}
            ],
        },
        {"ZoneName": "b", "SubnetId": "subnet-b", "OutpostId": "op-1", "LoadBalancerAddresses": []},
    ]
    found = balancer(AvailabilityZones=zones)
    assert found["subnets"] == ["subnet-a", "subnet-b"]
    assert found["subnet_mapping"] == [
        {
            "allocation_id": "eipalloc-1",
            "ipv6_address": "2001:db8::1",
            "outpost_id": None,
            "private_ipv4_address": "10.0.0.5",
            "subnet_id": "subnet-a",
        },
        {
            "allocation_id": None,
            "ipv6_address": None,
            "outpost_id": "op-1",
            "private_ipv4_address": None,
            "subnet_id": "subnet-b",
        },
    ]


def test_capacity_pools_and_scheme() -> None:
    """What is reserved, where addresses come from and who can reach it are found where AWS tells them."""
    found = balancer(
        Scheme="internal",
        Capacity={"MinimumLoadBalancerCapacity": {"CapacityUnits": 500}},
        IpamPools={"Ipv4IpamPoolId": "ipam-pool-1"},
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="on",
        CustomerOwnedIpv4Pool="coip-1",
    )
    assert found["internal"] is True
    assert found["minimum_load_balancer_capacity"] == [{"capacity_units": 500}]
    assert found["ipam_pools"] == [{"ipv4_ipam_pool_id": "ipam-pool-1"}]
    assert found["enforce_security_group_inbound_rules_on_private_link_traffic"] == "on"
    assert found["customer_owned_ipv4_pool"] == "coip-1"
    bare = balancer(Scheme="internet-facing", Capacity={"CapacityReservationState": []})
    assert (bare["internal"], bare["minimum_load_balancer_capacity"], bare["ipam_pools"]) == (False, [], [])


def test_a_setting_that_a_kind_does_not_have_means_its_default() -> None:
    """A network balancer whose state holds the provider's defaults for application balancers has not changed."""
    recorded = {
        "client_keep_alive": 3600,
        "desync_mitigation_mode": "defensive",
        "enable_http2": True,
        "idle_timeout": 60,
        "xff_header_processing_mode": "append",
        "connection_logs": [],
        "access_logs": [{"bucket": "", "enabled": False, "prefix": ""}],
    }
    observed = balancer(Type="network", Settings=settings({"load_balancing.cross_zone.enabled": "true"}))
    assert observed["enable_cross_zone_load_balancing"] is True
    changes = Comparator(LOAD_BALANCER, AWS.schemas["aws_lb"]).compare(recorded, observed)
    assert [change.path for change in changes if change.classification == "drift"] == []


@pytest.mark.parametrize(("kind", "paths"), [("application", []), ("network", ["enable_cross_zone_load_balancing"])])
def test_an_application_balancer_always_crosses_zones(kind: str, paths: list[str]) -> None:
    """Cross-zone balancing is a choice for other kinds only: states that record an application's as false are right."""
    recorded = {"load_balancer_type": kind, "enable_cross_zone_load_balancing": False}
    observed = balancer(Type=kind, Settings=settings({"load_balancing.cross_zone.enabled": "true"}))
    changes = Comparator(LOAD_BALANCER, AWS.schemas["aws_lb"]).compare(recorded, observed)
    assert [change.path for change in changes if change.classification == "drift"] == paths


# Answers of DescribeListeners: AWS tells an action that forwards to one group in both forms.
ONE_GROUP = {
    "Type": "forward",
    "Order": 1,
    "TargetGroupArn": GROUP,
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": GROUP, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    },
}
TWO_GROUPS = {
    "Type": "forward",
    "Order": 1,
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": GROUP, "Weight": 1}, {"TargetGroupArn": "another", "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    },
}
AS_ARN = {"type": "forward", "order": 1, "target_group_arn": GROUP, "forward": []}
AS_BLOCK = {
    "type": "forward",
    "order": 1,
    "target_group_arn": "",
    "forward": [{"target_group": [{"arn": GROUP, "weight": 1}], "stickiness": []}],
}


@pytest.mark.parametrize(
    ("recorded", "answer", "paths"),
    [
        (AS_ARN, ONE_GROUP, []),
        (AS_BLOCK, ONE_GROUP, []),
        (AS_ARN, TWO_GROUPS, ["default_action[0].target_group_arn"]),
        # The second group that is there, after the one that is recorded.
        (AS_BLOCK, TWO_GROUPS, ["default_action[0].forward[0].target_group[2]"]),
        (AS_ARN, {**ONE_GROUP, "TargetGroupArn": "another"}, ["default_action[0].target_group_arn"]),
    ],
)
def test_a_forward_is_compared_in_the_form_that_was_written(recorded: Any, answer: Any, paths: list[str]) -> None:
    """A group as an ARN and as a block of one mean the same; another group is a change in the recorded form."""
    observed = listener(DefaultActions=[answer])
    changes = Comparator(LISTENER, AWS.schemas["aws_lb_listener"]).compare({"default_action": [recorded]}, observed)
    drifts = [change.path for change in changes if change.classification == "drift"]
    assert drifts == paths


def test_actions_come_in_their_order() -> None:
    """The order of actions is what they say, not how they are listed."""
    found = listener(DefaultActions=[{"Type": "forward", "Order": 2}, {"Type": "authenticate-oidc", "Order": 1}])
    assert [(action["type"], action["order"]) for action in found["default_action"]] == [
        ("authenticate-oidc", 1),
        ("forward", 2),
    ]


def test_authentication_never_has_the_secret() -> None:
    """A login is read with all that AWS tells of it; the client's secret is no attribute of it, so it never differs."""
    oidc = action(
        Type="authenticate-oidc",
        AuthenticateOidcConfig={
            "Issuer": "https://id",
            "AuthorizationEndpoint": "https://id/a",
            "TokenEndpoint": "https://id/t",
            "UserInfoEndpoint": "https://id/u",
            "ClientId": "client",
            "SessionCookieName": "session",
            "Scope": "openid",
            "SessionTimeout": 604800,
            "AuthenticationRequestExtraParams": {"prompt": "login"},
            "OnUnauthenticatedRequest": "authenticate",
        },
    )["authenticate_oidc"]
    assert oidc == [
        {
            "issuer": "https://id",
            "authorization_endpoint": "https://id/a",
            "token_endpoint": "https://id/t",
            "user_info_endpoint": "https://id/u",
            "client_id": "client",
            "session_cookie_name": "session",
            "scope": "openid",
            "session_timeout": 604800,
            "authentication_request_extra_params": {"prompt": "login"},
            "on_unauthenticated_request": "authenticate",
        }
    ]
    cognito = action(
        Type="authenticate-cognito",
        AuthenticateCognitoConfig={"UserPoolArn": "pool", "UserPoolClientId": "client", "UserPoolDomain": "domain"},
    )["authenticate_cognito"]
    assert {key: value for key, value in cognito[0].items() if value is not None} == {
        "user_pool_arn": "pool",
        "user_pool_client_id": "client",
        "user_pool_domain": "domain",
    }


@pytest.mark.parametrize(
    ("answer", "recorded", "paths"),
    [
        ({"Mode": "off"}, [], []),
        (None, [], []),
        ({"Mode": "off"}, [{"mode": "off", "trust_store_arn": "", "advertise_trust_store_ca_names": ""}], []),
        ({"Mode": "passthrough"}, [{"mode": "off"}], ["mutual_authentication[0].mode"]),
        (
            {"Mode": "verify", "TrustStoreArn": "b", "IgnoreClientCertificateExpiry": True},
            [{"mode": "verify", "trust_store_arn": "a", "ignore_client_certificate_expiry": False}],
            [
                "mutual_authentication[0].ignore_client_certificate_expiry",
                "mutual_authentication[0].trust_store_arn",
            ],
        ),
    ],
)
def test_mutual_authentication(answer: Any, recorded: Any, paths: list[str]) -> None:
    """No block, a listener that cannot authenticate its clients and one that does not mean the same."""
    observed = listener(MutualAuthentication=answer)
    changes = Comparator(LISTENER, AWS.schemas["aws_lb_listener"]).compare(
        {"mutual_authentication": recorded}, observed
    )
    assert [change.path for change in changes if change.classification == "drift"] == paths


@pytest.mark.parametrize("recorded", [None, "", "None"])
@pytest.mark.parametrize("answer", [None, [], ["None"]])
def test_no_negotiation_has_many_forms(recorded: Any, answer: Any) -> None:
    """A listener without a policy and one that says "None" negotiate alike; any other policy is a change."""
    comparator = Comparator(LISTENER, AWS.schemas["aws_lb_listener"])
    for policy, count in ((answer, 0), (["HTTP2Only"], 1)):
        changes = comparator.compare({"alpn_policy": recorded}, listener(AlpnPolicy=policy))
        assert len([change for change in changes if change.classification == "drift"]) == count


def test_listeners_of_each_protocol() -> None:
    """Certificate, protocol negotiation, headers and timeouts are read as AWS tells them, of a gateway nothing."""
    found = listener(
        Protocol="HTTPS",
        Port=443,
        SslPolicy="p",
        Certificates=[{"CertificateArn": "c"}],
        AlpnPolicy=["HTTP2Only"],
        Settings=settings(
            {
                "routing.http.response.server.enabled": "false",
                "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name": "X-Leaf",
                "routing.http.response.access_control_max_age.header_value": "60",
                "tcp.idle_timeout.seconds": "350",
            }
        ),
    )
    assert (found["port"], found["protocol"], found["ssl_policy"]) == (443, "HTTPS", "p")
    assert (found["certificate_arn"], found["alpn_policy"]) == ("c", "HTTP2Only")
    assert found["routing_http_response_server_enabled"] is False
    assert found["routing_http_request_x_amzn_mtls_clientcert_leaf_header_name"] == "X-Leaf"
    assert found["routing_http_response_access_control_max_age_header_value"] == "60"
    assert found["tcp_idle_timeout_seconds"] == 350
    secured = listener(Protocol="TLS", Settings=None)
    assert not {"tcp_idle_timeout_seconds", "routing_http_response_server_enabled"} & secured.keys()
    gateway = listener(DefaultActions=[ONE_GROUP], Settings=settings({"tcp.idle_timeout.seconds": "350"}))
    told = {name for name, value in gateway.items() if value not in (None, [], {})}
    assert told == {"arn", "id", "default_action", "tcp_idle_timeout_seconds"}


KINDS = {"app": ("application", "HTTP"), "net": ("network", "TLS"), "gwy": ("gateway", None)}


def _keys(attributes: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for attribute in map(as_attribute, attributes.values()):
        found |= set(re.findall(r"Key=='([^']+)'", str(attribute.path))) | _keys(attribute.nested or {})
    return found


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("aws_lb", "LoadBalancerAttribute"),
        ("aws_lb_listener", "ListenerAttribute"),
        ("aws_lb_target_group", "TargetGroupAttribute"),
    ],
)
def test_every_key_is_one_of_the_api(name: str, shape: str) -> None:
    """A key that is looked for among an object's settings is one that botocore's model documents."""
    model = botocore.session.Session().get_service_model("elbv2").shape_for(shape)
    documented = set(re.findall(r"<code>([\w.]+)</code>", model.members["Key"].documentation))
    assert _keys(AWS[name].attributes)
    assert not _keys(AWS[name].attributes) - documented


class FakeElb:
    """A balancer of each kind with a listener of its own; remembers which objects it was asked about."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.asked)

    async def pages(
        self, scope: Scope, operation: str, params: Mapping[str, Any], *, region: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """The answers; a balancer named ``gone`` was deleted since it was listed."""
        assert scope == HERE
        assert region is None
        subject = str(params.get("ListenerArn") or params.get("LoadBalancerArn") or params.get("ResourceArns") or "")
        self.asked.append((operation.partition(".")[2], subject))
        if operation == "elbv2.describe_listeners" and subject == "gone":
            raise ApiError(operation, "LoadBalancerNotFound", "unreachable", "no")
        if operation == "elbv2.describe_capacity_reservation":
            raise ApiError(operation, "InvalidAction", "unsupported", "not in this region")
        kinds = {**KINDS, "gone": ("gateway", None)}
        listeners = [{"ListenerArn": f"{subject}/1", "LoadBalancerArn": subject}]
        if subject in kinds and (protocol := kinds[subject][1]):
            listeners[0]["Protocol"] = protocol
        yield {
            "LoadBalancers": [{"LoadBalancerArn": name, "Type": kind} for name, (kind, _) in kinds.items()],
            "Listeners": listeners,
            "Attributes": [],
            "TagDescriptions": [{"Tags": [{"Key": "stage", "Value": "live"}]}],
            "ResourceTagMappingList": [
                {"ResourceARN": "app", "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]}
            ],
        }


def collected() -> tuple[FakeElb, dict[str, RemoteObject], list[Gap]]:
    """All balancers and listeners by id, and the gaps."""
    api = FakeElb()
    found: list[RemoteObject | Gap] = []
    asyncio.run(Collector(AWS, api, shard_of(HERE)).collect(["aws_lb", "aws_lb_listener"], found.append))
    objects = {item.id: item for item in found if isinstance(item, RemoteObject)}
    return api, objects, [item for item in found if isinstance(item, Gap)]


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("elbv2.k8s.aws/cluster", "Kubernetes cluster shop"),
        ("kubernetes.io/service-name", "Kubernetes service shop"),
        ("Name", None),
    ],
)
def test_what_a_controller_made_belongs_to_it(key: str, owner: str | None) -> None:
    """A balancer that Kubernetes made for an ingress or a service is nobody's to import."""
    found = Observer(LOAD_BALANCER).observe({"LoadBalancerArn": ARN, "Tags": [{"Key": key, "Value": "shop"}]}, HERE)
    assert found is not None
    assert found.owner == owner


def test_nothing_is_asked_that_a_kind_does_not_have() -> None:
    """Capacity is not asked of a gateway, attributes not of a TLS listener; a region without the first has no gap."""
    api, objects, gaps = collected()
    assert not gaps
    assert set(objects) == {"app", "net", "gwy", "gone", "app/1", "net/1", "gwy/1"}
    assert {subject for call, subject in api.asked if call == "describe_capacity_reservation"} == {"app", "net"}
    assert {subject for call, subject in api.asked if call == "describe_listener_attributes"} == {"app/1", "gwy/1"}
    assert api.calls == len(set(api.asked))
    assert [call for call, _ in api.asked].count("get_resources") == 1


def test_what_a_stack_made_belongs_to_it() -> None:
    """A balancer that a stack made is the stack's, and so is its listener, which bears no such tag."""
    _, objects, _ = collected()
    owners = {key: item.owner for key, item in objects.items() if item.owner}
    assert owners == {"app": "CloudFormation stack shop", "app/1": "CloudFormation stack shop"}
    assert objects["net/1"].attributes["tags_all"] == {"stage": "live"}
