"""States in a real PostgreSQL, held to real Terraform over the same database."""

import builtins
import itertools
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from driftmgr.state import StateError
from driftmgr.state.backends.pg import PgState, open_pg
from driftmgr.state.backends.protocol import LockInfo, StateLockedError
from driftmgr.state.locate import locate
from state.backends import contract
from state.backends.postgres import Postgres
from state.backends.web import access, free_port
from state.peer import Peer, needs_terraform

_numbers = itertools.count()


@pytest.fixture
def schema(postgres: Postgres) -> str:
    """A schema with an empty table of states, as Terraform makes it."""
    name = f"Team {next(_numbers)}"
    postgres.execute(f'CREATE SCHEMA "{name}"')
    postgres.execute("CREATE SEQUENCE IF NOT EXISTS public.global_states_id_seq AS bigint")
    number = "bigint NOT NULL DEFAULT nextval('public.global_states_id_seq') PRIMARY KEY"
    postgres.execute(f'CREATE TABLE "{name}".states (id {number}, name text UNIQUE, data text)')
    return name


def opener(postgres: Postgres, schema: str, workspace: str = "default") -> Callable[[], PgState]:
    """Opens the state of a workspace."""
    settings = {"conn_str": postgres.url(), "schema_name": schema}
    return lambda: open_pg(settings, workspace, access())


def test_states_are_kept_byte_by_byte(postgres: Postgres, schema: str) -> None:
    """A state is read as it was written, whatever its form and size."""
    contract.keeps_bytes(opener(postgres, schema))


def test_a_lock_keeps_others_out(postgres: Postgres, schema: str) -> None:
    """Two of us exclude each other, before there is a row and after; the holder is a database session."""
    open_state = opener(postgres, schema)
    creating = contract.excludes(open_state)
    open_state().write(contract.ODD)
    seen = contract.excludes(open_state)
    for holder in (creating, seen):
        assert holder is not None
        assert holder.who == "admin@127.0.0.1"
        assert "of driftmgr" in holder.operation
    assert open_state().holder() is None


def test_a_lock_is_released_by_its_holder_alone(postgres: Postgres, schema: str) -> None:
    """Nobody else can release it; the message says which session to end, and ending that releases it."""
    open_state = opener(postgres, schema)
    open_state().write(contract.ODD)
    contract.refuses_other_ids(open_state)
    ours = open_state()
    lock = LockInfo.new("push", ours.label)
    ours.lock(lock)
    with pytest.raises(StateError, match="belongs to a database session") as caught:
        open_state().unlock(lock.id)
    statement = caught.value.hint.partition("SELECT ")[2]
    assert postgres.execute(f"SELECT {statement}") == [(True,)]
    with pytest.raises(StateError):
        ours.write(b"{}")
    assert open_state().read() == contract.ODD
    with pytest.raises(StateError):
        ours.unlock(lock.id)
    contract.excludes(open_state)


def test_one_of_many_gets_the_lock(postgres: Postgres, schema: str) -> None:
    """Eight at once: exactly one has it."""
    open_state = opener(postgres, schema)
    open_state().write(contract.ODD)
    start = threading.Barrier(8)
    got: list[tuple[PgState, str]] = []

    def take() -> None:
        ours = open_state()
        lock = LockInfo.new("push", ours.label)
        start.wait()
        try:
            ours.lock(lock)
        except StateLockedError:
            return
        got.append((ours, lock.id))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # All ask for the lock of creation on the way, so that two may turn each other away: none is possible, two never.
    assert len(got) <= 1
    for ours, lock_id in got:
        ours.unlock(lock_id)


def test_each_workspace_is_a_row_of_its_own(postgres: Postgres, schema: str) -> None:
    """Workspaces hold their own states and locks, and are listed with the default one first."""
    default, dev = opener(postgres, schema)(), opener(postgres, schema, "dev")()
    dev.write(b'{"version":4,"lineage":"dev"}')
    assert default.workspaces() == ("dev",)
    default.write(contract.ODD)
    assert default.workspaces() == ("default", "dev")
    assert (default.read(), dev.read()) == (contract.ODD, b'{"version":4,"lineage":"dev"}')
    assert default.identity != dev.identity
    lock, other = LockInfo.new("push", ""), LockInfo.new("push", "")
    default.lock(lock)
    dev.lock(other)
    dev.unlock(other.id)
    default.unlock(lock.id)


