"""The file of what a team accepted: whole, signed, private, safe beside others and when killed."""

import base64
import sqlite3
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.model import Acceptance, AcceptedObject, DriftMgrError, Scope
from driftmgr.store.baselines import KEY, KEY_FILE, BaselineError, StoredBaseline, baseline_key, state_directory

SECRET = "Tr0ub4dor&3"
MINE, OTHER = b"k" * 32, b"o" * 32
HERE = Scope(cloud="aws", account="123456789012", region="eu-central-1")
EVERYWHERE = Scope(cloud="aws", account="123456789012")


def accepted(identity: str = "q", scope: Scope = HERE, **attributes: Any) -> AcceptedObject:
    """An accepted instance."""
    return AcceptedObject.of(
        {"id": identity, **attributes},
        type="aws_sqs_queue",
        id=identity,
        scope=scope,
        address=f"aws_sqs_queue.{identity}",
        state="lineage",
        provider='provider["registry.terraform.io/hashicorp/aws"]',
        sensitive=("policy",),
    )


def act(serial: int = 1, note: str = "") -> Acceptance:
    """An act of accepting."""
    return Acceptance(serial=serial, at="2026-11-25T12:00:00Z", by="ada", note=note)


@pytest.fixture
def store(tmp_path: Path) -> StoredBaseline:
    """A baseline with two objects."""
    made = StoredBaseline(tmp_path / "folder" / "baseline.sqlite", MINE)
    made.accept(act(note="first"), [accepted(policy=SECRET), accepted("all", EVERYWHERE)])
    return made


@pytest.fixture
def path(store: StoredBaseline, tmp_path: Path) -> Path:
    """Its file."""
    return tmp_path / "folder" / "baseline.sqlite"


def test_what_was_accepted_comes_back(store: StoredBaseline, path: Path) -> None:
    """Every object with all its members, and who accepted it, when and why; the file is its owner's alone."""
    kept = store.load()
    assert kept.acceptances == (act(note="first"),)
    found = {one.id: one for one in kept.objects}
    assert found["q"].attributes == {"id": "q", "policy": SECRET}
    assert (found["q"].address, found["q"].state, found["q"].serial) == ("aws_sqs_queue.q", "lineage", 1)
    assert (found["q"].provider, found["q"].sensitive) == (accepted().provider, ("policy",))
    assert {one.scope for one in kept.objects} == {HERE, EVERYWHERE}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in path.parent.iterdir()) == ["baseline.sqlite", "baseline.sqlite.lock"]


def test_an_acceptance_adds_replaces_and_removes(store: StoredBaseline) -> None:
    """What it does not name stays as it was accepted; a global object is replaced like any other."""
    store.accept(act(2), [accepted("all", EVERYWHERE, new=1), accepted("r")], [accepted()])
    kept = store.load()
    assert {(one.id, one.serial) for one in kept.objects} == {("all", 2), ("r", 2)}
    assert [one.serial for one in kept.acceptances] == [1, 2]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attributes=st.dictionaries(st.text(max_size=8), values, max_size=4), name=st.text(min_size=1, max_size=8))
def test_any_attributes_are_kept_exactly(
    tmp_path_factory: pytest.TempPathFactory, attributes: dict[str, Any], name: str
) -> None:
    """Whatever a cloud answers comes back the same, and the seal fits."""
    made = StoredBaseline(tmp_path_factory.mktemp("any") / "b", MINE)
    found = AcceptedObject.of(attributes, type="aws_x", id=name, scope=HERE)
    made.accept(act(), [found])
    (kept,) = made.load().objects
    assert (kept.id, kept.attributes) == (name, attributes)


def test_no_attribute_lies_there_readable(path: Path) -> None:
    """Neither a value nor its name is in the bytes of the file."""
    content = path.read_bytes()
    assert SECRET.encode() not in content
    assert b"policy" not in content


