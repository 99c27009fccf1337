"""Hostile input, a little of what tools/fuzz_state.py tries a hundred thousand times."""

import random
from pathlib import Path

import pytest

from driftmgr.model import DriftMgrError
from tools.fuzz_state import mutated, readers

READERS = ("state", "configuration", "JSON configuration", "backend settings", "record of init", "lock", "argument")


@pytest.mark.parametrize("title", READERS)
def test_hostile_input_gets_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str) -> None:
    """Whatever is read, nothing but an error of ours comes out."""
    monkeypatch.chdir(tmp_path)
    known = readers(tmp_path)
    assert set(known) == set(READERS)
    seeds, read = known[title]
    chance = random.Random(title)  # noqa: S311  # repeatable
    told = 0
    for _ in range(300):
        try:
            read(mutated(seeds, chance))
        except DriftMgrError as error:
            told += bool(error.message)
    # A configuration that cannot be read says nothing about a backend, as for Terraform.
    assert told > 0 or title in {"configuration", "JSON configuration", "backend settings"}
