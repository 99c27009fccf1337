"""The vault: nothing is read with the wrong key, and nothing that was changed is believed."""

import base64
import json
import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driftmgr.store.vault import GivenBytes, Passphrase, Vault, VaultError, read_header
from driftmgr.telemetry.redaction import HIDDEN, redact

KEY = secrets.token_bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the vault lies."""
    return tmp_path / "vault.json"


@pytest.fixture
def vault(path: Path) -> Vault:
    """A vault with two secrets."""
    made = Vault(path, GivenBytes(KEY))
    made.create()
    made.set("db/password", b"correct horse")
    made.set("token", b"\x00\xffbinary")
    return made


def document(path: Path) -> Any:
    """The file as it lies there."""
    return json.loads(path.read_bytes())


@given(st.binary(max_size=300), st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
def test_what_is_set_is_what_is_got(vault: Vault, value: bytes, name: str) -> None:
    """Any bytes under any printable name."""
    if not name.isprintable():
        with pytest.raises(VaultError):
            vault.set(name, value)
        return
    vault.set(name, value)
    assert vault.get(name) == value
    assert name in vault.names()
    assert vault.get("token") == b"\x00\xffbinary"


def test_nothing_of_a_secret_is_in_the_file(vault: Vault, path: Path) -> None:
    """Neither the value nor its base64 stands in the file; the name does."""
    text = path.read_bytes()
    assert b"correct horse" not in text
    assert base64.b64encode(b"correct horse") not in text
    assert b"db/password" in text


def test_every_write_has_a_fresh_data_key(vault: Vault, path: Path) -> None:
    """Writing the same value again changes every ciphertext of it, and only of it."""
    before = document(path)["secrets"]
    vault.set("token", b"\x00\xffbinary")
    after = document(path)["secrets"]
    assert before["token"]["data_key"] != after["token"]["data_key"]
    assert before["token"]["value"] != after["token"]["value"]
    assert before["db/password"] == after["db/password"]


def test_rotation_changes_every_data_key_and_no_value(vault: Vault, path: Path) -> None:
    """After rotate all secrets are encrypted anew and read as before."""
    before = document(path)["secrets"]
    assert vault.rotate() == 2
    after = document(path)["secrets"]
    assert all(before[name]["data_key"] != after[name]["data_key"] for name in before)
    assert vault.get("db/password") == b"correct horse"


def test_rekey_shuts_the_old_key_out(vault: Vault, path: Path) -> None:
    """After rekey only the new key opens the vault, for every secret."""
    vault.rekey(Passphrase("a new phrase"))
    assert vault.get("token") == b"\x00\xffbinary"
    assert Vault(path, Passphrase("a new phrase")).get("db/password") == b"correct horse"
    with pytest.raises(VaultError, match="opened by a passphrase"):
        Vault(path, GivenBytes(KEY)).get("token")


@pytest.mark.parametrize("source", [GivenBytes(secrets.token_bytes(32)), Passphrase("guess")])
def test_a_wrong_key_reads_nothing(vault: Vault, path: Path, source: Any) -> None:
    """Another key, or a key of another kind, opens nothing, lists nothing and writes nothing."""
    before = path.read_bytes()
    other = Vault(path, source)
    for attempt in (other.names, lambda: other.get("token"), lambda: other.set("x", b"y"), other.rotate):
        with pytest.raises(VaultError):
            attempt()
    assert path.read_bytes() == before


def test_a_wrong_passphrase_reads_nothing(path: Path) -> None:
    """Only the passphrase that made the vault opens it."""
    Vault(path, Passphrase("right")).create()
    assert Vault(path, Passphrase("right")).names() == ()
    with pytest.raises(VaultError, match="wrong key"):
        Vault(path, Passphrase("wrong")).names()


def test_there_is_no_default_key() -> None:
    """Neither an empty passphrase nor a short key is a key."""
    with pytest.raises(VaultError, match="empty"):
        Passphrase("")
    for size in (0, 16, 31, 33):
        with pytest.raises(VaultError, match="not 32"):
            GivenBytes(bytes(size))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all scalar values of a document."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*path, key))]
    return [path]


def tampered(path: Path, where: tuple[Any, ...], value: Any) -> None:
    """Put another value into one place of the file."""
    changed = document(path)
    inner = changed
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    path.write_text(json.dumps(changed))


def test_any_changed_member_is_found(vault: Vault, path: Path) -> None:
    """Whichever value of the file is changed, header included, no secret is read."""
    original = path.read_bytes()
    for where in leaves(document(path)):
        value = document(path)
        for key in where:
            value = value[key]
        for other in (value + 1 if isinstance(value, int) else f"{value[:-4]}AAA=", value * 2):
            tampered(path, where, other)
            with pytest.raises(VaultError):
                vault.get("token")
            path.write_bytes(original)
    assert vault.get("token") == b"\x00\xffbinary"


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
def test_any_changed_byte_is_found_or_means_nothing(vault: Vault, path: Path, data: st.DataObject) -> None:
    """A changed byte makes the vault unreadable, or (white space, a pad bit) leaves every secret as it was."""
    original = path.read_bytes()
    place = data.draw(st.integers(0, len(original) - 1))
    byte = data.draw(st.integers(0, 255))
    path.write_bytes(original[:place] + bytes([byte]) + original[place + 1 :])
    try:
        names, value = vault.names(), vault.get("token")
    except VaultError:
        pass
    else:
        assert (names, value) == (("db/password", "token"), b"\x00\xffbinary")
    finally:
        path.write_bytes(original)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_cut_off_file_is_an_error(vault: Vault, path: Path, share: float) -> None:
    """Half a file is no vault with fewer secrets."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(VaultError):
        vault.names()


