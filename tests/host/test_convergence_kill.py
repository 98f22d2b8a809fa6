"""A host that is killed in the middle: the next one makes it good."""

from dataclasses import dataclass

import pytest
from tests.host.fake_rig import (
    CANCELLED,
    CHANGED,
    CONFIRMED,
    LATER,
    Rig,
    event,
    finish,
    kill,
    message_of,
)

LEASE_S = 30  # the default of lease_s, which a killed process leaves behind


@dataclass(frozen=True, kw_only=True)
class Moment:
    """When the host dies: with a call at the vendor, before or after the vendor has done it."""

    call: str
    done: bool = False


def _die(rig: Rig, status: str, moment: Moment, **booking: object) -> None:
    """Dispatch in a process that is killed at that moment; the vendor goes on."""
    held = rig.vendor.hold(moment.call, done_first=moment.done)
    process = rig.start(event(status, **booking))
    held.wait()
    kill(process)


at_any_moment_of_a_confirmation = pytest.mark.parametrize(
    "moment",
    [
        pytest.param(Moment(call="doors"), id="before the vendor was asked"),
        pytest.param(Moment(call="make", done=True), id="after the vendor did it"),
    ],
)
while_the_old_access_is_ended = pytest.mark.parametrize(
    "moment",
    [
        pytest.param(Moment(call="end"), id="before it ended"),
        pytest.param(Moment(call="end", done=True), id="after it ended"),
    ],
)


@at_any_moment_of_a_confirmation
def test_a_confirmation_whose_host_is_killed_ends_with_one_access(rig: Rig, moment: Moment) -> None:
    _die(rig, CONFIRMED, moment)
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, said.reference) == ("granted", "a-1")
    assert rig.vendor.live_ids == ["a-1"]
    assert rig.vendor.times("make") == 1


@at_any_moment_of_a_confirmation
def test_a_confirmation_whose_host_is_killed_leaves_no_access_once_cancelled(
    rig: Rig, moment: Moment
) -> None:
    _die(rig, CONFIRMED, moment)
    rig.wait_for_late_requests()

    rig.cancel()

    assert rig.vendor.live == []
    assert rig.vendor.times("make") == int(moment.done)


@at_any_moment_of_a_confirmation
def test_a_move_whose_host_is_killed_before_it_heard_of_the_new_access_ends_with_one(
    rig: Rig, moment: Moment
) -> None:
    rig.confirm()
    _die(rig, CHANGED, moment, **LATER)
    rig.wait_for_late_requests()

    said = rig.change(**LATER)

    assert (said.outcome, said.reference) == ("replaced", "a-2")
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


@while_the_old_access_is_ended
def test_a_move_whose_host_is_killed_between_new_and_old_ends_with_the_new_one(
    rig: Rig, moment: Moment
) -> None:
    rig.confirm()
    _die(rig, CHANGED, moment, **LATER)
    rig.clock.step(LEASE_S)

    said = rig.change(**LATER)

    assert (said.outcome, said.reference) == ("unchanged", "a-2")
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]
    assert rig.grants() == ["revoked", "current"]


@while_the_old_access_is_ended
def test_a_move_whose_host_is_killed_between_new_and_old_leaves_none_once_cancelled(
    rig: Rig, moment: Moment
) -> None:
    rig.confirm()
    _die(rig, CHANGED, moment, **LATER)
    rig.clock.step(LEASE_S)

    said = rig.cancel()

    assert said.outcome == "revoked"
    assert rig.vendor.live == []
    assert rig.grants() == ["revoked", "revoked"]


@while_the_old_access_is_ended
def test_a_cancellation_whose_host_is_killed_ends_the_access(rig: Rig, moment: Moment) -> None:
    rig.confirm()
    _die(rig, CANCELLED, moment)
    owed = rig.pair("due_at")
    rig.clock.step(LEASE_S)

    said = rig.cancel(held="a-1")

    assert owed is not None
    assert (said.outcome, said.fields) == ("revoked", {"custom12": ""})
    assert rig.vendor.done == ["made a-1", "ended a-1"]


def test_the_bookings_of_a_killed_process_are_taken_over_when_its_lease_has_run_out(
    rig: Rig,
) -> None:
    _die(rig, CONFIRMED, Moment(call="doors"))

    rig.clock.step(LEASE_S - 1)
    held = rig.dispatch(event(CONFIRMED), deadline_s=0.1)
    rig.clock.step(1)
    taken_over = rig.dispatch(event(CONFIRMED), deadline_s=0.1)

    assert "another worker has this booking" in message_of(held)
    assert "the reply to a request was lost" in message_of(taken_over)


def test_a_change_that_was_accepted_is_done_by_the_next_process(rig: Rig) -> None:
    _die(rig, CONFIRMED, Moment(call="doors"))
    rig.wait_for_late_requests()

    process = rig.start(event(CHANGED))

    assert finish(process) == ["granted", "a-1"]
