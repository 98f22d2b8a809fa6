"""i-Reserve's own booking JSON; its public documentation, as read in contracts/ireserve.md."""

import re
from collections.abc import Mapping
from typing import Any

from ..config import BookingCoreSettings
from ..model import BookedObject, Booking, Customer
from .shape import FaultsError, Shape, read_fields
from .value import read_id, read_status, read_text, read_time

_CUSTOM = re.compile(r"custom\d+", re.ASCII)
_CUSTOMS = ""  # where `_Booking` finds them: they stand beside the others, under no name


def _read_parent(value: Any) -> str | None:
    return None if value == "" else read_id(value)


def _check_order(members: Mapping[str, Any]) -> None:
    if members["date_till"] <= members["date_from"]:
        raise FaultsError([(("date_till",), "is not after date_from")])


# What we read; `event_id` is that of a calendar's event, and `status` a status's name.
_read = Shape(
    dict,
    required={
        "id": read_id,
        "date_from": read_time,
        "date_till": read_time,
        "object_id": read_id,
        _CUSTOMS: read_fields,
    },
    optional={
        "status_code": read_status,
        "mainobject_id": _read_parent,
        "customer": read_text,
        "email": read_text,
    },
    check=_check_order,
)


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
    data = _read({**raw, _CUSTOMS: customs})
    texts: dict[str, str] = dict(data[_CUSTOMS])
    return Booking(
        id=data["id"],
        start=data["date_from"],
        end=data["date_till"],
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
