"""CPU time of ``driftmgr --help``; the peer is an interpreter that does nothing."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from figures import Figure

_RUNS = 7
_TARGET_MS = 150


def cpu_milliseconds(command: list[str]) -> float:
    """The least CPU time of some runs of a command, user and system."""
    best = float("inf")
    for _ in range(_RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=dict(os.environ) | {"PYTHONDONTWRITEBYTECODE": ""})
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best * 1000


def measure() -> Iterator[Figure]:
    """The command against the bare interpreter."""
    help_page = cpu_milliseconds([str(Path(sys.executable).parent / "driftmgr"), "--help"])
    bare = cpu_milliseconds([sys.executable, "-c", "pass"])
    yield Figure(
        what="CPU time of `--help`",
        value=f"{help_page:.0f} ms ({help_page / bare:.1f} times a bare interpreter)",
        target=f"{_TARGET_MS} ms",
        reached=help_page < _TARGET_MS,
    )
