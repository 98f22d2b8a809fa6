"""What a change means: the design's table, told by what happens at the vendor."""

from datetime import timedelta
from typing import Any

import pytest
from tests.host.fake_rig import CANCELLED, CHANGED, CONFIRMED, LATER, START, Rig, event
from tests.host.fake_vendor import Fault

OTHER_ROOM = {"objects": ["18"]}
NO_ROOM = {"objects": ["19"]}  # without a mapping row
OTHER_VISITOR = {"email": "bo@example.org"}


@pytest.mark.parametrize(
    ("before", "change", "outcome", "done"),
    [
        pytest.param([], event(CONFIRMED), "granted", ["made a-1"], id="confirmed"),
        pytest.param([], event(CANCELLED), "skipped", [], id="cancelled without a grant"),
        pytest.param([], event(CHANGED), "skipped", [], id="another status first"),
        pytest.param([], event(CONFIRMED, **NO_ROOM), "skipped", [], id="confirmed, not mapped"),
        pytest.param(
            [event(CONFIRMED)], event(CONFIRMED), "unchanged", ["made a-1"], id="confirmed again"
        ),
        pytest.param(
            [event(CONFIRMED)], event(CHANGED), "unchanged", ["made a-1"], id="changed in nothing"
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CONFIRMED, **LATER),
            "replaced",
            ["made a-1", "made a-2", "ended a-1"],
            id="confirmed at another time",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CHANGED, **LATER),
            "replaced",
            ["made a-1", "made a-2", "ended a-1"],
            id="moved",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CHANGED, **OTHER_ROOM),
            "replaced",
            ["made a-1", "made a-2", "ended a-1"],
            id="another room",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CHANGED, **OTHER_VISITOR),
            "replaced",
            ["made a-1", "made a-2", "ended a-1"],
            id="another visitor",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CHANGED, **NO_ROOM),
            "revoked",
            ["made a-1", "ended a-1"],
            id="a room without a door",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CANCELLED),
            "revoked",
            ["made a-1", "ended a-1"],
            id="cancelled",
        ),
        pytest.param(
            [event(CONFIRMED)],
            event(CANCELLED, **LATER),
            "revoked",
            ["made a-1", "ended a-1"],
            id="moved and cancelled",
        ),
        pytest.param(
            [event(CONFIRMED), event(CANCELLED)],
            event(CHANGED),
            "skipped",
            ["made a-1", "ended a-1"],
            id="changed after its cancellation",
        ),
        pytest.param(
            [event(CONFIRMED), event(CANCELLED)],
            event(CONFIRMED),
            "granted",
            ["made a-1", "ended a-1", "made a-2"],
            id="confirmed after its cancellation",
        ),
    ],
)
def test_a_change_does_what_the_table_says(
    rig: Rig, before: list[dict[str, Any]], change: dict[str, Any], outcome: str, done: list[str]
) -> None:
    rig.after(*before)

    said = rig.dispatch(change)

    assert (said.outcome, said.error) == (outcome, None)
    assert rig.vendor.done == done


def test_access_holds_from_the_time_before_until_the_end_for_the_mapped_doors(rig: Rig) -> None:
    said = rig.confirm(objects=["17", "18"])

    (made,) = rig.vendor.live
    assert said.reference == made.id
    assert (made.start, made.end) == (START - timedelta(minutes=15), START + timedelta(hours=2))
    assert made.doors == ("front", "side")


def test_a_moved_booking_gets_its_new_access_before_the_old_one_ends(rig: Rig) -> None:
    rig.confirm()

    said = rig.change(**LATER)

    assert rig.vendor.done[1:] == ["made a-2", "ended a-1"]
    assert (said.reference, rig.vendor.live_ids) == ("a-2", ["a-2"])
    assert rig.vendor.live[0].end == LATER["end"]
    assert rig.grants() == ["revoked", "current"]


