"""What a booking said, as digests under a random key that never leaves the ledger.

They tell whether something is the same without keeping what it was.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..model import Booking, Integration, StatusChange

_BETWEEN, _NONE = "\x1f", "\x1e"  # control characters, which no part of a change holds


class Digests:
    """Makes the digests of one ledger."""

    def __init__(self, key: bytes) -> None:
        """Take the ledger's random key, 32 bytes."""
        self._empty = hashlib.blake2b(key=key, digest_size=16)

    def of_booking(self, booking: Booking) -> str:
        """Digest what decides whether a grant still fits: times, objects, e-mail, phone."""
        return self._digest(
            _instant(booking.start),
            _instant(booking.end),
            sorted({(booked.object, booked.sub_object or "") for booked in booking.objects}),
            booking.customer.email.strip().casefold(),
            _dialled(booking.customer.phone),
        )

    def of_change(self, change: StatusChange) -> str:
        """Digest everything that a change said but its event id."""
        booking, customer = change.booking, change.booking.customer
        said = [
            change.new_status,
            change.old_status or _NONE,
            str(change.sequence),
            booking.id,
            booking.status or _NONE,
            str(booking.start.timestamp()),
            str(booking.end.timestamp()),
            customer.first_name,
            customer.last_name,
            customer.email,
            customer.phone,
            customer.language,
            str(len(booking.objects)),
        ]
        for booked in booking.objects:
            said += (booked.object, booked.sub_object or _NONE)
        for name_and_value in sorted(booking.fields.items()):
            said += name_and_value
        return self._digest_text(_BETWEEN.join(said))

    def of_settings(self, integration: Integration) -> str:
        """Digest everything that was typed for an integration, its secrets too."""
        return self._digest(
            (integration.vendor, integration.active, integration.stage),
            [_plain(tab) for tab in (integration.auth, integration.details, integration.platform)],
            [(row.object, row.sub_object or "", row.targets) for row in integration.mapping],
        )

    def _digest(self, *parts: Any) -> str:
        return self._digest_text(json.dumps(parts, separators=(",", ":")))

    def _digest_text(self, text: str) -> str:
        digest = self._empty.copy()
        digest.update(text.encode())
        return digest.hexdigest()


def _plain(value: Any) -> Any:
    """Return a setting as JSON has it: mappings in the order of their keys."""
    if isinstance(value, Mapping):
        return sorted((str(key), _plain(inner)) for key, inner in value.items())
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else str(value)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _dialled(phone: str) -> str:
    """Fold the ways of writing one number, so that another blank is no other visitor."""
    return re.sub(r"^00", "+", re.sub(r"[^\d+]", "", phone))
