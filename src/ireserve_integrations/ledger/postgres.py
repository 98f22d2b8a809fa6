"""A ledger in PostgreSQL: any number of machines, one clock, the server's."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from ..errors import LedgerError

_FAULTS = (DBAPIError, NoConnectionError)
_CLOCK_S = 60.0  # between two looks at the server's clock; machines' clocks drift by less than 1 ms
_THREADS = 32  # that may hold a connection at the same time; half of them stay open
_LINK = {  # what libpq would otherwise wait for as long as the system's TCP does: hours
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    "client_encoding": "UTF8",
    "application_name": "ireserve-integrations",
}
_SESSION = (  # a commit is on disk when it returns, whatever the server's default is
    "SELECT set_config('TimeZone', 'UTC', false), set_config('synchronous_commit', CASE "
    "current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
    "ELSE current_setting('synchronous_commit') END, false)"
)
_SCHEMA_LOCK = 0x1E5E_47E0_1ED6_E400  # any number that no other program's advisory lock has


class PostgresStore:
    """One database of a server, for any number of threads."""

    dialect: Literal["postgresql"] = "postgresql"
    option = "--database …"  # an address that could be typed again would show a password
    another = "give it a database, or a schema, of its own"

    def __init__(self, url: URL, patience_s: float) -> None:
        """Prepare to connect; nothing is asked yet.

        Args:
            url: Of the database.
            patience_s: How long a thread waits for another one's connection.

        Raises:
            LedgerError: The driver is not installed.
        """
        self.name = str(
            URL.create("postgresql", host=url.host, port=url.port, database=url.database)
        )
        self._engine = _engine(url, self.name, patience_s)
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._clock = _ServerClock()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection that sees one state of the database."""
        try:
            with self._snapshots.begin() as connection:
                self._clock.look(connection)
                yield connection
        except _FAULTS as error:
            raise self._said(error) from None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection whose statements each see what was committed before them."""
        try:
            with self._engine.begin() as connection:
                self._clock.look(connection)
                yield connection
        except _FAULTS as error:
            raise self._said(error) from None

    def now(self) -> datetime:
        """Return the server's time, as it was when this process last looked and has gone on since.

        Asks nobody. Aware, UTC.
        """
        return self._clock.now()

    def driver_arguments(self) -> Mapping[str, Any]:
        """Return how psycopg reaches the database; may hold a password."""
        return driver_arguments(self._engine.url)

    def lock_schema(self, connection: Connection) -> None:
        """Let one process at a time change the schema, until its transaction ends."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")

    def set_aside(self, revision: str) -> None:
        """Copy nothing: a transaction that fails changes nothing, and backups are the server's."""

    def _said(self, error: DBAPIError | NoConnectionError) -> LedgerError:
        """Return a fault as the server says it, without its DETAIL: that quotes rows."""
        if isinstance(error, NoConnectionError):
            return LedgerError(f"ledger {self.name}: all its connections are in use")
        diagnosis = getattr(error.orig, "diag", None)
        primary = getattr(diagnosis, "message_primary", None)
        return LedgerError(f"ledger {self.name}: {' '.join(str(primary or error.orig).split())}")


def driver_arguments(url: URL) -> dict[str, Any]:
    """Return how psycopg reaches the database of an address; may hold a password."""
    _, arguments = url.get_dialect()().create_connect_args(url)
    arguments.pop("context", None)  # SQLAlchemy's own types
    return {**arguments, **_link(url)}


def _link(url: URL) -> dict[str, Any]:
    return {key: value for key, value in _LINK.items() if key not in url.query}


class _ServerClock:
    """The server's clock, looked at once a minute by whoever has a connection anyway."""

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._seen: tuple[datetime, float] | None = None

    def look(self, connection: Connection) -> None:
        """Ask the server for its time, unless that was done within the last minute."""
        seen = self._seen
        if seen is not None and time.monotonic() - seen[1] < _CLOCK_S:
            return
        if self._looking.acquire(blocking=seen is None):
            try:
                asked = time.monotonic()
                moment = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
                answered = time.monotonic()
                self._seen = moment.astimezone(UTC), (asked + answered) / 2
            finally:
                self._looking.release()

    def now(self) -> datetime:
        """Return the server's time. Aware, UTC.

        Raises:
            LedgerError: Nobody has looked yet.
        """
        if self._seen is None:
            raise LedgerError("the database's clock was not looked at yet")
        moment, seen = self._seen
        return moment + timedelta(seconds=time.monotonic() - seen)


def _engine(url: URL, name: str, patience_s: float) -> Engine:
    try:
        engine = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=_THREADS // 2,
            max_overflow=_THREADS // 2,
            pool_timeout=patience_s,
            pool_pre_ping=True,  # the server may have been restarted
            pool_use_lifo=True,
            connect_args=_link(url),
        )
    except ImportError:
        raise LedgerError(
            f"ledger {name} is in PostgreSQL, whose driver is not installed: "
            "pip install 'ireserve-integrations[postgres]'"
        ) from None

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        try:
            _prepare(connection, name)
        except BaseException:
            connection.close()  # the pool does not
            raise

    return engine


def _prepare(connection: Any, name: str) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise LedgerError(
            f"ledger {name} has the encoding {encoding}: make a database with ENCODING 'UTF8'"
        )
    connection.execute(_SESSION)
    connection.commit()
