"""Openings: who claimed a lock for a booking, and when it opened.

A claim keeps a second press, from whatever process, from opening the same door again; it is a row
with a time and no lease, so that no visitor waits for a process that died.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update

from .audit import Note, append
from .database import Database
from .desk import Desk
from .pairs import PairKey
from .tables import events, openings
from .turns import take_turns
from .wanting import Wanted, tell_core

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
_newest_event = select(func.coalesce(func.max(events.c.number), 0)).where(
    events.c.booking == bindparam("booking")
)
_drop = delete(openings).where(openings.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to open a lock for a booking now."""

    id: int
    key: PairKey
    lock: str


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
    desk: Desk
    """Knows what the booking core is to be told, and when."""

    def claim(self, key: PairKey, lock: str) -> Claim | Earlier:
        """Claim a lock for a booking, unless somebody has within the last ten seconds."""
        with self.database.writing() as connection:
            take_turns(connection, "lock", [f"{lock}\n{key.booking}"])
            now = self.clock()
            names = {"vendor": key.vendor, "lock": lock, "booking": key.booking}
            once = timedelta(seconds=_ONCE_S)
            near = {"since": now - once, "until": now + once}  # beyond: from a clock that ran ahead
            row = connection.execute(_earlier, names | near).first()
            if row is not None:
                return Earlier(claimed_at=row.claimed_at, opened_at=row.opened_at)
            columns = {**key.as_columns(), "lock": lock, "claimed_at": now}
            result = connection.execute(openings.insert(), columns)
            return Claim(id=int(result.inserted_primary_key[0]), key=key, lock=lock)  # type: ignore[index]  # one row

    def opened(
        self, claim: Claim, fields: Mapping[str, str], status: str | None, acted_on: str | None
    ) -> bool:
        """Write an opening down; tell whether it is the first of its pair.

        Args:
            claim: That it was made under.
            fields: What the booking core is to write if it is the first.
            status: What it is to move to then.
            acted_on: The status that allowed it.
        """
        key = claim.key
        names = {"of_integration": key.integration, "of_booking": key.booking}
        with self.database.writing() as connection:
            take_turns(connection, "pair", [f"{key.integration}\n{key.booking}"])
            now = self.clock()
            again = connection.execute(_opened_before, names).first() is not None
            connection.execute(_open, {"of_id": claim.id, "now": now})
            note = Note(
                what="opened",
                integration=key.integration,
                booking=key.booking,
                detail={"lock": claim.lock, "first": not again},
            )
            append(connection, [note], now)
            if not again:
                wanted = Wanted(fields=fields, status=status)
                newest = connection.execute(_newest_event, {"booking": key.booking}).scalar_one()
                tell_core(
                    connection,
                    self.desk,
                    key,
                    wanted,
                    now=now,
                    acted_on=acted_on,
                    event=newest,
                )
        return not again

    def drop(self, claim: Claim) -> None:
        """Give a claim back: the lock surely did not open."""
        with self.database.writing() as connection:
            connection.execute(_drop, {"of_id": claim.id})
