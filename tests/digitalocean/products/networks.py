"""VPCs, reserved addresses, firewalls, load balancers."""

from typing import TYPE_CHECKING, Any

from digitalocean.actions import Deed, action, deed_of, links_of_new, read_action
from digitalocean.identity import ipv4_of, ipv6_of, uuid_of
from digitalocean.products.regions import region
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply

if TYPE_CHECKING:
    from digitalocean.cloud import Cloud

_VPCS = "/v2/vpcs"
_RESERVED = "/v2/reserved_ips"
_FLOATING = "/v2/floating_ips"
_RESERVED6 = "/v2/reserved_ipv6"


def default_vpc(cloud: "Cloud", where: str) -> Object:
    """The VPC that a region gets with its first object that names none."""
    found = cloud.find(_VPCS, region=where, default=True)
    return found or cloud.create(_VPCS, name=f"default-{where}", region=where, default=True)


def _new_vpc(call: Call) -> Object:
    identifier = uuid_of(call.seed)
    made = {
        "id": identifier,
        "urn": f"do:vpc:{identifier}",
        "created_at": NOW,
        "default": call.body.get("default", False),
        "description": call.body.get("description", ""),
    }
    return (
        made
        if call.body.get("ip_range")
        else made | {"ip_range": ipv4_of(call.seed, "10.0.0.0/8").rsplit(".", 2)[0] + ".0.0/20"}
    )


def _vpc_removed(call: Call, vpc: Object) -> None:
    members = [one for one in call.cloud.objects("/v2/droplets") if one["vpc_uuid"] == vpc["id"]]
    if members or vpc["default"]:
        raise ApiError(403, "Can not delete VPC with members" if members else "Can not delete default VPCs")


# Reserved addresses: stored with their Droplet's id, answered with the whole Droplet.


def _address(cloud: "Cloud", stored: Object) -> Object:
    shown = {name: value for name, value in stored.items() if name != "droplet_id"}
    droplet = cloud.find("/v2/droplets", id=stored["droplet_id"]) if stored.get("droplet_id") else None
    return shown | {"droplet": droplet}


def _droplet_of(call: Call) -> Object | None:
    number = call.body.get("droplet_id")
    return call.cloud.require("/v2/droplets", number) if number else None


def _new_address(call: Call) -> Object:
    droplet = _droplet_of(call)
    where = droplet["region"] if droplet else region(call.body["region"])
    return {
        "ip": ipv4_of(call.seed),
        "region": where,
        "droplet_id": droplet["id"] if droplet else None,
        "locked": False,
        "project_id": call.body.get("project_id") or call.cloud.default_project["id"],
    }


def _new_address6(call: Call) -> Object:
    return {"ip": ipv6_of(call.seed), "region_slug": call.body["region_slug"], "reserved_at": NOW, "droplet_id": None}


def _assign(call: Call, address: Object) -> None:
    droplet = _droplet_of(call)
    assert droplet is not None
    address["droplet_id"] = droplet["id"]


def _unassign(_: Call, address: Object) -> None:
    if address["droplet_id"] is None:
        raise ApiError(422, "The address is not assigned to a Droplet.")
    address["droplet_id"] = None


_ADDRESS_DEEDS: dict[str, Deed] = {"assign": _assign, "unassign": _unassign}


def _address_action(call: Call) -> Reply:
    kind = "reserved_ipv6" if call.path.startswith(_RESERVED6) else "reserved_ip"
    address = call.cloud.require(_RESERVED6 if kind == "reserved_ipv6" else _RESERVED, call.parameters["address"])
    deed_of(call, _ADDRESS_DEEDS)(call, address)
    where = address["region_slug"] if kind == "reserved_ipv6" else address["region"]["slug"]
    numbered = address["droplet_id"] or 0
    return Reply(status=201, body={"action": action(call, kind=kind, resource=numbered, where=where)})


def _as_floating(call: Call) -> Reply:
    """Floating IPs are reserved IPs under their former name."""
    path = call.path.replace(_FLOATING, _RESERVED)
    reply = call.cloud.answer(call.method, path, query=call.query, body=call.body, base=call.base)
    if not isinstance(reply.body, dict):
        return reply
    renamed = {name.replace("reserved_ip", "floating_ip"): value for name, value in reply.body.items()}
    if pages := renamed.get("links", {}).get("pages"):
        pages |= {name: link.replace(_RESERVED, _FLOATING) for name, link in pages.items()}
    return Reply(status=reply.status, body=renamed)


def _floating_paths() -> tuple[Endpoint, ...]:
    ways = {
        "": "GET POST",
        "/{address}": "GET DELETE",
        "/{address}/actions": "POST",
        "/{address}/actions/{action}": "GET",
    }
    return tuple(
        Endpoint(method=method, path=_FLOATING + path, answer=_as_floating)
        for path, methods in ways.items()
        for method in methods.split()
    )


# Firewalls.


