"""Terraform and we share states: its locks exclude us, ours exclude it, and it accepts what we write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.emulator import Emulator
from driftmgr.app.sources import access_with
from driftmgr.clouds.aws import AwsSession
from driftmgr.state import StateError, locate
from driftmgr.state.backends.protocol import LockInfo, StateBackend, StateLockedError
from state.peer import Peer, needs_terraform

pytestmark = needs_terraform

S3 = """
  backend "s3" {{
    bucket = "states"
    key    = "orders/terraform.tfstate"
    region = "us-east-1"
    use_path_style = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    {lock}
  }}
"""
BACKENDS: Mapping[str, str] = {
    "local": "",
    "dynamodb": S3.format(lock='dynamodb_table = "locks"'),
    "lockfile": S3.format(lock="use_lockfile = true"),
    "both": S3.format(lock='use_lockfile = true\n    dynamodb_table = "locks"'),
}


@pytest.fixture(params=BACKENDS)
def peer(request: pytest.FixtureRequest, tmp_path: Path) -> Peer:
    """A working directory that Terraform has applied."""
    environment: Mapping[str, str] = {}
    if request.param != "local":
        cloud: Emulator = request.getfixturevalue("cloud")
        environment = cloud.environment
        make_stores(cloud)
    made = Peer(tmp_path, BACKENDS[request.param], environment)
    made.apply()
    return made


def make_stores(cloud: Emulator) -> None:
    """The bucket and the lock table."""
    cloud.client("s3").create_bucket(Bucket="states")
    cloud.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def backend_of(directory: Path) -> StateBackend:
    """The state of a working directory, as an argument leads to it."""
    (source,) = locate(str(directory), access_with(AwsSession()))
    return source.backend


def raised(content: bytes) -> bytes:
    """A state with its serial raised, and an output that it did not have, in another layout."""
    document: dict[str, Any] = json.loads(content)
    document["serial"] += 1
    document["outputs"] = {"note": {"value": "by hand", "type": "string"}}
    return json.dumps(document).encode()


def test_locks_exclude_each_other_and_what_we_write_is_accepted(peer: Peer) -> None:
    """Terraform's lock excludes us and tells whose it is, ours excludes Terraform, which goes on from what we wrote."""
    backend = backend_of(peer.directory)
    with peer.holding_the_lock():
        with pytest.raises(StateLockedError) as refused:
            backend.lock(LockInfo.new("test", backend.label))
        holder = refused.value.holder
        assert holder is not None
        assert holder.operation == "OperationTypeApply"
        assert backend.holder() == holder
    assert backend.holder() is None
    lock = LockInfo.new("test", backend.label)
    backend.lock(lock)
    refused_plan = peer.run("plan", "-input=false")
    assert refused_plan.returncode == 1
    assert "Error acquiring the state lock" in refused_plan.stderr
    assert lock.id in refused_plan.stderr
    content = backend.read()
    assert content is not None
    written = raised(content)
    backend.write(written)
    assert backend.read() == written
    with pytest.raises(StateError, match="not locked with the id another"):
        backend.unlock("another")
    backend.unlock(lock.id)
    with pytest.raises(StateError, match="nobody holds the lock"):
        backend.unlock(lock.id)
    assert peer.do("state", "pull").strip()
    assert json.loads(peer.do("output", "-json"))["note"]["value"] == "by hand"
    peer.write("y")
    assert "1 to change" in peer.do("plan", "-input=false")
