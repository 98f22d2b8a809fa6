"""Trouble with SQLite files, as a whole process meets it: full, read-only, locked by another."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, event

_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
_WELL = ("PRAGMA max_page_count=1000000", "PRAGMA query_only=0", "PRAGMA busy_timeout=5000")
_STATEMENTS = {
    "full": "PRAGMA max_page_count=1",  # no more than there is
    "read-only": "PRAGMA query_only=1",
    "locked": "PRAGMA busy_timeout=50",  # else ten seconds
}
SENTENCES = {
    "full": "database or disk is full",
    "read-only": "attempt to write a readonly database",
    "locked": "database is locked",
}


class LedgerTrouble:
    """What every SQLite file of this process meets from `begin` to `end`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._statements: tuple[str, ...] = _WELL
        self._holder: subprocess.Popen[str] | None = None
        self._failed = threading.Condition()
        self._failures = 0

    def begin(self, kind: str) -> None:
        """Begin: `full`, `read-only` or `locked`."""
        self._failures = 0
        self._statements = (*_WELL, _STATEMENTS[kind])
        if kind == "locked":
            self._lock()

    def end(self) -> None:
        """Let all be well."""
        self._statements = _WELL
        if self._holder is not None:
            self._holder.communicate()
            self._holder = None

    def wait_for_failures(self, times: int) -> None:
        """Wait until that many transactions have failed since it began."""
        with self._failed:
            assert self._failed.wait_for(lambda: self._failures >= times, 20), "nothing failed"

    def _lock(self) -> None:
        self._holder = subprocess.Popen(
            [sys.executable, "-c", _HOLDER, str(self._path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "locked\n"

    def begun(self, connection: Connection) -> None:
        """Prepare a connection before its transaction begins."""
        for statement in self._statements:
            connection.exec_driver_sql(statement)

    def failed(self) -> None:
        """Count a transaction that failed."""
        with self._failed:
            self._failures += 1
            self._failed.notify_all()


_current: list[LedgerTrouble] = []


def _begun(connection: Connection) -> None:
    for trouble in _current:
        trouble.begun(connection)


def _failed(_: Connection) -> None:
    for trouble in _current:
        trouble.failed()


# For good: what a listener hears cannot be changed while a worker's threads are listening.
event.listen(Engine, "begin", _begun)
event.listen(Engine, "rollback", _failed)


@contextmanager
def troubled(path: Path) -> Iterator[LedgerTrouble]:
    """Lend trouble with a file; it is over when the block ends."""
    trouble = LedgerTrouble(path)
    _current[:] = [trouble]
    try:
        yield trouble
    finally:
        trouble.end()
        _current[:] = []
