"""What handing a change over costs, beside writing the same bytes down.

The bare writer puts an event's JSON into a table of one text column: `BEGIN IMMEDIATE; INSERT;
COMMIT`, on the same disk and under the ledger's own settings (WAL, `synchronous=FULL`). Both take
the event as a mapping, one after another, in turns of a few hundred, so that what else the disk
does hits both; and both have written before until their logs have got their size, since a log that
grows takes longer to reach the disk.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from ireserve_integrations import IntegrationHost
from stage import event, host, report

LOG_PAGES = 4_000  # the ledger's; then a log is written over from its beginning
WARM_UP = 4_500  # calls, each a page or more
TURNS = 15
CALLS = 200  # in a turn
WRITERS = 8
CALLS_OF_WRITER = 500

Write = Callable[[dict[str, Any]], object]


@contextmanager
def bare_writer() -> Iterator[Write]:
    """Lend what writes an event down and does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bare.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
            connection.execute("CREATE TABLE events (number INTEGER PRIMARY KEY, body TEXT)")

            def write(change: dict[str, Any]) -> None:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO events (body) VALUES (?)", (json.dumps(change),))
                connection.execute("COMMIT")

            yield write


def taken_s(write: Write, changes: list[dict[str, Any]]) -> list[float]:
    """Return how long each of these took."""
    taken = []
    for change in changes:
        started = time.perf_counter()
        write(change)
        taken.append(time.perf_counter() - started)
    return taken


def compare(opened: IntegrationHost, numbers: Iterator[int]) -> bool:
    """Compare the rates."""
    ours, theirs, ratios = [], [], []
    with bare_writer() as bare:
        for write in (opened.submit, bare):
            taken_s(write, [event(next(numbers)) for _ in range(WARM_UP)])
        for _ in range(TURNS):
            changes = [event(next(numbers)) for _ in range(CALLS)]
            own, other = taken_s(opened.submit, changes), taken_s(bare, changes)
            ours += own
            theirs += other
            ratios.append(sum(other) / sum(own))
    print(
        f"     submit: median {statistics.median(ours) * 1e6:.0f} µs, bare commit: median "
        f"{statistics.median(theirs) * 1e6:.0f} µs"
    )
    what = "rate of submit / rate of a bare INSERT; COMMIT"
    return report(what, statistics.median(ratios), 0.5, at_least=True)


def side_by_side(opened: IntegrationHost, numbers: Iterator[int]) -> bool:
    """Look at the slowest calls while several threads hand changes over."""
    changes = [[event(next(numbers)) for _ in range(CALLS_OF_WRITER)] for _ in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        found = pool.map(lambda own: taken_s(opened.submit, own), changes)
        taken = sorted(one for own in found for one in own)
    median, slow = statistics.median(taken), taken[len(taken) * 99 // 100]
    print(
        f"     {WRITERS} writers: median {median * 1e3:.2f} ms, p99 {slow * 1e3:.2f} ms, "
        f"longest {taken[-1] * 1e3:.1f} ms"
    )
    return report(f"p99 of submit with {WRITERS} writers / median", slow / median, 20)


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    numbers = count()
    with host() as opened:
        fast, even = compare(opened, numbers), side_by_side(opened, numbers)
    return 0 if fast and even else 1


if __name__ == "__main__":
    sys.exit(main())
