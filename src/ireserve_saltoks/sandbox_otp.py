"""How Salto's sandbox checks a one-time password, and blocks after wrong ones; part of `sandbox`.

It follows the vendor's description, on its own: nothing here is shared with the plugin.
"""

from datetime import UTC, datetime, timedelta
from hashlib import md5
from itertools import chain

_VALID_S = 180  # "about three minutes"
_EARLY_S = 5  # assumed; the clock that made the code may be a little ahead
_BLOCKED_FOR = timedelta(minutes=20)
_LENGTH = 5


def one_time_password(moment: datetime, secret: str, pin: str) -> str:
    """Return the code of an aware moment's whole second."""
    stamp = f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"
    digest = md5(f"{stamp}{secret}{pin}".encode(), usedforsecurity=False)  # as the vendor has it
    return digest.hexdigest()[:_LENGTH]


def accepts(code: str, now: datetime, secret: str, pin: str) -> bool:
    """Tell whether a code counts: made in the last three minutes, or up to 5 s ahead.

    One that was used already counts as well.
    """
    newest_first = chain(range(_VALID_S + 1), range(-1, -_EARLY_S - 1, -1))
    moments = (now - timedelta(seconds=age_s) for age_s in newest_first)
    return any(one_time_password(moment, secret, pin) == code for moment in moments)


class Attempts:
    """The wrong codes in a row of one user, at one IQ, for one command."""

    def __init__(self) -> None:
        self.wrong = 0
        self.blocked_until: datetime | None = None

    def blocked(self, now: datetime) -> bool:
        """Tell whether no code is looked at now; once a block is over, counting starts anew."""
        if self.blocked_until is not None and now >= self.blocked_until:
            self.passed()
        return self.blocked_until is not None

    def failed(self, now: datetime, allowed: int) -> None:
        """Count a wrong code; from so many in a row on, the next ones are not looked at."""
        self.wrong += 1
        if self.wrong >= allowed:
            self.block(now)

    def passed(self) -> None:
        """Start anew: a code was right, or the block is over."""
        self.wrong, self.blocked_until = 0, None

    def block(self, now: datetime) -> None:
        """Look at no code for 20 minutes."""
        self.blocked_until = now + _BLOCKED_FOR
