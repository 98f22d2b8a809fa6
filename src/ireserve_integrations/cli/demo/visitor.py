"""The booking core's side of the demonstration: invented bookings of an invented visitor."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...model import Outcome

_LENGTH = timedelta(hours=2)
_VISITOR = {
    "first_name": "Ada",
    "last_name": "Vos",
    "email": "ada.vos@example.org",
    "phone": "0031 6 12345678",
    "language": "nl",
}


@dataclass(slots=True, kw_only=True)
class StoredBooking:
    """A booking as the core stores it."""

    id: str
    start: datetime
    objects: Sequence[dict[str, str]]
    """Each the object, and the sub-object where one is booked."""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.start + _LENGTH

    def move(self, later: timedelta) -> None:
        """Move it to another time of the same length."""
        self.start += later

    def write(self, outcome: Outcome) -> None:
        """Write down what the host says is to be written."""
        self.fields |= outcome.fields

    def reach(self, status: str) -> dict[str, Any]:
        """Return the event of having reached a status."""
        booking = {
            "id": self.id,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "objects": [dict(one) for one in self.objects],
            "customer": _VISITOR,
            "fields": dict(self.fields),
        }
        return {"new_status": status, "booking": booking}
