"""On a terminal there is progress and colour; in a pipe there is the report and nothing else."""

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.emulator import Emulator, inherited_environment
from demo.build import Names

DRIFTMGR = str(Path(sys.executable).with_name("driftmgr"))


def on_a_terminal(folder: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and all that a command writes to a terminal."""
    ours, theirs = pty.openpty()
    given = {**inherited_environment(), "TERM": "xterm-256color", "COLUMNS": "120", **environment}
    with subprocess.Popen(
        [DRIFTMGR, *arguments], cwd=folder, env=given, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError as error:
                # Linux ends a terminal that nobody writes to any more with an error.
                if error.errno != errno.EIO:
                    raise
                break
            if not piece:
                break
            written += piece
    os.close(ours)
    return running.returncode, written.decode()


def test_progress_and_colour_are_for_terminals(estate: Names, cloud: Emulator, folder: Path) -> None:
    """A terminal shows progress while the scan runs and a coloured report; both end with the same verdict."""
    code, told = on_a_terminal(folder, cloud.environment, "detect")
    assert code == 3
    assert "calls," in told
    assert "objects" in told
    assert "\x1b[1;33mNo drift in what could be looked at\x1b[0m" in told


@pytest.mark.parametrize("plain", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_none(
    estate: Names, cloud: Emulator, folder: Path, plain: dict[str, str]
) -> None:
    """NO_COLOR and a dumb terminal give a report without colour."""
    code, told = on_a_terminal(folder, cloud.environment | plain, "detect")
    assert code == 3
    assert "No drift in what could be looked at\r\n" in told
    assert "\x1b[1;33m" not in told
    assert "\x1b[33m" not in told


def test_a_pipe_gets_the_report_alone(estate: Names, cloud: Emulator, folder: Path) -> None:
    """Without a terminal nothing is written to standard error and no escape to standard output."""
    environment = {**inherited_environment(), **cloud.environment}
    done = subprocess.run(
        [DRIFTMGR, "detect"], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 3
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
