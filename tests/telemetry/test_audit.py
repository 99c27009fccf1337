"""The audit trail: any edited, removed or moved line is found."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.telemetry import audit
from driftmgr.telemetry.audit import AuditTrail

LINES = 6


@pytest.fixture
def trail(tmp_path: Path) -> AuditTrail:
    """A trail of a few lines that verifies."""
    made = AuditTrail(tmp_path / "audit.jsonl")
    for number in range(LINES):
        made.record("scan.end", "ok", scan=f"s{number}", drifts=number)
    assert made.verify().problems == ()
    return made


def change(trail: AuditTrail, lines: list[bytes]) -> None:
    """Put other lines into its file."""
    trail.path.write_bytes(b"".join(lines))


def test_lines_tell_who_what_when_and_how_it_ended(trail: AuditTrail) -> None:
    """Each line names user, host, action, outcome and time, and counts from 1."""
    lines = list(trail.lines())
    assert [line["n"] for line in lines] == list(range(1, LINES + 1))
    assert lines[2]["action"] == "scan.end"
    assert lines[2]["outcome"] == "ok"
    assert lines[2]["detail"] == {"scan": "s2", "drifts": 2}
    assert set(lines[2]["who"]) == {"user", "host", "process"}
    assert lines[2]["at"].endswith("+00:00")


@given(st.integers(0, LINES - 1), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_edited_line_is_found(trail: AuditTrail, line: int, data: st.DataObject) -> None:
    """Whatever byte of whatever line is changed, the check tells."""
    before = trail.path.read_bytes().splitlines(keepends=True)
    place = data.draw(st.integers(0, len(before[line]) - 2))
    other = data.draw(st.integers(32, 126).filter(lambda byte: byte != before[line][place]))
    edited = before[line][:place] + bytes([other]) + before[line][place + 1 :]
    try:
        change(trail, [*before[:line], edited, *before[line + 1 :]])
        assert trail.verify().problems
    finally:
        change(trail, before)


@pytest.mark.parametrize("line", range(LINES))
def test_a_removed_line_is_found(trail: AuditTrail, line: int) -> None:
    """The first, the last or any other line that is missing."""
    before = trail.path.read_bytes().splitlines(keepends=True)
    change(trail, [*before[:line], *before[line + 1 :]])
    assert trail.verify().problems


@pytest.mark.parametrize(("one", "other"), [(0, 1), (2, 4), (4, 5), (0, 5)])
def test_moved_lines_are_found(trail: AuditTrail, one: int, other: int) -> None:
    """Lines that changed places."""
    lines = trail.path.read_bytes().splitlines(keepends=True)
    lines[one], lines[other] = lines[other], lines[one]
    change(trail, lines)
    assert trail.verify().problems


def test_a_doubled_line_is_found(trail: AuditTrail) -> None:
    """A line that stands there twice."""
    lines = trail.path.read_bytes().splitlines(keepends=True)
    change(trail, [*lines[:3], lines[2], *lines[3:]])
    assert trail.verify().problems


def test_a_chain_made_anew_without_the_key_is_found(trail: AuditTrail, tmp_path: Path) -> None:
    """Someone who rewrites all lines and hashes but has another key does not get past the signature of the head."""
    forged = AuditTrail(tmp_path / "forged" / "audit.jsonl")
    for number in range(LINES):
        forged.record("scan.end", "ok", scan=f"s{number}", drifts=0)
    trail.path.write_bytes(forged.path.read_bytes())
    (tmp_path / "audit.jsonl.head").write_bytes((tmp_path / "forged" / "audit.jsonl.head").read_bytes())
    assert trail.verify().problems


def test_a_trail_rewritten_with_its_key_is_found_by_a_hash_kept_elsewhere(trail: AuditTrail) -> None:
    """Even who has the key cannot bring back a hash that was noted before."""
    noted = trail.verify().last
    for file in (trail.path, trail.path.with_name("audit.jsonl.head")):
        file.unlink()
    for number in range(LINES):
        trail.record("scan.end", "ok", scan=f"s{number}", drifts=0)
    assert trail.verify().problems == ()
    assert trail.verify(expected=noted).problems


def test_deleting_the_trail_is_found_after_the_next_line(trail: AuditTrail) -> None:
    """A trail that starts anew without its head does not count from 1 again."""
    trail.path.unlink()
    trail.record("scan.end", "ok")
    assert trail.verify().problems


def test_another_public_key_does_not_verify(trail: AuditTrail) -> None:
    """The key beside the trail can be replaced by one that is kept elsewhere."""
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    own = bytes.fromhex(trail.path.with_name("audit.jsonl.pub").read_text())
    assert trail.verify(public_key=other).problems
    assert trail.verify(public_key=own).problems == ()


def test_checkpoints_are_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every so many lines one carries a signature, and without it the check fails."""
    monkeypatch.setattr(audit, "_SIGNED_EVERY", 3)
    trail = AuditTrail(tmp_path / "audit.jsonl")
    for _ in range(7):
        trail.record("x", "ok")
    assert [line["n"] for line in trail.lines() if "signature" in line] == [3, 6]
    assert trail.verify().problems == ()
    lines = [json.loads(text) for text in trail.path.read_text().splitlines()]
    del lines[2]["signature"]
    change(trail, [audit._encode(line) + b"\n" for line in lines])
    assert [problem.line for problem in trail.verify().problems] == [3]


