"""Fingerprints between scans."""

from pathlib import Path

import pytest

from driftmgr.model import Scope
from driftmgr.store.fingerprints import StoredFingerprints, cache_directory

HERE = Scope(cloud="aws", account="1", region="eu-west-1")
THERE = Scope(cloud="aws", account="1", region="eu-west-2")


def test_remembered_after_save(tmp_path: Path) -> None:
    """A token is known to the next scan once the scan that looked has saved, and only in its scope."""
    path = tmp_path / "cache" / "f.sqlite"
    first = StoredFingerprints(path)
    first.looked(HERE, "aws_thing", "a", "token")
    assert not StoredFingerprints(path).unchanged(HERE, "aws_thing", "a", "token")
    first.save()
    second = StoredFingerprints(path)
    assert second.unchanged(HERE, "aws_thing", "a", "token")
    assert not second.unchanged(HERE, "aws_thing", "a", "other")
    assert not second.unchanged(THERE, "aws_thing", "a", "token")


def test_newer_token_replaces_older(tmp_path: Path) -> None:
    """Looking again replaces what was known."""
    path = tmp_path / "f.sqlite"
    for token in ("old", "new"):
        seen = StoredFingerprints(path)
        seen.looked(HERE, "aws_thing", "a", token)
        seen.save()
    assert StoredFingerprints(path).unchanged(HERE, "aws_thing", "a", "new")
    assert not StoredFingerprints(path).unchanged(HERE, "aws_thing", "a", "old")


def test_broken_file_counts_as_empty(tmp_path: Path) -> None:
    """A damaged cache costs calls, never a verdict."""
    path = tmp_path / "f.sqlite"
    path.write_bytes(b"no database" * 100)
    assert not StoredFingerprints(path).unchanged(HERE, "aws_thing", "a", "token")


def test_nothing_looked_at_writes_nothing(tmp_path: Path) -> None:
    """Saving an idle scan leaves no file behind."""
    path = tmp_path / "f.sqlite"
    StoredFingerprints(path).save()
    assert not path.exists()


def test_cache_directory_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The directory is the user's to choose, by our variable or by XDG's."""
    monkeypatch.setenv("DRIFTMGR_CACHE_DIR", str(tmp_path))
    assert cache_directory() == tmp_path
    monkeypatch.delenv("DRIFTMGR_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "driftmgr"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_directory() == Path.home() / ".cache" / "driftmgr"
