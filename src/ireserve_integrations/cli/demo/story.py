"""The story: eight steps, each of which proves what it claims, of the outcome and of the vendor."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...errors import IntegrationError, LedgerError
from ...hook_thread import where_raised
from ...host import IntegrationHost
from ...model import Outcome
from .step import Claim, Step, Told, raised, tell
from .visitor import StoredBooking
from .witness import Witness

_HOUR = timedelta(hours=1)
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 30.0  # for what takes three seconds on a machine that has nothing else to do


class Story:
    """One vendor's; its steps build on each other."""

    def __init__(self, host: IntegrationHost, witness: Witness, row: Mapping[str, Any]) -> None:
        """Take an open host, who looks at the vendor, and the row that both have in common."""
        self._host, self._witness = host, witness
        self._name, self._vendor = str(row["id"]), str(row["vendor"])
        self._trigger = row["details"]["trigger_statuses"][0]
        self._revoke = row["details"]["revoke_statuses"][0]
        booked = {key: value for key, value in row["mapping"][-1].items() if key != "targets"}
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + 24 * _HOUR
        self._one = StoredBooking(id="15492", start=start, booked=booked)
        self._other = StoredBooking(id="15493", start=start + 3 * _HOUR, booked=booked)
        self._reference = ""
        """Of what was last given for the first booking."""

    def steps(self) -> Iterator[Step]:
        """Yield each step as it is done; after one that is not as it says, none makes sense."""
        for number, (title, act) in enumerate(self._acts(), 1):
            yield self._play(number, title, act)

    def _acts(self) -> tuple[tuple[str, Callable[[], Told]], ...]:
        one, other = f"Booking {self._one.id}", f"Booking {self._other.id}"
        return (
            (f"The checklist of {self._name}", self._check),
            (f"{one} is confirmed: its visitor gets access", self._confirm),
            ("The same confirmation comes again: nobody is told twice", self._confirm_again),
            ("It moves an hour: the new access first, then the old one ends", self._move),
            ("It is cancelled: its access ends", self._cancel),
            (f"{other} is confirmed, and the vendor's reply is lost on purpose", self._lose_reply),
            ("Once no late request can reach the vendor any more, it is looked up", self._recover),
            ("It is cancelled: nothing is left behind", self._clean_up),
        )

    def _play(self, number: int, title: str, act: Callable[[], Told]) -> Step:
        self._witness.begin()
        try:
            told = act()
        except (IntegrationError, LedgerError) as error:
            told = raised(f"{type(error).__name__}: {error}")
        except Exception as error:  # noqa: BLE001  # whatever it is, this step did not do it
            told = raised(where_raised(error))
        return Step(
            vendor=self._vendor,
            number=number,
            title=title,
            told=told,
            requests=self._witness.requests,
        )

    def _check(self) -> Told:
        checks = self._host.check(self._name)
        passed = bool(checks) and all(check.status != "failed" for check in checks)
        return Told(
            outcome="passed" if passed else "failed",
            claims=(Claim(sentence="no line failed", holds=passed),),
            remarks=tuple(f"{one.status:<8}{one.name}: {one.message}" for one in checks),
        )

    def _confirm(self) -> Told:
        outcome = self._send(self._one, self._trigger)
        self._witness.learn_asking()
        self._reference = outcome.reference or ""
        return tell(outcome, "granted", self._witness.only_lives(outcome))

    def _confirm_again(self) -> Told:
        outcome, witness = self._send(self._one, self._trigger), self._witness
        return tell(outcome, "unchanged", witness.nothing_was_asked(), witness.only_lives(outcome))

    def _move(self) -> Told:
        self._one.move(_HOUR)
        outcome, witness = self._send(self._one, self._trigger), self._witness
        return tell(
            outcome,
            "replaced",
            witness.new_came_first(self._reference),
            witness.window_moved(_HOUR),
            witness.only_lives(outcome),
        )

    def _cancel(self) -> Told:
        outcome = self._send(self._one, self._revoke)
        return tell(outcome, "revoked", self._witness.nothing_lives())

    def _lose_reply(self) -> Told:
        self._witness.lose_next_reply()
        outcome = self._send(self._other, self._trigger)
        return tell(outcome, "pending", self._witness.reply_was_lost())

    def _recover(self) -> Told:
        ends = time.monotonic() + _PATIENCE_S
        outcome, witness = self._send(self._other, self._trigger), self._witness
        while outcome.outcome == "pending" and time.monotonic() < ends:
            time.sleep(_LOOK_EVERY_S)
            outcome = self._send(self._other, self._trigger)
        return tell(outcome, "granted", witness.nothing_was_written(), witness.only_lives(outcome))

    def _clean_up(self) -> Told:
        outcome = self._send(self._other, self._revoke)
        return tell(outcome, "revoked", self._witness.nothing_lives())

    def _send(self, booking: StoredBooking, status: str) -> Outcome:
        """Hand a change over, and write back what is to be written, as the booking core does."""
        (outcome,) = self._host.dispatch(booking.reach(status))
        booking.write(outcome)
        return outcome
