"""What the tables of integrations.toml are made of."""

import difflib
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, fields

from ..kit.settings import Text, load_tab
from ..model import ConfigProblem
from .document import shown

_LARGEST_NUMBER_BITS = 64  # TOML's integers; Python refuses to print one of thousands of digits
_MISSING = {"required": "is missing", "null": "is missing"}


class Word(Text):
    """A text that people tend to write as a number: an id, a status."""

    default_error_messages = {  # noqa: RUF012  # marshmallow's own way
        "number": 'is a number; write it in quotes: "{value}"',
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is int and value.bit_length() < _LARGEST_NUMBER_BITS:
            raise self.make_error("number", value=value)
        return super()._deserialize(value, attr, data, **kwargs)


class Words(fields.List[str]):
    """A list of words; `filled` where it must not be empty."""

    default_error_messages = {  # noqa: RUF012
        **_MISSING,
        "invalid": "must be a list of texts in quotes",
        "empty": "is empty",
    }

    def __init__(self, *, filled: bool = False, **kwargs: Any) -> None:
        """Take what `marshmallow.fields.List` takes, but the inner field."""
        super().__init__(Word(), **kwargs)
        self._filled = filled

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if self._filled and not value:
            raise self.make_error("empty")
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class Number(fields.Field[float]):
    """A number within bounds, both included; `whole` where it counts something."""

    default_error_messages = {  # noqa: RUF012
        **_MISSING,
        "invalid": "must be a number from {low:,} to {high:,}",
        "whole": "must be a whole number from {low:,} to {high:,}",
    }

    def __init__(self, *, low: float, high: float, whole: bool = False, **kwargs: Any) -> None:
        """Take the bounds, and what `marshmallow.fields.Field` takes."""
        super().__init__(**kwargs)
        self._low, self._high, self._whole = low, high, whole

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:  # noqa: ARG002
        numbers = (int,) if self._whole else (int, float)
        if type(value) not in numbers or not self._low <= value <= self._high:
            error = "whole" if self._whole else "invalid"
            raise self.make_error(error, low=self._low, high=self._high)
        return float(value) if not self._whole else int(value)


class Switch(fields.Field[bool]):
    """True or false, and nothing that looks like it."""

    default_error_messages = {**_MISSING, "invalid": "must be true or false"}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Choice(fields.Field[str]):
    """One of a few words."""

    default_error_messages = {**_MISSING, "invalid": "must be {choices}"}  # noqa: RUF012

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        """Take the words, and what `marshmallow.fields.Field` takes."""
        super().__init__(**kwargs)
        self._choices = choices

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002
        if not (isinstance(value, str) and value in self._choices):
            raise self.make_error("invalid", choices=" or ".join(f'"{c}"' for c in self._choices))
        return value


class Table(fields.Field[dict[str, Any]]):
    """A table, whose keys somebody else reads."""

    default_error_messages = {**_MISSING, "invalid": "must be a table"}  # noqa: RUF012

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        data: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        return dict(value)


class Rows(fields.Field[list[Any]]):
    """A list of tables, for `load_rows`."""

    default_error_messages = {**_MISSING, "invalid": "must be a list of tables"}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:  # noqa: ARG002
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return value


class Names(Table):
    """A table of texts by word, such as `{ "30" = "PAID" }`."""

    default_error_messages = {"names": "must hold texts in quotes only"}  # noqa: RUF012

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> dict[str, Any]:
        table = super()._deserialize(value, attr, data, **kwargs)
        if not all(isinstance(name, str) for name in table.values()):
            raise self.make_error("names")
        return table


class Zone(Text):
    """The name of a time zone; never the machine's own."""

    default_error_messages = {  # noqa: RUF012
        "zone": "is not a time zone that is known here, such as Europe/Amsterdam{near}",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        name = super()._deserialize(value, attr, data, **kwargs)
        try:
            if name != "localtime":  # some systems have a file of that name
                return zoneinfo.ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
        close = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
        raise self.make_error("zone", near=f"; did you mean {close[0]}?" if close else "")


def load_rows(
    schema: type[Schema], raw: Iterable[Any], path: str
) -> tuple[dict[int, dict[str, Any]], tuple[ConfigProblem, ...]]:
    """Read a list of tables of one shape.

    Returns:
        The rows without a fault, by their place in the list, and every problem.
    """
    rows: dict[int, dict[str, Any]] = {}
    problems: list[ConfigProblem] = []
    for place, row in enumerate(raw):
        where = f"{path}[{place}]"
        if not isinstance(row, Mapping):
            problems.append(ConfigProblem(path=where, message="must be a table"))
            continue
        values, faults = load_tab(schema, row, where)
        problems += faults
        if not faults:
            rows[place] = values
    return rows, tuple(problems)


def load_unnamed(
    schema: type[Schema], raw: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[ConfigProblem, ...]]:
    """Read a table that has no name of its own: a path is then a key, as `shown` has it."""
    values, problems = load_tab(schema, raw, "")
    return values, tuple(replace(p, path=shown(p.path.removeprefix("."))) for p in problems)
