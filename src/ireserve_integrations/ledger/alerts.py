"""Alerts: what a person must see to. One per cause, open until that is gone.

A cause concerns an integration, or one booking of it; `about` tells two of a kind apart. Opening an
open one again only renews its message.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from .database import Database
from .tables import alerts

_KEY = ("integration", "booking", "cause", "about")


class Cause(StrEnum):
    """What an alert is because of. Plugins add their own (`IntegrationError.alert`)."""

    FAILED = "failed"
    """A booking's change failed, and a person must act."""
    MAPPING = "mapping"
    """A name that mapping rows use is missing at the vendor, or ambiguous."""
    SETTINGS = "settings"
    """An integration's settings, or the whole file, cannot be used."""
    ACCOUNT = "account"
    """The vendor refuses the account: the integration is parked."""
    VENDOR_DOWN = "vendor down"
    """The vendor does not answer: one call at a time tries again."""
    LOST_REPLY = "lost reply"
    """A reply was lost, and the vendor cannot be searched for what it was about."""
    NOT_ENDED = "not ended"
    """Access that is to end may still live."""
    NOT_THERE = "not there"
    """An hour before its window begins, access is wanted and not there."""
    GONE = "gone"
    """A grant was ended at the vendor behind our back."""
    UNWANTED = "unwanted"
    """Access lives under our label, and nothing wants it."""
    UNKNOWN = "unknown booking"
    """Access lives under our label for a booking that this ledger does not know."""
    UNCONFIGURED = "unconfigured"
    """An integration that is configured no more holds live grants."""
    NOT_WRITTEN = "not written"
    """The booking core does not take a field, or a status came too late for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is wrong, and what to do."""

    cause: str
    message: str
    """Never personal, never secret."""
    integration: str = ""
    """Empty where it is none's."""
    booking: str = ""
    """Empty where it is no single one's."""
    about: str = ""
    """What sets it apart: a door's name, a reference."""
    opened_at: datetime | None = None
    """None until it is open."""


_open = insert(alerts).on_conflict_do_update(
    index_elements=list(_KEY),
    index_where=text("closed_at IS NULL"),
    set_={"message": bindparam("new_message")},
)
_listed = (
    select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.opened_at, alerts.c.id)
)


def open_alert(connection: Connection, alert: Alert, now: datetime) -> None:
    """Open an alert, inside the caller's transaction; one that is open gets the new message."""
    row = {name: getattr(alert, name) for name in (*_KEY, "message")}
    connection.execute(_open, {**row, "opened_at": now, "new_message": alert.message})


def close_alerts(
    connection: Connection,
    now: datetime,
    *,
    causes: Collection[str],
    **key: str | None,
) -> None:
    """Close every open alert of these causes, inside the caller's transaction.

    Args:
        connection: Of a write transaction.
        now: Aware.
        causes: Any of them.
        key: `integration`, `booking` and `about`; what is not given may be anything.
    """
    where = [alerts.c[name] == value for name, value in key.items() if value is not None]
    closed = update(alerts).where(
        alerts.c.closed_at.is_(None), alerts.c.cause.in_(list(causes)), *where
    )
    connection.execute(closed.values(closed_at=now))


def read_alerts(connection: Connection) -> list[Alert]:
    """Return the open ones, oldest first."""
    return [_read(row) for row in connection.execute(_listed).mappings()]


def _read(row: Any) -> Alert:
    return Alert(**{name: row[name] for name in (*_KEY, "message", "opened_at")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """The alerts of one ledger, for who holds no pair."""

    database: Database
    clock: Callable[[], datetime]

    def open(self, alert: Alert) -> None:
        """Open an alert."""
        with self.database.writing() as connection:
            open_alert(connection, alert, self.clock())

    def close(self, *causes: str, **key: str | None) -> None:
        """Close every open alert of these causes; see `close_alerts`."""
        with self.database.writing() as connection:
            close_alerts(connection, self.clock(), causes=causes, **key)

    def close_plugins_own(self, integration: str) -> None:
        """Close what openings brought up (`IntegrationError.alert`): one has succeeded."""
        with self.database.reading() as connection:
            found = {one.cause for one in read_alerts(connection) if one.integration == integration}
        own = found - {str(cause) for cause in Cause}
        if own:
            self.close(*own, integration=integration)

    def settle(self, cause: str, wanted: Collection[Alert], **key: str | None) -> None:
        """Let exactly these be open of a cause: open what is new, close what is gone."""
        with self.database.reading() as connection:
            found = [one for one in read_alerts(connection) if one.cause == cause]
        mine = [one for one in found if all(getattr(one, k) == v for k, v in key.items())]
        known = {_identity(one): one.message for one in mine}
        fresh = [one for one in wanted if known.get(_identity(one)) != one.message]
        gone = known.keys() - {_identity(one) for one in wanted}
        if not fresh and not gone:
            return
        with self.database.writing() as connection:
            now = self.clock()
            for alert in fresh:
                open_alert(connection, alert, now)
            for integration, booking, about in gone:
                close_alerts(
                    connection,
                    now,
                    causes=[cause],
                    integration=integration,
                    booking=booking,
                    about=about,
                )

    def list(self) -> list[Alert]:
        """Return the open ones, oldest first."""
        with self.database.reading() as connection:
            return read_alerts(connection)


def _identity(alert: Alert) -> tuple[str, str, str]:
    return alert.integration, alert.booking, alert.about
