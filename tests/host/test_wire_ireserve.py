"""i-Reserve's own booking JSON as an event, and as a booking."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ireserve_integrations.config import BookingCoreSettings
from ireserve_integrations.model import BookedObject, Booking, Customer, StatusChange
from ireserve_integrations.wire import read_booking, read_changes

_CORE = BookingCoreSettings(phone_field="custom3", language_field="custom4")
_CET = timezone(timedelta(hours=1))
_RAW: dict[str, Any] = {
    "id": 15492,
    "object_id": 171,
    "object": "Studio 1",
    "object_desc": None,
    "mainobject_id": 17,
    "mainobject_desc": "Building",
    "date_from": "2026-11-21T10:00:00+0100",
    "date_till": "2026-11-21T12:00:00+0100",
    "number": 1,
    "remarks": "bring\x00chairs",
    "status_code": 30,
    "status": "PAID",
    "customer_id": 4,
    "customer": "Ada Vos",
    "email": "a@example.org",
    "location_id": 2,
    "event_id": 9,
    "price": 12.5,
    "currency": "EUR",
    "custom3": "0031 6 12345678",
    "custom4": "nl",
    "custom12": None,
    "custom13": 5,
    "customer_group": ["not a custom field"],
}
_READ = Booking(
    id="15492",
    status="30",
    start=datetime(2026, 11, 21, 10, tzinfo=_CET),
    end=datetime(2026, 11, 21, 12, tzinfo=_CET),
    objects=(BookedObject(object="17", sub_object="171"),),
    customer=Customer(
        last_name="Ada Vos", email="a@example.org", phone="0031 6 12345678", language="nl"
    ),
    fields={"custom12": "", "custom13": "5"},
)


def test_a_booking_is_an_event_whose_status_code_is_the_new_status() -> None:
    assert read_changes(_RAW, _CORE) == (StatusChange(booking=_READ, new_status="30"),)


def test_a_booking_is_read_alone() -> None:
    assert read_booking(_RAW, _CORE) == _READ


def test_its_event_id_is_of_a_calendar_and_not_ours() -> None:
    (change,) = read_changes([_RAW], _CORE)

    assert change.event_id is None


@pytest.mark.parametrize("parent", [None, ""])
def test_an_object_without_a_parent_is_the_main_object(parent: object) -> None:
    booking = read_booking({**_RAW, "mainobject_id": parent}, _CORE)

    assert booking.objects == (BookedObject(object="171"),)


def test_a_booking_of_an_object_may_leave_the_parent_out() -> None:
    raw = {key: _RAW[key] for key in ("id", "object_id", "date_from", "date_till")}

    assert read_booking(raw) == Booking(
        id="15492", start=_READ.start, end=_READ.end, objects=(BookedObject(object="171"),)
    )


@pytest.mark.parametrize("core", [None, BookingCoreSettings()])
def test_without_settings_there_is_no_phone_and_no_language(
    core: BookingCoreSettings | None,
) -> None:
    booking = read_booking(_RAW, core)

    assert booking.customer == Customer(last_name="Ada Vos", email="a@example.org")
    assert booking.fields["custom3"] == "0031 6 12345678"


def test_the_phone_may_stand_in_a_key_of_any_name() -> None:
    core = BookingCoreSettings(phone_field="mobile")

    booking = read_booking({**_RAW, "mobile": 31612345678}, core)

    assert booking.customer.phone == "31612345678"
    assert "mobile" not in booking.fields


def test_a_missing_or_empty_phone_is_empty() -> None:
    raw = {key: value for key, value in _RAW.items() if key != "custom3"}

    assert read_booking(raw, _CORE).customer.phone == ""
    assert read_booking({**_RAW, "custom3": None}, _CORE).customer.phone == ""


def test_null_is_the_same_as_missing_in_the_customers_data() -> None:
    booking = read_booking({**_RAW, "customer": None, "email": None}, _CORE)

    assert (booking.customer.last_name, booking.customer.email) == ("", "")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"id": None}, "id: is missing"),
        ({"id": ".."}, "id: '..' cannot be used as an id"),
        ({"object_id": None}, "object_id: is missing"),
        ({"object_id": True}, "object_id: must be a text"),
        ({"mainobject_id": "."}, "mainobject_id: '.' cannot be used as an id"),
        ({"date_from": None}, "date_from: is missing"),
        ({"date_from": "2026-11-21T10:00:00"}, "date_from: '2026-11-21T10:00:00' has no time zone"),
        ({"date_till": "2026-11-31T12:00:00+0100"}, "date_till: '2026-11-31T12:00:00+0100' is a "),
        ({"date_till": "2026-11-21T10:00:00+0100"}, "date_till: is not after date_from"),
        ({"status_code": None}, "status_code: is missing"),
        ({"status_code": ""}, "status_code: is missing"),
        ({"status_code": 30.5}, "status_code: must be a text"),
        ({"customer": {"name": "Ada"}}, "customer: must be a text or a number"),
        ({"email": "a\x00"}, "email: holds a control character"),
        ({"custom3": [31]}, "custom3: must be a text or a number"),
        ({"custom12": True}, "custom12: must be a text or a number"),
    ],
)
def test_a_fault_is_named_in_ireserves_words(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its message is what is tested
        read_changes({**_RAW, **parts}, _CORE)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("raw", [{"date_from": 1}, {"status_code": 30}])
def test_either_of_its_own_keys_makes_it_ireserves(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="date_till: is missing"):
        read_changes(raw)


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ({"booking": {}}, "new_status: is missing; booking.id: is missing"),
        ({"new_status": "30"}, "booking: is missing"),
    ],
)
def test_an_event_of_ours_stays_ours_whatever_else_it_holds(
    ours: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_changes({**_RAW, **ours})


@pytest.mark.parametrize("key", ["id", "object_id", "date_from", "date_till", "status_code"])
def test_a_key_that_an_event_needs_is_named_when_it_is_missing(key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key}: is missing$"):
        read_changes({name: value for name, value in _RAW.items() if name != key})


def test_a_key_that_is_no_text_is_passed_over() -> None:
    raw: dict[Any, Any] = {**_RAW, 5: "five"}

    assert read_booking(raw, _CORE) == _READ
