"""A ledger brought to this version's revision."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from .database import Database
from .schema import newest_revision, read_revision, upgrade


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What became of a ledger's revision."""

    database: str
    """Where the ledger is, without a password."""
    before: str | None
    """The revision that it had; None where it was empty."""
    after: str
    copy: Path | None
    """Of an SQLite file, as it was before; None where nothing was there to be changed."""


def migrate(url: str) -> Migrated:
    """Bring a ledger from any earlier revision to the newest, whole or not at all.

    Other processes may go on meanwhile; they wait, or see it before or after. An SQLite file is
    copied aside first. What is up to date stays as it is.

    Raises:
        LedgerError: It cannot be used, or belongs to a newer version or another program.
    """
    newest, copy = newest_revision(), None
    with closing(Database(url, any_revision=True)) as database:
        with database.changing_schema() as connection:
            before = read_revision(connection)
            database.refuse_others(connection, before)
            database.refuse_newer(before)
            if before is not None and before < newest:
                copy = database.set_aside(newest)
            if before != newest:
                upgrade(connection)
        return Migrated(database=database.name, before=before, after=newest, copy=copy)
