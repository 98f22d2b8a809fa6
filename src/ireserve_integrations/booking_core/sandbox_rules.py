"""What i-Reserve's sandbox refuses in a body; part of `sandbox`, and stricter than it need be."""

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from .sandbox_state import StoredBooking

_CUSTOM = re.compile(r"custom[1-9][0-9]{0,2}")
_NO_OBJECT = "the body must be a JSON object, with Content-Type: application/json"


def update_refusals(body: object, statuses: Collection[str]) -> list[str]:
    """Return every reason to refuse the body of a booking's update; empty where there is none.

    Args:
        body: As it came from `json.loads`.
        statuses: Codes that there are.
    """
    if not isinstance(body, dict):
        return [_NO_OBJECT]
    found = [] if _is_text(body.get("id")) else ["id must be a text"]
    values = {name: value for name, value in body.items() if name != "id"}
    if not values:
        found.append("there is nothing to update")
    if "status_code" in values and status_of(values.pop("status_code")) not in statuses:
        found.append("status_code must be the code of a status")
    for name, value in values.items():
        if not _CUSTOM.fullmatch(name):
            found.append(f"{name} is no custom field")
        elif not isinstance(value, str):
            found.append(f"{name} must be a text")
    return found


def status_of(code: object) -> str | None:
    """Return a status code, sent as a number or as a text; None for anything else."""
    return str(code) if isinstance(code, int | str) and not isinstance(code, bool) else None


def subscription_refusals(body: object) -> list[str]:
    """Return every reason to refuse a subscription; empty where there is none."""
    if not isinstance(body, dict):
        return [_NO_OBJECT]
    found = [f"{name} should not exist" for name in body if name != "target_url"]
    target = body.get("target_url")
    if not (isinstance(target, str) and _is_address(target)):
        found.append("target_url must be an address")
    return found


def read_stored(booking_id: str, body: object) -> StoredBooking:
    """Return the booking that is put by hand, as booking JSON of which most may be left out.

    Raises:
        ValueError: What is wrong with it.
    """
    if not isinstance(body, dict):
        raise ValueError(_NO_OBJECT)  # noqa: TRY004  # the one error of what is put by hand
    known = {"object_id", "mainobject_id", "date_from", "date_till", "status_code"}
    for name, value in body.items():
        if not (name in known | {"customer", "email"} or _CUSTOM.fullmatch(name)):
            raise ValueError(f"{name} should not exist")
        if status_of(value) is None:
            raise ValueError(f"{name} must be a text")
    customs = {name: str(value) for name, value in body.items() if _CUSTOM.fullmatch(name)}
    return StoredBooking(
        id=booking_id,
        object_id=str(body.get("object_id", "17")),
        mainobject_id=str(body["mainobject_id"]) if "mainobject_id" in body else None,
        date_from=_moment(body, "date_from"),
        date_till=_moment(body, "date_till"),
        status_code=str(body.get("status_code", "20")),
        customer=str(body.get("customer", "")),
        email=str(body.get("email", "")),
        customs=customs,
    )


def _moment(body: dict[str, Any], name: str) -> datetime:
    try:
        return datetime.strptime(str(body.get(name)), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        raise ValueError(f"{name} must be a time such as 2018-02-13T09:30:00+0100") from None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
