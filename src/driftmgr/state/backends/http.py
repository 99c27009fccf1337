"""States behind an HTTP address (GitLab and others).

https://developer.hashicorp.com/terraform/language/backend/http
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server, basic, tls_context, without_secrets
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_OK, _NO_CONTENT, _NOT_FOUND, _LOCKED = 200, 204, 404, frozenset({409, 423})
_WRITTEN = frozenset({200, 201, 204})


class _Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address without its user and password, and the headers that these become."""

    url: str
    headers: Mapping[str, str]


class HttpState:
    """A state behind an address."""

    def __init__(self, arguments: Arguments, access: Access) -> None:
        needed = arguments.needed("address", "TF_HTTP_ADDRESS")
        user = arguments.text("username", "TF_HTTP_USERNAME")
        credentials = basic(user, arguments.text("password", "TF_HTTP_PASSWORD")) if user else ""
        self._state = _address("address", needed, credentials)
        self._locking = _optional(arguments, "lock_address", credentials)
        self._unlocking = _optional(arguments, "unlock_address", credentials)
        self._update = arguments.text("update_method", "TF_HTTP_UPDATE_METHOD", default="POST")
        self._lock = arguments.text("lock_method", "TF_HTTP_LOCK_METHOD", default="LOCK")
        self._unlock = arguments.text("unlock_method", "TF_HTTP_UNLOCK_METHOD", default="UNLOCK")
        self._held: LockInfo | None = None
        self.label = without_secrets(self._state.url)
        host = urlsplit(self._state.url).netloc
        self._server = Server(
            guard=access.guard,
            label=self.label,
            endpoint=Endpoint(provider="http", account=host, region=None, service="state"),
            tls=_tls(arguments, self.label),
            explain=_explain,
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """The address."""
        return ("http", self._state.url)

    def read(self) -> bytes | None:
        """The body, ``None`` for 204, 404 and an empty one."""
        answer = self._server.ask(
            "read the state", "GET", self._state.url, headers=self._state.headers, accepted=(_NOT_FOUND,)
        )
        if answer.status in {_NO_CONTENT, _NOT_FOUND}:
            return None
        if answer.status != _OK:
            raise self._server.refusal("read the state", answer)
        return answer.body or None

    def write(self, content: bytes) -> None:
        """Send the state, with the id of the lock in the query."""
        url = _with_query(self._state.url, ID=self._held.id) if self._held else self._state.url
        answer = self._send("write the state", self._update, _Address(url=url, headers=self._state.headers), content)
        if answer.status not in _WRITTEN:
            raise self._server.refusal("write the state", answer)

    def lock(self, lock: LockInfo) -> None:
        """Send the lock to its address; 409 and 423 mean that somebody else has it."""
        if self._locking is None:
            raise self._without_lock("lock_address")
        answer = self._send("lock the state", self._lock, self._locking, lock.encode(), accepted=_LOCKED)
        if answer.status in _LOCKED:
            raise StateLockedError(self.label, _holder(answer.body))
        if answer.status != _OK:
            raise self._server.refusal("lock the state", answer)
        self._held = lock

    def unlock(self, lock_id: str) -> None:
        """Send the lock to the address that unlocks; whether it is that lock's, only the server can tell."""
        held, self._held = self._held, None
        if self._unlocking is None:
            raise self._without_lock("unlock_address")
        lock = held if held and held.id == lock_id else LockInfo(id=lock_id)
        answer = self._send("unlock the state", self._unlock, self._unlocking, lock.encode(), accepted=_LOCKED)
        if answer.status != _OK:
            raise self._server.refusal("unlock the state", answer)

    def holder(self) -> LockInfo | None:
        """Ours, if we hold it: there is no request that asks who does."""
        if self._held:
            return self._held
        if self._locking is None:
            raise self._without_lock("lock_address")
        raise StateError(
            f"{self.label}: an http backend does not tell who holds its lock",
            hint="ask the server itself, or try to take the lock",
        )

    def workspaces(self) -> tuple[str, ...]:
        """The one that there is."""
        return () if self.read() is None else (DEFAULT_WORKSPACE,)

    def _without_lock(self, name: str) -> StateError:
        return StateError(f"{self.label}: the http backend has no {name}", hint=f"set {name}, or write with --no-lock")

    def _send(
        self, operation: str, method: str, to: _Address, body: bytes, accepted: frozenset[int] = frozenset()
    ) -> HttpAnswer:
        # MD5 as the backend's protocol wants it, against damage on the way.
        digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
        headers = {**to.headers, "Content-Type": "application/json", "Content-MD5": digest}
        return self._server.ask(operation, method, to.url, headers=headers, body=body, accepted=accepted)


def open_http(settings: Mapping[str, Any], workspace: str, access: Access) -> HttpState:
    """Open the state of a backend block; raises ``StateError``."""
    found = HttpState(Arguments("http", settings, access.environment), access)
    if workspace != DEFAULT_WORKSPACE:
        raise StateError(
            f"{found.label}: an http backend has no workspaces, but {workspace} is selected",
            hint="unset TF_WORKSPACE, or: terraform workspace select default",
        )
    return found


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``https://HOST/PATH``: the whole of it is the address; the rest comes from ``TF_HTTP_*``."""
    from driftmgr.state.source import StateSource  # noqa: PLC0415  # it opens what is named here

    return (StateSource.open("http", {"address": url}, access),)


def _optional(arguments: Arguments, name: str, credentials: str) -> _Address | None:
    url = arguments.text(name, f"TF_HTTP_{name.upper()}")
    return _address(name, url, credentials) if url else None


def _address(name: str, url: str, credentials: str) -> _Address:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise StateError(
            f"the {name} of the http backend is not an address", hint="it must begin with http:// or https://"
        )
    user, _, host = parts.netloc.rpartition("@")
    if user and not credentials:
        name_part, _, password = user.partition(":")
        credentials = basic(unquote(name_part), unquote(password))
    headers = {"Authorization": credentials} if credentials else {}
    return _Address(url=urlunsplit((parts.scheme, host, parts.path, parts.query, "")), headers=headers)


def _tls(arguments: Arguments, label: str) -> Any:
    try:
        return tls_context(
            authorities=arguments.text("client_ca_certificate_pem", "TF_HTTP_CLIENT_CA_CERTIFICATE_PEM"),
            certificate=arguments.text("client_certificate_pem", "TF_HTTP_CLIENT_CERTIFICATE_PEM"),
            key=arguments.text("client_private_key_pem", "TF_HTTP_CLIENT_PRIVATE_KEY_PEM"),
            verify=not arguments.flag("skip_cert_verification"),
        )
    except ValueError as error:
        raise StateError(f"{label}: the certificates of the http backend cannot be used: {error}") from error


def _with_query(url: str, **added: str) -> str:
    parts = urlsplit(url)
    query = urlencode([*((key, value) for key, value in parse_qsl(parts.query) if key not in added), *added.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _holder(body: bytes) -> LockInfo | None:
    try:
        return LockInfo.decode(body)
    except StateError:
        return None


def _explain(answer: HttpAnswer) -> str:
    # GitLab's way. Other bodies are error pages, or may hold what was sent.
    return str(msgspec.json.decode(answer.body)["message"])
