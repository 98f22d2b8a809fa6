"""A worker's life: woken, stopped, its settings changed, its database gone for a while."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest
from tests.host.fake_rig import Rig
from tests.host.fake_vendor import Fault
from tests.host.worker_rig import NO_SWEEP, WorkerRig, booked, eventually
from tests.postgres import PostgresServer

from ireserve_integrations.ledger import Alert
from ireserve_integrations.worker import Worker
from ireserve_integrations.worker.threads import Threads


@pytest.fixture
def shop(rig: Rig) -> Iterator[WorkerRig]:
    """Lend a ledger in a file, a vendor and whoever works."""
    with ExitStack() as stack:
        shop = WorkerRig(rig, None, stack)
        shop.configure(NO_SWEEP)
        yield shop


class Counted:
    """Stands for upkeep, and for writing back."""

    def __init__(self, next_at: datetime | None = None) -> None:
        self.times, self.stopped = 0, False
        self._next_at = next_at

    def sweep(self) -> None:
        self.times += 1

    def deliver(self) -> datetime | None:
        self.times += 1
        return self._next_at

    def stop(self) -> None:
        self.stopped = True


def _ended_by(program: "subprocess.Popen[str]", number: signal.Signals) -> bool:
    """Send a signal once more, unless the process has ended."""
    ended = program.poll() is not None
    program.send_signal(number)
    return ended


def _first_alert(shop: WorkerRig) -> Alert:
    eventually(lambda: bool(shop.host.alerts()), "there is no alert")
    return shop.host.alerts()[0]


# --- woken ----------------------------------------------------------------------------------------


def test_what_another_process_submits_is_noticed_long_before_the_sweep(shop: WorkerRig) -> None:
    with shop.process("worker") as worker:
        assert worker.stdout is not None
        worker.stdout.readline()

        shop.submit(booked())

        shop.vendor.wait_for("made a-1")


def test_what_becomes_due_is_begun_at_its_time(shop: WorkerRig) -> None:
    shop.configure({**NO_SWEEP, "retry_first_s": 0.3, "retry_longest_s": 0.3})
    shop.vendor.fail("make", Fault.UNAVAILABLE)
    shop.working()

    shop.submit(booked())

    shop.vendor.wait_for("made a-1")


# --- stopped --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_runs_end_and_begins_nothing_more(
    shop: WorkerRig, number: signal.Signals
) -> None:
    shop.configure({**NO_SWEEP, "threads": 1})
    held = shop.vendor.hold("make")
    shop.submit(booked(number=1), booked(number=2))
    with shop.process("worker") as worker:
        held.wait()
        worker.send_signal(number)
        held.let_go.set()
        status = worker.wait(timeout=30)

    assert status == 0
    assert shop.vendor.live_ids == ["a-1"]
    assert shop.rig.ask("SELECT * FROM pairs WHERE leased_until IS NOT NULL") == []
    assert len(shop.rig.ask("SELECT * FROM pairs WHERE due_at IS NOT NULL")) == 1


def test_a_second_signal_ends_at_once(shop: WorkerRig) -> None:
    held = shop.vendor.hold("make")
    shop.submit(booked())
    with shop.process("worker") as worker:
        held.wait()
        worker.send_signal(signal.SIGTERM)

        eventually(lambda: _ended_by(worker, signal.SIGTERM), "it runs on")

    assert worker.returncode == -signal.SIGTERM
    assert not held.let_go.is_set()


def test_stopping_lets_what_runs_end(shop: WorkerRig) -> None:
    held = shop.vendor.hold("make")
    worker = shop.open().worker()
    worker.start()
    shop.submit(booked())
    held.wait()

    held.let_go.set()
    worker.stop()
    worker.stop()

    assert worker.outcomes == {"granted": 1}


def test_a_worker_that_was_stopped_may_be_started_again(shop: WorkerRig) -> None:
    worker = shop.open().worker()
    with worker:
        shop.submit(booked(number=1))
        shop.vendor.wait_for("made a-1")

    with worker:
        shop.submit(booked(number=2))
        shop.vendor.wait_for("made a-2")

    assert worker.worked == 2


def test_a_worker_runs_once_at_a_time(shop: WorkerRig) -> None:
    worker = shop.working()

    with pytest.raises(RuntimeError, match="runs already"):
        worker.start()


# --- its chores -----------------------------------------------------------------------------------


def test_upkeep_is_done_every_sweep_and_writing_back_after_every_pair(shop: WorkerRig) -> None:
    shop.configure({"sweep_s": 0.05})
    upkeep, writing_back = Counted(), Counted()

    with Worker(shop.host, upkeep=upkeep, writing_back=writing_back) as worker:
        eventually(lambda: upkeep.times >= 3, "no sweep")
        shop.configure(NO_SWEEP)
        shop.submit(booked())
        eventually(lambda: worker.worked == 1, "the pair was not done")
        before = writing_back.times
        shop.submit(booked(number=2))
        eventually(lambda: writing_back.times > before, "nobody wrote back")

    assert upkeep.stopped
    assert writing_back.stopped


def test_draining_does_each_chore_once_more_after_the_last_pair(shop: WorkerRig) -> None:
    upkeep, writing_back = Counted(), Counted()
    shop.submit(booked())

    Worker(shop.host, upkeep=upkeep, writing_back=writing_back).run(drain=True)

    assert upkeep.times == 1
    assert writing_back.times >= 2


def test_a_file_that_has_become_unusable_is_said_once_and_the_last_good_one_stays(
    shop: WorkerRig, caplog: pytest.LogCaptureFixture
) -> None:
    shop.configure({"sweep_s": 0.05})
    upkeep = Counted()
    with Worker(shop.host, upkeep=upkeep, writing_back=Counted()):
        shop.rig.path.write_text("this is no TOML", encoding="utf-8")
        alert = _first_alert(shop)
        sweeps = upkeep.times
        eventually(lambda: upkeep.times > sweeps + 3, "no sweep")
        shop.submit(booked())
        shop.vendor.wait_for("made a-1")

        shop.configure({"sweep_s": 0.05})
        eventually(lambda: not shop.host.alerts(), "the alert stays")

    assert (alert.cause, alert.integration) == ("settings", "")
    assert caplog.text.count("the configuration cannot be used any more") == 1


def test_changed_settings_are_taken_up_and_what_waited_for_them_goes_on(shop: WorkerRig) -> None:
    shop.configure({"sweep_s": 0.05}, mapping={"17": "unknown door"})
    worker = shop.working()
    shop.submit(booked())
    eventually(lambda: worker.outcomes == {"failed": 1}, "it was not tried")

    shop.configure({"sweep_s": 0.05})

    shop.vendor.wait_for("made a-1")


# --- its database gone ----------------------------------------------------------------------------


def test_a_restart_of_postgresql_is_said_once_and_waited_for(
    rig: Rig, postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as stack, postgres_server.lent(migrated=True) as url:
        shop = WorkerRig(rig, url, stack)
        shop.configure()
        worker = shop.working()
        shop.submit(booked(number=1))
        eventually(lambda: worker.worked == 1, "the first was not done")

        postgres_server.stop()
        eventually(lambda: "the ledger: " in caplog.text, "nobody was told")
        postgres_server.start()
        shop.submit(booked(number=2))

        eventually(lambda: worker.worked == 2, "it did not go on")
        eventually(lambda: "the ledger: it goes on" in caplog.text, "nobody was told")
        stack.close()
    assert caplog.text.count("the ledger: ") == 2


# --- its threads ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("threads", "share"), [(1, 1), (2, 1), (3, 2), (4, 3), (16, 12)])
def test_an_integration_may_hold_three_quarters_of_the_threads_and_one_at_least(
    threads: int, share: int
) -> None:
    assert Threads(lambda: threads).share == share
