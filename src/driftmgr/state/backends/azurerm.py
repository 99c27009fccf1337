"""States in Azure Blob Storage, locked by a lease that never runs out.

https://developer.hashicorp.com/terraform/language/backend/azurerm
https://learn.microsoft.com/en-us/rest/api/storageservices/lease-blob
"""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree as ET

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server, understood
from driftmgr.state.backends.azurerm_access import BlobAccess, BlobRequest, blob_access
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_OPTIONS = frozenset(
    {
        "environment",
        "lookup_blob_endpoint",
        "metadata_host",
        "resource_group_name",
        "snapshot",
        "subscription_id",
        "tenant_id",
        "use_azuread_auth",
        "use_cli",
        "use_msi",
        "use_oidc",
    }
)
_VERSION = "2023-11-03"
_WORKSPACE_MARK = "env:"
_META, _LOCK = "x-ms-meta-", "x-ms-meta-terraformlockid"
_NOT_FOUND, _CONFLICT = 404, 409
_SAFE = "/:@!$&'()*+,;=-._~"
"""What stays as it is in a path: the signature covers the path as it is on the wire."""


class AzurermState:
    """A blob; the id of its lock is the id of the lease."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        self._account = arguments.needed("storage_account_name")
        self._container = arguments.needed("container_name")
        self._key = arguments.needed("key")
        self._blob = self._key if workspace == DEFAULT_WORKSPACE else f"{self._key}{_WORKSPACE_MARK}{workspace}"
        self._snapshot = arguments.flag("snapshot", "ARM_SNAPSHOT")
        self._arguments = arguments
        self._access: BlobAccess | None = None
        self._lease: str | None = None
        self.label = f"azurerm://{self._account}/{self._container}/{self._blob}"
        self._server = Server(
            guard=access.guard,
            label=self.label,
            endpoint=Endpoint(provider="azure", account=self._account, region=None, service="storage"),
            explain=lambda answer: answer.headers.get("x-ms-error-code", ""),
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """Account, container and blob."""
        return ("azurerm", self._account, self._container, self._blob)

    @understood
    def read(self) -> bytes | None:
        """The blob, ``None`` for an empty one: that is what a lock leaves before the first state is written."""
        answer = self._ask("read the state", "GET", accepted=(_NOT_FOUND,))
        return None if self._absent("read the state", answer) else answer.body or None

    @understood
    def write(self, content: bytes) -> None:
        """Replace the blob under the lease; its metadata, where the lock is recorded, goes along."""
        operation = "write the state"
        properties = self._properties(operation)
        if self._snapshot and properties:
            self._ask("take a snapshot of the state", "PUT", {"comp": "snapshot"}, headers=self._leased)
        self._put(operation, content, {**_metadata(properties or {}), **self._leased})

    @understood
    def lock(self, lock: LockInfo) -> None:
        """Acquire the lease under the lock's id, then record the lock in the metadata."""
        operation = "lock the state"
        properties = self._properties(operation)
        if properties is None:
            # Only a blob has a lease; made by somebody else in the meantime (409), it is there as well.
            self._put(operation, b"", {"If-None-Match": "*"}, accepted=(_CONFLICT,))
            properties = {}
        if properties.get("x-ms-lease-status") == "locked":
            raise StateLockedError(self.label, _recorded(properties))
        acquire = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1", "x-ms-proposed-lease-id": lock.id}
        answer = self._ask(operation, "PUT", {"comp": "lease"}, headers=acquire, accepted=(_CONFLICT,))
        if answer.status == _CONFLICT:
            raise StateLockedError(self.label, _recorded(self._properties(operation) or {}))
        self._lease = lock.id
        try:
            recorded = msgspec.structs.replace(lock, path=f"{self._container}/{self._blob}").encode()
            self._record({_LOCK: b64encode(recorded).decode()})
        except StateError:
            self._release(lock.id)
            raise

    @understood
    def unlock(self, lock_id: str) -> None:
        """Clear the record, then release the lease of this id."""
        properties = self._properties("unlock the state") or {}
        if properties.get("x-ms-lease-status") != "locked":
            raise StateError(f"{self.label}: the state is not locked")
        holder = _recorded(properties)
        if holder is not None and holder.id != lock_id:
            raise StateError(f"{self.label}: not released: the lock is another one, held by {holder}")
        self._lease = lock_id
        self._record({})
        self._release(lock_id)

    @understood
    def holder(self) -> LockInfo | None:
        """Who the metadata names, as long as there is a lease."""
        properties = self._properties("ask for the lock") or {}
        if properties.get("x-ms-lease-status") != "locked":
            return None
        return _recorded(properties) or LockInfo(info="a lease of a client that left no record")

    @understood
    def workspaces(self) -> tuple[str, ...]:
        """The blobs with the key's name and what follows ``env:``."""
        names = set(self._listed())
        marked = self._key + _WORKSPACE_MARK
        found = sorted(name.removeprefix(marked) for name in names if name.startswith(marked))
        default = (DEFAULT_WORKSPACE,) if self._key in names else ()
        return (*default, *(name for name in found if "/" not in name))

    @property
    def _leased(self) -> dict[str, str]:
        return {"x-ms-lease-id": self._lease} if self._lease else {}

    def _properties(self, operation: str) -> Mapping[str, str] | None:
        answer = self._ask(operation, "HEAD", accepted=(_NOT_FOUND,))
        return None if self._absent(operation, answer) else answer.headers

    def _absent(self, operation: str, answer: HttpAnswer) -> bool:
        if answer.status == _NOT_FOUND and answer.headers.get("x-ms-error-code") == "ContainerNotFound":
            raise StateError(
                f"{self.label}: cannot {operation}: the account has no container {self._container}",
                hint="check container_name and storage_account_name",
            )
        return answer.status == _NOT_FOUND

    def _put(self, operation: str, content: bytes, headers: Mapping[str, str], accepted: Collection[int] = ()) -> None:
        sent = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/json", **headers}
        self._ask(operation, "PUT", headers=sent, body=content, accepted=accepted)

    def _record(self, lock: Mapping[str, str]) -> None:
        """Replace the lock in the metadata; the rest of it stays."""
        operation = "record the lock"
        kept = {name: value for name, value in _metadata(self._properties(operation) or {}).items() if name != _LOCK}
        self._ask(operation, "PUT", {"comp": "metadata"}, headers={**kept, **lock, **self._leased})

    def _release(self, lock_id: str) -> None:
        self._lease = None
        headers = {"x-ms-lease-action": "release", "x-ms-lease-id": lock_id}
        self._ask("unlock the state", "PUT", {"comp": "lease"}, headers=headers)

    def _listed(self) -> Iterator[str]:
        marker = ""
        while True:
            query = {"restype": "container", "comp": "list", "prefix": self._key, "marker": marker}
            answer = self._ask("list the workspaces", "GET", query, path=f"/{quote(self._container)}")
            # Expat bounds what entities may grow to, and reads nothing from elsewhere.
            page = ET.fromstring(answer.body)  # noqa: S314
            for blob in page.iterfind("Blobs/Blob"):
                if blob.findtext("Properties/Content-Length") != "0":
                    yield blob.findtext("Name") or ""
            marker = page.findtext("NextMarker") or ""
            if not marker:
                return

    def _ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        query: Mapping[str, str] | None = None,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        if self._access is None:
            self._access = blob_access(self._arguments, self._account, self._server)
        request = BlobRequest(
            method=method,
            path=path or f"/{quote(self._container)}/{quote(self._blob, safe=_SAFE)}",
            query={name: value for name, value in (query or {}).items() if value},
            headers={"x-ms-version": _VERSION, **(headers or {})},
            body=body,
        )
        url, signed = self._access.sign(request)
        return self._server.ask(operation, method, url, headers=signed, body=body, accepted=accepted)


def open_azurerm(settings: Mapping[str, Any], workspace: str, access: Access) -> AzurermState:
    """Open the state of a backend block; raises ``StateError``."""
    return AzurermState(Arguments("azurerm", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``azurerm://ACCOUNT/CONTAINER/KEY``; what opens it comes from ``ARM_*``."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    container, _, key = parts.path.lstrip("/").partition("/")
    if not (parts.netloc and container and key) or "@" in parts.netloc:
        raise StateError("not the address of a state in Azure", hint="write azurerm://ACCOUNT/CONTAINER/KEY")
    options = options_of(url, _OPTIONS)
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    named = {"storage_account_name": parts.netloc, "container_name": container, "key": unquote(key)}
    return (StateSource.open("azurerm", {**options, **named}, access, workspace=workspace),)


def _metadata(properties: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in properties.items() if name.startswith(_META)}


def _recorded(properties: Mapping[str, str]) -> LockInfo | None:
    try:
        return LockInfo.decode(b64decode(properties[_LOCK], validate=True))
    except (KeyError, ValueError, StateError):
        return None
