"""Failures that concern a booking, a name or settings: who is told, and when it is tried again."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.conftest import InstallPlugin, OpenHost
from tests.host.breaker_rig import Ward, lend_ward
from tests.host.fake_rig import CANCELLED, CHANGED, Rig
from tests.host.fake_vendor import Fault
from tests.host.opening_vendor import PLUGIN, Clock, Doors, Entrance, row

from ireserve_integrations import IntegrationHost
from ireserve_integrations.breaker import Standing
from ireserve_integrations.errors import (
    ConfigError,
    PluginError,
    ProtocolError,
    RejectedError,
)

HOUR_S = 3600.0


@pytest.fixture
def ward(rig_in_memory: Rig, install_plugin: InstallPlugin) -> Iterator[Ward]:
    with lend_ward(rig_in_memory, install_plugin) as lent:
        yield lent


# --- a name that the vendor has not ---------------------------------------------------------------


@pytest.fixture
def nameless(ward: Ward) -> Ward:
    """Lend two doors that the vendor has not, and three bookings that want them."""
    ward.configure(mapping={"17": "front", "18": "side", "19": "back"})
    ward.plugin.missing.update({"front", "side"})
    ward.submit(1, 2, objects=["17"])
    ward.submit(3, objects=["17", "18"])
    ward.submit(4, objects=["19"])
    ward.work()
    return ward


def _blamed(ward: Ward) -> list[str]:
    """Return the names that alerts are about; nothing but names is."""
    assert {cause for cause, _, _ in ward.alerts} <= {"mapping"}
    assert {booking for _, booking, _ in ward.alerts} <= {""}
    return sorted(about for _, _, about in ward.alerts)


def test_a_missing_name_has_one_alert_and_fails_only_bookings_of_its_objects(
    nameless: Ward,
) -> None:
    assert _blamed(nameless) == ["front", "side"]
    assert nameless.given == ["b-4"]
    assert nameless.standing() is Standing.FINE


def test_what_a_missing_name_fails_is_tried_again_every_hour(nameless: Ward) -> None:
    nameless.work_after(HOUR_S - 1)
    nameless.plugin.missing.clear()  # put right at the vendor, where nobody tells us
    nameless.work()
    before = nameless.given

    nameless.work_after(1)

    assert before == ["b-4"]
    assert nameless.given == ["b-1", "b-2", "b-3", "b-4"]
    assert nameless.alerts == []


def test_what_a_missing_name_fails_is_tried_hour_after_hour(nameless: Ward) -> None:
    nameless.work_after(HOUR_S)

    assert [nameless.due_in_s(number) for number in (1, 2, 3)] == [HOUR_S] * 3
    assert _blamed(nameless) == ["front", "side"]


def test_a_change_of_a_booking_tries_that_one_at_once(nameless: Ward) -> None:
    nameless.plugin.missing.clear()

    nameless.submit(1, status=CHANGED, objects=["17"])
    nameless.work()

    assert nameless.given == ["b-1", "b-4"]
    assert _blamed(nameless) == ["front", "side"]


def test_changed_settings_try_all_of_them_at_once(nameless: Ward) -> None:
    nameless.configure(mapping={"17": "main", "18": "garden", "19": "back"})

    nameless.host.reload()
    nameless.work()

    assert nameless.given == ["b-1", "b-2", "b-3", "b-4"]
    assert nameless.alerts == []


def test_changed_settings_try_all_of_them_in_a_new_host_too(nameless: Ward) -> None:
    nameless.configure(mapping={"17": "main", "18": "garden", "19": "back"})
    nameless.rig.close()

    nameless.work()

    assert nameless.given == ["b-1", "b-2", "b-3", "b-4"]
    assert nameless.alerts == []


def test_an_alert_of_a_name_is_closed_with_the_last_booking_that_it_fails(nameless: Ward) -> None:
    blamed = []

    nameless.submit(3, status=CHANGED, objects=["17"])
    nameless.work()
    blamed.append(_blamed(nameless))
    nameless.submit(2, 3, status=CANCELLED)
    nameless.work()
    blamed.append(_blamed(nameless))
    nameless.submit(1, status=CHANGED, objects=["19"])
    nameless.work()
    blamed.append(_blamed(nameless))

    assert blamed == [["front"], ["front"], []]
    assert nameless.given == ["b-1", "b-4"]


def test_a_booking_that_is_over_blames_no_name_any_more(nameless: Ward) -> None:
    nameless.work_every(HOUR_S, 5)

    assert nameless.alerts == []
    assert [nameless.due_in_s(number) for number in (1, 2, 3)] == [None] * 3


# --- a booking that fails visibly -----------------------------------------------------------------

at_once = pytest.mark.parametrize(
    "error",
    [
        pytest.param(RejectedError("no"), id="rejected"),
        pytest.param(ProtocolError("gibberish"), id="not as documented"),
        pytest.param(PluginError("a contract"), id="a contract is broken"),
        pytest.param(KeyError("pa55word"), id="a bug"),
    ],
)


@at_once
def test_a_failure_that_a_person_must_mend_is_said_and_not_tried_again(
    ward: Ward, error: Exception
) -> None:
    ward.plugin.faults.append(error)
    ward.submit(1)
    ward.work()
    ward.plugin.faults.clear()

    ward.work_after(HOUR_S)
    ward.host.reload()
    ward.host.resume("main")
    ward.work()

    assert ward.alerts == [("failed", "b-1", "")]
    assert ward.due_in_s(1) is None
    assert ward.given == []
    assert "pa55word" not in ward.host.alerts()[0].message


@at_once
def test_its_alert_is_closed_when_a_later_change_succeeds(ward: Ward, error: Exception) -> None:
    ward.plugin.faults.append(error)
    ward.submit(1, 2)
    ward.work()
    ward.plugin.faults.clear()

    ward.submit(1, status=CHANGED)
    ward.work()

    assert ward.given == ["b-1"]
    assert ward.alerts == [("failed", "b-2", "")]


@at_once
def test_a_later_change_that_fails_too_leaves_one_alert(ward: Ward, error: Exception) -> None:
    ward.plugin.faults.append(error)
    ward.submit(1)
    ward.work()

    ward.submit(1, status=CHANGED)
    ward.work()

    assert ward.alerts == [("failed", "b-1", "")]


def test_what_the_vendor_refuses_does_not_take_it_down(ward: Ward) -> None:
    ward.vendor.keep_failing("make", Fault.REFUSED)
    ward.submit(*range(6))

    ward.work()

    assert ward.vendor.times("make") == 6
    assert ward.standing() is Standing.FINE
    assert ward.alerts == [("failed", f"b-{number}", "") for number in range(6)]


def test_a_failure_of_the_settings_without_a_name_is_the_bookings_own(ward: Ward) -> None:
    ward.plugin.faults.append(ConfigError("no such language"))
    ward.submit(1)
    ward.work()
    before = ward.alerts
    ward.plugin.faults.clear()

    ward.work_after(HOUR_S)

    assert before == [("failed", "b-1", "")]
    assert ward.given == ["b-1"]
    assert ward.alerts == []


# --- access that is to end and does not -----------------------------------------------------------

not_ended = pytest.mark.parametrize(
    "fault", [Fault.REFUSED, Fault.UNAVAILABLE, Fault.LOST_BEFORE, Fault.LOST_AFTER]
)


def _causes(ward: Ward) -> list[str]:
    return [cause for cause, _, _ in ward.alerts]


@not_ended
def test_a_revocation_that_fails_is_an_alert_until_it_has_ended(ward: Ward, fault: Fault) -> None:
    ward.submit(1)
    ward.work()
    ward.vendor.fail("end", fault)
    ward.submit(1, status=CANCELLED)
    ward.work()
    before, due_in_s = _causes(ward), ward.due_in_s(1)

    assert due_in_s is not None
    ward.work_after(due_in_s)

    assert "not ended" in before
    assert ward.given == []
    assert ward.alerts == []
    assert ward.due_in_s(1) is None


@not_ended
def test_a_revocation_that_keeps_failing_is_tried_until_the_window_is_over(
    ward: Ward, fault: Fault
) -> None:
    ward.submit(1)
    ward.work()
    ward.vendor.keep_failing("end", fault)
    ward.submit(1, status=CANCELLED)
    ward.work()
    ward.work_after(HOUR_S)
    before, asked = _causes(ward), ward.vendor.times("end")

    ward.work_after(3 * HOUR_S)

    assert "not ended" in before
    assert asked == 2
    assert ward.vendor.times("end") == asked
    assert ward.due_in_s(1) is None
    assert "not ended" not in _causes(ward)


def test_old_access_that_ends_where_no_new_one_can_be_made_leaves_no_alert_of_its_own(
    ward: Ward,
) -> None:
    ward.submit(1)
    ward.work()
    ward.vendor.fail("make", Fault.REFUSED)

    ward.submit(1, status=CHANGED, objects=["18"])
    ward.work()

    assert ward.vendor.done == ["made a-1", "ended a-1"]
    assert ward.alerts == [("failed", "b-1", "")]


def test_a_revocation_that_waits_for_a_vendor_that_is_down_has_an_alert(ward: Ward) -> None:
    ward.submit(1, 2, 3, 4)
    ward.work()
    ward.vendor.keep_failing("end", Fault.UNAVAILABLE)

    ward.submit(1, 2, 3, 4, status=CANCELLED)
    ward.work()
    before = _causes(ward)
    ward.vendor.heal()
    ward.work_after(ward.probe_in_s)

    assert before.count("not ended") == 3
    assert before.count("vendor down") == 1
    assert ward.given == []
    assert ward.alerts == []


# --- settings that cannot be used -----------------------------------------------------------------


def _sweep(host: IntegrationHost) -> None:
    host.worker().run(drain=True)


def test_unusable_settings_leave_their_bookings_owed_and_the_others_work(ward: Ward) -> None:
    with ward.another_vendor() as second:
        ward.configure(integrations={"main": ward.vendor, "second": second})
        ward.rig.misspell("main", "trigger_statuses", "triger_statuses")
        ward.submit(1, 2)

        _sweep(ward.host)
        _sweep(ward.host)

        assert ward.alerts == [("settings", "", "")]
        assert ward.asked == 0
        assert [one.label.split()[1] for one in second.live] == ["b-1", "b-2"]
        assert [row["due_at"] is None for row in _owed_by(ward, "main")] == [False, False]


def test_settings_that_were_put_right_bring_what_waited(ward: Ward) -> None:
    ward.rig.misspell("main", "trigger_statuses", "triger_statuses")
    ward.submit(1, 2)
    _sweep(ward.host)
    ward.configure()

    ward.host.reload()
    _sweep(ward.host)

    assert ward.given == ["b-1", "b-2"]
    assert ward.alerts == []


def test_settings_that_one_process_cannot_use_are_no_trouble_to_another(ward: Ward) -> None:
    ward.submit(1)
    fine = ward.host
    ward.rig.misspell("main", "trigger_statuses", "triger_statuses")
    faulty = ward.rig.open()

    ward.work(faulty)
    before = ward.given
    ward.rig.misspell("main", "triger_statuses", "trigger_statuses")  # a worker reads it anew
    ward.work(fine)

    assert (before, ward.given) == ([], ["b-1"])


def _owed_by(ward: Ward, integration: str) -> list[Any]:
    rows = ward.rig.ask("SELECT integration, due_at FROM pairs")
    return [row for row in rows if row["integration"] == integration]


# --- openings -------------------------------------------------------------------------------------


@pytest.fixture
def entrance(install_plugin: InstallPlugin, open_host: OpenHost, rig_in_memory: Rig) -> Entrance:
    """Lend a host whose locks open."""
    install_plugin("doors", PLUGIN)
    clock = Clock()
    doors = Doors(rig_in_memory.database, clock)
    text = row("main", "front").replace('"fake"', '"doors"')
    head = '[plugins]\nblocked = ["resivo"]\n'
    host = open_host(
        head + text,
        clock=clock,
        transport=httpx.MockTransport(doors),
        environ=rig_in_memory.environ,
    )
    return Entrance(host, doors, clock)


def _standing(host: IntegrationHost) -> Standing:
    assembly = host.assembly
    assert assembly.workshop is not None
    return assembly.workshop.breaker.standing(assembly.roster["main"])


def _press_again_and_again(entrance: Entrance, *, times: int) -> None:
    for _ in range(times):
        entrance.press()
        entrance.clock.step(60)


def _break(host: IntegrationHost, kind: str) -> None:
    """Let the ledger say that the vendor has failed three times."""
    assembly = host.assembly
    assert assembly.workshop is not None
    ledger = assembly.workshop.ledger
    digest = ledger.digests.of_settings(assembly.roster["main"].integration)
    for _ in range(3):
        ledger.outages.failed("main", digest, kind=kind, pause_s=60)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_openings_that_fail_do_not_take_a_vendor_down(entrance: Entrance, status: int) -> None:
    entrance.doors.answer("front", status)

    _press_again_and_again(entrance, times=4)

    assert len(entrance.doors.asked) >= 4
    assert _standing(entrance.host) is Standing.FINE


@pytest.mark.parametrize(
    ("kind", "standing"),
    [("UnavailableError", Standing.DOWN), ("AuthError", Standing.PARKED)],
)
def test_openings_do_not_ask_whether_a_vendor_is_down_nor_bring_it_back(
    entrance: Entrance, kind: str, standing: Standing
) -> None:
    _break(entrance.host, kind)

    outcome = entrance.press()

    assert outcome.outcome == "opened"
    assert _standing(entrance.host) is standing
