"""The story: each step proves what it claims, of the outcome and of the vendors."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from ...errors import IntegrationError, LedgerError
from ...hook_thread import where_raised
from ...model import Outcome
from .setting_up import Act, SettingUp
from .stage import Stage, of, tell
from .step import Claim, Step, Told, raised
from .visitor import StoredBooking

_HOUR = timedelta(hours=1)
_CANCELLED = "70"  # where no vendor names one


class Story:
    """Its steps build on each other."""

    def __init__(self, stage: Stage) -> None:
        """Take a stage with nothing set up."""
        self._stage, self._cast = stage, stage.cast
        self._confirmed, self._cancelled = self._statuses()
        start = datetime.now(UTC).replace(microsecond=0)
        objects: list[dict[str, str]] = []
        for side in self._cast.sides:
            objects += [] if side.booked in objects else [side.booked]
        self._one, self._other, self._third, self._fourth = (
            StoredBooking(id=name, start=start, objects=objects)
            for name in ("15492", "15493", "15494", "15495")
        )

    def steps(self) -> Iterator[Step]:
        """Yield each step as it is done; after one that is not as it says, none makes sense."""
        for number, (title, act) in enumerate(self._acts(), 1):
            yield self._play(number, title, act)

    def _acts(self) -> Iterator[Act]:
        one = f"Booking {self._one.id}"
        yield from SettingUp(self._stage).acts()
        yield f"{one}, which begins now, is confirmed", self._confirm
        yield "The same confirmation comes again: nobody is told twice", self._confirm_again
        if self._cast.openers:
            yield "Its visitor presses the button: the door opens", lambda: self._open(self._one)
            yield "The button is pressed again at once: nothing happens", self._open_again
        yield f"{one} moves an hour: new access first, then the old one ends", self._move
        if self._cast.givers:
            yield from self._failures()
        fourth = f"Booking {self._fourth.id}"
        yield f"{fourth} is only submitted, twice: accepted once, nobody is asked", self._submit
        yield "A worker works it off", self._work
        yield "The bookings are cancelled: nothing is left behind", self._cancel
        if self._cast.openers:
            yield "The button is pressed after that: the door stays shut", self._knock

    def _failures(self) -> Iterator[Act]:
        down, other, third = self._cast.givers[0].label, self._other, self._third
        yield f"{down} is down while booking {other.id} is confirmed", self._lose_vendor
        if self._cast.openers:
            yield f"{down} is still down: the door opens", lambda: self._open(other)
        yield f"{down} is back", self._return_vendor
        yield f"Booking {third.id} is confirmed, and a reply is lost on purpose", self._lose_reply
        yield "Once no late request can arrive any more, it is looked up by label", self._recover

    def _statuses(self) -> tuple[str, str]:
        """Return at which status everybody gives access, and at which access ends."""
        wanted = [side.statuses for side in self._cast.sides]
        shared = [one for one in wanted[0] if all(one in others for others in wanted)]
        revoking = [one for side in self._cast.givers for one in side.details["revoke_statuses"]]
        return (shared or wanted[0])[0], (revoking or [_CANCELLED])[0]

    def _play(self, number: int, title: str, act: Callable[[], Told]) -> Step:
        self._stage.begin()
        try:
            told = act()
        except (IntegrationError, LedgerError) as error:
            told = raised(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, this step did not do it
            told = raised(where_raised(error))
        sides = self._cast.sides
        requests = ((side.sandbox.name, one) for side in sides for one in side.requests)
        return Step(number=number, title=title, told=told, requests=tuple(requests))

    # --- acts ---------------------------------------------------------------------------------

    def _confirm(self) -> Told:
        outcomes = self._stage.send(self._one, self._confirmed)
        for side in self._cast.givers:
            side.learn_asking()
        return tell(outcomes, [*self._given(outcomes, self._one), *self._ready(outcomes)])

    def _confirm_again(self) -> Told:
        outcomes = self._stage.send(self._one, self._confirmed)
        return tell(outcomes, self._unmoved(outcomes))

    def _open(self, booking: StoredBooking) -> Told:
        outcomes, claims = [], []
        for side in self._cast.openers:
            pressed = self._stage.press(side, booking)
            outcomes += pressed
            claims += [side.says(pressed, "opened"), side.opened_once(pressed)]
            claims += [side.core_was_told(pressed)]
        return tell(outcomes, claims)

    def _open_again(self) -> Told:
        outcomes, claims = [], []
        for side in self._cast.openers:
            pressed = self._stage.press(side, self._one)
            outcomes += pressed
            claims += [side.says(pressed, "unchanged"), side.nothing_was_asked()]
            claims += [side.stayed_shut(), side.core_was_told_nothing(pressed)]
        return tell(outcomes, claims)

    def _move(self) -> Told:
        before = {side.name: side.held.get(self._one.id, "") for side in self._cast.givers}
        self._one.move(_HOUR)
        outcomes, claims = self._stage.send(self._one, self._confirmed), []
        for side in self._cast.givers:
            claims += [side.says(of(side, outcomes), "replaced")]
            claims += [side.new_came_first(before[side.name]), side.window_fits(self._one)]
            claims += [side.right_ones_live()]
        return tell(outcomes, [*claims, *self._ready(outcomes, "replaced")])

    def _lose_vendor(self) -> Told:
        down, *others = self._cast.givers
        down.sandbox.close()
        outcomes, claims = self._stage.send(self._other, self._confirmed), []
        claims += [down.says(of(down, outcomes), "pending"), down.nothing_was_asked()]
        for side in others:
            claims += [side.says(of(side, outcomes), "granted"), side.right_ones_live()]
        return tell(outcomes, [*claims, *self._ready(outcomes)])

    def _return_vendor(self) -> Told:
        back, *others = self._cast.givers
        back.sandbox.start()
        outcomes = self._stage.send_until_settled(self._other, self._confirmed)
        claims = [back.says(of(back, outcomes), "granted"), back.window_fits(self._other)]
        claims += [back.right_ones_live()]
        for side in (*others, *self._cast.openers):
            claims += [side.says(of(side, outcomes), "unchanged"), side.nothing_was_asked()]
        return tell(outcomes, claims)

    def _lose_reply(self) -> Told:
        for side in self._cast.givers:
            side.lose_next_reply()
        outcomes, claims = self._stage.send(self._third, self._confirmed), []
        for side in self._cast.givers:
            claims += [side.says(of(side, outcomes), "pending"), side.reply_was_lost()]
        return tell(outcomes, [*claims, *self._ready(outcomes)])

    def _recover(self) -> Told:
        outcomes = self._stage.send_until_settled(self._third, self._confirmed)
        claims: list[Claim] = []
        for side in self._cast.givers:
            claims += [side.says(of(side, outcomes), "granted"), side.nothing_was_written()]
            claims += [side.right_ones_live()]
        return tell(outcomes, [*claims, *self._ready(outcomes, "unchanged")])

    def _submit(self) -> Told:
        accepted = self._stage.hand_over(self._fourth, self._confirmed)
        claims = [Claim(sentence="a known event is accepted once", holds=accepted == [True, False])]
        return tell([], [*claims, *(side.nothing_was_asked() for side in self._cast.sides)])

    def _work(self) -> Told:
        self._stage.work()
        claims = [side.window_fits(self._fourth) for side in self._cast.givers]
        outcomes = self._stage.send(self._fourth, self._confirmed)
        claims += [side.says(of(side, outcomes), "unchanged") for side in self._cast.sides]
        claims += [side.right_ones_live() for side in self._cast.givers]
        return tell(outcomes, claims)

    def _cancel(self) -> Told:
        bookings = [
            one
            for one in (self._one, self._other, self._third, self._fourth)
            if self._is_known(one)
        ]
        references = {value for side in self._cast.givers for value in side.held.values()}
        written = references <= _values(bookings)
        outcomes = [one for each in bookings for one in self._stage.send(each, self._cancelled)]
        emptied = written and not references & _values(bookings)
        claims: list[Claim] = []
        for side in self._cast.givers:
            claims += [side.says(of(side, outcomes), "revoked"), side.right_ones_live()]
            claims += [side.claim("the booking's field is emptied", holds=emptied)]
        return tell(outcomes, [*claims, *self._ready(outcomes, "revoked")])

    def _knock(self) -> Told:
        outcomes, claims = [], []
        for side in self._cast.openers:
            pressed = self._stage.press(side, self._one)
            outcomes += pressed
            claims += [side.says(pressed, "refused"), side.reason_was_said(pressed)]
            claims += [side.nothing_was_asked(), side.stayed_shut()]
        return tell(outcomes, claims)

    # --- what several acts claim --------------------------------------------------------------

    def _given(self, outcomes: Sequence[Outcome], booking: StoredBooking) -> Iterator[Claim]:
        for side in self._cast.givers:
            yield side.says(of(side, outcomes), "granted")
            yield side.window_fits(booking)
            yield side.right_ones_live()

    def _ready(self, outcomes: Sequence[Outcome], expected: str = "granted") -> Iterator[Claim]:
        """Claim what holds where doors open on demand: a change asks nothing of the vendor."""
        for side in self._cast.openers:
            yield side.says(of(side, outcomes), expected)
            yield side.nothing_was_asked()

    def _unmoved(self, outcomes: Sequence[Outcome]) -> Iterator[Claim]:
        for side in self._cast.sides:
            yield side.says(of(side, outcomes), "unchanged")
            yield side.nothing_was_asked()
        for giver in self._cast.givers:
            yield giver.right_ones_live()

    def _is_known(self, booking: StoredBooking) -> bool:
        """Tell whether a change of it was handed over: not all are, where nobody gives access."""
        return booking in (self._one, self._fourth) or bool(self._cast.givers)


def _values(bookings: Sequence[StoredBooking]) -> set[str]:
    """Return what the bookings' fields hold."""
    return {value for one in bookings for value in one.fields.values()}
