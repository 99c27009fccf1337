"""The command as a process of its own, for what is done to processes: signals and kills."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

_PROGRAM = "from driftmgr.cli import main; main()"


class Ended(NamedTuple):
    """How it ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def report(self) -> Any:
        """The JSON report on standard output, without what a scan cost and when it ran."""
        found = json.loads(self.out)
        return {name: found[name] for name in ("summary", "drifts", "gaps")}


class Command:
    """``driftmgr`` with arguments, running; its environment is this process's."""

    running: ClassVar[list["Command"]] = []

    def __init__(self, *arguments: str | Path) -> None:
        self.running.append(self)
        words = [sys.executable, "-c", _PROGRAM, *(str(argument) for argument in arguments)]
        self._process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
        )

    @classmethod
    def end_all(cls) -> None:
        """Kill what a failed test left running."""
        while cls.running:
            left = cls.running.pop()
            left._process.kill()
            left._process.communicate()

    def when(self, ready: Callable[[], bool]) -> "Command":
        """Wait until something has happened, or the command ended by itself."""
        deadline = time.monotonic() + 60
        while not ready() and self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        return self

    def first_error_line(self) -> str:
        """The first line on standard error; waits for it."""
        assert self._process.stderr is not None
        return self._process.stderr.readline().strip()

    def signal(self, number: signal.Signals) -> "Command":
        """Send it a signal."""
        self._process.send_signal(number)
        return self

    def ended(self, within: float = 120) -> Ended:
        """Wait for its end; one that does not come is killed and fails the test."""
        self.running.remove(self)
        try:
            out, err = self._process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self._process.kill()
            out, err = self._process.communicate()
            raise AssertionError(f"it did not end: {out}\n{err}") from None
        return Ended(self._process.returncode, out, err)
