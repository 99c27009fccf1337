"""``driftmgr check``: one word for a pipeline, with the exit codes of ``detect``."""

import json
from pathlib import Path

import pytest

from demo.build import Names
from flows.conftest import Run
from flows.proxy import Proxy


def test_drift_is_drift(drifted: Names, run: Run, folder: Path) -> None:
    """The word, and nothing else; the details go to the files that are asked for."""
    ran = run("check", "-o", "json=a.json", "-o", "junit=a.xml")
    assert ran == (2, "drift\n", "")
    assert len(json.loads((folder / "a.json").read_text())["drifts"]) > 3
    assert "<failure" in (folder / "a.xml").read_text()


def test_what_could_not_be_looked_at_is_unknown(estate: Names, run: Run) -> None:
    """Without drift a gap makes it unknown, 3; an accepted gap makes it safe, 0."""
    assert run("check") == (3, "unknown\n", "")
    assert run("check", "--accept-gaps", "unsupported") == (0, "safe\n", "")
    assert run("check", "--type", "aws_subnet") == (0, "safe\n", "")


def test_a_refused_call_is_no_safety(estate: Names, run: Run, proxy: Proxy, folder: Path) -> None:
    """A type that may not be listed makes the answer unknown, and the report says why."""
    proxy.refusals["ListRoles"] = 403, "AccessDenied"
    assert run("check", "--accept-gaps", "unsupported", "-o", "csv=a.csv") == (3, "unknown\n", "")
    assert "denied" in (folder / "a.csv").read_text()


def test_an_error_is_no_word(estate: Names, run: Run) -> None:
    """What cannot be checked at all prints no word, says what is wrong, and ends with 1."""
    ran = run("check", "missing.tfstate")
    assert (ran.code, ran.out) == (1, "")
    assert "missing.tfstate" in ran.err


@pytest.mark.parametrize("name", ["table", "json"])
def test_a_report_has_no_place_beside_the_word(run: Run, folder: Path, name: str) -> None:
    """A report on standard output is refused, with what to write instead."""
    ran = run("check", "-o", name)
    assert (ran.code, ran.out) == (1, "")
    assert f"-o {name}=FILE" in ran.err


def test_settings_that_are_meant_for_detect_are_no_error(drifted: Names, run: Run, folder: Path) -> None:
    """Of the outputs in driftmgr.yaml those that go to files are written; the terminal gets the word alone."""
    (folder / "driftmgr.yaml").write_text("outputs: [table, csv=kept.csv]\n")
    assert run("check", "--type", "aws_subnet") == (2, "drift\n", "")
    assert "aws_subnet" in (folder / "kept.csv").read_text()
