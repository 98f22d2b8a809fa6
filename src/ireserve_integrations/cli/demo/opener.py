"""A vendor whose locks are opened when a button is pressed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from ...model import ActionResult, MappingTarget, Outcome
from ...testing.sandbox import Sandbox
from .side import Side, is_write, tables_in
from .step import Claim


class DeliveredPin(Protocol):
    """A PIN that reached a person."""

    @property
    def pin(self) -> str:
        """The digits."""


class Opened(Protocol):
    """A lock opened."""

    @property
    def lock_id(self) -> str:
        """Its id."""

    @property
    def lock(self) -> str:
        """Its label."""


@runtime_checkable
class LockSandbox(Protocol):
    """What a sandbox with locks has besides."""

    @property
    def delivered(self) -> Sequence[DeliveredPin]:
        """The PINs that reached a person, the newest first."""

    @property
    def openings(self) -> Sequence[Opened]:
        """What was opened, oldest first."""


class Opener(Side):
    """What the sandbox saw, delivered and opened."""

    def __init__(
        self, sandbox: Sandbox, row: Mapping[str, Any], label: str, buttons: Collection[str]
    ) -> None:
        """Take a sandbox with locks that listens, its row, the vendor's name and its buttons."""
        super().__init__(sandbox, row, label)
        assert isinstance(sandbox, LockSandbox)  # noqa: S101  # so it was chosen
        self._locks: LockSandbox = sandbox
        self.buttons = buttons
        self._delivered = self._opened = 0

    @property
    def statuses(self) -> Sequence[str]:
        """Those from which opening is allowed."""
        allowed: Sequence[str] = self.details["open_from_statuses"]
        return allowed

    def begin(self) -> None:
        """Begin a step."""
        super().begin()
        self._delivered, self._opened = len(self._locks.delivered), len(self._locks.openings)

    def read_message(self) -> str:
        """Return the PIN that was delivered last, as a person reads it."""
        return self._locks.delivered[0].pin

    def one_message_came(self, result: ActionResult) -> Claim:
        """Claim that a PIN was delivered, and that the answer does not have it."""
        pins = [one.pin for one in self._locks.delivered]
        said = f"{result.message} {result.settings} {result.warnings}"
        holds = len(pins) == self._delivered + 1 and pins[0] not in said
        return self.claim("one PIN reached the telephone, and is shown nowhere else", holds=holds)

    def site_was_found(self, result: ActionResult) -> Claim:
        """Claim that the id that was found is the configured site's."""
        uid, found = self.row["auth"].get("site_uid"), result.settings.get("site_id")
        sites = [one for one in tables_in(self.sandbox.state()) if one.get("site_uid") == uid]
        holds = [one.get("id") for one in sites] == [found]
        return self.claim("it is that of the configured site", holds=holds)

    def is_activated(self, result: ActionResult) -> Claim:
        """Claim that the vendor has activated exactly one account, and that people are told."""
        tables = tables_in(self.sandbox.state())
        activated = [one for one in tables if one.get("activated_at") is not None]
        holds = len(activated) == 1 and result.message.endswith("IQ is activated")
        return self.claim("IQ is activated, and the vendor says so too", holds=holds)

    def mapped_are_offered(self, targets: Sequence[MappingTarget]) -> Claim:
        """Claim that every lock of the mapping is among the targets."""
        mapped = {target for row in self.row["mapping"] for target in row["targets"]}
        offered = {name for one in targets for name in (one.id, one.name)}
        return self.claim("every mapped lock is among them", holds=mapped <= offered)

    def opened_once(self, outcomes: Sequence[Outcome]) -> Claim:
        """Claim that one request opened the lock."""
        new = self._locks.openings[self._opened :]
        holds = [one.lock_id for one in new] == [outcome.lock for outcome in outcomes]
        holds = holds and len(new) == 1 == len(self.requests) and is_write(self.requests[0])
        label = new[0].lock if new else "the lock"
        return self.claim(f"one request opened {label}, and nothing else was asked", holds=holds)

    def stayed_shut(self) -> Claim:
        """Claim that nothing was opened."""
        holds = len(self._locks.openings) == self._opened
        return self.claim("no door opened", holds=holds)

    def core_was_told(self, outcomes: Sequence[Outcome]) -> Claim:
        """Claim that the core gets the time of the opening, and the check-in status."""
        field, status = self.details.get("opened_at_field"), self.details.get("check_in_status")
        holds = all(
            set(one.fields) == {field} - {None} and all(one.fields.values()) for one in outcomes
        )
        holds = holds and all(one.status == status for one in outcomes)
        return self.claim("the core gets the time and the check-in status", holds=holds)

    def core_was_told_nothing(self, outcomes: Sequence[Outcome]) -> Claim:
        """Claim that the core gets nothing to write."""
        holds = not any(one.fields or one.status for one in outcomes)
        return self.claim("the core gets nothing to write", holds=holds)

    def reason_was_said(self, outcomes: Sequence[Outcome]) -> Claim:
        """Claim that whoever presses is told why nothing opens."""
        holds = all(one.error is not None and one.error.message for one in outcomes)
        return self.claim("the reason is said", holds=holds)
