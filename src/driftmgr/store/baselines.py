"""What a team accepted, in a SQLite file: signed as a whole, the attributes of every object encrypted.

One key of 32 bytes lies apart from the file. From it HKDF-SHA256 derives two, by the file's random id: one for a seal
(HMAC-SHA256) over every row, one for the attributes (AES-256-GCM, bound to the columns beside them). What does not fit
the seal is an error and never used. An older file of the same key is whole, too: who must notice that compares the
number of the last acceptance with the audit trail.

A new file appears in one step; an acceptance is one transaction, which a killed program leaves undone.
"""

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from driftmgr.model import Acceptance, AcceptedObject, Baseline, DriftMgrError, Scope
from driftmgr.store.vault import KEY_BYTES, GivenBytes, GivenKey, box, open_box
from driftmgr.telemetry.files import locked, replace_file, sync_directory

KEY, KEY_FILE = "DRIFTMGR_BASELINE_KEY", "DRIFTMGR_BASELINE_KEY_FILE"

# One step per version of the format; a file knows its version by PRAGMA user_version.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE baseline (id TEXT NOT NULL, seal TEXT NOT NULL)",
        "CREATE TABLE acceptance (serial INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, note TEXT NOT NULL)",
        """CREATE TABLE object (type TEXT NOT NULL, id TEXT NOT NULL, cloud TEXT NOT NULL, account TEXT NOT NULL,
        region TEXT, address TEXT, state TEXT, serial INTEGER NOT NULL, box TEXT NOT NULL)""",
        "CREATE UNIQUE INDEX object_key ON object (type, id, cloud, account, ifnull(region, ''))",
    ),
)
_SECONDS = 10.0
"""How long a program waits for another one that is writing."""
_Row = tuple[str, str, str, str, str | None, str | None, str | None, int, str]
_OBJECTS = "SELECT type, id, cloud, account, region, address, state, serial, box FROM object"


class BaselineError(DriftMgrError):
    """A baseline that cannot be used: which, why, and what to do."""


