"""States in Google Cloud Storage, against its JSON API with generations and preconditions."""

import base64
import email
import email.policy
import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from driftmgr.state import StateError
from driftmgr.state.backends.gcs import GcsState, open_gcs
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.web import Answer, Request, WebServer, access, free_port, say, serving
from state.peer import Peer, needs_terraform

KEY = base64.b64encode(b"k" * 32).decode()


class Gcs:
    """One bucket, ``team``: https://cloud.google.com/storage/docs/json_api/v1/objects.

    An object that was written with a customer's key is read with that key only (400 otherwise), and
    ``ifGenerationMatch`` holds: 0 means that there is none.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[int, bytes, str]] = {}
        self.uploads: list[dict[str, str]] = []
        self._generation = 1_700_000_000_000_000

    def __call__(self, request: Request) -> Answer:
        if request.headers.get("authorization") != "Bearer good":
            return _error(401 if request.headers.get("authorization") != "Bearer poor" else 403, "Invalid Credentials")
        if request.parts[0] == "team":
            # The XML API, by which Google's Go client reads.
            return self._object(request, "/".join(request.parts[1:]), media=True)
        steps = request.parts[request.parts.index("b") :]
        if steps[1] != "team":
            return Answer(status=404, body=b"The specified bucket does not exist.")
        if request.method == "POST":
            return self._upload(request)
        media = request.query.get("alt") == "media"
        return self._object(request, steps[3], media=media) if len(steps) > 3 else self._list(request)

    def _upload(self, request: Request) -> Answer:
        assert request.path.startswith("/upload/storage/v1/")
        name, content = request.query.get("name", ""), request.body
        if request.query["uploadType"] == "multipart":
            message = email.message_from_bytes(
                f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode() + content, policy=email.policy.HTTP
            )
            described, part = message.iter_parts()
            name, content = json.loads(described.get_content())["name"], part.get_content()
            content = content.encode() if isinstance(content, str) else content
        if self._fails(request, name):
            return _error(412, "At least one of the pre-conditions you specified did not hold.")
        self._generation += 1
        self.uploads.append(request.query)
        self.objects[name] = (self._generation, content, request.headers.get("x-goog-encryption-key-sha256", ""))
        return say(200, self._shown(name))

    def _shown(self, name: str) -> dict[str, str]:
        generation, content, _ = self.objects[name]
        digest = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        return {"name": name, "size": str(len(content)), "generation": str(generation), "md5Hash": digest}

    def _object(self, request: Request, name: str, *, media: bool) -> Answer:
        if name not in self.objects:
            return Answer(status=404, body=f"No such object: team/{name}".encode())
        generation, content, key = self.objects[name]
        if self._fails(request, name):
            return _error(412, "At least one of the pre-conditions you specified did not hold.")
        if request.method == "DELETE":
            del self.objects[name]
            return Answer(status=204)
        if request.headers.get("x-goog-encryption-key-sha256", "") != key:
            return _error(400, "The target object is encrypted by a customer-supplied encryption key.")
        if not media:
            return say(200, self._shown(name))
        return Answer(body=content, headers={"x-goog-generation": str(generation)})

    def _fails(self, request: Request, name: str) -> bool:
        wanted = request.query.get("ifGenerationMatch")
        return wanted is not None and int(wanted) != self.objects.get(name, (0,))[0]

    def _list(self, request: Request) -> Answer:
        prefix, start = request.query.get("prefix", ""), int(request.query.get("pageToken") or "0")
        names = [name for name in sorted(self.objects) if name.startswith(prefix) and "/" not in name[len(prefix) :]]
        items = [self._shown(name) for name in names[start : start + 2]]
        return say(200, {"items": items, **({"nextPageToken": str(start + 2)} if names[start + 2 :] else {})})


def _error(status: int, message: str) -> Answer:
    return say(status, {"error": {"code": status, "message": message}})


@pytest.fixture
def gcs() -> Gcs:
    """The bucket."""
    return Gcs()


@pytest.fixture
def peer(gcs: Gcs) -> Iterator[WebServer]:
    """The API."""
    with serving(gcs) as running:
        yield running


def block(peer: WebServer, **more: Any) -> dict[str, Any]:
    """A backend block of the bucket."""
    endpoint = f"{peer.url}/storage/v1/"
    return {"bucket": "team", "prefix": "apps/web", "access_token": "good", "storage_custom_endpoint": endpoint, **more}


def opener(peer: WebServer, workspace: str = "default", **more: Any) -> Callable[[], GcsState]:
    """Opens the state of a workspace."""
    return lambda: open_gcs(block(peer, **more), workspace, access())


def test_states_are_kept_byte_by_byte(peer: WebServer, gcs: Gcs) -> None:
    """A state is read as it was written, whatever its form and size, under Terraform's name for it."""
    contract.keeps_bytes(opener(peer))
    assert list(gcs.objects) == ["apps/web/default.tfstate"]


