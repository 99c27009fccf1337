"""Block storage: volumes, what they are attached to, their snapshots.

Source: the provider's ``volume/`` and ``snapshot/resource_volume_snapshot.go``; ``GET /v2/volumes``.
"""

from collections.abc import Mapping
from typing import Any

from driftmgr.catalog.digitalocean.droplets import snapshot
from driftmgr.catalog.digitalocean.words import CREATED_WITH, MADE_BY_TAGS, TAGS, listed, maker_of_tags, urn
from driftmgr.catalog.entry import GLOBAL, LOW, MEDIUM, Attribute, ParentRef, ResourceType, Template
from driftmgr.catalog.transforms import if_told, none_if_empty

_VOLUMES = listed("/v2/volumes", "volumes", ("block_storage:read", "tag:read"))
_BY_CSI = "Created by DigitalOcean CSI driver"
"""What the driver of the volume claims of Kubernetes writes (csi-digitalocean, ``driver/controller.go``)."""


def _maker(found: Mapping[str, Any]) -> str | None:
    made = maker_of_tags(found["tags"])
    return made or ("a Kubernetes volume claim" if found["description"] == _BY_CSI else None)


def _if_set(value: str | None) -> Any:
    return if_told(none_if_empty(value))


VOLUME = ResourceType(
    name="digitalocean_volume",
    criticality=MEDIUM,
    reach=GLOBAL,
    list=_VOLUMES,
    id="id",
    owner=Attribute("{tags: tags, description: description}", read=_maker),
    attributes={
        "description": "description",
        "droplet_ids": "droplet_ids",
        # The provider keeps what it knew when the API says nothing: a volume that was never formatted.
        "filesystem_label": Attribute("filesystem_label", read=_if_set),
        "filesystem_type": Attribute("filesystem_type", read=_if_set),
        "name": "name",
        "region": "region.slug",
        "size": "size_gigabytes",
        "tags": TAGS,
        "urn": urn("volume", "id"),
    },
    unreadable={
        "initial_filesystem_label": CREATED_WITH,
        "initial_filesystem_type": CREATED_WITH,
        "snapshot_id": CREATED_WITH,
    },
)

VOLUME_ATTACHMENT = ResourceType(
    name="digitalocean_volume_attachment",
    criticality=LOW,
    reach=GLOBAL,
    list=_VOLUMES,
    expand="droplet_ids",
    # The provider makes up an id of its own.
    id=Template("{Value}-{Parent.id}"),
    keys=(("droplet_id", "volume_id"),),
    owner=Attribute("{tags: Parent.tags, description: Parent.description}", read=_maker),
    attributes={"droplet_id": "Value", "volume_id": "Parent.id"},
    parents=(
        ParentRef(type="digitalocean_volume", attribute="volume_id", inline=("droplet_ids",)),
        ParentRef(type="digitalocean_droplet", attribute="droplet_id", inline=("volume_ids",)),
    ),
    import_id="cannot be imported",
)

# The driver of the volume claims tags the snapshots that it makes, as it tags the volumes.
VOLUME_SNAPSHOT = snapshot("volume", "digitalocean_volume_snapshot", {"tags": TAGS}, owner=MADE_BY_TAGS)
