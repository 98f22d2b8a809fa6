"""One vendor down with thousands of bookings waiting for it: what the other one notices.

Two integrations of one host and one worker, each with a vendor of its own on loopback. The second
vendor answers 503 to everything. A booking comes every few milliseconds; from before `submit` to
when the grant is on disk is compared with a host that has the first integration alone. The two
hosts take turns, many short ones, each with its worker only then, so that what else the machine
does hits both. Threads and open files are counted at the end of every turn beside the dead vendor,
while the worker runs; the calls that it gets, from the first booking to the end.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlalchemy import text

from ireserve_integrations import IntegrationHost
from ireserve_integrations.testing.exchange import Reply, Request, json_reply
from ireserve_integrations.testing.loopback import LoopbackServer
from stage import event, host, installed, plain_integration, report

WAITING = 5_000
TURNS = 12
BOOKINGS = 50  # in a turn
PAUSE_S = 0.02  # between two bookings: no queue of their own
SETTLE_S = 0.5


class Vendor:
    """Answers, and counts."""

    def __init__(self, *, alive: bool) -> None:
        """Take whether it answers anything but 503."""
        self._alive = alive
        self._numbers = count(1)
        self.calls = 0

    def answer(self, request: Request) -> Reply:  # noqa: ARG002  # whatever was asked
        """Answer one call."""
        self.calls = next(self._numbers)
        return json_reply(201, {"id": f"a-{self.calls}"}) if self._alive else json_reply(503, {})

    @contextmanager
    def served(self) -> Iterator[str]:
        """Listen on loopback; yield the address."""
        server = LoopbackServer(
            "127.0.0.1", 0, answer=self.answer, date=lambda: datetime.now(UTC), name="vendor"
        )
        server.open()
        with closing(server):
            yield f"http://127.0.0.1:{server.server_port}"


def wait_until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + 120
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


class Times:
    """How long the bookings of one host took, and what it held at the end of every turn."""

    def __init__(self, opened: IntegrationHost) -> None:
        """Take whose."""
        self.opened = opened
        self.taken_s: list[float] = []
        self.threads: list[int] = []
        self.files: list[int] = []

    @property
    def p95_s(self) -> float:
        """What 95 of 100 did not exceed."""
        return statistics.quantiles(self.taken_s, n=20)[-1]

    def take_turn(self, numbers: Iterator[int]) -> None:
        """Submit bookings, one after another, until all are granted."""
        began: dict[str, datetime] = {}
        with self.opened.worker():
            time.sleep(SETTLE_S)
            for _ in range(BOOKINGS):
                change = event(next(numbers))
                began[change["booking"]["id"]] = datetime.now(UTC)
                self.opened.submit(change)
                time.sleep(PAUSE_S)
            wait_until(lambda: began.keys() <= made_at(self.opened).keys())
            self.threads.append(threading.active_count())
            self.files.append(len(list(Path("/proc/self/fd").iterdir())))
        made = made_at(self.opened)
        self.taken_s += [(made[name] - moment).total_seconds() for name, moment in began.items()]


def made_at(opened: IntegrationHost) -> dict[str, datetime]:
    """Return when each booking's grant was written down."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    statement = text("SELECT booking, made_at FROM grants WHERE made_at IS NOT NULL")
    with workshop.ledger.database.reading() as connection:
        rows = connection.execute(statement).all()
    return {booking: datetime.fromisoformat(f"{moment}+00:00") for booking, moment in rows}


def let_wait(opened: IntegrationHost) -> None:
    """Let the dead vendor's bookings wait, and the worker find out that it is dead."""
    opened.submit([event(number, booked="18") for number in range(WAITING)])
    with opened.worker():
        wait_until(lambda: owing(opened, "alive") == 0)


def owing(opened: IntegrationHost, integration: str) -> int:
    """Return how many pairs of an integration owe something."""
    workshop = opened.assembly.workshop
    assert workshop is not None
    return workshop.ledger.due.owing(integration)


def main() -> int:
    """Print every ratio; fail if one misses its limit."""
    living, dead, numbers = Vendor(alive=True), Vendor(alive=False), count(WAITING)
    with ExitStack() as stack:
        stack.enter_context(installed("plain", "plain_vendors:OneCallPlugin"))
        first = plain_integration("alive", stack.enter_context(living.served()))
        second = plain_integration("dead", stack.enter_context(dead.served()), mapped="18")
        alone = stack.enter_context(host(text=first))
        beside = stack.enter_context(host(text=first + second))
        let_wait(beside)
        by_itself, with_dead = Times(alone), Times(beside)
        for turn in range(TURNS + 1):
            for times in (by_itself, with_dead):
                times.take_turn(numbers)
                if not turn:  # it warms up
                    times.taken_s.clear()
        still_waiting = owing(beside, "dead")
    return 0 if judge(by_itself, with_dead, still_waiting, dead.calls) else 1


def growth(counts: list[int]) -> float:
    """Return what there was in the second half of the turns by what there was in the first."""
    half = len(counts) // 2
    return statistics.median(counts[half:]) / statistics.median(counts[:half])


def judge(alone: Times, beside: Times, waiting: int, calls: int) -> bool:
    """Print every figure beside its limit; tell whether all hold."""
    assert waiting >= WAITING, waiting
    for name, times in (("alone", alone), ("beside", beside)):
        median = statistics.median(times.taken_s)
        print(
            f"     {name}: median {median * 1e3:.1f} ms, p95 {times.p95_s * 1e3:.1f} ms; "
            f"threads {times.threads}, open files {times.files}"
        )
    what = f"p95 with {WAITING} bookings waiting for a dead vendor / alone"
    results = [
        report(what, beside.p95_s / alone.p95_s, 1.5),
        report("threads, last turns / first ones", growth(beside.threads), 1.1),
        report("open files, last turns / first ones", growth(beside.files), 1.1),
        report("calls of the dead vendor", calls, WAITING / 100),
    ]
    return all(results)


if __name__ == "__main__":
    sys.exit(main())
