"""Load balancers, listeners and target groups held to Terraform's provider."""

from typing import Any

from conformance.harness import Case, Finding

TYPES = ("aws_vpc", "aws_lb", "aws_lb_listener", "aws_lb_target_group")
ESTATE = """
resource "aws_vpc" "main" { cidr_block = "10.0.0.0/16" }
resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}
resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "us-east-1b"
}
resource "aws_security_group" "web" { vpc_id = aws_vpc.main.id }
resource "aws_security_group" "admin" { vpc_id = aws_vpc.main.id }

resource "aws_lb" "full" {
  name                                        = "full"
  internal                                    = true
  security_groups                             = [aws_security_group.web.id, aws_security_group.admin.id]
  subnets                                     = [aws_subnet.a.id, aws_subnet.b.id]
  ip_address_type                             = "ipv4"
  client_keep_alive                           = 7200
  desync_mitigation_mode                      = "strictest"
  drop_invalid_header_fields                  = true
  enable_deletion_protection                  = true
  enable_http2                                = false
  enable_tls_version_and_cipher_suite_headers = true
  enable_waf_fail_open                        = true
  enable_xff_client_port                      = true
  enable_zonal_shift                          = true
  idle_timeout                                = 120
  preserve_host_header                        = true
  xff_header_processing_mode                  = "preserve"
  access_logs {
    bucket  = "logs"
    prefix  = "full"
    enabled = true
  }
  connection_logs {
    bucket  = "logs"
    prefix  = "connections"
    enabled = true
  }
  tags = { Name = "full", stage = "live", cost = "42" }
}
# The older name of the same type.
resource "aws_alb" "bare" {
  name    = "bare"
  subnets = [aws_subnet.a.id, aws_subnet.b.id]
}
resource "aws_lb" "network" {
  name                             = "network"
  load_balancer_type               = "network"
  dns_record_client_routing_policy = "availability_zone_affinity"
  enable_cross_zone_load_balancing = true
  subnet_mapping { subnet_id = aws_subnet.a.id }
  subnet_mapping { subnet_id = aws_subnet.b.id }
}
resource "aws_lb" "gateway" {
  name               = "gateway"
  load_balancer_type = "gateway"
  subnets            = [aws_subnet.a.id]
}

resource "aws_lb_target_group" "web" {
  name                              = "web"
  port                              = 8080
  protocol                          = "HTTP"
  protocol_version                  = "HTTP2"
  vpc_id                            = aws_vpc.main.id
  target_type                       = "ip"
  ip_address_type                   = "ipv4"
  deregistration_delay              = 60
  load_balancing_algorithm_type     = "weighted_random"
  load_balancing_anomaly_mitigation = "on"
  load_balancing_cross_zone_enabled = "true"
  slow_start                        = 30
  health_check {
    enabled             = true
    healthy_threshold   = 4
    interval            = 15
    matcher             = "200-299"
    path                = "/health"
    port                = "9090"
    protocol            = "HTTP"
    timeout             = 6
    unhealthy_threshold = 5
  }
  stickiness {
    type            = "lb_cookie"
    cookie_duration = 600
  }
  target_group_health {
    dns_failover {
      minimum_healthy_targets_count      = "2"
      minimum_healthy_targets_percentage = "50"
    }
    unhealthy_state_routing {
      minimum_healthy_targets_count      = 1
      minimum_healthy_targets_percentage = "25"
    }
  }
  tags = { stage = "live", cost = "42" }
}
resource "aws_alb_target_group" "bare" {
  name     = "bare"
  port     = 80
  protocol = "HTTP"
  vpc_id   = aws_vpc.main.id
}
resource "aws_lb_target_group" "app_cookie" {
  name     = "app-cookie"
  port     = 80
  protocol = "HTTPS"
  vpc_id   = aws_vpc.main.id
  stickiness {
    type            = "app_cookie"
    cookie_name     = "session"
    cookie_duration = 900
  }
}
resource "aws_lb_target_group" "tcp" {
  name                   = "tcp"
  port                   = 5432
  protocol               = "TCP"
  vpc_id                 = aws_vpc.main.id
  connection_termination = true
  preserve_client_ip     = "true"
  proxy_protocol_v2      = true
  stickiness { type = "source_ip" }
  health_check { protocol = "TCP" }
  target_health_state {
    enable_unhealthy_connection_termination = false
    unhealthy_draining_interval             = 300
  }
}
resource "aws_lb_target_group" "udp" {
  name     = "udp"
  port     = 53
  protocol = "UDP"
  vpc_id   = aws_vpc.main.id
}
resource "aws_lb_target_group" "function" {
  name                               = "function"
  target_type                        = "lambda"
  lambda_multi_value_headers_enabled = true
  # A function has no such delay: the provider records it and never sends it.
  deregistration_delay = 45
}
resource "aws_lb_target_group" "behind" {
  name        = "behind"
  target_type = "alb"
  port        = 80
  protocol    = "TCP"
  vpc_id      = aws_vpc.main.id
}
resource "aws_lb_target_group" "appliances" {
  name     = "appliances"
  port     = 6081
  protocol = "GENEVE"
  vpc_id   = aws_vpc.main.id
  health_check {
    port     = 80
    protocol = "TCP"
  }
  target_failover {
    on_deregistration = "rebalance"
    on_unhealthy      = "rebalance"
  }
}

resource "aws_lb_listener" "forward" {
  load_balancer_arn = aws_lb.full.arn
  port              = 80
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
  tags = { stage = "live", cost = "42" }
}
resource "aws_lb_listener" "weighted" {
  load_balancer_arn = aws_lb.full.arn
  port              = 81
  protocol          = "HTTP"
  routing_http_response_server_enabled                         = true
  routing_http_response_strict_transport_security_header_value = "max-age=86400"
  default_action {
    type = "forward"
    forward {
      target_group {
        arn    = aws_lb_target_group.web.arn
        weight = 80
      }
      target_group {
        arn    = aws_alb_target_group.bare.arn
        weight = 20
      }
      stickiness {
        enabled  = true
        duration = 600
      }
    }
  }
}
resource "aws_lb_listener" "secure" {
  load_balancer_arn = aws_lb.full.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = "CERTIFICATE"
  ssl_policy        = "ELBSecurityPolicy-TLS-1-2-2017-01"
  routing_http_request_x_amzn_tls_version_header_name = "X-Version"
  default_action {
    type  = "authenticate-oidc"
    order = 1
    authenticate_oidc {
      authorization_endpoint     = "https://login.example.com/authorize"
      client_id                  = "shop"
      client_secret              = "never told"
      issuer                     = "https://login.example.com"
      token_endpoint             = "https://login.example.com/token"
      user_info_endpoint         = "https://login.example.com/user"
      on_unauthenticated_request = "deny"
      scope                      = "openid"
      session_cookie_name        = "session"
      session_timeout            = 3600
      authentication_request_extra_params = { prompt = "login" }
    }
  }
  default_action {
    type  = "fixed-response"
    order = 2
    fixed_response {
      content_type = "text/plain"
      message_body = "closed"
      status_code  = "503"
    }
  }
}
resource "aws_lb_listener" "cognito" {
  load_balancer_arn = aws_lb.full.arn
  port              = 444
  protocol          = "HTTPS"
  certificate_arn   = "CERTIFICATE"
  default_action {
    type = "authenticate-cognito"
    authenticate_cognito {
      user_pool_arn       = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_abc"
      user_pool_client_id = "client"
      user_pool_domain    = "domain"
    }
  }
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.web.arn
  }
}
resource "aws_alb_listener" "redirect" {
  load_balancer_arn = aws_alb.bare.arn
  port              = 80
  default_action {
    type = "redirect"
    redirect {
      port        = "443"
      protocol    = "HTTPS"
      status_code = "HTTP_301"
    }
  }
}
resource "aws_lb_listener" "tcp" {
  load_balancer_arn        = aws_lb.network.arn
  port                     = 5432
  protocol                 = "TCP"
  tcp_idle_timeout_seconds = 600
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.tcp.arn
  }
}
resource "aws_lb_listener" "tls" {
  load_balancer_arn = aws_lb.network.arn
  port              = 443
  protocol          = "TLS"
  certificate_arn   = "CERTIFICATE"
  alpn_policy       = "HTTP2Preferred"
  default_action {
    type = "forward"
    forward {
      target_group { arn = aws_lb_target_group.tcp.arn }
    }
  }
}
"""


