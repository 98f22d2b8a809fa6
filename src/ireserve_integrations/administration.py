"""What administrators ask of one integration: its problems, its checklist, its targets, buttons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .booking_core import catalogue_problems, complete_catalogue
from .calls import Calls
from .config import BookingCoreSettings, Catalogue
from .errors import ConfigError, IntegrationError, LedgerError
from .kit.context import Context
from .kit.settings import near_miss
from .ledger import Ledger
from .ledger.seen import Seen
from .model import (
    Action,
    ActionRequest,
    ActionResult,
    Booking,
    Check,
    ConfigProblem,
    MappingTarget,
    Stage,
)
from .opening import OPEN
from .roster import Member, Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Asks plugins on behalf of people."""

    roster: Roster
    calls: Calls
    call_deadline_s: float

    def problems(
        self, core: BookingCoreSettings | None = None, seen: Seen | None = None
    ) -> list[tuple[str, ConfigProblem]]:
        """Return every problem of every integration's settings, with the integration's id.

        Args:
            core: Whose catalogue the settings are compared with.
            seen: What events showed of the booking core besides.
        """
        typed = (core or BookingCoreSettings()).catalogue
        infos = {one.integration.vendor: one.info for one in self.roster.values() if one.info}
        unknown = catalogue_problems(
            [member.integration for member in self.roster.values()],
            infos,
            _of_typed_kinds(typed, complete_catalogue(typed, seen or Seen())),
        )
        return [
            (name, problem)
            for name, member in self.roster.items()
            for problem in (*_with_fault(member), *unknown[name])
        ]

    def targets(self, integration: str) -> list[MappingTarget]:
        """Return what mapping rows may name, sorted by name."""
        member = self.usable(integration)
        targets: list[MappingTarget] = self._ask(member, "list_mapping_targets", self._lend(member))
        return targets

    def check(self, integration: str, stage: Stage | None, ledger: Ledger) -> list[Check]:
        """Run the checklist of a stage, by default the integration's own."""
        member = self.roster[integration]
        if member.fault is not None:
            return [
                Check(name=f"Settings: {problem.path}", status="failed", message=problem.message)
                for problem in _with_fault(member)
                if problem.severity == "error"
            ]
        history = ledger.history(integration)
        siblings = self.roster.siblings(member.integration)
        context = self._lend(member, stage=stage, siblings=siblings, history=history)
        try:
            checks: list[Check] = self._ask(member, "check_connection", context)
        except IntegrationError as error:
            return [Check(name="Connection", status="failed", message=str(error))]
        return checks

    def press(
        self, integration: str, name: str, parameters: Mapping[str, str], booking: Booking | None
    ) -> ActionResult:
        """Press a button, but the one that opens."""
        member = self.usable(integration)
        request = ActionRequest(name=name, parameters=parameters, booking=booking)
        action = _check_request(member, request)
        if action.name == OPEN:
            raise ValueError("a lock is opened by open_lock, which claims it first")
        context = self._lend(member, writes=action.writes)
        result: ActionResult = self._ask(member, "perform_action", context, request=request)
        return result

    def usable(self, integration: str) -> Member:
        """Return a member whose settings are in order.

        Raises:
            UnknownIntegrationError: There is none of that id.
            IntegrationError: What is wrong with it.
        """
        member = self.roster[integration]
        if member.fault is not None:
            raise member.fault
        return member

    def _ask(self, member: Member, hook: str, context: Context, **arguments: Any) -> Any:
        return self.calls.call(member.integration, hook, context, **arguments)

    def _lend(self, member: Member, **lent: Any) -> Context:
        return self.calls.lend(member.integration, deadline_s=self.call_deadline_s, **lent)


def _of_typed_kinds(typed: Catalogue, completed: Catalogue) -> Catalogue:
    """Leave out the kinds that nobody typed: what a young ledger has seen is not all there is."""
    return Catalogue(
        statuses=completed.statuses if typed.statuses else {},
        fields=completed.fields if typed.fields else {},
        objects=completed.objects if typed.objects else (),
    )


def find_action(member: Member, name: str) -> Action:
    """Return one of a vendor's buttons.

    Raises:
        ValueError: It has none of that name.
    """
    actions = {action.name: action for action in member.info.actions} if member.info else {}
    if name not in actions:
        known = near_miss(name, tuple(actions)) or "; its vendor has none"
        raise ValueError(f"integration {member.integration.id} has no action {name!r}{known}")
    return actions[name]


class NoVault:
    """Stands in for the vault of a host that was opened without a ledger."""

    def get(self, name: str) -> str | None:
        """Refuse."""
        raise LedgerError(f"{name} is in the ledger, which was not opened")

    def put(self, name: str, value: str) -> None:  # noqa: ARG002  # a kit.context.Vault
        """Refuse."""
        self.get(name)

    def forget(self, name: str) -> None:
        """Refuse."""
        self.get(name)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:  # noqa: ARG002
        """Refuse."""
        return self.get(name)


def _with_fault(member: Member) -> tuple[ConfigProblem, ...]:
    """Return a member's problems, and the fault of its plugin where that is one of its own."""
    if member.fault is None or isinstance(member.fault, ConfigError):
        return member.problems
    return (ConfigProblem(path="vendor", message=str(member.fault)), *member.problems)


def _check_request(member: Member, request: ActionRequest) -> Action:
    action = find_action(member, request.name)
    where = f"integration {member.integration.id}: action {action.name}"
    for name in request.parameters:
        if name not in action.parameters:
            known = near_miss(name, action.parameters) or "; it takes none"
            raise ValueError(f"{where} has no parameter {name!r}{known}")
    if action.needs == "booking" and request.booking is None:
        raise ValueError(f"{where} needs a booking")
    return action
