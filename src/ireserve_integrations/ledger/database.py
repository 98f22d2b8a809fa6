"""The ledger's database: opened, set up when empty, and never half-written.

SQLite runs in WAL with `synchronous=FULL`, and every write transaction begins IMMEDIATE: a deferred
one that reads before it writes loses updates or fails. PostgreSQL is for a later revision.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from ..errors import LedgerError

_BUSY_MS = 10_000
_GIVE = "give the path of a file, or sqlite:///path"
_WAL_PATIENCE_S = 10.0  # journal_mode=WAL ignores the busy timeout while others create the file
_MIGRATIONS = Path(__file__).parent / "migrations"
_migrating = threading.Lock()  # Alembic's context is the process's


class Database:
    """One ledger database, for any number of threads."""

    def __init__(self, url: str) -> None:
        """Open a database, setting an empty one up.

        Args:
            url: `sqlite:///path`, or a plain path.

        Raises:
            LedgerError: It cannot be opened or written, or has another revision than this version.
        """
        self._url = _parse(url)
        self._write_lock = threading.Lock()
        _make_private(self._url)
        self._engine = _sqlite_engine(self._url)
        try:
            self._set_up()
        except LedgerError:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection that sees one state of the database."""
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection whose writes are on disk when the block ends, or not at all."""
        with self._translated(), self._write_lock, self._engine.connect() as plain:
            connection = plain.execution_options(ledger_begin="BEGIN IMMEDIATE")
            with connection.begin():
                yield connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise LedgerError(f"ledger {self._url.database}: {error.orig}") from None

    def _set_up(self) -> None:
        with self.reading() as connection:
            found = _revision(connection)
        if found is None:
            with self.writing() as connection:
                if _revision(connection) is None:  # another process may have been first
                    self._refuse_others_tables(connection)
                    _migrate(connection)
                found = _revision(connection)
        if found != _newest_revision():
            raise LedgerError(
                f"ledger {self._url.database} has revision {found}, this version of "
                f"ireserve-integrations needs {_newest_revision()}: "
                "install the version that made it"
            )

    def _refuse_others_tables(self, connection: Connection) -> None:
        if inspect(connection).get_table_names():
            raise LedgerError(
                f"ledger {self._url.database} is another program's database: "
                "give the path of a file that does not exist yet"
            )


def _parse(url: str) -> URL:
    """Return where the file is; a plain path may hold anything that a file's name may."""
    try:
        parsed = make_url(url) if "://" in url else URL.create("sqlite", database=url)
    except (ArgumentError, ValueError):  # not quoted: it may hold a password
        raise LedgerError(f"that is no database address: {_GIVE}") from None
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise LedgerError(
            f"this version keeps its ledger in an SQLite file, not in {parsed.drivername}: {_GIVE}"
        )
    if not parsed.database or parsed.database == ":memory:" or parsed.host or parsed.query:
        raise LedgerError(f"the database address names no file, or more than one: {_GIVE}")
    return parsed


def _make_private(url: URL) -> None:
    """Create the file with mode 0600 before SQLite does; its journals take the mode over."""
    path = str(url.database)
    try:
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            if not os.fstat(file).st_size:  # ours to set up, whatever umask or `touch` made it
                Path(path).chmod(0o600)
        finally:
            os.close(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is not a file's name"
        raise LedgerError(f"ledger {path!r} cannot be written: {reason}") from None


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(
        url, pool_size=32, max_overflow=-1, connect_args={"timeout": _BUSY_MS / 1000}
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        _switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        begin = connection.get_execution_options().get("ledger_begin", "BEGIN")
        connection.exec_driver_sql(begin)

    return engine


def _switch_to_wal(connection: Any) -> None:
    patience = time.monotonic() + _WAL_PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _newest_revision() -> str:
    """Return the newest revision's name without loading Alembic: revisions are numbered files."""
    return max(path.stem.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # only an empty database needs it
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _migrating:
        command.upgrade(config, "head")
