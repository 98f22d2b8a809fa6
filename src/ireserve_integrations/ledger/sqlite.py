"""A ledger in an SQLite file: WAL, `synchronous=FULL`, every write transaction IMMEDIATE.

A deferred transaction that reads before it writes loses updates or fails.
"""

import os
import shlex
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ..errors import LedgerError
from .quick import to_json

_LOG_PAGES = 4_000  # 16 MB that are written before any of it goes into the file: two syncs more
_FAULTS = (DBAPIError, sqlite3.Error)  # of SQLAlchemy's statements, and of the driver's


class SqliteStore:
    """One file, for any number of threads."""

    dialect: Literal["sqlite"] = "sqlite"
    another = "give the path of a file that does not exist yet"

    def __init__(self, url: URL, patience_s: float) -> None:
        """Make the file where there is none, private.

        Args:
            url: Of the file.
            patience_s: How long other processes' locks are waited for.

        Raises:
            LedgerError: It cannot be written.
        """
        self.name = str(url.database)
        self.option = f"--database {shlex.quote(self.name)}"
        _make_private(self.name)
        self._engine = _engine(url, patience_s)
        self._writer = _Writer(self._engine, self._said)

    def close(self) -> None:
        """Close every connection."""
        self._writer.close()
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection that sees one state of the file."""
        try:
            with self._engine.begin() as connection:
                _driver(connection).execute("BEGIN")
                yield connection
        except _FAULTS as error:
            raise self._said(error) from None

    def writing(self) -> "_Writer":
        """Lend the connection that alone may write now."""
        return self._writer

    def now(self) -> datetime:
        """Return the machine's time: whoever uses the file is on it."""
        return datetime.now(UTC)

    def driver_arguments(self) -> Mapping[str, Any]:
        """Return nothing: no server is reached."""
        return {}

    def lock_schema(self, connection: Connection) -> None:
        """Do nothing: who may write is alone already."""

    def set_aside(self, revision: str) -> Path:
        """Copy the file as it was last committed; return the copy, which nothing is written over.

        Args:
            revision: That the ledger is to get, for the copy's name.

        Raises:
            LedgerError: There is no room for it, or it may not be made there.
        """
        wanted = f"{self.name}.before-{revision}"
        try:
            copy = _make_new(wanted)
            try:
                _copy(self.name, copy)
            except sqlite3.Error:
                copy.unlink()
                raise
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise LedgerError(f"ledger {self.name} cannot be copied aside: {reason}") from None
        return copy

    def _said(self, error: Exception) -> LedgerError:
        """Return a fault as SQLite says it, without what was written.

        A file that may not be written is opened for reading only, and such a connection stays so:
        it is opened anew next time.
        """
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.Error) and _is_readonly(cause):
            self._engine.dispose()
        return LedgerError(f"ledger {self.name}: {cause}")


class _Writer:
    """The connection that alone writes: kept, since borrowing one costs a third of a submission.

    In a `with` it is one transaction, for one thread at a time.
    """

    def __init__(self, engine: Engine, said: Callable[[Exception], LedgerError]) -> None:
        """Take where it comes from, and what tells a fault of the database."""
        self._engine, self._said = engine, said
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False

    def __enter__(self) -> Connection:
        """Begin a transaction; raises `LedgerError`."""
        self._lock.acquire()
        try:
            connection = self._connection
            if connection is None:
                connection = self._connection = self._engine.connect()
                self._driver = _driver(connection)
            self._transaction = connection.begin()
            self._driver.execute("BEGIN IMMEDIATE")
        except BaseException as error:
            self._abandon(error)
            raise
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Commit, or roll back and raise; faults of the database as `LedgerError`."""
        if error is not None:
            self._abandon(error)
            return
        try:
            self._transaction.commit()
        except BaseException as failure:
            self._abandon(failure)
            raise
        if self._closed:
            self._drop()
        self._lock.release()

    def close(self) -> None:
        """Close it, or have whoever writes now close it at the end."""
        self._closed = True
        if self._lock.acquire(blocking=False):
            self._drop()
            self._lock.release()

    def _abandon(self, error: BaseException) -> None:
        """End a transaction that failed, and its connection with it, which rolls back."""
        try:
            self._drop()
        finally:
            self._lock.release()
        if isinstance(error, _FAULTS):
            raise self._said(error) from None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _make_private(path: str) -> None:
    """Create the file with mode 0600 before SQLite does; its journals take the mode over."""
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


def _engine(url: URL, patience_s: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=32,
        max_overflow=-1,
        connect_args={"timeout": patience_s},
        json_serializer=to_json,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        try:
            _prepare(connection, patience_s)
        except BaseException:
            connection.close()  # the pool does not
            raise

    return engine


def _driver(connection: Connection) -> Any:
    """Return what says BEGIN itself: SQLAlchemy's way to it costs as much as SQLite's work."""
    return connection.connection.driver_connection


def _prepare(connection: Any, patience_s: float) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    _switch_to_wal(connection, patience_s)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is gone from the file, too
    connection.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


def _switch_to_wal(connection: Any, patience_s: float) -> None:
    """Do what the busy timeout does not: wait while others create the file."""
    patience = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except connection.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def _make_new(wanted: str) -> Path:
    """Make a private file of a name that no file has; return its path."""
    for number in count(1):
        path = Path(wanted if number == 1 else f"{wanted}-{number}")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            continue
        path.chmod(0o600)  # whatever the umask is
        return path
    raise AssertionError  # numbers do not end


def _copy(source: str, target: Path) -> None:
    with closing(sqlite3.connect(source)) as ours, closing(sqlite3.connect(target)) as theirs:
        ours.backup(theirs)


def _is_readonly(cause: sqlite3.Error) -> bool:
    return cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY
