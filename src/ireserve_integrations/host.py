"""IntegrationHost: the booking core's verbs."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Self

from .backlog import Backlog
from .calls import Calls
from .config import check_platform_tables, read_configuration
from .convergence import Convergence, Means, failed
from .errors import ConfigError, IntegrationError, LedgerError
from .kit.context import Context, Vault
from .kit.settings import near_miss
from .ledger import Keys, Ledger, PairKey
from .model import (
    Action,
    ActionRequest,
    ActionResult,
    Booking,
    Check,
    Clock,
    ConfigProblem,
    MappingTarget,
    Outcome,
    PluginStatus,
    Stage,
    StatusChange,
)
from .opening import OPEN, Doorman
from .plugins import Plugins
from .roster import Member, Roster
from .wire import read_booking, read_changes

if TYPE_CHECKING:
    import httpx

DATABASE_NAME = "ireserve-integrations.db"


def _now() -> datetime:
    return datetime.now(UTC)


class IntegrationHost:
    """Hands booking changes to integrations and says what became of them.

    Any number of threads may use one host; several hosts, in any number of processes, may share a
    ledger.
    """

    def __init__(
        self,
        path: Path,
        *,
        ledger: Callable[[float], Ledger] | None,
        clock: Clock,
        random: Random,
        transport: "httpx.BaseTransport | None",
        environ: Mapping[str, str],
    ) -> None:
        """Assemble a host; `open` is the way in."""
        self._configuration = read_configuration(path, environ)
        self._settings = self._configuration.host
        self._plugins = Plugins(self._configuration.blocked)
        check_platform_tables(self._configuration, [one.name for one in self._plugins.statuses])
        self._roster = Roster(
            self._configuration,
            self._plugins,
            environ=environ,
            deadline_s=self._settings.call_deadline_s,
        )
        self._closed = threading.Event()
        self._ledger = ledger(self._settings.lease_s) if ledger else None
        core = self._configuration.booking_core
        self._calls = Calls(
            self._plugins,
            vault=self._vault,
            clock=clock,
            random=random,
            transport=transport,
            time_zone=core.time_zone if core else None,
        )
        self._backlog = self._open_backlog(clock, random)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        database: str | os.PathLike[str] | None = None,
        ledger: bool = True,
        clock: Clock = _now,
        transport: "httpx.BaseTransport | None" = None,
        random: Random | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> Self:
        """Read the configuration, load the plugins, check every integration, open the ledger.

        Args:
            path: Of integrations.toml.
            database: Path or address of the ledger; by default a file beside the configuration.
            ledger: Whether to open one. Without it no key is needed, and nothing can be dispatched.
            clock: Aware, UTC; for tests.
            transport: Instead of the network; for tests.
            random: For labels and jitter; for tests.
            environ: Where platform settings, secrets and the key come from.

        Raises:
            ConfigError: The file as a whole cannot be used. A fault in one integration's settings
                fails that integration alone.
            LedgerError: The ledger cannot be used: no key, another key, not writable.
        """
        path = Path(path)
        url = os.fspath(database) if database else str(path.parent / DATABASE_NAME)

        def opened(lease_s: float) -> Ledger:
            keys = Keys.from_environment(environ)
            return Ledger(url, keys=keys, lease_s=lease_s, clock=clock)

        return cls(
            path,
            ledger=opened if ledger else None,
            clock=clock,
            random=random or SystemRandom(),
            transport=transport,
            environ=environ,
        )

    def __enter__(self) -> Self:
        """Return the host itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close connections and the ledger; closing twice is fine, using it afterwards is not."""
        if not self._closed.is_set():
            self._closed.set()
            self._calls.close()
            if self._ledger is not None:
                self._ledger.close()

    # --- what there is ------------------------------------------------------------------------

    @property
    def plugins(self) -> tuple[PluginStatus, ...]:
        """Every installed plugin, the broken and blocked ones too, sorted by name."""
        return self._plugins.statuses

    @property
    def integrations(self) -> tuple[str, ...]:
        """The ids of the configured integrations, in the order of the file."""
        return tuple(self._roster)

    @property
    def abandoned_calls(self) -> int:
        """How many hook calls run on past their deadline."""
        return self._plugins.abandoned_calls

    def validate(self) -> list[tuple[str, ConfigProblem]]:
        """Return every problem of every integration's settings, with the integration's id."""
        return [
            (name, problem)
            for name, member in self._roster.items()
            for problem in _with_fault(member)
        ]

    def list_mapping_targets(self, integration: str) -> list[MappingTarget]:
        """Return what the integration's mapping rows may name, sorted by name.

        Raises:
            ValueError: There is no such integration.
            IntegrationError: It cannot be used, or the vendor cannot be asked.
        """
        member = self._usable(integration)
        targets: list[MappingTarget] = self._ask(member, "list_mapping_targets", self._lend(member))
        return targets

    def check(self, integration: str, *, stage: Stage | None = None) -> list[Check]:
        """Run the set-up guide's checklist for a stage, by default the integration's own.

        Raises:
            ValueError: There is no such integration.
        """
        self._require_open()
        member = self._roster[integration]
        if member.fault is not None:
            return [
                Check(name=f"Settings: {problem.path}", status="failed", message=problem.message)
                for problem in _with_fault(member)
                if problem.severity == "error"
            ]
        history = self._require_ledger().history(integration)
        siblings = self._roster.siblings(member.integration)
        context = self._lend(member, stage=stage, siblings=siblings, history=history)
        try:
            checks: list[Check] = self._ask(member, "check_connection", context)
        except IntegrationError as error:
            return [Check(name="Connection", status="failed", message=str(error))]
        return checks

    # --- what is to be done -------------------------------------------------------------------

    def dispatch(
        self,
        change: StatusChange | Mapping[str, Any] | Sequence[StatusChange | Mapping[str, Any]],
        *,
        deadline_s: float = 10.0,
        progress: Callable[[Outcome], None] | None = None,
    ) -> list[Outcome]:
        """Write changes down, then work their bookings off here, integrations side by side.

        Args:
            change: One change or several, also as events (mappings, as in the JSON files).
            deadline_s: For all of it; what is not done by then is `pending` and still owed.
            progress: Called with each outcome as it comes, from any thread.

        Returns:
            For each booking, in the order of its first change, an outcome for every integration in
            the order of the file; then for integrations that are configured no more, and hold
            access for it.

        Raises:
            ValueError: Something is no event; names the field. Nothing was written.
            LedgerError: The ledger cannot be written. Nothing was accepted.
        """
        self._require_open()
        ends = time.monotonic() + deadline_s
        backlog = self._require_backlog()
        changes = read_changes(change, self._configuration.booking_core)
        recorded = self._require_ledger().record(changes, self._roster.vendors, self._roster.fields)
        warnings: dict[str, tuple[str, ...]] = {one.booking: () for one in recorded}
        for one in recorded:
            if one.warning is not None:
                warnings[one.booking] += (one.warning,)
        return backlog.work_off(warnings, ends, progress or (lambda _: None))

    def perform_action(
        self,
        integration: str,
        name: str,
        *,
        parameters: Mapping[str, str] | None = None,
        booking: Booking | Mapping[str, Any] | None = None,
    ) -> ActionResult:
        """Press one of an integration's buttons; `open_lock` is the one that opens.

        Raises:
            ValueError: There is no such integration, action or parameter, or no booking is given.
            IntegrationError: It cannot be used, or the action failed.
        """
        member = self._usable(integration)
        request = ActionRequest(
            name=name,
            parameters=dict(parameters or {}),
            booking=None if booking is None else self._read_booking(booking),
        )
        action = _check_request(member, request)
        if action.name == OPEN:
            raise ValueError("a lock is opened by open_lock, which claims it first")
        context = self._lend(member, writes=action.writes)
        result: ActionResult = self._ask(member, "perform_action", context, request=request)
        return result

    def open_lock(
        self,
        integration: str,
        booking: Booking | Mapping[str, Any] | str,
        lock: str | None = None,
    ) -> list[Outcome]:
        """Open a lock for a booking now, if the booking allows it.

        Args:
            integration: Its id.
            booking: A booking or an event, or the id of one that the ledger knows. Where the ledger
                knows it, both must allow the opening.
            lock: Its id; by default every lock that the objects are mapped to, in turn.

        Returns:
            An outcome for each lock: opened, unchanged (opened just now), refused or failed. Never
            pending: no door opens by itself later.

        Raises:
            ValueError: There is no such integration or booking, or its vendor opens nothing.
        """
        self._require_open()
        member, ledger = self._roster[integration], self._require_ledger()
        known: Booking | None
        if isinstance(booking, str):
            known = said = self.known_booking(booking)
        else:
            said = self._read_booking(booking)
            known = ledger.booking(said.id)
        if member.fault is not None:
            one = member.integration
            key = PairKey(integration=one.id, vendor=one.vendor, booking=said.id)
            return [replace(failed(key, member.fault), outcome="failed", lock=lock)]
        _action(member, OPEN)
        doorman = Doorman(
            calls=self._calls, ledger=ledger, call_deadline_s=self._settings.call_deadline_s
        )
        return doorman.open_lock(member.integration, said, known, lock)

    def known_booking(self, booking: str) -> Booking:
        """Return the newest booking of that id that any change brought.

        Raises:
            ValueError: None did.
        """
        self._require_open()
        found = self._require_ledger().booking(booking)
        if found is None:
            raise ValueError(f"the ledger knows no booking {booking!r}")
        return found

    # --- inside -------------------------------------------------------------------------------

    def _open_backlog(self, clock: Clock, random: Random) -> Backlog | None:
        if self._ledger is None:
            return None
        settings = self._settings
        means = Means(
            calls=self._calls,
            ledger=self._ledger,
            clock=clock,
            random=random,
            call_deadline_s=settings.call_deadline_s,
            late_request_s=settings.late_request_s,
            lease_s=settings.lease_s,
            retry_first_s=settings.retry_first_s,
        )
        convergence = Convergence(means=means)
        return Backlog(roster=self._roster, convergence=convergence, threads=settings.threads)

    def _ask(self, member: Member, hook: str, context: Context, **arguments: Any) -> Any:
        return self._calls.call(member.integration, hook, context, **arguments)

    def _lend(self, member: Member, **lent: Any) -> Context:
        deadline_s = self._settings.call_deadline_s
        return self._calls.lend(member.integration, deadline_s=deadline_s, **lent)

    def _read_booking(self, booking: Booking | Mapping[str, Any]) -> Booking:
        return read_booking(booking, self._configuration.booking_core)

    def _usable(self, integration: str) -> Member:
        self._require_open()
        member = self._roster[integration]
        if member.fault is not None:
            raise member.fault
        return member

    def _vault(self, vendor: str) -> Vault:
        return self._require_ledger().vault(vendor) if self._ledger else _NoVault()

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise RuntimeError("this host is closed")

    def _require_ledger(self) -> Ledger:
        return self._require_backlog().convergence.means.ledger

    def _require_backlog(self) -> Backlog:
        if self._backlog is None:
            raise LedgerError("this host was opened without its ledger")
        return self._backlog


class _NoVault:
    """Stands in for the vault of a host that was opened without a ledger."""

    def get(self, name: str) -> str | None:
        raise LedgerError(f"{name} is in the ledger, which was not opened")

    def put(self, name: str, value: str) -> None:  # noqa: ARG002  # a kit.context.Vault
        self.get(name)

    def forget(self, name: str) -> None:
        self.get(name)

    def change(self, name: str, change: Callable[[str | None], str | None]) -> str | None:  # noqa: ARG002
        return self.get(name)


def _with_fault(member: Member) -> tuple[ConfigProblem, ...]:
    """Return a member's problems, and the fault of its plugin where that is one of its own."""
    if member.fault is None or isinstance(member.fault, ConfigError):
        return member.problems
    return (ConfigProblem(path="vendor", message=str(member.fault)), *member.problems)


def _check_request(member: Member, request: ActionRequest) -> Action:
    action = _action(member, request.name)
    where = f"integration {member.integration.id}: action {action.name}"
    for name in request.parameters:
        if name not in action.parameters:
            known = near_miss(name, action.parameters) or "; it takes none"
            raise ValueError(f"{where} has no parameter {name!r}{known}")
    if action.needs == "booking" and request.booking is None:
        raise ValueError(f"{where} needs a booking")
    return action


def _action(member: Member, name: str) -> Action:
    actions = {action.name: action for action in member.info.actions} if member.info else {}
    if name not in actions:
        known = near_miss(name, tuple(actions)) or "; its vendor has none"
        raise ValueError(f"integration {member.integration.id} has no action {name!r}{known}")
    return actions[name]
