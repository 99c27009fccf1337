"""``driftmgr vault``."""

import base64
import io
import os
import pty
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from driftmgr.telemetry.audit import AuditTrail


class Piped(io.TextIOWrapper):
    """Standard input that is no terminal."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration directory of its own, a passphrase in the environment, nothing on standard input."""
    for name in ("DRIFTMGR_VAULT", "DRIFTMGR_VAULT_KEY", "DRIFTMGR_VAULT_KEY_FILE", "DRIFTMGR_VAULT_PASSPHRASE_NEW"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("DRIFTMGR_VAULT_PASSPHRASE", "correct horse")
    monkeypatch.setattr("sys.stdin", Piped(b""))
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """The next command reads this from standard input."""
    monkeypatch.setattr("sys.stdin", Piped(content))


def test_a_secret_comes_back_as_it_was_given(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """init, set from standard input, list, get: the value to the byte, without the newline that echo added."""
    assert run("vault", "init").code == 0
    give(monkeypatch, b"s3cret\n")
    assert run("vault", "set", "db/password").code == 0
    give(monkeypatch, b"two\nlines\n\n")
    assert run("vault", "set", "a").code == 0
    assert run("vault", "list").out == "a\ndb/password\n"
    assert run("vault", "get", "db/password").out == "s3cret"
    assert run("vault", "get", "a").out == "two\nlines\n"
    assert (home / "driftmgr" / "vault.json").stat().st_mode & 0o777 == 0o600


def test_there_is_no_default_key(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a passphrase, a key or a terminal to ask on, nothing is made and nothing is opened."""
    monkeypatch.delenv("DRIFTMGR_VAULT_PASSPHRASE")
    refused = run("vault", "init")
    assert refused.code == 1
    assert "no passphrase" in refused.err
    assert not (home / "driftmgr" / "vault.json").exists()
    monkeypatch.setenv("DRIFTMGR_VAULT_PASSPHRASE", "")
    assert run("vault", "init").code == 1


def test_a_wrong_passphrase_is_said(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error with a hint, exit code 1, and no value."""
    run("vault", "init")
    monkeypatch.setenv("DRIFTMGR_VAULT_PASSPHRASE", "wrong")
    refused = run("vault", "list")
    assert (refused.code, refused.out) == (1, "")
    assert "wrong key" in refused.err
    assert "hint:" in refused.err


def test_rekey_and_rotate(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From a passphrase to a key file, to a key in the environment, to another passphrase; the secret stays."""
    run("vault", "init")
    give(monkeypatch, b"value")
    run("vault", "set", "a")
    assert "1 secrets" in run("vault", "rotate").err
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    file = tmp_path / "key"
    file.write_text(key)
    file.chmod(0o600)
    assert run("vault", "rekey", "--new-key-file", file).code == 0
    assert run("vault", "get", "a").code == 1
    assert run("vault", "get", "a", "--key-file", file).out == "value"
    monkeypatch.setenv("DRIFTMGR_VAULT_KEY", key)
    assert run("vault", "get", "a").out == "value"
    monkeypatch.setenv("DRIFTMGR_VAULT_PASSPHRASE_NEW", "new phrase")
    assert run("vault", "rekey").code == 0
    monkeypatch.setenv("DRIFTMGR_VAULT_PASSPHRASE", "new phrase")
    assert run("vault", "get", "a").out == "value"


def test_a_vault_may_be_made_under_a_key(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in the environment is enough to init and to open; --vault chooses the file."""
    monkeypatch.delenv("DRIFTMGR_VAULT_PASSPHRASE")
    monkeypatch.setenv("DRIFTMGR_VAULT_KEY", base64.b64encode(secrets.token_bytes(32)).decode())
    other = tmp_path / "other.json"
    assert run("vault", "init", "--vault", other).code == 0
    assert run("vault", "list", "--vault", other).code == 0
    monkeypatch.delenv("DRIFTMGR_VAULT_KEY")
    assert "opened by a key" in run("vault", "list", "--vault", other).err


def test_two_keys_are_one_too_many(run: Run, home: Path) -> None:
    """A vault has one key."""
    assert "one key" in run("vault", "init", "--key-file", "x", "--kms-key", "y").err


def test_every_use_is_audited_and_no_value_is(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The trail tells who set and got what, and what failed; never a value or a passphrase."""
    trail = tmp_path / "audit.jsonl"
    monkeypatch.setenv("DRIFTMGR_AUDIT", str(trail))
    run("vault", "init")
    give(monkeypatch, b"very secret value")
    run("vault", "set", "a")
    run("vault", "get", "a")
    run("vault", "get", "b")
    events = [(line["action"], line["outcome"]) for line in AuditTrail(trail).lines()]
    assert events == [
        (action, outcome)
        for action, end in (("vault.init", "ok"), ("vault.set", "ok"), ("vault.get", "ok"), ("vault.get", "failed"))
        for outcome in ("started", end)
    ]
    assert "very secret" not in trail.read_text()
    assert "correct horse" not in trail.read_text()
    assert AuditTrail(trail).verify().problems == ()


def test_on_a_terminal_the_passphrase_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    """Init asks twice without an echo, and what was typed is nowhere on the screen."""
    environment: dict[str, Any] = {name: value for name, value in os.environ.items() if "DRIFTMGR" not in name}
    main_end, process_end = pty.openpty()
    program = [sys.executable, "-c", "from driftmgr.cli import main; main()", "vault", "init"]
    process = subprocess.Popen(
        [*program, "--vault", str(tmp_path / "v.json")],
        stdin=process_end,
        stdout=process_end,
        stderr=process_end,
        env=environment,
        start_new_session=True,
    )
    os.close(process_end)
    shown = b""
    while b"Passphrase: " not in shown:
        shown += os.read(main_end, 1024)
    os.write(main_end, b"typed-phrase\n")
    while b"Repeat" not in shown:
        shown += os.read(main_end, 1024)
    os.write(main_end, b"typed-phrase\n")
    assert process.wait(30) == 0
    os.close(main_end)
    assert b"typed-phrase" not in shown
    assert (tmp_path / "v.json").exists()
