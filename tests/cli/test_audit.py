"""``driftmgr audit``."""

import csv
import io
import json
from pathlib import Path

import pytest

from cli.conftest import Run
from driftmgr.telemetry.audit import AuditTrail


@pytest.fixture
def trail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditTrail:
    """The trail that the environment names, with a few lines."""
    path = tmp_path / "audit.jsonl"
    monkeypatch.setenv("DRIFTMGR_AUDIT", str(path))
    made = AuditTrail(path)
    for number in range(12):
        made.record("scan", "complete", number=number)
    return made


def test_a_whole_trail_verifies(run: Run, trail: AuditTrail) -> None:
    """Exit code 0, the number of lines, and the hash to keep elsewhere."""
    told = run("audit", "verify")
    assert (told.code, told.err) == (0, "")
    assert told.out == f"12 lines, whole; last {trail.verify().last}\n"
    noted = told.out.split()[-1]
    assert run("audit", "verify", "--expect", noted).code == 0


def test_a_changed_trail_is_told_line_by_line(run: Run, trail: AuditTrail) -> None:
    """Exit code 1, which line, and what is wrong with it."""
    trail.path.write_text(trail.path.read_text().replace('"number":5', '"number":6'))
    told = run("audit", "verify")
    assert told.code == 1
    assert "line 6: the line was edited" in told.out
    assert "was changed" in told.err


def test_a_key_and_a_hash_from_elsewhere_are_held_to(run: Run, trail: AuditTrail) -> None:
    """Another key, or a hash that is not in the trail, fails; what is no key is an error."""
    assert run("audit", "verify", "--public-key", "00" * 32).code == 1
    assert run("audit", "verify", "--expect", "ab" * 32).code == 1
    assert "cannot be checked" in run("audit", "verify", "--public-key", "xyz").err


def test_tail_shows_the_last_events(run: Run, trail: AuditTrail) -> None:
    """The last lines in order, one event each."""
    told = run("audit", "tail", "-n", "3")
    assert told.code == 0
    assert [line.split("  ")[-1] for line in told.out.splitlines()] == [f'{{"number": {n}}}' for n in (9, 10, 11)]


def test_export_gives_every_line(run: Run, trail: AuditTrail) -> None:
    """As one JSON document and as CSV, nothing left out."""
    assert json.loads(run("audit", "export").out) == list(trail.lines())
    rows = list(csv.DictReader(io.StringIO(run("audit", "export", "--format", "csv").out)))
    assert [int(row["n"]) for row in rows] == list(range(1, 13))
    assert rows[4]["detail"] == '{"number": 4}'


def test_without_a_trail_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No name, no file and a broken file are errors with hints."""
    monkeypatch.delenv("DRIFTMGR_AUDIT", raising=False)
    assert "which audit trail" in run("audit", "verify").err
    assert "no audit trail" in run("audit", "tail", "--file", tmp_path / "none").err
    (tmp_path / "broken").write_text("no json\n")
    assert "cannot be read" in run("audit", "export", "--file", tmp_path / "broken").err