def settings(**values: str) -> list[dict[str, str]]:
    """Keys and values as the API takes them; ``__`` stands for a dot."""
    return [{"Key": key.replace("__", "."), "Value": value} for key, value in values.items()]


def rearrange(case: Case) -> None:
    """Say the same in another order: subnets, security groups, target groups of an action, actions of a listener."""
    elb = case.client("elbv2")
    full, bare = case.recorded("aws_lb.full"), case.recorded("aws_alb.bare")
    elb.set_subnets(LoadBalancerArn=bare["arn"], Subnets=bare["subnets"][::-1])
    elb.set_security_groups(LoadBalancerArn=full["arn"], SecurityGroups=full["security_groups"][::-1])
    weighted, cognito = case.recorded("aws_lb_listener.weighted"), case.recorded("aws_lb_listener.cognito")
    elb.modify_listener(ListenerArn=weighted["arn"], DefaultActions=[forward_to(weighted, 80, 20)])
    actions = elb.describe_listeners(ListenerArns=[cognito["arn"]])["Listeners"][0]["DefaultActions"]
    elb.modify_listener(ListenerArn=cognito["arn"], DefaultActions=actions[::-1])


def forward_to(listener: dict[str, Any], web: int, bare: int, *, seconds: int = 600) -> dict[str, Any]:
    """The action of the weighted listener with other weights for its groups, which are recorded with 80 and 20."""
    groups = listener["default_action"][0]["forward"][0]["target_group"]
    arn = {group["weight"]: group["arn"] for group in groups}
    return {
        "Type": "forward",
        "Order": 1,
        "ForwardConfig": {
            "TargetGroups": [
                {"TargetGroupArn": arn[80], "Weight": web},
                {"TargetGroupArn": arn[20], "Weight": bare},
            ],
            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": seconds},
        },
    }


