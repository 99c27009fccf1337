"""The vault: secrets at rest, AES-256-GCM.

Every secret has a data key of its own, fresh at each write; the data keys are wrapped by the vault's key, which comes
from a passphrase (Argon2id, RFC 9106), from 32 bytes of a file or the environment, or from a KMS; there is no default
key. Header and name are associated data of every ciphertext, and a seal over the whole file tells of secrets that were
removed or brought back. A vault is a small JSON file, private to its owner and replaced in one step.
"""

import base64
import os
import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from driftmgr.model import DriftMgrError
from driftmgr.telemetry.files import locked, replace_file
from driftmgr.telemetry.redaction import hide

KEY_BYTES = 32
_FORMAT = 1
_NONCE_BYTES = 12
# RFC 9106, section 4, second recommended option. Bounds keep a forged header from weakening or exhausting us.
_MEMORY_KIB, _PASSES, _LANES = 65_536, 3, 4
_MEMORY_BOUNDS, _PASSES_BOUND, _LANES_BOUND = range(19_456, 4_194_305), range(1, 65), range(1, 65)


class VaultError(DriftMgrError):
    """The vault cannot be opened, or does not have what was asked."""


class Argon2idKey(msgspec.Struct, frozen=True, kw_only=True, tag="argon2id"):
    """The vault's key is derived from a passphrase."""

    salt: str
    memory_kib: int = _MEMORY_KIB
    passes: int = _PASSES
    lanes: int = _LANES


class GivenKey(msgspec.Struct, frozen=True, kw_only=True, tag="key"):
    """The vault's key is given as it is."""


class KmsKey(msgspec.Struct, frozen=True, kw_only=True, tag="kms"):
    """The vault's key was made by a KMS, which alone can unwrap it."""

    key_id: str
    wrapped: str


KeyHeader = Argon2idKey | GivenKey | KmsKey


class KeySource(Protocol):
    """Where the vault's key comes from."""

    def make(self, vault_id: str) -> tuple[KeyHeader, bytes]:
        """A header for a new vault, and its key."""

    def find(self, header: KeyHeader, vault_id: str) -> bytes:
        """The key of a vault; raises ``VaultError``."""


class Passphrase:
    """A key from a passphrase."""

    def __init__(self, text: str) -> None:
        if not text:
            raise VaultError("the passphrase is empty", hint="give one of at least a few words")
        hide(text)
        self._text = text

    def make(self, vault_id: str) -> tuple[KeyHeader, bytes]:  # noqa: ARG002  # only a KMS binds its key to a vault
        """A fresh salt, and the key."""
        header = Argon2idKey(salt=_text(secrets.token_bytes(16)))
        return header, self._derive(header)

    def find(self, header: KeyHeader, vault_id: str) -> bytes:  # noqa: ARG002
        """The key that this passphrase gives."""
        if not isinstance(header, Argon2idKey):
            raise _other_source(header)
        in_bounds = header.memory_kib in _MEMORY_BOUNDS and header.passes in _PASSES_BOUND
        if not in_bounds or header.lanes not in _LANES_BOUND:
            raise VaultError("the vault's header asks for unsafe key derivation", hint="restore it from a backup")
        return self._derive(header)

    def _derive(self, header: Argon2idKey) -> bytes:
        derived: bytes = Argon2id(
            salt=_bytes(header.salt),
            length=KEY_BYTES,
            iterations=header.passes,
            lanes=header.lanes,
            memory_cost=header.memory_kib,
        ).derive(self._text.encode())
        return derived


class GivenBytes:
    """A key of 32 bytes, from a file or the environment."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise VaultError(
                f"the key has {len(key)} bytes, not {KEY_BYTES}", hint="make one: head -c 32 /dev/urandom | base64"
            )
        self._key = key

    @classmethod
    def of_text(cls, text: str) -> "GivenBytes":
        """A key in base64; raises ``VaultError``."""
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except ValueError as error:
            raise VaultError("the key is not base64", hint="make one: head -c 32 /dev/urandom | base64") from error

    @classmethod
    def of_file(cls, path: Path) -> "GivenBytes":
        """A key in base64 in a file that only its owner may read; raises ``VaultError``."""
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise VaultError(f"{path}: others may read this key file", hint=f"chmod 600 {path}")
            return cls.of_text(path.read_text())
        except (OSError, UnicodeDecodeError) as error:
            raise VaultError(f"{path}: the key file cannot be read: {error}", hint="check its path") from error

    def make(self, vault_id: str) -> tuple[KeyHeader, bytes]:  # noqa: ARG002
        """The key itself."""
        return GivenKey(), self._key

    def find(self, header: KeyHeader, vault_id: str) -> bytes:  # noqa: ARG002
        """The key itself."""
        if not isinstance(header, GivenKey):
            raise _other_source(header)
        return self._key


class StoredSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One secret: ``data_key`` is wrapped by the vault's key, ``value`` encrypted by the data key.

    Both are nonce and ciphertext, in base64.
    """

    written_at: str
    data_key: str
    value: str


class VaultFile(msgspec.Struct, frozen=True, kw_only=True):
    """A vault as it lies on disk; ``seal`` is over all the rest."""

    format: int
    id: str
    key: KeyHeader
    secrets: dict[str, StoredSecret]
    seal: str = ""

    @property
    def header(self) -> bytes:
        """What every ciphertext is bound to."""
        return msgspec.json.encode([self.format, self.id, self.key])


