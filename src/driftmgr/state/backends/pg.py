"""States in PostgreSQL: one row per workspace, and advisory locks that end with their session.

https://developer.hashicorp.com/terraform/language/backend/pg
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from driftmgr.state.backends.arguments import Arguments
from driftmgr.state.backends.protocol import DEFAULT_WORKSPACE, Access, LockInfo, StateLockedError
from driftmgr.state.read import StateError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

    from driftmgr.state.source import StateSource

_OPTIONS = frozenset({"schema_name", "sslmode", "sslrootcert", "sslcert", "sslkey", "service", "connect_timeout"})
_SCHEMA = "terraform_remote_state"
_CONNECT_SECONDS = 10
_CREATION = -1
"""The lock of whoever adds a workspace; the lock of a workspace is the id of its row."""
# A lock of 64 bits is told as two halves: https://www.postgresql.org/docs/current/view-pg-locks.html
_HOLDERS = """
SELECT a.pid, a.usename, coalesce(a.client_hostname, host(a.client_addr), 'local'), a.application_name, a.backend_start
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = ANY(%s)
ORDER BY a.backend_start"""


class PgState:
    """One row of the table ``states`` in a schema."""

    def __init__(self, arguments: Arguments, workspace: str, access: Access) -> None:
        self._parameters = _parameters(arguments.text("conn_str", "PG_CONN_STR"), access.environment)
        self._schema = arguments.text("schema_name", "PG_SCHEMA_NAME", default=_SCHEMA)
        self._workspace = workspace
        self._session: psycopg.Connection[Any] | None = None
        self._held: tuple[str, int] | None = None
        variables = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}
        where = {name: self._parameters.get(name) or access.environment.get(env) for name, env in variables.items()}
        self._where = tuple(str(where[name] or "") for name in variables)
        host, _, database = self._where
        self.label = f"pg://{host or 'localhost'}/{database}/{self._schema}/{workspace}"

    @property
    def identity(self) -> tuple[object, ...]:
        """Server, database, schema and workspace."""
        return ("pg", *self._where, self._schema, self._workspace)

    def read(self) -> bytes | None:
        """The row's text."""
        with self._connected("read the state") as connection:
            rows = self._select(connection, "SELECT data FROM {table} WHERE name = %s", self._workspace)
        return rows[0][0].encode() if rows and rows[0][0] else None

    def write(self, content: bytes) -> None:
        """Replace the row's text, in the session that holds the lock: without the lock there is no writing."""
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise StateError(f"{self.label}: cannot write the state: a text column takes UTF-8 only") from error
        with self._connected("write the state") as connection:
            connection.execute(
                self._query(
                    "INSERT INTO {table} (name, data) VALUES (%s, %s)"
                    " ON CONFLICT (name) DO UPDATE SET data = excluded.data"
                ),
                (self._workspace, text),
            )

    def lock(self, lock: LockInfo) -> None:
        """Take the row's lock, or the lock of creation where there is no row yet; it lives as long as the session."""
        session = self._connect()
        try:
            number = self._take(session)
        except StateLockedError:
            # The server may end a closed session later: what was taken of the locks is given back before.
            session.execute("SELECT pg_advisory_unlock_all()")
            session.close()
            raise
        except Exception as error:
            session.close()
            raise self._problem("lock the state", error) from error
        self._session, self._held = session, (lock.id, number)

    def unlock(self, lock_id: str) -> None:
        """Release our lock; the lock of another session ends with that session, nobody else can release it."""
        if self._session is None or self._held is None or self._held[0] != lock_id:
            holder = self.holder()
            if holder is None:
                raise StateError(f"{self.label}: the state is not locked")
            raise StateError(
                f"{self.label}: the lock belongs to a database session: {holder}",
                hint=f"end that session: SELECT pg_terminate_backend({holder.id})",
            )
        session, number = self._session, self._held[1]
        self._session = self._held = None
        try:
            session.execute("SELECT pg_advisory_unlock(%s)", (number,))
        except Exception as error:
            raise self._problem("unlock the state", error) from error
        finally:
            session.close()

    def holder(self) -> LockInfo | None:
        """The database session that holds the lock of the row, or of creation."""
        with self._connected("ask for the lock") as connection:
            rows = self._select(connection, "SELECT id FROM {table} WHERE name = %s", self._workspace)
            return _holder(connection, (rows[0][0] if rows else _CREATION,))

    def workspaces(self) -> tuple[str, ...]:
        """The names of the rows with a state."""
        with self._connected("list the workspaces") as connection:
            query = "SELECT name FROM {table} WHERE data <> '' ORDER BY name <> 'default', name"
            return tuple(name for (name,) in self._select(connection, query))

    def _select(self, connection: "psycopg.Connection[Any]", query: str, *values: Any) -> list[tuple[Any, ...]]:
        import psycopg  # noqa: PLC0415  # an optional dependency

        try:
            return connection.execute(self._query(query), values).fetchall()
        except psycopg.errors.UndefinedTable:
            return []  # nobody has written a state there

    def _take(self, session: "psycopg.Connection[Any]") -> int:
        row = _row(
            session,
            self._query("SELECT id, pg_try_advisory_lock(id), pg_try_advisory_lock(-1) FROM {table} WHERE name = %s"),
            self._workspace,
        )
        if row is None:
            (taken,) = _row(session, "SELECT pg_try_advisory_lock(-1)") or (False,)
            if not taken:
                raise StateLockedError(self.label, _holder(session, (_CREATION,)))
            return _CREATION
        number, taken, creating = row
        if taken and creating:
            session.execute("SELECT pg_advisory_unlock(-1)")
            return int(number)
        # Somebody who adds a workspace holds the lock of creation: this row may be about to change, too.
        raise StateLockedError(self.label, _holder(session, (_CREATION,) if taken else (number,)))

    def _query(self, text: str) -> "sql.Composed":
        from psycopg import sql  # noqa: PLC0415  # an optional dependency

        return sql.SQL(text).format(table=sql.Identifier(self._schema, "states"))

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg  # noqa: PLC0415  # an optional dependency

        try:
            return psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.Error as error:
            raise self._problem("connect", error) from error

    @contextmanager
    def _connected(self, operation: str) -> "Iterator[psycopg.Connection[Any]]":
        connection = self._session or self._connect()
        try:
            yield connection
        except StateError:
            raise
        except Exception as error:
            raise self._problem(operation, error) from error
        finally:
            if connection is not self._session:
                connection.close()

    def _problem(self, operation: str, error: Exception) -> StateError:
        import psycopg  # noqa: PLC0415  # an optional dependency

        if isinstance(error, psycopg.errors.UndefinedTable):
            return StateError(
                f"{self.label}: cannot {operation}: schema {self._schema} has no table of states",
                hint="check schema_name, or run terraform init, which makes it",
            )
        hint = "check conn_str, PGPASSWORD and what the user may do"
        # libpq's messages name host, port, user and database, and no password.
        return StateError(f"{self.label}: cannot {operation}: {' '.join(str(error).split())}", hint=hint)


