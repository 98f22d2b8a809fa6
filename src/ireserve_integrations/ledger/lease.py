"""A pair, held by one worker at a time: what it owes, and every step of working it off.

A lease has a number that each commit of its holder checks, so that a holder who was thought dead,
and is not, writes nothing over what its successor did.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Boolean, Connection, Table, Update, bindparam, case, delete, select, update

from ..errors import LedgerError
from ..model import Grant
from .alerts import Alert
from .audit import Note, append
from .faults import write_faults
from .grants import State, StoredGrant, grant_columns
from .pairs import PairKey, PairState
from .tables import grants, pairs
from .wanting import Wanted, tell_core, want_no_reference, want_reference

if TYPE_CHECKING:
    from .desk import Desk


T = TypeVar("T")

_PATIENCE_S = 5.0  # in which a PostgreSQL server restarts, or another process's lock is gone
_FIRST_PAUSE_S = 0.1


class LeaseLostError(Exception):
    """Another worker has taken the pair over; what we still wanted to write is not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What a pair still owes after a step."""

    due_at: datetime | None = None
    """When it is to be tried again; None where nothing is owed or a person must act."""
    not_before: datetime | None = None
    """Until when a lost request may still arrive, so that nothing is to be tried."""
    failed_as: str | None = None
    """Kind of the error, if there was one."""
    about: tuple[str, ...] = ()
    """The names that a mapping fault is about."""
    alerts: tuple[Alert, ...] = ()
    """What a person must see to; every other alert of a failure of this pair is closed."""


_not_made = (
    select(grants)
    .where(
        grants.c.integration == bindparam("integration"),
        grants.c.vendor == bindparam("vendor"),
        grants.c.booking == bindparam("booking"),
        grants.c.state == State.NOT_MADE,
        grants.c.said_end > bindparam("now", type_=grants.c.said_end.type),
    )
    .order_by(grants.c.id.desc())
)


_insert = grants.insert()
_forget = delete(grants).where(grants.c.id == bindparam("of_id"))
_due = case(
    (pairs.c.newest > bindparam("last_event"), bindparam("now", type_=pairs.c.due_at.type)),
    else_=bindparam("new_due_at", type_=pairs.c.due_at.type),
)
_failures = case((bindparam("new_failures", type_=Boolean), pairs.c.failures + 1), else_=0)


@cache
def _write(table: Table, *columns: str) -> Update:
    """Return the statement that writes these columns of a grant, or of a pair that we hold.

    Made once for each set of columns: making it costs more than running it.
    """
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns
    }
    if table is grants:
        return update(table).where(table.c.id == bindparam("of_id")).values(values)
    values |= {"due_at": _due} if "due_at" in columns else {}
    values |= {"failures": _failures} if "failures" in columns else {}
    ours = (
        pairs.c.integration == bindparam("of_integration"),
        pairs.c.booking == bindparam("of_booking"),
        pairs.c.lease == bindparam("of_lease"),
    )
    return update(table).where(*ours).values(values)


def _new(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


class Lease:
    """A pair that we hold, and what we write of it."""

    def __init__(self, *, desk: "Desk", key: PairKey, number: int, state: PairState) -> None:
        self._desk = desk
        self._database = desk.database
        self._clock = desk.clock
        self.key = key
        self.state = state
        self.asked: StoredGrant | None = None
        """The label of our own that is on disk, not yet settled."""
        self._number = number
        self._held = True
        self._failed_as = state.failed_as
        """As the last step left it; its alerts are open."""
        self._notes: list[Note] = []
        self._added: dict[int, Grant] = {}

    def note(self, what: str, **detail: Any) -> None:
        """Have the audit say this with the next step; a detail of None is left out."""
        said = {name: value for name, value in detail.items() if value is not None}
        key = self.key
        self._notes.append(
            Note(what=what, integration=key.integration, booking=key.booking, detail=said)
        )

    def renew(self) -> None:
        """Hold the pair for another lease.

        Raises:
            LeaseLostError: Another worker has taken it over.
        """
        with self._database.writing() as connection:
            self._check(connection)
            self.flush(connection, self._clock())

    def ask(self, label: str, search_at: datetime) -> None:
        """Write a label down before the vendor is asked under it."""
        with self._database.writing() as connection:
            self._check(connection)
            self.asked = self.insert_asking(connection, label, search_at)
            self.flush(connection, self._clock())

    def insert_asking(self, connection: Connection, label: str, search_at: datetime) -> StoredGrant:
        """Write an asking grant inside the caller's transaction."""
        said = self.state.said
        self.note("label", label=label)
        times = {"asked_at": self._clock(), "search_at": search_at}
        row_id = self._insert(connection, State.ASKING, label=label, **times, **said.as_columns())
        return StoredGrant(
            id=row_id, state=State.ASKING, label=label, said=said, search_at=search_at
        )

    def not_made(self) -> tuple[StoredGrant, ...]:
        """Return what was looked for in vain, newest first: it may have been made afterwards.

        What would be over by now is left out.
        """
        names = self.key.as_columns() | {"now": self._clock()}
        with self._database.reading() as connection:
            found = connection.execute(_not_made, names).mappings()
            return tuple(StoredGrant.from_row(row) for row in found)

    def commit(
        self,
        *,
        made: tuple[StoredGrant, Grant] | None = None,
        added: Iterable[tuple[State, Grant]] = (),
        moved: Mapping[int, State] | None = None,
        forgotten: Iterable[StoredGrant] = (),
        applied: bool = False,
        standing: str | None = None,
        skipped: bool = False,
        owed: Owed | None = None,
        wanted: Wanted | None = None,
        release: bool = False,
    ) -> tuple[StoredGrant, ...]:
        """Write one step, whole or not at all.

        Args:
            made: An asking grant and what became of it: it is current now.
            added: Access that the ledger did not know, and the state that it is in now.
            moved: New states of other grants, by id.
            forgotten: Asking grants under whose label the vendor was surely never asked.
            applied: Whether everything unapplied is applied now.
            standing: The status that stands then.
            skipped: Whether it is left unapplied because the integration is inactive.
            owed: What is still owed, or failed.
            wanted: What the booking core is to be told besides the references of grants.
            release: Whether the pair is given back.

        Returns:
            The grants of `added`, as stored.

        Raises:
            LeaseLostError: Another worker has taken the pair over; nothing was written.
        """
        added = tuple(added)
        if owed is not None and owed.failed_as is not None:
            again = owed.due_at.isoformat() if owed.due_at else None
            self.note("failed", kind=owed.failed_as, again_at=again)

        def write(connection: Connection) -> tuple[StoredGrant, ...]:
            now = self._clock()
            values = {} if owed is None else self._owed_columns(owed, now)
            values |= self._applied_columns(standing) if applied else {}
            values |= {"skipped_at": now} if skipped else {}
            values |= {"leased_until": None} if release else {}
            self._check(connection, **values)
            for stored in forgotten:
                connection.execute(_forget, {"of_id": stored.id})
            stored_now = self._write_grants(connection, now, made, added, moved or {})
            if owed is not None:
                self._write_faults(connection, owed, now)
            if wanted is not None:
                tell_core(
                    connection,
                    self._desk,
                    self.key,
                    wanted,
                    now=now,
                    acted_on=self.state.status,
                    event=self.state.last_event,
                )
            append(connection, self._notes, now)
            return stored_now

        stored_now = self._patiently(write, again=not added)
        self._notes, self._held = [], not release
        if owed is not None:
            self._failed_as = owed.failed_as
        return stored_now

    def _write_faults(self, connection: Connection, owed: Owed, now: datetime) -> None:
        write_faults(
            connection,
            self.key,
            about=owed.about,
            wanted=owed.alerts,
            failed_before=self._failed_as,
            now=now,
        )

    def _write_grants(
        self,
        connection: Connection,
        now: datetime,
        made: tuple[StoredGrant, Grant] | None,
        added: Iterable[tuple[State, Grant]],
        moved: Mapping[int, State],
    ) -> tuple[StoredGrant, ...]:
        """Write grants and, with them, what their booking fields are to hold."""
        if made is not None:
            columns = grant_columns(made[1])
            self._move(connection, made[0].id, State.CURRENT, made_at=now, **columns)
            self._added[made[0].id] = made[1]  # may be ended under this very lease
            want_reference(connection, self._desk, self.key, made[1], now)
        stored = {one.id: one.grant for one in self.state.grants}
        for grant_id, state in moved.items():
            ended = {"ended_at": now} if state in {State.REVOKED, State.OVER} else {}
            self._move(connection, grant_id, state, **ended)
            ours = stored.get(grant_id) or self._added.get(grant_id)
            if state is State.REVOKED and ours is not None:
                want_no_reference(connection, self._desk, self.key, ours, now)
        return tuple(self._add(connection, state, grant, now) for state, grant in added)

    def _patiently(self, write: Callable[[Connection], T], *, again: bool) -> T:
        """Write in a transaction; where the ledger fails, try again for a while.

        What a vendor has just answered would otherwise have to be searched.

        Args:
            write: The statements.
            again: Whether they may run twice, if the first time was committed unheard.
        """
        ends, pause_s = time.monotonic() + _PATIENCE_S, _FIRST_PAUSE_S
        while True:
            try:
                with self._database.writing() as connection:
                    return write(connection)
            except LedgerError:
                if not again or time.monotonic() + pause_s > ends:
                    raise
            time.sleep(pause_s)
            pause_s *= 2

    def release(self) -> None:
        """Give the pair back, if it is still held; one that is lost already is fine."""
        if self._held:
            try:
                self.commit(release=True)
            except LeaseLostError:
                self._held = False

    def _add(
        self, connection: Connection, state: State, grant: Grant, now: datetime
    ) -> StoredGrant:
        said = self.state.said
        row_id = self._insert(
            connection,
            state,
            label=grant.label,
            made_at=now,
            **said.as_columns(),
            **grant_columns(grant),
        )
        self._added[row_id] = grant
        if state is State.CURRENT:
            want_reference(connection, self._desk, self.key, grant, now)
        return StoredGrant(id=row_id, state=state, label=grant.label, said=said, grant=grant)

    def _insert(self, connection: Connection, state: State, **columns: Any) -> int:
        row = {**self.key.as_columns(), "state": state, **columns}
        result = connection.execute(_insert, row)
        return int(result.inserted_primary_key[0])  # type: ignore[index]  # one row, one key

    def _move(self, connection: Connection, grant_id: int, state: State, **columns: Any) -> None:
        self.note("grant", state=state, grant=grant_id, reference=columns.get("reference"))
        values = {"state": state, **columns}
        connection.execute(_write(grants, *values), {"of_id": grant_id, **_new(values)})

    def _owed_columns(self, owed: Owed, now: datetime) -> dict[str, Any]:
        """Return what is owed; an event that came meanwhile makes the pair due at once."""
        failed = owed.failed_as is not None
        return {
            "due_at": owed.due_at,
            "not_before": owed.not_before,
            "failed_as": owed.failed_as,
            "failures": failed,
            "due_if_newer": now,
        }

    def _applied_columns(self, standing: str | None) -> dict[str, Any]:
        columns: dict[str, Any] = {"applied": self.state.last_event, "standing": standing}
        columns["skipped_at"] = None
        if standing is not None and standing in self.state.sequences:
            columns["standing_sequence"] = self.state.sequences[standing]
        return columns

    def _check(self, connection: Connection, **columns: Any) -> None:
        """Renew the lease and write `columns`, if it is still ours."""
        until = self._clock() + timedelta(seconds=self._desk.lease_s)
        newer = columns.pop("due_if_newer", None)
        values = {"leased_until": until, **columns}
        held = {
            "of_integration": self.key.integration,
            "of_booking": self.key.booking,
            "of_lease": self._number,
            "last_event": self.state.last_event,
            "now": newer,
        }
        result = connection.execute(_write(pairs, *values), held | _new(values))
        if result.rowcount != 1:
            self._held = False
            raise LeaseLostError(f"{self.key.integration}, booking {self.key.booking}")

    def flush(self, connection: Connection, now: datetime) -> None:
        """Have the audit say what was noted since the last step."""
        append(connection, self._notes, now)
        self._notes = []
