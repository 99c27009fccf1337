"""``driftmgr vault``."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from driftmgr.cli.operation import audited
from driftmgr.model import DriftMgrError
from driftmgr.store.vault import Argon2idKey, GivenBytes, GivenKey, KeySource, Passphrase, Vault, read_header

Command = TypeVar("Command", bound=Callable[..., Any])

FILE, PASSPHRASE, KEY, KEY_FILE = (
    "DRIFTMGR_VAULT",
    "DRIFTMGR_VAULT_PASSPHRASE",
    "DRIFTMGR_VAULT_KEY",
    "DRIFTMGR_VAULT_KEY_FILE",
)

_VAULT = click.option(
    "--vault", "path", type=click.Path(path_type=Path), envvar=FILE, help=f"The vault's file; also {FILE}."
)
_KEYS = (
    click.option("--key-file", type=click.Path(path_type=Path), help=f"A file with the key; also {KEY_FILE}, {KEY}."),
    click.option("--kms-key", metavar="ID", help="A key of AWS KMS."),
    click.option("--profile", metavar="NAME", help="The AWS profile to sign in with, for a KMS key."),
)


def _key_options(command: Command) -> Command:
    for option in reversed(_KEYS):
        command = option(command)
    return command


@click.group()
def vault() -> None:
    """Keep secrets in an encrypted file.

    The passphrase is asked for, or taken from DRIFTMGR_VAULT_PASSPHRASE; there is no default key.
    """


@vault.command()
@_VAULT
@_key_options
def init(*, path: Path | None, key_file: Path | None, kms_key: str | None, profile: str | None) -> None:
    """Make an empty vault; without a key it is put under a passphrase."""
    where = vault_path(path)
    with audited("vault.init", vault=str(where)):
        Vault(where, _new_source(key_file, kms_key, profile)).create()
    click.echo(f"made {where}", err=True)


@vault.command("set")
@click.argument("name")
@_VAULT
@_key_options
def set_(*, name: str, path: Path | None, key_file: Path | None, kms_key: str | None, profile: str | None) -> None:
    """Write a secret: the value is asked for, or read from standard input (a last newline does not belong to it)."""
    del kms_key  # the vault's header names it
    where = vault_path(path)
    with audited("vault.set", vault=str(where), name=name):
        open_vault(where, key_file, profile).set(name, _value())


@vault.command()
@click.argument("name")
@_VAULT
@_key_options
def get(*, name: str, path: Path | None, key_file: Path | None, kms_key: str | None, profile: str | None) -> None:
    """Print a secret."""
    del kms_key
    where = vault_path(path)
    with audited("vault.get", vault=str(where), name=name):
        value = open_vault(where, key_file, profile).get(name)
    sys.stdout.buffer.write(value)
    sys.stdout.buffer.flush()
    if sys.stdout.isatty():
        click.echo()


@vault.command("list")
@_VAULT
@_key_options
def list_(*, path: Path | None, key_file: Path | None, kms_key: str | None, profile: str | None) -> None:
    """Print the names of the secrets."""
    del kms_key
    where = vault_path(path)
    with audited("vault.list", vault=str(where)):
        names = open_vault(where, key_file, profile).names()
    for name in names:
        click.echo(name)


@vault.command()
@_VAULT
@_key_options
def rotate(*, path: Path | None, key_file: Path | None, kms_key: str | None, profile: str | None) -> None:
    """Encrypt every secret anew, each under a fresh data key."""
    del kms_key
    where = vault_path(path)
    with audited("vault.rotate", vault=str(where)):
        number = open_vault(where, key_file, profile).rotate()
    click.echo(f"{number} secrets encrypted anew", err=True)


@vault.command()
@_VAULT
@_key_options
@click.option("--new-key-file", type=click.Path(path_type=Path), help="Put it under the key of this file.")
@click.option("--new-kms-key", metavar="ID", help="Put it under this key of AWS KMS.")
def rekey(**options: Any) -> None:
    """Put the vault under another key: a new passphrase, unless a key is named."""
    where = vault_path(options["path"])
    with audited("vault.rekey", vault=str(where)):
        opened = open_vault(where, options["key_file"], options["profile"])
        opened.names()  # before a new passphrase is asked for
        new = options["new_key_file"], options["new_kms_key"]
        source = _source_of_key(*new, options["profile"]) if any(new) else _new_passphrase("New passphrase")
        opened.rekey(source)
    click.echo(f"{where} is under its new key", err=True)


def vault_path(given: Path | None) -> Path:
    """The vault that is named, else that of the user."""
    if given:
        return given
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "driftmgr" / "vault.json"


def open_vault(path: Path, key_file: Path | None, profile: str | None) -> Vault:
    """A vault with the key that its header asks for; raises ``DriftMgrError``."""
    header = read_header(path).key
    if isinstance(header, Argon2idKey):
        return Vault(path, Passphrase(_passphrase()))
    if isinstance(header, GivenKey):
        return Vault(path, _given_key(key_file))
    return Vault(path, _kms(header.key_id, profile))


def _new_source(key_file: Path | None, kms_key: str | None, profile: str | None) -> KeySource:
    if key_file or kms_key:
        return _source_of_key(key_file, kms_key, profile)
    if os.environ.get(KEY) or os.environ.get(KEY_FILE):
        return _given_key(None)
    return _new_passphrase("Passphrase")


def _source_of_key(key_file: Path | None, kms_key: str | None, profile: str | None) -> KeySource:
    if key_file and kms_key:
        raise DriftMgrError("a vault has one key", hint="name a key file or a KMS key")
    return GivenBytes.of_file(key_file) if key_file else _kms(str(kms_key), profile)


def _given_key(key_file: Path | None) -> GivenBytes:
    if key_file:
        return GivenBytes.of_file(key_file)
    if text := os.environ.get(KEY):
        return GivenBytes.of_text(text)
    if named := os.environ.get(KEY_FILE):
        return GivenBytes.of_file(Path(named))
    raise DriftMgrError("this vault is opened by a key", hint=f"give --key-file, or set {KEY_FILE} or {KEY}")


def _kms(key_id: str, profile: str | None) -> KeySource:
    from driftmgr.clouds.aws import AwsSession  # noqa: PLC0415  # only a vault under a KMS key needs AWS
    from driftmgr.clouds.aws.kms import KmsSource  # noqa: PLC0415

    session = AwsSession(profile)
    region = key_id.split(":")[3] if key_id.startswith("arn:") else session.region
    return KmsSource(lambda: session.client(None, "kms", region or "us-east-1"), key_id)


def _passphrase() -> str:
    known = os.environ.get(PASSPHRASE)
    if known is None and not sys.stdin.isatty():
        raise DriftMgrError("no passphrase for the vault", hint=f"set {PASSPHRASE}, or run it on a terminal")
    return known if known is not None else click.prompt("Passphrase", hide_input=True, err=True)


def _new_passphrase(prompt: str) -> Passphrase:
    name = f"{PASSPHRASE}_NEW" if prompt.startswith("New") else PASSPHRASE
    known = os.environ.get(name)
    if known is None and not sys.stdin.isatty():
        raise DriftMgrError("no passphrase for the vault", hint=f"set {name}, name a key, or run it on a terminal")
    asked = known if known is not None else click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True)
    return Passphrase(asked)


def _value() -> bytes:
    if sys.stdin.isatty():
        return str(click.prompt("Secret", hide_input=True, err=True)).encode()
    return sys.stdin.buffer.read().removesuffix(b"\n")
