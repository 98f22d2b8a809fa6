"""A grant as the ledger keeps it, and its states.

    asking ──► current ──► revoking ──► revoked
       │          └──────────┴────────► over
       └► not made, over

`beside` is live access that a booking field named while another grant was current; it ends with it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import RowMapping

from ..model import BookedObject, Booking, Grant, Window


class State(StrEnum):
    """Where a grant stands."""

    ASKING = "asking"
    """Its label is on disk; the vendor may have been asked."""
    CURRENT = "current"
    BESIDE = "beside"
    REVOKING = "revoking"
    """It is to end; never becomes current again."""
    REVOKED = "revoked"
    OVER = "over"
    """Its window has passed; closed without a call."""
    NOT_MADE = "not made"


UNSETTLED = (State.ASKING, State.CURRENT, State.BESIDE, State.REVOKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the booking said when a grant was asked for."""

    digest: str
    start: datetime
    end: datetime
    objects: tuple[BookedObject, ...]

    def exceeds(self, booking: Booking) -> bool:
        """Tell whether access for this gives more than the booking allows: a room, an hour."""
        return (
            not set(self.objects) <= set(booking.objects)
            or self.start < booking.start
            or self.end > booking.end
        )

    def as_columns(self) -> dict[str, Any]:
        """Return the columns of `tables.grants` that hold this."""
        return {
            "said": self.digest,
            "said_start": self.start,
            "said_end": self.end,
            "said_objects": [[booked.object, booked.sub_object] for booked in self.objects],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGrant:
    """One row of `tables.grants`."""

    id: int
    state: State
    label: str
    said: Said
    search_at: datetime | None = None
    """When no late request can arrive any more; of one that is asking."""
    grant: Grant | None = None
    """None until it is made."""

    @property
    def ends_at(self) -> datetime:
        """When it is over by itself; while it is asked for, what the booking said then."""
        return self.said.end if self.grant is None else self.grant.window.end

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read a row."""
        said = Said(
            digest=row["said"],
            start=row["said_start"],
            end=row["said_end"],
            objects=tuple(BookedObject(object=o, sub_object=s) for o, s in row["said_objects"]),
        )
        grant = None
        if row["reference"] is not None:
            grant = Grant(
                reference=row["reference"],
                window=Window(start=row["starts_at"], end=row["ends_at"]),
                place=row["place"],
                targets=tuple(row["targets"]),
                field=row["field"],
                label=row["label"],
            )
        return cls(
            id=row["id"],
            state=State(row["state"]),
            label=row["label"],
            said=said,
            search_at=row["search_at"],
            grant=grant,
        )


def grant_columns(grant: Grant) -> dict[str, Any]:
    """Return the columns of `tables.grants` that hold what was made."""
    return {
        "reference": grant.reference,
        "place": dict(grant.place),
        "targets": list(grant.targets),
        "field": grant.field,
        "starts_at": grant.window.start,
        "ends_at": grant.window.end,
    }
