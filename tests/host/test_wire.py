"""Events and bookings in our own shape."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ireserve_integrations.model import BookedObject, Booking, Customer, StatusChange
from ireserve_integrations.wire import read_booking, read_changes

_CET = timezone(timedelta(hours=1))
_BOOKING: dict[str, Any] = {
    "id": "15492",
    "status": "20",
    "start": "2026-11-21T10:00:00+01:00",
    "end": "2026-11-21T12:00:00+01:00",
    "objects": [{"object": "17", "sub_object": "171"}],
    "customer": {
        "first_name": "Ada",
        "last_name": "Vos",
        "email": "a@example.org",
        "phone": "0031 6 12345678",
        "language": "nl",
    },
    "fields": {"custom12": ""},
}
_EVENT: dict[str, Any] = {
    "event_id": "e-1",
    "sequence": 7,
    "old_status": "20",
    "new_status": "30",
    "booking": _BOOKING,
}
_READ = Booking(
    id="15492",
    status="20",
    start=datetime(2026, 11, 21, 10, tzinfo=_CET),
    end=datetime(2026, 11, 21, 12, tzinfo=_CET),
    objects=(BookedObject(object="17", sub_object="171"),),
    customer=Customer(
        first_name="Ada",
        last_name="Vos",
        email="a@example.org",
        phone="0031 6 12345678",
        language="nl",
    ),
    fields={"custom12": ""},
)
_CHANGE = StatusChange(event_id="e-1", sequence=7, old_status="20", new_status="30", booking=_READ)


def _event(**parts: Any) -> dict[str, Any]:
    return {**_EVENT, "booking": {**_BOOKING, **parts}}


def _read(raw: object) -> StatusChange:
    (change,) = read_changes(raw)
    return change


def test_an_event_is_read_whole() -> None:
    assert _read(_EVENT) == _CHANGE


def test_events_of_an_array_keep_their_order() -> None:
    changes = read_changes([_EVENT, {**_EVENT, "event_id": "e-2"}])

    assert [change.event_id for change in changes] == ["e-1", "e-2"]


@pytest.mark.parametrize("none", [[], ()])
def test_an_empty_array_holds_no_change(none: object) -> None:
    assert read_changes(none) == ()


def test_a_change_is_taken_as_it_is_alone_and_among_events() -> None:
    assert read_changes(_CHANGE) == (_CHANGE,)
    assert read_changes([_EVENT, _CHANGE]) == (_CHANGE, _CHANGE)


def test_the_models_values_may_stand_inside_an_event() -> None:
    assert _read({**_EVENT, "booking": _READ}) == _CHANGE
    assert _read(_event(customer=_READ.customer, objects=_READ.objects)) == _CHANGE


def test_what_may_be_missing_is_none_or_empty() -> None:
    least = {key: _BOOKING[key] for key in ("id", "start", "end", "objects")}

    change = _read({"new_status": "30", "booking": least})

    assert (change.event_id, change.sequence, change.old_status) == (None, None, None)
    assert change.booking == replace(_READ, status=None, customer=Customer(), fields={})


def test_null_is_the_same_as_missing_where_a_part_may_be_missing() -> None:
    nothing = dict.fromkeys(("event_id", "sequence", "old_status"))

    change = _read(
        {
            **_event(
                status=None,
                customer=dict.fromkeys(_BOOKING["customer"]),
                fields={"custom12": None},
                objects=[{"object": "17", "sub_object": None}],
            ),
            **nothing,
        }
    )

    assert (change.event_id, change.sequence, change.old_status) == (None, None, None)
    assert change.booking == replace(
        _READ,
        status=None,
        customer=Customer(),
        fields={"custom12": ""},
        objects=(BookedObject(object="17"),),
    )
    assert _read(_event(customer=None, fields=None)).booking.customer == Customer()


def test_an_empty_status_that_only_informs_is_none() -> None:
    change = _read({**_event(status=""), "old_status": ""})

    assert (change.old_status, change.booking.status) == (None, None)


@pytest.mark.parametrize("sequence", [0, 2**63 - 1])
def test_a_sequence_is_whatever_a_database_can_hold(sequence: int) -> None:
    assert _read({**_EVENT, "sequence": sequence}).sequence == sequence


def test_a_booking_may_be_of_nothing() -> None:
    assert _read(_event(objects=[])).booking.objects == ()


def test_unknown_keys_are_passed_over() -> None:
    event = _event(price=5, objects=[{"object": "17", "sub_object": "171", "name": "Studio"}])

    assert _read({**event, "origin": {"of": "core"}}) == _CHANGE


def test_whole_numbers_are_taken_as_their_digits() -> None:
    change = _read(
        {
            **_event(id=15492, status=20, objects=[{"object": 17, "sub_object": 171}]),
            "old_status": 20,
            "new_status": 30,
            "event_id": 9,
        }
    )

    assert change == replace(_CHANGE, event_id="9")


def test_a_customers_part_or_a_field_may_be_a_number() -> None:
    booking = _read(
        _event(customer={"phone": 31612345678}, fields={"custom1": 7, "custom2": 12.5})
    ).booking

    assert booking.customer.phone == "31612345678"
    assert booking.fields == {"custom1": "7", "custom2": "12.5"}


def test_a_field_may_have_lines_and_any_script() -> None:
    texts = {"custom1": "one\r\n\ttwo", "naïve": "O\x92Brien \u00a0 日本 👩\u200d🚀"}

    assert _read(_event(fields=texts)).booking.fields == texts


def test_fields_cannot_be_changed_afterwards() -> None:
    raw = {"custom1": "before"}
    booking = _read(_event(fields=raw)).booking

    raw["custom1"] = "after"

    assert booking.fields == {"custom1": "before"}
    assert not hasattr(booking.fields, "__setitem__")


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-21T10:00:00+0100",
        "2026-11-21T10:00:00+01",
        "2026-11-21T10:00+01:00",
        "2026-11-21 10:00:00.000+01:00",
        "2026-11-21T09:00:00Z",
        "2026-11-21T09:00:00-00:00",
        datetime(2026, 11, 21, 9, tzinfo=UTC),
        datetime(2026, 11, 21, 10, tzinfo=ZoneInfo("Europe/Amsterdam")),
    ],
)
def test_a_time_is_taken_in_any_of_its_forms(start: object) -> None:
    assert _read(_event(start=start)).booking.start == _READ.start


def test_a_time_keeps_the_offset_that_it_was_given_in() -> None:
    start = _read(_event(start="2026-11-21T04:00:00-05:00")).booking.start

    assert start.utcoffset() == timedelta(hours=-5)


def test_times_of_the_hour_that_comes_twice_are_in_order() -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")

    booking = _read(
        _event(
            start=datetime(2026, 10, 25, 2, 45, fold=0, tzinfo=amsterdam),
            end=datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=amsterdam),
        )
    ).booking

    assert booking.end - booking.start == timedelta(minutes=30)


@pytest.mark.parametrize("year", [2000, 2200])
def test_the_first_and_the_last_year_are_taken(year: int) -> None:
    booking = _read(_event(start=f"{year}-01-01T00:00:00Z", end=f"{year}-12-31T23:59:59Z")).booking

    assert (booking.start.year, booking.end.year) == (year, year)


def test_a_booking_is_read_alone() -> None:
    assert read_booking(_BOOKING) == _READ
    assert read_booking(_READ) == _READ


def test_of_an_event_the_booking_is_read_with_the_status_that_it_reaches() -> None:
    assert read_booking(_EVENT) == replace(_READ, status="30")
    assert read_booking(_CHANGE) == replace(_READ, status="30")
