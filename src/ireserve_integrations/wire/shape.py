"""How events are put together of checked values: marshmallow's part."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from .value import read_name, read_text

_MISSING = {"required": "is missing", "null": "is missing"}
_NOT_AN_OBJECT = "must be an object"
_LONGEST_STEP = 40  # characters of a field's name in a message
_SHOWN = 3  # faults of one event that its error names


class Part(Schema):
    """Base of every object; unknown keys are passed over, since the core may grow."""

    error_messages = {"type": _NOT_AN_OBJECT}  # noqa: RUF012  # marshmallow's own way

    class Meta:
        """Marshmallow's options."""

        unknown = EXCLUDE


class Checked(fields.Field[Any]):
    """A value that one function of `value` reads."""

    default_error_messages = {**_MISSING}  # noqa: RUF012

    def __init__(self, read: Callable[[Any], Any], **kwargs: Any) -> None:
        """Take the function, and what `marshmallow.fields.Field` takes."""
        super().__init__(**kwargs)
        self._read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        try:
            return self._read(value)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class Inner(fields.Nested):
    """An object in an object; one of the model's values will do."""

    default_error_messages = {**_MISSING, "type": _NOT_AN_OBJECT}  # noqa: RUF012

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._deserialize(plain(value), *args, **kwargs)


class Array(fields.List[Any]):
    """A list."""

    default_error_messages = {**_MISSING, "invalid": "must be an array"}  # noqa: RUF012


class FieldValues(fields.Field[Mapping[str, str]]):
    """Booking fields by name."""

    default_error_messages = {  # noqa: RUF012
        **_MISSING,
        "invalid": _NOT_AN_OBJECT,
        "name": "has a name that is empty, too long, or holds a control character",
    }

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        data: Any,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> Mapping[str, str]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        read, faults = {}, {}
        for name, content in value.items():
            try:
                key = read_name(name)
            except ValueError:
                raise self.make_error("name") from None
            try:
                read[key] = "" if content is None else read_text(content)
            except ValueError as error:
                faults[key] = [str(error)]
        if faults:
            raise ValidationError(faults)
        return MappingProxyType(read)


def load(schema: Schema, raw: Any) -> Any:
    """Return what the schema makes of a value from outside.

    Raises:
        ValueError: It is something else; the message names the fields.
    """
    try:
        return schema.load(plain(raw))
    except ValidationError as error:
        faults = list(_sentences(error.messages, ""))
    more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    raise ValueError("; ".join(faults[:_SHOWN] + more))


def plain(value: Any) -> Any:
    """Return one of the model's values as an object from outside would look; others unchanged."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return value


def _sentences(messages: Any, path: str) -> Iterator[str]:
    if not isinstance(messages, Mapping):
        yield from (f"{path}: {message}" if path else str(message) for message in messages)
        return
    for key, inner in messages.items():
        yield from _sentences(inner, path if key == "_schema" else _step(path, key))


def _step(path: str, key: str | int) -> str:
    """Return a path with one step more; a field without a name is no step."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    key = key if len(key) <= _LONGEST_STEP else f"{key[: _LONGEST_STEP - 1]}…"
    return ".".join(filter(None, (path, key)))