def members_of_sets(case: Case) -> set[Finding]:
    """What was changed inside sets, whose recorded order is the provider's."""
    groups = case.recorded("aws_lb.full")["security_groups"]
    removed = groups.index(case.recorded("aws_security_group.admin")["id"])
    weighted = case.recorded("aws_lb_listener.weighted")["default_action"][0]["forward"][0]["target_group"]
    lighter = [group["weight"] for group in weighted].index(20)
    group = f"default_action[0].forward[0].target_group[{lighter}]"
    return {
        ("changed", "aws_lb.full", f"security_groups[{removed}]"),
        ("changed", "aws_lb_listener.weighted", f"{group}.weight"),
    }


def change_balancers(case: Case, subnet: str) -> None:
    """Change what a load balancer can be told, and delete one."""
    elb = case.client("elbv2")
    full, bare, network = (case.recorded(name)["arn"] for name in ("aws_lb.full", "aws_alb.bare", "aws_lb.network"))
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=full,
        Attributes=settings(
            idle_timeout__timeout_seconds="90",
            client_keep_alive__seconds="3600",
            routing__http__desync_mitigation_mode="monitor",
            routing__http2__enabled="true",
            deletion_protection__enabled="false",
            waf__fail_open__enabled="false",
            access_logs__s3__prefix="elsewhere",
            connection_logs__s3__enabled="false",
        ),
    )
    elb.set_security_groups(LoadBalancerArn=full, SecurityGroups=[case.recorded("aws_security_group.web")["id"]])
    elb.set_ip_address_type(LoadBalancerArn=full, IpAddressType="dualstack")
    elb.add_tags(ResourceArns=[full], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    elb.remove_tags(ResourceArns=[full], TagKeys=["cost"])
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=bare,
        Attributes=settings(access_logs__s3__enabled="true", access_logs__s3__bucket="logs"),
    )
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=network,
        Attributes=settings(
            load_balancing__cross_zone__enabled="false", dns_record__client_routing_policy="any_availability_zone"
        ),
    )
    elb.set_subnets(LoadBalancerArn=network, Subnets=[*case.recorded("aws_lb.network")["subnets"], subnet])
    elb.delete_load_balancer(LoadBalancerArn=case.recorded("aws_lb.gateway")["arn"])


