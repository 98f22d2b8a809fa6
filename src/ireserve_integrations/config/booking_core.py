"""The table `[booking_core]`: how the booking core is reached, and what its words are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from ..errors import ConfigError
from ..kit.address import safe_address
from ..kit.settings import Secret, Tab, Text, load_tab
from ..model import NOTHING, ConfigProblem
from .reference import References
from .shape import Choice, Names, Number, Rows, Table, Word, Zone, load_rows

_PATH = "booking_core"
_LONGEST_DELAY_S = 3_600  # a field that comes an hour late is of no use to a visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueObject:
    """Something that can be booked."""

    id: str
    name: str = ""
    sub_objects: tuple["CatalogueObject", ...] = ()
    """In the order typed; these have none of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The names of statuses, booking fields and objects, for people; may be incomplete."""

    statuses: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Names by code."""
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    """Titles by field name."""
    objects: tuple[CatalogueObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCoreSettings:
    """`[booking_core]`; everything may be left out."""

    kind: str | None = None
    """`ireserve`, the only one so far."""
    base_url: str | None = None
    """https, or http on loopback, without a trailing slash; `ireserve` has one."""
    token: str | None = field(default=None, repr=False)
    """Of `base_url`; `ireserve` has one."""
    phone_field: str | None = None
    """The custom field of i-Reserve's booking JSON that holds the phone number."""
    language_field: str | None = None
    time_zone: ZoneInfo | None = None
    """How times are shown and written; without it, in the booking's own offset."""
    write_delay_s: float = 5
    catalogue: Catalogue = field(default_factory=Catalogue)


class _ApiAddress(Text):
    """Where the API is: https, or http on this machine."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return safe_address(text, "the address of the API")
        except ConfigError as error:
            raise ValidationError(str(error)) from None


class _BookingCore(Tab):
    kind = Choice("ireserve")
    base_url = _ApiAddress()
    token = Secret()
    phone_field = Text()
    language_field = Text()
    time_zone = Zone()
    write_delay_s = Number(low=0, high=_LONGEST_DELAY_S)
    catalogue = Table()


_Catalogue = Tab.from_dict(  # a class cannot have a marshmallow field named `fields`
    {"statuses": Names(), "fields": Names(), "objects": Rows()}, name="_Catalogue"
)


class _SubObject(Tab):
    id = Word(required=True)
    name = Text()


class _Object(_SubObject):
    sub_objects = Rows()


def read_booking_core(
    raw: Mapping[str, Any], references: References
) -> tuple[BookingCoreSettings, tuple[ConfigProblem, ...]]:
    """Return the settings as far as they can be read, and every problem."""
    token = {key: raw[key] for key in ("token",) if key in raw}
    secret, unresolved = references.resolve(token, _PATH)
    plain = {key: value for key, value in raw.items() if key != "token"}
    values, problems = load_tab(_BookingCore, plain | secret, _PATH)
    catalogue, misnamed = _read_catalogue(values.pop("catalogue", {}))
    settings = BookingCoreSettings(**values, catalogue=catalogue)
    return settings, unresolved + problems + _missing(raw) + misnamed


def _missing(raw: Mapping[str, Any]) -> tuple[ConfigProblem, ...]:
    """Return what i-Reserve cannot be reached without; a value with a fault is not missing."""
    if raw.get("kind") != "ireserve":
        return ()
    return tuple(
        ConfigProblem(path=f"{_PATH}.{name}", message='is missing; kind = "ireserve" needs it')
        for name in ("base_url", "token")
        if name not in raw
    )


def _read_catalogue(raw: Mapping[str, Any]) -> tuple[Catalogue, tuple[ConfigProblem, ...]]:
    path = f"{_PATH}.catalogue"
    values, problems = load_tab(_Catalogue, raw, path)
    objects, misshapen = _read_objects(_Object, values.pop("objects", []), f"{path}.objects")
    return Catalogue(**values, objects=objects), problems + misshapen


def _read_objects(
    schema: type[_SubObject], raw: Any, path: str
) -> tuple[tuple[CatalogueObject, ...], tuple[ConfigProblem, ...]]:
    rows, problems = load_rows(schema, raw, path)
    objects = []
    for place, row in rows.items():
        inner, misshapen = _read_objects(
            _SubObject, row.pop("sub_objects", []), f"{path}[{place}].sub_objects"
        )
        problems += misshapen
        objects.append(CatalogueObject(**row, sub_objects=inner))
    return tuple(objects), problems
