"""What events showed of the booking core: statuses, booking fields, objects.

It completes the catalogue that was typed, so that settings can be checked against it.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert  # SQLite's compiler understands it too

from ..model import StatusChange
from .tables import seen

Sighting = tuple[str, str, str]  # kind, name, parent
_MOST = 5_000  # a core that invents a name for every booking must not fill the ledger

_put = insert(seen).on_conflict_do_nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything that any event named."""

    statuses: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    objects: frozenset[tuple[str, str | None]] = field(default=frozenset())
    """Objects and, if any, the sub-object."""


class Sightings:
    """Writes down what is new; remembers what is not, so that most changes cost nothing."""

    def __init__(self) -> None:
        self._known: set[Sighting] = set()
        self._lock = threading.Lock()

    def fresh(self, changes: Iterable[StatusChange]) -> set[Sighting]:
        """Return what these changes name for the first time, as far as this process knows."""
        known = self._known
        if len(known) > _MOST:
            return set()
        return {one for change in changes for one in _sightings(change) if one not in known}

    def remember(self, fresh: set[Sighting]) -> None:
        """Take what is on disk now as known."""
        if fresh:
            with self._lock:
                self._known = self._known | fresh  # a set that others are reading does not change


def write_sightings(connection: Connection, fresh: set[Sighting]) -> None:
    """Write down what was named for the first time, inside the caller's transaction."""
    if fresh:
        rows = [{"kind": k, "name": n, "parent": p} for k, n, p in sorted(fresh)]
        connection.execute(_put, rows)


def read_seen(connection: Connection) -> Seen:
    """Return everything that was seen."""
    rows = connection.execute(select(seen.c.kind, seen.c.name, seen.c.parent)).all()
    return Seen(
        statuses=frozenset(row.name for row in rows if row.kind == "status"),
        fields=frozenset(row.name for row in rows if row.kind == "field"),
        objects=frozenset(
            (row.parent, row.name) if row.parent else (row.name, None)
            for row in rows
            if row.kind == "object"
        ),
    )


def _sightings(change: StatusChange) -> Iterator[Sighting]:
    yield "status", change.new_status, ""
    if change.old_status is not None:
        yield "status", change.old_status, ""
    for name in change.booking.fields:
        yield "field", name, ""
    for booked in change.booking.objects:
        yield "object", booked.object, ""
        if booked.sub_object is not None:
            yield "object", booked.sub_object, booked.object
