"""The demo: truthful before its changes, exact after them, and gone without a trace."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from functools import partial
from pathlib import Path

import pytest

from conformance.emulator import Emulator
from demo import changes, shop
from demo.build import REGION, build, state_of
from digitalocean.cloud import Cloud
from driftmgr.app import ScanRequest, scan

PROJECT = Path(__file__).parents[2]
CHANGES = (*changes.CHANGES, *shop.CHANGES)
GAPS = [("aws_cloudwatch_dashboard", "unsupported"), ("digitalocean_monitor_alert", "denied")]


def test_the_estate_is_in_sync_until_somebody_changes_it(
    cloud: Emulator, digitalocean_cloud: Cloud, tmp_path: Path
) -> None:
    """Before the changes the report holds a known gap of each cloud and nothing else; after them a finding for each."""
    client = partial(cloud.client, region=REGION)
    names = build(client)
    shop.build(digitalocean_cloud)
    state = tmp_path / "terraform.tfstate"
    state.write_text(shop.with_shop(state_of(names)))
    request = ScanRequest(sources=(str(state),))

    clean = scan(request)
    assert clean.drifts == ()
    assert [(gap.type, gap.reason) for gap in clean.gaps] == GAPS
    assert {scope.cloud for scope in clean.scan.scopes} == {"aws", "digitalocean"}
    assert clean.summary.in_sync == clean.summary.managed - len(GAPS)
    assert clean.exit_code == 3

    stories = [*changes.make_changes(client, names), *shop.make_changes(digitalocean_cloud)]
    assert stories == [change.story for change in CHANGES]
    changed = scan(request)
    found = [(drift.kind, drift.address or drift.type) for drift in changed.drifts]
    assert sorted(found) == sorted((change.kind, change.about) for change in CHANGES)
    assert changed.exit_code == 2


def test_make_demo_shows_the_report_and_ends_what_it_started(tmp_path: Path) -> None:
    """The demo runs as a user runs it, calls its clouds simulated, shows every finding, and leaves nothing behind.

    The report that the README shows is this one.
    """
    done = subprocess.run(
        [sys.executable, "-m", "demo.run"],
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(tmp_path), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "a simulated AWS (moto, an emulator) and a simulated DigitalOcean" in done.stdout
    assert "Drift: 11 changed, 2 missing, 6 unmanaged\nIncomplete: 2 gaps" in done.stdout
    assert all(change.about in done.stdout and change.story in done.stdout for change in CHANGES)
    assert {change.kind for change in shop.CHANGES} == {"changed", "missing", "unmanaged"}
    assert not list(tmp_path.glob("driftmgr-demo-*"))
    (shown,) = re.findall(r"```text\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert not set(shown.splitlines()) - set(done.stdout.splitlines()), done.stdout


@pytest.mark.parametrize("end", ["Enter", "SIGTERM"])
def test_the_clouds_of_the_demo_stay_until_they_are_told_to_go(end: str, tmp_path: Path) -> None:
    """With --stay the commands it prints lead another terminal to its clouds; Enter or a signal ends those too."""
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
        detect = f"{Path(sys.executable).with_name('driftmgr')} detect --type aws_sqs_queue --type digitalocean_volume"
        script = "\n".join([*lines, detect])
        there = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60)
        if end == "Enter":
            running.stdin.write("\n")
            running.stdin.flush()
        else:
            running.send_signal(signal.SIGTERM)
        running.stdout.read()
        running.wait(30)
    assert there.returncode == 2, there.stderr
    assert "Drift: 1 changed, 2 missing\n" in there.stdout
    assert running.returncode == (0 if end == "Enter" else 128 + signal.SIGTERM)
    urls = [line.partition("=")[2] for line in lines if "_URL=" in line]
    assert len(urls) == 2
    for url in urls:
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
    assert done.stderr == "demo: moto, flask, botocore, aiohttp not installed: run make setup, then make demo\n"
