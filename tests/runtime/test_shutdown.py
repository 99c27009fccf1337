"""The phased shutdown."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from driftmgr.runtime.shutdown import Shutdown, ShutdownReport, phase_of


class Watched:
    """A shutdown whose steps write down when they begin and end."""

    def __init__(self, seconds: float = 30.0) -> None:
        self.shutdown = Shutdown(seconds)
        self.events: list[str] = []

    def add(self, priority: int, name: str, work: Callable[[], Awaitable[object]] | None = None) -> None:
        async def step() -> None:
            self.events.append(f"{name} begins")
            await (work() if work else asyncio.sleep(0))
            self.events.append(f"{name} ends")

        self.shutdown.add(priority, name, step)

    def run(self) -> ShutdownReport:
        return asyncio.run(self.shutdown.begin())


async def fail() -> None:
    """A step that cannot do its work."""
    raise OSError("gone")


def test_phases_follow_each_other() -> None:
    """Whatever the order of registration, reject ends before drain begins, and so on to clean up."""
    watched = Watched()
    for priority, name in ((450, "e"), (350, "d"), (0, "a"), (299, "c"), (100, "b")):
        watched.add(priority, name)
    report = watched.run()
    assert watched.events == [f"{name} {what}" for name in "abcde" for what in ("begins", "ends")]
    assert [result.phase for result in report.results] == ["reject", "drain", "flush", "disconnect", "clean up"]
    assert report.errors == ()


def test_steps_of_a_phase_run_in_parallel() -> None:
    """Two steps that wait for each other both end."""
    watched = Watched()
    met = [asyncio.Event(), asyncio.Event()]

    def meet(own: int) -> Callable[[], Awaitable[object]]:
        async def work() -> None:
            met[own].set()
            await met[1 - own].wait()

        return work

    watched.add(200, "one", meet(0))
    watched.add(250, "two", meet(1))
    assert watched.run().errors == ()


def test_a_failing_step_keeps_none_from_running() -> None:
    """Errors are collected with their step's name; every other step runs."""
    watched = Watched()
    watched.add(0, "bad", fail)
    watched.add(0, "good")
    watched.add(400, "last")
    report = watched.run()
    assert [(one.name, one.error) for one in report.errors] == [("bad", "OSError: gone")]
    assert {"good ends", "last ends"} <= set(watched.events)


def test_a_step_that_hangs_ends_with_the_time() -> None:
    """When the time is over, what hangs is said to be unfinished, and so is what never got its time."""
    watched = Watched(seconds=0.05)
    watched.add(100, "hangs", lambda: asyncio.Event().wait())
    watched.add(300, "late", lambda: asyncio.sleep(1))
    report = watched.run()
    assert [(one.name, one.error) for one in report.errors] == [
        ("hangs", "not finished in time"),
        ("late", "not finished in time"),
    ]


def test_a_second_signal_cuts_it_short() -> None:
    """Forced, the step under way ends at once, the others get no time, and the report says so."""
    watched = Watched()

    async def forced() -> ShutdownReport:
        watched.add(100, "hangs", lambda: asyncio.Event().wait())
        watched.add(200, "later", lambda: asyncio.sleep(1))
        running = asyncio.ensure_future(watched.shutdown.begin())
        await asyncio.sleep(0.01)
        watched.shutdown.force()
        return await running

    report = asyncio.run(forced())
    assert report.forced
    assert [(one.name, one.error) for one in report.errors] == [
        ("hangs", "cut short"),
        ("later", "not finished in time"),
    ]


def test_it_runs_once_however_often_it_is_begun() -> None:
    """Two who begin it get the same report, and no step runs twice."""
    watched = Watched()
    watched.add(0, "only")

    async def both() -> list[ShutdownReport]:
        return list(await asyncio.gather(watched.shutdown.begin(), watched.shutdown.begin()))

    first, second = asyncio.run(both())
    assert first == second
    assert watched.events == ["only begins", "only ends"]


@pytest.mark.parametrize(
    ("priority", "phase"),
    [(0, "reject"), (99, "reject"), (100, "drain"), (299, "flush"), (300, "disconnect"), (9999, "clean up")],
)
def test_priorities_belong_to_phases(priority: int, phase: str) -> None:
    """Each hundred is a phase; everything from 400 is cleaning up."""
    assert phase_of(priority) == phase


def test_a_negative_priority_is_an_error() -> None:
    """There is no phase before the first."""
    with pytest.raises(ValueError, match="not negative"):
        Shutdown().add(-1, "x", fail)
