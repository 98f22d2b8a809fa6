"""What may have happened is looked up, before anything is asked again."""

from datetime import timedelta

import pytest
from tests.host.fake_rig import (
    CONFIRMED,
    FIELD,
    LATER,
    START,
    Rig,
    event,
    kind_of,
    message_of,
    moment,
)
from tests.host.fake_vendor import Fault

SEARCHED_AFTER_S = 5 + 60  # the rig's call_deadline_s, and late_request_s


# --- a lost reply -------------------------------------------------------------------------------


def test_a_label_is_on_disk_before_the_vendor_is_asked_under_it(rig: Rig) -> None:
    held = rig.vendor.hold("make")
    dispatched = rig.dispatch_aside(event(CONFIRMED))
    held.wait()

    on_disk = rig.grants("state", "label")
    held.let_go.set()

    assert dispatched.result().outcome == "granted"
    assert on_disk == [("asking", rig.vendor.live[0].label)]


def test_a_label_names_the_booking(rig: Rig) -> None:
    rig.confirm()

    assert rig.vendor.live[0].label.startswith("i-Reserve 15492 · ")


def test_a_lost_reply_is_pending_and_looked_up_later(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("pending", "OutcomeUnknownError")
    assert (said.reference, said.fields) == (None, {})
    assert rig.grants("state", "label") == [("asking", rig.vendor.live[0].label)]
    assert moment(rig.pair("due_at")) == rig.clock.now + timedelta(seconds=SEARCHED_AFTER_S)


def test_a_label_is_not_searched_while_its_request_may_still_arrive(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.clock.step(SEARCHED_AFTER_S - 1)

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("pending", "OutcomeUnknownError")
    assert "it is looked up from 2026-11-21T08:01:05+0000" in message_of(said)
    assert rig.vendor.log == ["doors", "make", "made a-1"]


def test_what_a_lost_reply_made_is_found_by_its_label_and_told_as_granted(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.clock.step(SEARCHED_AFTER_S)

    said = rig.confirm()

    assert (said.outcome, said.error) == ("granted", None)
    assert (said.reference, said.fields) == ("a-1", {FIELD: "a-1"})
    assert said.warnings == ("found by its label after a lost reply; nothing was asked twice",)
    assert rig.vendor.done == ["made a-1"]


def test_what_was_found_is_ended_like_any_other(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.wait_for_late_requests()
    rig.confirm()

    said = rig.cancel()

    assert said.outcome == "revoked"
    assert rig.vendor.live == []


def test_a_request_that_was_never_carried_out_is_asked_anew_under_another_label(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_BEFORE)
    rig.confirm()
    rig.wait_for_late_requests()

    said = rig.confirm()

    first, second = rig.grants("label")
    assert said.outcome == "granted"
    assert rig.grants() == ["not made", "current"]
    assert first != second == rig.vendor.live[0].label


def test_a_vendor_that_does_not_answer_in_time_may_have_done_it(rig: Rig) -> None:
    rig.configure(host={"call_deadline_s": 0.6})
    held = rig.vendor.hold("make", done_first=True)

    early = rig.confirm()
    held.let_go.set()
    rig.wait_for_late_requests()
    said = rig.confirm()

    assert (early.outcome, kind_of(early)) == ("pending", "OutcomeUnknownError")
    assert (said.outcome, rig.vendor.done) == ("granted", ["made a-1"])


def test_a_vendor_that_does_not_answer_a_reading_has_done_nothing(rig: Rig) -> None:
    rig.configure(host={"call_deadline_s": 0.6})
    held = rig.vendor.hold("doors")

    early = rig.confirm()
    held.let_go.set()
    said = rig.confirm()

    assert (early.outcome, kind_of(early)) == ("pending", "UnavailableError")
    assert said.outcome == "granted"
    assert rig.grants() == ["current"]


def test_a_call_is_not_begun_so_late_that_its_label_could_be_searched_too_early(rig: Rig) -> None:
    rig.clock.runs_s = 4.0

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("pending", "UnavailableError")
    assert rig.vendor.log == []


def test_a_failing_search_asks_nothing_and_is_tried_again(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.vendor.fail("find", Fault.LOGGED_OUT)
    rig.confirm()
    rig.wait_for_late_requests()

    early = rig.confirm()
    parked = rig.confirm()
    rig.host.resume("main")
    said = rig.confirm()

    assert (early.outcome, kind_of(early)) == ("failed", "AuthError")
    assert (parked.outcome, kind_of(parked)) == ("failed", "AuthError")
    assert said.outcome == "granted"
    assert rig.vendor.times("make") == 1


def test_a_search_that_answers_with_other_labels_is_not_believed(rig: Rig) -> None:
    rig.confirm(id="another")
    rig.reconfigure(details={"manner": "finds anything"})
    rig.vendor.fail("make", Fault.LOST_BEFORE)
    rig.confirm()
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("failed", "PluginError")
    assert rig.vendor.done == ["made a-1"]


def test_a_booking_that_is_cancelled_meanwhile_ends_what_is_found(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    early = rig.cancel()
    rig.wait_for_late_requests()

    said = rig.change()

    assert (early.outcome, said.outcome) == ("pending", "revoked")
    assert rig.vendor.done == ["made a-1", "ended a-1"]


def test_a_booking_that_is_moved_meanwhile_has_what_is_found_replaced(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.change(**LATER)
    rig.wait_for_late_requests()

    said = rig.change(**LATER)

    assert (said.outcome, said.reference) == ("replaced", "a-2")
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


def test_what_is_found_replaces_what_was_current(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.change(held="a-1", **LATER)
    rig.wait_for_late_requests()

    said = rig.change(held="a-1", **LATER)

    assert (said.outcome, said.fields) == ("replaced", {FIELD: "a-2"})
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


def test_what_is_found_is_the_only_current_one_on_disk_while_the_old_one_lives_on(
    rig: Rig,
) -> None:
    rig.confirm()
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.vendor.fail("end", Fault.UNAVAILABLE)
    rig.change(**LATER)
    rig.wait_for_late_requests()

    said = rig.change(**LATER)

    assert (said.outcome, said.reference) == ("pending", "a-2")
    assert rig.grants() == ["revoking", "current"]


def test_a_lost_request_of_a_booking_that_is_over_is_closed_without_asking(rig: Rig) -> None:
    rig.configure(vendor="blind")
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.change()

    assert said.outcome == "skipped"
    assert rig.grants() == ["over"]


# --- more than one is found ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "kept", "ended"),
    [
        pytest.param("", "a-1", "a-2", id="the first"),
        pytest.param("a-2", "a-2", "a-1", id="the one that the booking field names"),
    ],
)
def test_of_two_that_are_found_one_is_kept_and_the_other_ends(
    rig: Rig, held: str, kept: str, ended: str
) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.vendor.add(rig.vendor.live[0])
    rig.wait_for_late_requests()

    said = rig.confirm(held=held)

    assert (said.outcome, said.reference) == ("granted", kept)
    assert rig.vendor.done == ["made a-1", f"ended {ended}"]
    assert rig.vendor.live_ids == [kept]


def test_what_a_search_lists_twice_is_one_access(rig: Rig) -> None:
    rig.vendor.repeats_itself = True
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, rig.vendor.live_ids) == ("granted", ["a-1"])


def test_what_is_found_and_no_longer_lives_counts_as_not_made(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.vendor.live[0].live = False
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, said.reference) == ("granted", "a-2")


# --- a request that arrives after it was looked for ---------------------------------------------


def _make_late(rig: Rig) -> None:
    """Have a request carried out after its label was searched, and the next one lost."""
    rig.configure(host={"call_deadline_s": 0.6})
    late = rig.vendor.hold("make")
    rig.confirm()
    rig.wait_for_late_requests()
    rig.vendor.fail("make", Fault.LOST_BEFORE)
    rig.confirm()
    late.let_go.set()
    rig.vendor.wait_for("made a-1")


def test_what_was_made_late_is_found_by_its_old_label_and_ended(rig: Rig) -> None:
    _make_late(rig)
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, said.reference) == ("granted", "a-2")
    assert rig.vendor.live_ids == ["a-2"]


def test_what_was_made_late_does_not_pass_for_access_to_the_moved_booking(rig: Rig) -> None:
    _make_late(rig)
    rig.wait_for_late_requests()

    said = rig.change(**LATER)

    assert said.outcome == "granted"
    assert [one.end for one in rig.vendor.live] == [LATER["end"]]


def test_what_was_made_late_and_is_to_end_never_becomes_current(rig: Rig) -> None:
    _make_late(rig)
    rig.wait_for_late_requests()
    rig.vendor.fail("end", Fault.UNAVAILABLE)
    rig.vendor.fail("make", Fault.LOST_BEFORE)
    rig.confirm()
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (said.outcome, said.reference) == ("granted", "a-2")
    assert rig.vendor.live_ids == ["a-2"]


def test_what_was_made_late_and_adopted_since_is_not_ended_when_its_label_is_searched(
    rig: Rig,
) -> None:
    rig.configure(host={"call_deadline_s": 0.6})
    late = rig.vendor.hold("make")
    rig.vendor.fail("make", Fault.REFUSED, Fault.LOST_BEFORE, Fault.UNAVAILABLE)
    rig.confirm()
    rig.wait_for_late_requests()
    rig.confirm()
    late.let_go.set()
    rig.vendor.wait_for("made a-1")
    adopted = rig.confirm(held="a-1")
    rig.change(email="bo@example.org", held="a-1")
    rig.wait_for_late_requests()

    said = rig.change(email="bo@example.org", held="a-1")

    assert (adopted.outcome, adopted.reference) == ("unchanged", "a-1")
    assert (said.outcome, said.reference) == ("pending", "a-1")
    assert rig.vendor.live_ids == ["a-1"]


def test_an_old_label_is_searched_no_more_once_what_it_asked_for_is_over(rig: Rig) -> None:
    tomorrow = {"start": START + timedelta(days=1), "end": START + timedelta(days=1, hours=2)}
    rig.vendor.fail("make", Fault.LOST_BEFORE, Fault.REFUSED, Fault.LOST_BEFORE)
    rig.confirm()
    rig.wait_for_late_requests()
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())
    rig.change(**tomorrow)
    rig.wait_for_late_requests()

    said = rig.change(**tomorrow)

    assert said.outcome == "granted"
    assert rig.vendor.times("find") == 2


def test_what_was_made_late_ends_with_a_cancelled_booking(rig: Rig) -> None:
    _make_late(rig)
    rig.wait_for_late_requests()

    said = rig.cancel()

    assert said.outcome == "revoked"
    assert rig.vendor.live == []


# --- a vendor that cannot be searched -----------------------------------------------------------


def _lose_unsearchably(rig: Rig, vendor: str) -> None:
    rig.configure(vendor=vendor)
    rig.vendor.keep_failing("find", Fault.NO_SUCH_CALL)
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.wait_for_late_requests()


unsearchable = pytest.mark.parametrize(
    "vendor",
    [
        pytest.param("fake", id="as it turns out"),
        pytest.param("blind", id="as its plugin says"),
    ],
)


@unsearchable
def test_where_the_vendor_cannot_be_searched_a_person_is_told_what_to_do(
    rig: Rig, vendor: str
) -> None:
    _lose_unsearchably(rig, vendor)

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("failed", "OutcomeUnknownError")
    assert f"cannot be searched for “{rig.vendor.live[0].label}”" in message_of(said)
    assert "write its id into the booking field" in message_of(said)
    assert rig.pair("due_at") is None


@unsearchable
def test_where_the_vendor_cannot_be_searched_nothing_is_asked_again(rig: Rig, vendor: str) -> None:
    _lose_unsearchably(rig, vendor)

    rig.confirm()
    rig.change(**LATER)

    assert rig.vendor.done == ["made a-1"]


@unsearchable
def test_what_a_person_found_and_wrote_into_the_booking_field_is_adopted(
    rig: Rig, vendor: str
) -> None:
    _lose_unsearchably(rig, vendor)

    said = rig.confirm(held="a-1")
    cancelled = rig.cancel(held="a-1")

    assert (said.outcome, said.reference) == ("granted", "a-1")
    assert cancelled.outcome == "revoked"
    assert rig.vendor.done == ["made a-1", "ended a-1"]


@unsearchable
def test_what_a_person_found_and_ended_is_asked_anew(rig: Rig, vendor: str) -> None:
    _lose_unsearchably(rig, vendor)
    rig.vendor.live[0].live = False

    said = rig.confirm(held="a-1")

    assert (said.outcome, said.reference) == ("granted", "a-2")


@unsearchable
def test_what_a_person_wrote_into_the_booking_field_is_believed_only_under_its_label(
    rig: Rig, vendor: str
) -> None:
    _lose_unsearchably(rig, vendor)
    rig.vendor.add(rig.vendor.live[0], label="by hand")

    said = rig.confirm(held="a-2")

    assert (said.outcome, kind_of(said)) == ("failed", "OutcomeUnknownError")


@unsearchable
def test_an_id_that_the_vendor_refuses_to_read_answers_nothing(rig: Rig, vendor: str) -> None:
    _lose_unsearchably(rig, vendor)
    rig.vendor.fail("read", Fault.REFUSED)

    said = rig.confirm(held="a-1")

    assert (said.outcome, kind_of(said)) == ("failed", "OutcomeUnknownError")
    assert rig.grants() == ["asking"]


@unsearchable
def test_an_id_that_the_vendor_does_not_know_answers_nothing(rig: Rig, vendor: str) -> None:
    _lose_unsearchably(rig, vendor)

    said = rig.confirm(held="a-9")

    assert (said.outcome, kind_of(said)) == ("failed", "OutcomeUnknownError")
