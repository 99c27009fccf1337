"""Recorded states, edited: what Terraform would have recorded of other HCL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

Resources = dict[str, dict[str, Any]]
"""Resources of a state by ``TYPE.NAME``, without the provider's word in the type."""


def edited(recorded: Path, folder: Path, edit: Callable[[Resources], object]) -> Path:
    """A copy of a state after ``edit``, which may change, add and delete resources."""
    state = msgspec.json.decode(recorded.read_bytes())
    resources = {
        f"{found['type'].removeprefix('digitalocean_')}.{found['name']}": found for found in state["resources"]
    }
    edit(resources)
    path = folder / "terraform.tfstate"
    path.write_bytes(msgspec.json.encode(state | {"resources": list(resources.values())}))
    return path


def attributes(resources: Resources, name: str) -> dict[str, Any]:
    """The attributes of the first instance of a resource, by reference."""
    found: dict[str, Any] = resources[name]["instances"][0]["attributes"]
    return found
