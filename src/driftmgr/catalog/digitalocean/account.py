"""What belongs to the account: SSH keys, tags, projects.

Source: the provider's ``sshkey/``, ``tag/``, ``project/``; ``GET /v2/account/keys``, ``/v2/tags``, ``/v2/projects``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from driftmgr.catalog.digitalocean.words import listed
from driftmgr.catalog.entry import ALL, GLOBAL, HIGH, LOW, Assembled, Attribute, ParentRef, ResourceType
from driftmgr.catalog.equivalences import ignoring_case
from driftmgr.model import RemoteObject


def same_key(recorded: Any, observed: Any) -> bool:
    """A public key, whatever white space is around it."""
    return bool(str(recorded or "").strip() == str(observed or "").strip())


SSH_KEY = ResourceType(
    name="digitalocean_ssh_key",
    criticality=HIGH,
    reach=GLOBAL,
    list=listed("/v2/account/keys", "ssh_keys", "ssh_key:read"),
    id="id",
    attributes={
        "fingerprint": "fingerprint",
        "name": "name",
        "public_key": Attribute("public_key", equal=same_key),
    },
)


TAG = ResourceType(
    name="digitalocean_tag",
    criticality=LOW,
    reach=GLOBAL,
    list=listed("/v2/tags", "tags", "tag:read"),
    id="name",
    # A tag comes into being with the first thing that carries it, and not everything that does is counted.
    is_default=ALL,
    attributes={
        "databases_count": Attribute("resources.databases.count", default=0),
        "droplets_count": Attribute("resources.droplets.count", default=0),
        "images_count": Attribute("resources.images.count", default=0),
        "name": Attribute("name", equal=ignoring_case),
        "total_resource_count": Attribute("resources.count", default=0),
        "volume_snapshots_count": Attribute("resources.volume_snapshots.count", default=0),
        "volumes_count": Attribute("resources.volumes.count", default=0),
    },
)


def _purpose(text: str | None) -> str | None:
    """What the user wrote: any other purpose than the usual ones gets a word before it."""
    return None if text is None else text.removeprefix("Other: ")


PROJECT = ResourceType(
    name="digitalocean_project",
    criticality=LOW,
    reach=GLOBAL,
    list=listed("/v2/projects", "projects", "project:read"),
    details={
        "Resources": listed(
            "/v2/projects/{project}/resources", "resources[].urn", "project:read", given={"project": "id"}
        )
    },
    id="id",
    is_default="is_default",
    attributes={
        "created_at": "created_at",
        "description": "description",
        "environment": Attribute("environment", equal=ignoring_case),
        "is_default": Attribute("is_default", default=False),
        "name": "name",
        "owner_id": "owner_id",
        "owner_uuid": "owner_uuid",
        "purpose": Attribute("purpose", read=_purpose),
        "resources": "Resources",
        "updated_at": "updated_at",
    },
)


def project_resources(recorded: Mapping[str, Any], projects: Sequence[RemoteObject]) -> Assembled | None:
    """Those of the recorded resources that are in the project: what else is in it is not this resource's."""
    for project in projects:
        if "resources" in project.unread:
            return Assembled(attributes={"project": project.id}, parts=(), unread=("resources",))
        if "resources" in project.attributes:
            wanted, held = recorded.get("resources") or (), set(project.attributes["resources"] or ())
            left = [name for name in wanted if name in held]
            return Assembled(attributes={"project": project.id, "resources": left}, parts=())
    return None


PROJECT_RESOURCES = ResourceType(
    name="digitalocean_project_resources",
    criticality=LOW,
    reach=GLOBAL,
    parts=("digitalocean_project",),
    assemble=project_resources,
    attributes={"project": "id", "resources": "resources"},
    parents=(ParentRef(type="digitalocean_project", attribute="project", inline=("resources",)),),
    import_id="cannot be imported",
)