CHANGED_BALANCERS: set[Finding] = {
    ("changed", "aws_lb.full", "idle_timeout"),
    ("changed", "aws_lb.full", "client_keep_alive"),
    ("changed", "aws_lb.full", "desync_mitigation_mode"),
    ("changed", "aws_lb.full", "enable_http2"),
    ("changed", "aws_lb.full", "enable_deletion_protection"),
    ("changed", "aws_lb.full", "enable_waf_fail_open"),
    ("changed", "aws_lb.full", "access_logs[0].prefix"),
    ("changed", "aws_lb.full", "connection_logs[0].enabled"),
    ("changed", "aws_lb.full", "ip_address_type"),
    ("changed", "aws_lb.full", 'tags_all["stage"]'),
    ("changed", "aws_lb.full", 'tags_all["by"]'),
    ("changed", "aws_lb.full", 'tags_all["cost"]'),
    ("changed", "aws_alb.bare", "access_logs[0].enabled"),
    ("changed", "aws_alb.bare", "access_logs[0].bucket"),
    ("changed", "aws_lb.network", "enable_cross_zone_load_balancing"),
    ("changed", "aws_lb.network", "dns_record_client_routing_policy"),
    ("changed", "aws_lb.network", "subnets[4]"),
    ("changed", "aws_lb.network", "subnet_mapping[4]"),
    ("missing", "aws_lb.gateway"),
}


def change_listeners(case: Case) -> None:
    """Change what a listener can be told, and delete one."""
    elb = case.client("elbv2")
    recorded = {
        name: case.recorded(f"aws_lb_listener.{name}")
        for name in ("forward", "weighted", "secure", "cognito", "tcp", "tls")
    }
    redirect = case.recorded("aws_alb_listener.redirect")["arn"]
    arn = {name: listener["arn"] for name, listener in recorded.items()}
    answer = {"StatusCode": "404", "ContentType": "text/plain"}
    elb.modify_listener(
        ListenerArn=arn["forward"],
        DefaultActions=[{"Type": "fixed-response", "Order": 1, "FixedResponseConfig": answer}],
    )
    elb.add_tags(
        ResourceArns=[arn["forward"]], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}]
    )
    elb.remove_tags(ResourceArns=[arn["forward"]], TagKeys=["cost"])
    elb.modify_listener(
        ListenerArn=arn["weighted"], DefaultActions=[forward_to(recorded["weighted"], 80, 40, seconds=300)]
    )
    elb.modify_listener_attributes(
        ListenerArn=arn["weighted"],
        Attributes=settings(
            routing__http__response__server__enabled="false",
            routing__http__response__strict_transport_security__header_value="",
            routing__http__response__x_frame_options__header_value="DENY",
        ),
    )
    login, closed = elb.describe_listeners(ListenerArns=[arn["secure"]])["Listeners"][0]["DefaultActions"]
    oidc = {**login["AuthenticateOidcConfig"], "Scope": "openid email", "ClientSecret": "another"}
    elb.modify_listener(
        ListenerArn=arn["secure"],
        SslPolicy="ELBSecurityPolicy-2016-08",
        DefaultActions=[{**login, "AuthenticateOidcConfig": oidc}, closed],
    )
    actions = elb.describe_listeners(ListenerArns=[arn["cognito"]])["Listeners"][0]["DefaultActions"]
    elb.modify_listener(
        ListenerArn=arn["cognito"], DefaultActions=[action for action in actions if action["Type"] == "forward"]
    )
    to = {"Port": "443", "Protocol": "HTTPS", "Host": "www.example.com", "StatusCode": "HTTP_302"}
    to |= {"Path": "/#{path}", "Query": "#{query}"}
    elb.modify_listener(ListenerArn=redirect, DefaultActions=[{"Type": "redirect", "Order": 1, "RedirectConfig": to}])
    other = case.recorded("aws_lb_target_group.udp")["arn"]
    elb.modify_listener(
        ListenerArn=arn["tcp"],
        Port=5433,
        DefaultActions=[{"Type": "forward", "Order": 1, "TargetGroupArn": other}],
    )
    elb.modify_listener_attributes(ListenerArn=arn["tcp"], Attributes=settings(tcp__idle_timeout__seconds="100"))
    elb.delete_listener(ListenerArn=arn["tls"])


