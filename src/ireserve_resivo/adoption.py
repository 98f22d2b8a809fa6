"""An authorisation that a booking field names and the ledger does not know.

A person typed it, or the former integration left it: what lives is adopted, so that moving here
mails nobody twice.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.kit.label import Label
from ireserve_integrations.model import Change, Grant, Window

from .config import Config
from .doors import place_of
from .wire import Authorization

_SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)  # the years that our values have
_NEVER = datetime(2200, 1, 1, tzinfo=UTC)  # so that nothing passes for "over by itself"
_LONGEST_ID = 200


class Reader(Protocol):
    """What is asked of Resivo; `client.Client` does it."""

    def read_authorization(self, site_id: str, authorization_id: str, /) -> Authorization | None:
        """Return an authorisation, None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """What the booking field led to."""

    grant: Grant | None = None
    """Live, and nobody else's; its label is empty, its doors are not known."""
    left_alone: str = ""
    """Why nothing is done with what the field holds; empty where there is nothing to say."""

    @property
    def found(self) -> tuple[Grant, ...]:
        """The grant, as a receipt lists it."""
        return () if self.grant is None else (self.grant,)

    def say(self, what: str) -> tuple[str, ...]:
        """Return the warning, which says `what` becomes of a grant; none where none is due."""
        if self.grant is None:
            return (self.left_alone,) if self.left_alone else ()
        held = f"{self.grant.field} held {self.grant.reference}"
        return (f"{held}, live and not known to the ledger: {what}",)


def look_up(config: Config, change: Change, resivo: Reader) -> Find:
    """Read the id that the booking field holds, if the ledger does not know it.

    Raises:
        UnavailableError: It cannot be read now.
    """
    held = _unknown_id(config, change)
    if not held:
        return Find()
    if not _is_id(held):
        return _leave(config, "what it holds is not an id")
    site_id = config.account.site_id
    if site_id is None:
        return _leave(config, f"{held} cannot be looked up without a Site ID")
    try:
        read = resivo.read_authorization(site_id, held)
    except RejectedError:
        return _leave(config, f"{held} cannot be read in site {site_id}")
    return _judge(config, change, held, site_id, read)


def _unknown_id(config: Config, change: Change) -> str:
    """Return the booking field's id; empty for none, and for one that the ledger knows."""
    raw = change.booking.fields.get(config.authorisation_field, "")
    held = raw.strip()
    current = change.grant.reference if change.grant else None
    known = held == current or not change.known_references.isdisjoint({raw, held})
    return "" if known else held


def _is_id(held: str) -> bool:
    """Tell whether a person's typing can be an id: no address, no number, nothing to hide."""
    usable = held not in {".", ".."} and held.isprintable() and len(held) <= _LONGEST_ID
    return usable and " " not in held and "@" not in held and not held.startswith("+")


def _judge(
    config: Config, change: Change, held: str, site_id: str, read: Authorization | None
) -> Find:
    if read is None:
        return _leave(config, f"there is no {held} in site {site_id}")
    if not read.live:
        return _leave(config, f"{held} is no longer live")
    label = Label.parse(read.display_name)
    if label is not None and label.booking != change.booking.id:
        return _leave(config, f"{held} belongs to booking {label.booking}")
    grant = Grant(
        reference=held,
        window=Window(start=read.valid_from or _SINCE_EVER, end=read.valid_to or _NEVER),
        place=place_of(site_id),
        field=config.authorisation_field,
    )
    return Find(grant=grant)


def _leave(config: Config, reason: str) -> Find:
    """Do nothing with it, and say so."""
    return Find(left_alone=f"{config.authorisation_field}: {reason}, so it is not adopted")
