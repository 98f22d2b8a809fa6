"""What the booking core is still to be told: the last wanted value of each field, and a status.

A value is written down in the transaction that makes it true, and dropped when the core has it. A
newer one takes its place, also while the older one is under way.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from .database import Database
from .keys import Box
from .tables import events, write_backs

STATUS = ""  # the name under which a status stands
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
_due = (
    select(write_backs)
    .where(write_backs.c.due_at <= bindparam("now", type_=write_backs.c.due_at.type), _free)
    .order_by(write_backs.c.due_at)
    .limit(bindparam("at_most"))
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
_same = and_(
    write_backs.c.booking == bindparam("of_booking"),
    write_backs.c.name == bindparam("of_name"),
    write_backs.c.version == bindparam("of_version"),
)
_done = delete(write_backs).where(_same)
_later = (
    update(write_backs)
    .where(_same)
    .values(
        due_at=bindparam("new_due_at", type_=write_backs.c.due_at.type),
        failures=write_backs.c.failures + 1,
    )
)
_release = (
    update(write_backs)
    .where(write_backs.c.booking == bindparam("of_booking"))
    .values(leased_until=None)
)
_newest_event = (
    select(events.c.number)
    .where(events.c.booking == bindparam("booking"))
    .order_by(events.c.number.desc())
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
        with self.database.reading() as connection:
            names = {"now": self.clock(), "at_most": at_most}
            rows = connection.execute(_due, names).mappings().all()
        return list(dict.fromkeys(row["booking"] for row in rows))

    def next_at(self) -> datetime | None:
        """Return when the next one is due; None for none."""
        first = select(write_backs.c.due_at).order_by(write_backs.c.due_at).limit(1)
        with self.database.reading() as connection:
            return connection.execute(first).scalar_one_or_none()

    def claim(self, booking: str, lasts_s: float) -> list[WriteBack]:
        """Claim what is due of a booking; empty while another worker has it."""
        with self.database.writing() as connection:
            now = self.clock()
            until = now + timedelta(seconds=lasts_s)
            names = {"of_booking": booking, "now": now, "until": until}
            rows = connection.execute(_claim, names).mappings().all()
            newest = connection.execute(_newest_event, {"booking": booking}).scalar() or 0
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
                newer=row["event"] is not None and newest > row["event"],
            )
            for row in sorted(rows, key=lambda row: str(row["name"]), reverse=True)
        ]

    def done(self, told: list[WriteBack]) -> None:
        """Forget what the core has, unless a newer value has been wanted meanwhile."""
        self._write(_done, told, {})

    def later(self, told: list[WriteBack], due_at: datetime) -> None:
        """Put off what could not be told; a newer value keeps its own time."""
        self._write(_later, told, {"new_due_at": due_at})

    def _write(self, statement: object, told: list[WriteBack], more: Mapping[str, object]) -> None:
        with self.database.writing() as connection:
            for booking, ours in groupby(told, key=lambda one: one.booking):
                for one in ours:
                    names = {"of_booking": booking, "of_name": one.name, "of_version": one.version}
                    connection.execute(statement, {**names, **more})  # type: ignore[call-overload]  # either of the above
                connection.execute(_release, {"of_booking": booking})
