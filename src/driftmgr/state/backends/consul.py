"""States in Consul's key-value store, locked by a session.

https://developer.hashicorp.com/terraform/language/backend/consul
https://developer.hashicorp.com/consul/api-docs/kv, /session, /txn
"""

import gzip
import hashlib
import threading
import zlib
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import msgspec

from driftmgr.runtime.guard import Endpoint
from driftmgr.runtime.http import HttpAnswer
from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.asking import Server, understood
from driftmgr.state.backends.consul_access import reach
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    from driftmgr.state.source import StateSource

_MARK = "-env:"
_NOT_FOUND, _CONFLICT, _TOO_LARGE = 404, 409, 413
_LOCK_FLAGS = "3304740253564472344"
"""Consul's own mark for keys that are locks: clients refuse to take another kind of key for one."""
_TTL, _LOCK_DELAY, _RENEW_SECONDS = "15s", "5s", 5.0
_CHUNK = 524_288
"""What one key may hold, unless the agent's ``kv_max_value_size`` says otherwise."""


class _Pair(msgspec.Struct, frozen=True):
    Value: str | None = None
    ModifyIndex: int = 0
    Session: str = ""

    @property
    def value(self) -> bytes:
        return b64decode(self.Value or "")


class _Link(msgspec.Struct, frozen=True, rename={"hash": "current-hash"}):
    """What the key holds where the state is in chunks."""

    hash: str
    chunks: tuple[str, ...]


