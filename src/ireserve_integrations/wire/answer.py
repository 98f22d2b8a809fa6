"""What the outside is told."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..model import Outcome

_IRESERVE = "%Y-%m-%dT%H:%M:%S%z"  # an offset without a colon, as in its booking JSON


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as one entry of the `--json` answer; an opening's has its lock."""
    error = outcome.error
    entry = {
        "integration": outcome.integration,
        "vendor": outcome.vendor,
        "booking": outcome.booking,
        "outcome": outcome.outcome,
        "reference": outcome.reference,
        "fields": dict(outcome.fields),
        "status": outcome.status,
        "warnings": list(outcome.warnings),
        "error": None if error is None else {"kind": error.kind, "message": error.message},
    }
    return entry if outcome.lock is None else entry | {"lock": outcome.lock}


def show_time(moment: datetime, zone: ZoneInfo | None) -> str:
    """Return `2026-11-21T09:58:03+0100`: in the zone, else in the moment's own offset.

    Raises:
        ValueError: The moment is naive; the machine's own zone is never read.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time without a time zone cannot be shown")
    return (moment if zone is None else moment.astimezone(zone)).strftime(_IRESERVE)
