"""JSON from outside: a value, or a sentence that says what is wrong and quotes nothing."""

import json
import math
from typing import Any, NoReturn

_LARGEST = 64 * 1024 * 1024  # bytes, or characters of a text


def parse_json(text: bytes | str) -> Any:
    """Return the value that a JSON text holds.

    Raises:
        ValueError: It is too large, not UTF-8, not JSON (NaN and Infinity are not), or nested too
            deeply.
    """
    if len(text) > _LARGEST:
        raise ValueError(f"is larger than {_LARGEST // 1024**2} MiB")
    decoded = _decode(text) if isinstance(text, bytes) else text.removeprefix("\ufeff")
    try:
        return json.loads(decoded, parse_constant=_refuse, parse_float=_finite)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"is not JSON: {error.msg} ({where})") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None
    except _NumberError as error:
        raise ValueError(f"is not JSON: {error}") from None
    except ValueError:  # Python's limit on the digits of a number
        raise ValueError("is not JSON that can be read: a number is too long") from None


class _NumberError(ValueError):
    """A number that JSON, or a float, does not know."""


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"is not UTF-8 (byte {error.start})") from None


def _refuse(word: str) -> NoReturn:
    raise _NumberError(f"{word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _NumberError("a number is too large")
    return number
