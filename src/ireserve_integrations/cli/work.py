"""A worker in this process, until a signal or until nothing is due."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..errors import LedgerError
from ..host import IntegrationHost
from .failures import InputError
from .opening import open_host
from .options import Options
from .streams import note, print_json
from .tables import print_line

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def run_worker(options: Options, *, drain: bool) -> bool:
    """Work off what is owed; what did not come out well is in the alerts.

    Raises:
        InputError: The configuration as a whole, the key or the ledger cannot be used.
    """
    with open_host(options, ledger=True) as host, _until_signalled() as stop:
        say = note if options.as_json else print_line
        say(_introduce(host))
        worker = host.worker()
        try:
            worker.run(stop, drain=drain)
        except LedgerError as error:
            raise InputError(str(error)) from error
        if drain and options.as_json:
            print_json({"worked": worker.worked, "outcomes": worker.outcomes})
        elif drain:
            print_line(_sum_up(worker.worked, worker.outcomes))
    return True


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """Lend an event that the first signal sets; a second one ends the process at once."""
    stop = threading.Event()

    def first(_number: int, _frame: object) -> None:
        stop.set()
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)

    before = {one: signal.signal(one, first) for one in _SIGNALS}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _introduce(host: IntegrationHost) -> str:
    workshop = host.assembly.workshop
    assert workshop is not None  # noqa: S101  # it was opened with its ledger
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[workshop.ledger.database.dialect]
    count, threads = len(host.integrations), host.assembly.settings.threads
    return (
        f"Working on {workshop.ledger.database.name} ({kind}, {host.queue.name} queue): "
        f"{count} integration{'' if count == 1 else 's'}, "
        f"{threads} thread{'' if threads == 1 else 's'}."
    )


def _sum_up(worked: int, outcomes: Mapping[str, int]) -> str:
    told = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
    return f"{worked} worked off ({told})." if told else "Nothing was due."
