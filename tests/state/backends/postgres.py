"""A PostgreSQL server of the test's own, from Debian's package: on a loopback port, in a folder, without a password."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from state.backends.web import ending_with_us, free_port

_SECONDS = 30.0


def find_programs() -> Path | None:
    """Where ``initdb`` and ``postgres`` are: Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


class Postgres:
    """The server; user ``admin`` is trusted, ``ci`` must have the password ``s3cret``."""

    def __init__(self, programs: Path, folder: Path) -> None:
        # PostgreSQL refuses to run as root; Debian's package made a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        self._folder = folder
        self._port = free_port()
        if self._user:
            shutil.chown(folder, self._user)
        data = folder / "data"
        self._run(programs / "initdb", "--no-sync", "--auth=trust", "--username=admin", "--pgdata", data)
        rules = data / "pg_hba.conf"
        rules.write_text(f"host all ci all scram-sha-256\n{rules.read_text()}")
        log = (folder / "log").open("wb")
        with log:
            self._process = subprocess.Popen(
                ending_with_us(programs / "postgres", "-D", data, "-p", self._port, "-k", "", "-h", "127.0.0.1", "-F"),
                cwd=folder,
                user=self._user,
                stdout=log,
                stderr=log,
            )
        self._wait()
        self.execute("CREATE ROLE ci LOGIN PASSWORD 's3cret'")

    def url(self, user: str = "admin", database: str = "postgres") -> str:
        """A connection string as Terraform takes it."""
        return f"postgres://{user}@127.0.0.1:{self._port}/{database}?sslmode=disable"

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """One statement of the administrator's."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(_SECONDS)

    def _run(self, *command: object) -> None:
        subprocess.run(
            list(map(str, command)),
            cwd=self._folder,
            user=self._user,
            check=True,
            capture_output=True,
            timeout=_SECONDS,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                said = (self._folder / "log").read_text()
                assert self._process.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.05)
            else:
                return
