"""`ireserve-integrations key-status`: what a status of a medium or digital key means."""

import json
from collections.abc import Iterator, Sequence

import click

from .key_status import LISTED, Opens, ReadBy, Reading, read_key_status

_OPENS = {
    Opens.YES: "it opens doors.",
    Opens.NO: "it opens no door.",
    Opens.NOT_YET: "it does not open the door yet.",
    Opens.UNTIL_COMPLETED: "it opens doors until completed.",
    Opens.UNKNOWN: "whether it opens a door is unknown.",
    Opens.RESTRICTED: "it opens doors, within its restrictions.",
}
_NOT_ABOUT_LINKS = (
    "Remote access by link has neither a medium nor a key: none of these statuses applies to it."
)


@click.command("key-status", short_help="Say what a status of a medium or digital key means.")
@click.argument("words", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Answer for machines.")
@click.pass_context
def command(ctx: click.Context, *, words: Sequence[str], as_json: bool) -> None:
    """Print every reading of a status, in the WORDS of the Resivo portal or home app.

    For access media (cards, fobs) and digital keys, in any letter case: key-status Revocation
    pending. The exit status is 1 for words that the manual does not list.
    """
    text = " ".join(" ".join(words).split())
    if not text:
        raise click.UsageError("WORDS are empty: type a status, such as: Revocation pending", ctx)
    readings = read_key_status(text).readings
    if as_json or ctx.find_root().params.get("as_json"):
        click.echo(json.dumps([_to_json(reading) for reading in readings]))
    elif readings:
        _print_readings(text, readings)
    else:
        _print_unlisted(text)
    ctx.exit(0 if readings else 1)


def _to_json(reading: Reading) -> dict[str, str | None]:
    return {
        "status": reading.status,
        "reading": reading.reading,
        "how": reading.how,
        "opens": reading.opens,
        "still": reading.still,
    }


def _print_readings(text: str, readings: Sequence[Reading]) -> None:
    from rich.console import Console  # noqa: PLC0415  # loaded only where a table is drawn
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=Text(text), title_justify="left")
    for heading in ("Read as", "Applies to", "How"):
        table.add_column(heading)
    table.add_column("Opens a door", no_wrap=True)
    table.add_column("What must still happen")
    for reading in readings:
        applies_to = " and ".join(reading.applies_to)
        table.add_row(reading.reading, applies_to, reading.how or "", reading.opens, reading.still)
    Console().print(table)
    for reading in readings:
        click.echo(" ".join(_to_sentences(reading)))
    click.echo(_NOT_ABOUT_LINKS)


def _to_sentences(reading: Reading) -> Iterator[str]:
    """Say of one reading what it is, whether a door opens, and who must do what."""
    yield f"{reading.status}, {_describe_place(reading)}: {_OPENS[reading.opens]}"
    nothing, _, why = reading.still.partition(": ")
    if nothing == "nothing":
        yield f"Nobody has to act{why and ': '}{why}."
    elif reading.still:
        yield f"Still to happen: {reading.still}."


def _describe_place(reading: Reading) -> str:
    """Return where the words stand, as a person would say it."""
    carriers = " and ".join(reading.applies_to)
    match reading.reading:
        case ReadBy.MEDIUM:
            return "said of an access medium"
        case ReadBy.KEY:
            return "said of a digital key"
        case ReadBy.DEPLOYMENT:
            how = f", {reading.how}" if reading.how else ""
            return f"said of a door's deployment ({carriers}{how})"
        case ReadBy.HOME_APP:
            return f"said in the home app under {reading.group} ({carriers})"


def _print_unlisted(text: str) -> None:
    """Say that the manual has no such words; what it has goes to standard error."""
    shown = text.encode(errors="replace").decode()  # a shell may pass bytes that are no text
    click.echo(f'The manual does not list "{shown}".')
    click.echo("It lists:", err=True)
    for reading in ReadBy:
        statuses = dict.fromkeys(row.status for row in LISTED if row.reading is reading)
        click.echo(f"  {reading}: {', '.join(statuses)}", err=True)
