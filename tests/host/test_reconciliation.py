"""What a vendor holds is compared with the ledger, and what differs is mended or said."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.host.fake_rig import LATER, START, Rig, event
from tests.host.fake_vendor import FakeVendor, Fault

from ireserve_integrations.reconciliation import Finding

SIX_HOURS_S = 6 * 3600


def found_in(findings: list[Finding]) -> list[tuple[str, str | None, str, bool]]:
    return [(str(one.finding), one.booking, one.reference, one.fixed) for one in findings]


def reconcile(rig: Rig, **orders: object) -> list[tuple[str, str | None, str, bool]]:
    """Make a whole round now, for a person."""
    return found_in(rig.host.reconciliation.run(pause_s=0, **orders))  # type: ignore[arg-type]


def steps(rig: Rig, integration: str = "main") -> int:
    """Let a worker make a whole round; return how many steps it took."""
    reconciliation, made = rig.host.reconciliation, 1
    while reconciliation.step(integration):
        made += 1
    return made


def alerts(rig: Rig) -> list[tuple[str, str, str]]:
    return [(one.cause, one.booking, one.about) for one in rig.host.alerts()]


def slip_past_the_search(rig: Rig, **booking: object) -> None:
    """Leave a current grant, and one that was made after its label was searched in vain."""
    rig.vendor.fail("make", Fault.LOST_BEFORE)
    rig.confirm(**booking)
    rig.wait_for_late_requests()
    rig.confirm(**booking)
    lost, _ = rig.grants("label")[-2:]
    rig.vendor.add(rig.vendor.live[-1], label=lost)


# --- all is well --------------------------------------------------------------------------------


def test_where_ledger_and_vendor_agree_nothing_is_found_and_nothing_written(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.confirm(id="2")
    rig.confirm(id="3")
    rig.cancel(id="3")
    done = rig.vendor.done

    found = reconcile(rig)

    assert found == []
    assert alerts(rig) == []
    assert rig.vendor.done == done
    assert rig.vendor.times("list") == 2
    assert rig.vendor.times("read") == 0


def test_another_installations_label_is_left_alone(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.add(rig.vendor.live[0], label="i-Reserve 15492 · zzzz-00000000")
    rig.vendor.add(rig.vendor.live[0], label="i-Reserve 15492 · 0000-00000000")
    rig.vendor.add(rig.vendor.live[0], label="the cleaner's")

    assert reconcile(rig, fix=True) == []
    assert len(rig.vendor.live) == 4


def test_what_is_being_asked_for_is_not_called_unwanted(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()

    assert reconcile(rig, fix=True) == []
    assert rig.vendor.live_ids == ["a-1"]


def test_a_lost_request_that_nobody_looks_up_is_looked_up(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.vendor.fail("find", Fault.NO_SUCH_CALL)
    rig.confirm()
    rig.wait_for_late_requests()
    rig.confirm()

    reconcile(rig)

    assert rig.pair("due_at") is not None


def test_what_is_over_is_closed_without_a_call(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())

    found = reconcile(rig)

    assert found == []
    assert rig.grants() == ["over"]
    assert rig.vendor.times("end") == 0


# --- gone ---------------------------------------------------------------------------------------


def test_a_grant_that_was_ended_at_the_vendor_is_said_and_left_to_a_person(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False

    found = reconcile(rig)

    assert found == [("gone", "15492", "a-1", False)]
    assert alerts(rig) == [("gone", "15492", "a-1")]
    assert "reconcile main --regrant" in rig.host.alerts()[0].message
    assert rig.grants() == ["current"]
    assert rig.vendor.times("make") == 1


def test_a_grant_that_the_list_does_not_show_is_read_before_it_is_called_gone(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.unlisted.add("a-1")

    assert reconcile(rig) == []
    assert rig.vendor.times("read") == 1


def test_what_is_gone_is_given_again_when_a_person_says_so(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    reconcile(rig)

    found = reconcile(rig, regrant=True)

    assert found == [("gone", "15492", "a-1", True)]
    assert rig.vendor.live_ids == ["a-2"]
    assert rig.grants("state", "reference") == [("revoked", "a-1"), ("current", "a-2")]
    assert alerts(rig) == []


def test_what_is_gone_and_wanted_no_more_is_not_given_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    rig.host.submit(event("70"))

    found = reconcile(rig, regrant=True)

    assert found == [("gone", "15492", "a-1", True)]
    assert rig.vendor.live == []
    assert rig.grants() == ["revoked"]


def test_what_is_given_again_is_owed_before_the_vendor_is_asked_for_it(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    held = rig.vendor.hold("make")

    with ThreadPoolExecutor(1) as pool:
        aside = pool.submit(reconcile, rig, regrant=True)
        held.wait()
        owed = (rig.grants(), rig.pair("due_at") is not None)
        held.let_go.set()

    assert owed == (["revoked", "asking"], True)
    assert aside.result() == [("gone", "15492", "a-1", True)]


def test_what_we_end_while_it_is_being_read_is_not_called_gone(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    held = rig.vendor.hold("read")

    with ThreadPoolExecutor(1) as pool:
        aside = pool.submit(reconcile, rig)
        held.wait()
        rig.cancel()
        held.let_go.set()

    assert aside.result() == []


def test_an_inactive_integration_gives_nothing_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    rig.reconfigure(active=False)
    rig.open_in_memory()

    assert reconcile(rig, regrant=True) == [("gone", "15492", "a-1", False)]
    assert rig.grants() == ["current"]


def test_a_regrant_that_the_vendor_is_too_busy_for_stays_owed(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    rig.vendor.keep_failing("make", Fault.UNAVAILABLE)

    found = reconcile(rig, regrant=True)

    assert found == [("gone", "15492", "a-1", False)]
    assert rig.pair("due_at") is not None
    assert alerts(rig) == []


def test_the_alert_of_what_is_gone_closes_when_it_is_there_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    reconcile(rig)
    rig.vendor.accesses["a-1"].live = True

    reconcile(rig)

    assert alerts(rig) == []


def test_an_alert_stays_while_its_access_cannot_be_read(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.accesses["a-1"].live = False
    reconcile(rig)
    rig.vendor.fail("read", Fault.REFUSED)

    found = reconcile(rig)

    assert found == [("not compared", "15492", "a-1", False)]
    assert alerts(rig) == [("gone", "15492", "a-1")]


def test_where_there_is_no_list_every_grant_is_read(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.configure(vendor="blind")
    rig.open_in_memory()
    rig.confirm()
    rig.confirm(id="2")
    rig.vendor.accesses["a-2"].live = False

    found = reconcile(rig)

    assert found == [("gone", "2", "a-2", False)]
    assert rig.vendor.times("read") == 2


# --- unwanted -----------------------------------------------------------------------------------


def test_a_request_that_slipped_past_the_search_is_found_and_ended_at_the_next_round(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    slip_past_the_search(rig)

    found = reconcile(rig)

    assert found == [("unwanted", "15492", "a-2", True)]
    assert rig.vendor.live_ids == ["a-1"]
    assert rig.grants() == ["not made", "current", "revoked"]
    assert alerts(rig) == []


def test_a_worker_ends_by_itself_what_the_ledger_knows_that_it_owes(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    slip_past_the_search(rig)

    steps(rig)

    assert rig.vendor.live_ids == ["a-1"]
    assert alerts(rig) == []


def test_where_there_is_no_list_labels_that_were_searched_in_vain_are_searched_again(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    slip_past_the_search(rig)
    rig.vendor.keep_failing("list", Fault.NO_SUCH_CALL)

    found = reconcile(rig)

    assert found == [("unwanted", "15492", "a-2", True)]
    assert rig.vendor.live_ids == ["a-1"]


def test_what_was_said_to_be_ended_and_lives_on_is_ended_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.cancel()
    rig.vendor.accesses["a-1"].live = True

    found = reconcile(rig)

    assert found == [("unwanted", "15492", "a-1", True)]
    assert rig.vendor.live == []
    assert rig.grants() == ["revoked"]


def test_an_ending_that_fails_stays_owed(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    slip_past_the_search(rig)
    rig.vendor.fail("end", Fault.UNAVAILABLE)

    found = reconcile(rig)

    assert found == [("unwanted", "15492", "a-2", False)]
    assert rig.grants() == ["not made", "current", "revoking"]
    assert alerts(rig) == [("not ended", "15492", "")]


def test_what_the_ledger_never_asked_for_is_said_and_ended_only_by_fix(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    label = f"{rig.vendor.live[0].label[:-8]}00000000"
    rig.vendor.add(rig.vendor.live[0], label=label)

    first = reconcile(rig)
    said, lived = alerts(rig), rig.vendor.live_ids
    second = reconcile(rig, fix=True)

    assert first == [("unwanted", "15492", "a-2", False)]
    assert said == [("unwanted", "15492", "a-2")]
    assert lived == ["a-1", "a-2"]
    assert second == [("unwanted", "15492", "a-2", True)]
    assert rig.vendor.live_ids == ["a-1"]
    assert alerts(rig) == []


def test_a_worker_leaves_alone_what_the_ledger_never_asked_for(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.add(rig.vendor.live[0], label=f"{rig.vendor.live[0].label[:-8]}00000000")

    steps(rig)

    assert rig.vendor.live_ids == ["a-1", "a-2"]
    assert alerts(rig) == [("unwanted", "15492", "a-2")]


def test_what_another_integration_of_the_same_account_holds_is_not_unwanted(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.configure(integrations=("main", "second"))
    rig.open_in_memory()
    rig.confirm()

    assert reconcile(rig, fix=True) == []
    assert len(rig.vendor.live) == 2


def test_what_another_integration_owes_is_ended_as_its_own(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.configure(integrations=("main", "second"))
    rig.open_in_memory()
    rig.confirm()
    rig.cancel()
    rig.vendor.accesses["a-2"].live = True

    found = reconcile(rig)

    assert [(finding, fixed) for finding, _, _, fixed in found] == [("unwanted", True)]
    assert rig.vendor.live == []
    assert rig.grants() == ["revoked", "revoked"]


def test_a_reference_that_another_account_gave_too_is_another_access(rig: Rig) -> None:
    other = FakeVendor()
    with other.served(rig.clock):
        rig.configure(integrations={"main": rig.vendor, "second": other})
        rig.confirm()
        rig.vendor.add(rig.vendor.live[0], label=f"{rig.vendor.live[0].label[:-8]}00000000")
        rig.confirm(id="2")

        found = reconcile(rig, fix=True)
        rig.close()

    assert found == [("unwanted", "15492", "a-2", True)]
    assert (rig.vendor.live_ids, other.live_ids) == (["a-1", "a-3"], ["a-1", "a-2"])


def test_an_ending_is_owed_before_the_vendor_is_asked_for_it(rig: Rig) -> None:
    slip_past_the_search(rig)
    held = rig.vendor.hold("end")

    with ThreadPoolExecutor(1) as pool:
        aside = pool.submit(reconcile, rig)
        held.wait()
        owed = (rig.grants()[-1], rig.pair("due_at") is not None)
        held.let_go.set()

    assert owed == ("revoking", True)
    assert aside.result() == [("unwanted", "15492", "a-2", True)]


def test_an_access_that_ended_since_it_was_listed_is_not_ended_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    slip_past_the_search(rig)
    rig.host.reconciliation.step("main")
    rig.vendor.accesses["a-2"].live = False

    steps(rig)

    assert rig.vendor.times("end") == 0
    assert rig.grants() == ["not made", "current"]


# --- a booking that is not known ----------------------------------------------------------------


def restore_what_was_before(rig: Rig, *events: dict[str, object]) -> None:
    """Dispatch, then put back the ledger as it was before that."""
    rig.close()
    backup = rig.database.with_suffix(".backup")
    shutil.copy(rig.database, backup)
    rig.open_in_memory()
    rig.after(*events)
    rig.close()
    for leftover in rig.database.parent.glob(f"{rig.database.name}-*"):
        leftover.unlink()
    shutil.copy(backup, rig.database)
    rig.open_in_memory()


def test_after_an_older_backup_is_restored_what_it_does_not_know_is_listed_only(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    restore_what_was_before(rig, event("30"), event("30", id="2"))

    found = reconcile(rig, fix=True, regrant=True)

    assert found == [
        ("unknown booking", "15492", "a-1", False),
        ("unknown booking", "2", "a-2", False),
    ]
    assert alerts(rig) == [("unknown booking", "15492", "a-1"), ("unknown booking", "2", "a-2")]
    assert rig.vendor.live_ids == ["a-1", "a-2"]


def test_what_is_not_known_is_ended_one_by_one(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    restore_what_was_before(rig, event("30"), event("30", id="2"))

    found = reconcile(rig, revoke="a-2")

    assert found == [
        ("unknown booking", "15492", "a-1", False),
        ("unknown booking", "2", "a-2", True),
    ]
    assert rig.vendor.live_ids == ["a-1"]
    assert alerts(rig) == [("unknown booking", "15492", "a-1")]


@pytest.mark.parametrize("reference", ["a-1", "a-2", "a-9"])
def test_only_what_is_of_no_known_booking_is_revoked_by_its_reference(
    rig_in_memory: Rig, reference: str
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.add(rig.vendor.live[0], label="the cleaner's")

    with pytest.raises(ValueError, match=f"'{reference}' is not among what lives under our label"):
        reconcile(rig, revoke=reference)

    assert rig.vendor.live_ids == ["a-1", "a-2"]


def test_a_restored_ledger_that_gives_anew_has_the_former_access_ended_by_fix(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.host.submit(event("30"))
    restore_what_was_before(rig, event("30"))
    rig.confirm()

    found = reconcile(rig, fix=True)

    assert found == [("unwanted", "15492", "a-1", True)]
    assert rig.vendor.live_ids == ["a-2"]


# --- an integration that is configured no more --------------------------------------------------


def test_live_access_of_an_integration_that_is_configured_no_more_is_one_alert(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.confirm(id="2")
    rig.reconfigure(integrations=("other",))
    rig.open_in_memory()

    found = reconcile(rig)

    assert found == [("unconfigured", "15492", "", False), ("unconfigured", "2", "", False)]
    assert alerts(rig) == [("unconfigured", "", "")]
    assert "for 2 bookings" in rig.host.alerts()[0].message


def test_the_alert_closes_when_the_integration_is_configured_again(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.reconfigure(integrations=("other",))
    rig.open_in_memory()
    steps(rig, "other")
    said = alerts(rig)
    rig.reconfigure(integrations=("main", "other"))
    rig.open_in_memory()

    found = reconcile(rig)

    assert said == [("unconfigured", "", "")]
    assert found == []
    assert alerts(rig) == []


# --- a vendor that cannot be asked --------------------------------------------------------------


def test_a_vendor_that_keeps_nothing_is_said_to_have_nothing_to_compare(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.configure(vendor="keepless")
    rig.open_in_memory()
    said: list[str] = []

    found = reconcile(rig, progress=said.append)

    assert found == []
    assert said == ["integration main: its vendor keeps nothing that could be compared"]
    assert not rig.host.reconciliation.due("main")


def test_a_vendor_that_does_not_answer_is_not_compared_and_that_is_said(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.fail("list", Fault.LOGGED_OUT)
    said: list[str] = []

    found = reconcile(rig, progress=said.append)

    assert found == [("not compared", None, "", False)]
    assert said[0].endswith("(AuthError)")


def test_what_was_found_before_the_vendor_stopped_answering_is_said(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    restore_what_was_before(rig, event("30"))
    rig.vendor.page_size = 5
    rig.confirm(id="2")
    rig.vendor.add(rig.vendor.live[1], label=f"{rig.vendor.live[1].label[:-8]}00000000")
    rig.vendor.fail("read", Fault.LOGGED_OUT)

    found = reconcile(rig, fix=True)

    assert found == [
        ("unknown booking", "15492", "a-1", False),
        ("not compared", None, "", False),
    ]
    assert alerts(rig) == [("unknown booking", "15492", "a-1")]


def test_a_round_says_nothing_to_the_breaker(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.vendor.fail("list", Fault.LOGGED_OUT)

    reconcile(rig)

    assert rig.confirm(id="2").outcome == "granted"


def test_no_account_that_is_refused_is_tried_by_a_round(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.vendor.fail("doors", Fault.LOGGED_OUT)
    rig.confirm()

    found = reconcile(rig)

    assert found == [("not compared", None, "", False)]
    assert rig.vendor.times("list") == 0
    assert not rig.host.reconciliation.due("main")


def test_an_unknown_integration_is_refused(rig_in_memory: Rig) -> None:
    rig_in_memory.open_in_memory()

    with pytest.raises(ValueError, match="there is no integration 'mian'"):
        rig_in_memory.host.reconciliation.run("mian")


def test_a_round_that_is_stopped_asks_the_vendor_nothing_more(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    stop = threading.Event()
    stop.set()

    assert reconcile(rig, stop=stop) == []
    assert rig.vendor.times("list") == 0


# --- a worker's rounds --------------------------------------------------------------------------


def test_a_step_asks_for_one_page(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.after(*(event("30", id=str(number)) for number in range(5)))

    more = rig.host.reconciliation.step("main")

    assert more
    assert rig.vendor.times("list") == 1


def test_another_host_goes_on_where_one_stopped(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.after(*(event("30", id=str(number)) for number in range(5)))
    rig.vendor.accesses["a-2"].live = False
    rig.host.reconciliation.step("main")
    rig.host.reconciliation.step("main")
    rig.close()
    rig.open_in_memory()

    steps(rig)

    assert rig.vendor.times("list") == 3
    assert rig.vendor.times("read") == 1
    assert alerts(rig) == [("gone", "1", "a-2")]


def test_a_round_whose_host_died_within_a_step_goes_on_when_its_claim_is_over(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    dead = rig.host.assembly.workshop
    assert dead is not None
    dead.ledger.reconciliations.claim("main", lasts_s=60, stale_s=SIX_HOURS_S)

    early = rig.host.reconciliation.due("main")
    rig.clock.step(60)

    assert not early
    assert rig.host.reconciliation.due("main")
    assert steps(rig) == 2


def test_the_next_round_comes_after_six_hours(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    steps(rig)
    rig.clock.step(SIX_HOURS_S - 1)

    early, stepped = rig.host.reconciliation.due("main"), rig.host.reconciliation.step("main")
    rig.clock.step(1)

    assert (early, stepped) == (False, False)
    assert rig.host.reconciliation.due("main")


def test_a_round_that_lay_still_for_six_hours_is_begun_anew(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.after(*(event("30", id=str(number), **LATER) for number in range(5)))
    rig.host.reconciliation.step("main")
    rig.clock.step(SIX_HOURS_S)
    rig.host.submit(
        event("30", id="x", start=START + timedelta(hours=20), end=START + timedelta(hours=21))
    )

    steps(rig)

    assert rig.vendor.times("list") == 1 + 3


def test_a_vendor_that_stops_answering_is_left_in_peace_for_a_while_and_the_round_goes_on(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.after(*(event("30", id=str(number)) for number in range(3)))
    rig.host.reconciliation.step("main")
    rig.vendor.fail("list", Fault.LOGGED_OUT)

    failed, early = rig.host.reconciliation.step("main"), rig.host.reconciliation.due("main")
    rig.clock.step(900)
    steps(rig)

    assert (failed, early) == (False, False)
    assert rig.vendor.times("list") == 3


def test_nothing_is_due_while_a_vendors_last_call_failed(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.vendor.fail("make", Fault.UNAVAILABLE)
    rig.confirm()

    assert not rig.host.reconciliation.due("main")
    assert not rig.host.reconciliation.step("main")
    assert rig.vendor.times("list") == 0


def test_an_alert_is_open_before_the_round_is_at_its_end(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    restore_what_was_before(rig, *(event("30", id=str(number)) for number in range(5)))

    rig.host.reconciliation.step("main")

    assert alerts(rig) == [("unknown booking", "0", "a-1"), ("unknown booking", "1", "a-2")]


def test_the_audit_says_what_was_found_and_who_ended_it(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    restore_what_was_before(rig, event("30"))
    reconcile(rig)

    reconcile(rig, revoke="a-1")

    noted = [(one.what, one.booking, one.detail.get("reference")) for one in rig.host.audit()]
    assert noted == [
        ("found", "15492", "a-1"),
        ("revoke", "15492", "a-1"),
        ("answer", "15492", "a-1"),
    ]
