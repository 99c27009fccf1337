"""The demo: truthful before its changes, exact after them, and gone without a trace."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

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
