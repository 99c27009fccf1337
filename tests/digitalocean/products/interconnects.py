"""VPC peerings, NAT gateways, partner attachments and prefixes of one's own."""

from digitalocean.identity import ipv4_of, uuid_of
from digitalocean.shapes import NOW, Call, Collection, Endpoint, Object, Product, Reply

_PREFIXES = "/v2/byoip_prefixes"
_ATTACHMENTS = "/v2/partner_network_connect/attachments"


def _new_peering(call: Call) -> Object:
    for vpc in call.body["vpc_ids"]:
        call.cloud.require("/v2/vpcs", vpc)
    return {"id": uuid_of(call.seed), "created_at": NOW, "status": "ACTIVE"}


def _new_gateway(call: Call) -> Object:
    body = call.body
    vpcs = [vpc | {"gateway_ip": ipv4_of(f"{call.seed}{at}", "10.118.0.0/20")} for at, vpc in enumerate(body["vpcs"])]
    return {
        "id": uuid_of(call.seed),
        "state": "ACTIVE",
        "vpcs": vpcs,
        "egresses": body.get("egresses") or {"public_gateways": [{"ipv4": ipv4_of(call.seed)}]},
        "udp_timeout_seconds": body.get("udp_timeout_seconds") or 30,
        "icmp_timeout_seconds": body.get("icmp_timeout_seconds") or 30,
        "tcp_timeout_seconds": body.get("tcp_timeout_seconds") or 30,
        "created_at": NOW,
        "updated_at": NOW,
        "project_id": body.get("project_id") or call.cloud.default_project["id"],
    }


def _new_attachment(call: Call) -> Object:
    body = call.body
    router = body.get("bgp") or {}
    asked = {
        "local_router_ip": router.get("local_router_ip"),
        "peer_asn": router.get("peer_router_asn") or router.get("peer_asn"),
        "peer_router_ip": router.get("peer_router_ip"),
    }
    bgp = {name: value for name, value in asked.items() if value}
    made = {
        "id": uuid_of(call.seed),
        "state": "CREATED",
        "bgp": bgp and {"local_asn": 64532, **bgp},
        "created_at": NOW,
        "redundancy_zone": body.get("redundancy_zone") or "MEGAPORT_BLUE",
        "parent_uuid": body.get("parent_uuid", ""),
    }
    if parent := body.get("parent_uuid"):
        call.cloud.require(_ATTACHMENTS, parent)["children"] = [made["id"]]
    return made


def _key(call: Call) -> Reply:
    call.cloud.require(_ATTACHMENTS, call.parameters["attachment"])
    return Reply(body={"bgp_auth_key": {"value": "simulated"}})


def _new_prefix(call: Call) -> Object:
    return {
        "uuid": uuid_of(call.seed),
        "name": "",
        "status": "active",
        "validations": [],
        "failure_reason": "",
        "locked": False,
        "advertised": False,
        "project_id": call.cloud.default_project["id"],
    }


def _bring_prefix(call: Call) -> Reply:
    stored = call.cloud.create(_PREFIXES, **call.body)
    told = {"uuid": stored["uuid"], "region": stored["region"], "status": "in_progress"}
    # The document shows the members bare; the service's own Go client reads them wrapped.
    return Reply(status=202, body=told | {"byoip_prefix": told})


def _advertised(call: Call, prefix: Object) -> None:
    prefix["advertised"] = prefix.pop("advertise", prefix["advertised"])


PRODUCT = Product(
    collections=(
        Collection(
            path="/v2/vpc_peerings",
            many="vpc_peerings",
            one="vpc_peering",
            make=_new_peering,
            pending={"status": "PROVISIONING"},
            create_status=202,
            delete_status=202,
        ),
        Collection(
            path="/v2/vpc_nat_gateways",
            many="vpc_nat_gateways",
            one="vpc_nat_gateway",
            make=_new_gateway,
            pending={"state": "NEW"},
            create_status=202,
            delete_status=202,
        ),
        Collection(
            path=_ATTACHMENTS,
            many="partner_attachments",
            one="partner_attachment",
            unstored=("bgp",),
            make=_new_attachment,
            pending={"state": "CREATING"},
            create_status=202,
            update_status=202,
            delete_status=202,
        ),
        Collection(
            path=_PREFIXES,
            many="byoip_prefixes",
            one="byoip_prefix",
            id="uuid",
            unstored=("signature",),
            make=_new_prefix,
            changed=_advertised,
            update_status=202,
            delete_status=202,
            methods="list read change delete",
        ),
    ),
    endpoints=(
        Endpoint(method="POST", path=_PREFIXES, answer=_bring_prefix),
        Endpoint(method="GET", path=_ATTACHMENTS + "/{attachment}/bgp_auth_key", answer=_key),
    ),
)
