"""Whatever is submitted, fails, dies or is switched: once it is quiet, the promises hold.

A hypothesis state machine over both queues. It prints its seed; IRESERVE_TEST_SEED=… runs that one
again.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, START, Rig, event
from tests.host.fake_vendor import FakeAccess, Fault
from tests.host.sweep import Stage, copies_of, staged
from tests.postgres import PostgresServer

from ireserve_integrations import IntegrationHost

_IDS = ("15492", "15493")
_BOOKINGS: tuple[dict[str, Any], ...] = (
    {},
    {"start": START + timedelta(hours=1), "end": START + timedelta(hours=3)},
    {"objects": ["18"]},
    {"objects": ["19"]},
    {"email": "bo@example.org"},
)
_DOORS = {"17": "front", "18": "side"}
_REFUSALS = (Fault.UNAVAILABLE, Fault.LOGGED_OUT, Fault.REFUSED)
_LOST = (Fault.LOST_BEFORE, Fault.LOST_AFTER)
_ROUNDS = 6  # of looking again once it is quiet: search, decide, end, and what they leave

_statuses = st.sampled_from([CONFIRMED, CONFIRMED, CHANGED, CANCELLED])
_bookings = st.integers(0, len(_BOOKINGS) - 1)
_sequences = st.none() | st.integers(1, 5)
_ids = st.sampled_from(_IDS)
_writes_fail = st.tuples(
    st.just("fail_a_write"),
    st.sampled_from(["make", "make", "end"]),
    st.sampled_from([*_REFUSALS, *_LOST, *_LOST]),
)
_acts = st.one_of(
    st.tuples(st.just("submit"), _ids, _statuses, _bookings, _sequences),
    st.tuples(st.just("submit"), _ids, _statuses, _bookings, _sequences),
    st.tuples(st.just("submit_again"), _ids, st.integers(0, 3)),
    st.tuples(st.just("dispatch"), _ids, _statuses, _bookings),
    st.tuples(st.just("work")),
    st.tuples(st.just("work")),
    st.tuples(st.just("work_and_die"), st.integers(1, 25)),
    _writes_fail,
    _writes_fail,
    st.tuples(
        st.just("fail_a_read"), st.sampled_from(["doors", "find"]), st.sampled_from(_REFUSALS)
    ),
    st.tuples(st.just("wait"), st.sampled_from([1, 40, 100, 700, 5400])),
    st.tuples(st.just("switch")),
    st.tuples(st.just("lose_reply"), _ids, _bookings, st.sampled_from(_LOST)),
    st.tuples(st.just("confirm_and_die"), _ids, _bookings, st.integers(3, 14)),
)


@dataclass
class Known:
    """What the design says that a booking's changes amount to."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    booking: dict[str, Any] = field(default_factory=dict)
    standing: str = ""
    stands_at: tuple[int, int] = (-1, -1)
    newest: int | None = None

    def take(self, sent: dict[str, Any], booking: dict[str, Any]) -> None:
        """Follow the design: by sequence, or else by arrival; what is known is no change."""
        if sent in self.sent and (sent["event_id"] is not None or self.sent[-1] == sent):
            return
        self.sent.append(sent)
        sequence = self.newest if sent["sequence"] is None else sent["sequence"]
        stands_at = (-1 if sequence is None else sequence, len(self.sent))
        if sent["new_status"] != CHANGED and stands_at > self.stands_at:
            self.standing, self.stands_at = sent["new_status"], stands_at
        if self.newest is None or sequence is None or sequence >= self.newest:
            self.newest, self.booking = sequence, booking

    def wanted(self, now: datetime) -> tuple[datetime, tuple[str, ...]] | None:
        """When access is to end, and which doors it is to open; None for no access."""
        end = self.booking.get("end", START + timedelta(hours=2))
        doors = tuple(_DOORS[one] for one in self.booking.get("objects", ["17"]) if one in _DOORS)
        if self.standing != CONFIRMED or end <= now or not doors:
            return None
        return end, doors


