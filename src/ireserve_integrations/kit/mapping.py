"""Which targets a booking gets: the most specific row of each booked object."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..model import BookedObject, MappingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The union over a booking's objects."""

    targets: tuple[str, ...]
    """Sorted, each once; empty when no object has a row."""
    unmapped: tuple[BookedObject, ...]
    """The objects without a row, as booked."""


def map_objects(objects: Iterable[BookedObject], rows: Iterable[MappingRow]) -> Mapped:
    """Apply to each object its sub-object's row, else its main object's, alone."""
    by_key = {(row.object, row.sub_object): row.targets for row in rows}
    targets: set[str] = set()
    unmapped = []
    for booked in objects:
        main = by_key.get((booked.object, None))
        row = by_key.get((booked.object, booked.sub_object), main)
        if row is None:
            unmapped.append(booked)
        else:
            targets.update(row)
    return Mapped(targets=tuple(sorted(targets)), unmapped=tuple(unmapped))
