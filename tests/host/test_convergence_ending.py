"""What is to end is ended, whatever stands in the way, and what a failing ledger leaves owed."""

from datetime import timedelta

import pytest
from tests.host.fake_rig import (
    CHANGED,
    CONFIRMED,
    FIELD,
    LATER,
    Rig,
    event,
    kind_of,
    message_of,
    moment,
)
from tests.host.fake_vendor import FakeVendor, Fault

DISK_FULL = """
    CREATE TRIGGER disk_full BEFORE UPDATE OF state ON grants WHEN NEW.state = '{state}'
    BEGIN SELECT RAISE(ABORT, 'disk full'); END
"""


# --- ending that fails --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(Fault.UNAVAILABLE, "UnavailableError", id="unavailable"),
        pytest.param(Fault.LOST_BEFORE, "OutcomeUnknownError", id="lost before"),
        pytest.param(Fault.LOST_AFTER, "OutcomeUnknownError", id="lost after"),
    ],
)
def test_what_could_not_be_ended_is_pending_and_ended_next_time(
    rig: Rig, fault: Fault, kind: str
) -> None:
    rig.confirm()
    rig.vendor.fail("end", fault)

    early = rig.cancel(held="a-1")
    said = rig.cancel(held="a-1")

    assert (early.outcome, kind_of(early)) == ("pending", kind)
    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.done == ["made a-1", "ended a-1"]
    assert rig.pair("due_at") is None


