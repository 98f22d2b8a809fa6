"""A vendor that does not answer: when each booking comes back, and who tries whether it is back."""

import threading
from collections.abc import Iterator

import pytest
from tests.conftest import InstallPlugin
from tests.host.breaker_rig import FIRST_S, LONGEST_S, Ward, lend_ward
from tests.host.fake_rig import CANCELLED, CONFIRMED, Rig, event
from tests.host.fake_vendor import Fault

from ireserve_integrations.breaker import Standing

TEN = range(10)
_LONGEST_PROBE_S = 60.0


@pytest.fixture
def ward(rig_in_memory: Rig, install_plugin: InstallPlugin) -> Iterator[Ward]:
    with lend_ward(rig_in_memory, install_plugin) as lent:
        yield lent


def _down(ward: Ward, *numbers: int) -> None:
    """Let the vendor fail until it counts as down."""
    ward.vendor.keep_failing("make", Fault.UNAVAILABLE)
    ward.submit(*numbers)
    ward.work()


def _pauses(ward: Ward, number: int, times: int) -> Iterator[float]:
    """Let a booking fail again and again; yield the pause after each failure, in seconds."""
    for other in range(100, 100 + times):
        ward.submit(other)  # a good one each time: it is this booking, and not the vendor
        ward.work()
        pause_s = ward.due_in_s(number)
        assert pause_s is not None
        yield pause_s
        ward.clock.step(pause_s)


def _tries(ward: Ward, times: int) -> Iterator[float]:
    """Let one try after another fail; yield the pause before each, in seconds."""
    for _ in range(times):
        pause_s = ward.probe_in_s
        yield pause_s
        ward.work_after(pause_s)


# --- one booking ----------------------------------------------------------------------------------


def test_a_booking_comes_back_later_each_time_and_not_quite_when_expected(ward: Ward) -> None:
    ward.configure({"retry_longest_s": 100})
    ward.vendor.turned_away = {"b-1"}
    ward.submit(1)

    pauses = list(_pauses(ward, 1, 7))

    most = [5, 10, 20, 40, 80, 100, 100]
    assert all(full / 2 <= pause <= full for pause, full in zip(pauses, most, strict=True))
    assert len(set(pauses)) == 7
    assert ward.given == [f"b-{number}" for number in range(100, 107)]


def test_a_booking_is_given_access_once_its_pause_is_over(ward: Ward) -> None:
    ward.vendor.fail("make", Fault.UNAVAILABLE)
    ward.submit(1)
    ward.work()
    pause_s = ward.due_in_s(1)
    assert pause_s is not None

    ward.work_after(pause_s - 0.01)
    before = ward.given
    ward.work_after(0.01)

    assert (before, ward.given) == ([], ["b-1"])
    assert ward.due_in_s(1) is None


def test_bookings_that_failed_together_do_not_come_back_together(ward: Ward) -> None:
    ward.vendor.turned_away = {"b-1", "b-2"}
    ward.submit(1, 2)

    ward.work()

    assert ward.due_in_s(1) != ward.due_in_s(2)


@pytest.mark.parametrize(
    ("asked", "longest_s", "kept_s"),
    [
        pytest.param("60", 3600, 60, id="as the vendor asks"),
        pytest.param("7200", 3600, 3600, id="but no longer than the longest pause"),
        pytest.param("60", 40, 40, id="however short that is"),
    ],
)
def test_a_vendor_may_say_when_to_come_back(
    ward: Ward, asked: str, longest_s: float, kept_s: float
) -> None:
    ward.configure({"retry_longest_s": longest_s})
    ward.vendor.retry_after = asked
    ward.vendor.fail("make", Fault.UNAVAILABLE)
    ward.submit(1)

    ward.work()

    assert ward.due_in_s(1) == kept_s


def test_a_vendor_that_says_at_once_is_given_a_pause_all_the_same(ward: Ward) -> None:
    ward.vendor.retry_after = "0"
    ward.vendor.turned_away = {"b-1"}
    ward.submit(1)

    pauses = list(_pauses(ward, 1, 4))

    assert pauses[0] >= FIRST_S / 2
    assert pauses[3] >= 4 * FIRST_S
    assert ward.vendor.times("make") == 4 + 4


