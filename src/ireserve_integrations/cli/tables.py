"""What people see: tables and sentences, coloured on a terminal, never cut."""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .streams import printable

_UNCUT = 100_000  # columns; a file or a pipe has no width, and a row there is one line

_STYLES = {
    "passed": "green",
    "loaded": "green",
    "granted": "green",
    "replaced": "green",
    "revoked": "green",
    "opened": "green",
    "warning": "yellow",
    "manual": "yellow",
    "pending": "yellow",
    "blocked": "yellow",
    "failed": "bold red",
    "refused": "bold red",
    "broken": "bold red",
    "error": "bold red",
}

Part = str | tuple[str, str]
"""A text, or a text and its rich style."""


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table and an empty line; a cell that is an outcome or a status has its colour."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell), style=_STYLES.get(cell, "")) for cell in row))
    console = _console()
    console.print(table)
    console.print()


def print_line(*parts: Part, indent: int = 0) -> None:
    """Print a line, an empty one without parts; where a terminal wraps it, it stays indented."""
    pieces = ((part, "") if isinstance(part, str) else part for part in parts)
    line = Text.assemble(*((printable(text), style) for text, style in pieces), overflow="fold")
    _console().print(Padding(line, (0, 0, 0, indent), expand=False) if indent else line)


def styled(word: str) -> Part:
    """Return an outcome or a status with its colour."""
    return word, _STYLES.get(word, "")


def _console() -> Console:
    terminal = sys.stdout.isatty()  # FORCE_COLOR makes none of a pipe
    return Console(
        file=sys.stdout,
        width=None if terminal else _UNCUT,
        force_terminal=None if terminal else False,
        highlight=False,
        markup=False,
        emoji=False,
    )