CHANGED_LISTENERS: set[Finding] = {
    ("changed", "aws_lb_listener.forward", "default_action[0].type"),
    ("changed", "aws_lb_listener.forward", "default_action[0].target_group_arn"),
    ("changed", "aws_lb_listener.forward", "default_action[0].fixed_response[0]"),
    ("changed", "aws_lb_listener.forward", 'tags_all["stage"]'),
    ("changed", "aws_lb_listener.forward", 'tags_all["by"]'),
    ("changed", "aws_lb_listener.forward", 'tags_all["cost"]'),
    ("changed", "aws_lb_listener.weighted", "default_action[0].forward[0].stickiness[0].duration"),
    ("changed", "aws_lb_listener.weighted", "routing_http_response_server_enabled"),
    ("changed", "aws_lb_listener.weighted", "routing_http_response_strict_transport_security_header_value"),
    ("changed", "aws_lb_listener.weighted", "routing_http_response_x_frame_options_header_value"),
    ("changed", "aws_lb_listener.secure", "ssl_policy"),
    ("changed", "aws_lb_listener.secure", "default_action[0].authenticate_oidc[0].scope"),
    ("changed", "aws_lb_listener.cognito", "default_action[0]"),
    ("changed", "aws_alb_listener.redirect", "default_action[0].redirect[0].host"),
    ("changed", "aws_alb_listener.redirect", "default_action[0].redirect[0].status_code"),
    ("changed", "aws_lb_listener.tcp", "port"),
    ("changed", "aws_lb_listener.tcp", "default_action[0].target_group_arn"),
    ("changed", "aws_lb_listener.tcp", "tcp_idle_timeout_seconds"),
    ("missing", "aws_lb_listener.tls"),
}


def change_groups(case: Case) -> None:
    """Change what a target group can be told, and delete one."""
    elb = case.client("elbv2")
    names = ("web", "app_cookie", "tcp", "function", "appliances")
    arn = {name: case.recorded(f"aws_lb_target_group.{name}")["arn"] for name in names}
    bare = case.recorded("aws_alb_target_group.bare")["arn"]

    def change(group: str, **values: str) -> None:
        elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=settings(**values))

    elb.modify_target_group(
        TargetGroupArn=arn["web"],
        HealthCheckPath="/",
        HealthCheckIntervalSeconds=20,
        HealthyThresholdCount=2,
        Matcher={"HttpCode": "200"},
    )
    change(
        arn["web"],
        deregistration_delay__timeout_seconds="300",
        load_balancing__algorithm__type="round_robin",
        load_balancing__algorithm__anomaly_mitigation="off",
        slow_start__duration_seconds="0",
        stickiness__enabled="false",
        stickiness__lb_cookie__duration_seconds="60",
        target_group_health__dns_failover__minimum_healthy_targets__count="off",
        target_group_health__unhealthy_state_routing__minimum_healthy_targets__count="3",
    )
    elb.add_tags(ResourceArns=[arn["web"]], Tags=[{"Key": "stage", "Value": "test"}, {"Key": "by", "Value": "hand"}])
    elb.remove_tags(ResourceArns=[arn["web"]], TagKeys=["cost"])
    change(bare, slow_start__duration_seconds="60", load_balancing__cross_zone__enabled="false")
    change(arn["app_cookie"], stickiness__app_cookie__cookie_name="other")
    change(
        arn["tcp"],
        preserve_client_ip__enabled="false",
        target_health_state__unhealthy__connection_termination__enabled="true",
        target_health_state__unhealthy__draining_interval_seconds="0",
    )
    change(arn["function"], lambda__multi_value_headers__enabled="false")
    change(arn["appliances"], target_failover__on_unhealthy="no_rebalance")