def test_a_lock_keeps_others_out(peer: WebServer) -> None:
    """Two of us exclude each other; the lock's id is the generation, as Terraform's force-unlock takes it."""
    seen = contract.excludes(opener(peer))
    assert seen is not None
    assert seen.id.isdecimal()
    assert seen.path == "gs://team/apps/web/default.tflock"


def test_a_lock_is_released_by_its_id_alone(peer: WebServer, gcs: Gcs) -> None:
    """By its own id or its generation, also from another process; never by another id, and never a newer lock."""
    contract.refuses_other_ids(opener(peer))
    ours, other = opener(peer)(), opener(peer)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    other.unlock(lock.id)
    ours.lock(lock)
    holder = other.holder()
    assert holder is not None
    other.unlock(holder.id)
    # Ours was broken; somebody else has taken the lock since.
    other.lock(LockInfo.new("apply", ""))
    with pytest.raises(StateError, match="not released"):
        ours.unlock(lock.id)
    assert other.holder() is not None


def test_a_record_that_is_none_is_a_lock_all_the_same(peer: WebServer, gcs: Gcs) -> None:
    """Whatever is in the lock's object, it excludes."""
    gcs.objects["apps/web/default.tflock"] = (7, b"?", "")
    with pytest.raises(StateLockedError) as caught:
        opener(peer)().lock(LockInfo.new("push", ""))
    assert caught.value.holder is not None
    assert caught.value.holder.id == "7"
    opener(peer)().unlock("7")


def test_each_workspace_is_an_object_of_its_own(peer: WebServer, gcs: Gcs) -> None:
    """Workspaces hold their own states and are listed over all pages; other objects are none of them."""
    for name in ("dev", "default", "prod", "a"):
        opener(peer, name)().write(name.encode())
    gcs.objects |= {"apps/web/x.tflock": (1, b"{}", ""), "apps/web/deep/y.tfstate": (1, b"{}", "")}
    assert opener(peer)().workspaces() == ("default", "a", "dev", "prod")
    assert opener(peer, "prod")().read() == b"prod"
    at_root = opener(peer, prefix="")()
    at_root.write(b"{}")
    assert at_root.workspaces() == ("default",)
    assert "default.tfstate" in gcs.objects


@needs_terraform
def test_terraform_and_we_exclude_each_other(peer: WebServer, tmp_path: Path) -> None:
    """Terraform's lock keeps us out, ours keeps Terraform out, and both read what the other one wrote."""
    terraform = Peer(tmp_path, contract.backend_block("gcs", block(peer)))
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(peer))
    assert (holder.operation, holder.id.isdecimal()) == ("OperationTypeApply", True)


def test_a_customers_key_encrypts_the_state_and_not_the_lock(peer: WebServer, gcs: Gcs, tmp_path: Path) -> None:
    """The key goes along as GCS wants it, from text, file or environment; without it the state is not read."""
    ours = opener(peer, encryption_key=KEY)()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    ours.write(contract.ODD)
    assert opener(peer)().holder() is not None
    ours.unlock(lock.id)
    assert gcs.objects["apps/web/default.tfstate"][2] == base64.b64encode(hashlib.sha256(b"k" * 32).digest()).decode()
    (tmp_path / "key").write_text(f"{KEY}\n")
    assert opener(peer, encryption_key=str(tmp_path / "key"))().read() == contract.ODD
    assert open_gcs(block(peer), "default", access({"GOOGLE_ENCRYPTION_KEY": KEY})).read() == contract.ODD
    with pytest.raises(StateError, match="customer-supplied") as caught:
        opener(peer)().read()
    assert KEY not in f"{caught.value.message} {caught.value.hint}"
    for wrong in ("short", base64.b64encode(b"k" * 31).decode()):
        with pytest.raises(StateError, match="not 32 bytes"):
            opener(peer, encryption_key=wrong)()


