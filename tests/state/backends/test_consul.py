"""States in Consul, against its KV, session and transaction API with the documented semantics."""

import base64
import gzip
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends.consul import ConsulState, open_consul
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.web import Answer, Certificates, Request, WebServer, access, free_port, say, serving
from state.peer import Peer, needs_terraform

_LARGEST = 524_288


class Consul:
    """One agent: keys with indexes, flags and sessions; a transaction is all or nothing, and has a largest size."""

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.token = ""
        self._index = 10

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("x-consul-token", "") != self.token:
            return Answer(status=403, body=b"Permission denied")
        kind, rest = request.parts[1], request.parts[2:]
        if kind == "kv":
            return self._kv(request, "/".join(rest) + ("/" if request.path.endswith("/") else ""))
        if kind == "txn":
            return self._transaction(request)
        return self._session(request, *rest)

    def set(self, key: str, value: bytes, **more: Any) -> None:
        self._index += 1
        before = self.keys.get(key, {"Session": "", "Flags": 0})
        self.keys[key] = {**before, "value": value, "index": self._index, **more}

    def _session(self, request: Request, action: str, session: str = "") -> Answer:
        if action == "create":
            session = str(uuid.uuid4())
            self.sessions[session] = request.json
            return say(200, {"ID": session})
        if session not in self.sessions:
            return Answer(status=404, body=b"Session id not found") if action == "renew" else say(200, True)  # noqa: FBT003
        if action == "destroy":
            del self.sessions[session]
            for pair in self.keys.values():
                pair["Session"] = pair["Session"] if pair["Session"] != session else ""
        return say(200, True)  # noqa: FBT003  # a document

    def _kv(self, request: Request, key: str) -> Answer:
        query = request.query
        if request.method == "DELETE":
            if "cas" in query and query["cas"] != str(self.keys.get(key, {}).get("index")):
                return say(200, False)  # noqa: FBT003  # a document
            gone = [name for name in self.keys if name == key or ("recurse" in query and name.startswith(key))]
            for name in gone:
                del self.keys[name]
            return say(200, True)  # noqa: FBT003  # a document
        if request.method == "PUT":
            return self._put(request, key)
        if "keys" in query:
            rest = {name[len(key) :] for name in self.keys if name.startswith(key)}
            found = sorted({key + (name.partition("/")[0] + "/" if "/" in name else name) for name in rest})
            return say(200, found) if found else Answer(status=404)
        return self._get(request, key)

    def _get(self, request: Request, key: str) -> Answer:
        if request.query.get("index") == str(self._index):
            time.sleep(0.02)  # a blocking query waits for a change, for a while
        told = {"X-Consul-Index": str(self._index), "X-Consul-Lastcontact": "0", "X-Consul-Knownleader": "true"}
        if key not in self.keys:
            return Answer(status=404, headers=told)
        pair = self.keys[key]
        value = base64.b64encode(pair["value"]).decode() or None
        shown = {"Key": key, "Value": value, "ModifyIndex": pair["index"], "Flags": pair["Flags"]}
        return say(200, [shown | ({"Session": pair["Session"]} if pair["Session"] else {})], **told)

    def _put(self, request: Request, key: str) -> Answer:
        query, held = request.query, self.keys.get(key, {}).get("Session", "")
        if len(request.body) > _LARGEST:
            return Answer(status=413, body=b"Value exceeds 524288 byte limit")
        flags = int(query.get("flags", "0"))
        if "acquire" in query:
            if query["acquire"] not in self.sessions:
                return Answer(status=500, body=b"invalid session")
            if held and held != query["acquire"]:
                return say(200, False)  # noqa: FBT003  # a document
            self.set(key, request.body, Session=query["acquire"], Flags=flags)
        elif "release" in query:
            if held != query["release"]:
                return say(200, False)  # noqa: FBT003  # a document
            self.set(key, request.body, Session="", Flags=flags)
        else:
            self.set(key, request.body)
        return say(200, True)  # noqa: FBT003  # a document

    def _transaction(self, request: Request) -> Answer:
        if len(request.body) > _LARGEST:
            return Answer(status=413, body=b"Request body(1 bytes) too large, max size: 524288 bytes.")
        operations = [item["KV"] for item in request.json]
        for operation in operations:
            pair = self.keys.get(operation["Key"])
            if operation["Verb"] == "cas" and (pair["index"] if pair else 0) != operation["Index"]:
                return say(409, {"Results": None, "Errors": [{"OpIndex": 0, "What": "index is stale"}]})
            if operation["Verb"] == "check-session" and (not pair or pair["Session"] != operation["Session"]):
                return say(409, {"Results": None, "Errors": [{"OpIndex": 0, "What": "invalid session"}]})
        results = []
        for operation in operations:
            if operation["Verb"] in {"cas", "set"}:
                self.set(operation["Key"], base64.b64decode(operation["Value"]))
            results.append({"KV": {"Key": operation["Key"], "ModifyIndex": self._index}})
        return say(200, {"Results": results, "Errors": None})


