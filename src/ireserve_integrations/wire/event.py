"""Events and bookings, as we ask for them and as i-Reserve has them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from ..config import BookingCoreSettings
from ..model import NOTHING, BookedObject, Booking, Customer, StatusChange
from .ireserve import is_ireserve, read_ireserve
from .shape import Array, Checked, FieldValues, Inner, Part, load
from .value import read_id, read_name, read_sequence, read_status, read_text, read_time


class _BookedObject(Part):
    object = Checked(read_id, required=True)
    sub_object = Checked(read_id, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> BookedObject:
        return BookedObject(**data)


class _Customer(Part):
    first_name = Checked(read_text, allow_none=True)
    last_name = Checked(read_text, allow_none=True)
    email = Checked(read_text, allow_none=True)
    phone = Checked(read_text, allow_none=True)
    language = Checked(read_text, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Customer:
        return Customer(**{part: text or "" for part, text in data.items()})


class _Booking(Part):
    id = Checked(read_id, required=True)
    start = Checked(read_time, required=True)
    end = Checked(read_time, required=True)
    status = Checked(read_status, allow_none=True)
    objects = Array(Inner(_BookedObject), required=True)
    customer = Inner(_Customer, allow_none=True)
    field_values = FieldValues(data_key="fields", allow_none=True)

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["end"] <= data["start"]:
            raise ValidationError("is not after start", "end")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Booking:
        return Booking(
            id=data["id"],
            start=data["start"],
            end=data["end"],
            status=data.get("status"),
            objects=tuple(data["objects"]),
            customer=data.get("customer") or Customer(),
            fields=data.get("field_values") or NOTHING,
        )


class _Event(Part):
    event_id = Checked(read_name, allow_none=True)
    sequence = Checked(read_sequence, allow_none=True)
    old_status = Checked(read_status, allow_none=True)
    new_status = Checked(read_name, required=True)
    booking = Inner(_Booking, required=True)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> StatusChange:
        return StatusChange(**data)


_EVENT = _Event()
_BOOKING = _Booking()


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
    if isinstance(raw, Mapping | StatusChange):
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
            change = _read_change(raw, booking_core)
            return replace(change.booking, status=change.new_status)
        case Mapping() if is_ireserve(raw):
            return read_ireserve(raw, booking_core)
        case Booking() | Mapping():
            booking: Booking = load(_BOOKING, raw)
            return booking
        case _:
            raise ValueError("is no booking: an object is wanted")


def _read_numbered(
    raw: object, number: int, booking_core: BookingCoreSettings | None
) -> StatusChange:
    try:
        return _read_change(raw, booking_core)
    except ValueError as error:
        raise ValueError(f"event {number}: {error}") from None


def _read_change(raw: object, booking_core: BookingCoreSettings | None) -> StatusChange:
    if not isinstance(raw, Mapping | StatusChange):
        raise ValueError("is no event: an object is wanted")  # noqa: TRY004  # likewise
    if isinstance(raw, StatusChange) or not is_ireserve(raw):
        change: StatusChange = load(_EVENT, raw)
        return change
    booking = read_ireserve(raw, booking_core)
    if booking.status is None:
        raise ValueError("status_code: is missing")
    return StatusChange(booking=booking, new_status=booking.status)
