"""Openings: who claimed a lock for a booking, and when it opened.

A claim keeps a second press, from whatever process, from opening the same door again; it is a row
with a time and no lease, so that no visitor waits for a process that died.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update

from .database import Database
from .pairs import PairKey
from .tables import openings

_ONCE_S = 10.0  # in which a lock opens once for a booking, however often somebody presses

_last_sign = func.coalesce(openings.c.opened_at, openings.c.claimed_at)
_earlier = (
    select(openings.c.claimed_at, openings.c.opened_at)
    .where(
        openings.c.vendor == bindparam("vendor"),
        openings.c.lock == bindparam("lock"),
        openings.c.booking == bindparam("booking"),
        _last_sign > bindparam("since", type_=openings.c.claimed_at.type),
        _last_sign < bindparam("until", type_=openings.c.claimed_at.type),
    )
    .order_by(openings.c.id.desc())
    .limit(1)
)
_opened_before = (
    select(openings.c.id)
    .where(
        openings.c.integration == bindparam("of_integration"),
        openings.c.booking == bindparam("of_booking"),
        openings.c.opened_at.is_not(None),
    )
    .limit(1)
)
_open = (
    update(openings).where(openings.c.id == bindparam("of_id")).values(opened_at=bindparam("now"))
)
_drop = delete(openings).where(openings.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to open a lock for a booking now."""

    id: int
    key: PairKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An opening that leaves no room for another one yet."""

    claimed_at: datetime
    opened_at: datetime | None
    """None while it is not known whether it opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """The openings of one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def claim(self, key: PairKey, lock: str) -> Claim | Earlier:
        """Claim a lock for a booking, unless somebody has within the last ten seconds."""
        with self.database.writing() as connection:
            now = self.clock()
            names = {"vendor": key.vendor, "lock": lock, "booking": key.booking}
            once = timedelta(seconds=_ONCE_S)
            near = {"since": now - once, "until": now + once}  # beyond: from a clock that ran ahead
            row = connection.execute(_earlier, names | near).first()
            if row is not None:
                return Earlier(claimed_at=row.claimed_at, opened_at=row.opened_at)
            columns = {**key.as_columns(), "lock": lock, "claimed_at": now}
            result = connection.execute(openings.insert(), columns)
            return Claim(id=int(result.inserted_primary_key[0]), key=key)  # type: ignore[index]  # one row

    def opened(self, claim: Claim) -> bool:
        """Write an opening down; tell whether it is the first of its pair."""
        names = {"of_integration": claim.key.integration, "of_booking": claim.key.booking}
        with self.database.writing() as connection:
            again = connection.execute(_opened_before, names).first() is not None
            connection.execute(_open, {"of_id": claim.id, "now": self.clock()})
        return not again

    def drop(self, claim: Claim) -> None:
        """Give a claim back: the lock surely did not open."""
        with self.database.writing() as connection:
            connection.execute(_drop, {"of_id": claim.id})
