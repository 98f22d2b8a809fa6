"""What is configured: integrations.toml, platform settings, secrets by reference."""

from .booking_core import BookingCoreSettings, Catalogue, CatalogueObject
from .configuration import Configuration, read_configuration
from .entry import Entry
from .host_settings import HostSettings
from .platform import UnresolvedError, check_platform_tables, platform_settings
from .problems import settings_problems

__all__ = [
    "BookingCoreSettings",
    "Catalogue",
    "CatalogueObject",
    "Configuration",
    "Entry",
    "HostSettings",
    "UnresolvedError",
    "check_platform_tables",
    "platform_settings",
    "read_configuration",
    "settings_problems",
]
