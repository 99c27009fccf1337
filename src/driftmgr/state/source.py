"""One state that an argument named: where it is kept, how it is opened, whose working directory it belongs to."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from driftmgr.state.backends import open_backend
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, StateBackend
from driftmgr.state.read import StateError

# What Terraform takes for the name of a workspace, but for names that lead to another folder.
# https://developer.hashicorp.com/terraform/language/state/workspaces
_WORKSPACE = re.compile(r"(?!\.{1,2}$)[\w.~$&+=:@-]+", re.ASCII)
_WORDS: Mapping[str, Any] = {"true": True, "false": False}


class StateSource(msgspec.Struct, frozen=True, kw_only=True):
    """A state, opened: nothing was asked of its backend yet.

    ``settings`` are those of the backend. ``root`` is the directory whose Terraform may be run for it: one that the
    user named.
    """

    type: str
    settings: Mapping[str, Any]
    workspace: str = DEFAULT_WORKSPACE
    root: Path | None = None
    backend: StateBackend

    @classmethod
    def open(
        cls,
        type: str,  # noqa: A002  # Terraform's word
        settings: Mapping[str, Any],
        access: Access,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        root: Path | None = None,
    ) -> "StateSource":
        """Open a state; raises ``StateError`` for settings or a workspace that cannot be."""
        check_workspace(workspace)
        backend = open_backend(type, settings, workspace, access)
        return cls(type=type, settings=settings, workspace=workspace, root=root, backend=backend)

    @property
    def label(self) -> str:
        """How messages and reports name it."""
        return self.backend.label


def check_workspace(name: str) -> None:
    """Raise ``StateError`` for what cannot be the name of a workspace."""
    if not _WORKSPACE.fullmatch(name):
        raise StateError(
            f"not the name of a workspace: {name!r}", hint="see terraform workspace list, TF_WORKSPACE, --workspace"
        )


def options_of(url: str, allowed: frozenset[str]) -> dict[str, Any]:
    """The backend settings in the query of an address (``?region=eu-west-1``); raises ``StateError`` for others.

    ``workspace`` is always allowed. Secrets have no place in an address: it is written into histories and reports.
    """
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    for name, _ in pairs:
        if name not in allowed and name != "workspace":
            known = ", ".join(sorted(allowed | {"workspace"}))
            raise StateError(f"{without_query(url)}: no such option of an address: {name}", hint=f"one of {known}")
    return {name: _WORDS.get(value, value) for name, value in pairs}


def without_query(url: str) -> str:
    """An address as it may be shown: without user, password and query."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}".partition("?")[0].partition("#")[0]
