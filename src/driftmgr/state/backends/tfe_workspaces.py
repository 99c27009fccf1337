"""Which workspaces of an organization a ``cloud`` or ``remote`` block stands for, and how Terraform names them.

https://developer.hashicorp.com/terraform/cli/cloud/settings#arguments
https://developer.hashicorp.com/terraform/language/backend/remote#workspaces
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE
from driftmgr.state.read import StateError


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """The workspace that is selected, by its full name (empty without one), and a query for all of the block's.

    ``single``: the block names one workspace; ``prefix`` is what Terraform leaves out of the others' names, and
    ``is_default``: that one workspace is called ``default`` here.
    """

    name: str
    query: Mapping[str, str] = {}
    project: str = ""
    prefix: str = ""
    single: bool = False
    is_default: bool = False

    def local_name(self, name: str) -> str | None:
        """How Terraform names a workspace here, ``None`` if the block does not stand for it."""
        if self.single:
            return (DEFAULT_WORKSPACE if self.is_default else name) if name == self.name else None
        return name.removeprefix(self.prefix) if name.startswith(self.prefix) else None


def mapped(arguments: Arguments, workspace: str) -> Mapped:
    """What the ``workspaces`` block says; raises ``StateError`` where that is no workspace."""
    block = {name: value for name, value in arguments.mapping("workspaces").items() if value}
    if arguments.backend == "remote":
        return _of_remote(block, workspace)
    project = str(block.get("project") or arguments.variable("TF_CLOUD_PROJECT"))
    name, tags = str(block.get("name") or ""), block.get("tags")
    if name and workspace not in {DEFAULT_WORKSPACE, name}:
        raise StateError(
            f"the cloud block names the workspace {name}, but {workspace} is selected", hint="unset TF_WORKSPACE"
        )
    chosen = name or (workspace if workspace != DEFAULT_WORKSPACE else "")
    query = _tagged(tags) if tags else {"search[name]": chosen}
    return Mapped(name=chosen, query=query, project=project, single=not tags)


def _of_remote(block: Mapping[str, Any], workspace: str) -> Mapped:
    name, prefix = str(block.get("name") or ""), str(block.get("prefix") or "")
    if bool(name) == bool(prefix):
        raise StateError("the remote backend needs a workspaces block with either name or prefix")
    if name and workspace not in {DEFAULT_WORKSPACE, name}:
        raise StateError(
            f"the remote backend names the workspace {name}, but {workspace} is selected", hint="unset TF_WORKSPACE"
        )
    chosen = name or (f"{prefix}{workspace}" if workspace != DEFAULT_WORKSPACE else "")
    return Mapped(
        name=chosen, query={"search[name]": prefix or name}, prefix=prefix, single=bool(name), is_default=True
    )


def _tagged(tags: Any) -> dict[str, str]:
    """Tags are names, or (since Terraform 1.10) names with values."""
    if not isinstance(tags, dict):
        return {"search[tags]": ",".join(map(str, tags))}
    found = {"search[tags]": ",".join(tags)}
    for number, (key, value) in enumerate(tags.items()):
        found[f"filter[tagged][{number}][key]"] = key
        found[f"filter[tagged][{number}][value]"] = str(value)
    return found
