"""Several who work on one booking at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from tests.host.fake_rig import (
    CANCELLED,
    CHANGED,
    CONFIRMED,
    LATER,
    Rig,
    begin,
    event,
    finish,
    message_of,
)
from tests.host.fake_vendor import Fault

from ireserve_integrations import IntegrationHost, Outcome

same_or_different = pytest.mark.parametrize(
    "events",
    [
        pytest.param(2 * (event(CONFIRMED, event_id="e-1"),), id="the same event"),
        pytest.param(
            (event(CONFIRMED, event_id="e-1"), event(CONFIRMED, event_id="e-2")),
            id="different events",
        ),
    ],
)
_Events = tuple[dict[str, Any], dict[str, Any]]


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run these on a thread each, from the same moment on; return what they return."""
    barrier = threading.Barrier(len(calls))
    futures: list[Future[Any]] = [Future() for _ in calls]

    def run(call: Callable[[], Any], future: Future[Any]) -> None:
        barrier.wait()
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # for whoever waits
            future.set_exception(error)

    for call, future in zip(calls, futures, strict=True):
        threading.Thread(target=run, args=(call, future)).start()
    return [future.result(timeout=30) for future in futures]


def _dispatch(host: IntegrationHost, sent: dict[str, Any]) -> Callable[[], Outcome]:
    return lambda: host.dispatch(sent)[0]


@same_or_different
def test_two_threads_end_with_one_access(rig: Rig, events: _Events) -> None:
    rig.vendor.gather()

    said = _at_once(*(_dispatch(rig.host, sent) for sent in events))

    assert rig.vendor.done == ["made a-1"]
    assert {one.reference for one in said} == {"a-1"}
    assert rig.grants() == ["current"]


@same_or_different
def test_two_hosts_on_one_ledger_end_with_one_access(rig: Rig, events: _Events) -> None:
    rig.vendor.gather()
    hosts = rig.host, rig.open()

    said = _at_once(*(_dispatch(*each) for each in zip(hosts, events, strict=True)))

    assert rig.vendor.done == ["made a-1"]
    assert {one.reference for one in said} == {"a-1"}


@same_or_different
def test_two_processes_end_with_one_access(rig: Rig, events: _Events) -> None:
    rig.vendor.gather()
    processes = rig.prepare(), rig.prepare()
    _at_once(*(lambda each=each: begin(*each) for each in zip(processes, events, strict=True)))

    said = [finish(process) for process in processes]

    assert rig.vendor.done == ["made a-1"]
    assert [reference for _, reference in said] == ["a-1", "a-1"]


def test_two_threads_with_different_bookings_end_with_the_newer_ones_access(rig: Rig) -> None:
    rig.vendor.gather()

    _at_once(
        _dispatch(rig.host, event(CONFIRMED, sequence=2, **LATER)),
        _dispatch(rig.host, event(CONFIRMED, sequence=1)),
    )

    assert [one.end for one in rig.vendor.live] == [LATER["end"]]
    assert rig.grants()[-1] == "current"


@pytest.mark.parametrize("attempt", range(5))
def test_a_confirmation_that_races_its_cancellation_leaves_nothing(rig: Rig, attempt: int) -> None:
    _at_once(
        _dispatch(rig.host, event(CONFIRMED, sequence=1)),
        _dispatch(rig.host, event(CANCELLED, sequence=2)),
    )

    assert rig.vendor.live == []
    assert "current" not in rig.grants()


@pytest.mark.parametrize("attempt", range(5))
def test_a_cancellation_that_races_its_confirmation_leaves_one_access(
    rig: Rig, attempt: int
) -> None:
    _at_once(
        _dispatch(rig.host, event(CANCELLED, sequence=1)),
        _dispatch(rig.host, event(CONFIRMED, sequence=2)),
    )

    assert len(rig.vendor.live) == 1
    assert rig.grants("state", "reference")[-1] == ("current", rig.vendor.live_ids[0])


def test_a_change_that_arrives_while_another_is_worked_off_is_not_lost(rig: Rig) -> None:
    held = rig.vendor.hold("make")
    confirmed = rig.dispatch_aside(event(CONFIRMED))
    held.wait()

    told_meanwhile = rig.dispatch(event(CANCELLED, event_id="e-2"), deadline_s=0.1)
    held.let_go.set()
    granted = confirmed.result()
    owed = rig.pair("due_at")
    said = rig.dispatch(event(CANCELLED, event_id="e-2"))

    assert (told_meanwhile.outcome, granted.outcome) == ("pending", "granted")
    assert owed == "2026-11-21 08:00:00.000000"
    assert said.outcome == "revoked"
    assert rig.vendor.live == []


def test_a_change_that_arrives_while_another_fails_is_due_at_once(rig: Rig) -> None:
    held = rig.vendor.hold("doors")
    rig.vendor.fail("make", Fault.REFUSED)
    confirmed = rig.dispatch_aside(event(CONFIRMED))
    held.wait()

    rig.dispatch(event(CHANGED, **LATER), deadline_s=0.1)
    held.let_go.set()

    assert confirmed.result().outcome == "failed"
    assert rig.pair("due_at") == "2026-11-21 08:00:00.000000"


def test_nobody_else_takes_a_booking_whose_old_access_is_being_ended(rig: Rig) -> None:
    rig.confirm()
    held = rig.vendor.hold("end")
    moved = rig.dispatch_aside(event(CHANGED, **LATER))
    held.wait()

    meanwhile = rig.dispatch(event(CANCELLED), deadline_s=0.1)
    held.let_go.set()

    assert "another worker has this booking" in message_of(meanwhile)
    assert moved.result().outcome == "replaced"


def test_the_second_dispatch_waits_for_the_first_and_does_its_own_work(rig: Rig) -> None:
    held = rig.vendor.hold("make")
    confirmed = rig.dispatch_aside(event(CONFIRMED))
    held.wait()
    cancelled = rig.dispatch_aside(event(CANCELLED))

    held.let_go.set()

    assert (confirmed.result().outcome, cancelled.result().outcome) == ("granted", "revoked")


def test_one_who_was_thought_dead_writes_nothing_over_its_successors_work(rig: Rig) -> None:
    held = rig.vendor.hold("make", done_first=True)
    first = rig.dispatch_aside(event(CONFIRMED))
    held.wait()
    rig.clock.step(31)

    taken_over = rig.confirm()
    held.let_go.set()
    too_late = first.result()
    rig.wait_for_late_requests()
    said = rig.confirm()

    assert taken_over.outcome == "pending"
    assert too_late.outcome == "pending"
    assert "another worker took this booking over" in message_of(too_late)
    assert (said.outcome, rig.vendor.done) == ("granted", ["made a-1"])


def test_a_booking_is_held_for_as_long_as_its_worker_lives(rig: Rig) -> None:
    rig.configure(host={"lease_s": 1.0})
    rig.clock.runs = True
    held = rig.vendor.hold("make")
    confirmed = rig.dispatch_aside(event(CONFIRMED))
    held.wait()

    meanwhile = rig.dispatch(event(CONFIRMED), deadline_s=1.6)
    held.let_go.set()

    assert "another worker has this booking" in message_of(meanwhile)
    assert confirmed.result().outcome == "granted"