def test_a_booking_that_has_ended_is_skipped_without_asking_the_vendor(rig: Rig) -> None:
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.confirm()

    assert said.outcome == "skipped"
    assert rig.vendor.log == []


def test_access_that_is_over_is_closed_without_asking_the_vendor(rig: Rig) -> None:
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())
    asked = list(rig.vendor.log)

    said = rig.cancel()

    assert said.outcome == "skipped"
    assert rig.vendor.log == asked
    assert rig.grants() == ["over"]


def test_a_booking_that_is_moved_after_its_access_was_over_is_granted_anew(rig: Rig) -> None:
    rig.confirm()
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.change(**LATER)

    assert said.outcome == "granted"
    assert rig.vendor.done == ["made a-1", "made a-2"]


# --- what stands --------------------------------------------------------------------------------


def test_a_confirmation_stands_for_good(rig: Rig) -> None:
    rig.confirm()
    rig.dispatch(event("41"), event("42"), event("43"))

    said = rig.dispatch(event("44", **LATER))

    assert said.outcome == "replaced"


def test_a_confirmation_that_came_before_its_room_was_mapped_is_made_good_by_the_next_change(
    rig: Rig,
) -> None:
    rig.configure(mapping={"18": "side"})
    early = rig.confirm()
    rig.reconfigure(mapping={"17": "front"})

    said = rig.change()

    assert (early.outcome, said.outcome) == ("skipped", "granted")


def test_a_refused_confirmation_is_made_good_by_the_next_change(rig: Rig) -> None:
    rig.configure(mapping={"17": "unknown door"})
    early = rig.confirm()
    rig.reconfigure(mapping={"17": "front"})

    said = rig.change()

    assert (early.outcome, said.outcome) == ("failed", "granted")


