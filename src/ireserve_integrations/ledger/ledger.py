"""The ledger: what must survive. One object, one database, any number of threads."""

import base64
import os
import secrets as random_source
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from sqlalchemy import and_, bindparam, exists, func, literal, select

from ..model import Booking, History, Milestone, StatusChange
from .alerts import Alerts
from .audit import Entry, Note, append, read_audit
from .database import Database
from .desk import Desk
from .digests import Digests
from .due import Due
from .erasure import Erasure
from .grants import UNSETTLED, State
from .holdings import Holdings
from .keys import Keys
from .openings import Openings
from .outages import Outages
from .overview import Overview
from .pairs import PairKey
from .reconciliations import Reconciliations
from .record import Recorded, Recorder, read_booking_row
from .seen import Seen, Sightings, read_seen, write_sightings
from .tables import bookings, events, grants, installation, openings
from .turns import take_turns
from .unfolding import unfold_all, unfold_first, unfold_of, unfolds_at_once
from .vault import LedgerVault
from .write_backs import WriteBacks

_milestones = (
    (
        select(grants.c.made_at.label("at"), grants.c.booking)
        .where(grants.c.integration == bindparam("integration"), grants.c.made_at.is_not(None))
        .order_by(grants.c.made_at)
        .limit(1)
    ),
    (
        select(grants.c.ended_at.label("at"), grants.c.booking)
        .where(grants.c.integration == bindparam("integration"), grants.c.state == State.REVOKED)
        .order_by(grants.c.ended_at)
        .limit(1)
    ),
)
_first_opening = (
    select(openings.c.opened_at.label("at"), openings.c.booking)
    .where(openings.c.integration == bindparam("integration"), openings.c.opened_at.is_not(None))
    .order_by(openings.c.opened_at)
    .limit(1)
)
_newest_status = (
    select(events.c.status)
    .where(events.c.booking == bindparam("booking"))
    .order_by(func.coalesce(events.c.sequence, -1).desc(), events.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_waits = exists().where(events.c.booking == bindparam("booking"), events.c.waiting.is_not(None))
_one = select(literal(1)).subquery()
_newest_booking = select(
    bookings, _newest_status.label("newest_status"), _waits.label("waits")
).select_from(_one.outerjoin(bookings, bookings.c.id == bindparam("booking")))
_holders = (
    select(grants.c.integration, grants.c.vendor, grants.c.booking)
    .where(
        and_(
            grants.c.booking.in_(bindparam("bookings", expanding=True)),
            grants.c.state.in_(UNSETTLED),
            func.coalesce(grants.c.ends_at, grants.c.said_end)
            > bindparam("now", type_=grants.c.ends_at.type),
        )
    )
    .distinct()
    .order_by(grants.c.integration)
)


class Lent(TypedDict):
    """What the ledger's parts share."""

    database: Database
    clock: Callable[[], datetime]


class Ledger:
    """Events, grants, what is owed, and the vault."""

    def __init__(
        self,
        url: str,
        *,
        keys: Keys,
        lease_s: float,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Open a ledger, making it where there is none.

        Args:
            url: An SQLite file's path, or an address.
            keys: The installation's.
            lease_s: How long a pair is held without a renewal.
            clock: Aware, UTC; by default the database's where it has one.

        Raises:
            LedgerError: The file, the key or the revision keeps it from being used.
        """
        self._database = Database(url)
        clock = clock or self._database.now
        self.clock = self._clock = clock
        self._vault_box = keys.box("vault")
        customers = keys.quick_box("customer")
        try:
            self.installation, digest_key = self._identity(keys)
        except Exception:
            self.close()
            raise
        self.digests = Digests(digest_key)
        self._recorder, self._sightings = Recorder(self.digests, customers), Sightings()
        self.desk = Desk(
            database=self._database,
            digests=self.digests,
            customers=customers,
            clock=clock,
            lease_s=lease_s,
            write_backs=keys.box("write-back"),
        )
        lent: Lent = {"database": self._database, "clock": clock}
        self.openings = Openings(**lent, desk=self.desk)
        self.due = Due(**lent)
        self.outages = Outages(**lent)
        self.overview = Overview(**lent)
        self.alerts = Alerts(**lent)
        self.write_backs = WriteBacks(**lent, box=self.desk.write_backs)
        self.holdings = Holdings(**lent)
        self.reconciliations = Reconciliations(**lent)
        self.erasure = Erasure(**lent)

    @property
    def database(self) -> Database:
        """Where all of it is: for a queue, which may keep its jobs beside."""
        return self._database

    def close(self) -> None:
        """Close the database; what is on disk stays."""
        self._database.close()

    def tune(self, *, lease_s: float, write_delay_s: float | None) -> None:
        """Take up other settings; who holds a pair holds it under the former ones."""
        self.desk = replace(self.desk, lease_s=lease_s, write_delay_s=write_delay_s)
        self.openings = replace(self.openings, desk=self.desk)

    def record(
        self,
        changes: Iterable[StatusChange],
        vendors: Mapping[str, str],
        kept_fields: Collection[str],
        *,
        at_once: bool = True,
    ) -> list[Recorded]:
        """Write changes down, all or none; they are on disk when this returns.

        Args:
            changes: As the core said them, in order.
            vendors: The vendor of every configured integration, by id.
            kept_fields: The booking fields that settings name.
            at_once: Whether to unfold them besides, for who works them off now.

        Raises:
            LedgerError: Nothing was written.
        """
        changes, now = tuple(changes), self._clock()
        fresh = self._sightings.fresh(changes)
        rows = [self._recorder.fold(change, vendors, kept_fields, now) for change in changes]
        with self._database.writing() as connection:
            write_sightings(connection, fresh)
            recorded = self._recorder.record(connection, changes, rows)
            if at_once or unfolds_at_once(self._database):
                unfold_of(connection, list({row["booking"]: None for row in rows}), self._clock())
        self._sightings.remember(fresh)
        return recorded

    def unfold(self) -> bool:
        """Unfold the events that came first; tell whether there may be more."""
        return unfold_first(self._database, self._clock)

    def unfold_all(self) -> None:
        """Unfold every event: for who looks at everything."""
        unfold_all(self._database, self._clock)

    def booking(self, booking_id: str) -> Booking | None:
        """Return the newest booking of that id, with the newest status; None if none ever came."""
        names = {"booking": booking_id}
        with self._database.reading() as connection:
            row = connection.execute(_newest_booking, names).mappings().one()
        if row["waits"]:
            with self._database.writing() as connection:
                unfold_of(connection, [booking_id], self._clock())
                row = connection.execute(_newest_booking, names).mappings().one()
        if row["id"] is None:
            return None
        newest = read_booking_row(row, self.desk.customers)
        return replace(newest, status=row["newest_status"])

    def holders(self, bookings: Collection[str]) -> list[PairKey]:
        """Return the pairs of these bookings that hold, or may hold, access."""
        with self._database.reading() as connection:
            names = {"bookings": list(bookings), "now": self._clock()}
            rows = connection.execute(_holders, names).mappings()
            return [PairKey(**row) for row in rows]

    def history(self, integration: str) -> History:
        """Return when an integration first granted, revoked and opened."""
        with self._database.reading() as connection:
            found = [
                connection.execute(first, {"integration": integration}).first()
                for first in (*_milestones, _first_opening)
            ]
        marks = [row and Milestone(at=row.at, booking=row.booking) for row in found]
        return History(first_grant=marks[0], first_revocation=marks[1], first_opening=marks[2])

    def audit(self, booking: str | None = None) -> Iterator[Entry]:
        """Yield the audit in the order in which it was written, of one booking or all."""
        self.unfold_all()
        return read_audit(self._database, booking)

    def note(self, *notes: Note) -> None:
        """Have the audit say something that no pair's step says."""
        with self._database.writing() as connection:
            append(connection, notes, self._clock())

    def seen(self) -> Seen:
        """Return what events showed of the booking core."""
        with self._database.reading() as connection:
            return read_seen(connection)

    def vault(self, vendor: str) -> LedgerVault:
        """Return the vault of a vendor's integrations."""
        return LedgerVault(self._database, self._vault_box, vendor)

    def _identity(self, keys: Keys) -> tuple[str, bytes]:
        """Return the installation's name and its digest key, made when the ledger is."""
        box = keys.box("installation")
        with self._database.writing() as connection:
            take_turns(connection, "installation", [""])
            row = connection.execute(select(installation)).first()
            if row is not None:
                return row.name, base64.b64decode(box.unlock("digest", row.digest_key))
            name, key = random_source.token_hex(2), os.urandom(32)
            connection.execute(
                installation.insert(),
                {
                    "id": 1,
                    "name": name,
                    "digest_key": box.lock("digest", base64.b64encode(key).decode()),
                    "made_at": self._clock(),
                },
            )
            return name, key
