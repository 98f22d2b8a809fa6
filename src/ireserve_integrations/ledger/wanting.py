"""What a step makes the booking core wrong about: written down with the step itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select

from ..model import NOTHING, Grant
from .grants import State
from .pairs import PairKey
from .tables import grants
from .write_backs import StatusWish, want

if TYPE_CHECKING:
    from .desk import Desk

_current = (
    select(grants.c.id)
    .where(
        grants.c.integration == bindparam("integration"),
        grants.c.booking == bindparam("booking"),
        grants.c.field == bindparam("field"),
        grants.c.state == State.CURRENT,
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the booking core is to be told."""

    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING, repr=False)
    """By booking field; `""` empties one."""
    status: str | None = None


def want_reference(
    connection: Connection, desk: "Desk", key: PairKey, grant: Grant, now: datetime
) -> None:
    """Have a grant's reference written into its booking field."""
    if grant.field:
        wanted = Wanted(fields={grant.field: grant.reference})
        tell_core(connection, desk, key, wanted, now=now)


def want_no_reference(
    connection: Connection, desk: "Desk", key: PairKey, grant: Grant, now: datetime
) -> None:
    """Have a grant's booking field emptied, unless a newer grant stands in it."""
    if not grant.field:
        return
    names = key.as_columns() | {"field": grant.field}
    if connection.execute(_current, names).first() is None:
        tell_core(connection, desk, key, Wanted(fields={grant.field: ""}), now=now)


def tell_core(
    connection: Connection,
    desk: "Desk",
    key: PairKey,
    wanted: Wanted,
    *,
    now: datetime,
    acted_on: str | None = None,
    event: int = 0,
) -> None:
    """Write down what the core is to be told; nothing where nobody writes back.

    Args:
        connection: Of a write transaction.
        desk: Knows whether, and how long the core needs to store what it told us of.
        key: The pair that wants it.
        wanted: Fields and status.
        now: Aware.
        acted_on: The status that the core shows while nothing newer has happened.
        event: The number of the newest event.
    """
    if desk.write_delay_s is None or not (wanted.fields or wanted.status):
        return
    status = None
    if wanted.status is not None:
        status = StatusWish(status=wanted.status, acted_on=acted_on, event=event)
    want(
        connection,
        desk.write_backs,
        booking=key.booking,
        integration=key.integration,
        fields=wanted.fields,
        status=status,
        now=now,
        delay_s=desk.write_delay_s,
    )
