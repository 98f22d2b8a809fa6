"""What comes in: changes, each one event on disk, known ones told apart."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, RowMapping, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from ..model import BookedObject, Booking, Customer, StatusChange
from .audit import append
from .digests import Digests
from .keys import Box
from .quick import Quick
from .tables import events, pairs
from .turns import take_turns
from .unfolding import came_in, fold, unfold_of


class Recorded(NamedTuple):
    """What became of one change at the door."""

    booking: str
    event_id: str | None
    accepted: bool
    """False for one that is known already."""
    warning: str | None = None
    unknown: bool = False
    """Whether the ledger knows nothing of the booking: its event is known as another one's."""


_PARTS = ("first_name", "last_name", "email", "phone", "language")
_BETWEEN = "\x1f"  # between a customer's parts, which hold no such character
_parts = attrgetter(*_PARTS)

_known_event = select(events.c.booking, events.c.digest).where(
    events.c.event_id == bindparam("event_id")
)
_latest_digest = (
    select(events.c.digest)
    .where(events.c.booking == bindparam("booking"))
    .order_by(events.c.number.desc())
    .limit(1)
)
# What is known already is left out by the writing statement itself: one that only looks would cost
# a tenth of a submission.
_highest_sequence = (
    select(func.max(events.c.sequence))
    .where(events.c.booking == bindparam("of_booking"))
    .scalar_subquery()
)
_put_event = Quick(
    insert(events)
    .values(sequence=func.coalesce(bindparam("own", type_=BigInteger), _highest_sequence))
    .on_conflict_do_nothing(index_elements=["event_id"]),
    "event_id",
    "booking",
    "status",
    "digest",
    "arrived_at",
    "waiting",
    "customer",
)
_new_pair = insert(pairs)
_owe_again = _new_pair.on_conflict_do_update(
    index_elements=["integration", "booking"], set_={"due_at": _new_pair.excluded.due_at}
)
_newest = select(func.coalesce(func.max(events.c.number), 0)).where(
    events.c.booking == bindparam("booking")
)


class Recorder:
    """Writes changes into the ledger."""

    def __init__(self, digests: Digests, box: Box) -> None:
        """Take what digests changes and what encrypts the customer part."""
        self._digests, self._box = digests, box

    def fold(
        self,
        change: StatusChange,
        vendors: Mapping[str, str],
        kept_fields: Collection[str],
        now: datetime,
    ) -> dict[str, Any]:
        """Return a change as a row of `tables.events`, without its number.

        Args:
            change: As the core said it.
            vendors: The vendor of every configured integration, by id; each gets a pair.
            kept_fields: The booking fields that settings name; others are not kept.
            now: When it arrived.
        """
        booking = change.booking
        fields = {name: value for name, value in booking.fields.items() if name in kept_fields}
        return {
            "event_id": change.event_id,
            "booking": booking.id,
            "status": change.new_status,
            "own": change.sequence,
            "of_booking": booking.id,
            "digest": self._digests.of_change(change),
            "arrived_at": now,
            "waiting": fold(change, vendors, fields),
            "customer": self._box.lock(booking.id, _BETWEEN.join(_parts(booking.customer))),
        }

    def record(
        self,
        connection: Connection,
        changes: Sequence[StatusChange],
        rows: Sequence[Mapping[str, Any]],
    ) -> list[Recorded]:
        """Write changes in their order, inside the caller's transaction; they wait for `unfold`.

        Args:
            connection: Of a write transaction.
            changes: As the core said them.
            rows: What `fold` made of each.
        """
        take_turns(connection, "booking", [row["booking"] for row in rows])  # so that
        # a booking's events are numbered in the order in which they become visible
        return [
            Recorded(change.booking.id, change.event_id, accepted=True)
            if self._write(connection, change, row)
            else self._known(connection, change, row)
            for change, row in zip(changes, rows, strict=True)
        ]

    @staticmethod
    def _write(connection: Connection, change: StatusChange, event: Mapping[str, Any]) -> bool:
        """Write an event; tell whether it was not known already."""
        if change.event_id is None:
            latest = connection.execute(_latest_digest, {"booking": change.booking.id}).scalar()
            if latest == event["digest"]:
                return False
        return _put_event.run(connection, event) == 1

    @staticmethod
    def _known(connection: Connection, change: StatusChange, event: Mapping[str, Any]) -> Recorded:
        """Make the pairs of a known event due again, and say what there is to say of it."""
        unfold_of(connection, [change.booking.id], event["arrived_at"])  # before this, in the audit
        known = _make_due(connection, event)
        append(connection, [came_in(event, event["waiting"], accepted=False)], event["arrived_at"])
        warning = None
        if change.event_id is not None:
            row = connection.execute(_known_event, {"event_id": change.event_id}).one()
            if (row.booking, row.digest) != (change.booking.id, event["digest"]):
                warning = (
                    f"event {change.event_id} was known already and said something else; "
                    "what it says now is ignored"
                )
        return Recorded(
            booking=change.booking.id,
            event_id=change.event_id,
            accepted=False,
            warning=warning,
            unknown=not known,
        )


def _make_due(connection: Connection, event: Mapping[str, Any]) -> bool:
    """Make every pair of a known event's booking due; there may be one more than when it came.

    Returns:
        False where no event ever came of that booking.
    """
    newest = connection.execute(_newest, {"booking": event["booking"]}).scalar_one()
    owing = [
        {
            "integration": integration,
            "booking": event["booking"],
            "vendor": vendor,
            "newest": newest,
            "due_at": event["arrived_at"],
        }
        for integration, vendor in event["waiting"].vendors.items()
    ]
    if newest and owing:
        connection.execute(_owe_again, owing)
    return bool(newest)


def read_booking_row(row: RowMapping, box: Box) -> Booking:
    """Return the newest booking from its row of `tables.bookings`; an erased customer is empty."""
    body, customer = row["body"], Customer()
    if row["customer"] is not None:
        customer = _read_customer(box.unlock(row["id"], row["customer"]))
    return Booking(
        id=row["id"],
        status=body["status"],
        start=datetime.fromisoformat(body["start"]),
        end=datetime.fromisoformat(body["end"]),
        objects=tuple(BookedObject(object=o, sub_object=s) for o, s in body["objects"]),
        customer=customer,
        fields=body["fields"],
    )


def _read_customer(text: str) -> Customer:
    if _BETWEEN not in text:  # as earlier versions wrote it
        text = _BETWEEN.join(json.loads(text))
    return Customer(**dict(zip(_PARTS, text.split(_BETWEEN), strict=True)))