@needs_terraform
def test_terraform_and_we_exclude_each_other(postgres: Postgres, tmp_path: Path) -> None:
    """Terraform's lock keeps us out, ours keeps Terraform out, in a workspace; lineage and serial go on."""
    schema = f"terraform_{next(_numbers)}"
    block = {"conn_str": postgres.url(), "schema_name": schema}
    terraform = Peer(tmp_path, contract.backend_block("pg", block))
    terraform.write()
    terraform.do("init", "-input=false")
    terraform.do("workspace", "new", "dev")
    terraform.apply("one")
    holder = contract.shares_with_terraform(terraform, opener(postgres, schema, "dev"))
    assert holder.operation.startswith("database session")
    assert opener(postgres, schema)().workspaces() == ("dev",)


def test_where_nobody_has_written_there_is_no_state(postgres: Postgres) -> None:
    """A schema or table that is not there yet is no state to read, and cannot be locked: terraform init makes it."""
    ours = opener(postgres, "nowhere")()
    assert ours.read() is None
    assert ours.workspaces() == ()
    with pytest.raises(StateError, match="no table of states") as caught:
        ours.lock(LockInfo.new("push", ours.label))
    assert "terraform init" in caught.value.hint


def test_settings_come_from_block_environment_and_address(postgres: Postgres, schema: str) -> None:
    """PG_CONN_STR and PG_SCHEMA_NAME stand in for the block; a pg:// address says the same."""
    opener(postgres, schema)().write(contract.ODD)
    by_variables = open_pg({}, "default", access({"PG_CONN_STR": postgres.url(), "PG_SCHEMA_NAME": schema}))
    address = postgres.url().replace("postgres://", "pg://") + f"&schema_name={schema.replace(' ', '%20')}"
    by_address = locate(address, access())[0].backend
    assert by_variables.read() == by_address.read() == contract.ODD
    assert by_variables.identity == by_address.identity == opener(postgres, schema)().identity


def test_tls_is_demanded_unless_it_is_told_not_to(postgres: Postgres) -> None:
    """Without sslmode a server that has no TLS is not spoken to in plain text, as with Terraform's driver."""
    plain = postgres.url().partition("?")[0]
    with pytest.raises(StateError, match="SSL"):
        open_pg({"conn_str": plain}, "default", access()).read()


@pytest.mark.parametrize(
    "text", ["postgres://ci:s3cret@h:port/db", "host=h pass word=s3cret", "postgres://ci:s3cret@h/%zz"]
)
def test_a_connection_string_that_is_none_stays_secret(text: str) -> None:
    """It is refused or fails without its password in any message or label."""
    with pytest.raises(StateError) as caught:
        open_pg({"conn_str": text}, "default", access()).read()
    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"


def test_wrong_credentials_and_nobody_there_are_named(postgres: Postgres) -> None:
    """A wrong password, a database that is not there, a port without a listener: which, and no secret."""
    url = postgres.url("ci:wr0ng")
    for text, message in (
        (url, "password authentication failed"),
        (postgres.url(database="nope"), 'database "nope" does not exist'),
        (f"postgres://admin@127.0.0.1:{free_port()}/x?sslmode=disable", "refused"),
    ):
        ours = open_pg({"conn_str": text}, "default", access())
        with pytest.raises(StateError, match=message) as caught:
            ours.read()
        assert "wr0ng" not in f"{caught.value.message} {caught.value.hint} {ours.label}"


def test_a_state_that_is_no_text_is_not_written(postgres: Postgres, schema: str) -> None:
    """Bytes that are not UTF-8, or a NUL, are refused and the state stays as it was."""
    ours = opener(postgres, schema)()
    ours.write(contract.ODD)
    for content in (b"\xff\xfe", b"a\x00b"):
        with pytest.raises(StateError, match="cannot write the state"):
            ours.write(content)
    assert ours.read() == contract.ODD


def test_without_psycopg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who did not install the extra is told its name."""
    genuine = builtins.__import__

    def without(name: str, globals: Mapping[str, object] | None = None, *rest: Any) -> Any:  # noqa: A002  # the builtin's
        if name.partition(".")[0] == "psycopg":
            raise ImportError(name)
        return genuine(name, globals, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(StateError, match="needs psycopg") as caught:
        open_pg({"conn_str": "postgres://h/d"}, "default", access())
    assert "driftmgr[pg]" in caught.value.hint
