"""The demo: truthful before its changes, exact after them, and gone without a trace."""

import os
import signal
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from conformance.emulator import Emulator
from demo.build import REGION, build, state_of
from demo.changes import CHANGES, make_changes
from driftmgr.app import ScanRequest, scan

PROJECT = Path(__file__).parents[2]
GAP = ("aws_cloudwatch_dashboard", "unsupported")


def test_the_estate_is_in_sync_until_somebody_changes_it(cloud: Emulator, tmp_path: Path) -> None:
    """Before the changes the report holds the one known gap and nothing else; after them one finding for each."""
    client = partial(cloud.client, region=REGION)
    names = build(client)
    state = tmp_path / "terraform.tfstate"
    state.write_text(state_of(names))
    request = ScanRequest(sources=(str(state),))

    clean = scan(request)
    assert clean.drifts == ()
    assert [(gap.type, gap.reason) for gap in clean.gaps] == [GAP]
    assert clean.summary.in_sync == clean.summary.managed - 1
    assert clean.exit_code == 3

    assert list(make_changes(client, names)) == [change.story for change in CHANGES]
    changed = scan(request)
    found = [(drift.kind, drift.address or drift.type) for drift in changed.drifts]
    assert sorted(found) == sorted((change.kind, change.about) for change in CHANGES)
    assert changed.exit_code == 2


def test_make_demo_shows_the_report_and_ends_what_it_started(tmp_path: Path) -> None:
    """The demo runs as a user runs it, names its cloud an emulator, shows every finding, and leaves nothing behind."""
    done = subprocess.run(
        [sys.executable, "-m", "demo.run"],
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "moto, an emulator" in done.stdout
    assert "Drift: 8 changed, 1 missing, 4 unmanaged\nIncomplete: 1 gap" in done.stdout
    assert all(change.about in done.stdout for change in CHANGES)
    assert not list(tmp_path.glob("driftmgr-demo-*"))


@pytest.mark.parametrize("end", ["Enter", "SIGTERM"])
def test_the_cloud_of_the_demo_stays_until_it_is_told_to_go(end: str, tmp_path: Path) -> None:
    """With --stay the commands it prints lead another terminal to its cloud; Enter or a signal ends that too."""
    command = [sys.executable, "-m", "demo.run", "--stay"]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        told = list(iter(running.stdout.readline, "Press Enter to end it.\n"))
        lines = [line.strip() for line in told if line.startswith(("  export ", "  cd "))]
        script = "\n".join([*lines, f"{Path(sys.executable).with_name('driftmgr')} detect --type aws_sqs_queue"])
        there = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
        if end == "Enter":
            running.stdin.write("\n")
            running.stdin.flush()
        else:
            running.send_signal(signal.SIGTERM)
        running.stdout.read()
        running.wait(30)
    assert there.returncode == 2, there.stderr
    assert running.returncode == (0 if end == "Enter" else 128 + signal.SIGTERM)
    (url,) = [line.partition("=")[2] for line in lines if "AWS_ENDPOINT_URL" in line]
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=10)


def test_the_demo_says_what_is_missing(tmp_path: Path) -> None:
    """Without the emulator's library the demo ends with one clear line."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "demo.run"],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "PYTHONNOUSERSITE": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == "demo: moto, flask, botocore not installed: run make setup, then make demo\n"
