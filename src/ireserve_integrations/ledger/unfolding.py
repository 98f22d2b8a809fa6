"""What events that have come in mean for the rest: the newest booking, and who owes something.

An event is one row, so that handing it over costs one insertion. Whoever needs more than that it
has come in unfolds it first: who takes a pair or asks for a booking that booking's events, a worker
all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, bindparam, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from ..model import BookedObject, StatusChange
from .audit import Note, append_dated
from .database import Database
from .tables import bookings, events, installation, pairs

_AT_ONCE = 200  # events; others who want to write wait for no more than these
_FAR = 10_000  # unfolded events that are looked through for one that waits, until that is noted

_waits = events.c.waiting.is_not(None)
_unfolded_to = select(installation.c.unfolded).scalar_subquery()
_later = events.c.number > _unfolded_to
_of_these = events.c.booking.in_(bindparam("of_bookings", expanding=True))
_waiting = select(events).where(_waits).order_by(events.c.number)
_first_waiting = _waiting.where(_later).limit(_AT_ONCE)
_waiting_of = _waiting.where(_of_these)
_unfolded = update(events).where(_waits).values(waiting=None, customer=None)
_first_unfolded = _unfolded.where(_later, events.c.number <= bindparam("last"))
_unfolded_of = _unfolded.where(_of_these)
_newest = select(func.coalesce(func.max(events.c.number), 0))
_state = select(exists().where(_later, _waits), _newest.scalar_subquery() - _unfolded_to)
_note_unfolded = update(installation).values(unfolded=bindparam("to"))

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
_new_pair = insert(pairs)
_owe = _new_pair.on_conflict_do_update(
    index_elements=["integration", "booking"],
    set_={"due_at": _new_pair.excluded.due_at, "newest": _new_pair.excluded.newest},
)


class Folded(NamedTuple):
    """What an event keeps of a change until it is unfolded; an array in JSON."""

    old_status: str | None
    sequence: int | None
    """Its own."""
    vendors: Mapping[str, str]
    """The vendor of every integration that is to owe it, by id."""
    status: str | None
    """The booking's."""
    start: str
    end: str
    objects: Sequence[tuple[str, str | None]]
    fields: Mapping[str, str]


def fold(change: StatusChange, vendors: Mapping[str, str], kept: Mapping[str, str]) -> Folded:
    """Return what is kept of a change, and of its booking fields."""
    booking = change.booking
    return Folded(
        change.old_status,
        change.sequence,
        vendors,
        booking.status,
        booking.start.isoformat(),
        booking.end.isoformat(),
        [(booked.object, booked.sub_object) for booked in booking.objects],
        kept,
    )


def unfolds_at_once(database: Database) -> bool:
    """Tell whether events are unfolded as they come: on PostgreSQL, whose jobs carry pairs."""
    return database.dialect == "postgresql"


def unfold_all(database: Database, clock: Callable[[], datetime]) -> None:
    """Unfold every event that waits: for who looks at everything."""
    while unfold_first(database, clock):
        pass


def unfold_first(database: Database, clock: Callable[[], datetime]) -> bool:
    """Unfold those that came first; tell whether there may be more.

    Their pairs are due from when they came.
    """
    if unfolds_at_once(database):
        return False
    with database.reading() as connection:
        waits, behind = connection.execute(_state).one()
    if not waits and behind <= _FAR:
        return False
    with database.writing() as connection:
        return _unfold_first(connection, clock())


def _unfold_first(connection: Connection, now: datetime) -> bool:
    rows = connection.execute(_first_waiting).mappings().all()
    if rows:
        _spread(connection, rows, now)
        connection.execute(_first_unfolded, {"last": rows[-1]["number"]})
    more = len(rows) == _AT_ONCE
    last = rows[-1]["number"] if more else connection.execute(_newest).scalar_one()
    connection.execute(_note_unfolded, {"to": last})
    return more


def unfold_of(connection: Connection, of_bookings: Sequence[str], now: datetime) -> None:
    """Unfold every event of some bookings.

    Args:
        connection: Of a write transaction.
        of_bookings: Their ids.
        now: When their pairs are due at the latest.
    """
    for start in range(0, len(of_bookings), _AT_ONCE):
        names = {"of_bookings": of_bookings[start : start + _AT_ONCE]}
        rows = connection.execute(_waiting_of, names).mappings().all()
        if rows:
            _spread(connection, rows, now)
            connection.execute(_unfolded_of, names)


def _spread(connection: Connection, rows: Sequence[RowMapping], now: datetime) -> None:
    found = [(row, Folded(*row["waiting"])) for row in rows]
    connection.execute(_put_booking, [_booking_columns(row, folded) for row, folded in found])
    owing = [
        {
            "integration": integration,
            "booking": row["booking"],
            "vendor": vendor,
            "newest": row["number"],
            "due_at": min(row["arrived_at"], now),
        }
        for row, folded in found
        for integration, vendor in folded.vendors.items()
    ]
    if owing:
        connection.execute(_owe, owing)
    append_dated(connection, ((row["arrived_at"], came_in(row, folded)) for row, folded in found))


def _booking_columns(event: RowMapping, folded: Folded) -> dict[str, Any]:
    return {
        "id": event["booking"],
        "body": {
            "status": folded.status,
            "start": folded.start,
            "end": folded.end,
            "objects": folded.objects,
            "fields": folded.fields,
        },
        "customer": event["customer"],
        "end_at": datetime.fromisoformat(folded.end),
        "sequence": folded.sequence,
    }


def came_in(
    event: RowMapping | Mapping[str, Any], folded: Folded, *, accepted: bool = True
) -> Note:
    """Return what the audit says of an event: of a row of `tables.events`, or what would be one."""
    detail = {
        "status": event["status"],
        "from": folded.old_status,
        "sequence": folded.sequence,
        "event_id": event["event_id"],
        "start": folded.start,
        "end": folded.end,
        "objects": [str(BookedObject(object=o, sub_object=s)) for o, s in folded.objects],
        "accepted": accepted,
    }
    told = {name: value for name, value in detail.items() if value is not None}
    return Note(what="came in", booking=event["booking"], detail=told)
