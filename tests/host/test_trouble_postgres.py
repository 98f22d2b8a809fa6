"""PostgreSQL goes away under two workers while they work: said, nothing lost, gone on with."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from tests.host.fake_rig import CANCELLED, Rig
from tests.host.fake_vendor import Fault, Hold
from tests.host.worker_rig import WorkerRig, booked, eventually
from tests.postgres import PostgresServer

from ireserve_integrations.errors import LedgerError

BRIEF = {
    "call_deadline_s": 2,
    "late_request_s": 0.2,
    "lease_s": 2,
    "sweep_s": 0.2,
    "retry_first_s": 0.05,
    "retry_longest_s": 0.5,
    "threads": 4,
}
FORTY, CANCELLED_ONES = range(40), range(30, 40)


class Two:
    """Two worker processes, and what they say."""

    def __init__(self, shop: WorkerRig, stack: ExitStack) -> None:
        self.processes = [stack.enter_context(shop.process("worker")) for _ in range(2)]
        self.said: list[list[str]] = [[], []]
        self._readers = [
            threading.Thread(target=_read, args=pair, daemon=True)
            for pair in zip(self.processes, self.said, strict=True)
        ]
        for process, reader in zip(self.processes, self._readers, strict=True):
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Working on")
            reader.start()

    def all_said(self, words: str) -> bool:
        """Tell whether each of them has said this."""
        return all(any(words in line for line in lines) for lines in self.said)

    def anybody_said(self, words: str) -> bool:
        """Tell whether one of them has said this."""
        return any(words in line for lines in self.said for line in lines)

    def end(self) -> list[int]:
        """Ask both to end; return their exit statuses."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        statuses = [process.wait(30) for process in self.processes]
        for reader in self._readers:
            reader.join()
        return statuses


def _read(process: "subprocess.Popen[str]", said: list[str]) -> None:
    assert process.stderr is not None
    said.extend(process.stderr)


@pytest.fixture
def shop(rig: Rig, postgres_server: PostgresServer) -> Iterator[WorkerRig]:
    url = postgres_server.url(postgres_server.create(migrated=True))
    with ExitStack() as stack:
        shop = WorkerRig(rig, url, stack)
        shop.configure(BRIEF)
        yield shop


@pytest.fixture
def two(shop: WorkerRig) -> Iterator[Two]:
    with ExitStack() as stack:
        yield Two(shop, stack)


def _wait_for_all(held: list[Hold]) -> None:
    for one in held:
        one.wait()


def _let_go(held: list[Hold]) -> None:
    for one in held:
        one.let_go.set()


def _count(shop: WorkerRig, server: PostgresServer, statement: str) -> int:
    with closing(server.connect(shop.url)) as connection:
        row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _owed(shop: WorkerRig, server: PostgresServer) -> int:
    return _count(shop, server, "SELECT count(*) FROM pairs WHERE due_at IS NOT NULL")


def _given(shop: WorkerRig) -> list[int]:
    """Return the bookings that have access, each as often as it has it."""
    return sorted(int(one.label.split()[1].removeprefix("b-")) for one in shop.vendor.live)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_in_the_middle_of_the_work_loses_nothing_and_asks_nothing_twice(
    shop: WorkerRig, two: Two, postgres_server: PostgresServer, how: str
) -> None:
    held = [shop.vendor.hold("make") for _ in range(6)]
    shop.submit(*(booked(number=number) for number in FORTY))
    shop.submit(*(booked(CANCELLED, number=number) for number in CANCELLED_ONES))
    _wait_for_all(held)

    getattr(postgres_server, how)()
    _let_go(held)
    postgres_server.start()

    eventually(lambda: not _owed(shop, postgres_server), "something is owed still")
    assert _given(shop) == list(range(30))
    assert shop.vendor.times("make") <= 40
    assert len({one.label for one in shop.vendor.accesses.values()}) == shop.vendor.times("make")
    assert _count(shop, postgres_server, "SELECT count(*) FROM grants WHERE state = 'current'") == (
        30
    )
    assert two.end() == [0, 0]


def test_a_long_absence_is_said_by_all_and_everything_is_done_when_it_is_over(
    shop: WorkerRig, two: Two, postgres_server: PostgresServer
) -> None:
    held = [shop.vendor.hold("make") for _ in range(6)]
    shop.submit(*(booked(number=number) for number in FORTY))
    _wait_for_all(held)
    postgres_server.stop()
    _let_go(held)

    with pytest.raises(LedgerError, match=r"^ledger postgresql:"):
        shop.submit(*(booked(CANCELLED, number=number) for number in CANCELLED_ONES))
    eventually(lambda: two.all_said("the ledger: "), "a worker kept it to itself")
    eventually(lambda: two.anybody_said("integration main: ledger"), "nobody has given up")
    postgres_server.start()
    shop.submit(*(booked(CANCELLED, number=number) for number in CANCELLED_ONES))

    eventually(lambda: not _owed(shop, postgres_server), "something is owed still")
    assert _given(shop) == list(range(30))
    eventually(lambda: two.all_said("the ledger: it goes on"), "a worker kept it to itself")
    assert two.end() == [0, 0]


def test_a_submit_that_the_server_cut_off_left_all_or_nothing(
    shop: WorkerRig, postgres_server: PostgresServer
) -> None:
    shop.submit(booked(number=1000))
    stopping = threading.Thread(target=postgres_server.kill)
    stopping.start()
    acknowledged = _submit_until_it_fails(shop)
    stopping.join()

    postgres_server.start()

    found = _count(shop, postgres_server, "SELECT count(DISTINCT booking) FROM pairs") - 1
    assert found in {acknowledged, acknowledged + 10}  # a commit of which nobody heard
    assert found % 10 == 0


def _submit_until_it_fails(shop: WorkerRig) -> int:
    """Hand over ten bookings at a time; return how many were acknowledged."""
    acknowledged = 0
    try:
        while True:
            numbers = range(acknowledged, acknowledged + 10)
            shop.submit(*(booked(number=number) for number in numbers))
            acknowledged += 10
    except LedgerError:
        return acknowledged


def test_faults_of_the_vendor_and_of_the_server_together_end_right(
    shop: WorkerRig, two: Two, postgres_server: PostgresServer
) -> None:
    shop.vendor.fail("make", Fault.LOST_AFTER, Fault.UNAVAILABLE, Fault.LOST_BEFORE)
    held = shop.vendor.hold("make", done_first=True)
    shop.submit(*(booked(number=number) for number in FORTY))
    held.wait()

    postgres_server.kill()
    held.let_go.set()
    postgres_server.start()

    eventually(lambda: not _owed(shop, postgres_server), "something is owed still")
    assert _given(shop) == list(FORTY)
    assert two.end() == [0, 0]
