"""What a person must see to, and what happened: the alerts and the audit, from the ledger alone."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import click

from ..config import read_configuration
from ..errors import ConfigError
from ..host import DATABASE_NAME
from ..ledger import Alert
from ..ledger.audit import Entry
from ..ledger.reports import Reports
from ..wire import show_time
from .failures import reading
from .options import Options
from .streams import note, print_json
from .tables import print_line, print_table

_PAGE = 500  # entries of one table: a long audit is shown in constant memory, headed anew


def list_alerts(options: Options) -> bool:
    """Print what is open, oldest first; tell that it was listed, whatever there is.

    Raises:
        InputError: The ledger cannot be used.
    """
    zone = _time_zone(options)
    with _opened(options) as reports:
        found = reports.alerts()
    if options.as_json:
        print_json([_alert_json(alert) for alert in found])
    elif found:
        headings = ("Integration", "Booking", "Cause", "What to do", "Since")
        print_table(headings, [_alert_row(alert, zone) for alert in found])
    else:
        print_line("There is no alert: nobody has to see to anything.")
    return True


def show_audit(options: Options, booking: str | None) -> bool:
    """Print what happened, in its order; tell that it was shown, whatever there is.

    Raises:
        InputError: The ledger cannot be used.
    """
    zone = _time_zone(options)
    with _opened(options) as reports:
        entries = reports.audit(booking)
        shown = _print_as_json(entries) if options.as_json else _print_tables(entries, zone)
    if not shown:
        note("the audit is empty" if booking is None else f"the audit has no booking {booking!r}")
    return True


@contextmanager
def _opened(options: Options) -> Iterator[Reports]:
    """Lend the ledger; no key is needed to read what is no secret."""
    url = options.database or str(options.config.parent / DATABASE_NAME)
    with reading(), Reports(url) as reports:
        yield reports


def _time_zone(options: Options) -> ZoneInfo | None:
    """Return the zone in which people read times.

    A file that cannot be used may be what an alert is about, so that it only costs the zone.
    """
    with reading():
        try:
            core = read_configuration(options.config).booking_core
        except ConfigError as error:
            if not options.config.exists() and options.database is None:
                raise
            note(f"times are shown in UTC: {error}")
            return None
    return None if core is None else core.time_zone


def _alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "integration": alert.integration or None,
        "booking": alert.booking or None,
        "cause": str(alert.cause),
        "message": alert.message,
        "opened_at": None if alert.opened_at is None else _as_utc(alert.opened_at),
    }


def _alert_row(alert: Alert, zone: ZoneInfo | None) -> tuple[str, ...]:
    since = "" if alert.opened_at is None else show_time(alert.opened_at, zone)
    return alert.integration, alert.booking, str(alert.cause), alert.message, since


def _print_as_json(entries: Iterable[Entry]) -> bool:
    """Print one JSON array, entry by entry; tell whether there was any."""
    before = "["
    for entry in entries:
        click.echo(before + _as_text(_entry_json(entry)), nl=False)
        before = ", "
    click.echo("[]" if before == "[" else "]")
    return before != "["


def _print_tables(entries: Iterator[Entry], zone: ZoneInfo | None) -> bool:
    headings = ("At", "Integration", "Booking", "What", "Detail")
    shown = False
    while page := list(islice(entries, _PAGE)):
        print_table(headings, [_entry_row(entry, zone) for entry in page])
        shown = True
    return shown


def _entry_json(entry: Entry) -> dict[str, Any]:
    own = {
        "at": _as_utc(entry.at),
        "integration": entry.integration,
        "booking": entry.booking,
        "what": entry.what,
    }
    return own | {name: value for name, value in entry.detail.items() if name not in own}


def _entry_row(entry: Entry, zone: ZoneInfo | None) -> tuple[str, ...]:
    detail = ", ".join(f"{name}: {_in_words(value)}" for name, value in entry.detail.items())
    at = show_time(entry.at, zone)
    return at, entry.integration or "", entry.booking or "", entry.what, detail


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(map(_in_words, value)) or "none"
        case _:
            return str(value)


def _as_text(value: object) -> str:
    """Return JSON, escaped where standard output cannot carry its letters."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _as_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
