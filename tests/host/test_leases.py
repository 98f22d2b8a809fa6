"""A pair is held by one worker at a time, and only its holder writes of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ireserve_integrations.ledger import Keys, Lease, LeaseLostError, Ledger, Owed, PairKey, State
from ireserve_integrations.model import Booking, Grant, StatusChange, Window

_START = datetime(2026, 11, 21, 10, tzinfo=UTC)
_BOOKING = Booking(id="15492", start=_START, end=_START + timedelta(hours=2))
_KEY = PairKey(integration="one", vendor="fake", booking="15492")
_LEASE_S = 30.0
_LABEL = "i-Reserve 15492 · 3f9c-81ab77d0"
_LATER = _START + timedelta(minutes=5)
_GRANT = Grant(
    reference="g-1",
    window=Window(start=_START, end=_BOOKING.end),
    place={"site_id": "s-1"},
    targets=("d-1", "d-2"),
    field="custom12",
    label=_LABEL,
)


class _Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = _START - timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def open_ledger(tmp_path: Path, key: str, clock: _Clock) -> Callable[[], Ledger]:
    """Open the ledger as a process of its own would."""

    def open_one() -> Ledger:
        path = str(tmp_path / "ledger.db")
        return Ledger(path, keys=Keys(key), lease_s=_LEASE_S, clock=clock)

    return open_one


@pytest.fixture
def ledger(open_ledger: Callable[[], Ledger]) -> Iterator[Ledger]:
    """A ledger in which the pair owes something."""
    with closing(open_ledger()) as ledger:
        ledger.record([StatusChange(booking=_BOOKING, new_status="30")], {"one": "fake"}, ())
        yield ledger


def _take(ledger: Ledger, *, label: str | None = _LABEL, key: PairKey = _KEY) -> Lease | None:
    return ledger.desk.take(key, field=None, label=label, search_at=_LATER)


def _hold(ledger: Ledger, *, label: str | None = _LABEL) -> Lease:
    lease = _take(ledger, label=label)
    assert lease is not None
    return lease


def _grant(lease: Lease, grant: Grant = _GRANT) -> None:
    """Make a grant of what was asked, and give the pair back."""
    assert lease.asked is not None
    lease.commit(made=(lease.asked, grant), applied=True, standing="30", owed=Owed(), release=True)


# --- who holds it ---------------------------------------------------------------------------------


def test_only_one_worker_holds_a_pair(ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
    first = _take(ledger)

    with closing(open_ledger()) as of_another_process:
        second = _take(of_another_process)

    assert first is not None
    assert second is None


def test_a_pair_that_is_given_back_can_be_taken(ledger: Ledger) -> None:
    _hold(ledger).release()

    assert _take(ledger) is not None


def test_a_pair_that_owes_nothing_at_all_cannot_be_taken(ledger: Ledger) -> None:
    assert _take(ledger, key=replace(_KEY, booking="15493")) is None
    assert _take(ledger, key=replace(_KEY, integration="two")) is None


@pytest.mark.parametrize(("passed_s", "taken"), [(_LEASE_S - 0.001, False), (_LEASE_S, True)])
def test_a_stale_lease_is_taken_over(
    ledger: Ledger, clock: _Clock, passed_s: float, *, taken: bool
) -> None:
    _hold(ledger)
    clock.pass_by(passed_s)

    assert (_take(ledger) is not None) is taken


def test_a_lease_that_is_renewed_is_not_stale(ledger: Ledger, clock: _Clock) -> None:
    lease = _hold(ledger)
    clock.pass_by(_LEASE_S - 1)
    lease.renew()
    clock.pass_by(_LEASE_S - 1)

    assert _take(ledger) is None


def test_a_commit_renews_the_lease(ledger: Ledger, clock: _Clock) -> None:
    lease = _hold(ledger)
    clock.pass_by(_LEASE_S - 1)
    lease.commit()
    clock.pass_by(_LEASE_S - 1)

    assert _take(ledger) is None


def test_a_stale_lease_that_nobody_took_over_still_holds(ledger: Ledger, clock: _Clock) -> None:
    lease = _hold(ledger)
    clock.pass_by(2 * _LEASE_S)
    lease.renew()

    assert _take(ledger) is None


# --- a lost lease ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda lease: lease.renew(),
        lambda lease: lease.ask("another label", _LATER),
        lambda lease: lease.commit(added=[(State.CURRENT, _GRANT)]),
        lambda lease: lease.commit(made=(lease.asked, _GRANT), applied=True, standing="30"),
        lambda lease: lease.commit(forgotten=[lease.asked]),
        lambda lease: lease.commit(owed=Owed(), release=True),
    ],
)
def test_who_lost_a_lease_writes_nothing(
    ledger: Ledger, clock: _Clock, write: Callable[[Lease], None]
) -> None:
    lost = _hold(ledger)
    clock.pass_by(_LEASE_S)
    successor = _hold(ledger, label=None)

    with pytest.raises(LeaseLostError):
        write(lost)

    successor.release()
    state = _hold(ledger, label=None).state
    assert [(one.state, one.label, one.grant) for one in state.grants] == [
        (State.ASKING, _LABEL, None)
    ]
    assert (state.standing, state.statuses) == (None, ("30",))


def test_giving_back_a_lost_lease_takes_it_from_nobody(ledger: Ledger, clock: _Clock) -> None:
    lost = _hold(ledger)
    clock.pass_by(_LEASE_S)
    _hold(ledger)

    lost.release()
    lost.release()

    assert _take(ledger) is None


def test_a_lease_that_was_given_back_is_not_given_back_twice(ledger: Ledger) -> None:
    former = _hold(ledger)
    former.release()
    _hold(ledger)

    former.release()

    assert _take(ledger) is None


# --- what a holder finds and leaves ---------------------------------------------------------------


def test_a_label_is_on_disk_with_the_lease(
    ledger: Ledger, open_ledger: Callable[[], Ledger], clock: _Clock
) -> None:
    asked = _hold(ledger).asked
    clock.pass_by(_LEASE_S)

    with closing(open_ledger()) as of_another_process:
        (found,) = _hold(of_another_process).state.in_state(State.ASKING)

    assert asked == found
    assert (found.label, found.search_at, found.grant) == (_LABEL, _LATER, None)


def test_no_second_label_is_written_while_one_is_unsettled(ledger: Ledger, clock: _Clock) -> None:
    _hold(ledger)
    clock.pass_by(_LEASE_S)

    lease = _hold(ledger, label="another label")

    assert lease.asked is None
    assert [one.label for one in lease.state.grants] == [_LABEL]


def test_what_was_granted_is_current_and_nothing_is_owed(ledger: Ledger) -> None:
    _grant(_hold(ledger))

    state = _hold(ledger, label=None).state
    assert [(one.state, one.grant) for one in state.grants] == [(State.CURRENT, _GRANT)]
    assert (state.standing, state.statuses) == ("30", ())


def test_what_is_over_is_closed_when_the_pair_is_taken(ledger: Ledger, clock: _Clock) -> None:
    _grant(_hold(ledger))
    assert ledger.holders(["15492", "1"]) == [_KEY]
    clock.now = _BOOKING.end

    assert ledger.holders(["15492", "1"]) == []
    assert _hold(ledger, label=None).state.grants == ()


def test_an_event_that_came_meanwhile_is_still_owed(ledger: Ledger, tmp_path: Path) -> None:
    lease = _hold(ledger)
    ledger.record([StatusChange(booking=_BOOKING, new_status="70")], {"one": "fake"}, ())
    _grant(lease)

    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        due = connection.execute("SELECT due_at FROM pairs").fetchone()
    assert due == ("2026-11-21 09:00:00.000000",)
    state = _hold(ledger, label=None).state
    assert (state.standing, state.statuses) == ("30", ("70",))


def test_unapplied_statuses_come_in_the_order_of_their_sequence(ledger: Ledger) -> None:
    late, newest, without = (
        StatusChange(booking=_BOOKING, new_status=status, sequence=sequence)
        for status, sequence in (("40", 6), ("70", 7), ("80", None))
    )
    ledger.record([newest, late, without], {"one": "fake"}, ())

    state = _hold(ledger).state

    assert (state.statuses, state.ignored) == (("30", "40", "70", "80"), ())


def test_a_status_behind_the_standing_one_is_ignored(ledger: Ledger) -> None:
    standing = StatusChange(booking=_BOOKING, new_status="30", sequence=7)
    late = StatusChange(booking=_BOOKING, new_status="70", sequence=6)
    ledger.record([standing], {"one": "fake"}, ())
    _grant(_hold(ledger))
    ledger.record([late], {"one": "fake"}, ())

    state = _hold(ledger, label=None).state

    assert (state.standing, state.statuses, state.ignored) == ("30", (), ("70",))


def test_the_ledger_remembers_the_first_grant_and_the_first_revocation(
    ledger: Ledger, clock: _Clock
) -> None:
    assert ledger.history("one").first_grant is None
    _grant(_hold(ledger))
    clock.pass_by(60)
    lease = _hold(ledger, label=None)
    (stored,) = lease.state.grants
    lease.commit(moved={stored.id: State.REVOKED}, release=True)

    history = ledger.history("one")

    assert history.first_grant is not None
    assert history.first_revocation is not None
    assert history.first_revocation.at - history.first_grant.at == timedelta(seconds=60)
    assert (history.first_grant.booking, history.first_revocation.booking) == ("15492", "15492")


def test_whoever_takes_a_pair_knows_what_has_come_in_since_it_became_due(ledger: Ledger) -> None:
    moved = replace(_BOOKING, end=_BOOKING.end + timedelta(hours=1))
    change = StatusChange(booking=moved, new_status="70")
    ledger.record([change], {"one": "fake"}, (), at_once=False)

    lease = _hold(ledger)

    assert lease.state.statuses == ("30", "70")
    assert lease.state.booking.end == moved.end


# --- who looks for what is due --------------------------------------------------------------------


def test_a_pair_that_is_due_is_left_to_the_queue_for_as_long_as_its_patience_lasts(
    ledger: Ledger, clock: _Clock
) -> None:
    became_due = clock.now
    clock.pass_by(1.9)
    early = ledger.due.first("one", "fake", 10, patience_s=2)
    clock.pass_by(0.2)
    late = ledger.due.first("one", "fake", 10, patience_s=2)

    assert (early.due, early.next_at) == ((), became_due + timedelta(seconds=2))
    assert late.due == (_KEY,)


def test_a_look_without_patience_finds_what_is_due_now(ledger: Ledger) -> None:
    assert ledger.due.first("one", "fake", 10).due == (_KEY,)
