"""The ledger's database: opened, set up when empty, and never half-written."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection

from ..errors import LedgerError
from .address import parse_address
from .changes import Changes
from .postgres import PostgresStore
from .schema import is_others, newest_revision, read_revision, upgrade
from .sqlite import SqliteStore

_PATIENCE_S = 10.0


class Database:
    """One ledger database, for any number of threads."""

    def __init__(
        self, url: str, *, patience_s: float = _PATIENCE_S, any_revision: bool = False
    ) -> None:
        """Open a database, setting an empty one up.

        Args:
            url: `postgresql+psycopg://…`, `sqlite:///path`, or a plain path.
            patience_s: How long to wait for another process's lock on an SQLite file, or for a
                connection to PostgreSQL while other threads have all.
            any_revision: Whether to leave its schema as it is: for who brings it up to date.

        Raises:
            LedgerError: It cannot be opened or written, or has another revision than this version.
        """
        address = parse_address(url)
        self._store = (
            SqliteStore(address, patience_s)
            if address.drivername.startswith("sqlite")
            else PostgresStore(address, patience_s)
        )
        try:
            self._open(any_revision=any_revision)
        except BaseException:
            self.close()
            raise

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which kind of database it is."""
        return self._store.dialect

    @property
    def name(self) -> str:
        """Where it is, as messages say it: without user, password and options."""
        return self._store.name

    def close(self) -> None:
        """Close every connection."""
        self._store.close()

    def now(self) -> datetime:
        """Return the time that leases go by: the server's where there is one. Aware, UTC."""
        return self._store.now()

    def reading(self) -> AbstractContextManager[Connection]:
        """Lend a connection that sees one state of the database; raises `LedgerError`."""
        return self._store.reading()

    def writing(self) -> AbstractContextManager[Connection]:
        """Lend a connection whose writes are on disk when the block ends, or not at all.

        Raises `LedgerError`.
        """
        return self._store.writing()

    @contextmanager
    def changing_schema(self) -> Iterator[Connection]:
        """Lend a connection as `writing` does, to one process at a time."""
        with self.writing() as connection:
            self._store.lock_schema(connection)
            yield connection

    def changes(self) -> Changes:
        """Return what notices that an SQLite file has changed; the caller closes it."""
        return Changes(self._store.name)

    def driver_arguments(self) -> Mapping[str, Any]:
        """Return how psycopg reaches a database in PostgreSQL; may hold a password."""
        return self._store.driver_arguments()

    def set_aside(self, revision: str) -> Path | None:
        """Copy an SQLite file beside itself before it gets a revision; return the copy.

        Raises:
            LedgerError: It cannot be copied.
        """
        return self._store.set_aside(revision)

    def refuse_others(self, connection: Connection, revision: str | None) -> None:
        """Refuse another program's database.

        Raises:
            LedgerError: It is one.
        """
        if is_others(connection, revision):
            raise LedgerError(
                f"ledger {self.name} is another program's database: {self._store.another}"
            )

    def refuse_newer(self, revision: str | None) -> None:
        """Refuse the database of a newer version.

        Raises:
            LedgerError: It is one.
        """
        if revision is not None and revision > newest_revision():
            raise LedgerError(f"{self._needs(revision)}: install the version that made it")

    def _open(self, *, any_revision: bool) -> None:
        with self.reading() as connection:
            found = read_revision(connection)
            if found is not None:
                self.refuse_others(connection, found)
        if not any_revision:
            found = found or self._set_up()
            self._refuse_older(found)
            self.refuse_newer(found)

    def _set_up(self) -> str | None:
        with self.changing_schema() as connection:
            if read_revision(connection) is None:  # another process may have been first
                self.refuse_others(connection, None)
                upgrade(connection)
            return read_revision(connection)

    def _refuse_older(self, revision: str | None) -> None:
        if revision is None or revision < newest_revision():
            raise LedgerError(
                f"{self._needs(revision)}: run `ireserve-integrations {self._store.option} migrate`"
            )

    def _needs(self, revision: str | None) -> str:
        return (
            f"ledger {self.name} has revision {revision}, this version of "
            f"ireserve-integrations needs {newest_revision()}"
        )
