"""A pair, as the ledger knows it when a worker takes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from ..model import Booking
from .digests import Digests
from .grants import UNSETTLED, Said, State, StoredGrant
from .keys import Box
from .record import read_booking_row
from .tables import bookings, events, grants
from .unfolding import unfold_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PairKey:
    """A pair: the unit of work, of order and of locking."""

    integration: str
    vendor: str
    booking: str

    def as_columns(self) -> dict[str, Any]:
        """Return the columns that hold this in every table that has them."""
        return {"integration": self.integration, "vendor": self.vendor, "booking": self.booking}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairState:
    """What the ledger knows of a pair when it is taken."""

    booking: Booking
    said: Said
    """What `booking` says, as a new grant would remember it."""
    standing: str | None
    statuses: tuple[str, ...]
    """Unapplied, oldest first, without those that came too late."""
    ignored: tuple[str, ...]
    """Unapplied statuses older than the standing one."""
    grants: tuple[StoredGrant, ...]
    """Asking, current, beside and revoking ones, oldest first."""
    known_references: frozenset[str]
    """What the booking field holds, if it is a reference of any booking's grant."""
    revoked_references: frozenset[str]
    """The same, if it is one of this pair's that was revoked."""
    sequences: Mapping[str, int | None]
    """The sequence of each status in `statuses`, its newest."""
    last_event: int
    status: str | None
    """The newest that was reached, which the core shows once it has stored it."""
    failed_as: str | None
    """Kind of the last failure; None where there was none."""
    failures: int
    """In a row, so far."""

    def in_state(self, *states: State) -> tuple[StoredGrant, ...]:
        """Return the grants in one of these states, oldest first."""
        return tuple(stored for stored in self.grants if stored.state in states)


_booking = select(bookings).where(bookings.c.id == bindparam("booking"))
_unapplied = (
    select(
        events.c.number,
        events.c.status,
        events.c.sequence,
        events.c.waiting.is_not(None).label("waits"),
    )
    .where(events.c.booking == bindparam("booking"), events.c.number > bindparam("applied"))
    .order_by(func.coalesce(events.c.sequence, -1), events.c.number)
)
_newest_status_of = (
    select(events.c.status)
    .where(events.c.booking == bindparam("booking"))
    .order_by(func.coalesce(events.c.sequence, -1).desc(), events.c.number.desc())
    .limit(1)
)
_grants = (
    select(grants)
    .where(
        grants.c.integration == bindparam("integration"),
        grants.c.vendor == bindparam("vendor"),
        grants.c.booking == bindparam("booking"),
        grants.c.state.in_(UNSETTLED),
    )
    .order_by(grants.c.id)
)
_known = select(grants.c.integration, grants.c.vendor, grants.c.booking, grants.c.state).where(
    grants.c.reference == bindparam("reference")
)


def load_state(
    connection: Connection,
    key: PairKey,
    pair: RowMapping,
    *,
    field: str | None,
    digests: Digests,
    customers: Box,
    now: datetime,
) -> PairState:
    """Read all that is known of a pair, closing what is over.

    Args:
        connection: Of a write transaction.
        key: The pair.
        pair: Its row of `tables.pairs`.
        field: The booking field that holds references, if any.
        digests: The ledger's.
        customers: What decrypts the customer part.
        now: Aware.
    """
    names = key.as_columns()
    unapplied = connection.execute(_unapplied, {**names, "applied": pair["applied"]}).all()
    if any(event.waits for event in unapplied):
        unfold_of(connection, [key.booking], now)
    row = connection.execute(_booking, names).mappings().one()
    booking = read_booking_row(row, customers)
    floor = pair["standing_sequence"]
    late = [e.status for e in unapplied if None not in (e.sequence, floor) and e.sequence < floor]
    in_time = [e for e in unapplied if None in (e.sequence, floor) or e.sequence >= floor]
    found = [StoredGrant.from_row(g) for g in connection.execute(_grants, names).mappings()]
    known, revoked = _known_references(connection, key, booking.fields.get(field or "", ""))
    return PairState(
        booking=booking,
        said=Said(
            digest=digests.of_booking(booking),
            start=booking.start,
            end=booking.end,
            objects=booking.objects,
        ),
        standing=pair["standing"],
        statuses=tuple(event.status for event in in_time),
        ignored=tuple(late),
        grants=tuple(_closed(connection, found, now)),
        known_references=known,
        revoked_references=revoked,
        sequences={event.status: event.sequence for event in in_time},
        last_event=max((event.number for event in unapplied), default=pair["applied"]),
        status=_newest_status(connection, names),
        failed_as=pair["failed_as"],
        failures=pair["failures"],
    )


def _newest_status(connection: Connection, names: Mapping[str, Any]) -> str | None:
    return connection.execute(_newest_status_of, names).scalar_one_or_none()


def _closed(
    connection: Connection, found: Iterable[StoredGrant], now: datetime
) -> Iterable[StoredGrant]:
    """Close what is over, made or not, without a call; return the rest."""
    for stored in found:
        if stored.ends_at <= now:
            connection.execute(
                update(grants)
                .where(grants.c.id == stored.id)
                .values(state=State.OVER, ended_at=now)
            )
        else:
            yield stored


def _known_references(
    connection: Connection, key: PairKey, value: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return a booking field's value as known, and as revoked here, where it is."""
    value = value.strip()
    rows = connection.execute(_known, {"reference": value}).all() if value else ()
    mine = (key.integration, key.vendor, key.booking)
    ours = {row.state for row in rows if (row.integration, row.vendor, row.booking) == mine}
    return (
        frozenset({value} if rows else ()),
        frozenset({value} if ours == {State.REVOKED} else ()),
    )
