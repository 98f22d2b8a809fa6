"""The booking field that holds a grant's reference, and what else may stand in it."""

from datetime import timedelta

from tests.host.fake_rig import CONFIRMED, FIELD, LATER, START, Rig, event
from tests.host.fake_vendor import FakeAccess, Fault

SET_RIGHT = f"booking field {FIELD} held something else; it is set right"


def _give_by_hand(rig: Rig, hours: int = 2) -> FakeAccess:
    """Put access there that the ledger does not know, for so long from the booking's start."""
    by_hand = FakeAccess(
        id="",
        label="by hand",
        doors=("front",),
        start=START - timedelta(minutes=15),
        end=START + timedelta(hours=hours),
    )
    return rig.vendor.add(by_hand)


# --- the ledger's own ---------------------------------------------------------------------------


def test_the_reference_of_a_grant_goes_into_the_field(rig: Rig) -> None:
    said = rig.confirm()

    assert said.fields == {FIELD: "a-1"}


def test_a_field_that_is_right_is_not_written_again(rig: Rig) -> None:
    rig.confirm()

    said = rig.confirm(held="a-1")

    assert (said.outcome, said.fields, said.warnings) == ("unchanged", {}, ())


def test_a_field_that_was_not_written_is_told_again_without_a_warning(rig: Rig) -> None:
    rig.confirm()

    said = rig.confirm()

    assert (said.outcome, said.fields, said.warnings) == ("unchanged", {FIELD: "a-1"}, ())


def test_a_field_that_holds_something_else_is_set_right_with_a_warning(rig: Rig) -> None:
    rig.confirm()

    said = rig.confirm(held="nonsense")

    assert (said.outcome, said.fields) == ("unchanged", {FIELD: "a-1"})
    assert said.warnings == (SET_RIGHT,)


def test_the_reference_of_a_replacement_goes_into_the_field(rig: Rig) -> None:
    rig.confirm()

    said = rig.change(held="a-1", **LATER)

    assert (said.outcome, said.fields, said.warnings) == ("replaced", {FIELD: "a-2"}, ())


def test_the_field_is_emptied_on_revocation(rig: Rig) -> None:
    rig.confirm()

    said = rig.cancel(held="a-1")

    assert (said.outcome, said.reference, said.fields) == ("revoked", None, {FIELD: ""})


def test_a_field_is_not_touched_where_nothing_was_granted(rig: Rig) -> None:
    said = rig.cancel(held="nonsense")

    assert (said.outcome, said.fields) == ("skipped", {})


def test_a_revocation_that_the_core_did_not_hear_of_is_told_again(rig: Rig) -> None:
    rig.confirm()
    rig.cancel(held="a-1")

    said = rig.change(held="a-1")

    assert (said.outcome, said.fields) == ("skipped", {FIELD: ""})


def test_the_reference_of_access_that_ran_its_time_stays_in_the_field(rig: Rig) -> None:
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.change(held="a-1")

    assert (said.outcome, said.fields) == ("skipped", {})


def test_a_field_that_still_holds_the_replaced_reference_is_set_right(rig: Rig) -> None:
    rig.confirm()
    rig.change(held="a-1", **LATER)

    said = rig.change(held="a-1", **LATER)

    assert (said.outcome, said.fields) == ("unchanged", {FIELD: "a-2"})
    assert rig.vendor.live_ids == ["a-2"]


def test_an_integration_without_a_field_writes_none(rig: Rig) -> None:
    rig.configure()
    rig.misspell("main", f', reference_field = "{FIELD}"', "")

    said = rig.confirm(held="nonsense")

    assert (said.outcome, said.reference, said.fields) == ("granted", "a-1", {})


def test_each_integration_has_a_field_of_its_own(rig: Rig) -> None:
    rig.configure(integrations=("main", "second"))

    outcomes = rig.host.dispatch(event(CONFIRMED))

    assert [one.fields for one in outcomes] == [
        {FIELD: outcomes[0].reference},
        {f"{FIELD}1": outcomes[1].reference},
    ]


def test_the_reference_of_another_booking_is_not_adopted(rig: Rig) -> None:
    rig.confirm(id="another")

    said = rig.confirm(held="a-1")

    assert (said.outcome, said.fields) == ("granted", {FIELD: "a-2"})
    assert rig.vendor.live_ids == ["a-1", "a-2"]


def test_the_reference_of_another_booking_is_not_emptied_out_of_the_field(rig: Rig) -> None:
    rig.confirm(id="another")
    rig.cancel(id="another")

    said = rig.cancel(held="a-1")

    assert (said.outcome, said.fields) == ("skipped", {})


# --- what the ledger did not know ---------------------------------------------------------------


