"""``driftmgr detect`` with the other engines, as a user runs it."""

from pathlib import Path

import pytest

from flows.conftest import Run
from provider.conftest import FakeCloud


@pytest.fixture
def fake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """A fake cloud whose provider is installed in the current directory, with the state of two things."""
    made = FakeCloud(folder)
    made.install(folder, {"a": {"note": "then", "secret": "s1"}, "b": {}})
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


def test_a_provider_scan_of_the_current_directory(run: Run, fake: FakeCloud) -> None:
    """In sync, then a change and a secret that is not shown; no credentials of any cloud are needed."""
    fake.holds({"a": {"note": "then", "secret": "s1"}, "b": {}})
    quiet = run("detect", "--engine", "provider", "--managed-only")
    assert (quiet.code, quiet.err) == (0, "")
    assert quiet.out.startswith("In sync\n2 of 2 managed instances in sync")
    fake.holds({"a": {"note": "now", "secret": "s2"}, "b": {}})
    told = run("detect", "--engine", "provider", "--managed-only", "-o", "json")
    assert told.code == 2
    (drift,) = told.json["drifts"]
    assert [(change["path"], change["recorded"], change["observed"]) for change in drift["changes"]] == [
        ("note", "then", "now"),
        ("secret", "(sensitive)", "(sensitive)"),
    ]
    assert (told.json["scan"]["engine"], drift["scope"]["cloud"]) == ("provider", "fake")


def test_listed_objects_are_unmanaged_and_the_rest_is_a_gap(run: Run, fake: FakeCloud) -> None:
    """What the provider lists and no state knows has a row; that other types are not looked for is said."""
    fake.holds({"a": {"note": "then", "secret": "s1"}, "b": {}, "stranger": {}})
    told = run("detect", "--engine", "provider", "-o", "json")
    assert told.code == 2
    assert [(drift["kind"], drift["id"], drift["name"]) for drift in told.json["drifts"]] == [
        ("unmanaged", "stranger", "thing stranger")
    ]
    assert [gap["operation"] for gap in told.json["gaps"]] == ["list"]
    assert told.json["summary"]["unmanaged"] == 1


def test_a_given_configuration_that_the_provider_refuses_is_a_gap(run: Run, fake: FakeCloud, folder: Path) -> None:
    """Exit code 3 and the provider's words: nothing was looked at, so nothing is missing."""
    (folder / "providers.toml").write_text('["example/fake"]\nregion = "nowhere"\n')
    told = run("detect", "--engine", "provider", "--managed-only", "--provider-config", "providers.toml")
    assert told.code == 3
    assert "no such region" in told.out


def test_verify_is_about_the_catalog(run: Run, fake: FakeCloud) -> None:
    """It names its two sides itself."""
    told = run("detect", "--verify", "--engine", "provider")
    assert told.code == 1
    assert "leave out --engine" in told.err
