"""Over all pairs: who still waits for access, and what is moot by now."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select

from ..model import BookedObject
from .alerts import Alert, Cause
from .database import Database
from .grants import State
from .tables import alerts, bookings, events, grants, pairs
from .write_backs import ABOUT_STATUS

_DAY = timedelta(days=1)  # after which nobody moves a booking that no change ever told of
_GIVEN = (State.CURRENT, State.BESIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A pair that has no access, and owes something or has failed."""

    integration: str
    booking: str
    due_at: datetime | None
    failed_as: str | None
    start: datetime
    objects: tuple[BookedObject, ...]
    decisive: str | None
    """The newest status, of those that were asked about, that the booking has reached."""


_newest_of = (
    select(events.c.status)
    .where(
        events.c.booking == pairs.c.booking,
        events.c.status.in_(bindparam("statuses", expanding=True)),
    )
    .order_by(func.coalesce(events.c.sequence, -1).desc(), events.c.number.desc())
    .limit(1)
    .correlate(pairs)
    .scalar_subquery()
)
_has_access = (
    select(grants.c.id)
    .where(
        grants.c.integration == pairs.c.integration,
        grants.c.booking == pairs.c.booking,
        grants.c.state.in_(_GIVEN),
        grants.c.ends_at > bindparam("now", type_=grants.c.ends_at.type),
    )
    .correlate(pairs)
    .exists()
)
_waiting = (
    select(
        pairs.c.integration,
        pairs.c.booking,
        pairs.c.due_at,
        pairs.c.failed_as,
        bookings.c.body,
        bookings.c.end_at,
        _has_access.label("has_access"),
        func.coalesce(_newest_of, pairs.c.standing).label("decisive"),
    )
    .join(bookings, bookings.c.id == pairs.c.booking)
    .where(pairs.c.integration == bindparam("of_integration"))
)
_after = bindparam("after", type_=pairs.c.due_at.type)
_owing = (
    _waiting.where(
        pairs.c.due_at >= _after,
        or_(
            pairs.c.due_at > _after,
            and_(pairs.c.due_at == _after, pairs.c.booking > bindparam("after_booking")),
        ),
    )
    .order_by(pairs.c.due_at, pairs.c.booking)
    .limit(bindparam("at_most"))
)
_chosen = _waiting.where(pairs.c.booking.in_(bindparam("of_bookings", expanding=True)))
_moot = (
    select(alerts.c.integration, alerts.c.booking)
    .outerjoin(bookings, bookings.c.id == alerts.c.booking)
    .where(
        alerts.c.closed_at.is_(None),
        alerts.c.cause == Cause.NOT_WRITTEN,
        alerts.c.about == ABOUT_STATUS,
        or_(
            bookings.c.end_at <= bindparam("now", type_=bookings.c.end_at.type),
            and_(
                bookings.c.id.is_(None),
                alerts.c.opened_at <= bindparam("a_day_ago", type_=alerts.c.opened_at.type),
            ),
            select(events.c.number)
            .where(events.c.booking == alerts.c.booking, events.c.arrived_at > alerts.c.opened_at)
            .correlate(alerts)
            .exists(),
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a walk over what pairs owe goes on."""

    due_at: datetime
    booking: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Looks at all of one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def owing(
        self, integration: str, statuses: Collection[str], after: Place, at_most: int
    ) -> tuple[list[Waiting], Place | None]:
        """Return pairs that owe something and have no access, by when they are due.

        Args:
            integration: Whose.
            statuses: Those that `Waiting.decisive` may be.
            after: Where to go on.
            at_most: How many pairs are looked at.

        Returns:
            What was found, and where to go on; None at the end.
        """
        names = {"after": after.due_at, "after_booking": after.booking, "at_most": at_most}
        rows = self._rows(_owing, integration, statuses, names)
        place = None
        if len(rows) == at_most:
            place = Place(due_at=rows[-1]["due_at"], booking=rows[-1]["booking"])
        return self._without_access(rows), place

    def chosen(
        self, integration: str, statuses: Collection[str], of_bookings: Collection[str]
    ) -> list[Waiting]:
        """Return those of these pairs that owe something, or failed, and have no access."""
        rows = self._rows(_chosen, integration, statuses, {"of_bookings": list(of_bookings)})
        return self._without_access(rows)

    def moot(self) -> list[Alert]:
        """Return open alerts of a status that was not written, and is of no use by now."""
        with self.database.reading() as connection:
            now = self.clock()
            names = {"now": now, "a_day_ago": now - _DAY}
            rows = connection.execute(_moot, names).mappings().all()
        return [
            Alert(cause=Cause.NOT_WRITTEN, message="", about=ABOUT_STATUS, **row) for row in rows
        ]

    def _rows(
        self,
        statement: Select[Any],
        integration: str,
        statuses: Collection[str],
        names: Mapping[str, Any],
    ) -> list[Any]:
        asked = {"of_integration": integration, "statuses": list(statuses), "now": self.clock()}
        with self.database.reading() as connection:
            return list(connection.execute(statement, {**asked, **names}).mappings())

    def _without_access(self, rows: list[Any]) -> list[Waiting]:
        now = self.clock()
        return [
            _read(row)
            for row in rows
            if not row["has_access"]
            and row["end_at"] > now
            and (row["due_at"] is not None or row["failed_as"] is not None)
        ]


def _read(row: Any) -> Waiting:
    body = row["body"]
    return Waiting(
        integration=row["integration"],
        booking=row["booking"],
        due_at=row["due_at"],
        failed_as=row["failed_as"],
        start=datetime.fromisoformat(body["start"]),
        objects=tuple(BookedObject(object=o, sub_object=s) for o, s in body["objects"]),
        decisive=row["decisive"],
    )
