"""A booking core that lives in this process: for tests, and for developing a plugin."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from ..config import Catalogue
from ..errors import IntegrationError, RejectedError
from ..model import NOTHING, Booking

Call: TypeAlias = Literal["read_booking", "write_fields", "move_status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call that changed a booking."""

    booking: str
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING, repr=False)
    status: str | None = None
    """None where fields were written."""


@dataclass(slots=True, kw_only=True)
class _Failure:
    error: IntegrationError
    call: Call | None
    done: bool
    left: int


class InMemoryCore:
    """A `BookingCore` of the bookings that it was given; safe for any number of threads."""

    def __init__(
        self, *bookings: Booking, catalogue: Catalogue | None = None, readable: bool = True
    ) -> None:
        """Take what is stored.

        Args:
            bookings: As they are stored.
            catalogue: Empty by default.
            readable: False for a core without a call that reads.
        """
        self.readable = readable
        self._catalogue = catalogue or Catalogue()
        self._bookings = {one.id: one for one in bookings}
        self._writes: list[Write] = []
        self._failures: list[_Failure] = []
        self._lock = threading.Lock()

    @property
    def writes(self) -> tuple[Write, ...]:
        """What was written, in order; what failed before it was done is not among it."""
        with self._lock:
            return tuple(self._writes)

    def put(self, booking: Booking) -> None:
        """Store a booking, in place of what there was."""
        with self._lock:
            self._bookings[booking.id] = booking

    def stored(self, booking_id: str) -> Booking:
        """Return a booking, also where the core cannot be read; KeyError for an unknown one."""
        with self._lock:
            return self._bookings[booking_id]

    def fail(
        self,
        error: IntegrationError,
        *,
        call: Call | None = None,
        times: int = 1,
        done: bool = False,
    ) -> None:
        """Let calls fail; of several failures that match, the oldest strikes.

        Args:
            error: What they raise.
            call: Only this one; None: any.
            times: How many of them.
            done: Whether a write is carried out all the same: its reply is lost.
        """
        with self._lock:
            self._failures.append(_Failure(error=error, call=call, done=done, left=times))

    def read_catalogue(self) -> Catalogue:
        """Return the catalogue that was given."""
        return self._catalogue

    def read_booking(self, booking_id: str) -> Booking | None:
        """See `BookingCore`."""
        with self._lock:
            if failure := self._strike("read_booking"):
                raise failure.error
            return self._known(booking_id) if self.readable else None

    def write_fields(self, booking_id: str, fields: Mapping[str, str]) -> None:
        """See `BookingCore`."""
        if fields:
            self._write("write_fields", Write(booking=booking_id, fields=dict(fields)))

    def move_status(self, booking_id: str, status: str) -> None:
        """See `BookingCore`."""
        self._write("move_status", Write(booking=booking_id, status=status))

    def _write(self, call: Call, write: Write) -> None:
        with self._lock:
            failure = self._strike(call)
            if failure is None or failure.done:
                self._store(write)
            if failure is not None:
                raise failure.error

    def _store(self, write: Write) -> None:
        before = self._known(write.booking)
        self._bookings[write.booking] = replace(
            before,
            fields={**before.fields, **write.fields},
            status=before.status if write.status is None else write.status,
        )
        self._writes.append(write)

    def _known(self, booking_id: str) -> Booking:
        if booking_id not in self._bookings:
            raise RejectedError(f"the booking core knows no booking {booking_id}")
        return self._bookings[booking_id]

    def _strike(self, call: Call) -> _Failure | None:
        for failure in self._failures:
            if failure.left and failure.call in {None, call}:
                failure.left -= 1
                return failure
        return None
