"""A host, its ledger and the fake vendor, with a clock that a test steps."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ireserve_integrations import IntegrationHost, Outcome

from .fake_vendor import FakeVendor

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LATE_S = 60.0
CONFIRMED, CHANGED, CANCELLED = "30", "40", "70"
FIELD = "custom12"
LATER = {"start": START + timedelta(hours=4), "end": START + timedelta(hours=6)}
"""The booking, moved."""

_DISPATCH = """
import json, sys
from datetime import datetime
from ireserve_integrations import IntegrationHost

path, now = sys.argv[1:]
with IntegrationHost.open(path, clock=lambda: datetime.fromisoformat(now)) as host:
    print("ready", flush=True)
    outcomes = host.dispatch(json.loads(sys.stdin.readline()))
    print(json.dumps([[one.outcome, one.reference] for one in outcomes]), flush=True)
"""


class Clock:
    """Stands still until a test steps it."""

    def __init__(self) -> None:
        self.now = NOW
        self.runs_s = 0.0
        """By how much it goes on whenever it is read."""
        self.runs = False
        """Whether it goes with the time."""
        self._began = time.monotonic()

    def __call__(self) -> datetime:
        self.step(self.runs_s)
        passed_s = time.monotonic() - self._began if self.runs else 0.0
        return self.now + timedelta(seconds=passed_s)

    def reset(self) -> None:
        self.now = NOW

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def event(status: str, **booking: Any) -> dict[str, Any]:
    """Return an event; what does not concern the booking is `event_id` and `sequence`."""
    booked: dict[str, Any] = {
        "id": "15492",
        "start": START,
        "end": START + timedelta(hours=2),
        "objects": ["17"],
        "email": "ada@example.org",
        "held": "",
    } | booking
    return {
        "event_id": booked.get("event_id"),
        "sequence": booked.get("sequence"),
        "new_status": status,
        "booking": {
            "id": booked["id"],
            "start": booked["start"].isoformat(),
            "end": booked["end"].isoformat(),
            "objects": [{"object": name} for name in booked["objects"]],
            "customer": {"email": booked["email"], "phone": "+31612345678"},
            "fields": {FIELD: booked["held"]},
        },
    }


class Rig:
    """What a test of the grant's state machine works with."""

    def __init__(self, folder: Path, sites: Iterable[Path], vendor: FakeVendor, key: str) -> None:
        self.vendor, self.clock = vendor, Clock()
        self.environ = {
            **os.environ,
            "IRESERVE_SECRET_KEY": key,
            "PYTHONPATH": os.pathsep.join([*map(str, sites), os.environ.get("PYTHONPATH", "")]),
        }
        self._path = folder / "integrations.toml"
        self._hosts: list[IntegrationHost] = []
        self._processes: list[subprocess.Popen[str]] = []

    # --- settings -----------------------------------------------------------------------------

    def configure(
        self,
        *,
        host: Mapping[str, float] | None = None,
        details: Mapping[str, Any] | None = None,
        mapping: Mapping[str, str] | None = None,
        integrations: Mapping[str, FakeVendor] | tuple[str, ...] = ("main",),
        core: Mapping[str, Any] | None = None,
        **row: Any,
    ) -> None:
        """Write integrations.toml; a host that is open keeps what it read."""
        patience = {"call_deadline_s": 5, "late_request_s": LATE_S} | dict(host or {})
        doors = {"17": "front", "18": "side"} if mapping is None else mapping
        text = ["[plugins]", 'blocked = ["resivo"]', "[host]"]
        text += [f"{name} = {value}" for name, value in patience.items()]
        text += ["[booking_core]"] if core else []
        text += [f"{name} = {_toml(value)}" for name, value in (core or {}).items()]
        vendors = integrations if isinstance(integrations, Mapping) else {}
        for number, name in enumerate(integrations):
            settings = {
                "id": name,
                "vendor": "fake",
                "auth": {"address": vendors.get(name, self.vendor).address},
                "details": {
                    "trigger_statuses": [CONFIRMED],
                    "revoke_statuses": [CANCELLED],
                    "manner": "honest",
                    "reference_field": FIELD if number == 0 else f"{FIELD}{number}",
                }
                | dict(details or {}),
                "mapping": [{"object": o, "targets": [door]} for o, door in doors.items()],
            } | row
            text.append("[[integrations]]")
            text += [f"{key} = {_toml(value)}" for key, value in settings.items()]
        self._path.write_text("\n".join(text), encoding="utf-8")

    def reconfigure(self, **settings: Any) -> None:
        """Write integrations.toml anew, and open the host again."""
        self.configure(**settings)
        self.close()

    def misspell(self, integration: str, right: str, wrong: str) -> None:
        """Exchange words in one integration's settings."""
        before, row = self._path.read_text(encoding="utf-8").split(f'id = "{integration}"')
        own, more, others = row.partition("[[integrations]]")
        changed = own.replace(right, wrong)
        text = f'{before}id = "{integration}"{changed}{more}{others}'
        self._path.write_text(text, encoding="utf-8")

    @property
    def path(self) -> Path:
        """Of integrations.toml."""
        return self._path

    # --- the host -----------------------------------------------------------------------------

    @property
    def host(self) -> IntegrationHost:
        """The host, opened when it is first needed."""
        return self._hosts[0] if self._hosts else self.open()

    def open(self, **more: Any) -> IntegrationHost:
        """Open one host more on the same ledger."""
        host = IntegrationHost.open(self._path, clock=self.clock, environ=self.environ, **more)
        self._hosts.append(host)
        return host

    def open_in_memory(self) -> None:
        """Open the host, unless it is, with a vendor that needs no socket."""
        if not self._hosts:
            self.open(transport=self.vendor.transport)

    def close(self) -> None:
        """Close every host, and end every process that a failing test left."""
        while self._hosts:
            self._hosts.pop().close()
        while self._processes:
            kill(self._processes.pop())

    def dispatch(self, *events: dict[str, Any], deadline_s: float = 10.0) -> Outcome:
        """Dispatch events of one booking; return what came of them at the first integration."""
        return self.host.dispatch(list(events), deadline_s=deadline_s)[0]

    def after(self, *events: dict[str, Any]) -> None:
        """Dispatch events one after another."""
        for one in events:
            self.dispatch(one)

    def confirm(self, **booking: Any) -> Outcome:
        return self.dispatch(event(CONFIRMED, **booking))

    def change(self, **booking: Any) -> Outcome:
        return self.dispatch(event(CHANGED, **booking))

    def cancel(self, **booking: Any) -> Outcome:
        return self.dispatch(event(CANCELLED, **booking))

    def dispatch_aside(self, sent: dict[str, Any], deadline_s: float = 10.0) -> "Future[Outcome]":
        """Dispatch on a thread of its own."""
        self.host  # noqa: B018  # opened here, not by both threads
        future: Future[Outcome] = Future()

        def run() -> None:
            try:
                future.set_result(self.dispatch(sent, deadline_s=deadline_s))
            except BaseException as error:  # noqa: BLE001  # for whoever waits
                future.set_exception(error)

        threading.Thread(target=run).start()
        return future

    def wait_for_late_requests(self) -> None:
        """Step the clock to when a lost reply may be looked up."""
        self.clock.step(10 + LATE_S)

    def start(self, sent: dict[str, Any]) -> "subprocess.Popen[str]":
        """Dispatch an event in a process of its own; it has begun when this returns."""
        process = self.prepare()
        begin(process, sent)
        return process

    def prepare(self) -> "subprocess.Popen[str]":
        """Open a host in a process of its own, up to where `begin` lets it dispatch."""
        process = subprocess.Popen(
            [sys.executable, "-c", _DISPATCH, str(self._path), self.clock.now.isoformat()],
            env=self.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    # --- the ledger, as it is on disk ---------------------------------------------------------

    @property
    def database(self) -> Path:
        return self._path.with_name("ireserve-integrations.db")

    def grants(self, *columns: str) -> list[Any]:
        """Return columns of every grant, oldest first; of one column, its values."""
        rows = self.ask("SELECT * FROM grants ORDER BY id")
        found = [tuple(row[name] for name in columns or ("state",)) for row in rows]
        return [values[0] if len(values) == 1 else values for values in found]

    def pair(self, column: str) -> Any:
        """Return a column of the first pair."""
        return self.ask("SELECT * FROM pairs")[0][column]

    @property
    def bookings(self) -> list[str]:
        """The ids of the bookings that the ledger knows."""
        return [row["id"] for row in self.ask("SELECT id FROM bookings")]

    def ask(self, statement: str) -> list[Any]:
        """Run a statement on the ledger's file, beside the host."""
        connection = sqlite3.connect(self.database, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


def begin(process: "subprocess.Popen[str]", sent: dict[str, Any]) -> None:
    """Let a prepared process dispatch."""
    assert process.stdin is not None
    process.stdin.write(json.dumps(sent) + "\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    """Kill it, and wait until it is gone."""
    process.kill()
    with process:
        pass


def finish(process: "subprocess.Popen[str]") -> list[Any]:
    """Return the outcome and the reference that a process printed."""
    printed, _ = process.communicate(timeout=30)
    return list(json.loads(printed)[0])


def kind_of(outcome: Outcome) -> str:
    """Return the kind of an outcome's error."""
    assert outcome.error is not None
    return outcome.error.kind


def message_of(outcome: Outcome) -> str:
    """Return the message of an outcome's error."""
    assert outcome.error is not None
    return outcome.error.message


def moment(column: str) -> datetime:
    """Read a time as SQLite has it."""
    return datetime.fromisoformat(f"{column}+00:00")


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
