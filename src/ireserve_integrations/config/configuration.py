"""integrations.toml as a whole."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..kit.settings import Tab, load_tab
from ..model import NOTHING, ConfigProblem
from .booking_core import BookingCoreSettings, read_booking_core
from .document import read_document, refuse, shown
from .entry import Entry, read_entry, read_id
from .host_settings import HostSettings, read_host
from .reference import References
from .shape import Rows, Table, Words, load_unnamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What the file says, before any plugin has looked at it."""

    path: Path
    host: HostSettings = field(default_factory=HostSettings)
    booking_core: BookingCoreSettings | None = None
    """None where the file has no such table."""
    blocked: tuple[str, ...] = ()
    """Names of entry points that are not to be loaded."""
    entries: tuple[Entry, ...] = ()
    """In the order of the file, each id once."""
    platform: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING, repr=False)
    """`[platform.<vendor>]` as typed; see `platform_settings`."""


class _File(Tab):
    platform = Table()
    host = Table()
    booking_core = Table()
    plugins = Table()
    integrations = Rows(
        error_messages={"invalid": "must be a list of tables: [[integrations]], in two brackets"}
    )


class _Plugins(Tab):
    blocked = Words()


def read_configuration(path: Path, environ: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration file.

    Args:
        path: Relative paths of secrets start in its folder.
        environ: Where `{ env = "NAME" }` leads.

    Raises:
        ConfigError: The file cannot be used as a whole. A fault inside an `[[integrations]]` row
            is none: it is that entry's problem.
    """
    tables, problems = load_unnamed(_File, read_document(path))
    refuse(path, problems)
    references = References(folder=path.parent, environ=environ)
    host, host_problems = read_host(tables.get("host", {}))
    core, core_problems = read_booking_core(tables.get("booking_core", {}), references)
    plugins, plugins_problems = load_tab(_Plugins, tables.get("plugins", {}), "plugins")
    rows, platform = tables.get("integrations", []), tables.get("platform", {})
    problems = (*host_problems, *core_problems, *plugins_problems)
    refuse(path, (*problems, *_flat_platforms(platform), *_faulty_ids(rows)))
    return Configuration(
        path=path,
        host=host,
        booking_core=core if "booking_core" in tables else None,
        blocked=plugins.get("blocked", ()),
        entries=tuple(read_entry(row, references) for row in rows),
        platform=platform,
    )


def _flat_platforms(platform: Mapping[str, Any]) -> Iterator[ConfigProblem]:
    for vendor, table in platform.items():
        if not isinstance(table, Mapping):
            yield ConfigProblem(path=f"platform.{vendor}", message="must be a table of the vendor")


def _faulty_ids(rows: Sequence[Any]) -> Iterator[ConfigProblem]:
    """Yield why rows cannot be told apart, after which nothing in them can be trusted."""
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        where = f"integrations[{place}]"
        if not isinstance(row, Mapping):
            yield ConfigProblem(path=where, message="must be a table")
            continue
        name, problems = read_id(row)
        yield from (replace(problem, path=f"{where}.{problem.path}") for problem in problems)
        first = places.setdefault(name, place)
        if name and first != place:
            message = f"{shown(name)} is the id of integrations[{first}] already"
            yield ConfigProblem(path=f"{where}.id", message=message)