def test_a_key_of_cloud_kms_is_named_when_writing(peer: WebServer, gcs: Gcs) -> None:
    """``kms_encryption_key`` goes along with the state; together with a customer's key it is refused."""
    name = "projects/p/locations/l/keyRings/r/cryptoKeys/k"
    opener(peer, kms_encryption_key=name)().write(b"{}")
    assert gcs.uploads[-1]["kmsKeyName"] == name
    with pytest.raises(StateError, match="cannot use both"):
        opener(peer, kms_encryption_key=name, encryption_key=KEY)()


def test_a_service_account_signs_in(gcs: Gcs, tmp_path: Path) -> None:
    """A key file of a service account is exchanged for a token, which goes along; as text or as a file."""
    asked: list[dict[str, list[str]]] = []

    def api(request: Request) -> Answer:
        if request.path == "/token":
            asked.append(parse_qs(request.body.decode()))
            return say(200, {"access_token": "good", "expires_in": 3600})
        return gcs(request)

    with serving(api) as peer:
        text = json.dumps(
            {
                "type": "service_account",
                "client_email": "ci@p.iam.gserviceaccount.com",
                "private_key": private_key(),
                "private_key_id": "1",
                "project_id": "p",
                "token_uri": f"{peer.url}/token",
            }
        )
        (tmp_path / "account.json").write_text(text)
        for credentials in (text, str(tmp_path / "account.json")):
            ours = open_gcs(block(peer, access_token=None, credentials=credentials), "default", access())
            assert ours.read() is None
        claims = json.loads(base64.urlsafe_b64decode(asked[0]["assertion"][0].split(".")[1] + "=="))
        assert claims["scope"] == "https://www.googleapis.com/auth/devstorage.read_write"
        assert len(asked) == 2


def private_key() -> str:
    """A new key, as a key file has it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


def test_an_address_names_the_state(peer: WebServer) -> None:
    """``gs://BUCKET/PREFIX`` is a block's prefix, ``.../NAME.tfstate`` the state of that workspace."""
    opener(peer, "dev")().write(contract.ODD)
    variables = {
        "GOOGLE_OAUTH_ACCESS_TOKEN": "good",
        "GOOGLE_STORAGE_CUSTOM_ENDPOINT": f"{peer.url}/storage/v1",
    }
    (by_prefix,) = locate("gs://team/apps/web?workspace=dev", access(variables))
    (by_name,) = locate("gs://team/apps/web/dev.tfstate", access(variables))
    assert by_prefix.backend.read() == by_name.backend.read() == contract.ODD
    assert by_prefix.label == by_name.label == "gs://team/apps/web/dev.tfstate"


def test_wrong_credentials_and_what_is_not_there_are_named(peer: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that is not accepted, one that may not, a bucket and a server that are not there, no library."""
    for token, message in (("secret", "HTTP 401"), ("poor", "access denied, HTTP 403")):
        with pytest.raises(StateError, match=message) as caught:
            opener(peer, access_token=token)().read()
        assert token not in caught.value.hint
    with pytest.raises(StateError, match="no such bucket"):
        opener(peer, bucket="elsewhere")().read()
    with pytest.raises(StateError, match="cannot be reached"):
        opener(peer, storage_custom_endpoint=f"http://127.0.0.1:{free_port()}/storage/v1")().read()
    with pytest.raises(StateError, match="neither JSON nor a file"):
        opener(peer, access_token=None, credentials="x")().read()
    with pytest.raises(StateError, match="has no bucket"):
        opener(peer, bucket=None)()
    monkeypatch.setitem(__import__("sys").modules, "google.auth", None)
    with pytest.raises(StateError, match="needs google-auth") as caught:
        opener(peer, access_token=None, credentials="{}")().read()
    assert "driftmgr[gcs]" in caught.value.hint
