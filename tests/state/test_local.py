"""States in files: Terraform's lock on the file itself, written in place, and what a dead program left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.intent import backend_settings, configured_backend
from driftmgr.runtime.guard import Guard
from driftmgr.runtime.limiter import Limit
from driftmgr.state import StateError
from driftmgr.state.backends import open_backend
from driftmgr.state.backends.local import LocalBackend
from driftmgr.state.backends.protocol import Access, LockInfo, StateLockedError

RECORD_LOCK = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state."""
    found = tmp_path / "terraform.tfstate"
    found.write_bytes(b'{"version": 4}')
    return found


def record_of(path: Path) -> Path:
    """Where Terraform writes down who holds the lock."""
    return path.with_name(f".{path.name}.lock.info")


@given(content=st.binary(max_size=5000), before=st.binary(max_size=5000))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_bytes_come_back_as_they_were_written(tmp_path: Path, content: bytes, before: bytes) -> None:
    """Whatever is written is read back exactly, shorter or longer than what was there; an empty file is no state."""
    path = tmp_path / "a.tfstate"
    path.write_bytes(before)
    inode = path.stat().st_ino
    backend = LocalBackend(path)
    backend.lock(lock := LockInfo.new("test", backend.label))
    backend.write(content)
    assert backend.read() == (content or None)
    backend.unlock(lock.id)
    assert path.read_bytes() == content
    assert path.stat().st_ino == inode


def test_the_lock_is_written_down_as_terraform_does(path: Path) -> None:
    """The record beside the state has Terraform's names, is its owner's alone, and goes with the lock."""
    backend = LocalBackend(path)
    lock = LockInfo.new("apply", backend.label)
    backend.lock(lock)
    record = json.loads(record_of(path).read_bytes())
    assert record.keys() == {"ID", "Operation", "Info", "Who", "Version", "Created", "Path"}
    assert (record["ID"], record["Operation"], record["Path"]) == (lock.id, "apply", str(path))
    assert record_of(path).stat().st_mode & 0o777 == 0o600
    assert backend.holder() == LockInfo.decode(record_of(path).read_bytes())
    backend.unlock(lock.id)
    assert not record_of(path).exists()
    assert backend.holder() is None


def test_a_hidden_state_has_its_record_where_terraform_looks(tmp_path: Path) -> None:
    """A name that begins with a dot has one dot in its record's name."""
    backend = LocalBackend(tmp_path / ".hidden")
    backend.lock(lock := LockInfo.new("test", backend.label))
    assert (tmp_path / ".hidden.lock.info").exists()
    backend.unlock(lock.id)


def test_two_of_one_process_exclude_each_other(path: Path) -> None:
    """The lock belongs to who took it, not to the process; a reader that closes the file does not let go of it."""
    first, second = LocalBackend(path), LocalBackend(path)
    first.lock(lock := LockInfo.new("test", first.label))
    assert second.read() == first.read()
    with pytest.raises(StateLockedError) as refused:
        second.lock(LockInfo.new("test", second.label))
    assert refused.value.holder is not None
    assert refused.value.holder.id == lock.id
    with pytest.raises(StateLockedError):
        first.lock(LockInfo.new("test", first.label))
    with pytest.raises(StateError, match="by a program that runs"):
        second.unlock(lock.id)
    first.unlock(lock.id)
    second.lock(other := LockInfo.new("test", second.label))
    second.unlock(other.id)


def test_a_record_lock_of_another_process_is_seen(path: Path) -> None:
    """A lock that says nothing of its holder excludes us, and is told as held by somebody unknown."""
    process = subprocess.Popen(
        [sys.executable, "-c", RECORD_LOCK, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"locked\n"
        backend = LocalBackend(path)
        holder = backend.holder()
        assert holder is not None
        assert holder.id == ""
        with pytest.raises(StateLockedError, match=r"the state is locked$"):
            backend.lock(LockInfo.new("test", backend.label))
        process.communicate()
    assert LocalBackend(path).holder() is None


def test_a_state_that_was_locked_and_never_written_leaves_nothing(tmp_path: Path) -> None:
    """Locking makes the file and its folder; an empty one that we made goes with the lock, one of others stays."""
    backend = LocalBackend(tmp_path / "new/terraform.tfstate")
    backend.lock(lock := LockInfo.new("test", backend.label))
    assert backend.read() is None
    backend.unlock(lock.id)
    assert not backend.path.exists()
    backend.path.touch()
    backend.lock(lock := LockInfo.new("test", backend.label))
    backend.unlock(lock.id)
    assert backend.path.exists()


def test_what_a_dead_program_left_is_removed_by_its_id(path: Path) -> None:
    """A record without a lock locks nobody out, and is removed by its id alone."""
    backend = LocalBackend(path)
    stale = LockInfo.new("apply", backend.label)
    record_of(path).write_bytes(stale.encode())
    assert backend.holder() is None
    with pytest.raises(StateError, match="not locked with the id other"):
        backend.unlock("other")
    backend.unlock(stale.id)
    assert not record_of(path).exists()
    with pytest.raises(StateError, match="nobody holds the lock"):
        backend.unlock(stale.id)


def test_a_broken_record_is_no_obstacle(path: Path) -> None:
    """The lock is what counts: a record that cannot be read is written anew."""
    record_of(path).write_bytes(b"{")
    backend = LocalBackend(path)
    backend.lock(lock := LockInfo.new("test", backend.label))
    backend.unlock(lock.id)
    assert not record_of(path).exists()


def test_workspaces_are_the_folders_with_a_state(tmp_path: Path) -> None:
    """The default workspace and the others are found where Terraform keeps them, or where the settings say."""
    access = Access(
        configured=configured_backend,
        completion=backend_settings,
        guard=Guard(lambda _: Limit(rate=1, burst=1)),
        directory=tmp_path,
    )
    backend = open_backend("local", {}, "default", access)
    assert backend.workspaces() == ()
    for place in (
        "terraform.tfstate",
        "terraform.tfstate.d/b/terraform.tfstate",
        "terraform.tfstate.d/a/terraform.tfstate",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("{}")
    (tmp_path / "terraform.tfstate.d/empty").mkdir()
    assert backend.workspaces() == ("default", "a", "b")
    assert open_backend("local", {}, "a", access).label == str(tmp_path / "terraform.tfstate.d/a/terraform.tfstate")
    elsewhere = {"path": "x/here.tfstate", "workspace_dir": "ws"}
    assert open_backend("local", elsewhere, "default", access).label == str(tmp_path / "x/here.tfstate")
    assert open_backend("local", elsewhere, "a", access).label == str(tmp_path / "ws/a/terraform.tfstate")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_told(path: Path) -> None:
    """Without the permission locking fails with a message, and the state stays."""
    path.chmod(0o400)
    with pytest.raises(StateError, match="cannot be locked"):
        LocalBackend(path).lock(LockInfo.new("test", "x"))
    assert path.read_bytes() == b'{"version": 4}'


def test_a_full_disk_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Space is reserved before the first byte of the state changes."""

    def full(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(StateError, match="No space left"):
        LocalBackend(path).write(b"x" * 100)
    assert path.read_bytes() == b'{"version": 4}'
