"""The options that stand before or after any command."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

DEFAULT_CONFIG = Path("integrations.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What counts for a command: what stands after it, else before it, else the default."""

    config: Path = DEFAULT_CONFIG
    config_given: bool = False
    database: str | None = None
    as_json: bool = False


def with_options(command: Callable[..., None], *, configured: bool = True) -> Callable[..., None]:
    """Give a command the options, and call it with what counts.

    Args:
        command: Called with `Options` before its own arguments.
        configured: Whether it has a use for a configuration; its help else leaves that out.
    """

    @functools.wraps(command)
    def called(**arguments: Any) -> None:
        own = {name: arguments.pop(name) for name in ("config", "database", "as_json")}
        command(_that_count(own), **arguments)

    return _add_options(called, configured=configured)


def with_json(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that has no use for a configuration the options."""
    return with_options(command, configured=False)


def program_options(program: Callable[..., None]) -> Callable[..., None]:
    """Give the program itself the options; commands find them in its parameters."""
    return _add_options(program, configured=True)


def _add_options(command: Callable[..., None], *, configured: bool) -> Callable[..., None]:
    config = click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        hidden=not configured,
        help=f"The configuration; by default {DEFAULT_CONFIG}.",
    )
    database = click.option(
        "--database",
        metavar="URL",
        hidden=not configured,
        help="The ledger; by default ireserve-integrations.db beside the configuration.",
    )
    as_json = click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
    return config(database(as_json(command)))


def _that_count(own: dict[str, Any]) -> Options:
    before = click.get_current_context().find_root().params
    config = own["config"] or before.get("config")
    return Options(
        config=config or DEFAULT_CONFIG,
        config_given=config is not None,
        database=own["database"] or before.get("database"),
        as_json=own["as_json"] or before.get("as_json", False),
    )
