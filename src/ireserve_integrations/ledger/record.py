"""What comes in: events, the newest booking, and who owes something because of them."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, RowMapping, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from ..model import BookedObject, Booking, Customer, StatusChange
from .audit import Note, append
from .digests import Digests
from .keys import Box
from .seen import Sightings
from .tables import bookings, events, pairs
from .turns import take_turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of one change at the door."""

    booking: str
    event_id: str | None
    accepted: bool
    """False for one that is known already."""
    warning: str | None = None


_known_event = select(events.c.booking, events.c.digest).where(
    events.c.event_id == bindparam("event_id")
)
_latest_digest = (
    select(events.c.digest)
    .where(events.c.booking == bindparam("booking"))
    .order_by(events.c.number.desc())
    .limit(1)
)
# What is known already, and what is older, is left out by the writing statements themselves: a
# statement that only looks would cost a tenth of a submission.
_highest_sequence = (
    select(bookings.c.sequence).where(bookings.c.id == bindparam("of_booking")).scalar_subquery()
)
_put_event = (
    insert(events)
    .values(sequence=func.coalesce(bindparam("own", type_=BigInteger), _highest_sequence))
    .on_conflict_do_nothing(index_elements=["event_id"])
    .returning(events.c.number)
)
_new_booking = insert(bookings)
_said = _new_booking.excluded
_put_booking = _new_booking.on_conflict_do_update(
    index_elements=["id"],
    set_={
        "body": _said.body,
        "customer": _said.customer,
        "end_at": _said.end_at,
        "sequence": func.coalesce(_said.sequence, bookings.c.sequence),
    },
    where=or_(
        _said.sequence.is_(None),
        bookings.c.sequence.is_(None),
        _said.sequence >= bookings.c.sequence,
    ),
)
_owe = insert(pairs).on_conflict_do_update(
    index_elements=["integration", "booking"],
    set_={"due_at": bindparam("now", type_=pairs.c.due_at.type)},
)
_owe_newer = insert(pairs).on_conflict_do_update(
    index_elements=["integration", "booking"],
    set_={
        "due_at": bindparam("now", type_=pairs.c.due_at.type),
        "newest": insert(pairs).excluded.newest,
    },
)
_newest = select(func.coalesce(func.max(events.c.number), 0)).where(
    events.c.booking == bindparam("booking")
)