def test_secrets_cannot_change_places(vault: Vault, path: Path) -> None:
    """A ciphertext under another name is not read as that name's secret, not even with a seal that fits."""
    found = read_header(path)
    swapped = {"db/password": found.secrets["token"], "token": found.secrets["db/password"]}
    vault._write(msgspec.structs.replace(found, secrets=swapped), KEY)
    with pytest.raises(VaultError, match="was changed"):
        vault.get("token")


def test_removed_and_old_secrets_are_found(vault: Vault, path: Path) -> None:
    """A secret that is taken out, or replaced by its own earlier version, breaks the seal."""
    before = document(path)
    vault.set("token", b"newer")
    after = document(path)
    tampered(path, ("secrets", "token"), before["secrets"]["token"])
    with pytest.raises(VaultError):
        vault.get("token")
    del after["secrets"]["token"]
    path.write_text(json.dumps(after))
    with pytest.raises(VaultError):
        vault.names()


@pytest.mark.parametrize(
    ("member", "value"), [("memory_kib", 8), ("memory_kib", 2**31), ("passes", 0), ("lanes", 1000)]
)
def test_a_forged_header_neither_weakens_nor_exhausts(path: Path, member: str, value: int) -> None:
    """Key derivation outside of safe bounds is refused before it is done."""
    Vault(path, Passphrase("right")).create()
    tampered(path, ("key", member), value)
    with pytest.raises(VaultError, match="unsafe"):
        Vault(path, Passphrase("right")).names()


def test_files_are_private_and_whole(vault: Vault, path: Path) -> None:
    """The vault is readable by its owner only, and nothing else is left beside it but its lock."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["vault.json", "vault.json.lock"]


def test_an_existing_vault_is_never_overwritten(vault: Vault, path: Path) -> None:
    """A second init is an error, and the secrets stay."""
    with pytest.raises(VaultError, match="already"):
        Vault(path, GivenBytes(secrets.token_bytes(32))).create()
    assert vault.get("token") == b"\x00\xffbinary"


def test_what_is_not_there_is_said(path: Path, vault: Vault) -> None:
    """No vault and no secret are errors with a hint."""
    with pytest.raises(VaultError, match="no secret nothing"):
        vault.get("nothing")
    with pytest.raises(VaultError, match="there is no vault") as caught:
        Vault(path.with_name("none.json"), GivenBytes(KEY)).names()
    assert "vault init" in caught.value.hint


def test_a_key_file_must_be_private(tmp_path: Path) -> None:
    """A key that others may read is refused; a private one is taken; what is no key is said."""
    file = tmp_path / "key"
    file.write_bytes(base64.b64encode(KEY) + b"\n")
    file.chmod(0o644)
    with pytest.raises(VaultError, match="others may read"):
        GivenBytes.of_file(file)
    file.chmod(0o600)
    assert GivenBytes.of_file(file)._key == KEY
    with pytest.raises(VaultError, match="not base64"):
        GivenBytes.of_text("no key at all!")
    with pytest.raises(VaultError, match="cannot be read"):
        GivenBytes.of_file(tmp_path / "none")


def test_programs_that_write_at_once_lose_nothing(vault: Vault, path: Path) -> None:
    """Eight programs that each set a secret at the same time: all are there."""
    program = (
        "import base64, sys\nfrom pathlib import Path\nfrom driftmgr.store.vault import GivenBytes, Vault\n"
        "Vault(Path(sys.argv[1]), GivenBytes.of_text(sys.argv[2])).set(sys.argv[3], b'v')\n"
    )
    key = base64.b64encode(KEY).decode()
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(path), key, f"s{n}"], env=dict(os.environ))
        for n in range(8)
    ]
    assert [process.wait(60) for process in running] == [0] * 8
    assert {f"s{n}" for n in range(8)} <= set(vault.names())


def test_what_the_vault_gave_or_took_is_in_no_log(vault: Vault) -> None:
    """A secret is hidden by its value from the moment it is known, whatever text it stands in."""
    vault.set("token", b"marmalade-before-noon")
    assert redact("sent marmalade-before-noon") == f"sent {HIDDEN}"
    Passphrase("a passphrase of the cellar")
    assert redact("typed: a passphrase of the cellar") == f"typed: {HIDDEN}"