TAMPERED = {
    "an object removed": "DELETE FROM object WHERE id = 'q'",
    "an object renamed": "UPDATE object SET id = 'p' WHERE id = 'q'",
    "an object made unmanaged": "UPDATE object SET address = NULL WHERE id = 'q'",
    "attributes of another": "UPDATE object SET box = (SELECT box FROM object WHERE id = 'all')",
    "text as bytes": "UPDATE object SET id = CAST(id AS BLOB)",
    "another note": "UPDATE acceptance SET note = 'never mind'",
    "another name": "UPDATE acceptance SET by = 'mallory'",
    "an act added": "INSERT INTO acceptance VALUES (2, '', 'mallory', '')",
    "another seal": "UPDATE baseline SET seal = ''",
    "two seals": "INSERT INTO baseline SELECT * FROM baseline",
    "no seal": "DELETE FROM baseline",
    "another id": "UPDATE baseline SET id = 'AAAA'",
    "a table": "CREATE TABLE other (a TEXT)",
    "no index": "DROP INDEX object_key",
    "an older format": "PRAGMA user_version = 0",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON object BEGIN DELETE FROM object; END",
}


@pytest.mark.parametrize("statement", TAMPERED.values(), ids=TAMPERED)
def test_a_changed_file_is_never_used(store: StoredBaseline, path: Path, statement: str) -> None:
    """Whatever was changed is a clear error, when it is read and when something is accepted on top of it."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    for use in (store.load, lambda: store.accept(act(2), [])):
        with pytest.raises(BaselineError, match="wrong key, or the file was changed") as raised:
            use()
        assert "--no-baseline" in raised.value.hint


def test_another_key_opens_nothing(path: Path) -> None:
    """The error is that of a changed file: the two cannot be told apart."""
    with pytest.raises(BaselineError, match="wrong key"):
        StoredBaseline(path, OTHER).load()


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(200)])
def test_what_is_no_baseline_is_said(tmp_path: Path, content: bytes) -> None:
    """An empty, foreign or broken file is an error with a hint, and stays as it is."""
    broken = tmp_path / "b"
    broken.write_bytes(content)
    for use in (StoredBaseline(broken, MINE).load, lambda: StoredBaseline(broken, MINE).accept(act(), [])):
        with pytest.raises(BaselineError, match="no baseline, or damaged") as raised:
            use()
        assert raised.value.hint
    assert broken.read_bytes() == content


def test_a_newer_format_is_left_alone(store: StoredBaseline, path: Path) -> None:
    """A file of a newer program is neither used nor changed."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(BaselineError, match="format 99"):
        store.load()


def test_no_file_is_said(tmp_path: Path) -> None:
    """Reading what is not there makes no file."""
    with pytest.raises(BaselineError, match="no baseline"):
        StoredBaseline(tmp_path / "b", MINE).load()
    assert list(tmp_path.iterdir()) == []


def test_an_act_for_another_baseline_is_refused(store: StoredBaseline) -> None:
    """Who looked before somebody else accepted has to look again; nothing of it is kept."""
    store.accept(act(2), [accepted("r")])
    with pytest.raises(BaselineError, match="somebody accepted meanwhile"):
        store.accept(act(2), [accepted("s")])
    assert {one.id for one in store.load().objects} == {"q", "all", "r"}


def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    """Several first acceptances at the same time: one is kept whole, the others are told."""
    told: list[str] = []

    def run(number: int) -> None:
        try:
            StoredBaseline(tmp_path / "b", MINE).accept(act(), [accepted(f"q{number}")])
            told.append("ok")
        except BaselineError as error:
            told.append(error.message.partition(": ")[2])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["ok"] + ["somebody accepted meanwhile"] * 5
    assert len(StoredBaseline(tmp_path / "b", MINE).load().objects) == 1


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from driftmgr.model import Acceptance, AcceptedObject, Scope
    from driftmgr.store.baselines import StoredBaseline

    def objects():
        for number in range(5000):
            scope = Scope(cloud="aws", account="1", region="r")
            yield AcceptedObject.of({"text": "x" * 2000}, type="aws_x", id=str(number), scope=scope)
        os.kill(os.getpid(), signal.SIGKILL)

    act = Acceptance(serial=int(sys.argv[2]), at="", by="")
    StoredBaseline(Path(sys.argv[1]), b"k" * 32).accept(act, objects())
