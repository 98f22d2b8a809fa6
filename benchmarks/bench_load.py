"""Ten thousand bookings through two worker processes on PostgreSQL, at a vendor that often fails.

Every booking is confirmed; then a third is cancelled and a third moved, while the workers are at
it. The vendor, in this process, fails every tenth call: it refuses to serve, or its reply is lost
before or after the work is done. In the end every booking that is confirmed has exactly one live
access at the vendor, every cancelled one has none, the ledger says the same, and nothing is owed.
`BENCH_BOOKINGS` in the environment takes another number.
"""

import os
import sys
import time

from lent import Load, durable_postgres, loaded, wanted
from stage import report

BOOKINGS = int(os.environ.get("BENCH_BOOKINGS", "10000"))
PATIENCE_S = 900.0


def wait(load: Load, started: float) -> None:
    """Wait until nothing is owed."""
    shown = started
    while owed := load.owed:
        now = time.monotonic()
        assert now - started < PATIENCE_S, f"{owed} pairs are owed still"
        if now - shown > 30:
            shown = now
            print(f"     after {now - started:.0f} s, {owed} pairs are owed", flush=True)
        time.sleep(0.25)


def main() -> int:
    """Print how it went; fail if anything ended wrong."""
    with durable_postgres() as url, loaded(url) as load:
        started = time.monotonic()
        load.submit(BOOKINGS)
        submitted_s = time.monotonic() - started
        wait(load, started)
        taken_s = time.monotonic() - started
        live, right = load.live, wanted(BOOKINGS)
        print(
            f"     {BOOKINGS} bookings in {taken_s:.0f} s: {BOOKINGS / taken_s:.0f} bookings/s, "
            f"submitted in {submitted_s:.0f} s"
        )
        results = [
            report("bookings that lack their access", len(set(right) - set(live)), 0),
            report("live accesses too many", len(live) - len(set(live) & set(right)), 0),
            report("grants in the ledger - bookings to have one", load.current - len(right), 0),
            report("alerts", len(load.host.alerts()), 0),
            report("workers that did not end well", sum(map(bool, load.stop())), 0),
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
