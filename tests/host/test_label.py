"""A label names one request, and is read back whole or not at all."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ireserve_integrations.kit.label import Label

_LABEL = Label(booking="15492", installation="3f9c", number="81ab77d0")
_HEX = "0123456789abcdef"


def test_a_label_is_written_as_people_see_it() -> None:
    assert str(_LABEL) == "i-Reserve 15492 · 3f9c-81ab77d0"


@example(booking="a\n · b", installation="3f9c", number="81ab77d0")
@given(
    booking=st.text(min_size=1),
    installation=st.text(_HEX, min_size=4, max_size=4),
    number=st.text(_HEX, min_size=8, max_size=8),
)
def test_a_label_is_read_back_as_it_was_made(booking: str, installation: str, number: str) -> None:
    label = Label(booking=booking, installation=installation, number=number)

    assert Label.parse(str(label)) == label


def test_a_booking_that_looks_like_a_label_keeps_its_id() -> None:
    label = Label(booking=str(_LABEL), installation="0000", number="00000000")

    assert Label.parse(str(label)) == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15492",
        "i-Reserve 15492",
        "i-Reserve  · 3f9c-81ab77d0",
        "i-Reserve · 3f9c-81ab77d0",
        "I-Reserve 15492 · 3f9c-81ab77d0",
        " i-Reserve 15492 · 3f9c-81ab77d0",
        "i-Reserve 15492 · 3f9c-81ab77d0 ",
        "i-Reserve 15492 · 3f9c-81ab77d0\n",
        "i-Reserve 15492 · 3f9c-81ab77d",
        "i-Reserve 15492 · 3f9c-81ab77d00",
        "i-Reserve 15492 · 3F9C-81AB77D0",
        "i-Reserve 15492 · 3f9c81ab77d0",
        "i-Reserve 15492 - 3f9c-81ab77d0",
        "i-Reserve 15492 · 3f9c-81ab77dg",
        "i-Reserve 15492 · 3f9c-٨1ab77d0",
    ],
)
def test_what_is_not_a_whole_label_is_none(text: str) -> None:
    assert Label.parse(text) is None


@given(st.text())
def test_no_text_makes_reading_a_label_raise(text: str) -> None:
    assert Label.parse(text) is None or text.startswith("i-Reserve ")
