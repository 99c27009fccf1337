"""``driftmgr state`` with a state behind an address: what a user meets, and what a crash leaves behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.emulator import inherited_environment
from driftmgr.state.backends.protocol import LockInfo
from flows.conftest import Run
from flows.test_errors import assert_told
from flows.test_state_commands import HOLD, state_text
from state.backends.test_http import Store
from state.backends.web import WebServer, serving


@pytest.fixture
def store() -> Store:
    """A server's memory: a state, open to one user."""
    made = Store("Basic Y2k6czNjcmV0")
    made.state = state_text().encode()
    return made


@pytest.fixture
def server(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """The server; the environment has its lock addresses and credentials."""
    with serving(store) as running:
        monkeypatch.setenv("DRIFTMGR_DATA_DIR", str(folder / "data"))
        for name in ("LOCK_ADDRESS", "UNLOCK_ADDRESS"):
            monkeypatch.setenv(f"TF_HTTP_{name}", f"{running.url}/web")
        monkeypatch.setenv("TF_HTTP_USERNAME", "ci")
        monkeypatch.setenv("TF_HTTP_PASSWORD", "s3cret")
        yield running


def test_a_state_is_pulled_and_pushed(server: WebServer, store: Store, run: Run, folder: Path) -> None:
    """What is pulled is what is kept, what is pushed is kept as it is, under a lock; a lock of others stops it."""
    address = f"{server.url}/web"
    run("state", "pull", address, "--file", "copy.tfstate")
    assert (folder / "copy.tfstate").read_bytes() == store.state
    assert "aws_db_instance.main" in run("state", "list", address).out
    pushed = state_text(serial=5, indent=3)
    (folder / "changed.tfstate").write_text(pushed)
    store.lock = LockInfo.new("apply", "elsewhere").encode()
    assert_told(run("state", "push", "changed.tfstate", address), "the state is locked by", "wait until")
    store.lock = b""
    assert run("state", "push", "changed.tfstate", address).code == 0
    assert (store.state.decode(), store.lock) == (pushed, b"")


def test_a_killed_process_leaves_a_lock_that_unlock_releases(server: WebServer, store: Store, run: Run) -> None:
    """A server that does not tell who holds the lock is told the id that was written down before the lock was taken."""
    address = f"{server.url}/web"
    environment = {**inherited_environment(), **os.environ}
    with subprocess.Popen([sys.executable, "-c", HOLD, address], env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    lock_id = json.loads(store.lock)["ID"]
    ran = run("state", "unlock", address, "--yes")
    assert (ran.code, store.lock) == (0, b""), ran.err
    assert lock_id in ran.err


def test_a_refusal_is_told_without_secrets(server: WebServer, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is not accepted, and an address that is none: one line what, one line what to do."""
    monkeypatch.setenv("TF_HTTP_PASSWORD", "wr0ng")
    ran = run("state", "list", f"{server.url}/web")
    assert_told(ran, "access denied", "check what the credentials")
    assert "wr0ng" not in ran.err
    assert_told(run("state", "list", "gs:///x"), "not the address", "gs://BUCKET")
    assert_told(run("state", "list", "k8s://infra/web?token=x"), "no such option", "one of")
