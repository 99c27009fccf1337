"""Copies of states that were replaced, and the locks that are held."""

from pathlib import Path

import pytest

from driftmgr.store.states import LockRecords, data_directory, keep_backup


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data directory."""
    monkeypatch.setenv("DRIFTMGR_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_backups_are_their_owners_alone(data: Path) -> None:
    """Each copy is a file of its own under the data directory, whatever the state's name, readable by its owner."""
    first = keep_backup("s3://b/../../k?x", 3, b"one")
    second = keep_backup("s3://b/../../k?x", 3, b"two")
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert first.resolve().is_relative_to(data.resolve())
    assert first.stat().st_mode & 0o777 == 0o600
    assert first.parent.stat().st_mode & 0o077 == 0


def test_records_are_found_by_the_state(data: Path) -> None:
    """A lock is known until it is removed; of a process that runs it is not one left behind; broken files are none."""
    records = LockRecords()
    records.add("a", "1", "push")
    records.add("b", "../2", "push")
    (data / "locks/broken.json").write_text("{")
    (found,) = records.of("a")
    assert (found.lock_id, found.operation, found.is_left) == ("1", "push", False)
    assert [record.lock_id for record in records.of("b")] == ["../2"]
    records.remove("1")
    records.remove("1")
    assert list(records.of("a")) == []


def test_the_data_directory_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a choice it lies where the desktop's rules say."""
    monkeypatch.delenv("DRIFTMGR_DATA_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", "/x")
    assert data_directory() == Path("/x/driftmgr")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert data_directory() == Path.home() / ".local/share/driftmgr"
