"""The one-time password, and what is made of a PIN."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ireserve_saltoks.access import NotAllowedError
from ireserve_saltoks.otp import OtpKey, one_time_password
from ireserve_saltoks.pins import (
    integer_delta,
    is_proven,
    proposed_pin,
    read_new_pin,
    read_pin,
)

SECRET, PIN = "ABCDEFGHIJKLMNOP", "1234"
MOMENT = datetime(2026, 8, 25, 7, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("utc", "secret", "pin", "otp"),
    [("2026-08-25T07:25:00Z", "ABCDEFGHIJKLMNOP", "1234", "28a5a")],  # the golden vectors
)
def test_the_golden_vectors_come_out(utc: str, secret: str, pin: str, otp: str) -> None:
    assert one_time_password(datetime.fromisoformat(utc), secret, pin) == otp
    assert OtpKey(secret=secret, pin=pin).sign(datetime.fromisoformat(utc)) == otp


@pytest.mark.parametrize(
    "same",
    [
        MOMENT + timedelta(microseconds=999_999),
        MOMENT.astimezone(timezone(timedelta(hours=2))),
        MOMENT.astimezone(timezone(timedelta(hours=-9, minutes=-30))),
    ],
)
def test_a_code_is_that_of_the_whole_second_in_utc(same: datetime) -> None:
    assert one_time_password(same, SECRET, PIN) == "28a5a"


@pytest.mark.parametrize(
    ("moment", "secret", "pin"),
    [
        (MOMENT + timedelta(seconds=1), SECRET, PIN),
        (MOMENT, SECRET.lower(), PIN),
        (MOMENT, SECRET, "0234"),
    ],
)
def test_another_second_secret_or_pin_makes_another_code(
    moment: datetime, secret: str, pin: str
) -> None:
    assert one_time_password(moment, secret, pin) != "28a5a"


def test_small_numbers_keep_their_zeros() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    # printf 20260102030405ABCDEFGHIJKLMNOP0007 | md5sum
    assert one_time_password(moment, SECRET, "0007") == "131c7"


def test_a_naive_time_makes_no_code() -> None:
    with pytest.raises(ValueError, match="naive"):
        one_time_password(MOMENT.replace(tzinfo=None), SECRET, PIN)


def test_neither_secret_nor_pin_is_shown() -> None:
    shown = repr(OtpKey(secret=SECRET, pin=PIN))

    assert SECRET not in shown
    assert PIN not in shown


@pytest.mark.parametrize(
    ("old", "new", "delta"),
    [
        ("1234", "1234", "0000"),
        ("1234", "6234", "5000"),
        ("1234", "1235", "0001"),
        ("1235", "1234", "9999"),
        ("9999", "0000", "0001"),
        ("0042", "0007", "9965"),
    ],
)
def test_the_integer_rule_is_the_difference_in_four_digits(old: str, new: str, delta: str) -> None:
    assert integer_delta(old, new) == delta


@pytest.mark.parametrize(
    ("old", "proposed"), [("1234", "6234"), ("6234", "1234"), ("0000", "5000"), ("9007", "4007")]
)
def test_five_more_in_the_first_digit_is_proposed(old: str, proposed: str) -> None:
    assert proposed_pin(old) == proposed
    assert integer_delta(old, proposed) == "5000"


@pytest.mark.parametrize(
    ("delta", "proven"), [("0000", True), ("5000", True), ("0001", False), ("0005", False)]
)
def test_two_deltas_are_the_same_by_every_rule(delta: str, proven: bool) -> None:
    assert is_proven(delta) is proven


@pytest.mark.parametrize("typed", ["0042", " 0042 "])
def test_a_pin_keeps_its_zeros(typed: str) -> None:
    assert read_pin("current_pin", typed) == "0042"


@pytest.mark.parametrize("typed", ["", "123", "12345", "12a4", "12.4", "-123", "١٢٣٤", "²345"])
def test_what_is_no_pin_is_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(NotAllowedError) as caught:
        read_pin("current_pin", typed)
    assert str(caught.value) == "current_pin must be four digits"


@pytest.mark.parametrize(
    ("typed", "new"),
    [
        (None, "1234"),
        ("1234", "1234"),
        ("4321", "4321"),
        ("propose", "6234"),
        (" Propose ", "6234"),
    ],
)
def test_a_new_pin_is_typed_proposed_or_the_current_one(typed: str | None, new: str) -> None:
    assert read_new_pin(typed, "1234") == new


def test_a_new_pin_that_is_none_is_refused() -> None:
    with pytest.raises(NotAllowedError) as caught:
        read_new_pin("suggest", "1234")
    assert str(caught.value) == "new_pin must be four digits, or propose"
