"""The configuration and the host, opened so that what is wrong with the input changes nothing."""

from pathlib import Path
from typing import Any

import click

from ..config import Configuration, read_configuration
from ..host import IntegrationHost
from ..kit.settings import near_miss
from ..model import Integration, PluginInfo
from ..plugins import Plugins
from ..wire import parse_json
from .failures import InputError, reading
from .options import Options

_LARGEST_FILE = 64 * 1024 * 1024  # bytes; `parse_json` refuses what is larger


def read_settings(options: Options) -> Configuration:
    """Return what the configuration file says, before anything is opened.

    Raises:
        InputError: It cannot be used as a whole.
    """
    with reading():
        return read_configuration(options.config)


def open_host(options: Options, *, ledger: bool) -> IntegrationHost:
    """Return an open host.

    Raises:
        InputError: The configuration as a whole, the key or the ledger cannot be used.
    """
    with reading():
        return IntegrationHost.open(options.config, database=options.database, ledger=ledger)


def find_integration(configuration: Configuration, integration: str) -> Integration:
    """Return what was typed of an integration.

    Raises:
        InputError: There is none of that id.
    """
    known = {entry.integration.id: entry.integration for entry in configuration.entries}
    if integration not in known:
        near = near_miss(integration, tuple(known)) or f"; {configuration.path} has none"
        raise InputError(f"there is no integration {integration!r}{near}")
    return known[integration]


def find_plugin(configuration: Configuration, integration: Integration) -> PluginInfo | None:
    """Return what an integration's plugin tells of itself; None where it cannot be used."""
    return Plugins(configuration.blocked).infos.get(integration.vendor)


def read_json(path: Path) -> Any:
    """Return the value in a JSON file; `-` is standard input.

    Raises:
        InputError: It cannot be read, or holds no JSON.
    """
    with reading(shown_name(path)):
        try:
            with click.open_file(str(path), "rb") as file:
                content = file.read(_LARGEST_FILE + 1)
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror or error}") from error
        return parse_json(content)


def shown_name(path: Path) -> str:
    """Return how messages name a file."""
    return "standard input" if str(path) == "-" else str(path)
