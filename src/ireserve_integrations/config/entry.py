"""One `[[integrations]]` row: what could be read of it, and what is wrong with it by itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from ..kit.settings import Tab
from ..model import ConfigProblem, Integration, MappingRow
from .document import shown
from .reference import References, is_reference
from .shape import Choice, Rows, Switch, Table, Word, Words, load_rows, load_unnamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An integration as the file has it."""

    integration: Integration
    """What could be read; where there are problems, not to be used."""
    problems: tuple[ConfigProblem, ...] = ()
    """What is wrong with the row before any plugin has looked at it."""
    references: frozenset[str] = frozenset()
    """The keys of `auth` that were given as `{ env = … }` or `{ file = … }`."""
    stage_typed: bool = False
    """Whether the stage stands in the file, rather than being the default."""


class _Id(Tab):
    id = Word(required=True)


class _Row(_Id):
    vendor = Word(required=True)
    active = Switch()
    stage = Choice("test", "production")
    auth = Table()
    details = Table()
    mapping = Rows()


class _MappingRow(Tab):
    object = Word(required=True)
    sub_object = Word()
    targets = Words(required=True, filled=True)


def read_id(raw: Mapping[str, Any]) -> tuple[str, tuple[ConfigProblem, ...]]:
    """Return a row's id, or an empty text and why there is none."""
    values, problems = load_unnamed(_Id, {key: raw[key] for key in ("id",) if key in raw})
    return values.get("id", ""), problems


def read_entry(raw: Mapping[str, Any], references: References) -> Entry:
    """Read a row whose id is in order; never raises."""
    values, problems = load_unnamed(_Row, raw)
    given = values.pop("auth", {})
    auth, unresolved = references.resolve(given, "auth")
    details = values.pop("details", {})
    mapping, misshapen = _read_mapping(values.pop("mapping", []))
    integration = Integration(
        **{"vendor": ""} | values,
        auth=MappingProxyType(auth),
        details=MappingProxyType(details),
        mapping=mapping,
    )
    found = (*problems, *unresolved, *_misplaced(details), *misshapen)
    held = frozenset(key for key, value in given.items() if is_reference(value))
    typed = "stage" in values
    return Entry(integration=integration, problems=found, references=held, stage_typed=typed)


def _read_mapping(
    raw: list[Any],
) -> tuple[tuple[MappingRow, ...], tuple[ConfigProblem, ...]]:
    rows, problems = load_rows(_MappingRow, raw, "mapping")
    places: dict[tuple[str, str | None], int] = {}
    mapping = []
    for place, values in rows.items():
        row = MappingRow(**values)
        first = places.setdefault((row.object, row.sub_object), place)
        if first == place:
            mapping.append(row)
        else:
            problems += (_twice(row, place, first),)
    return tuple(mapping), problems


def _twice(row: MappingRow, place: int, first: int) -> ConfigProblem:
    what = f"object {shown(row.object)}" + (
        f", sub-object {shown(row.sub_object)}" if row.sub_object else ""
    )
    message = f"{what} has a row already, mapping[{first}]; put all targets into one"
    return ConfigProblem(path=f"mapping[{place}]", message=message)


def _misplaced(details: Mapping[str, Any]) -> Iterable[ConfigProblem]:
    message = "takes no { env = … } or { file = … }; only auth does"
    return (
        ConfigProblem(path=f"details.{shown(key)}", message=message)
        for key, value in details.items()
        if is_reference(value)
    )
