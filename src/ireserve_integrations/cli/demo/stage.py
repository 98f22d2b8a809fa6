"""The host on stage: what the booking core and an operator do, and what it must lead to."""

import time
from collections.abc import Iterable, Sequence

from ...host import IntegrationHost
from ...model import Outcome
from .cast import Cast
from .side import Side
from .step import Claim, Told, remarks
from .visitor import StoredBooking

_LOOK_EVERY_S = 0.1
_PATIENCE_S = 30.0  # for what takes three seconds on a machine that has nothing else to do


class Stage:
    """One host, and everybody it talks to."""

    def __init__(self, host: IntegrationHost, cast: Cast) -> None:
        """Take an open host that has an integration for each side."""
        self.host, self.cast = host, cast

    def begin(self) -> None:
        """Begin a step."""
        for side in self.cast.sides:
            side.begin()

    def send(self, booking: StoredBooking, status: str) -> list[Outcome]:
        """Hand a change over, and write back what is to be written, as the booking core does."""
        outcomes = self.host.dispatch(booking.reach(status))
        for outcome in outcomes:
            booking.write(outcome)
        for side in self.cast.givers:
            for one in of(side, outcomes):
                self._hold(side.held, booking.id, one)
        return outcomes

    def hand_over(self, booking: StoredBooking, status: str) -> list[bool]:
        """Submit a change, and once more; return whether each was accepted."""
        event = booking.reach(status) | {"event_id": f"{booking.id}-{status}"}
        return [self.host.submit(event), self.host.submit(event)]

    def work(self) -> None:
        """Let a worker in this process do what is due."""
        self.host.worker().run(drain=True)

    def send_until_settled(self, booking: StoredBooking, status: str) -> list[Outcome]:
        """Hand it over again and again, until nothing is pending; return what came first for each.

        The first word of an integration counts that is not `pending`: later ones say `unchanged`.
        """
        ends = time.monotonic() + _PATIENCE_S
        settled: dict[str, Outcome] = {}
        while True:
            outcomes = self.send(booking, status)
            for one in outcomes:
                if one.outcome != "pending" or time.monotonic() >= ends:
                    settled.setdefault(one.integration, one)
            if len(settled) == len(outcomes):
                return [settled[one.integration] for one in outcomes]
            time.sleep(_LOOK_EVERY_S)

    def press(self, side: Side, booking: StoredBooking) -> list[Outcome]:
        """Press the button that opens a booking's lock."""
        outcomes = self.host.open_lock(side.name, booking.id)
        for outcome in outcomes:
            booking.write(outcome)
        return outcomes

    def _hold(self, held: dict[str, str], booking: str, outcome: Outcome) -> None:
        if outcome.reference is not None:
            held[booking] = outcome.reference
        elif outcome.outcome == "revoked":
            held.pop(booking, None)


def of(side: Side, outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return a side's own outcomes."""
    return [one for one in outcomes if one.integration == side.name]


def tell(outcomes: Sequence[Outcome], claims: Iterable[Claim]) -> Told:
    """Return what outcomes have to tell."""
    return Told(
        outcomes=tuple((one.integration, one.outcome) for one in outcomes),
        claims=tuple(claims),
        remarks=tuple(dict.fromkeys(remark for one in outcomes for remark in remarks(one))),
    )
