"""The port to the booking core: what is read of it, and what is written back."""

from collections.abc import Callable

from ..config import BookingCoreSettings
from ..kit.transport import Http
from .catalogue import Seen, catalogue_problems, complete_catalogue
from .ireserve import IreserveCore
from .memory import InMemoryCore, Write
from .port import BookingCore

__all__ = [
    "BookingCore",
    "InMemoryCore",
    "IreserveCore",
    "Seen",
    "Write",
    "catalogue_problems",
    "complete_catalogue",
    "open_booking_core",
]


def open_booking_core(
    settings: BookingCoreSettings | None, lend: Callable[[], Http]
) -> BookingCore | None:
    """Return the booking core that is configured; None where nothing is to be written back.

    Args:
        settings: `[booking_core]`; without a `kind`, whoever calls the host writes back.
        lend: Returns an HTTP client for one call, with a deadline and one write.

    Raises:
        ConfigError: The settings lack what this kind needs, which reading the file refuses too.
    """
    if settings is None or settings.kind is None:
        return None
    return IreserveCore(settings, lend)
