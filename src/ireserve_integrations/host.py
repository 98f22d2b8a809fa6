"""IntegrationHost: the booking core's verbs."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Any, Self

from .administration import NoVault, find_action
from .assembly import Assembly, Workshop
from .calls import Calls
from .config import Configuration, HostSettings, read_configuration
from .convergence import failed
from .errors import LedgerError
from .kit.context import Vault
from .ledger import Alert, Keys, Ledger, PairKey, Recorded
from .ledger.audit import Entry
from .ledger.seen import Seen
from .model import (
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
from .queue import Queue, open_queue
from .reconciliation import Reconciliation
from .repairs import Repairs
from .wire import read_booking, read_changes
from .worker import Worker

if TYPE_CHECKING:
    import httpx

    from .booking_core import BookingCore

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
        booking_core: "BookingCore | None",
    ) -> None:
        """Assemble a host; `open` is the way in."""
        self._path, self._environ, self._random = path, environ, random
        configuration = read_configuration(path, environ)
        self._plugins = Plugins(configuration.blocked)
        self._closed = threading.Event()
        self._calls = Calls(
            self._plugins, vault=self._vault, clock=clock, random=random, transport=transport
        )
        self._ledger: Ledger | None = None
        self._queue: Queue | None = None
        self._open_ledger, self._core = ledger, booking_core
        self._assembly = self._assemble(configuration)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        database: str | os.PathLike[str] | None = None,
        ledger: bool = True,
        clock: Clock | None = None,
        transport: "httpx.BaseTransport | None" = None,
        random: Random | None = None,
        environ: Mapping[str, str] = os.environ,
        booking_core: "BookingCore | None" = None,
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
            booking_core: Instead of the one that `[booking_core]` names, to be written back to.

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
            clock=clock or _now,
            random=random or SystemRandom(),
            transport=transport,
            environ=environ,
            booking_core=booking_core,
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
        return tuple(self._assembly.roster)

    @property
    def abandoned_calls(self) -> int:
        """How many hook calls run on past their deadline."""
        return self._plugins.abandoned_calls

    def validate(self, *, seen: Seen | None = None) -> list[tuple[str, ConfigProblem]]:
        """Return every problem of every integration's settings, with the integration's id.

        Args:
            seen: What events showed of the booking core; by default, what the host's own ledger
                knows of it.
        """
        assembly = self._assembly
        if seen is None and assembly.workshop is not None:
            seen = assembly.workshop.ledger.seen()
        return assembly.administration.problems(assembly.configuration.booking_core, seen)

    def list_mapping_targets(self, integration: str) -> list[MappingTarget]:
        """Return what the integration's mapping rows may name, sorted by name.

        Raises:
            ValueError: There is no such integration.
            IntegrationError: It cannot be used, or the vendor cannot be asked.
        """
        self._require_open()
        return self._assembly.administration.targets(integration)

    def check(self, integration: str, *, stage: Stage | None = None) -> list[Check]:
        """Run the set-up guide's checklist for a stage, by default the integration's own.

        Raises:
            ValueError: There is no such integration.
        """
        self._require_open()
        return self._assembly.administration.check(integration, stage, self._workshop.ledger)

    # --- what is to be done -------------------------------------------------------------------

    def submit(
        self, change: StatusChange | Mapping[str, Any] | Sequence[StatusChange | Mapping[str, Any]]
    ) -> bool:
        """Write changes down for a worker; no vendor is asked, and they are on disk on return.

        Args:
            change: One change or several, also as events.

        Returns:
            True, or False if every one of them was known already.

        Raises:
            ValueError: Something is no event; names the field. Nothing was written.
            LedgerError: The ledger cannot be written. Nothing was accepted.
        """
        return any(one.accepted for one in self.record(change))

    def record(
        self, change: StatusChange | Mapping[str, Any] | Sequence[StatusChange | Mapping[str, Any]]
    ) -> list[Recorded]:
        """Do what `submit` does, and say of each change what became of it."""
        recorded = self._write_down(change, at_once=False)
        self.queue.wake(self._due(recorded))
        return recorded

    def _write_down(
        self,
        change: StatusChange | Mapping[str, Any] | Sequence[StatusChange | Mapping[str, Any]],
        *,
        at_once: bool,
    ) -> list[Recorded]:
        self._require_open()
        workshop, configuration = self._workshop, self._assembly.configuration
        roster = self._assembly.roster
        changes = read_changes(change, configuration.booking_core)
        return workshop.ledger.record(changes, roster.vendors, roster.fields, at_once=at_once)

    def _due(self, recorded: Sequence[Recorded]) -> Iterator[PairKey]:
        """Yield the pairs of what was recorded."""
        for booking in dict.fromkeys(one.booking for one in recorded):
            for integration, vendor in self._assembly.roster.vendors.items():
                yield PairKey(integration=integration, vendor=vendor, booking=booking)

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
        ends = time.monotonic() + deadline_s
        recorded = self._write_down(change, at_once=True)
        warnings: dict[str, tuple[str, ...]] = {one.booking: () for one in recorded}
        for one in recorded:
            if one.warning is not None:
                warnings[one.booking] += (one.warning,)
        unknown = warnings.keys() - {one.booking for one in recorded if not one.unknown}
        told = progress or (lambda _: None)
        return self._workshop.backlog.work_off(warnings, ends, told, unknown=unknown)

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
        self._require_open()
        said = None if booking is None else self._read_booking(booking)
        administration, given = self._assembly.administration, dict(parameters or {})
        result = administration.press(integration, name, given, said)
        if result.all_clear and self._assembly.workshop is not None:
            self._assembly.workshop.ledger.alerts.close_plugins_own(integration)
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
        member, ledger = self._assembly.roster[integration], self._workshop.ledger
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
        find_action(member, OPEN)
        deadline_s = self._assembly.settings.call_deadline_s
        doorman = Doorman(calls=self._calls, ledger=ledger, call_deadline_s=deadline_s)
        return doorman.open_lock(member.integration, said, known, lock)

    def known_booking(self, booking: str) -> Booking:
        """Return the newest booking of that id that any change brought.

        Raises:
            ValueError: None did.
        """
        self._require_open()
        found = self._workshop.ledger.booking(booking)
        if found is None:
            raise ValueError(f"the ledger knows no booking {booking!r}")
        return found

    def resume(self, integration: str) -> None:
        """Let an integration that is parked, or whose vendor is down, go on at once.

        Raises:
            ValueError: There is no such integration.
            IntegrationError: Its settings cannot be used.
        """
        self._require_open()
        member = self._assembly.administration.usable(integration)
        self._workshop.breaker.resume(member, "a person said so")

    @property
    def repairs(self) -> Repairs:
        """What a person may do where something went wrong; unfolds what was handed over."""
        self._require_open()
        self._workshop.ledger.unfold_all()
        return Repairs(assembly=self._assembly, workshop=self._workshop)

    @property
    def reconciliation(self) -> Reconciliation:
        """Compares the ledger with what vendors say; unfolds what was handed over."""
        self._require_open()
        self._workshop.ledger.unfold_all()
        return Reconciliation(assembly=self._assembly, workshop=self._workshop)

    def alerts(self) -> list[Alert]:
        """Return what a person must see to, oldest first."""
        self._require_open()
        return self._workshop.ledger.alerts.list()

    def audit(self, booking: str | None = None) -> Iterator[Entry]:
        """Yield what came in, was decided, asked, answered and written, in order."""
        self._require_open()
        return self._workshop.ledger.audit(booking)

    def worker(self) -> Worker:
        """Return a worker of this host's ledger, for this process; `with` it, or `run` it."""
        self._require_open()
        return Worker(self)

    # --- for who works in this process ---------------------------------------------------------

    @property
    def assembly(self) -> Assembly:
        """The parts as they are now; a reload exchanges them all at once."""
        return self._assembly

    @property
    def queue(self) -> Queue:
        """What wakes workers.

        Raises:
            LedgerError: This host was opened without its ledger.
        """
        if self._queue is None:
            raise LedgerError("this host was opened without its ledger")
        return self._queue

    def reload(self) -> bool:
        """Take up a changed configuration file; tell whether it was another one.

        Plugins, the database and the key stay what they were.

        Raises:
            ConfigError: The file cannot be used as a whole; the last good one stays in force.
        """
        self._require_open()
        configuration = read_configuration(self._path, self._environ)
        if configuration == self._assembly.configuration:
            return False
        self._assembly = self._assemble(configuration)
        return True

    # --- inside -------------------------------------------------------------------------------

    def _assemble(self, configuration: Configuration) -> Assembly:
        core = configuration.booking_core
        self._calls.time_zone = core.time_zone if core else None
        return Assembly.put_together(
            configuration,
            plugins=self._plugins,
            calls=self._calls,
            ledger=self._opened_ledger,
            core=self._core,
            random=self._random,
            environ=self._environ,
        )

    def _opened_ledger(self, settings: HostSettings) -> Ledger | None:
        if self._ledger is None and self._open_ledger is not None:
            self._ledger = self._open_ledger(settings.lease_s)
            self._queue = open_queue(self._ledger)
        return self._ledger

    def _read_booking(self, booking: Booking | Mapping[str, Any]) -> Booking:
        return read_booking(booking, self._assembly.configuration.booking_core)

    def _vault(self, vendor: str) -> Vault:
        return self._workshop.ledger.vault(vendor) if self._ledger else NoVault()

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise RuntimeError("this host is closed")

    @property
    def _workshop(self) -> Workshop:
        if self._assembly.workshop is None:
            raise LedgerError("this host was opened without its ledger")
        return self._assembly.workshop
