"""What the booking core is still to be told: the last wanted value of each field, and a status.

A value is written down in the transaction that makes it true, and dropped when the core has it. A
newer one takes its place, also while the older one is under way.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Executable,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from .alerts import Alert, Cause, close_alerts, open_alert
from .audit import Note, append
from .database import Database
from .keys import Box
from .tables import events, write_backs

STATUS = ""  # the name under which a status stands
ABOUT_STATUS = "the status"  # no name that a booking field could have at i-Reserve
_PATIENCE = timedelta(minutes=15)  # after which a status is of no use any more


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWish:
    """A status that the core is to move to, and what it was acted on."""

    status: str
    acted_on: str | None
    """What the core shows while nothing newer has happened."""
    event: int
    """The number of the newest event then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBack:
    """One value that is due."""

    booking: str
    integration: str
    name: str
    """Of a booking field; `STATUS` for the status."""
    value: str = field(repr=False)
    version: int
    failures: int
    drop_at: datetime | None = None
    acted_on: str | None = None
    newer: bool = False
    """Of a status: whether a newer change is known."""

    @property
    def about(self) -> str:
        """What an alert about it is about: a field, or the status."""
        return self.name or ABOUT_STATUS


_put = insert(write_backs).on_conflict_do_update(
    index_elements=["booking", "name"],
    set_={
        name: insert(write_backs).excluded[name]
        for name in write_backs.c.keys()  # noqa: SIM118  # columns, not names, iterate
        if name not in {"booking", "name", "leased_until"}
    },
)
_free = or_(
    write_backs.c.leased_until.is_(None),
    write_backs.c.leased_until <= bindparam("now", type_=write_backs.c.due_at.type),
)
_now = bindparam("now", type_=write_backs.c.due_at.type)
_due = (
    select(write_backs.c.booking)
    .where(write_backs.c.due_at <= _now, _free)
    .order_by(write_backs.c.due_at)
    .limit(bindparam("at_most"))
)
_late = (
    select(write_backs.c.booking)
    .where(write_backs.c.drop_at <= _now, _free)
    .limit(bindparam("at_most"))
)
_first_free = select(write_backs.c.due_at).where(_free).order_by(write_backs.c.due_at).limit(1)
_first_given_back = select(func.min(write_backs.c.leased_until)).where(
    write_backs.c.due_at <= _now, write_backs.c.leased_until > _now
)
_claim = (
    update(write_backs)
    .where(
        write_backs.c.booking == bindparam("of_booking"),
        write_backs.c.due_at <= bindparam("now"),
        _free,
    )
    .values(leased_until=bindparam("until", type_=write_backs.c.due_at.type))
    .returning(*write_backs.c)
)
_this = and_(
    write_backs.c.booking == bindparam("of_booking"), write_backs.c.name == bindparam("of_name")
)
_same = and_(_this, write_backs.c.version == bindparam("of_version"))
_done = delete(write_backs).where(_same)
_later = (
    update(write_backs)
    .where(_same)
    .values(
        due_at=bindparam("new_due_at", type_=write_backs.c.due_at.type),
        failures=write_backs.c.failures + 1,
    )
)
_renew = (
    update(write_backs)
    .where(_same)
    .values(leased_until=bindparam("until", type_=write_backs.c.due_at.type))
    .returning(write_backs.c.event)
)
_release = update(write_backs).where(_this).values(leased_until=None)
_newest_event = (  # as bookings are ordered: one that came late is no newer one
    select(events.c.number, events.c.status)
    .where(events.c.booking == bindparam("booking"))
    .order_by(func.coalesce(events.c.sequence, -1).desc(), events.c.number.desc())
    .limit(1)
)


