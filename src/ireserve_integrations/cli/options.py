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


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options, and call it with what counts."""

    @functools.wraps(command)
    def called(**arguments: Any) -> None:
        own = {name: arguments.pop(name) for name in ("config", "database", "as_json")}
        command(_that_count(own), **arguments)

    for option in reversed(_options()):
        called = option(called)
    return called


def program_options(program: Callable[..., None]) -> Callable[..., None]:
    """Give the program itself the options; commands find them in its parameters."""
    for option in reversed(_options()):
        program = option(program)
    return program


def _options() -> tuple[Callable[..., Callable[..., None]], ...]:
    return (
        click.option(
            "--config",
            metavar="FILE",
            type=click.Path(path_type=Path),
            help=f"The configuration; by default {DEFAULT_CONFIG}.",
        ),
        click.option(
            "--database",
            metavar="URL",
            help="The ledger; by default ireserve-integrations.db beside the configuration.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Answer for machines."),
    )


def _that_count(own: dict[str, Any]) -> Options:
    before = click.get_current_context().find_root().params
    config = own["config"] or before.get("config")
    return Options(
        config=config or DEFAULT_CONFIG,
        config_given=config is not None,
        database=own["database"] or before.get("database"),
        as_json=own["as_json"] or before.get("as_json", False),
    )
