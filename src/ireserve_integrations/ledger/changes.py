"""Notices that somebody, in whatever process, has written to an SQLite ledger."""

import sqlite3
import threading

from ..errors import LedgerError


class Changes:
    """Looks at a file's version; costs microseconds, so that it may be done many times a second."""

    def __init__(self, path: str) -> None:
        """Take the path of the file; it is opened when it is first looked at."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._lock = threading.Lock()

    def seen(self) -> bool:
        """Tell whether anything was written since this was last asked; True at first.

        Raises:
            LedgerError: The file cannot be read.
        """
        with self._lock:
            try:
                version = self._version()
            except sqlite3.Error as error:
                self._forget()
                raise LedgerError(f"ledger {self._path}: {error}") from None
            changed, self._seen = version != self._seen, version
            return changed

    def close(self) -> None:
        """Close the connection; it is opened again when it is needed."""
        with self._lock:
            self._forget()

    def _version(self) -> int:
        if self._connection is None:  # one of its own: a connection does not count its own writes
            self._connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False
            )
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._seen = None, None
