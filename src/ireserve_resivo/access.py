"""What a change of a booking asks of Resivo: the table of the design, in vendor calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ireserve_integrations.errors import RejectedError
from ireserve_integrations.kit.mapping import map_objects
from ireserve_integrations.kit.standing import standing_status
from ireserve_integrations.kit.window import access_window, same_window
from ireserve_integrations.model import Change, Grant, Receipt, Window

from .adoption import Find, Reader, look_up
from .config import Config
from .doors import Resolved
from .recipients import to_recipient
from .wire import Recipient, RemoteAccess

_LONGEST_LIST = 20  # of objects in a warning


class Giver(Reader, Protocol):
    """What is asked of Resivo; `client.Client` does it."""

    def create_remote_access(self, site_id: str, wanted: RemoteAccess, /) -> str:
        """Give access; return its id."""


class Names(Protocol):
    """What doors' names mean; `doors.Doors` knows."""

    def resolve(self, names: Iterable[str], /) -> Resolved:
        """Return the ids that the names have now."""

    def forget(self) -> None:
        """Ask anew next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the newest booking asks for."""

    names: tuple[str, ...] = ()
    """Of the doors to be opened; empty where no access is wanted, or the grant says the same."""
    no_access: str = ""
    """Why no access is wanted; empty where it is."""
    keep: bool = False
    """Whether the current grant gives what is wanted."""
    warnings: tuple[str, ...] = ()


def give_access(
    config: Config, change: Change, resivo: Giver, doors: Names, now: datetime
) -> Receipt:
    """Make the grant that is wanted, if it is wanted and not there.

    Raises:
        RejectedError: Resivo refuses, or nobody could be told.
        ConfigError: A door's name is missing or ambiguous.
    """
    standing = standing_status(change, config.decisive)
    wish = read_wish(config, change, standing)
    if wish.names and not config.active:
        reason = f"{config.integration} is inactive: it grants nothing"
        return Receipt(outcome="skipped", standing=standing, warnings=(reason,))
    find = Find() if standing is None else look_up(config, change, resivo)
    case = _Case(config=config, change=change, standing=standing, wish=wish, find=find)
    if wish.no_access:
        return case.end()
    if wish.keep:
        return case.keep()
    window = access_window(change.booking, config.time_before_minutes, now)
    if change.reapply and _gives(change.grant, window, doors.resolve(wish.names).ids, now):
        return case.keep()
    if find.grant and not change.grant and same_window(find.grant.window, window, now):
        return case.adopt()
    return case.grant(window, resivo, doors)


def read_wish(config: Config, change: Change, standing: str | None) -> Wish:
    """Return what is wanted: access, the grant that there is, or none and why."""
    if standing not in config.trigger_statuses:
        return Wish(no_access=_say_standing(standing, change.statuses))
    if change.grant is not None and change.fits:
        return Wish(keep=True)
    if change.ended:
        return Wish(no_access="the booking has ended")
    mapped = map_objects(change.booking.objects, config.mapping)
    without = ", ".join(str(each) for each in mapped.unmapped[:_LONGEST_LIST])
    if not mapped.targets:
        reason = f"no mapping row for {without}" if without else "the booking names no object"
        return Wish(no_access=reason)
    warning = (f"no mapping row for {without}: its doors stay shut",) if without else ()
    return Wish(names=mapped.targets, warnings=warning)


def _say_standing(standing: str | None, statuses: tuple[str, ...]) -> str:
    if standing is not None:
        return f"status {standing} asks for no access"
    if statuses:
        return f"status {statuses[-1]} is neither a trigger nor a revoke status"
    return "no trigger status has been reached"


def _gives(grant: Grant | None, window: Window, door_ids: tuple[str, ...], now: datetime) -> bool:
    """Tell whether a grant gives this; unknown doors (empty) are other ones."""
    return (
        grant is not None
        and tuple(sorted(grant.targets)) == door_ids
        and same_window(grant.window, window, now)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """All that is known of a change when a receipt is written."""

    config: Config
    change: Change
    standing: str | None
    wish: Wish
    find: Find

    def end(self) -> Receipt:
        """Have the host end what lives; where nothing does, say why nothing was done."""
        lives = self.change.grant is not None or self.find.grant is not None
        cancelled = lives and self.standing in self.config.revoke_statuses  # nothing to explain
        return Receipt(
            outcome="revoke" if lives else "skipped",
            standing=self.standing,
            found=self.find.found,
            warnings=(
                *(() if cancelled else (self.wish.no_access,)),
                *self.find.say("adopted and revoked"),
            ),
        )

    def keep(self) -> Receipt:
        """Leave the current grant as it is: whatever the settings say, unless they are applied."""
        stays = self.find.say("the grant that there is stays, and the field is set right")
        return Receipt(
            outcome="unchanged",
            standing=self.standing,
            found=self.find.found,
            warnings=(*self.wish.warnings, *stays),
        )

    def adopt(self) -> Receipt:
        """Take what the booking field led to as the grant: nobody is told twice."""
        return Receipt(
            outcome="unchanged",
            standing=self.standing,
            grant=self.find.grant,
            warnings=self.find.say("adopted as it is"),
        )

    def grant(self, window: Window, resivo: Giver, doors: Names) -> Receipt:
        """Make the grant; the host then ends what it replaces."""
        customer = self.change.booking.customer
        recipient, untold = to_recipient(customer, self.config.default_language)
        wanted = _Wanted(label=self.change.label, window=window, recipient=recipient)
        place, reference = wanted.create(self.wish.names, resivo, doors)
        return Receipt(
            outcome="replaced" if self.change.grant or self.find.grant else "granted",
            standing=self.standing,
            grant=Grant(
                reference=reference,
                window=window,
                place=place.place,
                targets=place.ids,
                field=self.config.authorisation_field,
                label=self.change.label,
            ),
            found=self.find.found,
            warnings=(*self.wish.warnings, *self.find.say("adopted and replaced"), *untold),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A grant to be made, but for its doors' ids."""

    label: str
    window: Window
    recipient: Recipient

    def create(self, names: tuple[str, ...], resivo: Giver, doors: Names) -> tuple[Resolved, str]:
        """Create it; where it is refused and ids have changed since, with the new ids."""
        place = doors.resolve(names)
        try:
            return place, self._ask(place, resivo)
        except RejectedError:  # how Resivo refuses an id that it no longer knows is not documented
            doors.forget()
            today = doors.resolve(names)
            if today == place:
                raise
        return today, self._ask(today, resivo)

    def _ask(self, place: Resolved, resivo: Giver) -> str:
        wanted = RemoteAccess(
            display_name=self.label,
            component_ids=place.ids,
            valid_from=self.window.start,
            valid_to=self.window.end,
            recipient=self.recipient,
        )
        return resivo.create_remote_access(place.site_id, wanted)
