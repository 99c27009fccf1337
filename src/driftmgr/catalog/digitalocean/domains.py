"""DNS: domains and their records. Source: the provider's ``domain/``; ``GET /v2/domains`` and its records."""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.words import apps, listed, urn
from driftmgr.catalog.entry import GLOBAL, HIGH, MEDIUM, Attribute, Join, ParentRef, ResourceType

_DOMAINS = listed("/v2/domains", "domains", "domain:read")
_NAMES_A_HOST = ("CNAME", "MX", "NS", "SRV", "CAA")

_FULL_NAME = "name == '@' && Parent.name || join('.', [name, Parent.name])"
_RECORDS = listed("/v2/domains/{domain}/records", "domain_records", "domain:read", given={"domain": "name"})


def _addresses(found: list[str] | None) -> str:
    return ", ".join(sorted(found or ()))


DOMAIN = ResourceType(
    name="digitalocean_domain",
    criticality=HIGH,
    reach=GLOBAL,
    list=_DOMAINS,
    details={"Records": _RECORDS},
    id="name",
    attributes={
        # The records of the name itself; a domain that is made with an address gets the first of them with it.
        "ip_address": Attribute("Records[?type=='A' && name=='@'].data", read=_addresses, when="ip_address"),
        "name": "name",
        "ttl": "ttl",
        "urn": urn("domain", "name"),
    },
)


def _value(record: Mapping[str, Any]) -> str | None:
    """The data of a record; a host's name gets back the dot that the API leaves out."""
    data: str | None = record["data"]
    is_host = record["type"] in _NAMES_A_HOST and data != "@" and record["tag"] != "iodef"
    return f"{data}." if data is not None and is_host else data


def _maker(found: Mapping[str, Any]) -> str | None:
    """What points a name at an app that has given App Platform the zone, or a certificate's at its load balancer."""
    if found["type"] in {"A", "AAAA", "CNAME"} and found["zone"] == found["domain"]:
        return "App Platform"
    return (
        f"load balancer {found['balancer']}" if found["type"] == "A" and found["name"] and found["balancer"] else None
    )


def _full_name(record: Mapping[str, Any]) -> str:
    name, domain = str(record["name"]), str(record["domain"])
    if name == "@":
        return domain
    return name.lower().removesuffix(".") if name.lower().endswith(f"{domain}.") else f"{name}.{domain}"


RECORD = ResourceType(
    name="digitalocean_record",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_DOMAINS,
    expand=_RECORDS,
    joins={
        "Zone": Join(
            call=apps("apps[].spec.domains[]", "app:read"),
            on="domain",
            to=_FULL_NAME,
            value="zone",
        ),
        # A load balancer with a certificate of Let's Encrypt makes records for its names, unless it is told not to.
        "Certified": Join(
            call=listed("/v2/certificates", "certificates[?type=='lets_encrypt'].dns_names[]", "certificate:read"),
            on="@",
            to=_FULL_NAME,
        ),
        "Balancer": Join(
            call=listed(
                "/v2/load_balancers", "load_balancers[?!disable_lets_encrypt_dns_records && ip]", "load_balancer:read"
            ),
            on="ip",
            to="data",
            value="name",
        ),
    },
    id="id",
    owner=Attribute("{zone: Zone, domain: Parent.name, type: type, name: Certified, balancer: Balancer}", read=_maker),
    # What every domain has from the beginning.
    is_default="type=='SOA' || (type=='NS' && name=='@' && ends_with(data || '', '.digitalocean.com'))",
    attributes={
        "domain": "Parent.name",
        "flags": Attribute("flags", default=0),
        "fqdn": Attribute("{name: name, domain: Parent.name}", read=_full_name),
        "name": "name",
        "port": Attribute("port", default=0),
        "priority": Attribute("priority", default=0),
        "tag": "tag",
        "ttl": Attribute("ttl", default=0),
        "type": "type",
        "value": Attribute("{data: data, type: type, tag: tag}", read=_value),
        "weight": Attribute("weight", default=0),
    },
    links={"apex_of": "(type=='A' && name=='@') && Parent.name || null"},
    parents=(
        ParentRef(type="digitalocean_domain", attribute="domain", by="name"),
        ParentRef(type="digitalocean_domain", attribute="apex_of", by="name", inline=("ip_address",)),
    ),
    import_id="{domain},{id}",
)
