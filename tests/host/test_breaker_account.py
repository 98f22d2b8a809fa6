"""An account that the vendor refuses: parked at once, asked for a token, and gone on with."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.conftest import InstallPlugin
from tests.host.breaker_rig import Ward, lend_ward
from tests.host.fake_rig import CANCELLED, CONFIRMED, Rig, event, kind_of
from tests.host.fake_vendor import Fault

from ireserve_integrations.breaker import Standing

TWENTY = range(20)
TEN_MINUTES_S = 600.0
ALL = sorted(f"b-{number}" for number in TWENTY)


@pytest.fixture
def ward(rig_in_memory: Rig, install_plugin: InstallPlugin) -> Iterator[Ward]:
    with lend_ward(rig_in_memory, install_plugin) as lent:
        yield lent


@pytest.fixture
def parked(ward: Ward) -> Ward:
    """Lend twenty bookings that wait for an account that is refused; nothing else was asked."""
    ward.vendor.keep_failing("doors", Fault.LOGGED_OUT)
    ward.vendor.keep_failing("sign in", Fault.LOGGED_OUT)
    ward.submit(*TWENTY)
    ward.work()
    assert ward.vendor.log == ["doors"]
    return ward


# --- parked ---------------------------------------------------------------------------------------


def test_the_first_refusal_parks_an_integration_with_one_alert(parked: Ward) -> None:
    assert parked.standing() is Standing.PARKED
    assert parked.alerts == [("account", "", "")]
    assert parked.given == []


def test_bookings_that_are_under_way_together_have_one_alert_too(ward: Ward) -> None:
    ward.configure({"threads": 8})
    ward.vendor.keep_failing("doors", Fault.LOGGED_OUT)
    ward.submit(*TWENTY)

    ward.work()

    assert ward.vendor.times("doors") <= 6  # three quarters of the threads
    assert ward.alerts == [("account", "", "")]


def test_new_changes_ask_the_vendor_for_nothing(parked: Ward) -> None:
    parked.submit(30, 31)
    parked.submit(*TWENTY, status=CANCELLED)
    [outcome] = parked.host.dispatch(event(CONFIRMED, id="b-40"))
    parked.work()

    assert (outcome.outcome, kind_of(outcome)) == ("failed", "AuthError")
    assert parked.vendor.log == ["doors"]
    assert parked.alerts == [("account", "", "")]


def test_for_ten_minutes_nothing_reaches_the_vendor(parked: Ward) -> None:
    parked.work_after(TEN_MINUTES_S - 1)

    assert parked.vendor.log == ["doors"]


def test_every_ten_minutes_one_token_is_asked_for_and_nothing_else(parked: Ward) -> None:
    parked.work_every(TEN_MINUTES_S / 4, 8)

    assert parked.vendor.log == ["doors", "sign in", "sign in"]
    assert parked.alerts == [("account", "", "")]


def test_two_workers_ask_for_one_token(parked: Ward) -> None:
    other = parked.rig.open()
    parked.clock.step(TEN_MINUTES_S)

    parked.work()
    parked.work(other)

    assert parked.vendor.log == ["doors", "sign in"]
    assert parked.standing(other) is Standing.PARKED


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.LOST_BEFORE])
def test_a_vendor_that_is_silent_about_the_token_leaves_it_parked(
    parked: Ward, fault: Fault
) -> None:
    parked.vendor.keep_failing("sign in", fault)

    parked.work_after(TEN_MINUTES_S)
    parked.work_after(TEN_MINUTES_S - 1)

    assert parked.vendor.log == ["doors", "sign in"]
    assert parked.standing() is Standing.PARKED


def test_a_call_that_fails_otherwise_afterwards_does_not_bring_it_back(parked: Ward) -> None:
    assembly = parked.host.assembly
    assert assembly.workshop is not None
    ledger = assembly.workshop.ledger
    digest = ledger.digests.of_settings(assembly.roster["main"].integration)

    ledger.outages.failed("main", digest, kind="UnavailableError", pause_s=5)

    outage = ledger.outages.read("main", digest)
    assert outage is not None
    assert outage.kind == "AuthError"
    assert outage.probe_at == parked.clock.now + timedelta(seconds=TEN_MINUTES_S)


def test_a_vendor_that_was_down_and_refuses_the_account_is_parked(ward: Ward) -> None:
    ward.vendor.keep_failing("make", Fault.UNAVAILABLE)
    ward.submit(*TWENTY)
    ward.work()
    ward.vendor.keep_failing("doors", Fault.LOGGED_OUT)

    ward.work_after(ward.probe_in_s)

    assert ward.standing() is Standing.PARKED
    assert ("account", "", "") in ward.alerts


def test_the_other_integration_works_on(ward: Ward) -> None:
    with ward.another_vendor() as fine:
        ward.configure(integrations={"main": ward.vendor, "second": fine})
        ward.vendor.keep_failing("doors", Fault.LOGGED_OUT)

        ward.submit(*TWENTY)
        ward.work()

        assert ward.vendor.log == ["doors"]
        assert len(fine.live) == 20


# --- resumed --------------------------------------------------------------------------------------


def _all_done(ward: Ward) -> bool:
    """Tell whether everything that waited is done, and nobody is told of anything any more."""
    fine = ward.standing() is Standing.FINE and ward.alerts == []
    return fine and ward.given == ALL and [ward.due_in_s(one) for one in TWENTY] == [None] * 20


def test_a_token_brings_everything_that_waited(parked: Ward) -> None:
    parked.vendor.heal()

    parked.work_after(TEN_MINUTES_S)

    assert parked.vendor.times("sign in") == 1
    assert _all_done(parked)


def test_a_token_that_one_worker_got_brings_what_waited_for_another(parked: Ward) -> None:
    other = parked.rig.open()
    parked.vendor.heal()
    parked.clock.step(TEN_MINUTES_S)

    parked.work(other)

    assert _all_done(parked)


def test_a_person_resumes_it_before_it_is_time(parked: Ward) -> None:
    parked.vendor.heal()

    parked.host.resume("main")
    parked.work()

    assert _all_done(parked)
    assert parked.vendor.times("sign in") == 0


def test_an_account_that_is_refused_still_parks_it_again(parked: Ward) -> None:
    parked.host.resume("main")
    before = parked.alerts

    parked.work()

    assert before == []
    assert parked.vendor.log == ["doors", "doors"]
    assert parked.alerts == [("account", "", "")]


def test_changed_settings_resume_it_in_a_host_that_runs(parked: Ward) -> None:
    parked.vendor.heal()
    parked.configure(details={"time_before_minutes": 20})

    parked.host.reload()
    parked.work()

    assert _all_done(parked)
    assert parked.vendor.times("sign in") == 0


def test_changed_settings_resume_it_in_a_new_host(parked: Ward) -> None:
    parked.vendor.heal()
    parked.configure(details={"time_before_minutes": 20})
    parked.rig.close()

    parked.work()

    assert _all_done(parked)


def test_the_same_settings_do_not_resume_it_in_a_new_host(parked: Ward) -> None:
    parked.rig.close()

    parked.host.reload()
    parked.work()

    assert parked.vendor.log == ["doors"]
    assert parked.alerts == [("account", "", "")]


def test_settings_of_the_host_alone_do_not_resume_it(parked: Ward) -> None:
    parked.configure({"sweep_s": 7})

    parked.host.reload()
    parked.work()

    assert parked.vendor.log == ["doors"]


def test_a_refused_revocation_is_made_good_once_the_account_is_accepted(ward: Ward) -> None:
    ward.submit(1)
    ward.work()
    ward.vendor.keep_failing("end", Fault.LOGGED_OUT)
    ward.submit(1, status=CANCELLED)
    ward.work()
    open_before = ward.alerts
    ward.vendor.heal()

    ward.work_after(TEN_MINUTES_S)

    assert open_before == [("not ended", "b-1", ""), ("account", "", "")]
    assert ward.given == []
    assert ward.alerts == []


@pytest.mark.parametrize("vendor", ["blind", "keepless"])
def test_without_a_way_to_ask_for_a_token_it_waits_for_a_person(ward: Ward, vendor: str) -> None:
    ward.configure(vendor=vendor)
    ward.vendor.fail("doors", Fault.LOGGED_OUT)
    ward.submit(1)
    ward.work()

    ward.work_after(TEN_MINUTES_S)
    before = ward.vendor.log.copy()
    ward.host.resume("main")
    ward.work()

    assert before == ["doors"]
    assert len(ward.given) == 1
