"""One booking's values on their way to the booking core: its fields at once, then its status."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from ..booking_core import BookingCore
from ..convergence import Means
from ..errors import (
    AuthError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    RejectedError,
    UnavailableError,
)
from ..hook_thread import where_raised
from ..ledger import Alert, Cause, Note, WriteBack
from ..ledger.write_backs import STATUS
from ..model import Booking

_T = TypeVar("_T")

SILENCE = (UnavailableError, OutcomeUnknownError, AuthError)
"""What the core itself is the reason of, whatever it was asked to write."""
_REFUSED_PAUSE = timedelta(hours=1)  # a person may put it right in the core, where we hear nothing
_OVER = timedelta(days=1)  # after a booking's end, when a refused value is of no use to anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a delivery showed of the core."""

    asked: bool
    """Whether it was asked for anything."""
    silence: IntegrationError | None = None
    """Why it did not serve, where that is no fault of what it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Delivers what is due, one booking at a time; any number of threads may use it."""

    core: BookingCore
    means: Means

    def deliver(self, booking: str) -> Told:
        """Tell the core what is due of a booking.

        Raises:
            LedgerError: What was told may be told again.
        """
        told = self.means.ledger.write_backs.claim(booking, self.lasts_s)
        delivery = _Delivery(self, told)
        try:
            delivery.write()
        except SILENCE as error:
            delivery.put_off(error)
            return Told(asked=True, silence=error)
        if delivery.left:
            self.means.ledger.write_backs.release(delivery.left)
        return Told(asked=delivery.asked)

    def give_up_late(self, booking: str) -> None:
        """Drop a status that has come too late, without asking a core that does not answer."""
        write_backs = self.means.ledger.write_backs
        told = write_backs.claim(booking, self.lasts_s)
        delivery = _Delivery(self, told)
        for one in told:
            if one.drop_at is not None and one.drop_at <= self.means.clock():
                delivery.give_up(one, "the booking core has not answered for 15 minutes")
        write_backs.release(delivery.left)

    @property
    def lasts_s(self) -> float:
        """How long a claim stands: over one call, and the time to say what came of it."""
        return self.means.call_deadline_s + self.means.lease_s


