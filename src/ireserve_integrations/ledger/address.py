"""Where a ledger is: an SQLite file, or a database of a PostgreSQL server."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import LedgerError

_GIVE = "give the path of a file, sqlite:///path or postgresql+psycopg://user@host/database"
_SQLITE = {"sqlite", "sqlite+pysqlite"}
_POSTGRES = {"postgresql", "postgresql+psycopg"}


def parse_address(url: str) -> URL:
    """Return where the ledger is; a plain path may hold anything that a file's name may.

    Raises:
        LedgerError: It is no such address. Nothing of it is quoted: it may hold a password.
    """
    try:
        parsed = make_url(url) if "://" in url else URL.create("sqlite", database=url)
    except (ArgumentError, ValueError):
        raise LedgerError(f"that is no database address: {_GIVE}") from None
    if parsed.drivername in _SQLITE:
        return _one_file(parsed)
    if parsed.drivername in _POSTGRES:
        return _one_database(parsed)
    raise LedgerError(
        "the ledger is kept in an SQLite file or in PostgreSQL, "
        f"not in {parsed.drivername}: {_GIVE}"
    )


def _one_file(url: URL) -> URL:
    if not url.database or url.database == ":memory:" or url.host or url.query:
        raise LedgerError(f"the database address names no file, or more than one: {_GIVE}")
    return url


def _one_database(url: URL) -> URL:
    if not url.database:
        raise LedgerError(f"the database address names no database: {_GIVE}")
    if "@" in f"{url.host}/{url.database}":  # a part of the password then; names show both
        raise LedgerError("that is no database address: in its password, write @ as %40")
    return url.set(drivername="postgresql+psycopg")
