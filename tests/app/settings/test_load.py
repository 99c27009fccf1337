"""``driftmgr.yaml``: what it says, and what is said about it when it is wrong."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftmgr.app.settings import Loaded, find, load, parse
from driftmgr.app.settings.model import RoleSetting
from driftmgr.model import DriftMgrError

ROLE = "arn:aws:iam::111122223333:role/reader"
RULE = "ignore:\n  - type: aws_vpc\n    owner: a\n    reason: b\n"


def refused(text: str) -> tuple[str, str]:
    """Message and hint for a text that cannot be used."""
    with pytest.raises(DriftMgrError) as error:
        parse(text, "driftmgr.yaml")
    return error.value.message, error.value.hint


def test_every_kind_of_setting_is_read() -> None:
    """Lists, texts, switches, numbers, dates, roles in both ways and free values are what they look like."""
    found = parse(
        f"""
        # a comment
        sources: [states/*.tfstate, "s3://b/k"]
        accounts: [0123]      # no octal number
        regions: [no]         # no switch
        managed_only: true
        cache_ttl: 2.5
        metrics_port: 9000
        roles:
          - {ROLE}
          - {{arn: "{ROLE}", external_id: x}}
        criticality: {{aws_vpc: high}}
        provider_configurations:
          hashicorp/aws: {{max_retries: 5, region: '5', skip: true, rate: 1.5, big: 1e3, account: 012, off: }}
        ignore:
          - {{type: aws_vpc, owner: a, reason: b, expires: 2026-12-31, kinds: [missing]}}
        color:
        """,
        "driftmgr.yaml",
    )
    settings = found.settings
    assert settings.sources == ("states/*.tfstate", "s3://b/k")
    assert (settings.accounts, settings.regions) == (("0123",), ("no",))
    assert (settings.managed_only, settings.cache_ttl, settings.metrics_port) == (True, 2.5, 9000)
    assert settings.roles == (ROLE, RoleSetting(arn=ROLE, external_id="x"))
    assert settings.provider_configurations == {
        "hashicorp/aws": {
            "max_retries": 5,
            "region": "5",
            "skip": True,
            "rate": 1.5,
            "big": 1000.0,
            "account": "012",
        }
    }
    assert "color" not in found.values()
    (rule,) = found.rules
    assert (rule.expires, rule.kinds, rule.where) == (date(2026, 12, 31), ("missing",), "driftmgr.yaml:16")
    assert found.policy.criticality[0].where == "driftmgr.yaml:12"


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "~", "null", "regions:\n"])
def test_a_file_may_say_nothing(text: str) -> None:
    """An empty file, or one of comments and keys without a value, sets nothing."""
    assert parse(text, "driftmgr.yaml").values() == {}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("mode: deep\nregoins: [a]", "driftmgr.yaml:2: regoins: no such setting", "did you mean regions?"),
        ("xyzzy: 1", "driftmgr.yaml:1: xyzzy: no such setting", "one of sources, "),
        ("mode: depp", "driftmgr.yaml:1: mode: invalid enum value 'depp'", "one of deep, quick, smart"),
        ("accept_gaps: [denied,\n foo]", "driftmgr.yaml:2: accept_gaps[1]: invalid enum value 'foo'", "one of denied"),
        ("criticality:\n  a: low\n  b: hihg", "driftmgr.yaml:3: criticality.b: invalid enum", "one of critical"),
        ("cache_ttl: x", "driftmgr.yaml:1: cache_ttl: expected a number, got a text", "see docs/configuration.md"),
        ("cache_ttl: -1", "driftmgr.yaml:1: cache_ttl: expected a number >= 0.0", "see"),
        ("metrics_port: 70000", "driftmgr.yaml:1: metrics_port: expected a whole number <= 65535", "see"),
        ("managed_only: yes", "driftmgr.yaml:1: managed_only: expected true or false, got a text", "see"),
        ("regions: eu", "driftmgr.yaml:1: regions: expected a list, got a text", "see"),
        ("sources: [[a]]", "driftmgr.yaml:1: sources[0]: expected a text, got a list", "see"),
        ("roles: [x]", "driftmgr.yaml:1: roles[0]: not of the form", "write arn:aws:iam::111122223333:role/NAME"),
        (f"roles: [{{arn: '{ROLE}',\n ext: 1}}]", "driftmgr.yaml:2: roles[0].ext: no such setting", "external_id"),
        ("ignore:\n- type: a\n  owner: b", "driftmgr.yaml:2: ignore[0]: it needs reason", "see"),
        (f"{RULE}    expires: 2026-02-30", "driftmgr.yaml:5: ignore[0].expires: invalid date", "see"),
        (f"{RULE}    pth: a", "driftmgr.yaml:5: ignore[0].pth: no such setting", "did you mean path?"),
        (f"{RULE}    path: a\n    kinds: [missing]", "driftmgr.yaml:2: ignore: a rule on an attribute never", "see"),
        (f"{RULE}    name: n\n{RULE[8:]}    name: n", "driftmgr.yaml:6: ignore: the name n is taken", ":2"),
        ("ignore: [5]", "driftmgr.yaml:1: ignore[0]: expected a mapping, got a text", "see"),
        ("provider_configurations: {a: [1]}", "driftmgr.yaml:1: provider_configurations", "see"),
        ("mode: deep\nmode: quick", "driftmgr.yaml:2: mode is here twice", "the first is in line 1"),
        ("- a", "driftmgr.yaml:1: the settings are no mapping", "write KEY: VALUE lines"),
        ("a: [", "driftmgr.yaml:1: no YAML: ", "see"),
        ("mode: deep\n\tx: 1", "driftmgr.yaml:2: no YAML: ", "see"),
        ("a: 1\n---\nb: 2", "driftmgr.yaml:2: no YAML: ", "see"),
        ("a: 1\nb: \x01", "driftmgr.yaml:2: a character that YAML does not allow", "see"),
        ("mode: !x deep", "driftmgr.yaml:1: a tag: !x", "write plain values"),
        ("mode: !!python/name:os.system x", "driftmgr.yaml:1: a tag", "write plain values"),
        ("{}: 1", "driftmgr.yaml:1: a key that is no plain text", "write KEY: VALUE"),
        ("<<: {mode: deep}", "driftmgr.yaml:1: a key that is no plain text", "write KEY: VALUE"),
        ("a: &a [*a]", "driftmgr.yaml:1: too large, or nested too deeply", "see"),
        ("a: " + "[" * 3000, "driftmgr.yaml:1: n", "see"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str, hint: str) -> None:
    """Every mistake is named with file, line and setting, and with what to write instead where that is known."""
    told, advice = refused(text)
    assert told.startswith(message)
    assert hint in advice


def test_an_alias_bomb_is_refused() -> None:
    """A small file that stands for a billion values is refused, not read."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too large" in refused("\n".join(lines))[0]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60)
PIECES = [
    "mode: deep",
    "ignore:",
    "  - type: a",
    "    owner: b",
    "regions: [",
    "]",
    "{",
    "&a",
    "*a",
    "? ",
    "- ",
    "|",
    "\t",
]
YAML = st.lists(st.sampled_from(PIECES) | TEXTS, max_size=8).map("\n".join)


@given(YAML)
def test_every_text_is_settings_or_a_message(text: str) -> None:
    """Any text is read, or refused with the file's name, a line that it has, and what to do."""
    try:
        told = parse(text, "driftmgr.yaml").where()
        hint = "none"
    except DriftMgrError as error:
        told, hint = error.message, error.hint
    name, line = told.split(":")[:2]
    # More signs end a line for YAML than for us.
    ends = sum(text.count(sign) for sign in ("\n", "\x85", "\u2028", "\u2029"))
    assert (name, bool(hint)) == ("driftmgr.yaml", True)
    assert 1 <= int(line) <= ends + 2


def test_settings_are_found_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    """The nearest file counts; outside of a repository only the folder itself is looked at."""
    inner = tmp_path / "repo/a/b"
    inner.mkdir(parents=True)
    (tmp_path / "driftmgr.yaml").write_text("mode: quick")
    (tmp_path / "repo/driftmgr.yaml").write_text("mode: deep")
    assert find(inner) is None
    (tmp_path / "repo/.git").mkdir()
    assert find(inner) == tmp_path / "repo/driftmgr.yaml"
    (inner / "driftmgr.yml").write_text("mode: smart")
    assert find(inner) == inner / "driftmgr.yml"
    (inner / "driftmgr.yaml").write_text("mode: smart")
    with pytest.raises(DriftMgrError, match=r"there are driftmgr.yaml and driftmgr.yml"):
        find(inner)


def test_files_are_where_the_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of a file in the repository's root mean the same from a folder below it."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    (tmp_path / "driftmgr.yaml").write_text(
        "sources: [a.tfstate, 's3://b/k']\noutputs: [table, json=r.json]\nlog_file: x.log\nmode: deep\n"
    )
    (tmp_path / ".driftignore").write_text("aws_vpc.x\n")
    monkeypatch.chdir(tmp_path)
    assert load().settings.sources == ("a.tfstate", "s3://b/k")
    monkeypatch.chdir(tmp_path / "sub")
    found = load()
    assert found.settings.sources == (os.path.join("..", "a.tfstate"), "s3://b/k")  # noqa: PTH118  # as it is shown
    assert found.settings.outputs == ("table", "json=../r.json")
    assert found.settings.log_file == "../x.log"
    assert found.where("mode") == "../driftmgr.yaml:4"
    assert found.ignore_file.lines[0].where == "../.driftignore:1"


def test_without_files_nothing_is_set(tmp_path: Path) -> None:
    """A folder without settings and ignore file has the defaults."""
    assert load(start=tmp_path) == Loaded()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"mode: deep\n\xff", ":2: not UTF-8"), (b"#" * 1_000_001, "too large: 1000001 bytes")],
)
@pytest.mark.parametrize("name", ["driftmgr.yaml", ".driftignore"])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """Bytes that are no UTF-8, and too many of them, are refused with the file and, for the former, the line."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DriftMgrError) as error:
        load(start=tmp_path)
    assert message in error.value.message
    assert name in error.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Settings that were asked for and cannot be read are no settings."""
    with pytest.raises(DriftMgrError, match="cannot be read"):
        load(tmp_path / "none.yaml")
