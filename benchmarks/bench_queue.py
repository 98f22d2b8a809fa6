"""The host's own queues beside existing ones that do the same job with the same number of threads.

Each round submits the same bookings, each for two integrations whose plugin answers `skipped` at
once, and times only how long it takes until every pair is worked off: it is leased, decided,
written and given back, the same in both. With our queue that is a worker that drains the ledger
and ends. The other queue has got a job for each pair; a job calls the host's backlog for it.

- On SQLite: huey's `SqliteHuey` with `fsync=True` in a file of its own (so that its jobs survive
  what ours do), with its consumer's threads in this process, until the last job is done.
- On PostgreSQL, which waits for the disk: a Procrastinate worker with its own connections and their
  usual commits, which has a thread for each job that it may run at the same time, and deletes what
  is done, as ours does, until no job is left. Both drain the same database in turns.
"""

import asyncio
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import procrastinate
from huey import SqliteHuey  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import text

from ireserve_integrations import IntegrationHost
from ireserve_integrations.convergence import Instruction
from ireserve_integrations.ledger import PairKey
from lent import durable_postgres
from stage import event, host, installed, plain_integration, report

ROUNDS = 3
BOOKINGS = 500
INTEGRATIONS = ("first", "second")  # none may have more than three quarters of the threads
THREADS = 16
CONFIGURATION = f"[host]\nthreads = {THREADS}\n" + "".join(map(plain_integration, INTEGRATIONS))

Drain = Callable[[IntegrationHost, list[PairKey]], float]


def work(opened: IntegrationHost, key: PairKey) -> None:
    """Work a pair off, as a job of another queue does."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    ends = time.monotonic() + 60
    outcome = workshop.backlog.walk(key, ends, instruction=Instruction(wait=False)).outcome
    assert outcome.outcome == "skipped", outcome


def submit(opened: IntegrationHost, numbers: Iterator[int]) -> list[PairKey]:
    """Submit a round's bookings; return their pairs."""
    events = [event(next(numbers)) for _ in range(BOOKINGS)]
    opened.submit(events)
    return [
        PairKey(integration=name, vendor="plain", booking=one["booking"]["id"])
        for one in events
        for name in INTEGRATIONS
    ]


def by_our_worker(opened: IntegrationHost, keys: list[PairKey]) -> float:
    """Return how many seconds our own queue takes."""
    worker = opened.worker()
    started = time.perf_counter()
    worker.run(drain=True)
    taken_s = time.perf_counter() - started
    assert worker.outcomes == {"skipped": len(keys)}, worker.outcomes
    return taken_s


def by_huey(opened: IntegrationHost, keys: list[PairKey]) -> float:
    """Return how many seconds huey's queue takes; unfolding the events is no part of it."""
    assert opened.assembly.workshop is not None
    opened.assembly.workshop.ledger.unfold_all()  # our worker does it within its time
    left, done = count(len(keys) - 1, -1), threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        huey = SqliteHuey(filename=Path(folder) / "huey.db", fsync=True)

        @huey.task()  # type: ignore[untyped-decorator]  # it has no types
        def job(integration: str, booking: str) -> None:
            work(opened, PairKey(integration=integration, vendor="plain", booking=booking))
            if next(left) == 0:
                done.set()

        for key in keys:
            job(key.integration, key.booking)
        consumer = huey.create_consumer(workers=THREADS, periodic=False)
        handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
        started = time.perf_counter()
        consumer.start()
        assert done.wait(120)
        taken_s = time.perf_counter() - started
        consumer.stop(graceful=True)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        huey.storage.close()
    return taken_s


def by_procrastinate(opened: IntegrationHost, keys: list[PairKey]) -> float:
    """Return how many seconds Procrastinate's worker takes."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    database = workshop.ledger.database
    with database.writing() as connection:  # what would wake our own workers
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    arguments = dict(database.driver_arguments())
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(kwargs=arguments))

    @app.task(name="bench", queue="bench")
    def job(integration: str, booking: str) -> None:
        work(opened, PairKey(integration=integration, vendor="plain", booking=booking))

    async def drain() -> float:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        async with app.open_async():
            for key in keys:
                await job.defer_async(integration=key.integration, booking=key.booking)
            started = time.perf_counter()
            await app.run_worker_async(
                queues=["bench"],
                concurrency=THREADS,
                wait=False,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
            return time.perf_counter() - started

    return asyncio.run(drain())


def ratio(opened: IntegrationHost, name: str, other: Drain) -> float:
    """Return the other queue's time by ours; the first round does not count."""
    numbers, ratios = count(), []
    for turn in range(ROUNDS + 1):
        ours = by_our_worker(opened, submit(opened, numbers))
        theirs = other(opened, submit(opened, numbers))
        print(f"     {2 * BOOKINGS} pairs: ours {ours:.2f} s, {name} {theirs:.2f} s")
        if turn:
            ratios.append(theirs / ours)
    return statistics.median(ratios)


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    with installed("plain", "plain_vendors:NoCallPlugin"):
        with host(text=CONFIGURATION) as opened:
            found = ratio(opened, "huey", by_huey)
            embedded = report("rate of the embedded queue / of huey", found, 1, at_least=True)
        with durable_postgres() as url, host(text=CONFIGURATION, database=url) as opened:
            found = 1 / ratio(opened, "Procrastinate", by_procrastinate)
            carried = report("time on PostgreSQL / of bare Procrastinate jobs", found, 1.5)
    return 0 if embedded and carried else 1


if __name__ == "__main__":
    sys.exit(main())
