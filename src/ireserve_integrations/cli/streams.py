"""Standard output for the answer, standard error for everything else."""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any

import click


def prepare_streams() -> None:
    """Let no missing stream, and no character that a stream cannot carry, end a command."""
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # what took a stream's place has none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def print_json(value: object) -> None:
    """Print one JSON document on one line; escaped where the stream cannot carry its letters."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    click.echo(text)


def note(sentence: str, file: IO[Any] | None = None) -> None:
    """Print a sentence on standard error."""
    click.echo(printable(sentence), file=file, err=True)


def printable(text: str) -> str:
    """Return a text on one line, without anything that a terminal would act on."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def _nowhere() -> IO[str]:
    return Path(os.devnull).open("w", encoding="utf-8")
