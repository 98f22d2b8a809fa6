"""Whether a phone number as a person typed it can be sent an SMS, and in which form.

Nothing is guessed: with a wrong country code, a stranger would be sent the way into a building.
"""

import re
import unicodedata
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_MOST_CHARACTERS = 100  # E.164 has 15 digits at most; the rest leaves room for how people write
_DROPPED_CATEGORIES = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp", "Pd", "Ps", "Pe", "Pi", "Pf"})
_DROPPED_SIGNS = frozenset("./\\_'\"·•\N{MINUS SIGN}")  # punctuation that says nothing
_EXTENSION = re.compile(r"\d\W*(?:[,;#x]|ext)\D*\d", re.IGNORECASE)
_TRAILING_SIGNS = ",;: \t\r\n"  # left over from a list
_TRUNK_ZERO = re.compile(r"(\+\d{1,3}\)?)\(0\)")  # "+31 (0)6": dialled at home only
_NUMBER = re.compile(r"\+[0-9]+")

_NOT_A_NUMBER = "The phone number cannot be read as one, so no SMS can be sent."
_NO_COUNTRY_CODE = "The phone number has no country code, so no SMS can be sent."
_HAS_EXTENSION = "The phone number has an extension or a second number, so no SMS can be sent."
_TOO_LONG = "The phone number is too long, so no SMS can be sent."
_UNKNOWN_COUNTRY = "The phone number's country code does not exist, so no SMS can be sent."
_NOT_ASSIGNABLE = "The phone number does not exist in its country, so no SMS can be sent."
_LANDLINE = "The phone number is a landline, so no SMS can be sent."
_SERVICE = "The phone number is a service number, not a mobile one, so no SMS can be sent."
_NOT_MOBILE = "The phone number is not a mobile one, so no SMS can be sent."

_MOBILE_TYPES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_REASON_BY_TYPE = {
    PhoneNumberType.UNKNOWN: _NOT_ASSIGNABLE,
    PhoneNumberType.FIXED_LINE: _LANDLINE,
    PhoneNumberType.PREMIUM_RATE: _SERVICE,
    PhoneNumberType.SHARED_COST: _SERVICE,
    PhoneNumberType.TOLL_FREE: _SERVICE,
    PhoneNumberType.UAN: _SERVICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number that takes an SMS, or why there is none; neither, when none was given."""

    e164: str | None = field(default=None, repr=False)
    """`+`, country code and number in ASCII digits, 15 at most; None where no SMS can be sent."""

    reason: str | None = None
    """A whole sentence without any part of the number, fit for a warning; None where there is
    nothing to warn of: the number is fine, or none was given."""


def to_e164(raw: str) -> Phone:
    """Return the number in E.164 if an SMS can be sent to it, or the reason why not.

    A leading `00` is read as `+`; white space, punctuation and the `(0)` in `+31 (0)6` go; digits
    of any script count. Blank text answers an empty `Phone`. No text makes it raise.

    Source: number types and validity by the `phonenumbers` library (Google's metadata, as old as
    the installed version); "fixed line or mobile", all that is known of a North American number,
    counts as mobile. Resivo sends SMS to mobile numbers in E.164 only (its documentation).
    """
    given = raw.strip()
    if len(given) > _MOST_CHARACTERS:
        return Phone(reason=_TOO_LONG)
    text = _fold(given)
    if not text:
        return Phone()
    if _EXTENSION.search(text):
        return Phone(reason=_HAS_EXTENSION)
    number = _strip_punctuation(text)
    if _NUMBER.fullmatch(number):
        return _classify(number)
    return Phone(reason=_NO_COUNTRY_CODE if number.isdecimal() else _NOT_A_NUMBER)


def _fold(raw: str) -> str:
    """Return the text with every digit in ASCII, nothing invisible, and its ends cut."""
    visible = "".join(_to_ascii(sign) for sign in unicodedata.normalize("NFKC", raw))
    return visible.rstrip(_TRAILING_SIGNS).lstrip()


def _to_ascii(sign: str) -> str:
    """Return a digit in ASCII, nothing for an invisible sign, anything else as it is."""
    match unicodedata.category(sign):
        case "Nd":
            return str(unicodedata.decimal(sign))
        case "Cf":  # zero-width and direction marks come along from address books
            return ""
        case _:
            return sign


def _strip_punctuation(text: str) -> str:
    """Return what is left without punctuation: a number begins with `+` where the text said so."""
    dense = "".join(sign for sign in text if not sign.isspace())
    number = "".join(sign for sign in _TRUNK_ZERO.sub(r"\1", _open(dense)) if not _is_dropped(sign))
    return _open(number)


def _open(number: str) -> str:
    """Return the number with a leading `00` as the `+` that it stands for."""
    return "+" + number[2:] if number.startswith("00") else number


def _is_dropped(sign: str) -> bool:
    return sign in _DROPPED_SIGNS or unicodedata.category(sign) in _DROPPED_CATEGORIES


def _classify(number: str) -> Phone:
    """Return what phonenumbers makes of `+` and digits."""
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException as error:
        return Phone(reason=_explain(error))
    kind = phonenumbers.number_type(parsed)
    if kind not in _MOBILE_TYPES:
        return Phone(reason=_REASON_BY_TYPE.get(kind, _NOT_MOBILE))
    return Phone(e164=phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def _explain(error: NumberParseException) -> str:
    """Return the reason in our words: the library's own message may quote the number."""
    match error.error_type:
        case NumberParseException.INVALID_COUNTRY_CODE:
            return _UNKNOWN_COUNTRY
        case NumberParseException.TOO_LONG:
            return _TOO_LONG
        case _:
            return _NOT_A_NUMBER
