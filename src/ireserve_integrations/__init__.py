"""Lets an i-Reserve booking open a door: the host for access-control integrations.

Names are loaded when they are first asked for: a booking core that only imports the package pays
for nothing, and `IntegrationHost` alone brings SQLAlchemy, httpx and marshmallow.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from .host import IntegrationHost
    from .model import BookedObject, Booking, Customer, Outcome, OutcomeError, StatusChange

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

_MODELS = {"BookedObject", "Booking", "Customer", "Outcome", "OutcomeError", "StatusChange"}
_ELSEWHERE = {"IntegrationHost": "host", "hookimpl": "hookspecs"}


def __getattr__(name: str) -> object:
    """Load a public name from its module."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "model" if name in _MODELS else _ELSEWHERE.get(name, "errors")
    return getattr(import_module(f".{home}", __name__), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