def test_a_booking_is_tried_until_it_is_over_and_then_no_more(ward: Ward) -> None:
    ward.vendor.retry_after = "3600"
    ward.vendor.keep_failing("make", Fault.UNAVAILABLE)
    ward.submit(1)

    ward.work_every(LONGEST_S, 6)

    assert ward.vendor.times("make") == 3  # at nine, ten and eleven; it ends at twelve
    assert ward.due_in_s(1) is None


# --- any bookings ---------------------------------------------------------------------------------


def test_the_first_failure_leaves_one_booking_at_a_time_and_no_alert(ward: Ward) -> None:
    ward.vendor.fail("make", Fault.UNAVAILABLE)
    ward.submit(1)

    ward.work()

    assert ward.standing() is Standing.SUSPECT
    assert ward.alerts == []


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.LOST_BEFORE], ids=["not done", "who knows"]
)
def test_three_failures_in_a_row_take_an_integration_down_with_one_alert(
    ward: Ward, fault: Fault
) -> None:
    ward.vendor.keep_failing("make", fault)
    ward.submit(*TEN)

    ward.work()

    assert ward.vendor.times("make") == 3
    assert ward.standing() is Standing.DOWN
    assert ward.alerts == [("vendor down", "", "")]


def test_a_success_in_between_begins_the_count_anew(ward: Ward) -> None:
    ward.vendor.turned_away = {"b-0", "b-1", "b-3", "b-4"}
    ward.submit(0, 1, 2, 3, 4)

    ward.work()

    assert ward.vendor.times("make") == 5
    assert ward.standing() is Standing.SUSPECT
    assert ward.alerts == []


def test_one_failing_booking_among_good_ones_never_takes_it_down(ward: Ward) -> None:
    ward.vendor.turned_away = {"b-1"}
    ward.submit(1)

    failures = len(list(_pauses(ward, 1, 8)))

    assert failures == 8
    assert ward.alerts == []
    assert ward.standing() is not Standing.DOWN


def test_good_bookings_do_not_bring_a_failing_one_back_before_its_time(ward: Ward) -> None:
    ward.vendor.turned_away = {"b-1"}
    ward.submit(1)
    ward.work()
    due_in_s = ward.due_in_s(1)

    ward.submit(*range(2, 8))
    ward.work()

    assert ward.vendor.times("make") == 1 + 6
    assert ward.due_in_s(1) == due_in_s


def test_while_it_is_down_one_booking_is_tried_when_it_is_time(ward: Ward) -> None:
    _down(ward, *TEN)

    ward.work_after(ward.probe_in_s - 0.01)
    before = ward.vendor.times("make")
    ward.work_after(0.01)

    assert (before, ward.vendor.times("make")) == (3, 4)


def test_the_pauses_between_two_tries_grow_up_to_a_minute(ward: Ward) -> None:
    _down(ward, *TEN)

    pauses = list(_tries(ward, 5))

    most = [20, 40, 80, 160, 320]
    least = [min(full / 2, _LONGEST_PROBE_S) for full in most]
    assert all(low <= pause for low, pause in zip(least, pauses, strict=True))
    assert max(pauses) == _LONGEST_PROBE_S
    assert pauses[0] <= most[0]
    assert ward.vendor.times("make") == 3 + 5
    assert ward.alerts == [("vendor down", "", "")]


def test_a_try_that_succeeds_brings_all_that_waited_and_closes_the_alert(ward: Ward) -> None:
    _down(ward, *TEN)
    ward.vendor.heal()

    ward.work_after(ward.probe_in_s)

    assert ward.given == [f"b-{number}" for number in TEN]
    assert ward.standing() is Standing.FINE
    assert ward.alerts == []


def test_what_waits_long_is_brought_forward_by_a_try_that_succeeds(ward: Ward) -> None:
    ward.vendor.retry_after = "3600"
    _down(ward, 1, 2, 3)
    ward.vendor.heal()

    ward.work_after(ward.probe_in_s)

    assert ward.given == ["b-1", "b-2", "b-3"]


