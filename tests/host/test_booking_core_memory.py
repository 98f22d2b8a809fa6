"""The booking core in memory: how tests make it fail."""

from datetime import UTC, datetime

import pytest

from ireserve_integrations.booking_core import InMemoryCore
from ireserve_integrations.errors import OutcomeUnknownError, RejectedError, UnavailableError
from ireserve_integrations.model import Booking

BOOKING = Booking(
    id="1",
    start=datetime(2026, 11, 21, 10, tzinfo=UTC),
    end=datetime(2026, 11, 21, 12, tzinfo=UTC),
    status="30",
)


def test_a_failure_strikes_only_its_call_as_often_as_was_said() -> None:
    core = InMemoryCore(BOOKING)
    core.fail(UnavailableError("down"), call="move_status", times=2)

    core.write_fields("1", {"custom1": "a"})
    with pytest.raises(UnavailableError, match="down"):
        core.move_status("1", "98")
    with pytest.raises(UnavailableError, match="down"):
        core.move_status("1", "98")
    core.move_status("1", "98")

    assert [(one.fields, one.status) for one in core.writes] == [
        ({"custom1": "a"}, None),
        ({}, "98"),
    ]


def test_of_two_failures_the_older_strikes_alone() -> None:
    core = InMemoryCore(BOOKING)
    core.fail(UnavailableError("first"))
    core.fail(RejectedError("second"))

    with pytest.raises(UnavailableError, match="first"):
        core.read_booking("1")
    with pytest.raises(RejectedError, match="second"):
        core.read_booking("1")

    assert core.read_booking("1") == BOOKING


def test_a_lost_reply_is_carried_out() -> None:
    core = InMemoryCore(BOOKING)
    core.fail(OutcomeUnknownError("lost"), done=True)

    with pytest.raises(OutcomeUnknownError):
        core.move_status("1", "98")

    assert core.stored("1").status == "98"


def test_a_booking_that_is_put_replaces_what_there_was() -> None:
    core = InMemoryCore(readable=False)
    core.put(BOOKING)
    core.write_fields("1", {"custom1": "a"})

    core.put(BOOKING)

    assert core.stored("1") == BOOKING
    assert core.read_booking("1") is None


def test_an_unknown_booking_is_no_booking_that_cannot_be_read() -> None:
    with pytest.raises(RejectedError, match="the booking core knows no booking 7"):
        InMemoryCore(BOOKING).read_booking("7")


def test_what_was_written_is_not_shown_by_repr() -> None:
    core = InMemoryCore(BOOKING)

    core.write_fields("1", {"custom1": "s3cret"})

    assert "s3cret" not in repr(core.writes)