class Machine(RuleBasedStateMachine):
    """Two bookings, one vendor, workers that die."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.known = {booking: Known() for booking in _IDS}
        self.stack = ExitStack()
        self.rig, self.vendor = self.stage.rig, self.stage.rig.vendor
        self.active = True

    @initialize()
    def begin(self) -> None:
        """Start with an empty ledger at eight o'clock."""
        self.rig.clock.reset()
        self.vendor.accesses.clear()
        self.vendor.log.clear()
        self.vendor.heal()
        self.stage.activate(active=True)
        self.database = self.stage.new_ledger()
        self.host = self._open()

    @rule(act=_acts)
    def act(self, act: tuple[Any, ...]) -> None:
        """Do one thing; a single rule, since hypothesis leaves whole rules out of an example."""
        name, *values = act
        getattr(self, name)(*values)

    def submit(self, booking: str, status: str, said: int, sequence: int | None) -> None:
        """Submit a change."""
        self._submit(booking, status, said, sequence)

    def submit_again(self, booking: str, back: int) -> None:
        """Submit a change that was submitted before."""
        known = self.known[booking]
        for sent in known.sent[::-1][back : back + 1]:
            self.host.submit(sent)
            known.take(sent, known.booking)

    def dispatch(self, booking: str, status: str, said: int) -> None:
        """Submit a change and work it off at once."""
        sent = self._event(booking, status, said, None)
        self.known[booking].take(sent, _BOOKINGS[said])
        self.host.dispatch(sent)

    def work(self) -> None:
        """Work off what is due."""
        self.host.worker().run(drain=True)

    def work_and_die(self, at: int) -> None:
        """Let a worker in another process die while it works."""
        self.stage.run(self.database, "worker", self.rig.clock.now, die_at=at)

    def lose_reply(self, booking: str, said: int, fault: Fault) -> None:
        """Confirm a booking, and lose the reply to what is asked for it."""
        self.vendor.fail("make", fault)
        self._submit(booking, CONFIRMED, said, None)
        self.work()

    def confirm_and_die(self, booking: str, said: int, at: int) -> None:
        """Confirm a booking, and let its worker die."""
        self._submit(booking, CONFIRMED, said, None)
        self.work_and_die(at)

    def fail_a_write(self, call: str, fault: Fault) -> None:
        """Let the vendor's next write fail."""
        self.vendor.fail(call, fault)

    def fail_a_read(self, call: str, fault: Fault) -> None:
        """Let the vendor's next read fail."""
        self.vendor.fail(call, fault)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.rig.clock.step(seconds)

    def switch(self) -> None:
        """Switch the integration off, or on again."""
        self.active = not self.active
        self.stage.activate(active=self.active)
        self.host.reload()

    @precondition(lambda self: hasattr(self, "host"))
    @invariant()
    def a_pair_has_one_current_grant_at_most(self) -> None:
        """Promise 2."""
        counted = "SELECT count(*) FROM grants WHERE state = 'current' GROUP BY booking"
        assert all(count == 1 for count in self.stage.ask(self.database, counted))

    @precondition(lambda self: hasattr(self, "host"))
    @invariant()
    def what_was_made_is_found(self) -> None:
        """Promise 4: no request here comes late, so a search that finds nothing is right."""
        missed = self.stage.ask(self.database, "SELECT label FROM grants WHERE state = 'not made'")
        assert not {one.label for one in self.vendor.accesses.values()} & set(missed)

    def teardown(self) -> None:
        """Let everything be quiet, and see what is left."""
        try:
            if hasattr(self, "host"):
                self._settle()
                self.what_was_made_is_found()
                for booking in _IDS:
                    self._judge(booking)
                self.host.reconciliation.run(None, fix=True)
                self.host.worker().run(drain=True)
                for booking in _IDS:  # which finds nothing to do: no request came late
                    self._judge(booking)
                owed = "SELECT count(*) FROM pairs WHERE due_at IS NOT NULL"
                waiting = "SELECT count(*) FROM events WHERE waiting IS NOT NULL"
                assert self.stage.ask(self.database, owed) == [0]
                assert self.stage.ask(self.database, waiting) == [0]
        finally:
            self.stack.close()

    def _settle(self) -> None:
        """Heal the vendor, switch on, and let a last change come, which decides nothing."""
        self.vendor.heal()
        self.stage.activate(active=True)
        self.host.reload()
        for booking in _IDS:
            if self.known[booking].sent:
                said = _BOOKINGS.index(self.known[booking].booking)
                self._submit(booking, CHANGED, said, None)
        for _ in range(_ROUNDS):
            self.host.resume("main")
            self.rig.clock.step(200)
            self.host.worker().run(drain=True)

    def _judge(self, booking: str) -> None:
        now = self.rig.clock.now
        wanted = self.known[booking].wanted(now)
        live = self._live(booking, now)
        assert [(one.end, one.doors) for one in live] == [wanted] * (wanted is not None)
        of_booking = "SELECT state FROM grants WHERE booking = :booking"
        states = self.stage.ask(self.database, of_booking, booking=booking)
        assert states.count("current") == len(live)
        assert set(states) <= {"current", "revoked", "over", "not made"}

    def _live(self, booking: str, now: datetime) -> list[FakeAccess]:
        """Return what opens doors for a booking now."""
        ours = f"i-Reserve {booking} · "
        return [a for a in self.vendor.live if a.label.startswith(ours) and a.end > now]

    def _submit(self, booking: str, status: str, said: int, sequence: int | None) -> None:
        sent = self._event(booking, status, said, sequence)
        self.host.submit(sent)
        self.known[booking].take(sent, _BOOKINGS[said])

    def _event(self, booking: str, status: str, said: int, sequence: int | None) -> dict[str, Any]:
        number = sum(len(known.sent) for known in self.known.values())
        event_id = f"e-{number}" if number % 2 else None
        return event(status, **_BOOKINGS[said], id=booking, sequence=sequence, event_id=event_id)

    def _open(self) -> IntegrationHost:
        host = IntegrationHost.open(
            self.rig.path, database=self.database, clock=self.rig.clock, environ=self.rig.environ
        )
        return self.stack.enter_context(host)


def _run(stage: Stage, examples: int) -> None:
    chosen = int(os.environ.get("IRESERVE_TEST_SEED") or secrets.randbits(32))
    sys.stdout.write(f"IRESERVE_TEST_SEED={chosen}\n")  # shown where it fails, or with -s

    class Staged(Machine):
        pass

    Staged.stage = stage
    run_state_machine_as_test(
        seed(chosen)(Staged),
        settings=settings(
            max_examples=examples,
            stateful_step_count=14,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def stage(rig: Rig, empty_ledger: tuple[str, Path], tmp_path: Path) -> Iterator[Stage]:
    with staged(rig, copies_of(empty_ledger[1], tmp_path), core=False) as lent:
        yield lent


def test_the_promises_hold_on_the_embedded_queue(stage: Stage) -> None:
    _run(stage, examples=25)


def test_the_promises_hold_on_postgresql(rig: Rig, postgres: PostgresServer) -> None:
    with staged(rig, lambda: postgres.url(postgres.create(migrated=True)), core=False) as stage:
        _run(stage, examples=12)
