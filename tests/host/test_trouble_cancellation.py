"""A cancellation that dies in the middle, while the vendor cannot be searched."""

import pytest
from tests.host.fake_rig import CANCELLED, CHANGED, LATER, Rig, event, kill, kind_of
from tests.host.fake_vendor import Fault

_ELSEWHERE = "a-99"
"""What a person wrote into the booking field: it is looked up before the decision."""

unsearchable = pytest.mark.parametrize(
    ("vendor", "fault"),
    [
        pytest.param("blind", None, id="that cannot be searched at all"),
        pytest.param("fake", Fault.NO_SUCH_CALL, id="whose list is not there"),
        pytest.param("fake", Fault.UNAVAILABLE, id="whose list is overloaded"),
        pytest.param("fake", Fault.LOST_BEFORE, id="whose list does not answer"),
    ],
)


def _die_cancelling(rig: Rig, vendor: str, fault: Fault | None) -> None:
    """Kill the host once its label is on disk, and before it has decided anything."""
    rig.configure(vendor=vendor)
    rig.confirm()
    held = rig.vendor.hold("read")
    process = rig.start(event(CANCELLED, held=_ELSEWHERE))
    held.wait()
    kill(process)
    assert rig.grants("state") == ["current", "asking"]
    rig.wait_for_late_requests()
    if fault is not None:
        rig.vendor.keep_failing("find", fault)


@unsearchable
def test_the_access_ends_though_the_label_cannot_be_searched(
    rig: Rig, vendor: str, fault: Fault | None
) -> None:
    _die_cancelling(rig, vendor, fault)

    rig.cancel(held=_ELSEWHERE)

    assert rig.vendor.done == ["made a-1", "ended a-1"]
    assert rig.grants("state") == ["revoked", "asking"]


def test_a_worker_ends_it_by_itself(rig: Rig) -> None:
    _die_cancelling(rig, "fake", Fault.NO_SUCH_CALL)

    rig.host.worker().run(drain=True)

    assert rig.vendor.done == ["made a-1", "ended a-1"]


def test_it_ends_even_before_the_label_may_be_searched(rig: Rig) -> None:
    _die_cancelling(rig, "fake", None)
    rig.clock.step(-35)  # a killed host's lease is over, and its request may yet arrive

    said = rig.cancel(held=_ELSEWHERE)

    assert kind_of(said) == "OutcomeUnknownError"
    assert rig.vendor.done == ["made a-1", "ended a-1"]
    assert rig.vendor.times("find") == 0


def test_what_cannot_be_searched_is_an_alert_with_what_to_do(rig: Rig) -> None:
    _die_cancelling(rig, "blind", None)

    rig.cancel(held=_ELSEWHERE)

    [alert] = rig.host.alerts()
    assert (alert.cause, alert.booking) == ("lost reply", "15492")
    assert "retry main 15492 --found REFERENCE" in alert.message


def test_an_end_that_fails_there_is_tried_again_and_said(rig: Rig) -> None:
    _die_cancelling(rig, "blind", None)
    rig.vendor.fail("end", Fault.UNAVAILABLE)

    rig.cancel(held=_ELSEWHERE)
    before = sorted(alert.cause for alert in rig.host.alerts())
    rig.clock.step(60)
    rig.host.worker().run(drain=True)

    assert before == ["lost reply", "not ended"]
    assert rig.vendor.done == ["made a-1", "ended a-1"]
    assert [alert.cause for alert in rig.host.alerts()] == ["lost reply"]


def test_access_that_is_still_wanted_is_left_alone_meanwhile(rig: Rig) -> None:
    rig.configure(vendor="blind")
    rig.confirm()
    held = rig.vendor.hold("read")
    process = rig.start(event(CHANGED, held=_ELSEWHERE, **LATER))
    held.wait()
    kill(process)
    rig.wait_for_late_requests()

    rig.change(held=_ELSEWHERE, **LATER)

    assert rig.vendor.done == ["made a-1"]
    assert rig.vendor.live_ids == ["a-1"]


def test_once_it_can_be_searched_nothing_is_left(rig: Rig) -> None:
    _die_cancelling(rig, "fake", Fault.LOST_BEFORE)
    rig.cancel(held=_ELSEWHERE)
    rig.vendor.heal()
    rig.clock.step(60)

    rig.host.worker().run(drain=True)

    assert rig.grants("state") == ["revoked", "not made"]
    assert rig.pair("due_at") is None
    assert rig.host.alerts() == []
