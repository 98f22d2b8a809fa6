"""What a pair failed at: its alerts, and the names that several bookings fail because of.

A name at fault (a door of a mapping row) has one alert, however many bookings fail because of it;
it is closed when the last of them has not failed because of it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from .alerts import Alert, Cause, close_alerts, open_alert
from .pairs import PairKey
from .tables import faults

_OF_A_PAIR = (Cause.FAILED, Cause.LOST_REPLY, Cause.NOT_ENDED)

_ours = (
    faults.c.integration == bindparam("of_integration"),
    faults.c.booking == bindparam("of_booking"),
)
_names = select(faults.c.about).where(*_ours)
_drop = delete(faults).where(*_ours)
_put = insert(faults).on_conflict_do_nothing()
_others = (
    select(faults.c.booking)
    .where(
        faults.c.integration == bindparam("of_integration"), faults.c.about == bindparam("of_about")
    )
    .limit(1)
)


def write_faults(
    connection: Connection,
    key: PairKey,
    *,
    about: Collection[str],
    wanted: Collection[Alert],
    failed_before: str | None,
    now: datetime,
) -> None:
    """Let these be what a pair fails at, inside the transaction that says that it does.

    Args:
        connection: Of a write transaction.
        key: The pair.
        about: The names at fault.
        wanted: The alerts that are to be open because of this pair.
        failed_before: Kind of its last failure; where it has none, nothing is to be closed.
        now: Aware.
    """
    if failed_before is not None:
        _close(connection, key, about, wanted, now)
    for name in sorted(about):
        row = {"integration": key.integration, "about": name, "booking": key.booking}
        connection.execute(_put, row)
    for alert in sorted(wanted, key=lambda one: (one.cause, one.about)):
        open_alert(connection, alert, now)


def _close(
    connection: Connection,
    key: PairKey,
    about: Collection[str],
    wanted: Collection[Alert],
    now: datetime,
) -> None:
    names = {"of_integration": key.integration, "of_booking": key.booking}
    gone = [cause for cause in _OF_A_PAIR if cause not in {one.cause for one in wanted}]
    close_alerts(connection, now, causes=gone, integration=key.integration, booking=key.booking)
    before = connection.execute(_names, names).scalars().all()
    if before:
        connection.execute(_drop, names)
    for name in sorted(set(before) - set(about)):
        mine = {"of_integration": key.integration, "of_about": name}
        if connection.execute(_others, mine).first() is None:
            close_alerts(
                connection, now, causes=[Cause.MAPPING], integration=key.integration, about=name
            )
