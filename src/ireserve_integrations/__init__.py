"""Lets an i-Reserve booking open a door: the host for access-control integrations.

Importing this loads neither SQLAlchemy, httpx nor marshmallow; `IntegrationHost` loads them when it
is first asked for.
"""

from typing import TYPE_CHECKING

from .errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    LedgerError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from .hookspecs import hookimpl
from .model import BookedObject, Booking, Customer, Outcome, OutcomeError, StatusChange

if TYPE_CHECKING:
    from .host import IntegrationHost

__all__ = [
    "AuthError",
    "BookedObject",
    "Booking",
    "ConfigError",
    "Customer",
    "IntegrationError",
    "IntegrationHost",
    "LedgerError",
    "Outcome",
    "OutcomeError",
    "OutcomeUnknownError",
    "PluginError",
    "ProtocolError",
    "RejectedError",
    "StatusChange",
    "UnavailableError",
    "hookimpl",
]


def __getattr__(name: str) -> object:
    """Load `IntegrationHost` when it is first asked for."""
    if name == "IntegrationHost":
        from .host import IntegrationHost  # noqa: PLC0415  # costs SQLAlchemy and marshmallow

        return IntegrationHost
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
