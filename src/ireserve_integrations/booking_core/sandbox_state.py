"""What i-Reserve's sandbox keeps: bookings, what was written, subscriptions; part of `sandbox`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

STATUS_NAMES = {
    "10": "NEW",
    "11": "NEW (on request)",
    "20": "OPEN",
    "30": "PAID",
    "40": "CHANGED",
    "70": "CANCELLED",
    "80": "REJECTED",
    "90": "CLOSED",
    "98": "LOCATION",
    "99": "DUMMY",
}


@dataclass(slots=True, kw_only=True)
class StoredBooking:
    """A booking as it is stored."""

    id: str
    object_id: str
    """What was booked."""
    mainobject_id: str | None
    """Its parent, where it has one."""
    date_from: datetime
    """Aware, as is the end; answered in its own offset."""
    date_till: datetime
    status_code: str
    customer: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    customs: dict[str, str] = field(default_factory=dict, repr=False)
    """Custom fields by name."""

    def as_json(self, status_names: Mapping[str, str], status: str | None = None) -> dict[str, Any]:
        """Return it as the API answers it, or as it is told of with an upcoming status."""
        code = self.status_code if status is None else status
        parent = self.mainobject_id
        return {
            "id": self.id,
            "object_id": self.object_id,
            "object": f"Object {self.object_id}",
            "object_desc": "",
            **({} if parent is None else {"mainobject_id": parent, "mainobject_desc": ""}),
            "date_from": f"{self.date_from:%Y-%m-%dT%H:%M:%S%z}",
            "date_till": f"{self.date_till:%Y-%m-%dT%H:%M:%S%z}",
            "number": 1,
            "remarks": "",
            "status_code": int(code) if code.isascii() and code.isdigit() else code,
            "status": status_names.get(code, ""),
            "customer_id": "1",
            "customer": self.customer,
            "email": self.email,
            "location_id": "1",
            "event_id": "",
            "price": 0,
            "currency": "EUR",
            **self.customs,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One call that changed a booking."""

    booking: str
    fields: Mapping[str, str] = field(repr=False)
    status: str | None
    """None where only fields were written."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the by-hand surface shows it."""
        return {"booking": self.booking, "fields": dict(self.fields), "status": self.status}


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """A status that integrations were told of, on its way into the database."""

    at: datetime
    booking: str
    status: str
    customs: Mapping[str, str] = field(repr=False)
    """As they were when it began: the save brings them back over whatever was written since."""


class Bookings:
    """All that i-Reserve knows; whoever uses it holds the sandbox's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.writes: list[Written] = []
        self.subscriptions: dict[str, dict[str, str]] = {}
        self._clock = clock
        self._stored: dict[str, StoredBooking] = {}
        self._saves: list[Save] = []
        self._numbers = count(1)

    def put(self, booking: StoredBooking) -> None:
        """Store a booking in place of what there was, saves under way included."""
        self.remove(booking.id)
        self._stored[booking.id] = booking

    def remove(self, booking_id: str) -> None:
        """Take a booking away; one that is not there is fine."""
        self._stored.pop(booking_id, None)
        self._saves = [save for save in self._saves if save.booking != booking_id]

    def stored(self) -> list[StoredBooking]:
        """Return every booking as it is stored by now, in the order in which they came."""
        self._settle()
        return list(self._stored.values())

    def booking(self, booking_id: str) -> StoredBooking:
        """Return a booking as it is stored by now.

        Raises:
            ValueError: There is none with this id.
        """
        self._settle()
        if booking_id not in self._stored:
            raise ValueError(f"there is no booking {booking_id!r}")
        return self._stored[booking_id]

    def write(self, booking_id: str, customs: Mapping[str, str], status: str | None) -> None:
        """Keep what a call writes; the status is stored by whoever called us."""
        self.booking(booking_id).customs |= customs
        self.writes.append(Written(booking=booking_id, fields=dict(customs), status=status))

    def begin_status(self, booking_id: str, status: str, delay_s: float) -> None:
        """Begin a status change, which is stored after so many seconds; ValueError as above."""
        booking = self.booking(booking_id)
        self._saves.append(
            Save(
                at=self._clock() + timedelta(seconds=delay_s),
                booking=booking_id,
                status=status,
                customs=dict(booking.customs),
            )
        )
        self._settle()

    def subscribe(self, event: str, target_url: str) -> str:
        """Keep where an event is to be pushed, and return the hook's id."""
        hook = str(next(self._numbers))
        self.subscriptions[hook] = {"id": hook, "event": event, "target_url": target_url}
        return hook

    def _settle(self) -> None:
        now = self._clock()
        due = [save for save in self._saves if save.at <= now]
        self._saves = [save for save in self._saves if save.at > now]
        for save in due:
            stored = self._stored[save.booking]
            stored.status_code, stored.customs = save.status, dict(save.customs)
