"""Upkeep: what every sweep of a worker sees to, and that one part keeps no other from running."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.host.fake_rig import CANCELLED, CONFIRMED, LATER, START, Rig, event
from tests.host.fake_vendor import Fault
from tests.waiting import wait_until

from ireserve_integrations import IntegrationHost
from ireserve_integrations.errors import LedgerError
from ireserve_integrations.ledger import Alert
from ireserve_integrations.upkeep import Upkeep

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
IN_TIME_S = HOUR  # until 9:00; the window begins at 9:45, the booking at 10:00


class Keeper:
    """A host and its upkeep."""

    def __init__(self, rig: Rig) -> None:
        rig.open_in_memory()
        self.rig, self.upkeep = rig, Upkeep(rig.host, pace_s=0.01)

    @property
    def host(self) -> IntegrationHost:
        return self.rig.host

    def sweep(self, after_s: float = 0.0) -> list[tuple[str, str, str]]:
        """Sweep after a while; return cause, integration and booking of each open alert."""
        self.rig.clock.step(after_s)
        self.upkeep.sweep()
        return [(one.cause, one.integration, one.booking) for one in self.host.alerts()]

    def only(self) -> Alert:
        """Return the one alert that is open."""
        [alert] = self.host.alerts()
        return alert

    def again(self, **settings: Any) -> "Keeper":
        """Return upkeep in a process that begins with other settings."""
        self.upkeep.stop()
        self.rig.reconfigure(**settings)
        return Keeper(self.rig)

    def take_up(self, **settings: Any) -> None:
        """Write the file anew, and take it up as a worker does."""
        self.rig.configure(**settings)
        self.host.reload()


@pytest.fixture
def keeper(rig_in_memory: Rig) -> Iterator[Keeper]:
    keeper = Keeper(rig_in_memory)
    yield keeper
    keeper.upkeep.stop()


def test_where_all_is_well_there_is_no_alert(keeper: Keeper) -> None:
    keeper.rig.confirm()

    assert keeper.sweep(IN_TIME_S) == []


# --- settings -------------------------------------------------------------------------------------


def test_settings_that_cannot_be_used_are_an_alert_that_says_what_is_wrong(
    rig_in_memory: Rig,
) -> None:
    rig_in_memory.configure(details={"trigger_statuses": []})
    keeper = Keeper(rig_in_memory)

    found = keeper.sweep()

    assert found == [("settings", "main", "")]
    assert "details.trigger_statuses" in keeper.only().message
    assert "`validate`" in keeper.only().message


def test_an_alert_of_settings_is_closed_when_they_are_mended_in_a_running_worker(
    keeper: Keeper,
) -> None:
    keeper.take_up(details={"trigger_statuses": []})
    wrong = keeper.sweep()
    keeper.take_up()

    assert wrong == [("settings", "main", "")]
    assert keeper.sweep() == []


def test_an_alert_of_settings_is_closed_by_a_worker_that_begins_with_good_ones(
    keeper: Keeper,
) -> None:
    keeper.take_up(details={"trigger_statuses": []})
    keeper.sweep()

    assert keeper.again().sweep() == []


def test_a_worker_that_can_use_the_settings_closes_no_alert_of_one_that_cannot(
    keeper: Keeper,
) -> None:
    keeper.sweep()
    keeper.rig.configure(details={"trigger_statuses": []})
    other = Upkeep(keeper.rig.open(transport=keeper.rig.vendor.transport))
    other.sweep()

    assert keeper.sweep() == [("settings", "main", "")]


def test_an_alert_of_settings_is_closed_when_the_integration_is_gone(keeper: Keeper) -> None:
    keeper.take_up(details={"trigger_statuses": []})
    keeper.sweep()

    assert keeper.again(integrations=("other",)).sweep() == []


# --- no longer configured -------------------------------------------------------------------------


def test_live_access_of_an_integration_that_is_gone_is_one_alert_with_a_count(
    keeper: Keeper,
) -> None:
    keeper.rig.confirm(id="b-1")
    keeper.rig.confirm(id="b-2")

    after = keeper.again(integrations=("other",))

    assert after.sweep() == [("unconfigured", "main", "")]
    assert "2 bookings" in after.only().message


def test_access_of_another_vendor_under_the_same_name_is_an_alert(keeper: Keeper) -> None:
    keeper.rig.confirm()

    assert keeper.again(vendor="other").sweep() == [("unconfigured", "main", "")]


def test_an_alert_of_access_that_nobody_answers_for_is_closed_when_it_is_over(
    keeper: Keeper,
) -> None:
    keeper.rig.confirm()
    after = keeper.again(integrations=("other",))
    after.sweep()

    assert after.sweep(DAY) == []


# --- not there an hour before ---------------------------------------------------------------------


def test_a_booking_that_waits_for_its_vendor_is_an_alert_an_hour_before_its_window(
    keeper: Keeper,
) -> None:
    keeper.rig.vendor.keep_failing("make", Fault.UNAVAILABLE)
    keeper.rig.confirm()

    early = keeper.sweep(44 * MINUTE)
    late = keeper.sweep(2 * MINUTE)

    assert early == []
    assert late == [("not there", "main", "15492")]
    assert "2026-11-21T09:45:00+0000" in keeper.only().message
    assert "retry main 15492" in keeper.only().message


def test_a_booking_that_failed_is_an_alert_an_hour_before_its_window(keeper: Keeper) -> None:
    keeper.rig.vendor.fail("make", Fault.REFUSED)
    keeper.rig.confirm()

    found = keeper.sweep(IN_TIME_S)

    assert ("not there", "main", "15492") in found
    assert ("failed", "main", "15492") in found


def test_a_booking_that_nobody_works_off_is_an_alert_after_a_minute(keeper: Keeper) -> None:
    keeper.rig.clock.step(IN_TIME_S)
    keeper.host.submit(event(CONFIRMED))

    at_once = keeper.sweep(30)
    later = keeper.sweep(31)

    assert at_once == []
    assert later == [("not there", "main", "15492")]


def test_the_alert_is_closed_when_the_access_is_there(keeper: Keeper) -> None:
    keeper.rig.vendor.fail("make", Fault.UNAVAILABLE)
    keeper.rig.confirm()
    keeper.sweep(IN_TIME_S)
    keeper.rig.confirm()

    assert keeper.rig.vendor.live_ids == ["a-1"]
    assert keeper.sweep() == []


def test_the_alert_is_closed_when_the_booking_is_moved_to_another_day(keeper: Keeper) -> None:
    keeper.rig.vendor.keep_failing("make", Fault.UNAVAILABLE)
    keeper.rig.confirm()
    keeper.sweep(IN_TIME_S)
    moved = {"start": START + timedelta(days=2), "end": START + timedelta(days=2, hours=1)}
    keeper.host.submit(event(CONFIRMED, **moved))

    assert keeper.sweep(2 * MINUTE) == []


def test_the_alert_is_closed_when_the_booking_is_over(keeper: Keeper) -> None:
    keeper.rig.vendor.keep_failing("make", Fault.UNAVAILABLE)
    keeper.rig.confirm()
    keeper.sweep(IN_TIME_S)

    assert keeper.sweep(DAY) == []


def test_a_cancelled_booking_needs_no_access(keeper: Keeper) -> None:
    keeper.rig.clock.step(IN_TIME_S)
    keeper.host.submit([event(CONFIRMED), event(CANCELLED)])

    assert keeper.sweep(2 * MINUTE) == []


def test_a_status_that_no_setting_names_needs_no_access(keeper: Keeper) -> None:
    keeper.rig.clock.step(IN_TIME_S)
    keeper.host.submit(event("20"))

    assert keeper.sweep(2 * MINUTE) == []


def test_a_booking_of_an_object_without_a_row_needs_no_access(keeper: Keeper) -> None:
    keeper.rig.clock.step(IN_TIME_S)
    keeper.host.submit(event(CONFIRMED, objects=["99"]))

    assert keeper.sweep(2 * MINUTE) == []


def test_an_inactive_integration_owes_nobody_access(keeper: Keeper) -> None:
    after = keeper.again(active=False)
    after.rig.clock.step(IN_TIME_S)
    after.host.submit(event(CONFIRMED))

    assert after.sweep(2 * MINUTE) == []


def test_a_vendor_that_makes_nothing_beforehand_owes_nobody_access(keeper: Keeper) -> None:
    after = keeper.again(vendor="keepless")
    after.rig.clock.step(IN_TIME_S)
    after.host.submit(event(CONFIRMED))

    assert after.sweep(2 * MINUTE) == []


def test_access_that_is_to_be_replaced_and_still_lives_is_no_alert(keeper: Keeper) -> None:
    keeper.rig.confirm()
    keeper.rig.vendor.keep_failing("make", Fault.UNAVAILABLE)
    keeper.rig.change(end=LATER["end"])

    assert keeper.sweep(IN_TIME_S) == []


def test_many_bookings_that_wait_are_all_found_a_page_at_a_time(keeper: Keeper) -> None:
    keeper.rig.clock.step(IN_TIME_S)
    keeper.host.submit([event(CONFIRMED, id=f"b-{number}") for number in range(700)])

    counts = [len(keeper.sweep(2 * MINUTE)) for _ in range(3)]

    assert counts == [300, 600, 700]


# --- erasing --------------------------------------------------------------------------------------


def _kept(keeper: Keeper) -> list[bool]:
    rows = keeper.rig.ask("SELECT customer FROM bookings ORDER BY id")
    return [row["customer"] is not None for row in rows]


def test_who_a_customer_was_is_erased_at_start_and_hourly(keeper: Keeper) -> None:
    keeper.take_up(host={"keep_customer_days": 1})
    keeper.rig.confirm(id="b-1")
    keeper.rig.confirm(id="b-2", end=START + timedelta(hours=2, minutes=30))

    keeper.sweep()
    before = _kept(keeper)
    keeper.sweep(DAY + 4 * HOUR)
    hourly = _kept(keeper)
    keeper.sweep(40 * MINUTE)
    too_early = _kept(keeper)
    keeper.sweep(21 * MINUTE)

    assert before == [True, True]
    assert hourly == [False, True]
    assert too_early == [False, True]
    assert _kept(keeper) == [False, False]


# --- reconciliation -------------------------------------------------------------------------------


def test_a_reconciliation_that_is_due_is_walked_beside_the_sweep(keeper: Keeper) -> None:
    keeper.rig.confirm()
    keeper.rig.vendor.accesses["a-1"].live = False

    keeper.sweep()
    _wait_for_rounds()

    assert ("gone", "main", "15492") in keeper.sweep()


def test_a_reconciliation_is_not_begun_twice_and_stops_in_its_pause(keeper: Keeper) -> None:
    keeper.rig.vendor.page_size = 1
    keeper.rig.confirm(id="b-1")
    keeper.rig.confirm(id="b-2")
    upkeep = Upkeep(keeper.host, pace_s=HOUR)
    upkeep.sweep()
    keeper.rig.vendor.wait_for("list")
    wait_until(lambda: keeper.host.reconciliation.due("main"))

    upkeep.sweep()
    running = len(_rounds())
    upkeep.stop()

    assert (running, _rounds()) == (1, [])


def _rounds() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("reconciling")]


def _wait_for_rounds() -> None:
    list(map(threading.Thread.join, _rounds()))


# --- each part by itself --------------------------------------------------------------------------


def test_a_part_that_fails_keeps_no_other_from_running(keeper: Keeper) -> None:
    keeper.take_up(host={"keep_customer_days": 0}, details={"trigger_statuses": []})
    keeper.host.submit(event(CONFIRMED))
    keeper.rig.ask("ALTER TABLE grants RENAME TO grants_away")

    with pytest.raises(LedgerError, match="grants"):
        keeper.sweep(DAY)

    assert [(one.cause, one.integration) for one in keeper.host.alerts()] == [("settings", "main")]
    assert _kept(keeper) == [False]
