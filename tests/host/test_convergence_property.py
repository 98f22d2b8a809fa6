"""Whatever comes, in whatever order, and whatever fails: once it is quiet, the table holds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, FIELD, START, Rig, event
from tests.host.fake_vendor import FakeAccess, Fault

_LONG_ENOUGH_S = 200  # for a lost reply to be looked up, and for a lease to run out
_BOOKINGS: list[dict[str, Any]] = [
    {},
    {"start": START + timedelta(hours=1), "end": START + timedelta(hours=3)},
    {"end": START + timedelta(hours=1)},
    {"objects": ["18"]},
    {"objects": ["17", "18"]},
    {"objects": ["19"]},
    {"email": "bo@example.org"},
]
_DOORS = {"17": "front", "18": "side"}


@dataclass(frozen=True)
class Send:
    """A change; with `known`, an event that carries an id."""

    status: str
    booking: int
    sequence: int | None
    known: bool
    written: bool
    """Whether the booking core has written the fields that it was told."""


@dataclass(frozen=True)
class Fail:
    """A fault of the vendor's next call."""

    call: str
    fault: Fault


@dataclass(frozen=True)
class Dispatch:
    """Changes in one dispatch, and what fails meanwhile, or later."""

    faults: list[Fail]
    sends: list[Send]


@dataclass(frozen=True)
class Again:
    """An event that was sent before, by its number from the newest."""

    back: int


@dataclass(frozen=True)
class Wait:
    """Time that passes."""

    seconds: int


_sends = st.builds(
    Send,
    status=st.sampled_from([CONFIRMED, CONFIRMED, CHANGED, CANCELLED]),
    booking=st.integers(0, len(_BOOKINGS) - 1),
    sequence=st.none() | st.integers(1, 6),
    known=st.booleans(),
    written=st.booleans(),
)
_REFUSALS = [Fault.REFUSED, Fault.UNAVAILABLE, Fault.LOGGED_OUT]
_faults = st.builds(
    Fail,
    st.sampled_from(["make", "end"]),
    st.sampled_from([*_REFUSALS, Fault.LOST_BEFORE, Fault.LOST_AFTER]),
) | st.builds(Fail, st.sampled_from(["doors", "find", "read"]), st.sampled_from(_REFUSALS))
_dispatches = st.builds(
    Dispatch, st.lists(_faults, max_size=2), st.lists(_sends, min_size=1, max_size=3)
)
_steps = st.lists(
    st.one_of(
        _dispatches,
        _dispatches,
        st.builds(Again, st.integers(0, 3)),
        st.builds(Wait, st.sampled_from([1, 90, 5400])),
    ),
    min_size=2,
    max_size=6,
)


@dataclass
class Core:
    """The booking core, and what the design says that its changes amount to."""

    rig: Rig
    id: str
    sent: list[dict[str, Any]] = field(default_factory=list)
    booking: dict[str, Any] = field(default_factory=dict)
    held: str = ""
    standing: str = ""
    _stands_at: tuple[int, int] = (-1, -1)
    _newest: int | None = None

    def take(self, step: Dispatch | Again | Wait) -> None:
        match step:
            case Dispatch(faults=faults, sends=sends):
                for one in faults:
                    self.rig.vendor.fail(one.call, one.fault)
                self._dispatch(*[self._event(one) for one in sends])
            case Again(back=back):
                self._dispatch(*self.sent[::-1][back : back + 1])
            case Wait(seconds=seconds):
                self.rig.clock.step(seconds)

    def settle(self) -> None:
        """Let the faults stop and a last change come, which decides nothing."""
        self.rig.vendor.heal()
        self.rig.host.resume("main")
        self.rig.clock.step(_LONG_ENOUGH_S)
        self._dispatch(event(CHANGED, **self.booking | {"id": self.id, "held": self.held}))

    @property
    def wanted(self) -> tuple[datetime, tuple[str, ...]] | None:
        """When access is to end, and which doors it is to open; None for no access."""
        end = self.booking.get("end", START + timedelta(hours=2))
        doors = tuple(_DOORS[one] for one in self.booking.get("objects", ["17"]) if one in _DOORS)
        if self.standing != CONFIRMED or end <= self.rig.clock.now or not doors:
            return None
        return end, doors

    def _event(self, send: Send) -> dict[str, Any]:
        return event(
            send.status,
            **_BOOKINGS[send.booking],
            id=self.id,
            sequence=send.sequence,
            event_id=f"{self.id}-{len(self.sent)}-{send}" if send.known else None,
            held=self.held if send.written else "",
        ) | {"of": send}

    def _dispatch(self, *events: dict[str, Any]) -> None:
        for one in events:
            self._record(one)
        plain = [{name: one[name] for name in one if name != "of"} for one in events]
        for said in self.rig.host.dispatch(plain):
            self.held = said.fields.get(FIELD, self.held)
            self.said = said

    def _record(self, one: dict[str, Any]) -> None:
        """Follow the design: by sequence, or else by arrival; what is known is no change."""
        known = [each for each in self.sent if each["event_id"] is not None]
        if one in known or (one["event_id"] is None and self.sent[-1:] == [one]):
            return
        self.sent.append(one)
        sequence = self._newest if one["sequence"] is None else one["sequence"]
        stands_at = (-1 if sequence is None else sequence, len(self.sent))
        if one["new_status"] != CHANGED and stands_at > self._stands_at:
            self.standing, self._stands_at = one["new_status"], stands_at
        if self._newest is None or sequence is None or sequence >= self._newest:
            self._newest = sequence
            self.booking = _BOOKINGS[one["of"].booking] if "of" in one else self.booking

    @property
    def live(self) -> list[FakeAccess]:
        """What opens doors for this booking now."""
        ours = f"i-Reserve {self.id} · "
        return [
            one
            for one in self.rig.vendor.live
            if one.label.startswith(ours) and one.end > self.rig.clock.now
        ]

    @property
    def grants(self) -> list[str]:
        """The states in the ledger."""
        found = self.rig.grants("booking", "state")
        return [state for booking, state in found if booking == self.id]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example: another booking
)
@given(steps=_steps)
def test_once_it_is_quiet_a_booking_has_the_one_access_that_it_asks_for_or_none(
    rig_in_memory: Rig, steps: list[Dispatch | Again | Wait]
) -> None:
    core = _play(rig_in_memory, steps)

    assert [(one.end, one.doors) for one in core.live] == [core.wanted] * (core.wanted is not None)
    assert core.grants.count("current") == len(core.live)
    assert set(core.grants) <= {"current", "revoked", "over", "not made"}
    assert (core.said.error, core.said.reference) == (None, next((a.id for a in core.live), None))
    assert core.held == core.said.reference or core.said.reference is None


def _play(rig: Rig, steps: list[Dispatch | Again | Wait]) -> Core:
    """Play the steps, let it become quiet, and return the booking core."""
    rig.vendor.heal()
    rig.clock.reset()
    rig.open_in_memory()
    core = Core(rig, id=f"b{len(rig.bookings)}")
    for step in steps:
        core.take(step)
    core.settle()
    return core