def want(
    connection: Connection,
    box: Box,
    *,
    booking: str,
    integration: str,
    fields: Mapping[str, str],
    status: StatusWish | None,
    now: datetime,
    delay_s: float,
) -> None:
    """Write wanted values down, inside the caller's transaction.

    Args:
        connection: Of a write transaction.
        box: Encrypts values: a field may hold what opens a door.
        booking: Its id.
        integration: That wants it.
        fields: Values by booking field.
        status: If the booking is to be moved.
        now: Aware.
        delay_s: How long the core needs to store what it told us of.
    """
    rows: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in fields.items()]
    if status is not None:
        told = {"drop_at": now + _PATIENCE, "acted_on": status.acted_on, "event": status.event}
        rows.append({"name": STATUS, "value": status.status, **told})
    due_at = now + timedelta(seconds=delay_s)
    common = {"booking": booking, "integration": integration, "failures": 0}
    empty = {"drop_at": None, "acted_on": None, "event": None}
    for row in rows:
        value = box.lock(json.dumps([booking, row["name"]]), str(row["value"]))
        connection.execute(
            _put,
            {
                **empty,
                **common,
                **row,
                "value": value,
                "version": secrets.randbits(62),  # tells this wish from any other
                "due_at": due_at,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteBacks:
    """The write-backs of one ledger."""

    database: Database
    clock: Callable[[], datetime]
    box: Box

    def due(self, at_most: int) -> list[str]:
        """Return bookings that the core is to be told something of now, the longest due first."""
        return self._bookings(_due, at_most)

    def late(self, at_most: int) -> list[str]:
        """Return bookings whose wanted status has come too late."""
        return self._bookings(_late, at_most)

    def next_at(self) -> datetime | None:
        """Return when the next one is due, or may be given back by who has it; None for none."""
        with self.database.reading() as connection:
            names = {"now": self.clock()}
            found = [connection.execute(one, names).scalar() for one in _NEXT]
        return min(filter(None, found), default=None)

    def claim(self, booking: str, lasts_s: float) -> list[WriteBack]:
        """Claim what is due of a booking, the status last; empty while another worker has it."""
        with self.database.writing() as connection:
            now = self.clock()
            until = now + timedelta(seconds=lasts_s)
            names = {"of_booking": booking, "now": now, "until": until}
            rows = connection.execute(_claim, names).mappings().all()
            newest = connection.execute(_newest_event, {"booking": booking}).first()
        return [
            WriteBack(
                booking=booking,
                integration=row["integration"],
                name=row["name"],
                value=self.box.unlock(json.dumps([booking, row["name"]]), row["value"]),
                version=row["version"],
                failures=row["failures"],
                drop_at=row["drop_at"],
                acted_on=row["acted_on"],
                newer=_is_newer(newest, row["event"], row["acted_on"]),
            )
            for row in sorted(rows, key=lambda row: str(row["name"]), reverse=True)
        ]

    def still_wanted(self, one: WriteBack, lasts_s: float) -> bool:
        """Renew a claim; False if something else is wanted by now, or a newer change is known."""
        with self.database.writing() as connection:
            until = self.clock() + timedelta(seconds=lasts_s)
            row = connection.execute(_renew, {**_names(one), "until": until}).first()
            newest = connection.execute(_newest_event, {"booking": one.booking}).first()
        return row is not None and not _is_newer(newest, row.event, one.acted_on)

    def done(self, told: Sequence[WriteBack], *notes: Note) -> None:
        """Forget what the core has, and close the alerts about it.

        What has been wanted meanwhile instead stays wanted.
        """
        self._settle(_done, told, notes=notes, closes=True)

    def drop(self, told: Sequence[WriteBack], note: Note, alert: Alert | None = None) -> None:
        """Give up what the core is not to be told any more, with an alert or quietly."""
        self._settle(_done, told, notes=[note], alert=alert, closes=alert is None)

    def later(
        self,
        told: Sequence[WriteBack],
        due_at: datetime,
        notes: Sequence[Note] = (),
        alert: Alert | None = None,
    ) -> None:
        """Put off what could not be told; what has been wanted instead keeps its own time."""
        self._settle(_later, told, notes=notes, alert=alert, new_due_at=due_at)

    def release(self, told: Sequence[WriteBack]) -> None:
        """Give a claim back as it was."""
        self._settle(None, told)

    def _bookings(self, statement: Executable, at_most: int) -> list[str]:
        with self.database.reading() as connection:
            names = {"now": self.clock(), "at_most": at_most}
            return list(dict.fromkeys(connection.execute(statement, names).scalars()))

    def _settle(
        self,
        statement: Executable | None,
        told: Sequence[WriteBack],
        *,
        notes: Sequence[Note] = (),
        alert: Alert | None = None,
        closes: bool = False,
        **more: object,
    ) -> None:
        """Do this to every value that is still the wanted one, and give the claims back.

        An alert is opened only if there is one.
        """
        with self.database.writing() as connection:
            now, hit = self.clock(), 0
            for one in told:
                if statement is not None:
                    hit += connection.execute(statement, {**_names(one), **more}).rowcount
                connection.execute(_release, {"of_booking": one.booking, "of_name": one.name})
                if closes:
                    close_alerts(
                        connection,
                        now,
                        causes=[Cause.NOT_WRITTEN],
                        booking=one.booking,
                        about=one.about,
                    )
            if alert is not None and hit:
                open_alert(connection, alert, now)
            append(connection, notes, now)


_NEXT = (_first_free, _first_given_back)


def _names(one: WriteBack) -> dict[str, object]:
    return {"of_booking": one.booking, "of_name": one.name, "of_version": one.version}


def _is_newer(newest: Any, known: int | None, acted_on: str | None) -> bool:
    """Tell whether a change is known after the one that we acted on.

    One at the same status is none: the core may tell us so of the fields that we wrote.
    """
    if newest is None or known is None:
        return False
    return bool(newest.number > known and newest.status != acted_on)