class ConsulState:
    """A key, or the chunks that it names; the id of its lock is the id of the session."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        base = arguments.needed("path")
        self._base = base
        self._key = base if workspace == DEFAULT_WORKSPACE else f"{base}{_MARK}{workspace}"
        self._gzip = arguments.flag("gzip")
        self._locks = arguments.flag("lock", default=True)
        reached = reach(arguments, access)
        self._url = f"{reached.url}/v1"
        self._query = reached.query
        self._held: tuple[LockInfo, _Session] | None = None
        host = urlsplit(reached.url).netloc
        self.label = f"consul://{host}/{self._key}"
        self._server = Server(
            guard=access.guard,
            label=self.label,
            endpoint=Endpoint(provider="consul", account=host, region=None, service="kv"),
            headers=reached.headers,
            tls=reached.tls,
            explain=lambda answer: answer.body[:200].decode(errors="replace"),
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """Address, datacenter and key."""
        return ("consul", self._url, *sorted(self._query.items()), self._key)

    @understood
    def read(self) -> bytes | None:
        """The key's value, its chunks put together, decompressed."""
        pair = self._get("read the state", self._key)
        if pair is None or not pair.value:
            return None
        link = _link(pair.value)
        content = _unzipped(self._joined(link) if link else pair.value, self.label)
        if link and _md5(content) != link.hash:
            raise StateError(f"{self.label}: the chunks of the state do not fit together", hint="read it again")
        return content

    @understood
    def write(self, content: bytes) -> None:
        """Replace the value if nobody else did and the lock is still ours; in chunks where it is too large."""
        before = self._get("write the state", self._key)
        old = _link(before.value) if before else None
        payload = gzip.compress(content, mtime=0) if self._gzip else content
        digest = ""
        if not self._stored(payload, before):
            digest = _md5(content)
            names = [f"{self._root}/tfstate.{digest}/{number}" for number in range(-(-len(payload) // _CHUNK))]
            for number, name in enumerate(names):
                self._put("write the state", name, payload[number * _CHUNK : (number + 1) * _CHUNK])
            if not self._stored(msgspec.json.encode(_Link(hash=digest, chunks=tuple(names))), before):
                raise StateError(f"{self.label}: cannot write the state: it has too many chunks for one key")
        if old and old.hash != digest:
            self._kv("remove old chunks", "DELETE", f"{self._root}/tfstate.{old.hash}/", recurse="")

    @understood
    def lock(self, lock: LockInfo) -> None:
        """Acquire the lock's key with a session of 15 seconds that is renewed as long as the lock is held."""
        if not self._locks:
            raise StateError(f"{self.label}: the consul backend has lock = false", hint="or write with --no-lock")
        wanted = {"Name": "Consul API Lock", "TTL": _TTL, "LockDelay": _LOCK_DELAY}
        created = self._ask("lock the state", "PUT", "session/create", msgspec.json.encode(wanted))
        session = _Session(self, str(msgspec.json.decode(created.body)["ID"]))
        try:
            if not self._put("lock the state", self._lock_key, b"", acquire=session.id, flags=_LOCK_FLAGS):
                raise StateLockedError(self.label, self.holder())
            # Terraform's id of the lock is the session, which force-unlock destroys; ours is kept beside it.
            info = f"consul session: {session.id}, lock {lock.id}"
            recorded = msgspec.structs.replace(lock, id=session.id, path=self._key, info=info)
            self._put("lock the state", self._info_key, recorded.encode())
        except StateError:
            self._destroy(session.id)
            raise
        session.keep()
        self._held = lock, session

    @understood
    def unlock(self, lock_id: str) -> None:
        """Release the lock under its id or under the id of its session."""
        if self._held and lock_id in {self._held[0].id, self._held[1].id}:
            session = self._held[1]
            self._held = None
            session.end()
            self._kv("unlock the state", "DELETE", self._info_key)
            released = self._put("unlock the state", self._lock_key, b"", release=session.id, flags=_LOCK_FLAGS)
            self._destroy(session.id)
            left = self._get("unlock the state", self._lock_key)
            if left and not left.Session:
                self._kv("unlock the state", "DELETE", self._lock_key, cas=str(left.ModifyIndex))
            if not released:
                raise StateError(f"{self.label}: the lock was lost before it was released", hint="check the state")
            return
        holder = self.holder()
        if holder is None:
            raise StateError(f"{self.label}: the state is not locked")
        if lock_id != holder.id and lock_id not in holder.info:
            raise StateError(f"{self.label}: not released: the lock is another one, held by {holder}")
        self._destroy(holder.id)
        for key in (self._lock_key, self._info_key):
            self._kv("unlock the state", "DELETE", key)

    @understood
    def holder(self) -> LockInfo | None:
        """What is recorded beside the lock, as long as a session holds it."""
        lock = self._get("ask for the lock", self._lock_key)
        if lock is None or not lock.Session:
            return None
        info = self._get("ask for the lock", self._info_key)
        try:
            recorded = LockInfo.decode(info.value) if info else LockInfo(info="a session that left no record")
        except StateError:
            recorded = LockInfo(info="a session whose record cannot be read")
        return msgspec.structs.replace(recorded, id=lock.Session)

    @understood
    def workspaces(self) -> tuple[str, ...]:
        """The keys that begin with the path and ``-env:``."""
        prefix = f"{self._base}{_MARK}"
        answer = self._kv("list the workspaces", "GET", prefix, keys="", separator="/")
        names = msgspec.json.decode(answer.body) if answer.status != _NOT_FOUND else []
        found = sorted(name.removeprefix(prefix) for name in names)
        default = self._get("list the workspaces", self._base)
        first = (DEFAULT_WORKSPACE,) if default and default.value else ()
        return (*first, *(name for name in found if "/" not in name))

    @property
    def _root(self) -> str:
        return self._key.rstrip("/")

    @property
    def _lock_key(self) -> str:
        return f"{self._root}/.lock"

    @property
    def _info_key(self) -> str:
        return f"{self._root}/.lockinfo"

    def _joined(self, link: _Link) -> bytes:
        pairs = [(name, self._get("read the state", name)) for name in link.chunks]
        if missing := next((name for name, pair in pairs if pair is None), None):
            raise StateError(f"{self.label}: a chunk of the state is gone: {missing}", hint="restore it from a backup")
        return b"".join(pair.value for _, pair in pairs if pair)

    def _stored(self, payload: bytes, before: _Pair | None) -> bool:
        """Store a value in a transaction; false where it is too large for one."""
        index = before.ModifyIndex if before else 0
        value = {"Verb": "cas", "Key": self._key, "Value": b64encode(payload).decode(), "Index": index}
        held = self._held
        check = [{"Verb": "check-session", "Key": self._lock_key, "Session": held[1].id}] if held else []
        body = msgspec.json.encode([{"KV": operation} for operation in (*check, value)])
        answer = self._ask("write the state", "PUT", "txn", body, accepted=(_CONFLICT, _TOO_LARGE))
        if answer.status == _TOO_LARGE or b"too large" in answer.body:
            return False
        if answer.status == _CONFLICT:
            raise StateError(
                f"{self.label}: not written: the state was changed by somebody else, or the lock was lost",
                hint="read the state again",
            )
        return True

    def _get(self, operation: str, key: str) -> _Pair | None:
        answer = self._kv(operation, "GET", key)
        return msgspec.json.decode(answer.body, type=list[_Pair])[0] if answer.status != _NOT_FOUND else None

    def _put(self, operation: str, key: str, value: bytes, **query: str) -> bool:
        answer = self._ask(operation, "PUT", f"kv/{quote(key)}", value, query=query)
        return answer.body.strip() == b"true"

    def _kv(self, operation: str, method: str, key: str, **query: str) -> HttpAnswer:
        return self._ask(operation, method, f"kv/{quote(key)}", query=query, accepted=(_NOT_FOUND,))

    def _destroy(self, session: str) -> None:
        self._ask("unlock the state", "PUT", f"session/destroy/{quote(session)}")

    def renew(self, session: str) -> None:
        """Renew a session of ours; raises ``StateError``."""
        self._ask("keep the lock", "PUT", f"session/renew/{quote(session)}")

    def _ask(  # noqa: PLR0913  # a request has these parts
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        accepted: Collection[int] = (),
    ) -> HttpAnswer:
        params = {**self._query, **(query or {})}
        return self._server.ask(operation, method, f"{self._url}/{path}", params=params, body=body, accepted=accepted)


class _Session:
    """A session of ours, renewed by a thread until it ends; after a crash it runs out by itself."""

    def __init__(self, state: ConsulState, session: str) -> None:
        self.id = session
        self._state = state
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="consul-session", daemon=True)

    def keep(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_SECONDS):
            try:
                self._state.renew(self.id)
            except StateError:
                continue  # tried again; if the session is lost, the next write finds the lock gone


def open_consul(settings: Mapping[str, Any], workspace: str, access: Access) -> ConsulState:
    """Open the state of a backend block; raises ``StateError``."""
    return ConsulState(Arguments("consul", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``consul://HOST:PORT/PATH``; the token comes from ``CONSUL_HTTP_TOKEN``."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    if not path or "@" in parts.netloc:
        raise StateError("not the address of a state in Consul", hint="write consul://HOST:PORT/PATH")
    options = options_of(url, frozenset({"datacenter", "gzip", "scheme", "ca_file", "cert_file", "key_file"}))
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    where = {"address": parts.netloc} if parts.netloc else {}
    return (StateSource.open("consul", {**options, **where, "path": path}, access, workspace=workspace),)


def _link(value: bytes) -> _Link | None:
    # Only small values can be one; a state of gzip is none.
    try:
        return msgspec.json.decode(value, type=_Link)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _unzipped(content: bytes, label: str) -> bytes:
    if not content.startswith(b"\x1f"):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise StateError(f"{label}: the compressed state is damaged", hint="restore it from a backup") from error


def _md5(content: bytes) -> str:
    # As Terraform names the chunks of a state, and checks them.
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
