"""States in S3: keys and patterns, both locks, the digest, encryption."""

import base64
import functools
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.emulator import ACCOUNT, Emulator
from driftmgr.app.sources import access_with
from driftmgr.clouds.aws import AwsSession
from driftmgr.clouds.aws.state_calls import AwsStateCalls
from driftmgr.model import DriftMgrError
from driftmgr.state import StateError, StateSource, locate
from driftmgr.state.backends import s3
from driftmgr.state.backends.protocol import Access, LockInfo, StateLockedError
from driftmgr.state.backends.s3 import S3Backend, pattern
from state.test_with_terraform import make_stores

KEY = {"bucket": "states", "key": "a/terraform.tfstate", "region": "us-east-1"}
BOTH = {**KEY, "dynamodb_table": "locks", "use_lockfile": True}


@pytest.fixture
def stores(cloud: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A bucket and a lock table."""
    make_stores(cloud)
    monkeypatch.setattr(s3, "_SETTLE_SECONDS", 0.0)
    return cloud


@functools.cache
def shared_access() -> Access:
    """Access to the worker's emulator, made once: clients take longer to make than all calls."""
    return access_with(AwsSession())


def opened(settings: Mapping[str, Any], workspace: str = "default", access: Access | None = None) -> S3Backend:
    """The backend of these settings."""
    backend = StateSource.open("s3", settings, access or shared_access(), workspace=workspace).backend
    assert isinstance(backend, S3Backend)
    return backend


def test_the_digest_is_kept_right(stores: Emulator) -> None:
    """What is written has its digest in the table; a state with another one is refused, one without any is read."""
    backend = opened(BOTH)
    assert backend.read() is None
    backend.write(b"first")
    item = stores.client("dynamodb").get_item(
        TableName="locks", Key={"LockID": {"S": "states/a/terraform.tfstate-md5"}}
    )
    assert item["Item"]["Digest"]["S"] == hashlib.md5(b"first", usedforsecurity=False).hexdigest()
    stores.client("s3").put_object(Bucket="states", Key="a/terraform.tfstate", Body=b"second")
    with pytest.raises(StateError, match="not the one that was written last"):
        backend.read()
    assert opened(KEY).read() == b"second"
    stores.client("s3").delete_object(Bucket="states", Key="a/terraform.tfstate")
    with pytest.raises(StateError, match="not the one that was written last"):
        backend.read()


@pytest.mark.parametrize("settings", [{**KEY, "dynamodb_table": "locks"}, {**KEY, "use_lockfile": True}, BOTH])
def test_one_holds_the_lock(stores: Emulator, settings: dict[str, Any]) -> None:
    """A second one is refused and told who holds it; only the right id releases it; nothing is left behind."""
    first, second = opened(settings), opened(settings)
    lock = LockInfo.new("test", first.label)
    first.lock(lock)
    with pytest.raises(StateLockedError) as refused:
        second.lock(LockInfo.new("test", second.label))
    holder = refused.value.holder
    assert holder is not None
    assert (holder.id, holder.path) == (lock.id, "states/a/terraform.tfstate")
    assert second.holder() == holder
    with pytest.raises(StateError, match="not locked with the id"):
        second.unlock("another")
    second.unlock(lock.id)
    assert first.holder() is None
    with pytest.raises(StateError, match="nobody holds"):
        first.unlock(lock.id)
    assert stores.client("dynamodb").scan(TableName="locks")["Count"] == 0
    assert "Contents" not in stores.client("s3").list_objects_v2(Bucket="states")


def test_of_two_locks_none_is_kept_alone(stores: Emulator) -> None:
    """When another holds the item of the table, the lock object that we just made is removed."""
    by_table, both = opened({**KEY, "dynamodb_table": "locks"}), opened(BOTH)
    by_table.lock(lock := LockInfo.new("test", "x"))
    with pytest.raises(StateLockedError):
        both.lock(LockInfo.new("test", "x"))
    assert opened({**KEY, "use_lockfile": True}).holder() is None
    both.unlock(lock.id)
    missing = opened({**BOTH, "dynamodb_table": "nowhere"})
    with pytest.raises(StateError, match="DynamoDB table nowhere: no such table"):
        missing.lock(LockInfo.new("test", "x"))
    assert opened({**KEY, "use_lockfile": True}).holder() is None


def test_a_lost_answer_does_not_lock_us_out(stores: Emulator) -> None:
    """A second try that meets the lock of the first holds it."""
    backend = opened(BOTH)
    lock = LockInfo.new("test", "x")
    backend.lock(lock)
    backend.lock(lock)
    backend.unlock(lock.id)


def test_without_a_lock_it_is_said(stores: Emulator) -> None:
    """A backend that configures no lock refuses to pretend."""
    with pytest.raises(StateError, match="configures no lock") as raised:
        opened(KEY).lock(LockInfo.new("test", "x"))
    assert "use_lockfile" in raised.value.hint


def test_a_state_is_encrypted_as_its_backend_says(stores: Emulator) -> None:
    """State and lock object are written with the encryption of the settings, and read with the customer's key."""
    client = stores.client("s3")
    kms = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    backend = opened({**BOTH, "encrypt": True, "kms_key_id": kms, "acl": "bucket-owner-full-control"})
    backend.write(b"state")
    backend.lock(lock := LockInfo.new("test", "x"))
    for key in ("a/terraform.tfstate", "a/terraform.tfstate.tflock"):
        head = client.head_object(Bucket="states", Key=key)
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", kms)
        assert head["ContentType"] == "application/json"
    backend.unlock(lock.id)
    opened({**KEY, "encrypt": True}).write(b"state")
    assert client.head_object(Bucket="states", Key="a/terraform.tfstate")["ServerSideEncryption"] == "AES256"
    with pytest.raises(StateError, match="is not base64"):
        opened({**KEY, "encrypt": True, "sse_customer_key": "not base64!"})


def test_the_customers_key_goes_with_every_read_and_write() -> None:
    """The key of the settings, else that of the environment, is handed to the calls as bytes."""
    seen: list[tuple[str, Mapping[str, Any]]] = []

    class Calls(AwsStateCalls):
        def __init__(self) -> None:
            """Nothing to open."""

        def get(self, bucket: str, key: str, options: Mapping[str, Any]) -> bytes | None:
            seen.append(("get", options))
            return b"x"

        def put(
            self, bucket: str, key: str, content: bytes, options: Mapping[str, Any], *, only_new: bool = False
        ) -> bool:
            seen.append(("put", options))
            return True

    secret = os.urandom(32)
    environment = {"AWS_SSE_CUSTOMER_KEY": base64.b64encode(secret).decode()}
    backend = S3Backend({**KEY, "encrypt": True}, "default", Calls(), environment)
    backend.read()
    backend.write(b"x")
    expected = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": secret}
    assert seen == [("get", expected), ("put", expected)]


def test_workspaces_have_keys_of_their_own(stores: Emulator) -> None:
    """Workspaces lie under the prefix; other objects there are none of this backend's."""
    put = stores.client("s3").put_object
    for key in ("env:/a/a/terraform.tfstate", "env:/b/a/terraform.tfstate", "env:/c/other", "x/d/a/terraform.tfstate"):
        put(Bucket="states", Key=key, Body=b"state")
    assert opened(KEY).workspaces() == ("a", "b")
    put(Bucket="states", Key="a/terraform.tfstate", Body=b"state")
    assert opened(KEY).workspaces() == ("default", "a", "b")
    assert opened(KEY, "b").label == "s3://states/env:/b/a/terraform.tfstate"
    own = {**KEY, "workspace_key_prefix": "x"}
    assert opened(own, "d").read() == b"state"
    assert opened(own).workspaces() == ("default", "d")


def test_an_address_may_be_a_pattern(stores: Emulator) -> None:
    """A * stays within a folder, ** goes through them; lock objects and backups are no states; no match is an error."""
    put = stores.client("s3").put_object
    for key in ("p/a.tfstate", "p/q/b.tfstate", "p/q/r/c.tfstate", "p/a.tfstate.tflock", "p/notes.txt"):
        put(Bucket="states", Key=key, Body=b"state")
    access = shared_access()

    def found(url: str) -> list[str]:
        return [source.label.removeprefix("s3://states/") for source in locate(url, access)]

    assert found("s3://states/p/*.tfstate") == ["p/a.tfstate"]
    assert found("s3://states/p/**/*.tfstate") == ["p/a.tfstate", "p/q/b.tfstate", "p/q/r/c.tfstate"]
    assert found("s3://states/p/*/*.tfstate?region=us-east-1") == ["p/q/b.tfstate"]
    assert found("s3://states/p/*") == ["p/a.tfstate", "p/notes.txt"]
    with pytest.raises(StateError, match="no object matches"):
        found("s3://states/none/*")
    with pytest.raises(StateError, match="no such bucket"):
        found("s3://nowhere/*")


segments = st.text(alphabet="ab.", min_size=1, max_size=3)


@given(st.lists(segments, min_size=1, max_size=4), st.lists(segments, max_size=3))
def test_patterns_match_by_folders(folders: list[str], more: list[str]) -> None:
    """A key matches itself, a * for any one segment, a ** for any number of folders; a * never spans a slash."""
    key = "/".join(folders)
    assert pattern(key).fullmatch(key)
    assert pattern("/".join(["*"] * len(folders))).fullmatch(key)
    assert not pattern("/".join(["*"] * (len(folders) + 1))).fullmatch(key)
    deep = "/".join([*folders, *more, "x"])
    assert pattern(f"{key}/**/x").fullmatch(deep)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://states", "not the address of a state"),
        ("s3://states/", "not the address of a state"),
        ("s3://states/folder/", "not the address of a state"),
        ("s3:///key", "not the address of a state"),
        ("s3://user:secret-word@states/key", "not the address of a state"),
        ("s3://states/key?secret_key=secret-word", "no such option of an address: secret_key"),
        ("s3://states/key?workspace=../x", "not the name of a workspace"),
    ],
)
def test_an_address_that_cannot_be_is_refused(url: str, message: str) -> None:
    """What is no address, has options that are none, or would hold a secret is told, and no secret with it."""
    with pytest.raises(StateError, match=message) as raised:
        locate(url, access_with(AwsSession()))
    assert "secret-word" not in raised.value.message + raised.value.hint


