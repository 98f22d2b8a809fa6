"""What Resivo's sandbox refuses in the body of a create; part of `sandbox`, and as strict."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ireserve_integrations.testing.sandbox import Shape, complaints, matching, text

_LATE = timedelta(minutes=1)  # a start is sent as "now", which is past when it arrives
_NAME = text(longest=100)  # assumed
_MOMENT = matching(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "must be in UTC, to the second, with a trailing Z",
)
_CREATE: Shape = {
    "displayName": _NAME,
    "componentIds": [_NAME],
    "restrictions": {"validFrom": _MOMENT, "validTo": _MOMENT},
    "recipients": [
        {
            "email?": matching(r"[^@\s]+@[^@\s]+", "must be an email"),
            "phoneNumber?": matching(r"\+[0-9]{8,15}", "must be + and 8 to 15 digits"),
            "firstName?": _NAME,
            "lastName?": _NAME,
            "language?": matching(r"[a-z]{2}", "must be two lower-case letters"),
        }
    ],
}


def refusals(body: object, now: datetime) -> list[str]:
    """Return every reason to refuse the body of a create; empty where there is none.

    Args:
        body: As it came from `json.loads`.
        now: Aware.
    """
    if body is None:
        return ["the body must be JSON, with Content-Type: application/json"]
    found = complaints(body, _CREATE)
    if found or not isinstance(body, dict):
        return found
    if len(set(body["componentIds"])) < len(body["componentIds"]):
        found.append("componentIds must not name a component twice")
    for place, recipient in enumerate(body["recipients"]):
        if not {"email", "phoneNumber"} & set(recipient):
            found.append(f"recipients.{place} needs an email or a phoneNumber")
    return found + _window_refusals(body["restrictions"], now)


def window(restrictions: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the start and the end, aware, in UTC.

    Raises:
        ValueError: One of them is not in the calendar.
    """
    start, end = (
        datetime.strptime(restrictions[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        for name in ("validFrom", "validTo")
    )
    return start, end


def _window_refusals(restrictions: Mapping[str, Any], now: datetime) -> list[str]:
    try:
        start, end = window(restrictions)
    except ValueError:
        return ["restrictions must hold moments that exist"]
    reasons = {
        "restrictions.validTo must be after validFrom": end <= start,
        "restrictions.validTo must not be in the past": end <= now,
        "restrictions.validFrom must not be in the past": start < now - _LATE,
    }
    return [reason for reason, applies in reasons.items() if applies]
