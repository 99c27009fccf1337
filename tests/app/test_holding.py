"""A lock is let go of however the work ends, and what a kill leaves can be found."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from driftmgr.app.holding import Uninterrupted, held
from driftmgr.state import StateError
from driftmgr.state.backends.local import LocalBackend
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.store.states import LockRecords

HOLD = """
import sys, time
from pathlib import Path
from driftmgr.app.holding import held
from driftmgr.state.backends.local import LocalBackend
with held(LocalBackend(Path(sys.argv[1])), "test"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalBackend:
    """A state, and nothing known of earlier locks."""
    monkeypatch.setenv("DRIFTMGR_DATA_DIR", str(tmp_path / "data"))
    path = tmp_path / "a.tfstate"
    path.write_text("{}")
    return LocalBackend(path)


def holding(backend: LocalBackend) -> "subprocess.Popen[bytes]":
    """A process that holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(backend.path)], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def left(backend: LocalBackend) -> list[str]:
    """The locks that a process left, as far as it is known."""
    return [record.lock_id for record in LockRecords().of(backend.label) if record.is_left]


class TrippedError(Exception):
    """Work that failed."""


def test_the_lock_goes_with_the_block(backend: LocalBackend) -> None:
    """It is held inside, let go of after an error, and nothing is written down of it then."""
    other = LocalBackend(backend.path)

    def work() -> None:
        with held(backend, "test"):
            assert other.holder() is not None
            assert [record.operation for record in LockRecords().of(backend.label)] == ["test"]
            assert left(backend) == []
            raise TrippedError

    with pytest.raises(TrippedError):
        work()
    assert other.holder() is None
    assert list(LockRecords().of(backend.label)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_go_of_the_lock(backend: LocalBackend, number: signal.Signals) -> None:
    """A process that is told to end releases its lock and the record beside the state."""
    with holding(backend) as process:
        assert backend.holder() is not None
        process.send_signal(number)
        assert process.wait(30) != 0
    assert backend.holder() is None
    assert not backend.path.with_name(".a.tfstate.lock.info").exists()
    assert left(backend) == []


def test_a_kill_leaves_a_record(backend: LocalBackend) -> None:
    """What a killed process held is known by its id, and unlocks what it left."""
    with holding(backend) as process:
        assert left(backend) == []
        process.kill()
        process.wait(30)
    (lock_id,) = left(backend)
    assert backend.holder() is None
    backend.unlock(lock_id)
    with held(backend, "test"):
        assert left(backend) == []


def test_a_step_is_not_cut_short(backend: LocalBackend) -> None:
    """A signal during a step counts at its end; one before or after it counts at once."""
    done = []

    def inside(signals: Uninterrupted) -> None:
        with signals.step():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("the step")

    def outside() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("never" if threading.Event().wait(10) else "too late")

    with Uninterrupted() as signals:
        with pytest.raises(KeyboardInterrupt):
            inside(signals)
        with pytest.raises(KeyboardInterrupt):
            outside()
    assert done == ["the step"]


def test_a_thread_holds_locks_too(backend: LocalBackend) -> None:
    """Outside the main thread there are no signals to take over."""
    seen = []

    def work() -> None:
        with held(backend, "test"):
            seen.append(LocalBackend(backend.path).holder() is not None)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert seen == [True]


def test_a_lock_is_waited_for(backend: LocalBackend) -> None:
    """A held lock is refused at once without a time to wait, and taken when it comes free within it."""
    first = LocalBackend(backend.path)
    first.lock(lock := LockInfo.new("test", first.label))
    with pytest.raises(StateLockedError), held(backend, "test"):
        pass
    assert list(LockRecords().of(backend.label)) == []
    release = threading.Timer(0.2, lambda: first.unlock(lock.id))
    release.start()
    with held(backend, "test", wait_seconds=60):
        pass
    release.join()


def test_a_lock_that_may_have_been_taken_is_released(backend: LocalBackend) -> None:
    """When the answer to taking a lock is lost, it is released, and the error is told."""

    class Lost(LocalBackend):
        def lock(self, lock: LockInfo) -> None:
            super().lock(lock)
            raise StateError("the answer was lost")

    with pytest.raises(StateError, match="the answer was lost"), held(Lost(backend.path), "test"):
        pass
    assert backend.holder() is None


def test_a_lock_that_cannot_be_released_is_named(backend: LocalBackend) -> None:
    """The error names the id, and the record stays for unlock."""

    class Stuck(LocalBackend):
        def unlock(self, lock_id: str) -> None:
            raise StateError("no network")

    stuck = Stuck(backend.path)
    with pytest.raises(StateError, match=r"the lock \S+ was not released: no network") as raised, held(stuck, "test"):
        pass
    (record,) = LockRecords().of(backend.label)
    assert record.lock_id in raised.value.hint
    super(Stuck, stuck).unlock(record.lock_id)
