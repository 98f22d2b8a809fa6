"""Fields of the tabs Authentication and Details that vendors share, and how a tab is read."""

import difflib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from ..model import ConfigProblem

_WEEK_MINUTES = 10_080  # the longest time before that the administration form takes


class Tab(Schema):
    """Base of a tab's schema: unknown keys are refused; help texts in `metadata["help"]`."""

    class Meta:
        """A typing error in a key must not silently leave a setting at its default."""

        unknown = RAISE


class Text(fields.String):
    """A non-empty text on one line; surrounding blanks go."""

    default_error_messages = {  # noqa: RUF012  # marshmallow's own way
        "required": "is missing",
        "null": "is missing",
        "invalid": "must be a text in quotes",
        "empty": "is empty",
        "control": "holds a line break or an invisible character",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not text:
            raise self.make_error("empty")
        if not text.isprintable():
            raise self.make_error("control")
        return text


class Secret(Text):
    """A text that `validate` wants as a reference and that is shown to nobody."""


class BookingField(Text):
    """The name of a booking field, which no other setting or integration may share."""


class Digits(Text):
    """A text of digits only."""

    default_error_messages = {"digits": "must be digits only"}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not (text.isascii() and text.isdigit()):
            raise self.make_error("digits")
        return text


class LanguageCode(Text):
    """Two letters, as lower case."""

    default_error_messages = {"letters": "must be two letters, such as nl"}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not (len(text) == 2 and text.isascii() and text.isalpha()):  # noqa: PLR2004
            raise self.make_error("letters")
        return text.lower()


class Status(Text):
    """One booking status."""


class Statuses(fields.List[str]):
    """One or more booking statuses, each a text, as a tuple in the order typed."""

    default_error_messages = {  # noqa: RUF012
        "required": "is missing",
        "null": "is missing",
        "invalid": 'must be a list of statuses, such as ["30"]',
        "empty": "names no status",
        "twice": "names a status twice: {status}",
    }

    def __init__(self, **kwargs: Any) -> None:
        """Take what `marshmallow.fields.List` takes, but the inner field."""
        super().__init__(Text(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        statuses = super()._deserialize(value, attr, data, **kwargs)
        if not statuses and self.required:
            raise self.make_error("empty")
        twice = next((s for s in statuses if statuses.count(s) > 1), None)
        if twice is not None:
            raise self.make_error("twice", status=twice)
        return tuple(statuses)


class Minutes(fields.Integer):
    """Whole minutes from 0 to 10,080, a week."""

    default_error_messages = {  # noqa: RUF012
        "required": "is missing",
        "null": "is missing",
        "invalid": "must be a whole number of minutes",
    }

    def __init__(self, **kwargs: Any) -> None:
        """Take what `marshmallow.fields.Integer` takes."""
        limits = validate.Range(0, _WEEK_MINUTES, error="must be from 0 to 10,080 minutes")
        super().__init__(strict=True, validate=limits, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


@cache
def _made(schema: type[Schema]) -> Schema:
    """Return a schema's one instance: making it costs more than reading a tab with it."""
    return schema()


def load_tab(
    schema: type[Schema], raw: Mapping[str, Any], tab: str
) -> tuple[dict[str, Any], tuple[ConfigProblem, ...]]:
    """Read one tab.

    Args:
        schema: The tab's schema class.
        raw: As typed.
        tab: Leads every problem's path: `auth`, `details`, `platform`.

    Returns:
        What is valid, by field, and every problem, in the order of paths.
    """
    try:
        return dict(_made(schema).load(dict(raw))), ()
    except ValidationError as error:
        known = tuple(_made(schema).fields)
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]  # theirs
        problems = sorted(_problems(messages, tab, known), key=lambda problem: problem.path)
        valid = error.valid_data if isinstance(error.valid_data, dict) else {}
        return {key: valid[key] for key in valid if key not in messages}, tuple(problems)


def secret_names(schema: type[Schema]) -> frozenset[str]:
    """Return the names of a tab's secrets."""
    fields_of = _made(schema).fields.items()
    return frozenset(name for name, field in fields_of if isinstance(field, Secret))


def booking_fields(schema: type[Schema], raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the booking fields that a tab's settings name, by setting."""
    fields_of = _made(schema).fields.items()
    names = (name for name, field in fields_of if isinstance(field, BookingField))
    typed = ((name, raw[name].strip()) for name in names if isinstance(raw.get(name), str))
    return {name: booking_field for name, booking_field in typed if booking_field}


def statuses_of(schema: type[Schema], raw: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the statuses that a tab's settings name, by setting, in the order typed."""
    fields_of = _made(schema).fields.items()
    names = (name for name, field in fields_of if isinstance(field, Status | Statuses))
    typed = ((name, _texts(raw.get(name))) for name in names)
    return {name: statuses for name, statuses in typed if statuses}


def near_miss(word: str, known: tuple[str, ...]) -> str:
    """Return `, did you mean …?` or the list of what there is, to end a sentence about a key."""
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there is {', '.join(known)}" if known else ""


def _texts(typed: Any) -> tuple[str, ...]:
    """Return what can be read of one text, or of a list of them; the rest is a problem anyway."""
    words = typed if isinstance(typed, list | tuple) else [typed]
    return tuple(word.strip() for word in words if isinstance(word, str) and word.strip())


def _problems(messages: Any, path: str, known: tuple[str, ...]) -> Iterator[ConfigProblem]:
    """Flatten marshmallow's nested messages into one problem each."""
    if not isinstance(messages, Mapping):
        for message in messages:
            yield ConfigProblem(path=path, message=str(message))
        return
    for key, inner in messages.items():
        if key == "_schema":
            yield from _problems(inner, path, known)
        elif inner == ["Unknown field."]:
            yield ConfigProblem(
                path=f"{path}.{key}", message=f"is not a setting{near_miss(str(key), known)}"
            )
        else:
            step = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}"
            yield from _problems(inner, step, known)
