"""Apps: their specs are one deep block, so the rows say ``spec``; ``test_apps.py`` looks into it."""

from collections.abc import Callable
from typing import Any

from digitalocean.changes.words import Case, Change, gone, made
from digitalocean.cloud import Cloud
from digitalocean.shapes import Object

_APPS = "/v2/apps"
_SPEC = {("changed", "app.shop", "spec")}


def app(cloud: Cloud, name: str = "shop") -> Object:
    """A stored app by the name in its spec."""
    (found,) = (one for one in cloud.objects(_APPS) if one["spec"]["name"] == name)
    return found


def spec(change: Callable[[Object], object]) -> Change:
    """A change inside the spec."""
    return lambda cloud: change(app(cloud)["spec"])


def _web(**members: Any) -> Change:
    return spec(lambda found: found["services"][0].update(members))


def _without(kind: str, member: str) -> Change:
    return spec(lambda found: found[kind][0].pop(member))


def _generic(found: Object) -> None:
    for variable in (*found["envs"], *found["services"][0]["envs"]):
        variable["type"] = "GENERAL"
        if variable["scope"] == "RUN_AND_BUILD_TIME":
            del variable["scope"]


def _renumbered(found: Object) -> None:
    """Members with the zeros that the API may also leave out."""
    found["alerts"][0]["disabled"] = False
    found["services"][1] |= {"instance_count": 0, "run_command": "", "envs": [], "cors": None}
    found["maintenance"]["archive"] = False


CHANGES: dict[str, Case] = {
    "app: a value": ("apps", _web(run_command="bin/miner"), _SPEC),
    "app: a number": ("apps", _web(instance_count=20), _SPEC),
    "app: a command unset": ("apps", _without("services", "run_command"), _SPEC),
    "app: a check unset": ("apps", _without("services", "health_check"), _SPEC),
    "app: a service less": ("apps", spec(lambda found: found["services"].pop(0)), _SPEC),
    "app: a worker more": ("apps", spec(lambda found: found["workers"].append({"name": "miner"})), _SPEC),
    "app: a variable more": (
        "apps",
        spec(lambda found: found["envs"].append({"key": "DEBUG", "value": "1", "scope": "RUN_TIME"})),
        _SPEC,
    ),
    "app: a rule of the ingress less": ("apps", spec(lambda found: found["ingress"]["rules"].pop()), _SPEC),
    "app: from anywhere": (
        "apps",
        spec(lambda found: found["ingress"]["rules"][0]["cors"].update(allow_origins=[{"regex": ".*"}])),
        _SPEC,
    ),
    "app: without its domain": ("apps", spec(lambda found: found["domains"].clear()), _SPEC),
    "app: in a network": ("apps", spec(lambda found: found.update(vpc={"id": "5a4981aa"})), _SPEC),
    "app: without maintenance": ("apps", spec(lambda found: found.pop("maintenance")), _SPEC),
    "app: addresses taken away": (
        "apps",
        lambda cloud: (app(cloud).update(dedicated_ips=[]), app(cloud)["spec"].pop("egress")),
        _SPEC | {("changed", "app.shop", "dedicated_ips")},
    ),
    "app: an address on its way": (
        "apps",
        lambda cloud: app(cloud)["dedicated_ips"][0].update(status="ASSIGNING"),
        set(),
    ),
    "app: variables as the API may also tell them": ("apps", spec(_generic), set()),
    "app: zeros": ("apps", spec(_renumbered), set()),
    "app deployed anew": (
        "apps",
        lambda cloud: app(cloud).update(active_deployment={"id": "another"}, updated_at="2026-11-09T09:30:00Z"),
        set(),
    ),
    "app in another project": (
        "apps",
        lambda cloud: app(cloud).update(project_id="f25f0bf6-112e-4f6a-8720-edeb0f4bf389"),
        {("changed", "app.shop", "project_id")},
    ),
    "app deleted": (
        "apps",
        lambda cloud: gone(_APPS, id=app(cloud)["id"])(cloud),
        {("missing", "app.shop", "")},
    ),
    "app made by hand": (
        "apps",
        made(_APPS, spec={"name": "stray", "services": [{"name": "web", "image": {"repository": "x"}}]}),
        {("unmanaged", "app", "")},
    ),
}