def test_secrets_never_reach_the_trail(tmp_path: Path) -> None:
    """What is redacted in logs is redacted here."""
    trail = AuditTrail(tmp_path / "audit.jsonl")
    trail.record("vault.set", "ok", name="db", password="hunter2", note="key AKIAIOSFODNN7EXAMPLE")
    text = trail.path.read_text()
    assert "hunter2" not in text
    assert "AKIAIOSFODNN7EXAMPLE" not in text
    assert trail.verify().problems == ()


def test_files_are_private(trail: AuditTrail, tmp_path: Path) -> None:
    """Trail and signing key are readable by their owner only."""
    for name in ("audit.jsonl", "audit.jsonl.key", "audit.jsonl.head"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_torn_line_is_removed_and_that_is_recorded(trail: AuditTrail) -> None:
    """What a killed program wrote of a line goes, and a line tells how much it was."""
    with trail.path.open("ab") as file:
        file.write(b'{"n":7,"at":"2026')
    trail.record("scan.end", "ok")
    assert trail.verify().problems == ()
    assert [(line["action"], line["detail"]) for line in trail.lines()][-2:] == [
        ("audit.recovered", {"bytes": 17}),
        ("scan.end", {}),
    ]


def test_a_kill_between_line_and_head_is_no_break(trail: AuditTrail) -> None:
    """The head may be one line behind, as a killed program leaves it; two lines are a break."""
    head = trail.path.with_name("audit.jsonl.head")
    old = head.read_bytes()
    trail.record("scan.end", "ok")
    head.write_bytes(old)
    assert trail.verify().problems == ()
    trail.record("scan.end", "ok")
    assert trail.verify().problems == ()
    trail.record("scan.end", "ok")
    head.write_bytes(old)
    assert trail.verify().problems


WRITER = """
import sys
from pathlib import Path
from driftmgr.telemetry.audit import AuditTrail
trail = AuditTrail(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    trail.record("write", "ok", number=number, text="x" * 200)
"""


def test_programs_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    """Four programs with 25 lines each give a hundred lines that verify."""
    path = tmp_path / "audit.jsonl"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), "25"], stdout=subprocess.DEVNULL) for _ in range(4)
    ]
    assert [process.wait(60) for process in running] == [0] * 4
    found = AuditTrail(path).verify()
    assert (found.lines, found.problems) == (100, ())


def test_a_killed_writer_leaves_a_trail_that_goes_on(tmp_path: Path) -> None:
    """Killed at any moment, the trail verifies after the next line."""
    path = tmp_path / "audit.jsonl"
    for moment in range(6):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path), "100000"], stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.01 + moment * 0.007)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        AuditTrail(path).record("after", "ok")
        assert AuditTrail(path).verify().problems == ()
