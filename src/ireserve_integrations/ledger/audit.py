"""The audit: what came in, what was decided, asked, answered and written. Append-only.

A row holds ids, statuses, outcomes, labels, references and sentences that are fit for an outcome;
never a name, an address, a number, a value of a booking field, or a secret.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ..model import NOTHING
from .database import Database
from .tables import audit

_PAGE = 500  # rows read at once, so that a long audit is shown in constant memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that happened."""

    what: str
    integration: str | None = None
    booking: str | None = None
    detail: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """Of JSON's own types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Note):
    """A note as it stands in the audit."""

    at: datetime


_append = audit.insert()
_page = (
    select(audit).where(audit.c.number > bindparam("after")).order_by(audit.c.number).limit(_PAGE)
)
_page_of_booking = _page.where(audit.c.booking == bindparam("of_booking"))


def append(connection: Connection, notes: Iterable[Note], now: datetime) -> None:
    """Write notes down, inside the caller's transaction."""
    append_dated(connection, ((now, note) for note in notes))


def append_dated(connection: Connection, notes: Iterable[tuple[datetime, Note]]) -> None:
    """Write notes down of what happened before, each with its time."""
    rows = [
        {
            "at": at,
            "integration": note.integration,
            "booking": note.booking,
            "what": note.what,
            "detail": dict(note.detail),
        }
        for at, note in notes
    ]
    if rows:
        connection.execute(_append, rows)


def read_audit(database: Database, booking: str | None) -> Iterator[Entry]:
    """Yield the audit in the order in which it was written, of one booking or all."""
    after, statement = 0, _page if booking is None else _page_of_booking
    while True:
        with database.reading() as connection:
            names = {"after": after} | ({} if booking is None else {"of_booking": booking})
            rows = connection.execute(statement, names).mappings().all()
        for row in rows:
            yield Entry(
                at=row["at"],
                integration=row["integration"],
                booking=row["booking"],
                what=row["what"],
                detail=row["detail"],
            )
        if len(rows) < _PAGE:
            return
        after = rows[-1]["number"]
