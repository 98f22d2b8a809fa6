"""Many bookings, two workers on PostgreSQL, and a vendor that fails every tenth time."""

import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, Rig, event
from tests.host.fake_vendor import FakeVendor, Fault
from tests.waiting import wait_until

from ireserve_integrations import IntegrationHost
from ireserve_integrations.testing.exchange import Reply, Request

_BOOKINGS = 300
_BRIEF = {
    "call_deadline_s": 2,
    "late_request_s": 0.5,
    "lease_s": 5,
    "sweep_s": 0.5,
    "retry_first_s": 0.05,
    "retry_longest_s": 1,
}
_PROGRAM = "from ireserve_integrations.cli import main; main()"


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


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


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


def _labels(vendor: FakeVendor) -> list[str]:
    return sorted(one.label.split()[1] for one in vendor.live)


def test_three_hundred_bookings_end_right_through_two_workers(
    rig: Rig, postgres_url: str, engine: Engine
) -> None:
    rig.clock.runs = True
    vendor = FlakyVendor()
    with ExitStack() as stack:
        stack.enter_context(vendor.served(rig.clock))
        rig.configure(host=_BRIEF, integrations={"main": vendor})
        host = stack.enter_context(
            IntegrationHost.open(rig.path, database=postgres_url, environ=rig.environ)
        )
        command = [sys.executable, "-c", _PROGRAM, "--config", str(rig.path)]
        workers = [
            stack.enter_context(
                subprocess.Popen([*command, "--database", postgres_url, "worker"], env=rig.environ)
            )
            for _ in range(2)
        ]
        stack.callback(lambda: [worker.kill() for worker in workers])
        for step in range(2):
            changes = [list(_events(number))[step : step + 1] for number in range(_BOOKINGS)]
            host.submit([one for found in changes for one in found])

        wait_until(lambda: not _owed(engine), seconds=120)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)

        assert [worker.wait(30) for worker in workers] == [0, 0]
        assert _labels(vendor) == sorted(str(n) for n in range(_BOOKINGS) if n % 3 != 1)
        assert _count(engine, "SELECT count(*) FROM grants WHERE state = 'current'") == 200
        assert host.alerts() == []


def _owed(engine: Engine) -> int:
    return _count(engine, "SELECT count(*) FROM pairs WHERE due_at IS NOT NULL")


def _count(engine: Engine, statement: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(statement)).scalar_one())
