"""The values that events are made of, checked one by one.

Each function returns the value as we keep it, or raises a `ValueError` that says what is wrong and
quotes nothing but times and ids: a customer's data and field values appear in no message.
"""

import math
import re
from datetime import UTC, datetime, timezone
from typing import Any

_LONGEST_NAME = 255  # characters
_LONGEST_QUOTE = 40
_ENDLESS = 10**_LONGEST_NAME  # Python refuses to print integers of thousands of digits
_LARGEST_SEQUENCE = 2**63 - 1  # a database's integer
_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_PAST_LAST = datetime(2201, 1, 1, tzinfo=UTC)
_LAST_YEAR = 2200  # in the first and the last one, the offset decides
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # a field may have lines
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(?P<offset>Z|[+-]\d\d(:?\d\d)?)?", re.ASCII
)


def read_name(value: Any) -> str:
    """Return an opaque status or name; a whole number is taken as its digits."""
    if type(value) is int and abs(value) < _ENDLESS:
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004  # the one error of this module
    if not value:
        raise ValueError("is empty")
    if len(value) > _LONGEST_NAME:
        raise ValueError(f"is longer than {_LONGEST_NAME} characters")
    return _storable(value, _CONTROL)


def read_status(value: Any) -> str | None:
    """Return a status that only informs; an empty one is none."""
    return None if value == "" else read_name(value)


def read_id(value: Any) -> str:
    """Return an opaque id that can be one segment of a path."""
    name = read_name(value)
    if name in {".", ".."}:
        raise ValueError(f"{name!r} cannot be used as an id")
    return name


def read_text(value: Any) -> str:
    """Return a text of any length, which may have lines; a number is taken as its digits."""
    if type(value) is int and abs(value) < _ENDLESS:
        return str(value)
    if type(value) is float and math.isfinite(value):
        return repr(value)
    if not isinstance(value, str):
        raise ValueError("must be a text or a number")  # noqa: TRY004
    return _storable(value, _CONTROL_IN_TEXT)


def read_sequence(value: Any) -> int:
    """Return a place in a booking's order."""
    if type(value) is not int or not 0 <= value <= _LARGEST_SEQUENCE:
        raise ValueError("must be a whole number from 0 to 2⁶³ − 1")
    return value


def read_time(value: Any) -> datetime:
    """Return a time with its offset fixed, so that times of one zone compare as moments."""
    moment = value if isinstance(value, datetime) else _parse_time(value)
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{_quoted(value)} has no time zone: add an offset such as +01:00")
    if moment.fold or type(moment.tzinfo) is not timezone:
        moment = moment.replace(tzinfo=timezone(offset), fold=0)
    if not (_FIRST.year < moment.year < _LAST_YEAR or _FIRST <= moment < _PAST_LAST):
        raise ValueError(f"{_quoted(value)} is not in the years 2000 to 2200")
    return moment


def _parse_time(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a time such as 2026-11-21T10:00:00+01:00")  # noqa: TRY004
    if not _TIME.fullmatch(value):
        raise ValueError(f"{_quoted(value)} is no time such as 2026-11-21T10:00:00+01:00")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{_quoted(value)} is a time that does not exist") from None


def _storable(value: str, unwanted: re.Pattern[str]) -> str:
    if value.isascii() and value.isprintable():  # as most are
        return value
    if unwanted.search(value):
        raise ValueError("holds a control character")
    if not value.isascii() and _SURROGATE.search(value):
        raise ValueError("holds half a character (a lone surrogate)")
    return value


def _quoted(value: Any) -> str:
    text = str(value)
    return ascii(text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}...")
