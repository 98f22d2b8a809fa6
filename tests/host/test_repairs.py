"""What a person may do where something went wrong."""

from collections.abc import Sequence

import pytest
from tests.host.fake_rig import FIELD, LATER, Rig, event, kind_of, message_of
from tests.host.fake_vendor import Fault

from ireserve_integrations.repairs import Prospect


def lose_a_reply(rig: Rig, fault: Fault = Fault.LOST_AFTER) -> None:
    """Leave a lost reply, and a vendor that could not be searched for it."""
    rig.configure(vendor="blind")
    rig.open_in_memory()
    rig.vendor.fail("make", fault)
    rig.confirm()
    rig.wait_for_late_requests()
    rig.confirm()


def alerts(rig: Rig) -> list[tuple[str, str]]:
    return [(one.cause, one.booking) for one in rig.host.alerts()]


def noted(rig: Rig, what: str) -> list[dict[str, object]]:
    return [dict(one.detail) for one in rig.host.audit() if one.what == what]


# --- retry --------------------------------------------------------------------------------------


def test_a_booking_that_failed_is_worked_off_when_a_person_says_so(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.vendor.fail("make", Fault.REFUSED)
    failed = rig.confirm()

    said = rig.host.repairs.retry("main", "15492")

    assert (failed.outcome, said.outcome) == ("failed", "granted")
    assert alerts(rig) == []
    assert noted(rig, "retry") == [{"by": "a person"}]


def test_a_retry_of_a_booking_that_is_well_changes_nothing(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()

    assert rig.host.repairs.retry("main", "15492").outcome == "unchanged"
    assert rig.vendor.done == ["made a-1"]


@pytest.mark.parametrize(
    ("integration", "booking", "sentence"),
    [
        ("mian", "15492", "there is no integration 'mian'"),
        ("main", "99", "the ledger knows no booking '99'"),
        ("second", "15492", "no change of booking '15492' has reached integration second"),
    ],
)
def test_a_retry_of_what_is_not_known_is_refused(
    rig_in_memory: Rig, integration: str, booking: str, sentence: str
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.reconfigure(integrations=("main", "second"))
    rig.open_in_memory()

    with pytest.raises(ValueError, match=sentence):
        rig.host.repairs.retry(integration, booking)


# --- a lost reply that a person looked up -------------------------------------------------------


def test_a_vendor_that_cannot_be_searched_leaves_a_person_two_choices(rig_in_memory: Rig) -> None:
    rig = rig_in_memory

    lose_a_reply(rig)

    (alert,) = rig.host.alerts()
    assert alert.cause == "lost reply"
    assert "`retry main 15492 --found REFERENCE`" in alert.message
    assert "`--ask-again`" in alert.message


def test_what_a_person_found_is_adopted(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    lose_a_reply(rig)

    said = rig.host.repairs.retry("main", "15492", found="a-1")

    assert (said.outcome, said.reference, said.fields) == ("granted", "a-1", {FIELD: "a-1"})
    assert rig.vendor.done == ["made a-1"]
    assert alerts(rig) == []
    assert noted(rig, "retry") == [{"by": "a person", "found": "a-1"}]


def test_where_a_person_found_nothing_it_is_asked_again_once(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    lose_a_reply(rig, Fault.LOST_BEFORE)

    said = rig.host.repairs.retry("main", "15492", ask_again=True)

    assert (said.outcome, said.reference) == ("granted", "a-1")
    assert rig.grants() == ["not made", "current"]
    assert alerts(rig) == []


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("a-9", id="what is not there"),
        pytest.param("a-2", id="what bears another label"),
        pytest.param("a-3", id="what has been ended"),
    ],
)
def test_what_cannot_have_come_of_it_is_not_adopted_and_the_choices_stay(
    rig_in_memory: Rig, said: str
) -> None:
    rig = rig_in_memory
    lose_a_reply(rig)
    made = rig.vendor.live[0]
    rig.vendor.add(made, label="the cleaner's")
    rig.vendor.add(made, live=False)

    outcome = rig.host.repairs.retry("main", "15492", found=said)

    assert (outcome.outcome, kind_of(outcome)) == ("failed", "OutcomeUnknownError")
    assert said in message_of(outcome)
    assert alerts(rig) == [("lost reply", "15492")]
    assert rig.grants() == ["asking"]


def test_another_bookings_access_is_not_adopted(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    lose_a_reply(rig)
    rig.confirm(id="2")

    with pytest.raises(ValueError, match="'a-2' is known already, as access of booking '2'"):
        rig.host.repairs.retry("main", "15492", found="a-2")


@pytest.mark.parametrize("answer", [{"ask_again": True}, {"found": "a-1"}])
def test_no_answer_is_taken_while_the_request_may_still_arrive(
    rig_in_memory: Rig, answer: dict[str, object]
) -> None:
    rig = rig_in_memory
    rig.configure(vendor="blind")
    rig.open_in_memory()
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()

    with pytest.raises(ValueError, match=r"may still arrive; .* from 2026-11-21T08:01:05\+0000"):
        rig.host.repairs.retry("main", "15492", **answer)  # type: ignore[arg-type]

    assert rig.vendor.times("make") == 1


@pytest.mark.parametrize("answer", [{"ask_again": True}, {"found": "a-1"}])
def test_no_answer_is_taken_where_no_reply_is_lost(
    rig_in_memory: Rig, answer: dict[str, object]
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()

    with pytest.raises(ValueError, match="no reply is lost of booking '15492'"):
        rig.host.repairs.retry("main", "15492", **answer)  # type: ignore[arg-type]


def test_both_answers_at_once_are_refused(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    lose_a_reply(rig)

    with pytest.raises(ValueError, match="either it was found, or"):
        rig.host.repairs.retry("main", "15492", ask_again=True, found="a-1")


def test_an_empty_reference_is_refused(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    lose_a_reply(rig)

    with pytest.raises(ValueError, match="an empty one is none"):
        rig.host.repairs.retry("main", "15492", found=" ")


# --- what reached an inactive integration -------------------------------------------------------


def skip(rig: Rig, *events: dict[str, object]) -> None:
    """Dispatch while the integration is inactive, then activate it."""
    rig.configure(active=False)
    rig.open_in_memory()
    rig.after(*events)
    rig.reconfigure(active=True)
    rig.open_in_memory()


def test_what_reached_an_inactive_integration_is_listed(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.configure(active=False)
    rig.open_in_memory()
    rig.confirm(id="1")
    rig.clock.step(1)
    rig.confirm(id="2")

    assert rig.host.repairs.skipped("main") == ["1", "2"]
    assert rig.vendor.live == []


def test_nothing_of_it_happens_by_itself(rig_in_memory: Rig) -> None:
    rig = rig_in_memory

    skip(rig, event("30"))

    assert rig.pair("due_at") is None
    assert rig.host.repairs.skipped("main") == ["15492"]


def test_once_it_is_active_it_is_worked_off_each_booking_in_its_latest_state(
    rig_in_memory: Rig,
) -> None:
    rig = rig_in_memory
    skip(rig, event("30"), event("40", **LATER), event("30", id="2"), event("70", id="2"))

    outcomes = rig.host.repairs.retry_skipped("main")

    became = {one.booking: one.outcome for one in outcomes}
    (made,) = rig.vendor.live
    assert became == {"15492": "granted"}  # of the cancelled one nothing is left to do
    assert made.end == LATER["end"]
    assert rig.host.repairs.skipped("main") == []


def test_all_of_it_is_owed_before_the_first_is_worked_off(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    skip(rig, event("30"))
    rig.vendor.fail("make", Fault.UNAVAILABLE)

    (outcome,) = rig.host.repairs.retry_skipped("main")

    assert outcome.outcome == "pending"
    assert rig.pair("due_at") is not None
    assert rig.host.repairs.skipped("main") == ["15492"]


def test_while_it_is_inactive_nothing_is_worked_off(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.configure(active=False)
    rig.open_in_memory()
    rig.confirm()

    with pytest.raises(ValueError, match="integration main is inactive"):
        rig.host.repairs.retry_skipped("main")

    assert rig.pair("due_at") is None


# --- today's settings ---------------------------------------------------------------------------


def settle_and_move_a_door(rig: Rig) -> None:
    """Give access to three bookings, then map one object to another door; cancel the third."""
    rig.open_in_memory()
    rig.confirm()
    rig.confirm(id="2", objects=["18"])
    rig.confirm(id="3")
    rig.cancel(id="3")
    rig.reconfigure(mapping={"17": "back", "18": "side"})
    rig.open_in_memory()


def ledger_of(rig: Rig) -> list[list[tuple[object, ...]]]:
    """Return all that stands in the tables that a repair could write."""
    selections = (
        "SELECT * FROM grants",
        "SELECT * FROM pairs",
        "SELECT * FROM audit",
        "SELECT * FROM alerts",
        "SELECT * FROM write_backs",
    )
    return [[tuple(row) for row in rig.ask(one)] for one in selections]


def test_a_dry_run_says_who_would_be_told_again_and_writes_nothing(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    settle_and_move_a_door(rig)
    before = ledger_of(rig)

    foreseen = rig.host.repairs.reapply("main", dry_run=True)

    assert foreseen == [("15492", "replaced", ""), ("2", "unchanged", "")]
    assert rig.vendor.times("make") == 3
    assert ledger_of(rig) == before


def test_a_dry_run_closes_nothing_that_is_over(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    settle_and_move_a_door(rig)
    rig.clock.step(4 * 3600)

    assert rig.host.repairs.reapply("main", dry_run=True) == []
    assert rig.grants() == ["current", "current", "revoked"]


def test_live_grants_are_brought_to_todays_settings(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    settle_and_move_a_door(rig)
    announced: list[Sequence[Prospect]] = []

    became = rig.host.repairs.reapply("main", announce=announced.append)

    assert became == [("15492", "replaced", ""), ("2", "unchanged", "")]
    assert announced == [became]
    assert sorted(one.doors for one in rig.vendor.live) == [("back",), ("side",)]
    assert len(noted(rig, "reapply")) == 2


def test_what_is_mapped_no_more_would_be_and_is_ended(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.reconfigure(mapping={"18": "side"})
    rig.open_in_memory()

    foreseen = rig.host.repairs.reapply("main", dry_run=True)
    became = rig.host.repairs.reapply("main")

    assert foreseen == became == [("15492", "revoked", "")]
    assert rig.vendor.live == []


def test_a_fault_in_todays_settings_is_foreseen(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.reconfigure(mapping={"17": "unknown door"})
    rig.open_in_memory()

    foreseen = rig.host.repairs.reapply("main", dry_run=True)

    assert foreseen == [("15492", "failed", "no door is called “unknown door”")]


def test_an_inactive_integration_is_not_brought_to_anything(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.configure(active=False)
    rig.open_in_memory()

    with pytest.raises(ValueError, match="integration main is inactive: it grants nothing"):
        rig.host.repairs.reapply("main", dry_run=True)


# --- who the customer is ------------------------------------------------------------------------


def test_a_customer_is_forgotten(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    known = rig.host.known_booking("15492").customer.email

    rig.host.repairs.forget_customer("15492")

    assert known == "ada@example.org"
    assert rig.host.known_booking("15492").customer.email == ""
    assert rig.ask("SELECT customer FROM bookings")[0]["customer"] is None
    assert noted(rig, "erased") == [{"why": "a person said so"}]


def test_a_booking_that_is_not_known_has_nothing_to_forget(rig_in_memory: Rig) -> None:
    rig_in_memory.open_in_memory()

    with pytest.raises(ValueError, match="the ledger knows no booking '99'"):
        rig_in_memory.host.repairs.forget_customer("99")


def erase(rig: Rig, keep_days: float) -> int:
    workshop = rig.host.assembly.workshop
    assert workshop is not None
    workshop.ledger.unfold_all()
    return workshop.ledger.erasure.erase(keep_days)


@pytest.mark.parametrize(("keep_days", "hours"), [(0, 4), (30, 4 + 30 * 24)])
def test_customers_are_erased_so_many_days_after_their_bookings_end(
    rig_in_memory: Rig, keep_days: int, hours: int
) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.confirm()
    rig.confirm(id="2", **LATER)
    rig.clock.step(hours * 3600 - 1)

    early = erase(rig, keep_days)
    rig.clock.step(1)
    erased = erase(rig, keep_days)

    assert (early, erased) == (0, 1)
    assert [one["customer"] is None for one in rig.ask("SELECT * FROM bookings ORDER BY id")] == [
        True,
        False,
    ]
    assert noted(rig, "erased") == [{"why": "kept long enough"}]


def test_any_number_of_customers_is_erased_and_none_twice(rig_in_memory: Rig) -> None:
    rig = rig_in_memory
    rig.open_in_memory()
    rig.host.submit([event("30", id=str(number)) for number in range(450)])
    rig.clock.step(4 * 3600)

    assert (erase(rig, 0), erase(rig, 0)) == (450, 0)
