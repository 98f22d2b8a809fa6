"""Which pairs are due: what workers look at, over the index of due times."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, update

from .database import Database
from .pairs import PairKey
from .tables import pairs

_EVER = datetime(1, 1, 2, tzinfo=UTC)  # before any time; keeps an index scan off the pairs of None

_ours = and_(
    pairs.c.integration == bindparam("of_integration"), pairs.c.vendor == bindparam("of_vendor")
)
_free = or_(
    pairs.c.leased_until.is_(None),
    pairs.c.leased_until <= bindparam("now", type_=pairs.c.leased_until.type),
)
_due = (
    select(pairs.c.booking)
    .where(_ours, pairs.c.due_at <= bindparam("now", type_=pairs.c.due_at.type), _free)
    .order_by(pairs.c.due_at)
    .limit(bindparam("at_most"))
)
_first = (
    select(pairs.c.booking, pairs.c.due_at)
    .where(_ours, pairs.c.due_at > _EVER, _free)
    .order_by(pairs.c.due_at)
    .limit(bindparam("at_most"))
)
_waiting = (
    select(pairs.c.booking)
    .where(
        _ours,
        pairs.c.due_at > _EVER,
        or_(pairs.c.not_before.is_(None), pairs.c.not_before <= bindparam("now")),
        _free,
    )
    .order_by(pairs.c.due_at)
    .limit(1)
)
_next = select(func.min(pairs.c.due_at)).where(
    pairs.c.integration == bindparam("of_integration"),
    pairs.c.due_at > bindparam("now", type_=pairs.c.due_at.type),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What comes first of an integration's pairs that nobody holds."""

    due: tuple[PairKey, ...]
    """Due now, the longest due first; no more than were asked for."""
    more: bool
    """Whether others are due besides."""
    next_at: datetime | None
    """When the next becomes due, if there are no more now; None for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due in one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def keys(self, integration: str, vendor: str, at_most: int) -> list[PairKey]:
        """Return due pairs that nobody holds, the longest due first."""
        names = {"of_integration": integration, "of_vendor": vendor, "at_most": at_most}
        with self.database.reading() as connection:
            rows = connection.execute(_due, {**names, "now": self.clock()}).scalars().all()
        return [PairKey(integration=integration, vendor=vendor, booking=one) for one in rows]

    def first(
        self, integration: str, vendor: str, at_most: int, *, patience_s: float = 0.0
    ) -> First:
        """Return the first pairs that nobody holds, and when the next one becomes due.

        Args:
            integration: Its id.
            vendor: Its vendor's name.
            at_most: How many pairs to return.
            patience_s: How long a pair must have been due.
        """
        patience = timedelta(seconds=patience_s)
        now = self.clock() - patience
        names = {"of_integration": integration, "of_vendor": vendor, "at_most": at_most + 1}
        with self.database.reading() as connection:
            rows = connection.execute(_first, {**names, "now": self.clock()}).all()
        due = [row.booking for row in rows if row.due_at <= now]
        return First(
            due=tuple(
                PairKey(integration=integration, vendor=vendor, booking=booking)
                for booking in due[:at_most]
            ),
            more=len(due) > at_most,
            next_at=next((row.due_at + patience for row in rows if row.due_at > now), None),
        )

    def waiting(self, integration: str, vendor: str) -> PairKey | None:
        """Return the pair with which to try a vendor that is down: due or waiting; None for none.

        One whose lost request may still arrive is left alone: it would ask nothing yet.
        """
        names = {"of_integration": integration, "of_vendor": vendor, "now": self.clock()}
        with self.database.reading() as connection:
            booking = connection.execute(_waiting, names).scalar_one_or_none()
        if booking is None:
            return None
        return PairKey(integration=integration, vendor=vendor, booking=booking)

    def next_at(self, integration: str) -> datetime | None:
        """Return when the next pair becomes due that is not due yet; None for none."""
        with self.database.reading() as connection:
            names = {"of_integration": integration, "now": self.clock()}
            return connection.execute(_next, names).scalar_one_or_none()

    def of_booking(self, booking: str) -> list[PairKey]:
        """Return a booking's pairs that owe something, due or not."""
        owing = select(pairs.c.integration, pairs.c.vendor, pairs.c.booking).where(
            pairs.c.booking == booking, pairs.c.due_at.is_not(None)
        )
        with self.database.reading() as connection:
            return [PairKey(**row) for row in connection.execute(owing).mappings()]

    def due_at(self, key: PairKey) -> datetime | None:
        """Return when a pair is due; None where it owes nothing, or is not known."""
        found = select(pairs.c.due_at).where(
            pairs.c.integration == key.integration, pairs.c.booking == key.booking
        )
        with self.database.reading() as connection:
            return connection.execute(found).scalar_one_or_none()

    def is_held(self, key: PairKey) -> bool:
        """Tell whether anybody holds a pair now."""
        found = select(pairs.c.booking).where(
            pairs.c.integration == key.integration,
            pairs.c.booking == key.booking,
            pairs.c.leased_until > self.clock(),
        )
        with self.database.reading() as connection:
            return connection.execute(found).first() is not None

    def owing(self, integration: str) -> int:
        """Return how many pairs of an integration owe something."""
        counted = select(func.count()).where(
            pairs.c.integration == integration, pairs.c.due_at > _EVER
        )
        with self.database.reading() as connection:
            return int(connection.execute(counted).scalar_one())

    def hurry(self, integration: str, kinds: Collection[str]) -> None:
        """Make everything due now that waits because of a failure of these kinds.

        One whose lost request may still arrive waits for that.
        """
        now = self.clock()
        at = func.coalesce(pairs.c.not_before, now)
        with self.database.writing() as connection:
            connection.execute(
                update(pairs)
                .where(
                    pairs.c.integration == integration,
                    pairs.c.failed_as.in_(list(kinds)),
                    pairs.c.due_at > now,
                    at <= now,
                )
                .values(due_at=now)
            )
