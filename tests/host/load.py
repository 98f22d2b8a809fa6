"""Many bookings, two workers on PostgreSQL, and a vendor that fails every tenth time.

`make test` runs it with hundreds, a benchmark with thousands.
"""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import create_engine, text
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, Rig, event
from tests.host.fake_vendor import FakeVendor, Fault

from ireserve_integrations import IntegrationHost
from ireserve_integrations.testing.exchange import Reply, Request

_BRIEF = {
    "call_deadline_s": 2,
    "late_request_s": 0.5,
    "lease_s": 5,
    "sweep_s": 0.5,
    "retry_first_s": 0.05,
    "retry_longest_s": 1,
}
_PROGRAM = "from ireserve_integrations.cli import main; main()"
_AT_ONCE = 1_000  # changes in one submission


class FlakyVendor(FakeVendor):
    """Fails every tenth call, in one way after another."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)
        self._ways = deque([Fault.UNAVAILABLE, Fault.LOST_BEFORE, Fault.LOST_AFTER])

    def answer(self, request: Request) -> Reply:
        """Answer, or fail."""
        if next(self._numbers) % 10 == 0 and request.path != "/doors":
            self._ways.rotate()
            call = {"POST": "make", "DELETE": "end"}.get(request.method, "find")
            self.fail(call, self._ways[0] if call != "find" else Fault.UNAVAILABLE)
        return super().answer(request)


@dataclass(frozen=True, kw_only=True)
class Load:
    """A ledger in PostgreSQL, two workers of it, and their vendor."""

    host: IntegrationHost
    vendor: FlakyVendor
    url: str
    workers: "list[subprocess.Popen[bytes]]"

    def submit(self, bookings: int) -> None:
        """Confirm bookings; then cancel one of three, and move another one."""
        for step in range(2):
            found = [list(_events(number))[step : step + 1] for number in range(bookings)]
            changes = [one for some in found for one in some]
            for start in range(0, len(changes), _AT_ONCE):
                self.host.submit(changes[start : start + _AT_ONCE])

    @property
    def owed(self) -> int:
        """How many pairs owe something, or will once their events are unfolded."""
        owing = self._count("SELECT count(*) FROM pairs WHERE due_at IS NOT NULL")
        return owing + self._count("SELECT count(*) FROM events WHERE waiting IS NOT NULL")

    @property
    def current(self) -> int:
        """How many grants the ledger has as current."""
        return self._count("SELECT count(*) FROM grants WHERE state = 'current'")

    @property
    def live(self) -> list[str]:
        """The bookings of what lives at the vendor, sorted; one that has two is there twice."""
        return sorted(one.label.split()[1] for one in self.vendor.live)

    def stop(self) -> list[int]:
        """Tell the workers to stop; return the statuses with which they ended."""
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(30) for worker in self.workers]

    def _count(self, statement: str) -> int:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return int(connection.execute(text(statement)).scalar_one())
        finally:
            engine.dispose()


def wanted(bookings: int) -> list[str]:
    """Return the bookings that are to have access in the end, sorted."""
    return sorted(str(number) for number in range(bookings) if number % 3 != 1)


@contextmanager
def two_workers(rig: Rig, url: str) -> Iterator[Load]:
    """Start two worker processes; they are gone when the block ends."""
    rig.clock.runs = True
    vendor = FlakyVendor()
    with ExitStack() as stack:
        stack.enter_context(vendor.served(rig.clock))
        rig.configure(host=_BRIEF, integrations={"main": vendor})
        host = stack.enter_context(
            IntegrationHost.open(rig.path, database=url, environ=rig.environ)
        )
        command = [sys.executable, "-c", _PROGRAM, "--config", str(rig.path), "--database", url]
        workers = [
            stack.enter_context(subprocess.Popen([*command, "worker"], env=rig.environ))
            for _ in range(2)
        ]
        for worker in workers:
            stack.callback(worker.kill)
        yield Load(host=host, vendor=vendor, url=url, workers=workers)


def _events(number: int) -> Iterator[dict[str, Any]]:
    """Yield the changes of a booking: confirmed; then every third cancelled, every third moved."""
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)  # the workers' clock
    booked = {"id": str(number), "start": tomorrow, "end": tomorrow + timedelta(hours=2)}
    yield event(CONFIRMED, event_id=f"{number}-1", **booked)
    if number % 3 == 1:
        yield event(CANCELLED, event_id=f"{number}-2", **booked)
    if number % 3 == 2:
        moved = {"end": tomorrow + timedelta(hours=3)}
        yield event(CHANGED, event_id=f"{number}-2", **booked | moved)