class Recorder:
    """Writes changes into the ledger."""

    def __init__(self, digests: Digests, box: Box) -> None:
        """Take what digests changes and what encrypts the customer part."""
        self._digests, self._box = digests, box
        self._sightings = Sightings()

    def record(
        self,
        connection: Connection,
        changes: Iterable[StatusChange],
        vendors: Mapping[str, str],
        kept_fields: Collection[str],
        now: datetime,
    ) -> list[Recorded]:
        """Write changes in their order, inside the caller's transaction.

        Args:
            connection: Of a write transaction.
            changes: As the core said them.
            vendors: The vendor of every configured integration, by id; each gets a pair.
            kept_fields: The booking fields that settings name; others are not kept.
            now: When they arrived.
        """
        changes = tuple(changes)
        take_turns(connection, "booking", (change.booking.id for change in changes))  # so that
        # a booking's events are numbered in the order in which they become visible
        self._sightings.note(connection, changes)
        recorded = []
        for change in changes:
            digest = self._digests.of_change(change)
            number = self._write(connection, change, digest, kept_fields, now)
            recorded.append(
                _accepted(change) if number else self._known(connection, change, digest)
            )
            self._owe(connection, change.booking.id, number, vendors, now)
        append(connection, map(_noted, changes, recorded), now)
        return recorded

    def _owe(
        self,
        connection: Connection,
        booking: str,
        number: int | None,
        vendors: Mapping[str, str],
        now: datetime,
    ) -> None:
        """Make every pair of a booking due; a new event's number tells it from those before."""
        newest = number or connection.execute(_newest, {"booking": booking}).scalar_one()
        owing = [
            {
                "integration": integration,
                "booking": booking,
                "vendor": vendor,
                "newest": newest,
                "due_at": now,
                "now": now,
            }
            for integration, vendor in vendors.items()
        ]
        if owing:
            connection.execute(_owe_newer if number else _owe, owing)

    @staticmethod
    def _known(connection: Connection, change: StatusChange, digest: str) -> Recorded:
        """Return what to say of a change that is known."""
        warning = None
        if change.event_id is not None:
            row = connection.execute(_known_event, {"event_id": change.event_id}).one()
            if (row.booking, row.digest) != (change.booking.id, digest):
                warning = (
                    f"event {change.event_id} was known already and said something else; "
                    "what it says now is ignored"
                )
        return Recorded(
            booking=change.booking.id, event_id=change.event_id, accepted=False, warning=warning
        )

    def _write(
        self,
        connection: Connection,
        change: StatusChange,
        digest: str,
        kept: Collection[str],
        now: datetime,
    ) -> int | None:
        """Write an event and, unless it is an older one, its booking; return its number.

        One that is known is not written, and has none.
        """
        booking = change.booking
        if change.event_id is None:
            latest = connection.execute(_latest_digest, {"booking": booking.id}).scalar()
            if latest == digest:
                return None
        said = {
            "event_id": change.event_id,
            "booking": booking.id,
            "status": change.new_status,
            "own": change.sequence,
            "of_booking": booking.id,
            "digest": digest,
            "arrived_at": now,
        }
        number = connection.execute(_put_event, said).scalar()
        if number is not None:
            connection.execute(_put_booking, self._booking_columns(booking, kept, change.sequence))
        return number

    def _booking_columns(
        self, booking: Booking, kept: Collection[str], sequence: int | None
    ) -> dict[str, Any]:
        customer = booking.customer
        parts = [
            customer.first_name,
            customer.last_name,
            customer.email,
            customer.phone,
            customer.language,
        ]
        return {
            "id": booking.id,
            "body": {
                "status": booking.status,
                "start": booking.start.isoformat(),
                "end": booking.end.isoformat(),
                "objects": [[booked.object, booked.sub_object] for booked in booking.objects],
                "fields": {k: v for k, v in booking.fields.items() if k in kept},
            },
            "customer": self._box.lock(booking.id, json.dumps(parts)),
            "end_at": booking.end,
            "sequence": sequence,
        }


def read_booking_row(row: RowMapping, box: Box) -> Booking:
    """Return the newest booking from its row of `tables.bookings`; an erased customer is empty."""
    body, customer = row["body"], Customer()
    if row["customer"] is not None:
        names = ("first_name", "last_name", "email", "phone", "language")
        customer = Customer(
            **dict(zip(names, json.loads(box.unlock(row["id"], row["customer"])), strict=True))
        )
    return Booking(
        id=row["id"],
        status=body["status"],
        start=datetime.fromisoformat(body["start"]),
        end=datetime.fromisoformat(body["end"]),
        objects=tuple(BookedObject(object=o, sub_object=s) for o, s in body["objects"]),
        customer=customer,
        fields=body["fields"],
    )


def _noted(change: StatusChange, recorded: Recorded) -> Note:
    detail = {
        "status": change.new_status,
        "from": change.old_status,
        "sequence": change.sequence,
        "event_id": change.event_id,
        "start": change.booking.start.isoformat(),
        "end": change.booking.end.isoformat(),
        "objects": [str(booked) for booked in change.booking.objects],
        "accepted": recorded.accepted,
    }
    told = {name: value for name, value in detail.items() if value is not None}
    return Note(what="came in", booking=change.booking.id, detail=told)


def _accepted(change: StatusChange) -> Recorded:
    return Recorded(booking=change.booking.id, event_id=change.event_id, accepted=True)
