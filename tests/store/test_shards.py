"""Shards on disk."""

import stat
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.model import Parent, RemoteObject, Scope
from driftmgr.store.shards import SavedShards

HERE = Scope(cloud="aws", account="1", region="eu-west-1")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def thing(**attributes: Any) -> RemoteObject:
    """An object with attributes, and all else that an object may have."""
    parents = (Parent(type="aws_parent", id="p"),)
    return RemoteObject(
        type="aws_thing", id="a", scope=HERE, attributes=attributes, parents=parents, owner="o", unread=("x",)
    )


class Clock:
    """Wall-clock time that a test moves."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_loaded_is_what_was_saved(tmp_path: Path, attributes: dict[str, Any]) -> None:
    """Every object comes back equal, its attributes to the last value."""
    shards = SavedShards(tmp_path / "s", 60)
    assert shards.save("key", [thing(id=1), RemoteObject(type="t", id="i", scope=HERE, attributes=attributes)])
    loaded = shards.load("key")
    assert loaded is not None
    assert loaded[1].attributes == attributes
    assert loaded[0] == thing(id=1)


@pytest.mark.parametrize(
    "value", [Decimal("0.1"), (1, 2), {1, 2}, object(), 2**70, datetime(2026, 1, 1, tzinfo=UTC), b"raw", {1: "a"}]
)
def test_never_kept_inexactly(tmp_path: Path, value: Any) -> None:
    """A value that the file cannot hold exactly is either back as it was or makes the shard unsaved: no false drift."""
    shards = SavedShards(tmp_path / "s", 60)
    if shards.save("key", [thing(value=value)]):
        loaded = shards.load("key")
        assert loaded is not None
        assert loaded[0].attributes["value"] == value
        assert type(loaded[0].attributes["value"]) is type(value)
    else:
        assert shards.load("key") is None


def test_a_shard_ends_with_its_time(tmp_path: Path) -> None:
    """Too old, or from the future of a clock that was set back: not used."""
    clock = Clock()
    shards = SavedShards(tmp_path / "s", 60, clock)
    shards.save("key", [thing()])
    clock.time += 59.9
    assert shards.load("key") is not None
    clock.time += 0.2
    assert shards.load("key") is None
    clock.time -= 120
    assert shards.load("key") is None


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_damaged_file_counts_as_not_saved(tmp_path: Path, damage: bytes | None) -> None:
    """Cut off or overwritten, a file costs calls, never a verdict."""
    shards = SavedShards(tmp_path / "s", 60)
    shards.save("key", [thing(size=1)])
    (file,) = (tmp_path / "s").iterdir()
    file.write_bytes(file.read_bytes()[:-3] if damage is None else damage)
    assert shards.load("key") is None


def test_files_are_private(tmp_path: Path) -> None:
    """What the cloud told is readable by its owner only."""
    SavedShards(tmp_path / "s", 60).save("key", [thing()])
    (file,) = (tmp_path / "s").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700


def test_clear_removes_all_and_half_written_ones(tmp_path: Path) -> None:
    """After the end of a scan nothing of it stays, not even what a killed program left; other files do."""
    shards = SavedShards(tmp_path / "s", 60)
    shards.save("key", [thing()])
    (tmp_path / "s" / ".abc.shard.xyz.part").write_bytes(b"half")
    shards.clear()
    assert not (tmp_path / "s").exists()
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "other").write_text("mine")
    shards.clear()
    assert (tmp_path / "s" / "other").exists()
    SavedShards(tmp_path / "none", 60).clear()


def test_prune_removes_only_what_is_too_old(tmp_path: Path) -> None:
    """Old files go, usable ones stay."""
    SavedShards(tmp_path / "s", 60).save("key", [thing()])
    SavedShards(tmp_path / "s", 60).prune()
    assert SavedShards(tmp_path / "s", 60).load("key") is not None
    SavedShards(tmp_path / "s", 0).prune()
    assert list((tmp_path / "s").iterdir()) == []
