"""What is no event and no booking, and how that is said."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ireserve_integrations.model import Booking, StatusChange
from ireserve_integrations.wire import read_booking, read_changes

_BOOKING: dict[str, Any] = {
    "id": "15492",
    "start": "2026-11-21T10:00:00+01:00",
    "end": "2026-11-21T12:00:00+01:00",
    "objects": [{"object": "17", "sub_object": "171"}],
}
_EVENT: dict[str, Any] = {"new_status": "30", "booking": _BOOKING}
_READ = Booking(
    id="15492",
    start=datetime(2026, 11, 21, 9, tzinfo=UTC),
    end=datetime(2026, 11, 21, 11, tzinfo=UTC),
)
_CHANGE = StatusChange(new_status="30", booking=_READ)
_PERSONAL = "ada.vos@private.example"


def _event(**parts: Any) -> dict[str, Any]:
    return {**_EVENT, "booking": {**_BOOKING, **parts}}


def _without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name != key}


def _refusal(read: Callable[[object], object], raw: object) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # its message is what is tested
        read(raw)
    return str(caught.value)


@pytest.mark.parametrize("read", [read_changes, read_booking])
@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("2026-11-21T10:00:00", "'2026-11-21T10:00:00' has no time zone: add an offset"),
        (datetime(2026, 11, 21, 10), "'2026-11-21 10:00:00' has no time zone"),  # noqa: DTZ001
        ("2026-11-21", "'2026-11-21' is no time such as 2026-11-21T10:00:00+01:00"),
        ("", "'' is no time such as"),
        ("2026-11-21T10:00:00+01:00 ", "'2026-11-21T10:00:00+01:00 ' is no time such as"),
        ("20261121T100000Z", "'20261121T100000Z' is no time such as"),
        ("２026-11-21T10:00:00Z", "'\\uff12026-11-21T10:00:00Z' is no time such as"),
        ("2026-02-30T10:00:00Z", "'2026-02-30T10:00:00Z' is a time that does not exist"),
        ("2026-11-21T10:60:00Z", "'2026-11-21T10:60:00Z' is a time that does not exist"),
        ("2026-11-21T10:00:00+24:00", "'2026-11-21T10:00:00+24:00' is a time that does not"),
        ("1999-12-31T23:59:59Z", "'1999-12-31T23:59:59Z' is not in the years 2000 to 2200"),
        ("2201-01-01T00:00:00Z", "'2201-01-01T00:00:00Z' is not in the years 2000 to 2200"),
        ("0001-01-01T00:00:00+14:00", "'0001-01-01T00:00:00+14:00' is not in the years"),
        ("9999-12-31T23:59:59-14:00", "'9999-12-31T23:59:59-14:00' is not in the years"),
        ("x" * 1000, f"'{'x' * 37}...' is no time such as"),
        ("\x1b[2J", "'\\x1b[2J' is no time such as"),
        (1_795_255_200, "must be a time such as 2026-11-21T10:00:00+01:00"),
        (None, "is missing"),
    ],
)
def test_a_time_that_cannot_be_relied_on_is_refused(
    read: Callable[[object], object], start: object, message: str
) -> None:
    assert _refusal(read, _event(start=start)).startswith(f"booking.start: {message}")


@pytest.mark.parametrize("end", ["2026-11-21T10:00:00+01:00", "2026-11-21T09:59:59+01:00"])
def test_a_booking_ends_after_its_start(end: str) -> None:
    assert _refusal(read_changes, _event(end=end)) == "booking.end: is not after start"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({}, "new_status: is missing; booking: is missing"),
        (_without(_EVENT, "new_status"), "new_status: is missing"),
        (_without(_EVENT, "booking"), "booking: is missing"),
        ({**_EVENT, "booking": "15492"}, "booking: must be an object"),
        ({**_EVENT, "booking": _without(_BOOKING, "id")}, "booking.id: is missing"),
        ({**_EVENT, "booking": _without(_BOOKING, "start")}, "booking.start: is missing"),
        ({**_EVENT, "booking": _without(_BOOKING, "end")}, "booking.end: is missing"),
        ({**_EVENT, "booking": _without(_BOOKING, "objects")}, "booking.objects: is missing"),
        ({**_EVENT, "new_status": None}, "new_status: is missing"),
        ({**_EVENT, "new_status": ""}, "new_status: is empty"),
        ({**_EVENT, "new_status": "3" * 256}, "new_status: is longer than 255 characters"),
        ({**_EVENT, "new_status": True}, "new_status: must be a text"),
        ({**_EVENT, "new_status": 30.0}, "new_status: must be a text"),
        ({**_EVENT, "new_status": 10**255}, "new_status: must be a text"),
        ({**_EVENT, "new_status": 10**9999}, "new_status: must be a text"),
        ({**_EVENT, "new_status": "3\n0"}, "new_status: holds a control character"),
        ({**_EVENT, "new_status": "\ud800"}, "new_status: holds half a character"),
        ({**_EVENT, "old_status": []}, "old_status: must be a text"),
        ({**_EVENT, "event_id": ""}, "event_id: is empty"),
        ({**_EVENT, "event_id": "e" * 256}, "event_id: is longer than 255 characters"),
        ({**_EVENT, "event_id": {}}, "event_id: must be a text"),
        ({**_EVENT, "sequence": -1}, "sequence: must be a whole number from 0"),
        ({**_EVENT, "sequence": 2**63}, "sequence: must be a whole number from 0"),
        ({**_EVENT, "sequence": "7"}, "sequence: must be a whole number from 0"),
        ({**_EVENT, "sequence": True}, "sequence: must be a whole number from 0"),
        ({**_EVENT, "sequence": 7.0}, "sequence: must be a whole number from 0"),
        (_event(id=""), "booking.id: is empty"),
        (_event(id="."), "booking.id: '.' cannot be used as an id"),
        (_event(id=".."), "booking.id: '..' cannot be used as an id"),
        (_event(id="a\x00b"), "booking.id: holds a control character"),
        (_event(id="a\x9fb"), "booking.id: holds a control character"),
        (_event(status=["20"]), "booking.status: must be a text"),
        (_event(objects={"object": "17"}), "booking.objects: must be an array"),
        (_event(objects=["17"]), "booking.objects[0]: must be an object"),
        (_event(objects=[{}]), "booking.objects[0].object: is missing"),
        (
            _event(objects=[{"object": "17"}, {"object": "..", "sub_object": ""}]),
            "booking.objects[1].object: '..' cannot be used as an id; booking.objects[1].sub",
        ),
        (_event(customer="Ada"), "booking.customer: must be an object"),
        (_event(customer={"email": [1]}), "booking.customer.email: must be a text or a number"),
        (_event(customer={"phone": True}), "booking.customer.phone: must be a text or a number"),
        (_event(fields=[]), "booking.fields: must be an object"),
        (_event(fields={"custom1": False}), "booking.fields.custom1: must be a text or a number"),
        (_event(fields={"custom1": {}}), "booking.fields.custom1: must be a text or a number"),
        (
            _event(fields={"custom1": float("nan")}),
            "booking.fields.custom1: must be a text or a number",
        ),
        (_event(fields={"custom1": 10**9999}), "booking.fields.custom1: must be a text or a num"),
        (_event(fields={"custom1": "\x00"}), "booking.fields.custom1: holds a control character"),
        (_event(fields={"": "x"}), "booking.fields: has a name that is empty, too long, or holds"),
        (_event(fields={"\ud800": "x"}), "booking.fields: has a name that is empty"),
        (_event(fields={"a" * 255: []}), f"booking.fields.{'a' * 39}…: must be a text or a num"),
        ("event", "is no event: an object, or an array of objects, is wanted"),
        (b"event", "is no event: an object, or an array of objects, is wanted"),
        (5, "is no event: an object, or an array of objects, is wanted"),
        (None, "is no event: an object, or an array of objects, is wanted"),
        (_READ, "is no event: an object, or an array of objects, is wanted"),
    ],
)
def test_what_is_no_event_is_refused_by_its_field(event: object, message: str) -> None:
    assert _refusal(read_changes, event).startswith(message)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (_event(start=None), "booking.start: is missing"),
        (replace(_CHANGE, new_status=""), "new_status: is empty"),
        ([], "is no event: an object is wanted"),
        ("x", "is no event: an object is wanted"),
    ],
)
def test_a_fault_in_an_array_names_the_items_number(item: object, message: str) -> None:
    assert _refusal(read_changes, [_EVENT, _CHANGE, item]) == f"event 3: {message}"


def test_a_change_with_a_naive_time_is_refused() -> None:
    naive = replace(_READ, start=_READ.start.replace(tzinfo=None))

    assert _refusal(read_changes, replace(_CHANGE, booking=naive)).startswith("booking.start: ")
    assert _refusal(read_booking, naive).startswith("start: ")


@pytest.mark.parametrize(
    "event",
    [
        _event(customer={"email": f"{_PERSONAL}\x00"}),
        _event(customer={"last_name": f"{_PERSONAL}\ud800"}),
        _event(customer={"phone": [_PERSONAL]}),
        _event(customer=_PERSONAL),
        _event(fields={"custom1": [_PERSONAL]}),
        _event(fields={"custom1": f"{_PERSONAL}\x07"}),
        _event(fields=_PERSONAL),
    ],
)
def test_a_refusal_quotes_nothing_personal(event: object) -> None:
    with pytest.raises(ValueError, match=r"booking\.") as caught:
        read_changes(event)

    assert "private" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_many_faults_are_cut() -> None:
    event = _event(fields={f"custom{number}": [] for number in range(1000)})

    assert _refusal(read_changes, event).endswith("; and 997 more")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (_without(_BOOKING, "id"), "id: is missing"),
        ({**_BOOKING, "end": _BOOKING["start"]}, "end: is not after start"),
        ({"booking": _BOOKING}, "new_status: is missing"),
        ([_BOOKING], "is no booking: an object is wanted"),
        ("15492", "is no booking: an object is wanted"),
        (None, "is no booking: an object is wanted"),
    ],
)
def test_what_is_no_booking_is_refused(raw: object, message: str) -> None:
    assert _refusal(read_booking, raw) == message
