"""What the host asks of a booking core, whichever it is."""

from collections.abc import Mapping
from typing import Protocol

from ..config import Catalogue
from ..model import Booking


class BookingCore(Protocol):
    """One booking core; any number of threads may use it.

    Writing the same again changes nothing, so that a write whose outcome is unknown is simply sent
    again. Besides what stands at a call, each may raise:

        AuthError: The core refuses our account.
        UnavailableError: Not done; try later.
        ProtocolError: The core answered something else than it documents.
    """

    def read_catalogue(self) -> Catalogue:
        """Return what there is to be named in settings, as far as the core or its operator says.

        Empty where nobody says; `complete_catalogue` adds what events showed.
        """

    def read_booking(self, booking_id: str) -> Booking | None:
        """Return a booking as it is stored now; soon after a change, still as it was before.

        Returns:
            None where the core has no call that reads: only then may a status be written unchecked.

        Raises:
            RejectedError: The core can be read, and knows no such booking or does not show it.
        """

    def write_fields(self, booking_id: str, fields: Mapping[str, str]) -> None:
        """Give booking fields these values, all at once; `""` empties one.

        Args:
            booking_id: The core's.
            fields: By name; without any, nothing is sent.

        Raises:
            ConfigError: A name is none of a booking field.
            RejectedError: The core knows no such booking, or does not take this.
            OutcomeUnknownError: It may have been done; send it again.
        """

    def move_status(self, booking_id: str, status: str) -> None:
        """Move a booking to a status, with all that the core does then: mails, invoices, events.

        Raises:
            RejectedError: The core knows no such booking, or does not take this.
            OutcomeUnknownError: It may have been done; read the booking first, then send it again.
        """