"""


def kill_an_acceptance(path: Path, serial: int) -> None:
    """A program that is killed when all is written and nothing committed."""
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), str(path), str(serial)], check=False)
    assert ran.returncode == -9


def test_a_killed_acceptance_leaves_the_one_before(store: StoredBaseline, path: Path) -> None:
    """The file is whole, holds what it held, and takes the next act."""
    kill_an_acceptance(path, 2)
    assert {one.id for one in store.load().objects} == {"q", "all"}
    store.accept(act(2), [accepted("r")])
    assert {one.id for one in store.load().objects} == {"q", "all", "r"}


def test_a_killed_first_acceptance_leaves_nothing(tmp_path: Path) -> None:
    """There is no file that could be taken for a baseline, and the next one may begin."""
    kill_an_acceptance(tmp_path / "b", 1)
    assert not (tmp_path / "b").exists()
    StoredBaseline(tmp_path / "b", MINE).accept(act(), [accepted()])
    assert len(StoredBaseline(tmp_path / "b", MINE).load().objects) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["b", "b.lock"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """An error of the system is told as one of ours."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BaselineError, match="cannot be written"):
        StoredBaseline(tmp_path / "file" / "b", MINE).accept(act(), [])


def test_who_waits_too_long_is_told(store: StoredBaseline, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another program holds for itself is said to be busy, not broken."""
    monkeypatch.setattr("driftmgr.store.baselines._SECONDS", 0.0)
    holding = sqlite3.connect(path, isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")
    with pytest.raises(BaselineError, match="another program writes it"):
        store.load()
    holding.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key in the environment, and a state directory of its own."""
    for name in (KEY, KEY_FILE, "DRIFTMGR_STATE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "driftmgr"


def test_the_users_own_key_is_made_once(home: Path) -> None:
    """Only when something is accepted for the first time; private, random, the same ever after."""
    with pytest.raises(BaselineError, match="no key for the baseline"):
        baseline_key()
    made = baseline_key(make=True)
    assert len(made) == 32
    assert (home / "baseline.key").stat().st_mode & 0o777 == 0o600
    assert baseline_key() == baseline_key(make=True) == made


def test_a_key_is_taken_from_where_it_was_put(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file given comes first, then that of the environment, then its key; what is no key is an error."""
    files = []
    for number in (1, 2):
        files.append(tmp_path / f"{number}.key")
        files[-1].write_text(base64.b64encode(bytes([number] * 32)).decode())
        files[-1].chmod(0o600)
    monkeypatch.setenv(KEY, base64.b64encode(b"\3" * 32).decode())
    assert baseline_key() == b"\3" * 32
    monkeypatch.setenv(KEY_FILE, str(files[0]))
    assert baseline_key() == b"\1" * 32
    assert baseline_key(files[1]) == b"\2" * 32
    files[1].chmod(0o644)
    with pytest.raises(DriftMgrError, match="others may read"):
        baseline_key(files[1])
    monkeypatch.delenv(KEY_FILE)
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(DriftMgrError, match=r"base64|bytes"):
        baseline_key()
    monkeypatch.delenv(KEY)
    with pytest.raises(DriftMgrError, match="cannot be read"):
        baseline_key(tmp_path / "none.key", make=True)


def test_the_state_directory_is_where_the_user_wants_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """DRIFTMGR_STATE_DIR, then XDG_STATE_HOME, then the user's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("DRIFTMGR_STATE_DIR", str(tmp_path / "own"))
    assert state_directory() == tmp_path / "own"
    monkeypatch.delenv("DRIFTMGR_STATE_DIR")
    assert state_directory() == tmp_path / "xdg" / "driftmgr"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_directory() == tmp_path / ".local" / "state" / "driftmgr"
