"""How events are put together of checked values.

Every change passes here on its way to the disk, so this is plain Python: schemas of a library take
half as long for an event as SQLite takes to write it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from .value import read_name, read_text

T = TypeVar("T")
Read = Callable[[Any], Any]
"""Returns a value as we keep it, or raises a `ValueError` that says what is wrong with it."""

_NOT_AN_OBJECT = "must be an object"
_WRONG_NAME = "has a name that is empty, too long, or holds a control character"
_LONGEST_STEP = 40  # characters of a field's name in a message
_SHOWN = 3  # faults of one event that its error names


class FaultsError(ValueError):
    """What is wrong inside a value: for each fault the way to it, and a sentence."""

    def __init__(self, faults: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        """Take them in the order in which they are to be shown."""
        self.faults = tuple(faults)
        sentences = [_sentence(steps, message) for steps, message in self.faults[:_SHOWN]]
        left = len(self.faults) - _SHOWN
        super().__init__("; ".join(sentences + ([f"and {left} more"] if left > 0 else [])))


class Shape(Generic[T]):
    """An object with known members, read into a value; unknown ones are passed over.

    The core may grow. A member that is null is one that is not there.
    """

    def __init__(
        self,
        make: Callable[..., T],
        *,
        required: Mapping[str, Read],
        optional: Mapping[str, Read] | None = None,
        check: Callable[[T], None] | None = None,
    ) -> None:
        """Take what makes the value of members by name, and what raises `FaultsError` of it."""
        self._make, self._check = make, check
        self._members = [
            *((name, read, True) for name, read in required.items()),
            *((name, read, False) for name, read in (optional or {}).items()),
        ]

    def __call__(self, raw: Any) -> T:
        """Return the value; one of the model's own will do as well as an object from outside.

        Raises:
            ValueError: It is something else; the message names the members.
        """
        raw = _as_object(raw)
        found, faults = {}, []
        for name, read, required in self._members:
            value = raw.get(name)
            if value is not None:
                try:
                    found[name] = read(value)
                except ValueError as error:
                    faults += _under(name, error)
            elif required:
                faults.append(((name,), "is missing"))
        if faults:
            raise FaultsError(faults)
        made = self._make(**found)
        if self._check is not None:
            self._check(made)
        return made


def array_of(read: Read) -> Read:
    """Return what reads an array of values."""

    def read_array(raw: Any) -> tuple[Any, ...]:
        if type(raw) is not list and not _is_array(raw):
            raise ValueError("must be an array")
        found, faults = [], []
        for place, value in enumerate(raw):
            try:
                found.append(read(value))
            except ValueError as error:
                faults += _under(place, error)
        if faults:
            raise FaultsError(faults)
        return tuple(found)

    return read_array


def read_fields(raw: Any) -> Mapping[str, str]:
    """Return booking fields by name; one that is null is empty."""
    found, faults = {}, []
    for name, value in _as_object(raw).items():
        try:
            key = read_name(name)
        except ValueError:
            raise ValueError(_WRONG_NAME) from None
        try:
            found[key] = "" if value is None else read_text(value)
        except ValueError as error:
            faults += _under(key, error)
    if faults:
        raise FaultsError(faults)
    return MappingProxyType(found)


def _is_array(raw: Any) -> bool:
    return isinstance(raw, Sequence) and not isinstance(raw, str | bytes | bytearray)


def _as_object(raw: Any) -> Mapping[Any, Any]:
    if type(raw) is dict or isinstance(raw, Mapping):
        mapping: Mapping[Any, Any] = raw
        return mapping
    if is_dataclass(raw) and not isinstance(raw, type):
        return {name: getattr(raw, name) for name in raw.__dataclass_fields__}
    raise ValueError(_NOT_AN_OBJECT)


def _under(step: str | int, error: ValueError) -> list[tuple[tuple[str | int, ...], str]]:
    """Return the faults of a member, as those of what it is a member of."""
    inner = error.faults if isinstance(error, FaultsError) else (((), str(error)),)
    return [((step, *steps), message) for steps, message in inner]


def _sentence(steps: Iterable[str | int], message: str) -> str:
    path = _path(steps)
    return f"{path}: {message}" if path else message


def _path(steps: Iterable[str | int]) -> str:
    """Return steps as `booking.objects[0].object`; a field without a name is no step."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step:
            name = step if len(step) <= _LONGEST_STEP else f"{step[: _LONGEST_STEP - 1]}…"
            path += f".{name}" if path else name
    return path
