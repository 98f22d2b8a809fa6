"""JSON texts from outside, and whatever they may hold."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from ireserve_integrations.config import BookingCoreSettings
from ireserve_integrations.model import Booking, StatusChange
from ireserve_integrations.wire import parse_json, read_booking, read_changes

_MEBIBYTE = 1024 * 1024
_CORE = BookingCoreSettings(phone_field="custom3", language_field="email")
_unhurried = settings(deadline=None)


@pytest.mark.parametrize("text", ['{"a": [1, "é", null]}', '\ufeff{"a": [1, "é", null]}'])
def test_json_is_read_from_text_and_from_bytes(text: str) -> None:
    assert parse_json(text) == {"a": [1, "é", None]}
    assert parse_json(text.encode()) == {"a": [1, "é", None]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", r"is not JSON: Expecting value \(line 1, column 1\)"),
        (b"{'a': 1}", r"is not JSON: Expecting property name .* \(line 1, column 2\)"),
        (b'{"a": 1}\n x', r"is not JSON: Extra data \(line 2, column 2\)"),
        (b"\xff\xfe{", r"is not UTF-8 \(byte 0\)"),
        (b'{"caf\xe9": 1}', r"is not UTF-8 \(byte 5\)"),
        (b"[NaN]", "is not JSON: NaN is no number"),
        (b"Infinity", "is not JSON: Infinity is no number"),
        (b"-Infinity", "is not JSON: -Infinity is no number"),
        (b"[1e999]", "is not JSON: a number is too large"),
        (b"9" * 5000, "a number is too long"),
        (b"[" * 1_000_000, "is nested too deeply"),
        ('{"a":' * 1_000_000, "is nested too deeply"),
        (b"junk " * 1_000_000, "is not JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(text: bytes | str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_json(text)


def test_a_number_with_a_fraction_is_read() -> None:
    assert parse_json("[0.5, -1e3]") == [0.5, -1000.0]


def test_sixty_four_mebibytes_are_read_and_no_byte_more() -> None:
    largest = b'"' + b"x" * (64 * _MEBIBYTE - 2) + b'"'

    assert len(parse_json(largest)) == 64 * _MEBIBYTE - 2
    with pytest.raises(ValueError, match="is larger than 64 MiB"):
        parse_json(largest + b" ")


def test_a_refusal_quotes_nothing_and_carries_nothing() -> None:
    with pytest.raises(ValueError, match="is not JSON") as caught:
        parse_json('{"email": "ada@example.org"')

    assert "ada" not in str(caught.value)
    assert caught.value.__suppress_context__


@_unhurried
@given(text=st.binary() | st.text() | st.text(alphabet='[]{}",:0123456789.eE-\\u tnf'))
def test_any_text_is_read_or_refused(text: bytes | str) -> None:
    refusal = _read_or_refuse(parse_json, text)

    assert not isinstance(refusal, ValueError) or str(refusal).startswith("is not")


_KEYS = [
    *(
        "event_id",
        "sequence",
        "old_status",
        "new_status",
        "booking",
        "id",
        "status",
        "start",
        "end",
    ),
    *("objects", "object", "sub_object", "customer", "fields", "first_name", "email", "phone", ""),
    *("date_from", "date_till", "status_code", "object_id", "mainobject_id", "custom3", "_schema"),
]
_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["30", "..", "2026-11-21T10:00:00+01:00", "2026-11-21T12:00:00Z", "\ud800"])
)
_json_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(_KEYS) | st.text(), inner, max_size=8)
    ),
    max_leaves=30,
)
_times = st.sampled_from(
    ["2026-11-21T10:00:00+01:00", "2026-11-21T12:00:00+0100", "2026-11-21T11:30:00Z", "2026", None]
)
_objects = st.lists(
    st.fixed_dictionaries({"object": _scalars}, optional={"sub_object": _scalars}), max_size=3
)
_bookings = st.fixed_dictionaries(
    {"id": _scalars, "start": _times, "end": _times, "objects": _objects | _json_values},
    optional={
        "status": _scalars,
        "customer": st.dictionaries(st.sampled_from(_KEYS), _scalars) | _json_values,
        "fields": st.dictionaries(st.text(), _scalars) | _json_values,
    },
)
_events = st.fixed_dictionaries(
    {"new_status": _scalars, "booking": _bookings},
    optional={"event_id": _scalars, "sequence": _scalars, "old_status": _scalars},
)
_ireserve = st.fixed_dictionaries(
    {"id": _scalars, "object_id": _scalars, "date_from": _times, "date_till": _times},
    optional={
        "status_code": _scalars,
        "mainobject_id": _scalars,
        "customer": _scalars,
        "custom3": _scalars,
        "custom12": _scalars,
    },
)


@_unhurried
@given(raw=_json_values | _events | st.lists(_events, max_size=3) | _ireserve)
def test_any_json_is_changes_or_refused(raw: Any) -> None:
    changes = _read_or_refuse(lambda value: read_changes(value, _CORE), raw)

    assert isinstance(changes, tuple | ValueError)


@_unhurried
@given(raw=_json_values | _bookings | _events | _ireserve)
def test_any_json_is_a_booking_or_refused(raw: Any) -> None:
    booking = _read_or_refuse(lambda value: read_booking(value, _CORE), raw)

    assert isinstance(booking, Booking | ValueError)


_words = st.text(st.characters(codec="utf-8", min_codepoint=0xA0), min_size=1)
_texts = _words | st.text(st.characters(), max_size=3)
_sound_events = st.builds(
    lambda customer, fields, **parts: {
        "new_status": parts["new_status"],
        "booking": {
            "id": parts["id"],
            "start": "2026-11-21T10:00:00+01:00",
            "end": "2026-11-21T12:00:00+0100",
            "objects": [{"object": parts["object"]}],
            "customer": customer,
            "fields": fields,
        },
    },
    new_status=_words,
    id=_words,
    object=_words,
    customer=st.fixed_dictionaries({"email": _texts, "phone": st.none() | st.integers()}),
    fields=st.dictionaries(_words, _texts | st.integers() | st.none(), max_size=2),
)


@_unhurried
@given(event=_sound_events)
def test_what_was_read_can_be_stored_and_is_read_the_same_again(event: Any) -> None:
    changes = _read_or_reject(event)

    kept = "".join(_texts_of(changes[0])).encode()
    assert b"\0" not in kept
    assert read_changes(changes) == changes


def _read_or_reject(event: Any) -> tuple[StatusChange, ...]:
    try:
        return read_changes(event)
    except ValueError:
        reject()


def _texts_of(change: StatusChange) -> list[str]:
    booking = change.booking
    return [
        *(change.new_status, booking.id, str(booking.objects), booking.customer.email),
        *(f"{name} {text}" for name, text in booking.fields.items()),
    ]


def _read_or_refuse(read: Callable[[Any], Any], raw: Any) -> Any:
    try:
        return read(raw)
    except ValueError as error:
        return error
