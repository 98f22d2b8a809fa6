"""What the host lends a plugin for one hook call."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..model import Booking, History, Integration, Stage
from .transport import Http


class Vault(Protocol):
    """Secrets that an action found, encrypted in the ledger, by a name of the plugin's choice."""

    def get(self, name: str) -> str | None:
        """Return the secret, or None where there is none."""

    def put(self, name: str, value: str) -> None:
        """Keep the secret; on disk when this returns."""

    def forget(self, name: str) -> None:
        """Drop it; an unknown name is fine."""

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:
        """Replace a secret by what `change` makes of it, as one step among all processes.

        `change` gets None where there is none, and answers None to drop it; it may be called more
        than once, so it does nothing but compute. Returns what it answered last.
        """


def _show(moment: datetime, booking: Booking) -> str:
    return moment.astimezone(booking.start.tzinfo).strftime("%Y-%m-%dT%H:%M:%S%z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Lent for one hook call and of no use after it."""

    http: Http
    """Holds to the call's deadline and knows whether a write has left."""
    vault: Vault = field(repr=False)
    clock: Callable[[], datetime]
    """The current time, aware, UTC; the only clock that a plugin reads."""
    stage: Stage = "production"
    """Which checklist `check_connection` is asked for."""
    siblings: tuple[Integration, ...] = ()
    """The vendor's other integrations, for checks across them."""
    shown: Callable[[datetime, Booking], str] = _show
    """Writes a moment as the people of a booking read it; for booking fields and messages."""
    history: History = field(default_factory=History)
    """What the ledger has seen of this integration."""
