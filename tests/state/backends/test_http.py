"""States behind an HTTP address, held to real Terraform over the same server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends.http import HttpState, open_http
from driftmgr.state.backends.protocol import LockInfo
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.web import Answer, Certificates, Request, WebServer, access, free_port, serving
from state.peer import Peer, needs_terraform


class Store:
    """A server of the protocol that Terraform documents: one state, one lock, no write without it while it is held."""

    def __init__(self, user: str = "") -> None:
        self.state = b""
        self.lock: bytes = b""
        self.user = user

    def __call__(self, request: Request) -> Answer:
        if self.user and request.headers.get("authorization") != self.user:
            return Answer(status=403 if "authorization" in request.headers else 401)
        if request.method == "GET":
            return Answer(body=self.state) if self.state else Answer(status=404)
        if request.method == "LOCK":
            return self._set(423, unlocked=not self.lock, lock=request.body)
        if request.method == "UNLOCK":
            return self._set(409, unlocked=bool(self.lock) and self._names(request.body), lock=b"")
        if self.lock and request.query.get("ID") != json.loads(self.lock)["ID"]:
            return Answer(status=409, body=self.lock)
        self.state = request.body
        return Answer()

    def _names(self, body: bytes) -> bool:
        return bool(json.loads(body or b"{}").get("ID") == json.loads(self.lock)["ID"])

    def _set(self, otherwise: int, *, unlocked: bool, lock: bytes) -> Answer:
        if not unlocked:
            return Answer(status=otherwise, body=self.lock)
        self.lock = lock
        return Answer()


@pytest.fixture
def store() -> Store:
    """The server's memory."""
    return Store()


@pytest.fixture
def peer(store: Store) -> Iterator[WebServer]:
    """The server."""
    with serving(store) as running:
        yield running


def settings(peer: WebServer, **more: Any) -> dict[str, Any]:
    """The backend block of the server."""
    address = f"{peer.url}/states/web?team=a"
    return {"address": address, "lock_address": address, "unlock_address": address, **more}


def opener(peer: WebServer, **more: Any) -> Callable[[], HttpState]:
    """Opens the state of that block."""
    return lambda: open_http(settings(peer, **more), "default", access())


def test_states_are_kept_byte_by_byte(peer: WebServer) -> None:
    """A state is read as it was written, whatever its form and size."""
    contract.keeps_bytes(opener(peer))


def test_a_lock_keeps_others_out(peer: WebServer) -> None:
    """Two of us exclude each other, and the second one learns who the first one is."""
    seen = contract.excludes(opener(peer))
    assert seen is not None
    assert seen.operation == "push"


def test_a_lock_is_released_by_its_id_alone(peer: WebServer) -> None:
    """No other id releases a lock; the right one does, also from another process."""
    contract.refuses_other_ids(opener(peer))
    ours = opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    opener(peer)().unlock(lock.id)
    contract.excludes(opener(peer))


@needs_terraform
def test_terraform_and_we_exclude_each_other(peer: WebServer, tmp_path: Path) -> None:
    """Terraform's lock keeps us out, ours keeps Terraform out, and both read what the other one wrote."""
    terraform = Peer(tmp_path, contract.backend_block("http", settings(peer)))
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(peer))
    assert holder.operation == "OperationTypeApply"
    assert holder.created


@needs_terraform
def test_we_force_unlock_what_terraform_left_locked(peer: WebServer, store: Store, tmp_path: Path) -> None:
    """The lock of a Terraform that is gone is released by its id."""
    terraform = Peer(tmp_path, contract.backend_block("http", settings(peer)))
    terraform.apply("one")
    store.lock = LockInfo.new("apply", "gone").encode()
    assert terraform.run("plan", "-input=false").returncode == 1
    opener(peer)().unlock(json.loads(store.lock)["ID"])
    assert "No changes" in terraform.do("plan", "-input=false")


def test_verbs_and_addresses_are_those_of_the_block() -> None:
    """Each request goes to its own address with its own verb; ID and Content-MD5 go along as Terraform sends them."""
    with serving(lambda _: Answer()) as peer:
        block = {
            "address": f"{peer.url}/state?a=1",
            "lock_address": f"{peer.url}/lock",
            "unlock_address": f"{peer.url}/unlock",
            "update_method": "PUT",
            "lock_method": "POST",
        }
        ours = open_http(block, "default", access({"TF_HTTP_UNLOCK_METHOD": "DELETE", "TF_HTTP_LOCK_METHOD": "NO"}))
        lock = LockInfo.new("push", ours.label)
        ours.lock(lock)
        ours.write(b"{}")
        ours.unlock(lock.id)
        sent = [(request.method, request.path) for request in peer.requests]
        assert sent == [("POST", "/lock"), ("PUT", "/state"), ("DELETE", "/unlock")]
        assert peer.requests[1].query == {"a": "1", "ID": lock.id}
        assert peer.requests[1].headers["content-md5"] == "mZFLkyvTelC5g8XnyQrpOw=="
        assert peer.requests[1].headers["content-type"] == "application/json"
        assert peer.requests[2].json["ID"] == lock.id


def test_without_a_lock_address_there_is_no_lock(store: Store) -> None:
    """No lock is claimed that nobody holds: locking says what is missing, and asks the server nothing."""
    with serving(store) as peer:
        ours = open_http({"address": peer.url}, "default", access())
        with pytest.raises(StateError, match="has no lock_address") as caught:
            ours.lock(LockInfo.new("push", ours.label))
        assert "--no-lock" in caught.value.hint
        with pytest.raises(StateError, match="has no unlock_address"):
            ours.unlock("1")
        assert peer.requests == []
        ours.write(contract.ODD)
        assert peer.requests[0].query == {}


