"""Where workers take pairs: one at a time holds each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, update

from .database import Database
from .digests import Digests
from .grants import State
from .keys import Box
from .lease import Lease
from .pairs import PairKey, load_state
from .tables import pairs

_key_columns = (
    pairs.c.integration == bindparam("in_integration"),
    pairs.c.booking == bindparam("of_booking"),
)
_take = (
    update(pairs)
    .where(
        *_key_columns,
        or_(pairs.c.leased_until.is_(None), pairs.c.leased_until <= bindparam("now")),
    )
    .values(lease=pairs.c.lease + 1, leased_until=bindparam("until"))
    .returning(
        pairs.c.lease,
        pairs.c.standing,
        pairs.c.standing_sequence,
        pairs.c.applied,
        pairs.c.failed_as,
        pairs.c.failures,
    )
)
_take_due = _take.where(pairs.c.due_at <= bindparam("now", type_=pairs.c.due_at.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What leases share: one ledger's database, digests, encryption and clock."""

    database: Database
    digests: Digests
    customers: Box
    clock: Callable[[], datetime]
    lease_s: float
    write_backs: Box
    """Encrypts what the booking core is to be told."""
    write_delay_s: float | None = None
    """How long the booking core needs to store what it told us of; None: nobody writes back."""

    def take(
        self,
        key: PairKey,
        *,
        field: str | None,
        label: str | None,
        search_at: datetime,
        only_due: bool = False,
    ) -> Lease | None:
        """Take a pair; None while another worker holds it, or when it does not exist.

        Args:
            key: The pair.
            field: The booking field that holds references, if the integration has one.
            label: What the vendor may be asked under now; written down unless an earlier one is
                unsettled. None where nothing will be asked.
            search_at: When no request under `label` can arrive any more.
            only_due: Whether to leave a pair that is not due, as if another worker held it.
        """
        with self.database.writing() as connection:
            now = self.clock()  # not before: another writer may have kept us waiting
            row = connection.execute(
                _take_due if only_due else _take,
                {
                    "in_integration": key.integration,
                    "of_booking": key.booking,
                    "now": now,
                    "until": now + timedelta(seconds=self.lease_s),
                },
            )
            pair = row.mappings().first()
            if pair is None:
                return None
            state = load_state(
                connection,
                key,
                pair,
                field=field,
                digests=self.digests,
                customers=self.customers,
                now=now,
            )
            lease = Lease(desk=self, key=key, number=pair["lease"], state=state)
            if label is not None and not state.in_state(State.ASKING):
                lease.asked = lease.insert_asking(connection, label, search_at)
                lease.flush(connection, now)
        return lease
