"""States in Google Cloud Storage, locked by an object that only one can create.

https://developer.hashicorp.com/terraform/language/backend/gcs
https://cloud.google.com/storage/docs/request-preconditions
"""

import hashlib
import posixpath
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server, understood
from driftmgr.state.backends.gcs_sign_in import Token, path_or_contents, signed_in
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_OPTIONS = frozenset({"impersonate_service_account", "kms_encryption_key", "storage_custom_endpoint"})
_ENDPOINT, _UPLOAD = "https://storage.googleapis.com/storage/v1", "/upload"
_STATE, _LOCK = ".tfstate", ".tflock"
_NOT_FOUND, _PRECONDITION = 404, 412
_KEY_BYTES = 32


class GcsState:
    """An object; the id of its lock is the generation of the lock's object, as with Terraform."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        self._bucket = arguments.needed("bucket")
        prefix = arguments.text("prefix").lstrip("/")
        self._prefix = f"{prefix}/" if prefix and not prefix.endswith("/") else prefix
        self._object = posixpath.normpath(f"{self._prefix}{workspace}{_STATE}")
        self._lock_object = posixpath.normpath(f"{self._prefix}{workspace}{_LOCK}")
        endpoints = ("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", "GOOGLE_STORAGE_CUSTOM_ENDPOINT")
        self._base = arguments.text("storage_custom_endpoint", *endpoints, default=_ENDPOINT).rstrip("/")
        self._key = _encryption(arguments)
        self._kms_key = arguments.text("kms_encryption_key", "GOOGLE_KMS_ENCRYPTION_KEY")
        if self._key and self._kms_key:
            raise StateError("the gcs backend cannot use both encryption_key and kms_encryption_key")
        self._arguments = arguments
        self._token: Token | None = None
        self._held: tuple[str, str] | None = None
        self.label = f"gs://{self._bucket}/{self._object}"
        self._server = Server(
            guard=access.guard,
            label=self.label,
            endpoint=Endpoint(provider="gcp", account=self._bucket, region=None, service="storage"),
            explain=_explain,
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """Endpoint, bucket and object."""
        return ("gcs", self._base, self._bucket, self._object)

    @understood
    def read(self) -> bytes | None:
        """The object."""
        answer = self._get("read the state", self._object, self._key)
        return (answer.body or None) if answer else None

    @understood
    def write(self, content: bytes) -> None:
        """Replace the object."""
        kms = {"kmsKeyName": self._kms_key} if self._kms_key else {}
        self._put("write the state", self._object, content, query=kms, headers=self._key)

    @understood
    def lock(self, lock: LockInfo) -> None:
        """Create the lock's object if there is none."""
        recorded = msgspec.structs.replace(lock, path=f"gs://{self._bucket}/{self._lock_object}").encode()
        only_new = {"ifGenerationMatch": "0"}
        answer = self._put("lock the state", self._lock_object, recorded, query=only_new, accepted=(_PRECONDITION,))
        if answer.status == _PRECONDITION:
            raise StateLockedError(self.label, self.holder())
        self._held = lock.id, str(msgspec.json.decode(answer.body)["generation"])

    @understood
    def unlock(self, lock_id: str) -> None:
        """Delete the lock's object of that generation, or the one that names the id."""
        generation = self._held[1] if self._held and self._held[0] == lock_id else self._generation_of(lock_id)
        answer = self._ask(
            "unlock the state",
            "DELETE",
            self._url(self._lock_object),
            query={"ifGenerationMatch": generation},
            accepted=(_NOT_FOUND, _PRECONDITION),
        )
        self._held = None
        if answer.status in {_NOT_FOUND, _PRECONDITION}:
            raise StateError(f"{self.label}: not released: that lock is gone, or another one is there")

    @understood
    def holder(self) -> LockInfo | None:
        """What the lock's object says, with its generation for an id."""
        found = self._lock_info()
        return msgspec.structs.replace(found[1], id=found[0]) if found else None

    @understood
    def workspaces(self) -> tuple[str, ...]:
        """The objects with the prefix that are states."""
        names: list[str] = []
        token = ""
        while True:
            query = {"prefix": self._prefix, "delimiter": "/", "pageToken": token}
            url = f"{self._base}/b/{quote(self._bucket, safe='')}/o"
            answer = self._ask("list the workspaces", "GET", url, query={k: v for k, v in query.items() if v})
            page = msgspec.json.decode(answer.body)
            names += (item["name"] for item in page.get("items") or () if item.get("size") != "0")
            token = page.get("nextPageToken") or ""
            if not token:
                break
        found = (posixpath.basename(name).removesuffix(_STATE) for name in names if name.endswith(_STATE))
        return tuple(sorted(found, key=lambda name: (name != DEFAULT_WORKSPACE, name)))

    def _generation_of(self, lock_id: str) -> str:
        found = self._lock_info()
        if found is None:
            raise StateError(f"{self.label}: the state is not locked")
        generation, info = found
        if lock_id not in {generation, info.id}:
            raise StateError(f"{self.label}: not released: the lock is another one, {generation}, held by {info}")
        return generation

    def _lock_info(self) -> tuple[str, LockInfo] | None:
        answer = self._get("ask for the lock", self._lock_object, {})
        if answer is None:
            return None
        generation = answer.headers.get("x-goog-generation", "")
        try:
            return generation, LockInfo.decode(answer.body)
        except StateError:
            return generation, LockInfo(info="an object that is no record of a lock")

    def _get(self, operation: str, name: str, headers: Mapping[str, str]) -> HttpAnswer | None:
        answer = self._ask(
            operation, "GET", self._url(name), query={"alt": "media"}, headers=headers, accepted=(_NOT_FOUND,)
        )
        if answer.status != _NOT_FOUND:
            return answer
        if b"bucket does not exist" in answer.body:
            raise StateError(f"{self.label}: cannot {operation}: there is no such bucket", hint="check bucket")
        return None

    def _put(  # noqa: PLR0913  # an object has these parts
        self,
        operation: str,
        name: str,
        content: bytes,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        parts = urlsplit(self._base)
        url = f"{parts.scheme}://{parts.netloc}{_UPLOAD}{parts.path}/b/{quote(self._bucket, safe='')}/o"
        query = {"uploadType": "media", "name": name, **query}
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._ask(operation, "POST", url, query=query, headers=sent, body=content, accepted=accepted)

    def _url(self, name: str) -> str:
        return f"{self._base}/b/{quote(self._bucket, safe='')}/o/{quote(name, safe='')}"

    def _ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        url: str,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        if self._token is None:
            self._token = signed_in(self._arguments, self._server)
        sent = {"Authorization": f"Bearer {self._token()}", **(headers or {})}
        return self._server.ask(operation, method, url, params=query, headers=sent, body=body, accepted=accepted)


def open_gcs(settings: Mapping[str, Any], workspace: str, access: Access) -> GcsState:
    """Open the state of a backend block; raises ``StateError``."""
    return GcsState(Arguments("gcs", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``gs://BUCKET/PREFIX`` is the prefix of a backend block, ``gs://BUCKET/PREFIX/WORKSPACE.tfstate`` one object."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    if not parts.netloc or "@" in parts.netloc:
        raise StateError("not the address of a state in Google Cloud", hint="write gs://BUCKET/PREFIX")
    options = options_of(url, _OPTIONS)
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    if prefix.endswith(_STATE):
        prefix, _, name = prefix.rpartition("/")
        workspace = name.removesuffix(_STATE)
    settings = {"bucket": parts.netloc, "prefix": prefix, **options}
    return (StateSource.open("gcs", settings, access, workspace=workspace),)


def _encryption(arguments: Arguments) -> dict[str, str]:
    """The headers of a customer-supplied key: https://cloud.google.com/storage/docs/encryption/using-customer-supplied-keys."""
    text = path_or_contents(arguments.text("encryption_key", "GOOGLE_ENCRYPTION_KEY")).strip()
    if not text:
        return {}
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise StateError("the encryption_key of the gcs backend is not 32 bytes in base64")
    return {
        "x-goog-encryption-algorithm": "AES256",
        "x-goog-encryption-key": b64encode(key).decode(),
        "x-goog-encryption-key-sha256": b64encode(hashlib.sha256(key).digest()).decode(),
    }


def _explain(answer: HttpAnswer) -> str:
    return str(msgspec.json.decode(answer.body)["error"]["message"])