CHANGED_GROUPS: set[Finding] = {
    ("changed", "aws_lb_target_group.web", "health_check[0].path"),
    ("changed", "aws_lb_target_group.web", "health_check[0].interval"),
    ("changed", "aws_lb_target_group.web", "health_check[0].healthy_threshold"),
    ("changed", "aws_lb_target_group.web", "health_check[0].matcher"),
    ("changed", "aws_lb_target_group.web", "deregistration_delay"),
    ("changed", "aws_lb_target_group.web", "load_balancing_algorithm_type"),
    ("changed", "aws_lb_target_group.web", "load_balancing_anomaly_mitigation"),
    ("changed", "aws_lb_target_group.web", "slow_start"),
    ("changed", "aws_lb_target_group.web", "stickiness[0].enabled"),
    ("changed", "aws_lb_target_group.web", "stickiness[0].cookie_duration"),
    (
        "changed",
        "aws_lb_target_group.web",
        "target_group_health[0].dns_failover[0].minimum_healthy_targets_count",
    ),
    (
        "changed",
        "aws_lb_target_group.web",
        "target_group_health[0].unhealthy_state_routing[0].minimum_healthy_targets_count",
    ),
    ("changed", "aws_lb_target_group.web", 'tags_all["stage"]'),
    ("changed", "aws_lb_target_group.web", 'tags_all["by"]'),
    ("changed", "aws_lb_target_group.web", 'tags_all["cost"]'),
    ("changed", "aws_alb_target_group.bare", "slow_start"),
    ("changed", "aws_alb_target_group.bare", "load_balancing_cross_zone_enabled"),
    ("changed", "aws_lb_target_group.app_cookie", "stickiness[0].cookie_name"),
    ("changed", "aws_lb_target_group.tcp", "preserve_client_ip"),
    ("changed", "aws_lb_target_group.tcp", "target_health_state[0].enable_unhealthy_connection_termination"),
    ("changed", "aws_lb_target_group.tcp", "target_health_state[0].unhealthy_draining_interval"),
    ("changed", "aws_lb_target_group.function", "lambda_multi_value_headers_enabled"),
    ("changed", "aws_lb_target_group.appliances", "target_failover[0].on_unhealthy"),
    ("missing", "aws_lb_target_group.behind"),
}


def test_balancers_agree_with_terraform(case: Case) -> None:
    """Silent after apply and after a new order; then exactly what was changed behind its back."""
    certificate = case.client("acm").request_certificate(DomainName="shop.example.com")["CertificateArn"]
    case.apply(ESTATE.replace("CERTIFICATE", certificate), default_tags={"owner": "platform"})
    clean = case.detect(types=TYPES)
    case.assert_silent(clean)
    case.compare_with_referee(clean)

    rearrange(case)
    case.assert_silent(case.detect(types=TYPES))

    elb, bare = case.client("elbv2"), case.recorded("aws_alb.bare")
    subnet = case.client("ec2").create_subnet(
        VpcId=case.recorded("aws_vpc.main")["id"], CidrBlock="10.0.3.0/24", AvailabilityZone="us-east-1c"
    )["Subnet"]["SubnetId"]
    change_balancers(case, subnet)
    change_listeners(case)
    change_groups(case)
    elb.delete_target_group(TargetGroupArn=case.recorded("aws_lb_target_group.behind")["arn"])
    closed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain"}}]
    stranger = elb.create_load_balancer(Name="stranger", Subnets=bare["subnets"])["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="stranger", Protocol="HTTP", Port=80, VpcId=bare["vpc_id"])["TargetGroups"][0]
    listener = elb.create_listener(LoadBalancerArn=bare["arn"], Protocol="HTTP", Port=8080, DefaultActions=closed)
    changed = case.detect(types=TYPES)
    case.assert_exactly(
        changed,
        CHANGED_BALANCERS
        | CHANGED_LISTENERS
        | CHANGED_GROUPS
        | members_of_sets(case)
        | {
            ("unmanaged", "aws_lb", stranger, "aws_vpc.main"),
            ("unmanaged", "aws_lb_target_group", group["TargetGroupArn"], "aws_vpc.main"),
            ("unmanaged", "aws_lb_listener", listener["Listeners"][0]["ListenerArn"], "aws_alb.bare"),
        },
    )
    case.compare_with_referee(changed)
