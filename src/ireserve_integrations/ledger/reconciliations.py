"""Where the rounds of reconciliation stand, so that any process goes on where one stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from .database import Database
from .tables import reconciliations

_columns = reconciliations.c
_Moment = _columns.leased_until.type


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One comparison of an integration with its vendor, not finished."""

    integration: str
    started_at: datetime
    mark: str | None = None
    """What the round has seen and found, in the words of who compares; None at its beginning."""
    after: int | None = None
    """The last grant that was compared by itself; None before the first."""
    leased_until: datetime | None = None
    """Until when it is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an integration's rounds are."""

    started_at: datetime | None
    """Of the round that is under way."""
    finished_at: datetime | None
    """Of the last one that was finished."""
    leased_until: datetime | None
    """Until when nobody else goes on."""


_put = insert(reconciliations).on_conflict_do_nothing()
_of = _columns.integration == bindparam("of_integration")
_read = select(reconciliations).where(_of)
_claim = (
    update(reconciliations)
    .where(
        _of,
        or_(
            _columns.leased_until.is_(None),
            _columns.leased_until <= bindparam("now", type_=_Moment),
        ),
    )
    .values(leased_until=bindparam("until", type_=_Moment))
    .returning(_columns.page, _columns.after, _columns.started_at)
)
_begin = (
    update(reconciliations)
    .where(_of)
    .values(page=None, after=None, started_at=bindparam("now", type_=_Moment))
)
_ours = (_of, _columns.leased_until == bindparam("of_until", type_=_Moment))
_keep = (
    update(reconciliations)
    .where(*_ours)
    .values(
        page=bindparam("mark"),
        after=bindparam("new_after"),
        leased_until=bindparam("until", type_=_Moment),
    )
)
_finish = (
    update(reconciliations)
    .where(*_ours)
    .values(
        page=None,
        after=None,
        started_at=None,
        finished_at=bindparam("now", type_=_Moment),
        leased_until=None,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliations:
    """The rounds of one ledger."""

    database: Database
    clock: Callable[[], datetime]

    def progress(self, integration: str) -> Progress | None:
        """Return how far an integration's rounds are; None where none was ever begun."""
        with self.database.reading() as connection:
            row = connection.execute(_read, {"of_integration": integration}).first()
        if row is None:
            return None
        return Progress(
            started_at=row.started_at, finished_at=row.finished_at, leased_until=row.leased_until
        )

    def claim(self, integration: str, *, lasts_s: float, stale_s: float) -> Round | None:
        """Take up the round that somebody stopped, or begin one; None while another has it.

        Args:
            integration: Whose.
            lasts_s: How long a step may take, after which another may go on.
            stale_s: How long after its beginning a round is begun anew instead.
        """
        with self.database.writing() as connection:
            now = self.clock()
            until = now + timedelta(seconds=lasts_s)
            names = {"of_integration": integration, "now": now}
            connection.execute(_put, {"integration": integration})
            row = connection.execute(_claim, names | {"until": until}).first()
            if row is None:
                return None
            if row.started_at is None or row.started_at <= now - timedelta(seconds=stale_s):
                connection.execute(_begin, names)
                return Round(integration=integration, started_at=now, leased_until=until)
        return Round(
            integration=integration,
            started_at=row.started_at,
            mark=row.page,
            after=row.after,
            leased_until=until,
        )

    def keep(self, round_: Round, *, pause_s: float = 0.0) -> bool:
        """Write down how far a round is and give it back; False where another has it.

        Args:
            round_: As claimed, with what is to be kept.
            pause_s: How long nobody is to go on.
        """
        until = self.clock() + timedelta(seconds=pause_s) if pause_s else None
        names = {"mark": round_.mark, "new_after": round_.after, "until": until}
        return self._write(_keep, round_, names)

    def finish(self, round_: Round) -> bool:
        """Write down that a round is over; False where another has it."""
        return self._write(_finish, round_, {"now": self.clock()})

    def _write(self, statement: Any, round_: Round, names: dict[str, Any]) -> bool:
        ours = {"of_integration": round_.integration, "of_until": round_.leased_until}
        with self.database.writing() as connection:
            return bool(connection.execute(statement, ours | names).rowcount)