def test_a_lost_reply_is_not_looked_for_too_early_though_the_vendor_is_back(ward: Ward) -> None:
    ward.vendor.fail("make", Fault.LOST_AFTER)
    ward.submit(1)
    ward.work()
    _down(ward, 2, 3)
    ward.vendor.heal()

    ward.work_after(ward.probe_in_s)
    searched = ward.vendor.times("find")
    ward.work_after(65)

    assert searched == 0
    assert ward.given == ["b-1", "b-2", "b-3"]


def test_a_booking_that_is_cancelled_while_it_is_down_asks_for_nothing(ward: Ward) -> None:
    _down(ward, 1, 2, 3)
    asked = ward.asked
    ward.submit(1, 2, 3, status=CANCELLED)
    ward.clock.step(ward.probe_in_s)

    ward.work_every(0, 3)  # a try that told nothing is given back

    assert ward.asked == asked
    assert [ward.due_in_s(number) for number in (1, 2, 3)] == [None, None, None]
    assert ward.standing() is Standing.DOWN


def test_a_person_lets_it_go_on_at_once(ward: Ward) -> None:
    _down(ward, *TEN)
    ward.vendor.heal()

    ward.host.resume("main")
    ward.work()

    assert len(ward.given) == 10
    assert ward.alerts == []


def test_who_dispatches_a_booking_may_try_before_it_is_time(ward: Ward) -> None:
    _down(ward, 1, 2, 3)
    ward.vendor.heal()

    [outcome] = ward.host.dispatch(event(CONFIRMED, id="b-9"))

    assert outcome.outcome == "granted"
    assert ward.standing() is Standing.FINE


# --- two hosts on one ledger ----------------------------------------------------------------------


def test_failures_of_two_workers_count_together(ward: Ward) -> None:
    other = ward.rig.open()
    ward.vendor.keep_failing("make", Fault.UNAVAILABLE)
    ward.submit(1, 2)
    ward.work()
    ward.submit(*range(3, 10))

    ward.work(other)

    assert ward.vendor.times("make") == 3
    assert (ward.standing(), ward.standing(other)) == (Standing.DOWN, Standing.DOWN)
    assert ward.alerts == [("vendor down", "", "")]


def test_of_two_workers_one_tries(ward: Ward) -> None:
    other = ward.rig.open()
    _down(ward, *TEN)
    ward.clock.step(ward.probe_in_s)
    held = ward.vendor.hold("make")
    trying = threading.Thread(target=ward.work)
    trying.start()
    held.wait()

    ward.work(other)
    meanwhile = ward.vendor.times("make")
    held.let_go.set()
    trying.join()

    assert meanwhile == 3 + 1


def test_a_try_of_one_worker_brings_what_waited_for_the_other(ward: Ward) -> None:
    other = ward.rig.open()
    _down(ward, *TEN)
    ward.vendor.heal()
    ward.clock.step(ward.probe_in_s)

    ward.work(other)

    assert len(ward.given) == 10
    assert ward.alerts == []
    assert ward.standing() is Standing.FINE


def test_a_try_whose_worker_died_is_somebody_elses_after_a_while(ward: Ward) -> None:
    other = ward.rig.open()
    _down(ward, *TEN)
    ward.clock.step(ward.probe_in_s)
    assembly = ward.host.assembly
    assert assembly.workshop is not None
    assert assembly.workshop.breaker.claim_probe(assembly.roster["main"])
    ward.vendor.heal()

    ward.work(other)
    before = ward.given
    ward.clock.step(5 + 30)  # a call's deadline, and a lease
    ward.work(other)

    assert (before, len(ward.given)) == ([], 10)


# --- its settings ---------------------------------------------------------------------------------


def test_an_outage_belongs_to_the_settings_that_it_happened_to(ward: Ward) -> None:
    _down(ward, *TEN)
    ward.vendor.heal()
    ward.configure(details={"time_before_minutes": 20})

    ward.host.reload()
    ward.work()

    assert len(ward.given) == 10
    assert ward.alerts == []


def test_another_integration_works_on(ward: Ward) -> None:
    with ward.another_vendor() as fine:
        ward.configure(integrations={"main": ward.vendor, "second": fine})

        _down(ward, *TEN)

        assert ward.vendor.times("make") == 3
        assert len(fine.live) == 10
