"""A stage for kill sweeps: vendor and booking core on loopback, a ledger for each run."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from tests.host.fake_rig import FIELD, NOW, START, Rig
from tests.host.fake_vendor import FakeVendor

from ireserve_integrations.booking_core.sandbox import IreserveSandbox

KILLED = -9
BOOKING = "15492"
_MOST_STEPS = 400  # a run that still dies then goes round in circles

NewLedger = Callable[[], str]
"""Returns the address of an empty ledger."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What was done before, and what is done by the process that dies."""

    verb: str
    events: Sequence[dict[str, Any]] = ()
    """Submitted before (`worker`), or by the process itself."""
    before: Sequence[dict[str, Any]] = ()
    """Submitted before, each worked off by itself."""
    makes: int
    """How often access is made in all: nobody is told twice because a process died."""
    prepare: Callable[[FakeVendor], None] = lambda _: None
    """What happens at the vendor before."""


@dataclass
class Stage:
    """Runs scenarios."""

    rig: Rig
    core: IreserveSandbox
    new_ledger: NewLedger
    table: dict[str, Any] | None
    """`[booking_core]`, if there is one."""
    _programs: "subprocess.Popen[str]"
    survivors: list[int] = field(default_factory=list)
    """How many steps each run took that nothing killed."""

    def sweep(self, scenario: Scenario, *, taken_over: bool = False) -> list[str]:
        """Kill a scenario's process at every step; return what was wrong afterwards.

        Args:
            scenario: What is done.
            taken_over: Whether another worker works on at once, before the same is done again.
        """
        wrong = []
        for die_at in range(1, _MOST_STEPS):
            said, database = self._play(scenario, die_at)
            if said["code"] == KILLED:
                self._go_on(scenario, database, taken_over=taken_over)
            faults = self._faults(scenario, database)
            wrong += [f"killed at step {die_at}: {fault}" for fault in faults]
            if said["code"] != KILLED:
                self.survivors.append(said.get("steps", 0))
                return wrong + ([] if said["code"] == 0 else [f"ended with {said}"])
        return [*wrong, "it never survived"]

    def _play(self, scenario: Scenario, die_at: int) -> tuple[dict[str, Any], str]:
        database = self.new_ledger()
        self.rig.vendor.accesses.clear()
        self.rig.vendor.log.clear()
        self.rig.vendor.heal()
        self.core.put_booking(
            BOOKING,
            date_from=START.isoformat(),
            date_till=(START + timedelta(hours=2)).isoformat(),
            object_id="17",
            **{FIELD: ""},
        )
        events, acts = scenario.events, []
        for one in scenario.before:
            acts += [_act("submit", [one]), _act("worker")]
        if scenario.verb == "worker":
            acts.append(_act("submit", events))
        if acts:
            self._must(database, *acts)
        scenario.prepare(self.rig.vendor)
        return self._run(database, [_act(scenario.verb, events)], die_at), database

    def _go_on(self, scenario: Scenario, database: str, *, taken_over: bool) -> None:
        """Start again: the caller says again what was not acknowledged, and workers work."""
        acts = [_act("worker")] if taken_over else []
        if scenario.verb in {"submit", "dispatch"}:
            acts.insert(0, _act("submit", scenario.events))
        acts += [_act("worker", hours=hours) for hours in (1, 2, 3)]
        if scenario.verb == "reconcile":
            acts.append(_act("reconcile", hours=3))
        self._must(database, *acts)

    def _faults(self, scenario: Scenario, database: str) -> Iterator[str]:
        """Yield what the promises do not allow."""
        if scenario.verb != "worker":
            self._must(database, _act("worker", hours=3))  # which tells the booking core
        newest = [*scenario.before, *scenario.events][-1]
        wanted = newest["new_status"] != "70"
        live = self.rig.vendor.live_ids
        if len(live) != wanted:
            yield f"{live} live, {self.rig.vendor.done}"
        made = [line for line in self.rig.vendor.done if line.startswith("made")]
        if len(made) != scenario.makes:
            yield f"{made}"
        held = self.core.booking(BOOKING)[FIELD]
        if held != (live[0] if live else ""):
            yield f"the booking field holds {held!r}, and {live} live"
        states = self.states(database)
        if states["current"] != int(wanted):
            yield f"the ledger has {states}"
        if states["owed"] or states["unseen"] or states["untold"]:
            yield f"something is still owed: {states}"

    def states(self, database: str) -> dict[str, int]:
        """Return counts of what the ledger holds."""
        counts = {
            "current": "SELECT count(*) FROM grants WHERE state = 'current'",
            "asking": "SELECT count(*) FROM grants WHERE state IN ('asking', 'revoking')",
            "owed": "SELECT count(*) FROM pairs WHERE due_at IS NOT NULL",
            "unseen": "SELECT count(*) FROM events WHERE waiting IS NOT NULL",
            "untold": "SELECT count(*) FROM write_backs",
            "alerts": "SELECT count(*) FROM alerts WHERE closed_at IS NULL",
        }
        return {name: int(self.ask(database, counted)[0]) for name, counted in counts.items()}

    def activate(self, *, active: bool) -> None:
        """Switch the integration on or off; who is open reads it at a reload."""
        self.rig.configure(core=self.table, active=active)

    def ask(self, database: str, statement: str, **names: str) -> list[Any]:
        """Return the first column of what a statement answers."""
        engine = create_engine(database)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement), names).scalars())
        finally:
            engine.dispose()

    def run(self, database: str, verb: str, now: datetime, *, die_at: int) -> int:
        """Run one process; return how it ended."""
        code: int = self._run(database, [_act(verb) | {"now": now.isoformat()}], die_at)["code"]
        return code

    def _must(self, database: str, *acts: dict[str, Any]) -> None:
        said = self._run(database, acts, 0)
        assert said["code"] == 0, (said, self._log.read_text(encoding="utf-8"))

    def _run(self, database: str, acts: Sequence[dict[str, Any]], die_at: int) -> dict[str, Any]:
        job = {
            "config": str(self.rig.path),
            "database": database,
            "acts": list(acts),
            "die_at": die_at,
            "log": str(self._log),
        }
        assert self._programs.stdin is not None
        assert self._programs.stdout is not None
        self._programs.stdin.write(json.dumps(job) + "\n")
        self._programs.stdin.flush()
        said: dict[str, Any] = json.loads(self._programs.stdout.readline())
        return said

    @property
    def _log(self) -> Path:
        return self.rig.path.with_name("sweep.log")


def _act(verb: str, events: Sequence[dict[str, Any]] = (), *, hours: int = 0) -> dict[str, Any]:
    now = NOW + timedelta(hours=hours)
    return {"verb": verb, "now": now.isoformat(), "events": list(events)}


@contextmanager
def staged(rig: Rig, new_ledger: NewLedger, *, core: bool = True) -> Iterator[Stage]:
    """Lend a stage: the fake vendor and i-Reserve's sandbox listen, processes can be forked."""
    with IreserveSandbox(clock=rig.clock) as sandbox:
        table = {**sandbox.booking_core(), "write_delay_s": 0} if core else None
        rig.configure(core=table)
        program = Path(__file__).with_name("sweep_process.py")
        with subprocess.Popen(
            [sys.executable, str(program)],
            env=rig.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as programs:
            yield Stage(rig, sandbox, new_ledger, table, programs)
            programs.kill()


def copies_of(empty: Path, folder: Path) -> NewLedger:
    """Return what makes SQLite ledgers, each a copy of an empty one."""
    numbers = iter(range(10_000))

    def new() -> str:
        path = folder / f"ledger-{next(numbers)}.db"
        shutil.copy(empty, path)
        return f"sqlite:///{path}"

    return new
