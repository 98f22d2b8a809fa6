"""What the ledger holds, for who compares or repairs: grants by label, by reference, in turn."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, func, or_, select, update

from ..kit.label import Label
from .database import Database
from .desk import Desk
from .grants import UNSETTLED, State, StoredGrant
from .pairs import PairKey, PairState, load_state
from .tables import bookings, grants, pairs

_AT_ONCE = 200  # grants that are read at once

_now = bindparam("now", type_=grants.c.ends_at.type)
_ends_at = func.coalesce(grants.c.ends_at, grants.c.said_end)
_of_pair = and_(
    pairs.c.integration == bindparam("of_integration"), pairs.c.booking == bindparam("of_booking")
)
_labelled = (
    select(grants)
    .where(
        grants.c.booking.in_(bindparam("of_bookings", expanding=True)),  # which has an index
        grants.c.label.in_(bindparam("labels", expanding=True)),
    )
    .order_by(grants.c.id)
)
_referred = (
    select(grants)
    .where(
        grants.c.vendor == bindparam("of_vendor"),
        grants.c.reference.in_(bindparam("references", expanding=True)),
    )
    .order_by(grants.c.id)
)
_next = (
    select(grants)
    .where(
        grants.c.integration == bindparam("of_integration"),
        grants.c.vendor == bindparam("of_vendor"),
        grants.c.state.in_(bindparam("states", expanding=True)),
        grants.c.id > bindparam("after"),
        func.coalesce(grants.c.made_at, grants.c.asked_at) <= bindparam("before", type_=_now.type),
        _ends_at > _now,
    )
    .order_by(grants.c.id)
    .limit(_AT_ONCE)
)
_left_behind = (
    select(grants.c.integration, grants.c.vendor, grants.c.booking)
    .where(grants.c.state.in_(UNSETTLED), _ends_at > _now)
    .distinct()
    .order_by(grants.c.integration, grants.c.booking)
)
_close = (
    update(grants)
    .where(grants.c.state.in_(UNSETTLED), _ends_at <= _now)
    .values(state=State.OVER, ended_at=_now)
)
_asking = select(grants.c.booking).where(
    grants.c.integration == bindparam("of_integration"),
    grants.c.state == State.ASKING,
    grants.c.search_at <= _now,
)
_settle = (
    update(pairs)
    .where(
        pairs.c.integration == bindparam("of_integration"),
        pairs.c.due_at.is_(None),
        pairs.c.booking.in_(_asking),
    )
    .values(due_at=_now)
)
_hurry_skipped = (
    update(pairs)
    .where(
        pairs.c.integration == bindparam("of_integration"),
        pairs.c.vendor == bindparam("of_vendor"),
        pairs.c.skipped_at.is_not(None),
    )
    .values(due_at=_now)
)
_hurry = (
    update(pairs)
    .where(_of_pair, or_(pairs.c.due_at.is_(None), pairs.c.due_at > _now))
    .values(due_at=_now)
)
_skipped = (
    select(pairs.c.booking)
    .where(
        pairs.c.integration == bindparam("of_integration"),
        pairs.c.vendor == bindparam("of_vendor"),
        pairs.c.skipped_at.is_not(None),
    )
    .order_by(pairs.c.skipped_at, pairs.c.booking)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant, and whose it is."""

    key: PairKey
    stored: StoredGrant

    @property
    def reference(self) -> str | None:
        """The vendor's id; None until it is made."""
        return self.stored.grant.reference if self.stored.grant else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The grants of one ledger, for who holds no pair."""

    database: Database
    clock: Callable[[], datetime]

    def under(self, labels: Collection[Label]) -> list[Held]:
        """Return every grant, in whatever state, that has one of these whole labels."""
        names = {"of_bookings": {one.booking for one in labels}, "labels": map(str, labels)}
        return self._read(_labelled, **{name: list(values) for name, values in names.items()})

    def referred(self, vendor: str, references: Collection[str]) -> list[Held]:
        """Return every grant, in whatever state, that has one of a vendor's references."""
        return self._read(_referred, of_vendor=vendor, references=list(references))

    def live(
        self,
        integration: str,
        vendor: str,
        *,
        states: Collection[State] = (State.CURRENT,),
        after: int = 0,
        before: datetime | None = None,
    ) -> list[Held]:
        """Return some grants whose window is not over, the oldest first; none at the end.

        Args:
            integration: Whose.
            vendor: Of which it was then.
            states: In one of these.
            after: The id of the last one that was returned before.
            before: Made, or asked for, until then; by default whenever.
        """
        names = {"of_integration": integration, "of_vendor": vendor, "states": list(states)}
        return self._read(_next, **names, after=after, before=before or self.clock())

    def left_behind(self, vendors: dict[str, str]) -> list[PairKey]:
        """Return the pairs that hold, or may hold, access of no configured integration.

        Args:
            vendors: The vendor of each configured one, by id.
        """
        with self.database.reading() as connection:
            rows = connection.execute(_left_behind, {"now": self.clock()}).mappings()
            keys = [PairKey(**row) for row in rows]
        return [key for key in keys if vendors.get(key.integration) != key.vendor]

    def close_over(self) -> None:
        """Close every grant whose window is over; no vendor is asked."""
        with self.database.writing() as connection:
            connection.execute(_close, {"now": self.clock()})

    def settle_asking(self, integration: str) -> None:
        """Make the pairs due that wait for nobody with a request that can be looked up by now."""
        with self.database.writing() as connection:
            names = {"of_integration": integration, "now": self.clock()}
            connection.execute(_settle, names)

    def hurry(self, key: PairKey) -> None:
        """Make a pair due now."""
        with self.database.writing() as connection:
            names = {"of_integration": key.integration, "of_booking": key.booking}
            connection.execute(_hurry, names | {"now": self.clock()})

    def hurry_skipped(self, integration: str, vendor: str) -> None:
        """Make everything due now that reached an integration while it was inactive."""
        with self.database.writing() as connection:
            names = {"of_integration": integration, "of_vendor": vendor}
            connection.execute(_hurry_skipped, names | {"now": self.clock()})

    def known_bookings(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of these bookings of which any change ever came."""
        with self.database.reading() as connection:
            found = select(bookings.c.id).where(bookings.c.id.in_(list(ids)))
            return frozenset(connection.execute(found).scalars())

    def knows_pair(self, key: PairKey) -> bool:
        """Tell whether a change of the booking ever reached the integration."""
        with self.database.reading() as connection:
            found = select(pairs.c.booking).where(
                pairs.c.integration == key.integration,
                pairs.c.booking == key.booking,
                pairs.c.vendor == key.vendor,
            )
            return connection.execute(found).first() is not None

    def skipped(self, integration: str, vendor: str) -> list[str]:
        """Return the bookings that reached an integration while it was inactive, oldest first."""
        names = {"of_integration": integration, "of_vendor": vendor}
        with self.database.reading() as connection:
            return list(connection.execute(_skipped, names).scalars())

    def look(self, desk: Desk, key: PairKey, *, field: str | None) -> PairState | None:
        """Return what is known of a pair, without taking it; None where it does not exist.

        Nothing stays written: what reading closes is closed when somebody takes the pair.
        """
        names = {"of_integration": key.integration, "of_booking": key.booking}
        with self.database.writing() as connection, connection.begin_nested() as aside:
            pair = connection.execute(select(pairs).where(_of_pair), names).mappings().first()
            state = None
            if pair is not None:
                state = load_state(
                    connection,
                    key,
                    pair,
                    field=field,
                    digests=desk.digests,
                    customers=desk.customers,
                    now=self.clock(),
                )
            aside.rollback()
        return state

    def _read(self, statement: Select[tuple[object, ...]], **names: object) -> list[Held]:
        with self.database.reading() as connection:
            rows = connection.execute(statement, {"now": self.clock(), **names}).mappings().all()
        return [
            Held(
                key=PairKey(
                    integration=row["integration"], vendor=row["vendor"], booking=row["booking"]
                ),
                stored=StoredGrant.from_row(row),
            )
            for row in rows
        ]
