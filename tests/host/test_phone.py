"""Which typed phone numbers take an SMS, and what is said of the others."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ireserve_integrations.kit.phone import Phone, to_e164

_HOW_PEOPLE_WRITE = st.text(
    alphabet="0123456789+ ()-./,;x#\u00a0\uff10\uff16\uff0b\u0663ab", max_size=40
)
_patient = settings(deadline=None)  # the first number of a country loads that country's metadata
_AS_WRITTEN = [  # numbers set aside for fiction or made up
    ("NL, E.164", "+31612345678", "+31612345678"),
    ("NL, 00", "0031 6 12345678", "+31612345678"),
    ("NL, 00 apart", "00 31 6-1234 5678", "+31612345678"),
    ("NL, trunk zero in brackets", "+31 (0)6 1234 5678", "+31612345678"),
    ("NL, trunk zero in brackets after 00", "0031(0)612345678", "+31612345678"),
    ("NL, 00 in brackets", "(0031) 6 12345678", "+31612345678"),
    ("NL, trunk zero in spaced brackets", "+31 ( 0 ) 6 1234 5678", "+31612345678"),
    ("NL, trunk zero left in", "+31 06 12345678", "+31612345678"),
    ("NL, country code in brackets", "(+31) 6 12345678", "+31612345678"),
    ("NL, dots and slash", "+31.6/12.34.56.78", "+31612345678"),
    ("NL, non-breaking spaces", "+31\u00a06\u202f12345678", "+31612345678"),
    ("NL, tab and newline", "\t+31 6\n12345678 \r\n", "+31612345678"),
    ("NL, full width", "＋３１　６　１２３４５６７８", "+31612345678"),
    ("NL, Arabic-Indic digits", "+٣١ ٦ ١٢٣٤٥٦٧٨", "+31612345678"),
    ("NL, typographic dashes", "+31–6‑12−34—5678", "+31612345678"),
    ("NL, direction marks from an address book", "\u202a+31 6 12345678\u202c", "+31612345678"),
    ("NL, zero-width space in a 00 number", "\u200b0031612345678", "+31612345678"),
    ("NL, a list's comma at the end", "+31612345678, ", "+31612345678"),
    ("BE", "+32 470 12 34 56", "+32470123456"),
    ("BE, slash", "0032 475/12.34.56", "+32475123456"),
    ("DE", "+49 (0)1512 3456789", "+4915123456789"),
    ("DE, shorter", "+49 171 / 1234567", "+491711234567"),
    ("FR", "+33 (0)6 12 34 56 78", "+33612345678"),
    ("US, fixed line or mobile", "+1 (202) 555-0123", "+12025550123"),
    ("GB", "+44 (0)7911 123456", "+447911123456"),
    ("IT, whose zero is not a trunk's", "+39 (0)347 1234567", "+393471234567"),
    ("IT, 00", "0039 (0)347 1234567", "+393471234567"),
    ("IT, both in brackets", "(+39) (0)347 1234567", "+393471234567"),
]
_WITHOUT_SMS = [
    ("NL landline", "+31 20 123 4567", "landline"),
    ("BE landline", "+32 2 555 12 34", "landline"),
    ("DE landline", "+49 30 123456", "landline"),
    ("FR landline", "+33 1 42 27 81 86", "landline"),
    ("GB landline", "+44 20 7946 0958", "landline"),
    ("IT landline, zero in brackets", "+39 06 1234 5678", "landline"),
    ("NL premium rate", "+31 900 123456", "service number"),
    ("NL company-wide", "+31 88 123 4567", "service number"),
    ("CH shared cost", "+41 840 123 456", "service number"),
    ("US toll-free", "+1 800 555 1234", "service number"),
    ("world-wide toll-free", "+800 1234 5678", "service number"),
    ("GB pager", "+44 7640 123456", "not a mobile"),
    ("GB personal number", "+44 70 1234 5678", "not a mobile"),
    ("GB set aside for fiction", "+44 7700 900123", "does not exist in its country"),
    ("NL, one digit short", "+31 6 1234567", "does not exist in its country"),
    ("NL, one digit more", "+31 6 123456789", "does not exist in its country"),
    ("national NL", "06 12345678", "no country code"),
    ("national NL in brackets", "(06) 12345678", "no country code"),
    ("country code without plus", "31612345678", "no country code"),
    ("national US", "202-555-0123", "no country code"),
    ("unknown country code", "+999 1234567", "country code does not exist"),
    ("three zeros", "000316 12345678", "country code does not exist"),
    ("digits without end", "+31" + "6" * 18, "too long"),
    ("a megabyte", "+31 6 " * 200_000, "too long"),
    ("many times an expanding ligature", "ﷺ" * 100, "cannot be read"),
    ("extension with x", "+1 202 555 0123 x5", "extension"),
    ("extension in words", "+31 6 12345678 ext. 5", "extension"),
    ("extension as in RFC 3966", "+31612345678;ext=5", "extension"),
    ("extension after a comma, valid without it", "+49 171 1234567,5", "extension"),
    ("extension after a number sign", "+31 6 12345678 # 5", "extension"),
    ("two numbers", "+31 6 12345678, +31 6 87654321", "extension"),
    ("two numbers, slash", "+31 6 12345678 / 06 87654321", "too long"),
    ("two plus signs", "+31 6 12345678 +31 6 87654321", "cannot be read"),
    ("words", "ask at the desk", "cannot be read"),
    ("a number with letters", "+1 202 FLOWERS", "cannot be read"),
    ("a remark behind it", "+31 6 12345678 (mobile)", "cannot be read"),
    ("a plus alone", "+", "cannot be read"),
    ("a zero pair alone", "00", "cannot be read"),
    ("a country code alone", "+31", "cannot be read"),
    ("a country code and a digit", "+31 6", "cannot be read"),
    ("a dash for none", "-", "cannot be read"),
    ("half a surrogate pair", "+31 6 12345678\ud800", "cannot be read"),
    ("a service code", "*100#", "cannot be read"),
]


@pytest.mark.parametrize(
    ("raw", "e164"), [pytest.param(raw, e164, id=name) for name, raw, e164 in _AS_WRITTEN]
)
def test_a_mobile_number_becomes_e164_however_it_is_written(raw: str, e164: str) -> None:
    assert to_e164(raw) == Phone(e164=e164)


@pytest.mark.parametrize(
    ("raw", "why"), [pytest.param(raw, why, id=name) for name, raw, why in _WITHOUT_SMS]
)
def test_any_other_number_gets_no_sms_and_a_reason(raw: str, why: str) -> None:
    phone = to_e164(raw)

    assert phone.e164 is None
    assert why in (phone.reason or "")


@pytest.mark.parametrize("raw", ["", " ", "\u00a0\t\r\n", "\u200b", "\u200e \u200f"])
def test_a_blank_number_is_none_given_and_nothing_to_warn_of(raw: str) -> None:
    assert to_e164(raw) == Phone(e164=None, reason=None)


def test_the_number_is_shown_in_no_representation() -> None:
    assert "612345678" not in repr(to_e164("+31612345678"))


@_patient
@given(st.one_of(st.text(), _HOW_PEOPLE_WRITE))
@example("+31612345678")
@example("+49 1512 3456789 0123")
@example("\ud800")
def test_every_text_ends_as_e164_or_a_reason_or_nothing(raw: str) -> None:
    phone = to_e164(raw)

    assert phone.e164 is None or phone.reason is None
    assert re.fullmatch(r"(\+[1-9][0-9]{6,14})?", phone.e164 or "")


@_patient
@given(st.one_of(st.text(), _HOW_PEOPLE_WRITE))
@example("+31 20 123 4567")
@example("00 31 06")
def test_no_reason_carries_a_digit_of_the_number(raw: str) -> None:
    assert not re.search(r"\d", to_e164(raw).reason or "")


@_patient
@given(st.from_regex(r"[1-9][0-9]{4,14}", fullmatch=True))
@example("31612345678")
def test_a_number_is_the_same_with_two_zeros_as_with_a_plus(digits: str) -> None:
    assert to_e164("00" + digits) == to_e164("+" + digits)


@_patient
@given(st.from_regex(r"\+(31|32|49|33|1|44)[1-9][0-9]{7,10}", fullmatch=True))
@example("+31612345678")
@example("+4915123456789")
def test_e164_read_again_stays_as_it_is(raw: str) -> None:
    once = to_e164(raw)

    assert to_e164(once.e164 or "") == Phone(e164=once.e164)
