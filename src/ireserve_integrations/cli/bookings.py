"""Changes that are handed over by hand, and outcomes as people see them."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..config import Configuration
from ..host import IntegrationHost
from ..ledger import Recorded
from ..model import Outcome, StatusChange
from ..wire import outcome_json, read_changes
from .failures import reading
from .opening import open_host, read_json, read_settings, shown_name
from .options import Options
from .streams import note, print_json
from .tables import print_line, print_table, styled

_LISTED = 5  # bookings that share a sentence; the table has them all
_SHORT = 10  # events that are done before a progress bar would be seen


def dispatch_events(options: Options, path: Path) -> bool:
    """Hand over the events of a file and print what became of them; tell whether all is done."""
    configuration = read_settings(options)
    raw = read_json(path)
    with reading(shown_name(path)):
        changes = read_changes(raw, configuration.booking_core)
    outcomes = _dispatch(options, configuration, changes) if changes else []
    if options.as_json:
        print_json([outcome_json(outcome) for outcome in outcomes])
    elif outcomes:
        print_outcomes(outcomes)
    else:
        print_line(_why_nothing(changes))
    return all(outcome.ok for outcome in outcomes)


def submit_events(options: Options, path: Path) -> bool:
    """Hand over the events of a file for a worker, and print which were new; True once on disk.

    Raises:
        InputError: The file, the configuration or the ledger cannot be used; nothing was accepted.
    """
    configuration = read_settings(options)
    raw = read_json(path)
    with reading(shown_name(path)):
        changes = read_changes(raw, configuration.booking_core)
    recorded: Sequence[Recorded] = ()
    if changes:
        with open_host(options, ledger=True) as host, reading():
            recorded = host.record(changes)
    for one in recorded:
        if one.warning is not None:
            note(f"booking {one.booking}: {one.warning}")
    if options.as_json:
        print_json([{"event_id": one.event_id, "accepted": one.accepted} for one in recorded])
    elif recorded:
        print_table(("Booking", "Event", "Accepted"), [_submitted_row(one) for one in recorded])
    else:
        print_line(f"There is no event in {shown_name(path)}.")
    return True


def _submitted_row(one: Recorded) -> tuple[str, ...]:
    return one.booking, one.event_id or "", "yes" if one.accepted else "known already"


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Print outcomes as a table, and below it what there is to know, each sentence once."""
    headings = ("Booking", "Integration", "Outcome", "Reference", "To be written")
    print_table(headings, [_row(outcome) for outcome in outcomes])
    said: dict[tuple[str, str, str], list[str]] = {}
    for outcome in outcomes:
        for word, sentence in _to_know(outcome):
            said.setdefault((outcome.integration, word, sentence), []).append(outcome.booking)
    for (integration, word, sentence), bookings in said.items():
        print_line(f"{integration}, {_some(bookings)}, ", styled(word), f": {sentence}")


def print_openings(outcomes: Sequence[Outcome]) -> None:
    """Print openings as a table, and below it what there is to know of each lock."""
    headings = ("Booking", "Integration", "Lock", "Outcome", "To be written")
    print_table(headings, [_opening_row(outcome) for outcome in outcomes])
    for outcome in outcomes:
        for word, sentence in _to_know(outcome):
            print_line(f"{outcome.lock or outcome.integration}, ", styled(word), f": {sentence}")


def _dispatch(
    options: Options, configuration: Configuration, changes: Sequence[StatusChange]
) -> list[Outcome]:
    settings = configuration.host
    bookings = {change.booking.id for change in changes}
    with open_host(options, ledger=True) as host, reading():
        turns = math.ceil(len(bookings) / settings.threads)  # of each integration's own threads
        deadline_s = settings.call_deadline_s * turns
        with _progress(len(changes), len(bookings) * len(host.integrations)) as advance:
            return _dispatched(host, changes, deadline_s, advance)


def _dispatched(
    host: IntegrationHost,
    changes: Sequence[StatusChange],
    deadline_s: float,
    advance: Callable[[Outcome], None],
) -> list[Outcome]:
    try:
        return host.dispatch(changes, deadline_s=deadline_s, progress=advance)
    except KeyboardInterrupt:
        note("What was accepted is in the ledger: dispatch the same file again to go on.")
        raise


@contextmanager
def _progress(events: int, pairs: int) -> Iterator[Callable[[Outcome], None]]:
    """Lend what is to be called with each outcome; a person who waits long sees a bar."""
    if events <= _SHORT or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415  # only where there is a bar
    from rich.progress import MofNCompleteColumn, Progress  # noqa: PLC0415

    console = Console(file=sys.stderr)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("dispatching", total=pairs)
        yield lambda _: progress.advance(task)


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.booking,
        outcome.integration,
        outcome.outcome,
        outcome.reference or "",
        _to_write(outcome),
    )


def _opening_row(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.booking,
        outcome.integration,
        outcome.lock or "",
        outcome.outcome,
        _to_write(outcome),
    )


def _to_write(outcome: Outcome) -> str:
    written = [f"{name} = {value or '(empty)'}" for name, value in outcome.fields.items()]
    written += [f"status {outcome.status}"] if outcome.status is not None else []
    return ", ".join(written)


def _to_know(outcome: Outcome) -> Iterator[tuple[str, str]]:
    if outcome.error is not None:
        yield outcome.outcome, f"{outcome.error.message} ({outcome.error.kind})"
    for warning in outcome.warnings:
        yield ("warning", warning)


def _some(bookings: Sequence[str]) -> str:
    more = len(bookings) - _LISTED
    return ", ".join([*bookings[:_LISTED], *([f"and {more} more"] if more > 0 else [])])


def _why_nothing(changes: Sequence[Any]) -> str:
    if changes:
        return "No integration is configured: the events are in the ledger, and nobody is told."
    return "There is no event, and nothing to do."
