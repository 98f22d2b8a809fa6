"""i-Reserve's own booking JSON; its public documentation, as read in contracts/ireserve.md."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from ..config import BookingCoreSettings
from ..model import BookedObject, Booking, Customer
from .shape import Checked, FieldValues, Part, load
from .value import read_id, read_status, read_text, read_time

_CUSTOM = re.compile(r"custom\d+", re.ASCII)
_CUSTOMS = ""  # where `_Booking` finds them: they stand beside the others, under no name


def _read_parent(value: Any) -> str | None:
    return None if value == "" else read_id(value)


class _Booking(Part):
    """What we read; `event_id` is that of a calendar's event, and `status` a status's name."""

    id = Checked(read_id, required=True)
    start = Checked(read_time, required=True, data_key="date_from")
    end = Checked(read_time, required=True, data_key="date_till")
    status_code = Checked(read_status, allow_none=True)
    object_id = Checked(read_id, required=True)
    mainobject_id = Checked(_read_parent, allow_none=True)
    customer = Checked(read_text, allow_none=True)
    email = Checked(read_text, allow_none=True)
    customs = FieldValues(data_key=_CUSTOMS, required=True)

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["end"] <= data["start"]:
            raise ValidationError("is not after date_from", "date_till")


_BOOKING = _Booking()


def is_ireserve(raw: Mapping[str, Any]) -> bool:
    """Tell i-Reserve's booking from an event or a booking of ours."""
    ours = "booking" in raw or "new_status" in raw
    return not ours and ("date_from" in raw or "status_code" in raw)


def read_ireserve(raw: Mapping[str, Any], booking_core: BookingCoreSettings | None) -> Booking:
    """Return the booking, its status the one that it is reaching.

    Args:
        raw: The booking JSON.
        booking_core: Names the custom fields for phone and language; they are no booking fields
            then, and without it there is neither.

    Raises:
        ValueError: It is something else; the message names the fields as i-Reserve does.
    """
    phone = booking_core.phone_field if booking_core else None
    language = booking_core.language_field if booking_core else None
    customs = {
        name: value
        for name, value in raw.items()
        if isinstance(name, str) and (_CUSTOM.fullmatch(name) or name in {phone, language})
    }
    data = load(_BOOKING, {**raw, _CUSTOMS: customs})
    texts: dict[str, str] = dict(data["customs"])
    return Booking(
        id=data["id"],
        start=data["start"],
        end=data["end"],
        status=data.get("status_code"),
        objects=(_read_object(data["object_id"], data.get("mainobject_id")),),
        customer=Customer(
            last_name=data.get("customer") or "",
            email=data.get("email") or "",
            phone=texts.get(phone or "", ""),
            language=texts.get(language or "", ""),
        ),
        fields={name: text for name, text in texts.items() if name not in {phone, language}},
    )


def _read_object(object_id: str, parent: str | None) -> BookedObject:
    if parent is None:
        return BookedObject(object=object_id)
    return BookedObject(object=parent, sub_object=object_id)