def _all_ports(rules: list[Object] | None) -> list[Object]:
    """``all`` and ``0`` mean every port; the API answers ``0``, as it does for ICMP."""
    return [
        rule | {"ports": "0" if rule.get("ports") in {None, "", "all", "0"} else rule["ports"]} for rule in rules or ()
    ]


def _new_firewall(call: Call) -> Object:
    return {
        "id": uuid_of(call.seed),
        "status": "succeeded",
        "created_at": NOW,
        "pending_changes": [],
        **_firewall_lists(call.body),
    }


def _firewall_lists(body: Object) -> Object:
    return {
        "inbound_rules": _all_ports(body.get("inbound_rules")),
        "outbound_rules": _all_ports(body.get("outbound_rules")),
        "droplet_ids": list(body.get("droplet_ids") or ()),
        "tags": list(body.get("tags") or ()),
    }


def _firewall_changed(call: Call, firewall: Object) -> None:
    firewall |= _firewall_lists(call.body)


# Load balancers.

_BALANCER_DEFAULTS: dict[str, Any] = {
    "algorithm": "round_robin",
    "redirect_http_to_https": False,
    "enable_proxy_protocol": False,
    "enable_backend_keepalive": False,
    "disable_lets_encrypt_dns_records": False,
    "http_idle_timeout_seconds": 60,
    "network": "EXTERNAL",
    "network_stack": "IPV4",
    "type": "REGIONAL",
    "tls_cipher_policy": "DEFAULT",
    "sticky_sessions": {"type": "none"},
    "firewall": {"deny": [], "allow": []},
}
_HEALTH_CHECK = {
    "protocol": "http",
    "port": 80,
    "path": "/",
    "check_interval_seconds": 10,
    "response_timeout_seconds": 5,
    "unhealthy_threshold": 5,
    "healthy_threshold": 3,
}


def _new_balancer(call: Call) -> Object:
    body = call.body
    made: Object = {
        "id": uuid_of(call.seed),
        "status": "active",
        "created_at": NOW,
        "ip": ipv4_of(call.seed),
        "ipv6": ipv6_of(call.seed) if body.get("network_stack") == "DUALSTACK" else "",
        "tag": body.get("tag", ""),
        "forwarding_rules": list(body.get("forwarding_rules") or ()),
        "droplet_ids": _targets(call, body),
        "health_check": _health_check(body.get("health_check") or {}),
        "project_id": body.get("project_id") or call.cloud.default_project["id"],
    }
    if body.get("type") == "GLOBAL":
        return made
    where = body.get("region") or "nyc3"
    slug = body.get("size") or "lb-small"
    units = {"lb-small": 1, "lb-medium": 3, "lb-large": 6}[slug]
    return made | {
        "region": region(where),
        "size": slug,
        "size_unit": body.get("size_unit") or units,
        "vpc_uuid": body.get("vpc_uuid") or default_vpc(call.cloud, where)["id"],
    }


def _health_check(asked: Object) -> Object:
    """Only an HTTP check has a path."""
    check = _HEALTH_CHECK | asked
    return check if check["protocol"] != "tcp" else check | {"path": ""}


def _targets(call: Call, body: Object) -> list[int]:
    if not body.get("tag"):
        return list(body.get("droplet_ids") or ())
    return sorted(one["id"] for one in call.cloud.objects("/v2/droplets") if body["tag"] in one["tags"])


def _balancer_changed(call: Call, balancer: Object) -> None:
    if isinstance(balancer.get("region"), str):
        balancer["region"] = region(balancer["region"])
    balancer["droplet_ids"] = _targets(call, balancer)


PRODUCT = Product(
    collections=(
        Collection(path=_VPCS, many="vpcs", one="vpc", make=_new_vpc, removed=_vpc_removed),
        Collection(
            path=_RESERVED,
            many="reserved_ips",
            one="reserved_ip",
            id="ip",
            make=_new_address,
            view=_address,
            with_new=links_of_new("reserved_ip"),
            kind="floatingip",
            create_status=202,
            methods="list read make delete",
        ),
        Collection(
            path=_RESERVED6,
            many="reserved_ipv6s",
            one="reserved_ipv6",
            id="ip",
            make=_new_address6,
            view=_address,
            methods="list read make delete",
        ),
        Collection(
            path="/v2/firewalls",
            many="firewalls",
            one="firewall",
            make=_new_firewall,
            changed=_firewall_changed,
            create_status=202,
        ),
        Collection(
            path="/v2/load_balancers",
            many="load_balancers",
            one="load_balancer",
            defaults=_BALANCER_DEFAULTS,
            make=_new_balancer,
            changed=_balancer_changed,
            pending={"status": "new"},
            create_status=202,
            kind="loadbalancer",
        ),
    ),
    endpoints=(
        Endpoint(method="POST", path=_RESERVED + "/{address}/actions", answer=_address_action),
        Endpoint(method="GET", path=_RESERVED + "/{address}/actions/{action}", answer=read_action),
        Endpoint(method="POST", path=_RESERVED6 + "/{address}/actions", answer=_address_action),
        *_floating_paths(),
    ),
)
