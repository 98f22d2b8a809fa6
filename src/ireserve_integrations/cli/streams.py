"""Standard output for the answer, standard error for everything else."""

import json
import sys
from typing import IO, Any

import click


def prepare_streams() -> None:
    """Let no character that the streams' encoding lacks end a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # what took the stream's place has none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def print_json(value: object) -> None:
    """Print one JSON document on one line; escaped where the stream cannot carry its letters."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value)
    click.echo(text)


def note(sentence: str, file: IO[Any] | None = None) -> None:
    """Print a sentence on standard error."""
    click.echo(printable(sentence), file=file, err=True)


def printable(text: str) -> str:
    """Return a text on one line, without anything that a terminal would act on."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
