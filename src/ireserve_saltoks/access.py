"""What a booking allows: a standing permission at a status, and an opening at a moment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ireserve_integrations.kit.mapping import map_objects
from ireserve_integrations.kit.window import access_window, same_window
from ireserve_integrations.model import (
    ActionRequest,
    Booking,
    Change,
    Grant,
    Receipt,
)

from .config import Config

_LONGEST_LIST = 20  # of objects in a warning

Shown = Callable[[datetime, Booking], str]
"""Writes a moment as the people of a booking read it."""


class NotAllowedError(Exception):
    """A button asks for what is not allowed; the text says why, and when or how it would be."""


def answer_status(config: Config, change: Change, now: datetime) -> Receipt:
    """Say what holds from now on: every status decides, and nothing is asked of the vendor."""
    standing = change.statuses[-1] if change.statuses else change.standing
    reason, warnings = _permission(config, change, standing)
    if reason:
        return Receipt(
            outcome="skipped" if change.grant is None else "revoke",
            standing=standing,
            warnings=(reason,),
        )
    if change.grant is not None and change.fits:
        return Receipt(outcome="unchanged", standing=standing)
    if not config.active:
        reason = f"{config.integration} is inactive: it opens nothing"
        return Receipt(outcome="skipped", standing=standing, warnings=(reason,))
    grant = Grant(
        reference="",  # the vendor is told nothing, so it has no id for it
        window=access_window(change.booking, config.time_before_minutes, now),
        targets=map_objects(change.booking.objects, config.mapping).targets,
    )
    if change.reapply and change.grant is not None and _same(change.grant, grant, now):
        return Receipt(outcome="unchanged", standing=standing)
    return Receipt(
        outcome="granted" if change.grant is None else "replaced",
        standing=standing,
        grant=grant,
        warnings=warnings,
    )


def _same(one: Grant, other: Grant, now: datetime) -> bool:
    return one.targets == other.targets and same_window(one.window, other.window, now)


def _permission(
    config: Config, change: Change, standing: str | None
) -> tuple[str, tuple[str, ...]]:
    """Return why opening is not allowed, empty if it is, and what to warn of if it is."""
    if standing is None:
        return "no status has been reached", ()
    if standing not in config.open_statuses:
        return f"status {standing} allows no opening", ()
    if change.grant is not None and change.fits:
        return "", ()
    if change.ended:
        return "the booking has ended", ()
    mapped = map_objects(change.booking.objects, config.mapping)
    without = ", ".join(str(each) for each in mapped.unmapped[:_LONGEST_LIST])
    if not mapped.targets:
        reason = f"no mapping row for {without}" if without else "the booking names no object"
        return reason, ()
    return "", (f"no mapping row for {without}: its locks stay shut",) if without else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """The button "open" as it was pressed."""

    config: Config
    lock_id: str
    booking: Booking
    known: Booking | None
    now: datetime
    shown: Shown

    def refuse(self) -> None:
        """Let it pass if the booking, as given and as the ledger knows it, allows the opening.

        Raises:
            NotAllowedError: It does not; says from when on it would, if it is too early.
        """
        if not self.config.active:
            raise NotAllowedError(f"{self.config.integration} is inactive: it opens nothing")
        self._refuse(self.booking, "the booking")
        if self.known is not None and self.known != self.booking:
            self._refuse(self.known, "the booking as it was last changed")

    def _refuse(self, booking: Booking, what: str) -> None:
        status = booking.status
        if status not in self.config.open_statuses:
            said = "has no status" if status is None else f"has status {status}"
            raise NotAllowedError(f"{what} {said}, which allows no opening")
        if self.lock_id not in map_objects(booking.objects, self.config.mapping).targets:
            raise NotAllowedError(f"{what} is not mapped to this lock")
        if self.now >= booking.end:
            raise NotAllowedError(f"{what} ended at {self.shown(booking.end, booking)}")
        opens = opens_at(self.config, booking)
        if self.now < opens:
            minutes = self.config.time_before_minutes
            before = f", {minutes} minutes before its start" if minutes else ""
            raise NotAllowedError(f"{what} opens from {self.shown(opens, booking)}{before}")

    def record(self, opened_at: datetime) -> tuple[Mapping[str, str], tuple[str, ...]]:
        """Return the booking fields of a first opening, and what to warn of.

        A field that is filled is left as it is.
        """
        name = self.config.opened_at_field
        if name is None:
            return {}, ()
        held = (one.fields.get(name, "") for one in (self.booking, self.known) if one is not None)
        if any(value.strip() for value in held):
            return {}, (f"{name} is filled already, and is kept as it is",)
        return {name: self.shown(opened_at, self.booking)}, ()


def press(config: Config, request: ActionRequest, now: datetime, shown: Shown) -> Press:
    """Return an opening that was asked for.

    Raises:
        NotAllowedError: It is for no booking, or its objects are mapped to no lock.
    """
    booking, lock_id = request.booking, request.parameters.get("lock")
    if booking is None:
        raise NotAllowedError("an opening needs a booking")
    one = Press(
        config=config,
        lock_id=lock_id or "",
        booking=booking,
        known=request.known,
        now=now,
        shown=shown,
    )
    if lock_id is None:
        _refuse_without_lock(one)
    return one


def _refuse_without_lock(one: Press) -> None:
    if not one.config.active:
        one.refuse()
    objects = ", ".join(str(each) for each in one.booking.objects[:_LONGEST_LIST])
    reason = f"no mapping row for {objects}" if objects else "the booking names no object"
    raise NotAllowedError(f"{reason}: there is no lock to open")


def opens_at(config: Config, booking: Booking) -> datetime:
    """Return from when on a booking may be opened, in UTC, where summer time moves nothing."""
    return booking.start.astimezone(UTC) - timedelta(minutes=config.time_before_minutes)
