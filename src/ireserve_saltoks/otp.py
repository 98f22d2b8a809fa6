"""The one-time password that opens a lock or sets a PIN (documented, and measured at a door)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5

_LENGTH = 5
_STAMP = "%04d%02d%02d%02d%02d%02d"


def one_time_password(moment: datetime, secret: str, pin: str) -> str:
    """Return the code of an aware moment's whole second; it is valid for about three minutes.

    Raises:
        ValueError: The moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a naive time makes no one-time password")
    utc = moment.astimezone(UTC)
    fields = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
    stamp = _STAMP % fields  # a third of what strftime costs
    digest = md5(f"{stamp}{secret}{pin}".encode(), usedforsecurity=False)  # the vendor's choice
    return digest.hexdigest()[:_LENGTH]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtpKey:
    """What one user's codes on one IQ are made with."""

    secret: str = field(repr=False)
    pin: str = field(repr=False)
    """Four digits, leading zeros kept."""

    def sign(self, moment: datetime) -> str:
        """Return the code of that moment."""
        return one_time_password(moment, self.secret, self.pin)