def test_access_that_the_field_names_and_that_fits_is_adopted(rig: Rig) -> None:
    _give_by_hand(rig)

    said = rig.confirm(held="a-1")

    assert (said.outcome, said.reference, said.fields) == ("unchanged", "a-1", {})
    assert rig.vendor.done == []
    assert rig.grants("state", "reference", "label") == [("current", "a-1", "")]


def test_adopted_access_is_kept_like_any_other(rig: Rig) -> None:
    _give_by_hand(rig)
    rig.confirm(held="a-1")

    said = rig.change(held="a-1")

    assert said.outcome == "unchanged"
    assert rig.vendor.live_ids == ["a-1"]


def test_adopted_access_ends_with_the_booking(rig: Rig) -> None:
    _give_by_hand(rig)
    rig.confirm(held="a-1")

    said = rig.cancel(held="a-1")

    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.done == ["ended a-1"]


def test_access_that_the_field_names_and_that_does_not_fit_is_replaced(rig: Rig) -> None:
    _give_by_hand(rig, hours=5)

    said = rig.confirm(held="a-1")

    assert (said.outcome, said.fields) == ("replaced", {FIELD: "a-2"})
    assert rig.vendor.done == ["made a-2", "ended a-1"]


def test_access_that_the_field_names_ends_with_a_cancelled_booking(rig: Rig) -> None:
    _give_by_hand(rig)

    said = rig.cancel(held="a-1")

    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.done == ["ended a-1"]


def test_access_that_the_field_names_and_cannot_be_ended_is_still_owed(rig: Rig) -> None:
    _give_by_hand(rig)
    rig.vendor.fail("end", Fault.UNAVAILABLE)

    early = rig.cancel(held="a-1")
    said = rig.cancel(held="")

    assert (early.outcome, said.outcome) == ("pending", "revoked")
    assert rig.vendor.done == ["ended a-1"]


# --- beside a grant of the ledger's own ---------------------------------------------------------


def test_beside_a_grant_the_field_is_set_right_and_what_it_named_stays_for_now(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)

    said = rig.confirm(held="a-2")

    assert (said.outcome, said.fields) == ("unchanged", {FIELD: "a-1"})
    assert said.warnings == (SET_RIGHT,)
    assert rig.grants("state", "reference") == [("current", "a-1"), ("beside", "a-2")]


def test_what_was_found_beside_a_grant_ends_with_it(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)
    rig.confirm(held="a-2")

    said = rig.cancel(held="a-1")

    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.live == []


def test_what_a_cancellation_finds_beside_a_grant_ends_with_it(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)

    said = rig.cancel(held="a-2")

    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.live == []


def test_what_was_found_beside_a_grant_is_replaced_with_it(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)
    rig.confirm(held="a-2")

    said = rig.change(held="a-1", **LATER)

    assert (said.outcome, said.fields) == ("replaced", {FIELD: "a-3"})
    assert rig.vendor.live_ids == ["a-3"]


def test_what_was_found_beside_a_grant_ends_with_it_when_a_lost_reply_is_made_good(
    rig: Rig,
) -> None:
    rig.confirm()
    _give_by_hand(rig)
    rig.confirm(held="a-2")
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.change(held="a-1", **LATER)
    rig.wait_for_late_requests()

    said = rig.change(held="a-1", **LATER)

    assert (said.outcome, said.fields) == ("replaced", {FIELD: "a-3"})
    assert rig.vendor.live_ids == ["a-3"]


def test_what_was_found_beside_a_grant_is_ended_once(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)
    rig.confirm(held="a-2")
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.change(held="a-1", **LATER)
    rig.wait_for_late_requests()

    said = rig.change(held="a-1", objects=["18"])

    assert (said.outcome, rig.vendor.live_ids) == ("replaced", ["a-4"])
    assert rig.vendor.times("end") == 3


def test_what_was_found_beside_a_grant_that_is_over_ends_as_well(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig, hours=9)
    rig.confirm(held="a-2")
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.cancel(held="a-1")

    assert said.outcome == "revoked"
    assert rig.grants("state", "reference") == [("over", "a-1"), ("revoked", "a-2")]


def test_what_an_inactive_integration_finds_beside_its_grant_ends_with_it(rig: Rig) -> None:
    rig.confirm()
    _give_by_hand(rig)
    rig.reconfigure(active=False, details={"manner": "skips and found"})

    skipped = rig.change(held="a-2")
    left = rig.grants()
    rig.reconfigure()
    said = rig.cancel()

    assert (skipped.outcome, skipped.reference) == ("skipped", "a-1")
    assert left == ["current", "beside"]
    assert said.outcome == "revoked"
    assert rig.vendor.live == []
