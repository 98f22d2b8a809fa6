"""Where access cannot, or must not, be given."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from tests.host.fake_rig import (
    CHANGED,
    CONFIRMED,
    FIELD,
    LATER,
    START,
    Rig,
    event,
    kind_of,
    message_of,
)
from tests.host.fake_vendor import FakeVendor, Fault

SHORTER = {"end": START + timedelta(hours=1)}
LATER_START = {"start": START + timedelta(minutes=30)}
LONGER = {"end": START + timedelta(hours=3)}
EARLIER_START = {"start": START - timedelta(minutes=30)}
BOTH_ROOMS = {"objects": ["17", "18"]}
OTHER_ROOM = {"objects": ["18"]}
OTHER_VISITOR = {"email": "bo@example.org"}

gives_more = pytest.mark.parametrize(
    "booking",
    [
        pytest.param(LATER, id="an earlier time"),
        pytest.param(SHORTER, id="a later end"),
        pytest.param(LATER_START, id="an earlier start"),
        pytest.param(OTHER_ROOM, id="another room"),
    ],
)
gives_less = pytest.mark.parametrize(
    "booking",
    [
        pytest.param(LONGER, id="an earlier end"),
        pytest.param(EARLIER_START, id="a later start"),
        pytest.param(BOTH_ROOMS, id="one room of two"),
        pytest.param(OTHER_VISITOR, id="the same for another visitor"),
    ],
)


# --- a new one cannot be made -------------------------------------------------------------------


def _refuse(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.REFUSED)


def _misconfigure(rig: Rig) -> None:
    rig.reconfigure(mapping={"17": "unknown door", "18": "unknown door"})


def _deactivate(rig: Rig) -> None:
    rig.reconfigure(active=False)


def _deactivate_beneath_a_careless_plugin(rig: Rig) -> None:
    rig.reconfigure(active=False, details={"manner": "careless"})


def _obstacles(*, outcome_when_inactive: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("hinder", "outcome"),
        [
            pytest.param(_refuse, "failed", id="refused"),
            pytest.param(_misconfigure, "failed", id="misconfigured"),
            pytest.param(_deactivate, outcome_when_inactive, id="inactive"),
            pytest.param(
                _deactivate_beneath_a_careless_plugin, outcome_when_inactive, id="careless"
            ),
        ],
    )


@_obstacles(outcome_when_inactive="revoked")
@gives_more
def test_an_old_access_that_gives_more_ends_where_no_new_one_can_be_made(
    rig: Rig, hinder: Any, outcome: str, booking: dict[str, Any]
) -> None:
    rig.confirm()
    hinder(rig)

    said = rig.change(held="a-1", **booking)

    assert said.outcome == outcome
    assert (said.reference, said.fields) == (None, {FIELD: ""})
    assert rig.vendor.done == ["made a-1", "ended a-1"]


@_obstacles(outcome_when_inactive="skipped")
@gives_less
def test_an_old_access_that_gives_less_stays_where_no_new_one_can_be_made(
    rig: Rig, hinder: Any, outcome: str, booking: dict[str, Any]
) -> None:
    rig.confirm()
    hinder(rig)

    said = rig.change(held="a-1", **booking)

    assert said.outcome == outcome
    assert (said.reference, said.fields) == ("a-1", {})
    assert rig.vendor.done == ["made a-1"]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault.UNAVAILABLE, "UnavailableError", id="unavailable"),
        pytest.param(Fault.LOGGED_OUT, "AuthError", id="logged out"),
    ],
)
def test_an_old_access_that_gives_more_stays_while_the_vendor_may_yet_make_the_new_one(
    rig: Rig, fault: Fault, kind: str
) -> None:
    rig.confirm()
    rig.vendor.fail("make", fault)

    failed = rig.change(**LATER)
    rig.host.resume("main")
    said = rig.change(**LATER)

    assert kind_of(failed) == kind
    assert said.outcome == "replaced"
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


def test_what_could_not_be_made_is_owed_only_where_it_can_be_made_later(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.UNAVAILABLE, Fault.REFUSED)

    rig.confirm()
    due_when_unavailable = rig.pair("due_at")
    rig.confirm()

    assert due_when_unavailable == "2026-11-21 08:01:00.000000"  # as Retry-After asked
    assert rig.pair("due_at") is None
    assert (rig.pair("failed_as"), rig.pair("failures")) == ("RejectedError", 2)


def test_an_old_access_that_must_end_is_owed_even_if_a_person_must_act(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("make", Fault.REFUSED)
    rig.vendor.fail("end", Fault.REFUSED)

    said = rig.change(**LATER)

    assert said.outcome == "failed"
    assert rig.grants() == ["revoking"]
    assert rig.pair("due_at") is not None


# --- inactive -----------------------------------------------------------------------------------


def test_an_inactive_integration_grants_nothing(rig: Rig) -> None:
    rig.configure(active=False)

    said = rig.confirm()

    assert said.outcome == "skipped"
    assert (rig.vendor.log, rig.grants()) == ([], [])


def test_a_careless_plugin_of_an_inactive_integration_cannot_write_to_the_vendor(rig: Rig) -> None:
    rig.configure(active=False, details={"manner": "careless"})

    said = rig.confirm()

    assert (said.outcome, said.error) == ("skipped", None)
    assert said.warnings == ("main is inactive: it grants nothing",)
    assert rig.vendor.log == ["doors"]


def test_no_label_is_written_down_for_an_inactive_integration(rig: Rig) -> None:
    rig.configure(active=False, details={"manner": "careless"})
    held = rig.vendor.hold("doors")
    dispatched = rig.dispatch_aside(event(CONFIRMED))
    held.wait()

    on_disk = rig.grants()
    held.let_go.set()

    assert dispatched.result().outcome == "skipped"
    assert on_disk == []


def test_what_a_careless_plugin_could_not_grant_is_granted_once_the_integration_is_active(
    rig: Rig,
) -> None:
    rig.configure(active=False, details={"manner": "careless"})
    rig.confirm()
    rig.reconfigure()

    said = rig.change()

    assert said.outcome == "granted"


def test_a_plugin_that_claims_a_grant_for_an_inactive_integration_breaks_its_contract(
    rig: Rig,
) -> None:
    rig.configure(active=False, details={"manner": "claims granted"})

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("failed", "PluginError")
    assert rig.grants() == []


def test_an_inactive_integration_leaves_access_that_fits(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(active=False)

    said = rig.change()

    assert (said.outcome, said.reference) == ("unchanged", "a-1")
    assert rig.vendor.live_ids == ["a-1"]


def test_an_inactive_integration_ends_what_should_no_longer_live(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(active=False)

    said = rig.cancel()

    assert said.outcome == "revoked"
    assert rig.vendor.live == []


def test_an_inactive_integration_finds_and_ends_what_a_lost_reply_left(rig: Rig) -> None:
    rig.vendor.fail("make", Fault.LOST_AFTER)
    rig.confirm()
    rig.reconfigure(active=False)
    rig.wait_for_late_requests()

    said = rig.cancel()

    assert said.outcome == "revoked"
    assert rig.vendor.done == ["made a-1", "ended a-1"]


# --- a vendor that keeps nothing beforehand -----------------------------------------------------


def test_no_label_is_written_down_where_the_vendor_has_nothing_to_end(rig: Rig) -> None:
    rig.configure(vendor="keepless", details={"manner": "claims granted without a reference"})

    said = rig.confirm()

    assert (said.outcome, rig.grants("state", "label")) == ("granted", [("current", "")])


def test_what_has_nothing_to_end_is_ended_without_asking(rig: Rig) -> None:
    rig.configure(vendor="keepless", details={"manner": "claims granted without a reference"})
    rig.misspell("main", f', reference_field = "{FIELD}"', "")
    rig.confirm()
    rig.reconfigure(vendor="keepless", details={"manner": "asks to revoke"})

    said = rig.cancel()

    assert (said.outcome, said.fields) == ("revoked", {})
    assert (rig.vendor.log, rig.grants()) == ([], ["revoked"])


# --- configured no more -------------------------------------------------------------------------


def test_access_of_an_integration_that_is_gone_is_an_alarm(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(integrations=("second",))

    outcomes = rig.host.dispatch(event(CHANGED))

    assert [(one.integration, one.outcome) for one in outcomes] == [
        ("second", "granted"),
        ("main", "failed"),
    ]
    assert "main of vendor fake is configured no more" in message_of(outcomes[1])


def test_an_integration_that_is_gone_and_holds_nothing_is_not_mentioned(rig: Rig) -> None:
    rig.confirm()
    rig.cancel()
    rig.reconfigure(integrations=("second",))

    outcomes = rig.host.dispatch(event(CHANGED))

    assert [one.integration for one in outcomes] == ["second"]


def test_an_integration_that_is_gone_and_whose_access_is_over_is_not_mentioned(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(integrations=("second",))
    rig.clock.step(timedelta(hours=4).total_seconds())

    outcomes = rig.host.dispatch(event(CHANGED))

    assert [one.integration for one in outcomes] == ["second"]


def test_another_vendor_under_the_same_id_is_not_asked_to_end_what_it_never_made(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(vendor="other")

    outcomes = rig.host.dispatch(event("70"))

    assert [(one.vendor, one.outcome) for one in outcomes] == [
        ("other", "skipped"),
        ("fake", "failed"),
    ]
    assert rig.grants() == ["current"]


def test_access_of_a_former_vendor_ends_once_that_is_configured_again(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(vendor="other")
    rig.cancel()
    rig.reconfigure()

    said = rig.change()

    assert said.outcome == "revoked"
    assert rig.vendor.live == []


# --- one integration and another ----------------------------------------------------------------


def test_a_fault_in_one_integrations_settings_leaves_the_other_working(rig: Rig) -> None:
    rig.configure(integrations=("main", "second"))
    rig.misspell("second", "trigger_statuses", "triger_statuses")

    outcomes = rig.host.dispatch(event(CONFIRMED))

    assert [one.outcome for one in outcomes] == ["granted", "failed"]
    assert kind_of(outcomes[1]) == "ConfigError"


def test_one_vendors_silence_takes_no_turn_from_another_ones_bookings(rig: Rig) -> None:
    other = FakeVendor()
    with ExitStack() as stack:
        stack.enter_context(other.served(rig.clock))
        rig.configure(host={"threads": 1}, integrations={"main": rig.vendor, "second": other})
        held = rig.vendor.hold("make")

        outcomes = rig.host.dispatch(
            [event(CONFIRMED, id="a"), event(CONFIRMED, id="b")], deadline_s=2.0
        )
        held.let_go.set()

    assert [(one.integration, one.booking, one.outcome) for one in outcomes] == [
        ("main", "a", "pending"),
        ("second", "a", "granted"),
        ("main", "b", "pending"),
        ("second", "b", "granted"),
    ]


def test_what_had_no_turn_before_the_deadline_is_still_owed(rig: Rig) -> None:
    early = rig.dispatch(event(CONFIRMED), deadline_s=0.0)

    said = rig.change()

    assert (early.outcome, kind_of(early)) == ("pending", "UnavailableError")
    assert "its turn did not come before the deadline" in message_of(early)
    assert said.outcome == "granted"


# --- a plugin that contradicts itself -----------------------------------------------------------


@pytest.mark.parametrize(
    "manner",
    [
        "claims granted without a grant",
        "claims granted without a reference",
        "claims unchanged",
        "lets another status stand",
        "answers rubbish",
    ],
)
def test_a_plugin_that_contradicts_itself_fails_alone(rig: Rig, manner: str) -> None:
    rig.configure(details={"manner": manner}, integrations=("main",))

    said = rig.confirm()

    assert (said.outcome, kind_of(said)) == ("failed", "PluginError")
    assert rig.grants("state") == []


@pytest.mark.parametrize("manner", ["answers rubbish", "claims granted for ever"])
def test_rubbish_from_one_plugin_does_not_take_the_others_outcomes(rig: Rig, manner: str) -> None:
    rig.configure(integrations=("main", "second"))
    rig.misspell("main", 'manner = "honest"', f'manner = "{manner}"')

    outcomes = rig.host.dispatch(event(CONFIRMED))

    assert [one.outcome for one in outcomes] == ["failed", "granted"]
    assert kind_of(outcomes[0]) == "PluginError"


def test_a_plugin_that_wrote_and_says_otherwise_has_its_label_searched(rig: Rig) -> None:
    rig.configure(details={"manner": "writes and says skipped"})
    early = rig.confirm()
    rig.reconfigure()
    rig.wait_for_late_requests()

    said = rig.confirm()

    assert (early.outcome, kind_of(early)) == ("failed", "PluginError")
    assert (said.outcome, said.reference) == ("granted", "a-1")
    assert rig.vendor.times("make") == 1


def test_a_revocation_that_is_answered_false_is_tried_again(rig: Rig) -> None:
    rig.confirm()
    rig.reconfigure(details={"manner": "says that it lives on"})

    said = rig.cancel()

    assert (said.outcome, kind_of(said)) == ("failed", "PluginError")
    assert rig.grants() == ["revoking"]
    assert rig.pair("due_at") is not None
