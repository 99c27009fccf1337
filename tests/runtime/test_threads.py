"""Threads whose callers may give up."""

import asyncio
import subprocess
import sys
import threading

import pytest

from driftmgr.runtime.threads import DaemonThreads


def test_results_and_errors_come_back() -> None:
    """A job's value or exception reaches its caller."""
    threads = DaemonThreads(2, "test")

    async def use() -> None:
        assert await threads.run(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await threads.run(lambda: 1 // 0)

    asyncio.run(use())


def test_no_more_jobs_at_once_than_its_size() -> None:
    """The size bounds what runs at the same time, and all jobs get done."""
    threads = DaemonThreads(3, "test")
    running, most, lock = 0, 0, threading.Lock()
    together = threading.Barrier(3)

    def job() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(10)
        with lock:
            running -= 1

    async def use() -> None:
        await asyncio.gather(*(threads.run(job) for _ in range(30)))

    asyncio.run(use())
    assert most == 3


def test_a_job_that_hangs_is_replaced_when_its_caller_gives_up() -> None:
    """Callers that time out do not take the threads away from those that come after them."""
    threads = DaemonThreads(1, "test")
    release = threading.Event()

    async def use() -> str:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(threads.run(release.wait), 0.05)
        return await asyncio.wait_for(threads.run(lambda: "next"), 10)

    try:
        assert asyncio.run(use()) == "next"
    finally:
        release.set()


def test_a_job_that_waits_is_not_begun_when_its_caller_gives_up() -> None:
    """Work that nobody waits for any more and that was not begun is never done."""
    threads = DaemonThreads(1, "test")
    release, begun = threading.Event(), threading.Event()

    async def use() -> None:
        first = asyncio.ensure_future(threads.run(release.wait))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(threads.run(begun.set), 0.05)
        release.set()
        assert await first
        assert await threads.run(lambda: True)

    asyncio.run(use())
    assert not begun.is_set()


def test_a_hanging_job_does_not_keep_the_program_alive() -> None:
    """A program with a job that never ends comes to its own end."""
    program = (
        "import asyncio, threading\n"
        "from driftmgr.runtime.threads import DaemonThreads\n"
        "async def main():\n"
        "    try:\n"
        "        await asyncio.wait_for(DaemonThreads(1, 'x').run(threading.Event().wait), 0.1)\n"
        "    except TimeoutError:\n"
        "        print('gave up')\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, "gave up\n")
