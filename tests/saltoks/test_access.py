"""What a status allows, and what an opening at a moment: decisions without a vendor."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from ireserve_integrations.model import (
    ActionRequest,
    BookedObject,
    Booking,
    Change,
    Grant,
    MappingRow,
    Window,
)
from ireserve_saltoks.access import NotAllowedError, Press, answer_status, press
from ireserve_saltoks.account import Account
from ireserve_saltoks.config import Config

START = datetime(2026, 11, 21, 10, 0, tzinfo=timezone(timedelta(hours=1)))
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
OPENS = datetime(2026, 11, 21, 8, 45, tzinfo=UTC)
END = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
STUDIO = BookedObject(object="17", sub_object="171")
GRANT = Grant(reference="", window=Window(start=OPENS, end=END), targets=("lock-2",))


def shown(moment: datetime, booking: Booking) -> str:
    return f"{moment.astimezone(booking.start.tzinfo):%H:%M:%S%z}"


@pytest.fixture
def config(account: Account) -> Config:
    return Config(
        integration="salto-main",
        active=True,
        account=account,
        open_from_statuses=("30",),
        time_before_minutes=15,
        opened_at_field="custom21",
        check_in_status="98",
        mapping=(
            MappingRow(object="17", targets=("lock-1",)),
            MappingRow(object="17", sub_object="171", targets=("lock-2",)),
        ),
    )


def booked(**more: Any) -> Booking:
    ends = START + timedelta(hours=2)
    values: dict[str, Any] = {"id": "15492", "start": START, "end": ends, "objects": (STUDIO,)}
    return Booking(**(values | {"status": "30"} | more))


def change(*statuses: str, **more: Any) -> Change:
    return Change(booking=booked(), label="", statuses=statuses, **more)


# --- on_status_change -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "outcome", "standing"),
    [
        (change("30"), "granted", "30"),
        (change("20", "30"), "granted", "30"),
        (change("98"), "granted", "98"),
        (change(standing="30"), "granted", "30"),
        (change("30", grant=GRANT), "replaced", "30"),
        (change("30", grant=GRANT, fits=True), "unchanged", "30"),
        (change("98", grant=GRANT, fits=True), "unchanged", "98"),
        (change("98", grant=GRANT, fits=True, ended=True), "unchanged", "98"),
        (change("40", grant=GRANT, fits=True), "revoke", "40"),
        (change("30", "70", grant=GRANT), "revoke", "70"),
        (change("70"), "skipped", "70"),
        (change("40", standing="30"), "skipped", "40"),
        (change(), "skipped", None),
        (change("30", ended=True), "skipped", "30"),
        (change("30", ended=True, grant=GRANT), "revoke", "30"),
    ],
)
def test_every_status_decides(
    config: Config, given: Change, outcome: str, standing: str | None
) -> None:
    receipt = answer_status(config, given, NOW)

    assert (receipt.outcome, receipt.standing) == (outcome, standing)
    assert (receipt.grant is not None) is (outcome in {"granted", "replaced"})
    assert bool(receipt.warnings) is (outcome in {"skipped", "revoke"})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (change("40"), "status 40 allows no opening"),
        (change(), "no status has been reached"),
        (change("30", ended=True), "the booking has ended"),
    ],
)
def test_what_is_skipped_says_why(config: Config, given: Change, says: str) -> None:
    assert answer_status(config, given, NOW).warnings == (says,)


def test_what_is_granted_is_the_window_and_the_locks(config: Config) -> None:
    grant = answer_status(config, change("30"), NOW).grant

    assert grant == GRANT


def test_a_window_that_has_begun_starts_now(config: Config) -> None:
    now = OPENS + timedelta(minutes=5)

    grant = answer_status(config, change("30"), now).grant

    assert grant is not None
    assert (grant.window.start, grant.window.end) == (now, END)


@pytest.mark.parametrize(
    ("grant", "outcome"), [(None, "skipped"), (GRANT, "skipped")], ids=["none", "one"]
)
def test_an_inactive_integration_grants_nothing(
    config: Config, grant: Grant | None, outcome: str
) -> None:
    inactive = replace(config, active=False)

    receipt = answer_status(inactive, change("30", grant=grant), NOW)

    assert (receipt.outcome, receipt.grant) == (outcome, None)
    assert receipt.warnings == ("salto-main is inactive: it opens nothing",)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (change("70", grant=GRANT), "revoke"),
        (change("30", grant=GRANT, fits=True), "unchanged"),
    ],
)
def test_an_inactive_integration_still_revokes(config: Config, given: Change, outcome: str) -> None:
    assert answer_status(replace(config, active=False), given, NOW).outcome == outcome


@pytest.mark.parametrize(
    ("objects", "grant", "outcome", "says"),
    [
        ((), None, "skipped", "the booking names no object"),
        ((BookedObject(object="18"),), None, "skipped", "no mapping row for 18"),
        ((BookedObject(object="18"),), GRANT, "revoke", "no mapping row for 18"),
        (
            (STUDIO, BookedObject(object="18")),
            None,
            "granted",
            "no mapping row for 18: its locks stay shut",
        ),
    ],
)
def test_what_is_not_mapped_is_told(
    config: Config,
    objects: tuple[BookedObject, ...],
    grant: Grant | None,
    outcome: str,
    says: str,
) -> None:
    one = Change(booking=booked(objects=objects), label="", statuses=("30",), grant=grant)

    receipt = answer_status(config, one, NOW)

    assert (receipt.outcome, receipt.warnings) == (outcome, (says,))


# --- open -------------------------------------------------------------------------------------


def pressed(config: Config, now: datetime = OPENS, **more: Any) -> Press:
    values: dict[str, Any] = {"lock_id": "lock-2", "booking": booked(), "known": booked()}
    return Press(config=config, now=now, shown=shown, **(values | more))


def refusal(one: Press) -> str:
    with pytest.raises(NotAllowedError) as caught:
        one.refuse()
    return str(caught.value)


@pytest.mark.parametrize(
    ("now", "booking"),
    [
        (OPENS, booked()),
        (END - timedelta(microseconds=1), booked()),
        (OPENS, booked(status="98")),
        (OPENS, booked(objects=(BookedObject(object="18"), STUDIO))),
    ],
)
@pytest.mark.parametrize("ledger", ["knows it", "does not"])
def test_a_booking_in_its_window_and_status_opens_its_lock(
    config: Config, now: datetime, booking: Booking, ledger: str
) -> None:
    known = {"knows it": booking, "does not": None}[ledger]

    pressed(config, now, booking=booking, known=known).refuse()


@pytest.mark.parametrize(
    ("now", "booking", "says"),
    [
        (
            OPENS - timedelta(seconds=1),
            booked(),
            "the booking opens from 09:45:00+0100, 15 minutes before its start",
        ),
        (END, booked(), "the booking ended at 12:00:00+0100"),
        (OPENS, booked(status="70"), "the booking has status 70, which allows no opening"),
        (OPENS, booked(status=None), "the booking has no status, which allows no opening"),
        (
            OPENS,
            booked(objects=(BookedObject(object="17"),)),
            "the booking is not mapped to this lock",
        ),
    ],
)
@pytest.mark.parametrize("ledger", ["knows it", "does not"])
def test_a_refusal_says_why_and_from_when(
    config: Config, now: datetime, booking: Booking, says: str, ledger: str
) -> None:
    known = {"knows it": booking, "does not": None}[ledger]

    assert refusal(pressed(config, now, booking=booking, known=known)) == says


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"status": "70"}, "has status 70, which allows no opening"),
        ({"objects": (BookedObject(object="17"),)}, "is not mapped to this lock"),
        ({"start": START + timedelta(hours=1)}, "opens from 10:45:00+0100, 15 minutes before"),
        ({"start": START - timedelta(hours=2), "end": START - timedelta(hours=1)}, "ended at"),
    ],
)
def test_a_stale_file_opens_nothing_that_a_later_change_has_closed(
    config: Config, known: Mapping[str, Any], says: str
) -> None:
    said = refusal(pressed(config, known=booked(**known)))

    assert said.startswith(f"the booking as it was last changed {says}")


def test_what_the_ledger_allows_opens_nothing_that_the_caller_has_closed(config: Config) -> None:
    assert "status 70" in refusal(pressed(config, booking=booked(status="70")))


def test_an_inactive_integration_opens_nothing(config: Config) -> None:
    one = pressed(replace(config, active=False))

    assert refusal(one) == "salto-main is inactive: it opens nothing"


def test_without_time_before_the_start_is_the_start(config: Config) -> None:
    one = pressed(replace(config, time_before_minutes=0))

    assert refusal(one) == "the booking opens from 10:00:00+0100"


@pytest.mark.parametrize(
    ("active", "objects", "says"),
    [
        (True, (BookedObject(object="18"),), "no mapping row for 18: there is no lock to open"),
        (True, (), "the booking names no object: there is no lock to open"),
        (False, (), "salto-main is inactive: it opens nothing"),
    ],
)
def test_a_booking_that_is_not_mapped_has_no_lock(
    config: Config, active: bool, objects: tuple[BookedObject, ...], says: str
) -> None:
    request = ActionRequest(name="open", booking=booked(objects=objects))

    with pytest.raises(NotAllowedError) as caught:
        press(replace(config, active=active), request, OPENS, shown)
    assert str(caught.value) == says


def test_an_opening_needs_a_booking(config: Config) -> None:
    with pytest.raises(NotAllowedError, match="needs a booking"):
        press(config, ActionRequest(name="open"), OPENS, shown)


@pytest.mark.parametrize(
    ("booking", "known", "fields", "warned"),
    [
        ({}, {}, {"custom21": "09:50:00+0100"}, ()),
        ({"custom21": " "}, {}, {"custom21": "09:50:00+0100"}, ()),
        ({"custom21": "x"}, {}, {}, ("custom21 is filled already, and is kept as it is",)),
        ({}, {"custom21": "x"}, {}, ("custom21 is filled already, and is kept as it is",)),
    ],
)
def test_a_field_that_is_filled_is_kept(
    config: Config,
    booking: Mapping[str, str],
    known: Mapping[str, str],
    fields: Mapping[str, str],
    warned: tuple[str, ...],
) -> None:
    one = pressed(config, booking=booked(fields=booking), known=booked(fields=known))

    assert one.record(OPENS + timedelta(minutes=5)) == (fields, warned)


def test_without_a_field_nothing_is_recorded(config: Config) -> None:
    assert pressed(replace(config, opened_at_field=None)).record(OPENS) == ({}, ())
