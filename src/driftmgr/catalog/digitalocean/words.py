"""What the entries of DigitalOcean have in common: list calls, names of resources, tags, who made an object.

Paging: https://docs.digitalocean.com/reference/api/ (``per_page`` up to 200).
"""

from collections.abc import Iterable
from typing import Any

from driftmgr.catalog.entry import Attribute, Call, ParentRef, Template, http_call

CREATED_WITH = "only used when it is made; the API does not tell it"
"""Why an attribute that only a create request has is not compared."""


def listed(path: str, items: str, permission: str | tuple[str, ...], /, **others: Any) -> Call:
    """A list call with the largest pages there are; members that need a scope of their own are left out without it."""
    return http_call(path, items, permission, **others | {"params": {"per_page": 200, **others.get("params", {})}})


def apps(items: str, *scopes: str) -> Call:
    """What all apps tell, in one form, so that it is asked once."""
    return listed("/v2/apps", items, scopes, params={"with_projects": "true"})


def urn(kind: str, identity: str) -> Template:
    """The uniform resource name of an object: ``do:droplet:3164494``."""
    return Template(f"do:{kind}:{{{identity}}}")


def lower(tags: Iterable[str] | None) -> list[str]:
    """Tags in one spelling: their names are not case-sensitive."""
    return sorted({tag.lower() for tag in tags or ()})


TAGS = Attribute("tags", normal=lower)


def cluster_of_tags(tags: Iterable[str] | None) -> str | None:
    """The id of the Kubernetes cluster whose tag, ``k8s:`` and its id, is among them.

    https://docs.digitalocean.com/products/kubernetes/details/managed/
    """
    clusters = (tag.partition(":")[2] for tag in tags or () if tag.startswith("k8s:") and tag != "k8s:worker")
    return next(clusters, None)


def maker_of_tags(tags: Iterable[str] | None) -> str | None:
    """The Kubernetes cluster that made an object of a type whose tags say nothing but what it is."""
    cluster = cluster_of_tags(tags)
    return None if cluster is None else f"Kubernetes cluster {cluster}"


MADE_BY_TAGS = Attribute("tags", read=maker_of_tags)
"""``owner=`` of a type that has tags."""


def go_time(text: str | None) -> str | None:
    """A time as Go prints it: ``2026-01-02T03:04:05.120Z`` is ``2026-01-02 03:04:05.12 +0000 UTC``."""
    if text is None or not text.endswith("Z"):
        return text
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{seconds.replace('T', ' ')}{f'.{fraction}' if fraction else ''} +0000 UTC"


IN_PROJECT = ParentRef(type="digitalocean_project", attribute="project_id", inline=("resources",), part=False)
"""``parents=`` of a type whose objects say in which project they are: what is in it is then their doing."""
