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


def test_one_object_is_shown_by_its_id(run: Run, fake: FakeCloud) -> None:
    """Of a type that the catalog lacks, without any state: every attribute that is set, secrets masked."""
    fake.holds({"stranger": {"note": "n", "secret": "s1", "tags": {"k": "v"}}})
    shown = run("discover", "--type", "fake_thing", "--id", "stranger", "--provider", "example/fake")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines() == [
        "fake_thing stranger",
        '  id     = "stranger"',
        '  note   = "n"',
        "  rule   = []",
        "  secret = (sensitive)",
        '  tags   = {"k": "v"}',
    ]
    (found,) = run(
        "discover", "--type", "fake_thing", "--id", "stranger", "--provider", "example/fake", "-o", "json"
    ).json["objects"]
    assert (found["scope"]["cloud"], found["attributes"]["secret"]) == ("fake", "(sensitive)")


def test_the_working_directory_says_which_provider_has_an_object(run: Run, fake: FakeCloud, folder: Path) -> None:
    """By the source of the provider that the type is named after; an id that nobody has is an error that says so."""
    (folder / "main.tf").write_text(
        'terraform {\n  required_providers {\n    fake = { source = "example/fake" }\n  }\n}\n'
    )
    told = run("discover", "--type", "fake_thing", "--id", "nobody")
    assert (told.code, told.out) == (1, "")
    assert "fake_thing nobody: provider registry.terraform.io/example/fake finds no such object" in told.err
    assert run("discover", "--id", "nobody").err.endswith("--id needs the type of the object: --type TYPE, once\n")
    assert "hashicorp/other is not installed" in run("discover", "--type", "other_x", "--id", "1").err
    assert "write hashicorp/aws" in run("discover", "--type", "x_y", "--id", "1", "--provider", "a/b/c/d").err


def test_a_change_that_only_a_new_object_can_undo_says_so(run: Run, fake: FakeCloud, folder: Path) -> None:
    """The provider's own word, in the report."""
    fake.install(folder / "other", {"a": {"zone": "here"}})
    fake.holds({"a": {"zone": "there"}})
    told = run("detect", "other", "--engine", "provider", "--managed-only")
    assert 'zone: "here" -> "there"  # forces replacement' in told.out


def test_verify_is_about_the_catalog(run: Run, fake: FakeCloud) -> None:
    """It names its two sides itself."""
    told = run("detect", "--verify", "--engine", "provider")
    assert told.code == 1
    assert "leave out --engine" in told.err
