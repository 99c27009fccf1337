"""Actions: whatever is asked for is done at once, and the action says so."""

from collections.abc import Callable

import msgspec

from digitalocean.identity import number_of
from digitalocean.products.regions import region
from digitalocean.shapes import NOW, ApiError, Call, Object, Reply

Deed = Callable[[Call, Object], None]


def links_of_new(kind: str) -> Callable[[Call, Object], Object]:
    """The link to the action that made an object, which stands beside it in the answer."""

    def links(call: Call, stored: Object) -> Object:
        made = msgspec.structs.replace(call, body={"type": "create"})
        done = action(made, kind=kind, resource=stored.get("id"), where=stored["region"]["slug"])
        href = f"https://api.digitalocean.com/v2/actions/{done['id']}"
        return {"links": {"actions": [{"id": done["id"], "rel": "create", "href": href}]}}

    return links


def action(call: Call, *, kind: str, resource: object, where: str) -> Object:
    """A completed action, kept where ``/v2/actions`` finds it."""
    seed = call.seed
    while call.cloud.find("/v2/actions", id=number_of(seed)):
        seed += "+"
    done = {
        "id": number_of(seed),
        "status": "completed",
        "type": call.body["type"],
        "started_at": NOW,
        "completed_at": NOW,
        "resource_id": resource if isinstance(resource, int) else None,
        "resource_type": kind,
        "region": region(where),
        "region_slug": where,
    }
    return call.cloud.keep("/v2/actions", done)


def read_action(call: Call) -> Reply:
    """``GET .../actions/ID`` below any object."""
    return Reply(body={"action": call.cloud.require("/v2/actions", call.parameters["action"])})


def deed_of(call: Call, deeds: dict[str, Deed]) -> Deed:
    """What an action's type asks for."""
    kind = (call.body or {}).get("type")
    if kind not in deeds:
        raise ApiError(422, f"You specified an invalid action type: {kind}.")
    return deeds[kind]