class _Boxed(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted of an object."""

    attributes: msgspec.Raw
    provider: str
    sensitive: tuple[str, ...]


class _Keys(msgspec.Struct, frozen=True):
    seal: bytes
    attributes: bytes

    @classmethod
    def of(cls, key: bytes, identity: str) -> "_Keys":
        def derived(purpose: bytes) -> bytes:
            made: bytes = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=identity.encode(), info=purpose).derive(key)
            return made

        return cls(derived(b"driftmgr baseline seal"), derived(b"driftmgr baseline attributes"))


class StoredBaseline:
    """One file and its key. Every call reads the file anew; writers wait for each other."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = key

    def load(self) -> Baseline:
        """All of it, its seal checked; raises ``BaselineError``."""
        with self._opened(self._path) as connection:
            connection.execute("BEGIN")
            keys, identity = self._checked(connection)
            acceptances = tuple(
                Acceptance(serial=serial, at=at, by=by, note=note)
                for serial, at, by, note in connection.execute("SELECT * FROM acceptance ORDER BY serial")
            )
            objects = tuple(_unboxed(keys, identity, row) for row in connection.execute(_OBJECTS))
        return Baseline(objects=objects, acceptances=acceptances)

    def accept(
        self,
        act: Acceptance,
        written: Iterable[AcceptedObject],
        removed: Iterable[AcceptedObject] = (),
    ) -> str:
        """Write one act whole or not at all; gives the new seal.

        ``act.serial`` is one more than that of the baseline which the act was made for: if somebody else accepted
        meanwhile, this raises ``BaselineError``.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(self._path.with_name(f"{self._path.name}.lock")):
                if self._path.exists():
                    return self._write(self._path, act, written, removed, fresh=False)
                return self._create(act, written)
        except OSError as error:
            raise BaselineError(f"{self._path} cannot be written: {error.strerror}", hint="check the path") from error

    def _create(self, act: Acceptance, written: Iterable[AcceptedObject]) -> str:
        for left in self._path.parent.glob(f".{self._path.name}.*.part*"):
            left.unlink()  # of a program that was killed: whoever makes the file holds the lock
        fresh = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.part")
        try:
            # SQLite gives its other files the rights of the database.
            os.close(os.open(fresh, os.O_CREAT | os.O_EXCL, 0o600))
            seal = self._write(fresh, act, written, (), fresh=True)
            fresh.replace(self._path)
            sync_directory(self._path.parent)
        finally:
            fresh.unlink(missing_ok=True)
        return seal

    def _write(
        self,
        path: Path,
        act: Acceptance,
        written: Iterable[AcceptedObject],
        removed: Iterable[AcceptedObject],
        *,
        fresh: bool,
    ) -> str:
        with self._opened(path) as connection:
            connection.execute("BEGIN IMMEDIATE")
            keys, identity = self._made(connection) if fresh else self._checked(connection)
            _migrate(connection)
            (last,) = connection.execute("SELECT ifnull(max(serial), 0) FROM acceptance").fetchone()
            if act.serial != last + 1:
                raise BaselineError(
                    f"{self._path}: somebody accepted meanwhile", hint="look again: driftmgr baseline diff"
                )
            connection.execute("INSERT INTO acceptance VALUES (?, ?, ?, ?)", (act.serial, act.at, act.by, act.note))
            for found in removed:
                _remove(connection, found)
            for found in written:
                _remove(connection, found)
                row = _boxed(keys, identity, msgspec.structs.replace(found, serial=act.serial))
                connection.execute("INSERT INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            seal = _seal(connection, keys, identity)
            connection.execute("UPDATE baseline SET seal = ?", (seal,))
            connection.execute("COMMIT")
            return seal

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[sqlite3.Connection]:
        if not path.exists():
            raise BaselineError(f"{path}: there is no baseline", hint="make one: driftmgr baseline accept")
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_SECONDS)
        except sqlite3.Error as error:
            raise BaselineError(f"{path} cannot be opened: {error}", hint="check its permissions") from error
        try:
            connection.isolation_level = None
            yield connection
        except sqlite3.Error as error:
            _fail(path, error)
        finally:
            connection.close()

    def _checked(self, connection: sqlite3.Connection) -> tuple[_Keys, str]:
        """The keys and the id of a baseline whose seal is right."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(_MIGRATIONS):
            raise BaselineError(
                f"{self._path} has format {version}, this program knows {len(_MIGRATIONS)}", hint="update driftmgr"
            )
        rows = connection.execute("SELECT id, seal FROM baseline").fetchall()
        # A trigger or a looser table would change what the next acceptance seals.
        made = {text for (text,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        if len(rows) == 1 and made == {statement for step in _MIGRATIONS[:version] for statement in step}:
            identity, seal = rows[0]
            keys = _Keys.of(self._key, str(identity))
            if hmac.compare_digest(_seal(connection, keys, str(identity)), str(seal)):
                return keys, str(identity)
        raise BaselineError(
            f"{self._path}: wrong key, or the file was changed",
            hint=f"check {KEY} and {KEY_FILE}, or restore a backup; --no-baseline scans without it",
        )

    def _made(self, connection: sqlite3.Connection) -> tuple[_Keys, str]:
        _migrate(connection)
        identity = base64.b64encode(secrets.token_bytes(16)).decode()
        connection.execute("INSERT INTO baseline VALUES (?, '')", (identity,))
        return _Keys.of(self._key, identity), identity


def state_directory() -> Path:
    """Where DriftMgr keeps what must not get lost: DRIFTMGR_STATE_DIR, else the user's state directory (XDG)."""
    if chosen := os.environ.get("DRIFTMGR_STATE_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "driftmgr"


def baseline_key(given: Path | None = None, *, make: bool = False) -> bytes:
    """The key: of the file given or named by the environment, of the environment itself, else the user's own.

    Raises ``BaselineError``, ``VaultError``. ``make`` makes the user's own if there is none.
    """
    named = given or (Path(os.environ[KEY_FILE]) if os.environ.get(KEY_FILE) else None)
    if named is None and (text := os.environ.get(KEY)):
        return GivenBytes.of_text(text).find(GivenKey(), "")
    path = named or state_directory() / "baseline.key"
    if named is None and not path.exists():
        if not make:
            raise BaselineError(
                f"no key for the baseline: {path} is not there",
                hint=f"set {KEY_FILE} or {KEY} to the key it was accepted with; --no-baseline scans without it",
            )
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(path.with_name(f"{path.name}.lock")):
            if not path.exists():
                replace_file(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
    return GivenBytes.of_file(path).find(GivenKey(), "")


def _migrate(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for statement in (statement for step in _MIGRATIONS[version:] for statement in step):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")


def _remove(connection: sqlite3.Connection, found: AcceptedObject) -> None:
    scope = found.scope
    key = (found.type, found.id, scope.cloud, scope.account, scope.region or "")
    connection.execute("DELETE FROM object WHERE (type, id, cloud, account, ifnull(region, '')) = (?, ?, ?, ?, ?)", key)


def _boxed(keys: _Keys, identity: str, found: AcceptedObject) -> _Row:
    scope = found.scope
    columns = (found.type, found.id, scope.cloud, scope.account, scope.region, found.address, found.state, found.serial)
    content = _Boxed(attributes=found.document, provider=found.provider, sensitive=found.sensitive)
    return (*columns, box(keys.attributes, msgspec.json.encode(content), _bound(identity, columns)))


def _unboxed(keys: _Keys, identity: str, row: _Row) -> AcceptedObject:
    kind, name, cloud, account, region, address, state, serial, text = row
    content = msgspec.json.decode(open_box(keys.attributes, text, _bound(identity, row[:-1])), type=_Boxed)
    return AcceptedObject(
        type=kind,
        id=name,
        scope=Scope(cloud=cloud, account=account, region=region),
        document=content.attributes,
        address=address,
        state=state,
        provider=content.provider,
        sensitive=content.sensitive,
        serial=serial,
    )


def _bound(identity: str, columns: Iterable[str | int | None]) -> bytes:
    return msgspec.json.encode([identity, *columns])


def _seal(connection: sqlite3.Connection, keys: _Keys, identity: str) -> str:
    """HMAC-SHA256 over every row of every table, each as a line of Python literals: text and bytes never look alike."""
    made = hmac.new(keys.seal, identity.encode(), hashlib.sha256)
    for table, order in (("acceptance", "serial"), ("object", "type, id, cloud, account, ifnull(region, '')")):
        made.update(f"\n{table}".encode())
        for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}"):  # noqa: S608  # names of our own
            made.update(f"\n{row!a}".encode())
    return made.hexdigest()


def _fail(path: Path, error: sqlite3.Error) -> NoReturn:
    if "locked" in str(error):
        raise BaselineError(f"{path}: another program writes it", hint="try again") from error
    if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
        raise BaselineError(f"{path} cannot be read or written: {error}", hint="check disk and permissions") from error
    raise BaselineError(f"{path} is no baseline, or damaged: {error}", hint="restore a backup") from error
