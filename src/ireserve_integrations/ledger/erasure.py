"""Erasing who the customers are, when that is needed no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from .audit import Note, append
from .database import Database
from .tables import bookings
from .unfolding import unfold_of

_AT_ONCE = 200  # bookings; changes that come in wait for no more than these

_over = bookings.c.end_at <= bindparam("over_by", type_=bookings.c.end_at.type)
_old = select(bookings.c.id).where(bookings.c.customer.is_not(None), _over).limit(_AT_ONCE)
_erase_old = (
    update(bookings)
    .where(bookings.c.id.in_(_old), _over)  # it may have been moved since it was looked at
    .values(customer=None)
    .returning(bookings.c.id)
)
_known = select(bookings.c.id).where(bookings.c.id == bindparam("booking"))
_erase = update(bookings).where(bookings.c.id == bindparam("booking")).values(customer=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Erases the customer part of bookings in one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def erase(self, keep_days: float) -> int:
        """Erase what was kept long enough, some bookings at a time; return of how many.

        Args:
            keep_days: How long it is kept after a booking's end; 0: until then.
        """
        erased = 0
        while True:
            with self.database.writing() as connection:
                now = self.clock()
                over_by = now - timedelta(days=keep_days)
                found = connection.execute(_erase_old, {"over_by": over_by}).scalars().all()
                _note(connection, found, now, why="kept long enough")
            erased += len(found)
            if len(found) < _AT_ONCE:
                return erased

    def forget(self, booking: str) -> bool:
        """Erase one booking's now; False where the ledger knows no such booking."""
        with self.database.writing() as connection:
            now = self.clock()
            unfold_of(connection, [booking], now)
            if connection.execute(_known, {"booking": booking}).first() is None:
                return False
            connection.execute(_erase, {"booking": booking})
            _note(connection, [booking], now, why="a person said so")
        return True


def _note(connection: Connection, erased: Sequence[str], now: datetime, *, why: str) -> None:
    notes = [Note(what="erased", booking=one, detail={"why": why}) for one in erased]
    append(connection, notes, now)
