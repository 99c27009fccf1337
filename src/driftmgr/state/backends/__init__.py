"""Where states are kept: one module per kind of backend, each opened by a function named in a table."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from driftmgr.state.backends.protocol import Access, Opener, StateBackend
from driftmgr.state.read import StateError

# One row per type of backend: the function that opens it (protocol.Opener). Imported when it is needed.
OPENERS: Mapping[str, str] = {
    "azurerm": "driftmgr.state.backends.azurerm:open_azurerm",
    "cloud": "driftmgr.state.backends.tfe:open_cloud",
    "consul": "driftmgr.state.backends.consul:open_consul",
    "gcs": "driftmgr.state.backends.gcs:open_gcs",
    "http": "driftmgr.state.backends.http:open_http",
    "kubernetes": "driftmgr.state.backends.kubernetes:open_kubernetes",
    "local": "driftmgr.state.backends.local:open_local",
    "pg": "driftmgr.state.backends.pg:open_pg",
    "remote": "driftmgr.state.backends.tfe:open_remote",
    "s3": "driftmgr.state.backends.s3:open_s3",
}
# One row per scheme of an address: a function (url, access) -> tuple[StateSource, ...].
SCHEMES: Mapping[str, str] = {
    "azurerm": "driftmgr.state.backends.azurerm:sources_of_url",
    "consul": "driftmgr.state.backends.consul:sources_of_url",
    "gs": "driftmgr.state.backends.gcs:sources_of_url",
    "http": "driftmgr.state.backends.http:sources_of_url",
    "https": "driftmgr.state.backends.http:sources_of_url",
    "k8s": "driftmgr.state.backends.kubernetes:sources_of_url",
    "pg": "driftmgr.state.backends.pg:sources_of_url",
    "s3": "driftmgr.state.backends.s3:sources_of_url",
    "tfc": "driftmgr.state.backends.tfe:sources_of_url",
}
# Backends that Terraform no longer has: since which version.
REMOVED: Mapping[str, str] = {
    "artifactory": "1.3",
    "etcd": "1.3",
    "etcdv3": "1.3",
    "manta": "1.3",
    "swift": "1.3",
}


def open_backend(type: str, settings: Mapping[str, Any], workspace: str, access: Access) -> StateBackend:  # noqa: A002
    """Open a state; raises ``StateError`` for a type that is not known, or settings that do not do."""
    if type not in OPENERS:
        raise StateError(f"a backend of type {type} cannot be read", hint="see docs/state.md")
    opener: Opener = named(OPENERS[type])
    return opener(settings, workspace, access)


def named(reference: str) -> Any:
    """The function of a row."""
    module, _, name = reference.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found
