"""i-Reserve over its REST hook, as its public documentation has it (read 2026-11-21)."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import httpx

from ..config import BookingCoreSettings, Catalogue
from ..errors import ConfigError, IntegrationError, RejectedError
from ..kit.transport import Http, quote_segment, read_json
from ..model import Booking
from ..wire import read_booking

_HOOK = "/api/rest/hook/booking/"
_NO_READ_CALL = (404, 405, 501)  # 404: the booking, or the call; which of them is not documented
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")  # what every JSON reader keeps to the digit
_OWN = frozenset(  # a booking's own properties; all others are custom fields
    {"id", "object_id", "object", "object_desc", "mainobject_id", "mainobject_desc"}
    | {"date_from", "date_till", "number", "remarks", "status_code", "status"}
    | {"customer_id", "customer", "email", "location_id", "event_id", "price", "currency"}
)
_REASONS = {
    403: ": the token lacks the right entity_booking_update",
    404: ": there is no such booking",
}


class IreserveCore:
    """A `BookingCore` that is i-Reserve."""

    def __init__(self, settings: BookingCoreSettings, lend: Callable[[], Http]) -> None:
        """Take where i-Reserve is, and where HTTP clients come from.

        Args:
            settings: With `base_url` and `token`.
            lend: Returns an HTTP client for one call, with a deadline and one write.

        Raises:
            ConfigError: The settings lack the address or the token.
        """
        if not (settings.base_url and settings.token):
            raise ConfigError('booking_core: kind = "ireserve" needs base_url and token')
        self._settings = settings
        self._hook = settings.base_url + _HOOK
        self._headers = {"Authorization": f"Bearer {settings.token}"}
        self._lend = lend

    def read_catalogue(self) -> Catalogue:
        """Return `[booking_core.catalogue]`: i-Reserve has no call for it."""
        return self._settings.catalogue

    def read_booking(self, booking_id: str) -> Booking | None:
        """See `BookingCore`. No such call is documented: this one is assumed, here alone."""
        response = self._lend().exchange(
            "GET",
            self._hook + quote_segment(booking_id),
            headers=self._headers,
            accept=_NO_READ_CALL,
        )
        if response.status_code in _NO_READ_CALL:
            return None
        return read_json(response, partial(_read_this, booking_id, self._settings))

    def write_fields(self, booking_id: str, fields: Mapping[str, str]) -> None:
        """See `BookingCore`."""
        own = sorted(_OWN.intersection(fields))
        if own:
            raise ConfigError(
                f"{', '.join(own)}: not a custom field of i-Reserve, such as custom12"
            )
        if fields:
            self._post(booking_id, fields)

    def move_status(self, booking_id: str, status: str) -> None:
        """See `BookingCore`."""
        code = int(status) if _NUMBER.fullmatch(status) else status
        self._post(booking_id, {"status_code": code})

    def _post(self, booking_id: str, values: Mapping[str, object]) -> None:
        response = self._lend().exchange(
            "POST",
            self._hook,
            headers=self._headers,
            json={"id": booking_id, **values},
            refused=partial(_refused, booking_id, values),
        )
        read_json(response, partial(_check_answer, booking_id), write=True)


def _refused(
    booking_id: str, values: Mapping[str, object], response: httpx.Response, where: str
) -> IntegrationError:
    """Say what was refused by name: its values, and what i-Reserve says of them, are personal."""
    reason = _REASONS.get(response.status_code, "")
    named = f"booking {booking_id}, {', '.join(values)}"
    return RejectedError(f"{where}: {response.status_code} for {named}{reason}")


def _read_this(booking_id: str, settings: BookingCoreSettings, raw: Any) -> Booking:
    booking = read_booking(_check_answer(booking_id, raw), settings)
    if booking.status is None:
        raise ValueError("without a status, nobody can tell whether it is still the same")
    return booking


def _check_answer(booking_id: str, raw: Any) -> Any:
    """Return the answer; one about nothing, or another booking, comes from something else."""
    if str(raw["id"]) != booking_id:
        raise ValueError("another booking")
    return raw
