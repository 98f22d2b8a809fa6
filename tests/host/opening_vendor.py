"""A vendor that opens doors, a plugin as careless as a lock's id asks for, and a host between."""

import sqlite3
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ireserve_integrations import IntegrationHost, Outcome

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PLUGIN = """
requests = []

class Plugin(Plain):
    @hookimpl
    def describe_plugin(self):
        button = Action(name="open", label="Open", parameters=("lock",), needs="booking")
        return PluginInfo(label="Fake", auth=Auth, details=Details, actions=(button,))

    @hookimpl
    def on_status_change(self, change):
        return Receipt(outcome="skipped", standing=change.statuses[-1])

    @hookimpl
    def perform_action(self, request, context):
        requests.append(request)
        lock = request.parameters.get("lock")
        if lock is None or lock == "shut":
            return ActionResult(ok=False, message=f"{lock} may not be opened", warnings=("why",))
        if lock == "broken":
            raise KeyError("pa55word")
        if lock == "silent":
            raise OutcomeUnknownError("who knows")
        if lock == "hangs":
            context.http._abandoned.wait(20)
        try:
            context.http.exchange("POST", f"http://vendor.invalid/{lock}", write=True)
        except IntegrationError:
            if lock != "swallows":
                raise
        if lock == "trips":
            raise KeyError("pa55word")
        if lock == "denies":
            return ActionResult(ok=False, message="it did not open")
        opened_at = context.shown(context.clock(), request.booking)
        fields = {"custom21": opened_at}
        warnings = ("the first",)
        return ActionResult(ok=True, message="", fields=fields, status="98", warnings=warnings)
"""


class Clock:
    """Stands still until a test steps it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def step(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Doors:
    """The vendor; also says what the ledger held whenever it was asked."""

    def __init__(self, database: Path, clock: Clock) -> None:
        self.asked: list[str] = []
        self.claims: list[list[tuple[str, bool]]] = []
        """With each request, the ledger's locks, and whether each is known to have opened."""
        self.answers: dict[str, Callable[[], httpx.Response]] = {}
        """What a lock answers; nothing here: it opens."""
        self._database, self._clock = database, clock
        self._writing = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        lock = request.url.path.strip("/")
        with self._writing:
            self.asked.append(lock)
            self.claims.append(self.openings())
        return self.answers.get(lock, lambda: httpx.Response(204))()

    def answer(self, lock: str, status: int) -> None:
        self.answers[lock] = lambda: httpx.Response(status)

    def cut(self, lock: str) -> None:
        """Lose the reply of a lock."""

        def lose() -> httpx.Response:
            raise httpx.ReadError("cut")

        self.answers[lock] = lose

    def hold(self, lock: str) -> tuple[threading.Event, threading.Event]:
        """Let a lock answer only when told to; return what says it was asked, and what tells it."""
        reached, opens = threading.Event(), threading.Event()

        def answer() -> httpx.Response:
            reached.set()
            opens.wait(20)
            return httpx.Response(204)

        self.answers[lock] = answer
        return reached, opens

    def take(self, lock: str, seconds: float) -> None:
        """Let a lock answer only after this time, by the test's clock."""

        def answer() -> httpx.Response:
            self._clock.step(seconds)
            return httpx.Response(204)

        self.answers[lock] = answer

    def openings(self) -> list[tuple[str, bool]]:
        rows = self.run("SELECT lock, opened_at IS NOT NULL FROM openings ORDER BY id")
        return [(lock, bool(opened)) for lock, opened in rows]

    def run(self, statement: str) -> list[Any]:
        """Run a statement on the ledger's file, beside the host."""
        with closing(sqlite3.connect(self._database, isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()


def booking(**more: object) -> Mapping[str, Any]:
    return {
        "id": "15492",
        "status": "30",
        "start": "2026-11-21T10:00:00+01:00",
        "end": "2026-11-21T12:00:00+01:00",
        "objects": [{"object": "17"}],
    } | more


def row(name: str, *locks: str, active: bool = True) -> str:
    """Return an integration with these locks mapped to object 17."""
    targets = ", ".join(f'"{lock}"' for lock in locks)
    return (
        f'[[integrations]]\nid = "{name}"\nvendor = "fake"\nactive = {str(active).lower()}\n'
        f'mapping = [{{ object = "17", targets = [{targets}] }}]\n'
    )


class Entrance:
    """A host, and a button for each lock."""

    def __init__(self, host: IntegrationHost, doors: Doors, clock: Clock) -> None:
        self.host, self.doors, self.clock = host, doors, clock

    def press(self, lock: str | None = "front", name: str = "main", **said: object) -> Outcome:
        """Open one lock of one integration."""
        [outcome] = self.host.open_lock(name, booking(**said), lock)
        return outcome


def message(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.message


def kind(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.kind