def test_what_the_vendor_refuses_to_end_is_failed_and_still_owed(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("end", Fault.REFUSED)

    early = rig.cancel()
    due_at = moment(rig.pair("due_at"))
    said = rig.change()

    assert (early.outcome, kind_of(early)) == ("failed", "RejectedError")
    assert due_at > rig.clock.now
    assert said.outcome == "revoked"


def test_a_replaced_access_that_cannot_be_ended_is_pending_with_the_new_reference(
    rig: Rig,
) -> None:
    rig.confirm()
    rig.vendor.fail("end", Fault.UNAVAILABLE)

    early = rig.change(held="a-1", **LATER)
    said = rig.change(held="a-2", **LATER)

    assert (early.outcome, early.reference, early.fields) == ("pending", "a-2", {FIELD: "a-2"})
    assert (said.outcome, said.fields) == ("unchanged", {})
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


def test_what_is_to_end_never_becomes_current_again(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("end", Fault.UNAVAILABLE)
    rig.cancel()

    said = rig.confirm()

    assert (said.outcome, said.reference) == ("granted", "a-2")
    assert rig.vendor.done == ["made a-1", "made a-2", "ended a-1"]


def test_one_that_cannot_be_ended_does_not_keep_the_others_alive(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("end", *3 * [Fault.REFUSED])
    rig.cancel()
    rig.confirm()

    said = rig.cancel()

    assert said.outcome == "failed"
    assert rig.grants() == ["revoking", "revoked"]


def test_ending_goes_on_while_a_lost_reply_waits(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.fail("end", Fault.UNAVAILABLE)
    rig.cancel()
    rig.vendor.fail("make", Fault.LOST_AFTER)

    rig.confirm()

    assert rig.vendor.live_ids == ["a-2"]
    assert rig.grants() == ["revoked", "asking"]


def test_what_could_not_be_ended_is_closed_when_it_is_over(rig: Rig) -> None:
    rig.confirm()
    rig.vendor.keep_failing("end", Fault.REFUSED)
    rig.cancel()
    rig.clock.step(timedelta(hours=4).total_seconds())

    said = rig.cancel()

    assert (said.outcome, rig.grants()) == ("skipped", ["over"])


def test_the_new_access_is_current_on_disk_before_the_old_one_ends(rig: Rig) -> None:
    rig.confirm()
    held = rig.vendor.hold("end")
    dispatched = rig.dispatch_aside(event(CHANGED, **LATER))
    held.wait()

    on_disk = rig.grants("state", "reference")
    due_at = rig.pair("due_at")
    held.let_go.set()

    assert dispatched.result().outcome == "replaced"
    assert on_disk == [("revoking", "a-1"), ("current", "a-2")]
    assert due_at is not None


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.NO_SUCH_CALL])
def test_what_is_to_end_is_owed_on_disk_before_the_vendor_is_asked_to_end_it(
    rig: Rig, fault: Fault
) -> None:
    rig.confirm()
    rig.vendor.fail("make", fault)
    held = rig.vendor.hold("end")
    dispatched = rig.dispatch_aside(event(CHANGED, **LATER))
    held.wait()

    on_disk, due_at = rig.grants(), rig.pair("due_at")
    held.let_go.set()

    assert dispatched.result().outcome == "failed"
    assert on_disk == ["revoking"]
    assert due_at is not None


def test_access_ends_where_it_was_made_whatever_the_settings_say_today(rig: Rig) -> None:
    rig.confirm()
    elsewhere = FakeVendor()
    with elsewhere.served(rig.clock):
        rig.reconfigure(
            integrations={"main": elsewhere},
            details={"reference_field": "custom99", "revoke_statuses": ["71"]},
        )
        said = rig.dispatch(event("71"))

    assert (said.outcome, said.fields) == ("revoked", {FIELD: ""})
    assert rig.vendor.done == ["made a-1", "ended a-1"]
    assert elsewhere.log == []


def test_access_is_replaced_into_the_field_and_place_of_today(rig: Rig) -> None:
    rig.confirm()
    elsewhere = FakeVendor()
    with elsewhere.served(rig.clock):
        rig.reconfigure(integrations={"main": elsewhere}, details={"reference_field": "custom99"})
        said = rig.change(**LATER)

    assert (said.outcome, said.fields) == ("replaced", {FIELD: "", "custom99": "a-1"})
    assert (rig.vendor.live_ids, elsewhere.live_ids) == ([], ["a-1"])


# --- a ledger that fails in the middle ----------------------------------------------------------


def test_a_ledger_error_after_the_vendor_did_it_leaves_it_owed_and_found_later(rig: Rig) -> None:
    rig.ask(DISK_FULL.format(state="current"))

    early = rig.confirm()
    left = rig.grants(), rig.pair("due_at")
    rig.ask("DROP TRIGGER disk_full")
    rig.wait_for_late_requests()
    said = rig.confirm()

    assert (early.outcome, kind_of(early)) == ("pending", "UnavailableError")
    assert "disk full" in message_of(early)
    assert left == (["asking"], "2026-11-21 08:00:00.000000")
    assert (said.outcome, said.reference) == ("granted", "a-1")
    assert rig.vendor.done == ["made a-1"]


def test_a_ledger_error_before_an_ending_leaves_it_owed(rig: Rig) -> None:
    rig.confirm()
    rig.ask(DISK_FULL.format(state="revoking"))

    early = rig.cancel()
    due_at = rig.pair("due_at")
    rig.ask("DROP TRIGGER disk_full")
    rig.wait_for_late_requests()
    said = rig.cancel()

    assert (early.outcome, said.outcome) == ("pending", "revoked")
    assert due_at == "2026-11-21 08:00:00.000000"
    assert rig.vendor.done == ["made a-1", "ended a-1"]


def test_a_ledger_error_after_an_ending_leaves_it_owed(rig: Rig) -> None:
    rig.confirm()
    rig.ask(DISK_FULL.format(state="revoked"))

    early = rig.cancel()
    left = rig.grants(), rig.pair("due_at")
    rig.ask("DROP TRIGGER disk_full")
    said = rig.cancel()

    assert early.outcome == "pending"
    assert left == (["revoking"], "2026-11-21 08:00:00.000000")
    assert said.outcome == "revoked"


def test_one_integrations_ledger_error_leaves_the_others_outcome(rig: Rig) -> None:
    rig.configure(integrations=("main", "second"))
    rig.ask(DISK_FULL.format(state="current' AND NEW.integration = 'main"))

    outcomes = rig.host.dispatch(event(CONFIRMED))

    assert [one.outcome for one in outcomes] == ["pending", "granted"]