class Vault:
    """One vault and the source of its key. Every call reads the file anew; writers wait for each other."""

    def __init__(self, path: Path, source: KeySource) -> None:
        self._path = path
        self._source = source

    def create(self) -> None:
        """Make an empty vault; raises ``VaultError`` where there is one."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked():
            if self._path.exists():
                raise VaultError(f"{self._path}: there is a vault already", hint="choose another file with --vault")
            vault_id = _text(secrets.token_bytes(16))
            header, key = self._source.make(vault_id)
            self._write(VaultFile(format=_FORMAT, id=vault_id, key=header, secrets={}), key)

    def names(self) -> tuple[str, ...]:
        """The names of the secrets, sorted; raises ``VaultError``."""
        return tuple(sorted(self._open()[0].secrets))

    def get(self, name: str) -> bytes:
        """A secret; raises ``VaultError``."""
        found, key = self._open()
        if name not in found.secrets:
            raise VaultError(f"the vault has no secret {name}", hint="see the names: driftmgr vault list")
        value = _decrypt(found, key, name)
        hide(value.decode(errors="ignore"))
        return value

    def set(self, name: str, value: bytes) -> None:
        """Write a secret, under a fresh data key; raises ``VaultError``."""
        if not name or not name.isprintable():
            raise VaultError(f"not a name for a secret: {name!r}", hint="use letters, digits, - and /")
        hide(value.decode(errors="ignore"))
        with self._locked():
            found, key = self._open()
            written = {**found.secrets, name: _encrypt(found.header, key, name, value)}
            self._write(msgspec.structs.replace(found, secrets=written), key)

    def rotate(self) -> int:
        """Encrypt every secret anew, each under a fresh data key; gives their number. Raises ``VaultError``."""
        with self._locked():
            found, key = self._open()
            fresh = {name: _encrypt(found.header, key, name, _decrypt(found, key, name)) for name in found.secrets}
            self._write(msgspec.structs.replace(found, secrets=fresh), key)
            return len(fresh)

    def rekey(self, source: KeySource) -> None:
        """Put the vault under another key, and every secret under a fresh data key; raises ``VaultError``."""
        with self._locked():
            found, key = self._open()
            header, new_key = source.make(found.id)
            empty = VaultFile(format=_FORMAT, id=found.id, key=header, secrets={})
            values = {name: _decrypt(found, key, name) for name in found.secrets}
            fresh = {name: _encrypt(empty.header, new_key, name, value) for name, value in values.items()}
            self._write(msgspec.structs.replace(empty, secrets=fresh), new_key)
        self._source = source

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self._path.with_name(f"{self._path.name}.lock"))

    def _open(self) -> tuple[VaultFile, bytes]:
        found = read_header(self._path)
        key = self._source.find(found.key, found.id)
        try:
            open_box(key, found.seal, _sealed(found))
        except InvalidTag as error:
            raise VaultError(
                f"{self._path}: wrong key, or the file was changed",
                hint="check the key, or restore a backup",
            ) from error
        return found, key

    def _write(self, file: VaultFile, key: bytes) -> None:
        sealed = msgspec.structs.replace(file, seal=box(key, b"", _sealed(file)))
        replace_file(self._path, msgspec.json.format(msgspec.json.encode(sealed), indent=1) + b"\n")


def read_header(path: Path) -> VaultFile:
    """A vault as it lies on disk, nothing decrypted or checked yet; raises ``VaultError``."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=VaultFile)
    except FileNotFoundError as error:
        raise VaultError(f"{path}: there is no vault", hint="make one: driftmgr vault init") from error
    except OSError as error:
        raise VaultError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise VaultError(f"{path} is no vault, or damaged: {error}", hint="restore a backup") from error
    if found.format != _FORMAT:
        raise VaultError(f"{path} has format {found.format}, this program knows {_FORMAT}", hint="update driftmgr")
    return found


def _encrypt(header: bytes, key: bytes, name: str, value: bytes) -> StoredSecret:
    data_key, written_at = secrets.token_bytes(KEY_BYTES), datetime.now(UTC).isoformat(timespec="seconds")
    return StoredSecret(
        written_at=written_at,
        data_key=box(key, data_key, _bound("data key", header, name, written_at)),
        value=box(data_key, value, _bound("value", header, name, written_at)),
    )


def _decrypt(file: VaultFile, key: bytes, name: str) -> bytes:
    secret = file.secrets[name]
    try:
        data_key = open_box(key, secret.data_key, _bound("data key", file.header, name, secret.written_at))
        return open_box(data_key, secret.value, _bound("value", file.header, name, secret.written_at))
    except InvalidTag as error:
        raise VaultError(f"the secret {name} was changed", hint="restore a backup of the vault") from error


def box(key: bytes, content: bytes, bound_to: bytes) -> str:
    """Encrypt with AES-256-GCM under a fresh nonce; gives nonce and ciphertext in base64."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _text(nonce + AESGCM(key).encrypt(nonce, content, bound_to))


def open_box(key: bytes, text: str, bound_to: bytes) -> bytes:
    """What ``box`` encrypted; raises ``InvalidTag`` for another key, a changed text, or one bound to other data."""
    content = _bytes(text)
    if len(content) < _NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound_to)


def _bound(what: str, header: bytes, name: str, written_at: str) -> bytes:
    return msgspec.json.encode([what, _text(header), name, written_at])


def _sealed(file: VaultFile) -> bytes:
    entries: Mapping[str, StoredSecret] = dict(sorted(file.secrets.items()))
    return msgspec.json.encode(["seal", _text(file.header), entries])


def _other_source(header: KeyHeader) -> VaultError:
    needed = {Argon2idKey: "a passphrase", GivenKey: "a key", KmsKey: "a KMS"}[type(header)]
    return VaultError(f"this vault is opened by {needed}", hint="see driftmgr vault --help")


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise InvalidTag from error