def test_an_address_is_the_state_itself(peer: WebServer, store: Store) -> None:
    """``https://...`` as an argument is the address, its query included; the password stays out of the label."""
    store.state = contract.ODD
    store.user = "Basic Y2k6czNjcmV0"
    (source,) = locate(f"http://ci:s3cret@{peer.host}/states/web?team=a", access())
    assert source.backend.read() == contract.ODD
    assert source.label == f"http://{peer.host}/states/web"
    assert peer.requests[0].query == {"team": "a"}


@pytest.mark.parametrize(
    ("block", "environment"),
    [
        ({"username": "ci", "password": "s3cret"}, {}),
        ({}, {"TF_HTTP_USERNAME": "ci", "TF_HTTP_PASSWORD": "s3cret"}),
        ({"user_in_address": "ci:s3cret@"}, {}),
    ],
)
def test_a_user_and_password_open_the_state(block: dict[str, str], environment: dict[str, str]) -> None:
    """Basic authentication from the block, the environment or the address; the password is in no label or message."""
    with serving(Store("Basic Y2k6czNjcmV0")) as peer:
        user = block.pop("user_in_address", "")
        ours = open_http({"address": f"http://{user}{peer.host}/web", **block}, "default", access(environment))
        assert ours.read() is None
        assert ours.label == f"http://{peer.host}/web"
        wrong = open_http({"address": f"http://ci:wr0ng@{peer.host}/web"}, "default", access())
        with pytest.raises(StateError, match="access denied") as caught:
            wrong.read()
        assert "wr0ng" not in f"{caught.value.message} {caught.value.hint}"
        with pytest.raises(StateError, match="credentials are missing"):
            open_http({"address": f"http://{peer.host}/web"}, "default", access()).read()


@needs_terraform
def test_client_certificates_open_the_state_as_they_do_for_terraform(tmp_path: Path) -> None:
    """With the authority and a client certificate both Terraform and we get in, without them neither does."""
    pem = Certificates()
    with serving(Store(), pem.context(tmp_path, client_needed=True)) as peer:
        known = {"client_ca_certificate_pem": pem.authority}
        block = settings(
            peer, **known, client_certificate_pem=pem.client, client_private_key_pem=pem.client_key, retry_max=0
        )
        Peer(tmp_path, contract.backend_block("http", block)).apply("one")
        assert b'"one"' in (open_http(block, "default", access()).read() or b"")
        with pytest.raises(StateError, match=r"TLS|connection broke"):
            open_http(settings(peer, **known), "default", access()).read()
        with pytest.raises(StateError, match="is not trusted"):
            open_http(settings(peer), "default", access()).read()


def test_verification_is_skipped_only_when_asked(tmp_path: Path) -> None:
    """``skip_cert_verification`` reads from a server that nobody vouches for."""
    with serving(Store(), Certificates().context(tmp_path)) as peer:
        assert open_http(settings(peer, skip_cert_verification=True), "default", access()).read() is None


def test_what_cannot_be_is_said_before_anything_is_asked() -> None:
    """A block without an address, another scheme, a certificate without key, a workspace: one clear message each."""
    for block, message in (
        ({}, "has no address"),
        ({"address": "ftp://u:secret@x"}, "not an address"),
        ({"address": "http://[x", "username": "a"}, "not an address"),
        ({"address": "https://x", "client_certificate_pem": "x"}, "go together"),
        ({"address": "https://x", "client_ca_certificate_pem": "x"}, "not PEM"),
        ({"address": "https://x", "skip_cert_verification": "maybe"}, "neither true nor false"),
    ):
        with pytest.raises(StateError, match=message) as caught:
            open_http(block, "default", access())
        assert "secret" not in str(caught.value)
    with pytest.raises(StateError, match="has no workspaces"):
        open_http({"address": "https://x"}, "dev", access())


def test_a_server_that_is_not_there_is_named() -> None:
    """No listener, no such host: the address is named and what to check."""
    with pytest.raises(StateError, match="cannot be reached") as caught:
        open_http({"address": f"http://127.0.0.1:{free_port()}/web"}, "default", access()).read()
    assert "check address" in caught.value.hint
    with pytest.raises(StateError, match=r"nowhere\.invalid does not resolve"):
        open_http({"address": "http://nowhere.invalid/web"}, "default", access()).read()


def test_reading_rides_out_what_passes_and_writing_is_sent_once(store: Store) -> None:
    """A 500 and a reset are read past; a write that met one is not repeated, and says that it may have happened."""
    trouble = [Answer(status=500), Answer(reset=True)]
    with serving(lambda request: trouble.pop() if trouble else store(request)) as peer:
        ours = open_http({"address": peer.url}, "default", access())
        assert ours.read() is None
        for fault, message in ((Answer(status=500), "HTTP 500"), (Answer(reset=True), "connection broke")):
            trouble.append(fault)
            before = len(peer.requests)
            with pytest.raises(StateError, match=message):
                ours.write(b"{}")
            assert len(peer.requests) == before + 1


def test_reading_follows_redirects_without_carrying_the_password_elsewhere(store: Store) -> None:
    """A redirect is followed for reading, the credentials stay with their server; for writing it is an error."""
    store.state = contract.ODD
    with serving(store) as target, serving(lambda _: Answer(status=307, headers={"Location": target.url})) as peer:
        ours = open_http({"address": peer.url, "username": "ci", "password": "s3cret"}, "default", access())
        assert ours.read() == contract.ODD
        assert "authorization" not in target.requests[0].headers
        with pytest.raises(StateError, match="redirects to"):
            ours.write(b"{}")
        assert len(target.requests) == 1
