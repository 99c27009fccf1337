"""Fingerprints of the objects whose details were read last time, in a small SQLite file (smart mode)."""

import hashlib
import os
import sqlite3
from pathlib import Path

from driftmgr.model import Scope

_SCHEMA = """
CREATE TABLE IF NOT EXISTS fingerprint (
    scope TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL, token TEXT NOT NULL,
    PRIMARY KEY (scope, type, id)
) WITHOUT ROWID
"""


def cache_directory() -> Path:
    """Where DriftMgr keeps what it can do without: DRIFTMGR_CACHE_DIR, else the user's cache directory (XDG)."""
    if chosen := os.environ.get("DRIFTMGR_CACHE_DIR"):
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "driftmgr"


class StoredFingerprints:
    """``discovery.Fingerprints`` in a file; tokens are kept as digests, so that no cloud value lies there.

    ``save`` writes what was looked at; without it nothing is remembered, so that a scan that did not
    end leaves no trace. A file that cannot be read counts as empty: every object is then read in full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._looked: dict[tuple[str, str, str], str] = {}
        self._known: dict[tuple[str, str, str], str] = {}
        if path.exists():
            self._known = _read(path)

    def unchanged(self, scope: Scope, resource_type: str, identity: str, token: str) -> bool:
        """Whether the last deep look at this object found the same token."""
        return self._known.get((str(scope), resource_type, identity)) == _digest(token)

    def looked(self, scope: Scope, resource_type: str, identity: str, token: str) -> None:
        """Remember the token of an object whose details were just read."""
        self._looked[str(scope), resource_type, identity] = _digest(token)

    def save(self) -> None:
        """Write what this scan looked at; raises ``OSError`` or ``sqlite3.Error`` when the file cannot be written."""
        if not self._looked:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = sqlite3.connect(self._path, timeout=10)
        try:
            with connection:
                connection.execute(_SCHEMA)
                rows = ((*key, token) for key, token in self._looked.items())
                connection.executemany("INSERT OR REPLACE INTO fingerprint VALUES (?, ?, ?, ?)", rows)
        finally:
            connection.close()


def _read(path: Path) -> dict[tuple[str, str, str], str]:
    connection = sqlite3.connect(path, timeout=10)
    try:
        rows = connection.execute("SELECT scope, type, id, token FROM fingerprint").fetchall()
    except sqlite3.DatabaseError:
        return {}
    finally:
        connection.close()
    return {(scope, kind, identity): token for scope, kind, identity, token in rows}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
