"""Events and bookings, as we ask for them and as i-Reserve has them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard

from ..config import BookingCoreSettings
from ..model import BookedObject, Booking, Customer, StatusChange
from .ireserve import is_ireserve, read_ireserve
from .shape import FaultsError, Shape, array_of, read_fields
from .value import read_id, read_name, read_sequence, read_status, read_text, read_time


def _check_order(booking: Booking) -> None:
    if booking.end <= booking.start:
        raise FaultsError([(("end",), "is not after start")])


_read_object = Shape(BookedObject, required={"object": read_id}, optional={"sub_object": read_id})
_read_customer = Shape(
    Customer,
    required={},
    optional=dict.fromkeys(("first_name", "last_name", "email", "phone", "language"), read_text),
)
_read_booking = Shape(
    Booking,
    required={
        "id": read_id,
        "start": read_time,
        "end": read_time,
        "objects": array_of(_read_object),
    },
    optional={"status": read_status, "customer": _read_customer, "fields": read_fields},
    check=_check_order,
)
_read_event = Shape(
    StatusChange,
    required={"new_status": read_name, "booking": _read_booking},
    optional={"event_id": read_name, "sequence": read_sequence, "old_status": read_status},
)


def read_changes(
    raw: object, booking_core: BookingCoreSettings | None = None
) -> tuple[StatusChange, ...]:
    """Return the changes of one event, or of an array of them, in their order.

    Args:
        raw: Events as objects, ours or i-Reserve's booking, or as `StatusChange`; these are checked
            as well.
        booking_core: Names the custom fields of i-Reserve's booking for phone and language.

    Raises:
        ValueError: One is no event; the message names its number and the fields, and quotes nothing
            personal.
    """
    if _is_change(raw):
        return (_read_change(raw, booking_core),)
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes | bytearray):
        what = "is no event: an object, or an array of objects, is wanted"
        raise ValueError(what)  # noqa: TRY004  # the one error of whatever comes from outside
    return tuple(_read_numbered(item, number, booking_core) for number, item in enumerate(raw, 1))


def read_booking(raw: object, booking_core: BookingCoreSettings | None = None) -> Booking:
    """Return a booking, or the booking of an event with the status that the event announces.

    Raises:
        ValueError: It is neither; the message names the fields, and quotes nothing personal.
    """
    match raw:
        case StatusChange() | {"booking": _}:
            [change] = read_changes(raw, booking_core)
            return replace(change.booking, status=change.new_status)
        case Mapping() if is_ireserve(raw):
            return read_ireserve(raw, booking_core)
        case Booking() | Mapping():
            return _read_booking(raw)
        case _:
            raise ValueError("is no booking: an object is wanted")


def _read_numbered(
    raw: object, number: int, booking_core: BookingCoreSettings | None
) -> StatusChange:
    try:
        if not _is_change(raw):
            raise ValueError("is no event: an object is wanted")  # noqa: TRY301  # likewise
        return _read_change(raw, booking_core)
    except ValueError as error:
        raise ValueError(f"event {number}: {error}") from None


def _is_change(raw: object) -> TypeGuard[Mapping[str, Any] | StatusChange]:
    return type(raw) is dict or isinstance(raw, Mapping | StatusChange)  # the first is quicker


def _read_change(
    raw: Mapping[str, Any] | StatusChange, booking_core: BookingCoreSettings | None
) -> StatusChange:
    if isinstance(raw, StatusChange) or not is_ireserve(raw):
        return _read_event(raw)
    booking = read_ireserve(raw, booking_core)
    if booking.status is None:
        raise ValueError("status_code: is missing")
    return StatusChange(booking=booking, new_status=booking.status)
