"""SSH keys, tags, projects, domains and their records."""

import hashlib
from typing import TYPE_CHECKING

from digitalocean.identity import number_of, uuid_of
from digitalocean.shapes import NOW, ApiError, Call, Collection, Endpoint, Object, Product, Reply

if TYPE_CHECKING:
    from digitalocean.cloud import Cloud

_PROJECTS = "/v2/projects"
_TAGS = "/v2/tags"
# The document spells one of them "imgages"; the service and its clients say "images".
_COUNTED = {
    "droplets": "droplets",
    "images": "images",
    "volumes": "volumes",
    "snapshots": "volume_snapshots",
    "databases": "databases",
}


def _new_key(call: Call) -> Object:
    material = hashlib.md5(call.body["public_key"].encode(), usedforsecurity=False).hexdigest()
    pairs = [material[at : at + 2] for at in range(0, 32, 2)]
    return {"id": number_of(call.seed), "fingerprint": ":".join(pairs)}


def _new_tag(call: Call) -> Object:
    return {"name": call.body["name"]}


def _counted_tag(cloud: "Cloud", stored: Object) -> Object:
    counts = dict.fromkeys(_COUNTED.values(), 0)
    for collection, _ in cloud.tagged(stored["name"]):
        if kind := _COUNTED.get(collection.many):
            counts[kind] += 1
    return {
        "name": stored["name"],
        "resources": {"count": sum(counts.values())} | {kind: {"count": count} for kind, count in counts.items()},
    }


def _tag_removed(call: Call, tag: Object) -> None:
    for _, one in call.cloud.tagged(tag["name"]):
        one["tags"].remove(tag["name"])


def _tag_resources(call: Call) -> Reply:
    name = call.parameters["tag"]
    call.cloud.require(_TAGS, name)
    paths = {
        "droplet": "/v2/droplets",
        "image": "/v2/images",
        "volume": "/v2/volumes",
        "volume_snapshot": "/v2/snapshots",
        "database": "/v2/databases",
    }
    for resource in call.body["resources"]:
        tagged = call.cloud.require(paths[resource["resource_type"]], resource["resource_id"])
        others = [tag for tag in tagged.get("tags") or () if tag != name]
        tagged["tags"] = [*others, name] if call.method == "POST" else others
    return Reply(status=204)


def _new_project(call: Call) -> Object:
    body = call.body
    return {
        "id": uuid_of(call.seed),
        "owner_uuid": "0f0e8f0b-7a30-4f93-9ba2-1c8b8c6a3a57",
        "owner_id": 258992,
        "description": body.get("description", ""),
        "environment": body.get("environment", ""),
        "is_default": body.get("is_default", False),
        "created_at": NOW,
        "updated_at": NOW,
    }


def _project_changed(call: Call, project: Object) -> None:
    if project["is_default"]:
        for other in call.cloud.objects(_PROJECTS):
            other["is_default"] = other["id"] == project["id"]


def _project_removed(call: Call, project: Object) -> None:
    if call.cloud.objects(f"{_PROJECTS}/{project['id']}/resources"):
        raise ApiError(412, "cannot delete a project with resources")


def _project_id(call: Call) -> str:
    wanted = call.parameters.get("project", "default")
    project = call.cloud.default_project if wanted == "default" else call.cloud.require(_PROJECTS, wanted)
    return str(project["id"])


def _default_project(call: Call) -> Reply:
    path = f"{_PROJECTS}/{call.cloud.default_project['id']}"
    return call.cloud.answer(call.method, path, query=call.query, body=call.body, base=call.base)


def _assign(call: Call) -> Reply:
    home = _project_id(call)
    for urn in call.body["resources"]:
        call.cloud.in_project(urn, home)
    held = call.cloud.objects(f"{_PROJECTS}/{home}/resources")
    moved = [one | {"status": "assigned"} for one in held if one["urn"] in call.body["resources"]]
    return Reply(body={"resources": moved})


def _default_resources(call: Call) -> Reply:
    return call.cloud.answer("GET", f"{_PROJECTS}/{_project_id(call)}/resources", query=call.query, base=call.base)


# Domains.

_RECORD_MEMBERS = dict.fromkeys(("priority", "port", "weight", "flags", "tag"))


def _new_domain(call: Call) -> Object:
    name = call.body["name"]
    lines = [
        f"$ORIGIN {name}.",
        "$TTL 1800",
        f"{name}. IN SOA ns1.digitalocean.com. hostmaster.{name}. 1 10800 3600 604800 1800",
    ]
    lines += [f"{name}. 1800 IN NS {server}." for server in _SERVERS]
    return {"name": name, "ttl": 1800, "zone_file": "\n".join(lines) + "\n"}


_SERVERS = ("ns1.digitalocean.com", "ns2.digitalocean.com", "ns3.digitalocean.com")


def _domain_made(call: Call, domain: Object) -> None:
    path = f"/v2/domains/{domain['name']}/records"
    call.cloud.create(path, type="SOA", name="@", data="1800", ttl=1800)
    for server in _SERVERS:
        call.cloud.create(path, type="NS", name="@", data=server, ttl=1800)
    if address := call.body.get("ip_address"):
        call.cloud.create(path, type="A", name="@", data=address, ttl=1800)


_ABSOLUTE = {"CNAME", "MX", "NS", "SRV", "CAA"}


def _new_record(call: Call) -> Object:
    """Host names are answered without the closing dot that a request must write."""
    body = call.body
    data = body["data"].removesuffix(".") if body["type"] in _ABSOLUTE else body["data"]
    return {"id": number_of(call.seed), "data": data, "ttl": body.get("ttl") or 1800}


def _record_changed(_: Call, record: Object) -> None:
    if record["type"] in _ABSOLUTE:
        record["data"] = record["data"].removesuffix(".")


PRODUCT = Product(
    collections=(
        Collection(path="/v2/account/keys", many="ssh_keys", one="ssh_key", make=_new_key, also_by=("fingerprint",)),
        Collection(
            path=_TAGS,
            many="tags",
            one="tag",
            id="name",
            make=_new_tag,
            view=_counted_tag,
            removed=_tag_removed,
            methods="list read make delete",
        ),
        Collection(
            path=_PROJECTS,
            many="projects",
            one="project",
            make=_new_project,
            made=_project_changed,
            changed=_project_changed,
            removed=_project_removed,
        ),
        Collection(path=_PROJECTS + "/{project}/resources", many="resources", id="urn", methods="list"),
        Collection(
            path="/v2/domains",
            many="domains",
            one="domain",
            id="name",
            unstored=("ip_address",),
            make=_new_domain,
            made=_domain_made,
            kind="domain",
            methods="list read make delete",
        ),
        Collection(
            path="/v2/domains/{domain}/records",
            many="domain_records",
            one="domain_record",
            defaults=_RECORD_MEMBERS,
            make=_new_record,
            changed=_record_changed,
            filters={"name": "name", "type": "type"},
        ),
    ),
    endpoints=(
        Endpoint(method="POST", path=_TAGS + "/{tag}/resources", answer=_tag_resources),
        Endpoint(method="DELETE", path=_TAGS + "/{tag}/resources", answer=_tag_resources),
        Endpoint(method="GET", path=_PROJECTS + "/default", answer=_default_project),
        Endpoint(method="PUT", path=_PROJECTS + "/default", answer=_default_project),
        Endpoint(method="PATCH", path=_PROJECTS + "/default", answer=_default_project),
        Endpoint(method="GET", path=_PROJECTS + "/default/resources", answer=_default_resources),
        Endpoint(method="POST", path=_PROJECTS + "/{project}/resources", answer=_assign),
    ),
)