class _Delivery:
    """What is claimed of one booking; every value leaves `left` once it is settled."""

    def __init__(self, deliveries: Deliveries, told: Sequence[WriteBack]) -> None:
        self._core, self._means = deliveries.core, deliveries.means
        self._write_backs, self._lasts_s = self._means.ledger.write_backs, deliveries.lasts_s
        self.left = list(told)
        self.asked = False
        """Whether the core was."""

    def write(self) -> None:
        """Write all of it.

        Raises:
            IntegrationError: The core does not serve; what is left is still claimed.
        """
        self._write_fields([one for one in self.left if one.name != STATUS])
        for one in [one for one in self.left if one.name == STATUS]:
            self._move(one)

    def put_off(self, error: IntegrationError) -> None:
        """Try what is left again later; after a refused account, as soon as it is accepted."""
        if isinstance(error, AuthError):
            self._write_backs.release(self.left)
            return
        for one in self.left:
            self._write_backs.later([one], self._next(one, error))

    # --- fields -------------------------------------------------------------------------------

    def _write_fields(self, wanted: list[WriteBack]) -> None:
        if not wanted:
            return
        booking, values = wanted[0].booking, {one.name: one.value for one in wanted}
        try:
            self._ask(partial(self._core.write_fields, booking, values))
        except SILENCE:
            raise
        except IntegrationError as error:
            if len(wanted) == 1:
                self._refused(wanted[0], error)
            else:
                self._write_one_by_one(wanted)
        else:
            self._settle(wanted)
            self._write_backs.done(wanted, *_notes(wanted))

    def _write_one_by_one(self, wanted: list[WriteBack]) -> None:
        """Let one field that the core does not take keep no other from being written."""
        for one in wanted:
            if self._write_backs.still_wanted(one, self._lasts_s):
                self._write_fields([one])

    def _refused(self, one: WriteBack, error: IntegrationError) -> None:
        self._settle([one])
        note = _note("not written", one, why=error.kind)
        if isinstance(error, RejectedError) and self._is_over(one.booking):
            self._write_backs.drop([one], note)
            return
        message = (
            f"field {one.name} of booking {one.booking} is not written: {error}. It is tried again "
            "every hour; correct the booking core, or the name of the field in the settings."
        )
        due_at = self._means.clock() + _REFUSED_PAUSE
        self._write_backs.later([one], due_at, [note], _alert(one, message))

    def _is_over(self, booking: str) -> bool:
        known = self._means.ledger.booking(booking)
        return known is not None and known.end + _OVER <= self._means.clock()

    # --- the status ---------------------------------------------------------------------------

    def _move(self, one: WriteBack) -> None:
        if one.newer:
            self._overtaken(one)
            return
        try:
            self._move_unless_changed(one)
        except SILENCE:
            raise
        except IntegrationError as error:
            self.give_up(one, f"{error}")

    def _move_unless_changed(self, one: WriteBack) -> None:
        stored = self._ask(partial(self._core.read_booking, one.booking))
        if stored is not None and stored.status == one.value:
            self._moved(one)
        elif one.drop_at is not None and one.drop_at <= self._means.clock():
            self.give_up(one, _too_late(one, stored))
        elif stored is not None and one.acted_on is not None and stored.status != one.acted_on:
            self._settle([one])
            self._write_backs.later([one], self._next(one, None))
        elif not self._write_backs.still_wanted(one, self._lasts_s):
            self._overtaken(one)
        else:
            self._ask(partial(self._core.move_status, one.booking, one.value))
            self._moved(one)

    def _moved(self, one: WriteBack) -> None:
        self._settle([one])
        self._write_backs.done([one], _note("wrote", one))

    def _overtaken(self, one: WriteBack) -> None:
        self._settle([one])
        self._write_backs.drop([one], _note("not written", one, why="a newer change is known"))

    def give_up(self, one: WriteBack, why: str) -> None:
        """Drop a status, with an alert unless a newer change is known."""
        if one.newer:
            self._overtaken(one)
            return
        self._settle([one])
        message = (
            f"booking {one.booking} was not moved to status {one.value}: {why}. It is not tried "
            "again; move it by hand if that is still right."
        )
        note = _note("not written", one, why="it came too late, or was refused")
        self._write_backs.drop([one], note, _alert(one, message))

    # --- both ---------------------------------------------------------------------------------

    def _settle(self, wanted: Sequence[WriteBack]) -> None:
        self.left = [one for one in self.left if one not in wanted]

    def _next(self, one: WriteBack, error: IntegrationError | None) -> datetime:
        """Return when to try again: later each time, but not after it is too late to say so."""
        asked_s = error.retry_after_s if isinstance(error, UnavailableError) else None
        pause_s = max(asked_s or 0.0, self._means.pause_s(one.failures))
        pause = timedelta(seconds=min(pause_s, self._means.retry_longest_s))
        due_at = self._means.clock() + pause
        return due_at if one.drop_at is None else min(due_at, one.drop_at)

    def _ask(self, call: Callable[[], _T]) -> _T:
        """Ask the core; what it raises besides our errors is its developer's to mend."""
        self.asked = True
        try:
            return call()
        except (IntegrationError, LedgerError):
            raise
        except Exception as error:
            raise PluginError(f"the booking core broke: {where_raised(error)}") from error


def _too_late(one: WriteBack, stored: Booking | None) -> str:
    """Say why a status came too late."""
    if stored is None or one.acted_on in {None, stored.status}:
        return "nobody wrote it within 15 minutes"
    return f"the booking core shows status {stored.status} and not {one.acted_on} for 15 minutes"


def _notes(wanted: Sequence[WriteBack]) -> Iterator[Note]:
    """Yield what was written, of each integration."""
    for integration in dict.fromkeys(one.integration for one in wanted):
        yield _note("wrote", *(one for one in wanted if one.integration == integration))


def _note(what: str, *wanted: WriteBack, **more: str) -> Note:
    """Return what the audit says: names of fields, never their values."""
    fields = [one.name for one in wanted if one.name != STATUS]
    status = [one.value for one in wanted if one.name == STATUS]
    detail = {"fields": fields} if fields else {"status": status[0]}
    first = wanted[0]
    return Note(
        what=what, integration=first.integration, booking=first.booking, detail={**detail, **more}
    )


def _alert(one: WriteBack, message: str) -> Alert:
    return Alert(
        cause=Cause.NOT_WRITTEN,
        message=message,
        integration=one.integration,
        booking=one.booking,
        about=one.about,
    )