def test_an_integration_that_is_added_later_knows_what_stands(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(integrations=("main", "second"))

    outcomes = rig.host.dispatch(event(CHANGED))

    assert [one.outcome for one in outcomes] == ["unchanged", "granted"]


def test_a_plugin_that_forgets_what_stands_does_not_make_the_host_forget_it(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(details={"manner": "forgets what stands"})
    rig.change()
    rig.reconfigure()

    said = rig.change(**LATER)

    assert said.outcome == "replaced"


# --- folding ------------------------------------------------------------------------------------


def test_a_confirmation_and_its_cancellation_in_one_dispatch_ask_the_vendor_nothing(
    rig: Rig,
) -> None:
    said = rig.dispatch(event(CONFIRMED), event(CANCELLED))

    assert said.outcome == "skipped"
    assert rig.vendor.log == []


def test_an_outage_over_a_confirmation_and_its_cancellation_sends_the_visitor_nothing(
    rig: Rig,
) -> None:
    rig.vendor.keep_failing("doors", Fault.UNAVAILABLE)
    early = rig.confirm()
    rig.vendor.heal()

    said = rig.cancel()

    assert (early.outcome, said.outcome) == ("pending", "skipped")
    assert rig.vendor.done == []


def test_a_confirmation_and_a_move_in_one_dispatch_make_one_access(rig: Rig) -> None:
    said = rig.dispatch(event(CONFIRMED), event(CHANGED, **LATER))

    assert said.outcome == "granted"
    assert rig.vendor.done == ["made a-1"]
    assert rig.vendor.live[0].end == LATER["end"]


def test_a_cancellation_that_is_taken_back_in_one_dispatch_keeps_the_access(rig: Rig) -> None:
    rig.confirm()

    said = rig.dispatch(event(CANCELLED), event(CONFIRMED))

    assert said.outcome == "unchanged"
    assert rig.vendor.done == ["made a-1"]


# --- order --------------------------------------------------------------------------------------


def test_a_change_behind_what_stands_is_ignored_with_a_warning(rig: Rig) -> None:
    rig.confirm(sequence=5)

    said = rig.cancel(sequence=4, **LATER)

    assert said.outcome == "unchanged"
    assert said.warnings == ("a change to status 70 came after a newer one, and was ignored",)
    assert rig.vendor.done == ["made a-1"]


def test_an_ignored_change_is_told_once(rig: Rig) -> None:
    rig.confirm(sequence=5)
    rig.cancel(sequence=4)

    said = rig.change(sequence=6)

    assert said.warnings == ()


def test_a_late_cancellation_that_is_newer_than_the_confirmation_counts(rig: Rig) -> None:
    rig.confirm(sequence=1)
    rig.change(sequence=7)

    said = rig.cancel(sequence=5)

    assert said.outcome == "revoked"


def test_a_late_change_that_counts_does_not_bring_its_older_booking_back(rig: Rig) -> None:
    rig.confirm(sequence=1)
    rig.change(sequence=7, **LATER)

    said = rig.confirm(sequence=5)

    assert (said.outcome, said.warnings) == ("unchanged", ())
    assert rig.vendor.live[0].end == LATER["end"]


def test_a_repeated_confirmation_lets_no_cancellation_from_before_it_count(rig: Rig) -> None:
    rig.confirm(sequence=1)
    rig.confirm(sequence=7)

    said = rig.cancel(sequence=5)

    assert said.outcome == "unchanged"
    assert len(said.warnings) == 1


@pytest.mark.parametrize(
    ("confirmed", "cancelled", "outcome", "live"),
    [
        pytest.param(1, 2, "skipped", [], id="cancelled last"),
        pytest.param(2, 1, "granted", ["a-1"], id="confirmed last"),
    ],
)
def test_the_sequence_is_the_order_whichever_way_changes_arrive(
    rig: Rig, confirmed: int, cancelled: int, outcome: str, live: list[str]
) -> None:
    said = rig.dispatch(event(CANCELLED, sequence=cancelled), event(CONFIRMED, sequence=confirmed))

    assert said.outcome == outcome
    assert rig.vendor.live_ids == live


def test_a_change_without_a_sequence_comes_after_all_that_arrived(rig: Rig) -> None:
    rig.confirm(sequence=9)

    said = rig.cancel()

    assert said.outcome == "revoked"


def test_what_a_change_without_a_sequence_decided_is_not_undone_by_an_older_one(rig: Rig) -> None:
    rig.confirm(sequence=9)
    rig.cancel()

    said = rig.confirm(sequence=8, **LATER)

    assert said.outcome == "skipped"
    assert rig.vendor.live == []


def test_a_refused_change_still_counts_when_an_older_one_arrives_after_it(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.REFUSED)
    rig.confirm(sequence=5)

    said = rig.cancel(sequence=4)

    assert said.outcome == "granted"


# --- an event that comes again ------------------------------------------------------------------


def test_an_event_that_is_known_tries_again_what_failed(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.REFUSED)
    early = rig.confirm(event_id="e-1")

    said = rig.confirm(event_id="e-1")

    assert (early.outcome, said.outcome) == ("failed", "granted")


def test_an_event_that_is_known_brings_no_other_booking(rig: Rig) -> None:
    rig.confirm(event_id="e-1")

    said = rig.confirm(event_id="e-1", **LATER)

    assert said.outcome == "unchanged"
    assert said.warnings == (
        "event e-1 was known already and said something else; what it says now is ignored",
    )


def test_an_event_that_is_known_of_another_booking_leaves_this_one_alone(rig: Rig) -> None:
    rig.confirm(event_id="e-1")

    outcome = rig.confirm(event_id="e-1", id="2")

    assert (outcome.booking, outcome.outcome, outcome.error) == ("2", "skipped", None)
    assert "event e-1 was known already" in outcome.warnings[0]
    assert rig.vendor.times("make") == 1


def test_bookings_of_one_dispatch_are_told_in_their_order(rig: Rig) -> None:
    outcomes = rig.host.dispatch([event(CONFIRMED, id="b"), event(CONFIRMED, id="a")])

    assert [one.booking for one in outcomes] == ["b", "a"]
    assert [one.outcome for one in outcomes] == ["granted", "granted"]
