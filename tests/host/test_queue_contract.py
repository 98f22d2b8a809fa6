"""What both queues promise: the same tests over threads on SQLite and Procrastinate."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from tests.host.fake_rig import CANCELLED, CHANGED, Rig
from tests.host.fake_vendor import Fault, Hold
from tests.host.worker_rig import START, WorkerRig, booked, eventually


@pytest.fixture(params=["embedded", "procrastinate"])
def shop(request: pytest.FixtureRequest, rig: Rig) -> Iterator[WorkerRig]:
    """Lend a ledger, a vendor and whoever works, over each queue."""
    url = request.getfixturevalue("postgres_url") if request.param == "procrastinate" else None
    with ExitStack() as stack:
        shop = WorkerRig(rig, url, stack)
        shop.configure()
        yield shop


def _reached(held: list[Hold]) -> int:
    return sum(one.reached.is_set() for one in held)


def test_what_is_submitted_is_worked_off(shop: WorkerRig) -> None:
    worker = shop.working()

    shop.submit(booked())

    shop.vendor.wait_for("made a-1")
    eventually(lambda: worker.outcomes == {"granted": 1}, "the pair was not done")


def test_a_host_works_off_what_it_submits_itself(shop: WorkerRig) -> None:
    with shop.host.worker():
        shop.submit(booked())

        shop.vendor.wait_for("made a-1")


def test_what_waited_before_the_worker_came_is_worked_off(shop: WorkerRig) -> None:
    shop.submit(booked(number=1), booked(number=2))

    worker = shop.drain()

    assert worker.outcomes == {"granted": 2}
    assert worker.worked == 2
    assert len(shop.vendor.live) == 2


def test_a_backlog_of_one_booking_is_worked_off_as_it_stands_now(shop: WorkerRig) -> None:
    later = {"start": START + timedelta(hours=4), "end": START + timedelta(hours=6)}
    shop.submit(booked(number=1), booked(CANCELLED, number=1))
    shop.submit(booked(number=2), booked(CHANGED, number=2, **later))

    shop.drain()

    assert shop.vendor.done == ["made a-1"]
    assert shop.vendor.live[0].end == later["end"]


def test_two_workers_never_work_on_one_pair_at_once(shop: WorkerRig) -> None:
    held = shop.vendor.hold("make")
    shop.working()
    shop.submit(booked())
    held.wait()

    shop.submit(booked(CANCELLED))
    second = shop.drain()
    held.let_go.set()

    shop.vendor.wait_for("ended a-1")
    assert second.worked == 0
    assert shop.vendor.done == ["made a-1", "ended a-1"]


def test_two_workers_share_a_backlog_and_grant_each_booking_once(shop: WorkerRig) -> None:
    shop.submit(*(booked(number=number) for number in range(60)))

    workers = [shop.working(), shop.working()]

    eventually(lambda: len(shop.vendor.live) == 60, "not all are done")
    eventually(lambda: sum(one.worked for one in workers) == 60, "one is done twice")
    assert shop.vendor.times("make") == 60
    assert len({one.label for one in shop.vendor.live}) == 60


def test_a_failure_comes_back_by_itself(shop: WorkerRig) -> None:
    shop.configure({"retry_first_s": 0.05, "retry_longest_s": 0.1, "sweep_s": 3600})
    shop.vendor.fail("make", Fault.UNAVAILABLE)
    worker = shop.working()

    shop.submit(booked())

    shop.vendor.wait_for("made a-1")
    eventually(lambda: worker.worked == 1, "the pair was not done")
    assert worker.outcomes == {"granted": 1, "pending": 1}


def test_a_killed_workers_pair_is_taken_over(shop: WorkerRig) -> None:
    shop.configure({"retry_first_s": 0.05, "call_deadline_s": 0.5})
    held = shop.vendor.hold("make", done_first=True)
    shop.submit(booked())
    with shop.process("worker") as doomed:
        held.wait()
        doomed.kill()
        doomed.wait()

    worker = shop.working()

    eventually(lambda: worker.worked == 1, "nobody took the pair over")
    assert shop.vendor.live_ids == ["a-1"]
    assert shop.vendor.times("make") == 1


def test_one_vendor_never_holds_more_than_three_quarters_of_the_threads(shop: WorkerRig) -> None:
    with shop.another_vendor() as other:
        shop.configure({"threads": 4}, integrations={"slow": shop.vendor, "quick": other})
        held = [shop.vendor.hold("doors") for _ in range(6)]
        worker = shop.working()
        shop.submit(*(booked(number=number) for number in range(6)))

        eventually(lambda: len(other.live) == 6, "the other vendor had no thread")
        eventually(lambda: _reached(held) == 3, "its share was not used")
        for one in held:
            one.let_go.set()

        eventually(lambda: worker.worked == 12, "a pair over the share was forgotten")
        assert len(shop.vendor.live) == 6


def test_a_vendor_that_is_down_is_tried_with_one_booking_and_all_go_on_when_it_is_back(
    shop: WorkerRig,
) -> None:
    shop.configure({"retry_first_s": 0.2, "retry_longest_s": 0.4, "threads": 4})
    shop.vendor.keep_failing("doors", Fault.UNAVAILABLE)
    worker = shop.working()
    shop.submit(*(booked(number=number) for number in range(40)))
    eventually(lambda: bool(shop.host.alerts()), "nobody was told")

    asked = shop.vendor.times("doors")
    shop.vendor.heal()

    eventually(lambda: worker.worked == 40, "not all went on")
    assert asked <= 8
    eventually(lambda: not shop.host.alerts(), "the alert stays")


def test_a_refused_account_parks_its_integration_until_a_person_resumes_it(
    shop: WorkerRig,
) -> None:
    shop.configure({"threads": 1})
    shop.vendor.keep_failing("doors", Fault.LOGGED_OUT)
    worker = shop.working()
    shop.submit(*(booked(number=number) for number in range(20)))
    eventually(lambda: worker.outcomes == {"failed": 1}, "it was not tried")
    eventually(lambda: bool(shop.host.alerts()), "nobody was told")
    asked = shop.vendor.times("doors")

    shop.vendor.heal()
    shop.host.resume("main")

    eventually(lambda: len(shop.vendor.live) == 20, "not all went on")
    assert asked == 1


def test_draining_ends_though_something_is_to_be_tried_later(shop: WorkerRig) -> None:
    shop.configure({"retry_first_s": 600})
    shop.vendor.fail("make", Fault.UNAVAILABLE)
    shop.submit(booked())

    worker = shop.drain()

    assert worker.outcomes == {"pending": 1}
    assert shop.vendor.live == []
    assert shop.host.assembly.workshop is not None
    assert shop.host.assembly.workshop.ledger.due.owing("main") == 1


def test_draining_ends_though_a_vendor_is_down(shop: WorkerRig) -> None:
    shop.configure({"retry_first_s": 600})
    shop.vendor.keep_failing("doors", Fault.UNAVAILABLE)
    shop.submit(*(booked(number=number) for number in range(20)))

    shop.drain()

    assert 3 <= shop.vendor.times("doors") <= 12
    assert shop.vendor.live == []


def test_an_integration_with_a_fault_and_an_unknown_one_are_left_alone(shop: WorkerRig) -> None:
    shop.configure(integrations=("main", "other"))
    shop.submit(booked())
    shop.rig.misspell("other", "trigger_statuses", "triger_statuses")

    worker = shop.drain()

    assert worker.outcomes == {"granted": 1}
    assert shop.host.assembly.workshop is not None
    assert shop.host.assembly.workshop.ledger.due.owing("other") == 1
