"""What the booking core has to be named in settings: as typed, as seen, and what is in neither."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Protocol

from ..config import Catalogue, CatalogueObject
from ..kit.settings import booking_fields, near_miss, statuses_of
from ..model import ConfigProblem, Integration, PluginInfo

_MOST_LISTED = 20  # in a message; a town has thousands of objects


class Seen(Protocol):
    """What events named; the ledger has one."""

    @property
    def statuses(self) -> AbstractSet[str]:
        """Codes."""

    @property
    def fields(self) -> AbstractSet[str]:
        """Names of booking fields."""

    @property
    def objects(self) -> AbstractSet[tuple[str, str | None]]:
        """Objects, each with a sub-object or None."""


def complete_catalogue(typed: Catalogue, seen: Seen) -> Catalogue:
    """Return the typed catalogue and, after it, sorted and without names, what else was seen."""
    subs: dict[str, list[str]] = {}
    for parent, sub in sorted(seen.objects, key=lambda pair: (pair[0], pair[1] or "")):
        subs.setdefault(parent, []).extend([] if sub is None else [sub])
    known = {one.id for one in typed.objects}
    added = (
        CatalogueObject(id=one, sub_objects=_with_seen((), found))
        for one, found in subs.items()
        if one not in known
    )
    completed = (
        replace(one, sub_objects=_with_seen(one.sub_objects, subs.get(one.id, ())))
        for one in typed.objects
    )
    return Catalogue(
        statuses=_with_unnamed(typed.statuses, seen.statuses),
        fields=_with_unnamed(typed.fields, seen.fields),
        objects=(*completed, *added),
    )


def catalogue_problems(
    integrations: Iterable[Integration], infos: Mapping[str, PluginInfo], catalogue: Catalogue
) -> dict[str, tuple[ConfigProblem, ...]]:
    """Return what the integrations' settings name and the catalogue does not, as warnings.

    Args:
        integrations: As they were typed.
        infos: By vendor; of another vendor's integration only the mapping is looked at.
        catalogue: Completed by what was seen. Where it has no status at all, none is missed;
            booking fields, objects and sub-objects likewise.

    Returns:
        By integration, for every one of them.
    """
    known = _Known.of(catalogue)
    return {
        one.id: (*_in_details(one, infos.get(one.vendor), known), *_in_mapping(one, known))
        for one in integrations
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A catalogue as it is searched; everything by id, with the name that people know."""

    statuses: Mapping[str, str]
    fields: Mapping[str, str]
    objects: Mapping[str, str]
    sub_objects: Mapping[str, Mapping[str, str]]
    """By object."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> "_Known":
        return cls(
            statuses=catalogue.statuses,
            fields=catalogue.fields,
            objects={one.id: one.name for one in catalogue.objects},
            sub_objects={
                one.id: {sub.id: sub.name for sub in one.sub_objects} for one in catalogue.objects
            },
        )


def _in_details(
    one: Integration, info: PluginInfo | None, known: _Known
) -> Iterator[ConfigProblem]:
    if info is None:
        return
    if known.statuses:
        for setting, statuses in statuses_of(info.details, one.details).items():
            for status in statuses:
                yield from _missing(f"details.{setting}", "status", status, known.statuses)
    if known.fields:
        for setting, name in booking_fields(info.details, one.details).items():
            yield from _missing(f"details.{setting}", "booking field", name, known.fields)


def _in_mapping(one: Integration, known: _Known) -> Iterator[ConfigProblem]:
    if not known.objects:
        return
    any_sub_object = any(known.sub_objects.values())
    for place, row in enumerate(one.mapping):
        path = f"mapping[{place}]"
        yield from _missing(f"{path}.object", "object", row.object, known.objects)
        if any_sub_object and row.sub_object is not None and row.object in known.objects:
            what, subs = f"object {row.object} with sub-object", known.sub_objects[row.object]
            yield from _missing(f"{path}.sub_object", what, row.sub_object, subs)


def _missing(path: str, what: str, word: str, known: Mapping[str, str]) -> Iterator[ConfigProblem]:
    if word not in known:
        message = f"the booking core is not known to have {what} {word}{_hint(word, known)}"
        yield ConfigProblem(path=path, message=message, severity="warning")


def _hint(word: str, known: Mapping[str, str]) -> str:
    """End the sentence: with the id of what was typed by its name, a near miss, or the list."""
    for one, name in known.items():
        if name and name.casefold() == word.casefold():
            return f"; did you mean {one}, {name}?"
    ids = tuple(known)
    if len(ids) > _MOST_LISTED and not get_close_matches(word, ids, n=1):
        ids = (*ids[:_MOST_LISTED], "…")
    return near_miss(word, ids)


def _with_unnamed(typed: Mapping[str, str], seen: AbstractSet[str]) -> dict[str, str]:
    return {**typed, **dict.fromkeys(sorted(seen - typed.keys()), "")}


def _with_seen(
    typed: tuple[CatalogueObject, ...], seen: Iterable[str]
) -> tuple[CatalogueObject, ...]:
    known = {one.id for one in typed}
    return (*typed, *(CatalogueObject(id=one) for one in seen if one not in known))
