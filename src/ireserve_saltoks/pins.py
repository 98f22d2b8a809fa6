"""PINs of an IQ: four digits, as text, and how one is changed into another."""

from collections.abc import Callable
from typing import TypeAlias

from .access import NotAllowedError

PROPOSE = "propose"
KEEP = "0000"
_PROPOSED_DELTA = "5000"  # on which every known rule agrees
_LENGTH = 4
_PINS = 10**_LENGTH

DeltaRule: TypeAlias = Callable[[str, str], str]


def integer_delta(old: str, new: str) -> str:
    """Return the `delta` of a Set PIN that makes `new` of `old`, by the integer rule.

    Seen in the code of a running municipal system. Another source measured digit-wise subtraction,
    whose PIN the IQ then refused; "0000" and "5000" come out the same by every rule.
    """
    return f"{(int(new) - int(old)) % _PINS:04}"


def proposed_pin(old: str) -> str:
    """Return the PIN that every known rule makes of `old` alike: 5 more in its first digit."""
    return f"{(int(old) + int(_PROPOSED_DELTA)) % _PINS:04}"


def is_proven(delta: str) -> bool:
    """Tell whether all known rules agree on a delta."""
    return delta in {KEEP, _PROPOSED_DELTA}


def read_pin(name: str, typed: str) -> str:
    """Return a PIN that a person typed.

    Raises:
        NotAllowedError: It is none; the sentence has the parameter's name and not its value.
    """
    pin = typed.strip()
    if len(pin) != _LENGTH or not (pin.isascii() and pin.isdigit()):
        raise NotAllowedError(f"{name} must be four digits")
    return pin


def read_new_pin(typed: str | None, current: str) -> str:
    """Return the PIN that is wanted; without one, the current one stays.

    Raises:
        NotAllowedError: It is neither four digits nor `propose`.
    """
    if typed is None:
        return current
    if typed.strip().lower() == PROPOSE:
        return proposed_pin(current)
    try:
        return read_pin("new_pin", typed)
    except NotAllowedError:
        raise NotAllowedError(f"new_pin must be four digits, or {PROPOSE}") from None