def open_pg(settings: Mapping[str, Any], workspace: str, access: Access) -> PgState:
    """Open the state of a backend block; raises ``StateError``."""
    return PgState(Arguments("pg", settings, access.environment), workspace, access)


def sources_of_url(url: str, access: Access) -> "tuple[StateSource, ...]":
    """``pg://USER@HOST/DATABASE?schema_name=NAME``; the password comes from ``PGPASSWORD`` or ~/.pgpass."""
    from driftmgr.state.source import StateSource, options_of  # noqa: PLC0415  # it opens what is named here

    parts = urlsplit(url)
    options = options_of(url, _OPTIONS)
    workspace = str(options.pop("workspace", DEFAULT_WORKSPACE))
    schema = {"schema_name": options.pop("schema_name")} if "schema_name" in options else {}
    connection = urlunsplit(("postgres", parts.netloc, parts.path, urlencode(options), ""))
    return (StateSource.open("pg", {"conn_str": connection, **schema}, access, workspace=workspace),)


def _parameters(conn_str: str, environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        import psycopg  # noqa: PLC0415  # an optional dependency
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415  # the same
    except ImportError as error:
        raise StateError("a state in PostgreSQL needs psycopg", hint="pip install 'driftmgr[pg]'") from error
    try:
        found = conninfo_to_dict(conn_str)
    except psycopg.Error as error:
        # The error quotes the text, and that may hold a password.
        raise StateError(
            "the conn_str of the pg backend is not a connection string", hint="write postgres://USER@HOST/DATABASE"
        ) from error
    if not found.get("sslmode") and not environment.get("PGSSLMODE"):
        # Terraform's driver asks for TLS unless it is told not to; libpq alone would fall back to plain text.
        found["sslmode"] = "require"
    return {"connect_timeout": _CONNECT_SECONDS, "application_name": "driftmgr", **found, "client_encoding": "utf8"}


def _row(connection: "psycopg.Connection[Any]", query: Any, *values: Any) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
    return found


def _holder(connection: "psycopg.Connection[Any]", numbers: tuple[int, ...]) -> LockInfo | None:
    row = _row(connection, _HOLDERS, list(numbers))
    if row is None:
        return None
    pid, user, host, program, since = row
    words = f"database session {pid}" + (f" of {program}" if program else "")
    return LockInfo(id=str(pid), who=f"{user}@{host}", operation=words, created=since.isoformat())