def test_settings_of_the_backend_reach_the_client(
    cloud: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Endpoints, keys and a role of the settings are used, whatever the environment says."""
    cloud.client("s3").create_bucket(Bucket="states")
    cloud.client("s3").put_object(Bucket="states", Key="k", Body=b"state")
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    access = access_with(AwsSession())
    settings: dict[str, Any] = {
        "bucket": "states",
        "key": "k",
        "region": "us-east-1",
        "use_path_style": True,
        "access_key": "testing",
        "secret_key": "testing-secret",
        "endpoints": [{"s3": cloud.url, "sts": cloud.url}],
        "assume_role": {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/reader", "session_name": "tests", "tags": {"a": "b"}},
    }
    assert opened(settings, access=access).read() == b"state"
    old = {name: settings[name] for name in ("bucket", "key", "region", "access_key", "secret_key")}
    assert opened({**old, "endpoint": cloud.url, "force_path_style": True}, access=access).read() == b"state"
    with pytest.raises(StateError, match="the region of the lock table is not known"):
        opened(
            {**{k: v for k, v in settings.items() if k != "region"}, "dynamodb_table": "locks"}, access=access
        ).read()
    with pytest.raises(DriftMgrError, match="names several files"):
        opened({**KEY, "shared_credentials_files": ["a", "b"]}, access=access).read()
    token = tmp_path / "token"
    token.write_text("a-token-of-somebody\n")
    by_token = {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/reader", "web_identity_token_file": str(token)}
    assert opened({**settings, "assume_role_with_web_identity": [by_token]}, access=access).read() == b"state"
    by_token["web_identity_token_file"] = "missing"
    with pytest.raises(StateError, match="missing: the token cannot be read"):
        opened({**settings, "assume_role_with_web_identity": by_token}, access=access).read()


def test_the_account_is_checked_where_the_backend_names_it(cloud: Emulator) -> None:
    """A state of another account than the settings allow is neither read nor written."""
    cloud.client("s3").create_bucket(Bucket="states")
    assert opened({**KEY, "allowed_account_ids": [ACCOUNT]}).read() is None
    assert opened({**KEY, "forbidden_account_ids": ["111122223333"]}).read() is None
    with pytest.raises(StateError, match=f"the account {ACCOUNT} is not one that its backend allows"):
        opened({**KEY, "allowed_account_ids": ["111122223333"]}).write(b"x")
    with pytest.raises(StateError, match=f"the account {ACCOUNT} is not one that its backend allows"):
        opened({**KEY, "forbidden_account_ids": [ACCOUNT]}).read()
