"""What 100,000 waiting changes cost: taking the next of them, and the memory of working them off.

Taking the next is what a worker does before it asks a vendor: it looks at the due index and takes
the first pair with all that it needs to know. Two ledgers, a small and a large one, take turns.
Before that the changes wait to be unfolded, some at a time, which is measured in the same way.

Memory is looked at after a worker has warmed up (connections, SQLite's page caches, threads) and
after it has drained some thousands more from the large ledger: what the process holds (RSS), and
what Python's objects hold (tracemalloc), which shows even a few bytes that a pair leaves behind.
"""

import gc
import statistics
import sys
import time
import tracemalloc
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from ireserve_integrations import IntegrationHost
from ireserve_integrations.ledger.lease import Owed
from stage import event, host, installed, plain_integration, report

FEW, MANY = 1_000, 100_000
AT_ONCE = 5_000  # submitted in one transaction
TAKEN = 300
UNFOLDED = 4  # times; each some hundred changes
WARM_UP, DRAINED = 2_000, 5_000
PAGE_BYTES = 4096
CONFIGURATION = plain_integration("main")


def fill(opened: IntegrationHost, changes: int) -> None:
    """Let this many changes, of as many bookings, wait."""
    for start in range(0, changes, AT_ONCE):
        opened.submit([event(number) for number in range(start, min(start + AT_ONCE, changes))])


def take_next(opened: IntegrationHost) -> float:
    """Return how many seconds it took to take the next pair; it owes nothing afterwards."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    ledger = workshop.ledger
    started = time.perf_counter()
    [key] = ledger.due.first("main", "plain", 1).due
    search_at = ledger.clock() + timedelta(minutes=1)
    lease = ledger.desk.take(key, field=None, label=f"bench {key.booking}", search_at=search_at)
    taken_s = time.perf_counter() - started
    assert lease is not None
    assert lease.asked is not None
    lease.commit(forgotten=[lease.asked], applied=True, owed=Owed(), release=True)
    return taken_s


def unfold(opened: IntegrationHost) -> float:
    """Return how many seconds it took to unfold some of the changes that wait."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    started = time.perf_counter()
    assert workshop.ledger.unfold()
    return time.perf_counter() - started


def compare_unfolding(small: IntegrationHost, large: IntegrationHost) -> bool:
    """Compare what unfolding some changes costs; then unfold them all."""
    found = [(unfold(small), unfold(large)) for _ in range(UNFOLDED)]
    few_s, many_s = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"     unfolding some: {few_s * 1e3:.1f} ms of {FEW}, {many_s * 1e3:.1f} ms of {MANY}")
    for opened in (small, large):
        assert opened.assembly.workshop is not None
        opened.assembly.workshop.ledger.unfold_all()
    return report(f"cost of unfolding some of {MANY} / of {FEW}", many_s / few_s, 1.5)


def compare(small: IntegrationHost, large: IntegrationHost) -> bool:
    """Compare what taking the next costs."""
    few, many = [], []
    for _ in range(TAKEN):
        few.append(take_next(small))
        many.append(take_next(large))
    few_s, many_s = statistics.median(few), statistics.median(many)
    print(f"     taking the next: {few_s * 1e3:.2f} ms of {FEW}, {many_s * 1e3:.2f} ms of {MANY}")
    return report(f"cost of the next of {MANY} / of {FEW}", many_s / few_s, 1.5)


def drain(opened: IntegrationHost) -> bool:
    """Compare the memory at the beginning and at the end of a run."""
    tracemalloc.start()
    with opened.worker() as worker:
        marks = []
        for worked in (WARM_UP, WARM_UP + DRAINED):
            while worker.worked < worked:
                time.sleep(0.01)
            gc.collect()
            marks.append((held_bytes(), tracemalloc.get_traced_memory()[0]))
    tracemalloc.stop()
    (held, traced), (held_at_end, traced_at_end) = marks
    print(f"     memory: {held / 2**20:.1f} MiB, then {held_at_end / 2**20:.1f} MiB")
    flat = report(f"memory after {DRAINED} more pairs / before", held_at_end / held, 1.05)
    left = (traced_at_end - traced) / DRAINED
    return report("what a pair leaves behind in memory", left, 100, unit=" bytes") and flat


def held_bytes() -> int:
    """Return how much memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    with ExitStack() as stack:
        stack.enter_context(installed("plain", "plain_vendors:NoCallPlugin"))
        small = stack.enter_context(host(text=CONFIGURATION))
        large = stack.enter_context(host(text=CONFIGURATION))
        fill(small, FEW)
        fill(large, MANY)
        well = [compare_unfolding(small, large), compare(small, large), drain(large)]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