@pytest.fixture
def consul() -> Consul:
    """The agent's memory."""
    return Consul()


@pytest.fixture
def peer(consul: Consul) -> Iterator[WebServer]:
    """The agent."""
    with serving(consul) as running:
        yield running


def opener(peer: WebServer, workspace: str = "default", **more: Any) -> Callable[[], ConsulState]:
    """Opens the state of a workspace."""
    settings = {"address": peer.host, "path": "team/web app", **more}
    return lambda: open_consul(settings, workspace, access())


@pytest.mark.parametrize("compressed", [False, True])
def test_states_are_kept_byte_by_byte(peer: WebServer, consul: Consul, compressed: bool) -> None:  # noqa: FBT001
    """A state is read as it was written, also compressed and in chunks; no chunk outlives its state."""
    contract.keeps_bytes(opener(peer, gzip=compressed))
    assert list(consul.keys) == ["team/web app"]
    assert consul.keys["team/web app"]["value"].startswith(b"\x1f") == compressed


def test_a_large_state_is_in_chunks_as_terraform_writes_them(peer: WebServer, consul: Consul) -> None:
    """The key names hash and chunks of 512 KiB each; the same state written again keeps them."""
    ours, content = opener(peer)(), contract.large()
    for _ in range(2):
        ours.write(content)
        link = json.loads(consul.keys["team/web app"]["value"])
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        names = [f"team/web app/tfstate.{digest}/{number}" for number in range(len(content) // _LARGEST + 1)]
        assert link == {"current-hash": digest, "chunks": names}
        assert b"".join(consul.keys[name]["value"] for name in names) == content
    assert ours.read() == content
    del consul.keys[names[1]]
    with pytest.raises(StateError, match="a chunk of the state is gone"):
        ours.read()
    consul.set(names[1], b"something else")
    with pytest.raises(StateError, match="do not fit together"):
        ours.read()


def test_what_terraform_compressed_is_read(peer: WebServer, consul: Consul) -> None:
    """Compression shows in the value, whatever the block says; a damaged value is named."""
    consul.set("team/web app", gzip.compress(contract.ODD))
    assert opener(peer)().read() == contract.ODD
    consul.set("team/web app", gzip.compress(contract.ODD)[:-9])
    with pytest.raises(StateError, match="is damaged"):
        opener(peer)().read()


def test_a_lock_keeps_others_out(peer: WebServer, consul: Consul) -> None:
    """Two of us exclude each other; the lock's id is the session, as Terraform's force-unlock takes it."""
    seen = contract.excludes(opener(peer))
    assert seen is not None
    assert (seen.operation, seen.path) == ("push", "team/web app")
    assert seen.info.startswith(f"consul session: {seen.id}")
    assert consul.sessions == {}


def test_a_lock_is_released_by_its_id_alone(peer: WebServer) -> None:
    """By its own id or its session's, also from another process; never by another id."""
    contract.refuses_other_ids(opener(peer))
    ours, other = opener(peer)(), opener(peer)()
    for by_session in (False, True):
        lock = LockInfo.new("push", ours.label)
        ours.lock(lock)
        holder = other.holder()
        assert holder is not None
        other.unlock(holder.id if by_session else lock.id)
        with pytest.raises(StateError, match="the lock was lost"):
            ours.unlock(lock.id)
        assert other.holder() is None


def test_nobody_writes_after_the_lock_was_lost(peer: WebServer, consul: Consul) -> None:
    """The session ended, or the state changed between reading and writing: nothing is written."""
    ours = opener(peer)()
    ours.write(contract.ODD)
    ours.lock(LockInfo.new("push", ours.label))
    consul.keys["team/web app/.lock"]["Session"] = ""
    with pytest.raises(StateError, match="the lock was lost"):
        ours.write(b"{}")
    assert ours.read() == contract.ODD
    with pytest.raises(StateError):
        ours.unlock("x")


def test_a_session_is_renewed_as_long_as_the_lock_is_held(peer: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push that takes longer than a session lives keeps its lock; afterwards nothing is renewed any more."""
    monkeypatch.setattr("driftmgr.state.backends.consul._RENEW_SECONDS", 0.001)
    ours = opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    while not any("/renew/" in request.path for request in list(peer.requests)):
        ours.read()
    ours.unlock(lock.id)
    count = len(peer.requests)
    ours.read()
    assert len(peer.requests) == count + 1


@needs_terraform
@pytest.mark.parametrize("compressed", [False, True])
def test_terraform_and_we_exclude_each_other(peer: WebServer, tmp_path: Path, compressed: bool) -> None:  # noqa: FBT001
    """Terraform's lock keeps us out, ours keeps Terraform out, and both read what the other one wrote."""
    block = {"address": peer.host, "path": "team/web app", "gzip": compressed}
    terraform = Peer(tmp_path, contract.backend_block("consul", block))
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(peer, gzip=compressed))
    assert holder.operation == "OperationTypeApply"


def test_without_locks_there_is_none(peer: WebServer) -> None:
    """``lock = false`` is said, not passed over."""
    with pytest.raises(StateError, match="lock = false"):
        opener(peer, lock=False)().lock(LockInfo.new("push", ""))
    assert peer.requests == []


def test_each_workspace_is_a_key_of_its_own(peer: WebServer, consul: Consul) -> None:
    """Workspaces hold their own states and are listed; their locks and chunks are none of them."""
    default, dev = opener(peer)(), opener(peer, "dev")()
    dev.write(contract.large())
    assert default.workspaces() == ("dev",)
    lock = LockInfo.new("push", "")
    dev.lock(lock)
    default.write(contract.ODD)
    assert default.workspaces() == ("default", "dev")
    assert (default.read(), dev.read()) == (contract.ODD, contract.large())
    dev.unlock(lock.id)
    assert "team/web app-env:dev" in consul.keys


def test_settings_come_from_block_environment_and_address(consul: Consul, tmp_path: Path) -> None:
    """Address, token, user, datacenter and certificates, from ``CONSUL_*`` or the block; an address does the same."""
    pem, consul.token = Certificates(), "t0ken"
    for name, text in (("ca", pem.authority), ("cert", pem.client), ("key", pem.client_key), ("token", "t0ken\n")):
        (tmp_path / name).write_text(text)
    with serving(consul, pem.context(tmp_path, client_needed=True)) as peer:
        files = {"ca_file": "ca", "cert_file": "cert", "key_file": "key"}
        settings = {"address": peer.host, "scheme": "https", "path": "web", "access_token": "t0ken", "http_auth": "a:b"}
        ours = open_consul({**settings, **files, "datacenter": "dc2"}, "default", access(directory=tmp_path))
        ours.write(contract.ODD)
        assert peer.requests[-1].query == {"dc": "dc2"}
        assert peer.requests[-1].headers["authorization"] == "Basic YTpi"
        environment = {
            "CONSUL_HTTP_ADDR": peer.host,
            "CONSUL_HTTP_SSL": "true",
            "CONSUL_HTTP_TOKEN_FILE": str(tmp_path / "token"),
            "CONSUL_CACERT": str(tmp_path / "ca"),
            "CONSUL_CLIENT_CERT": str(tmp_path / "cert"),
            "CONSUL_CLIENT_KEY": str(tmp_path / "key"),
        }
        assert open_consul({"path": "web"}, "default", access(environment)).read() == contract.ODD
        (source,) = locate("consul:///web", access(environment))
        assert source.backend.read() == contract.ODD
        assert source.label == f"consul://{peer.host}/web"


def test_wrong_credentials_and_what_is_not_there_are_named(peer: WebServer, consul: Consul) -> None:
    """A token that may not, an agent that is not there, an address and a file that are none."""
    consul.token = "t0ken"
    with pytest.raises(StateError, match="access denied, HTTP 403") as caught:
        opener(peer, access_token="wr0ng")().read()
    assert "wr0ng" not in f"{caught.value.message} {caught.value.hint}"
    with pytest.raises(StateError, match="cannot be reached"):
        opener(peer, address=f"127.0.0.1:{free_port()}")().read()
    for settings, message in (
        ({"path": ""}, "has no path"),
        ({"address": "unix:///run/consul"}, "socket file"),
        ({"address": "ftp://h"}, "is not one"),
        ({"scheme": "https", "ca_file": "/nowhere"}, "cannot be read"),
    ):
        with pytest.raises(StateError, match=message):
            opener(peer, **settings)()


def test_a_lock_without_a_record_excludes_all_the_same(peer: WebServer, consul: Consul) -> None:
    """Whoever holds the session of the lock keeps us out, also one that left no record."""
    consul.set("team/web app/.lock", b"", Session="somebody")
    with pytest.raises(StateLockedError) as caught:
        opener(peer)().lock(LockInfo.new("push", ""))
    assert caught.value.holder is not None
    assert caught.value.holder.id == "somebody"
