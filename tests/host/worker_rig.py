"""Workers on real databases, in this process and in others, with the time as it is."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.host.command_line import PROGRAM
from tests.host.fake_rig import CONFIRMED, Rig, event
from tests.host.fake_vendor import FakeVendor

from ireserve_integrations import IntegrationHost
from ireserve_integrations.worker import Worker

PATIENCE = {"call_deadline_s": 5, "late_request_s": 0.1, "lease_s": 0.5, "sweep_s": 0.2}
NO_SWEEP = {**PATIENCE, "sweep_s": 3600}
_PATIENCE_S = 30.0
START = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)


def booked(status: str = CONFIRMED, number: int = 1, **more: Any) -> dict[str, Any]:
    """Return an event of a booking tomorrow."""
    times = {"start": START, "end": START + timedelta(hours=2)}
    return event(status, **{"id": f"b-{number}", **times, **more})


class WorkerRig:
    """A ledger in one kind of database, and whoever works on it."""

    def __init__(self, rig: Rig, url: str | None, stack: ExitStack) -> None:
        self.rig, self.vendor, self._stack = rig, rig.vendor, stack
        self.url = url or str(rig.database)
        self._hosts: list[IntegrationHost] = []

    def configure(self, host: dict[str, float] | None = None, **settings: Any) -> None:
        """Write integrations.toml."""
        self.rig.configure(host=PATIENCE | (host or {}), **settings)

    @property
    def host(self) -> IntegrationHost:
        """The first host; opened when it is first needed."""
        return self._hosts[0] if self._hosts else self.open()

    def open(self) -> IntegrationHost:
        """Open one host more, with the database's own clock."""
        opened = IntegrationHost.open(self.rig.path, database=self.url, environ=self.rig.environ)
        self._hosts.append(self._stack.enter_context(opened))
        return opened

    def submit(self, *events: dict[str, Any]) -> None:
        self.host.submit(list(events))

    def working(self) -> Worker:
        """Start a worker in this process, until the test ends."""
        return self._stack.enter_context(self.open().worker())

    def drain(self) -> Worker:
        """Run a worker until nothing is due."""
        worker = self.open().worker()
        worker.run(drain=True)
        return worker

    @contextmanager
    def process(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """Lend a process of the program; it is gone when the block ends."""
        command = [PROGRAM, "--config", str(self.rig.path), "--database", self.url, *arguments]
        program = subprocess.Popen(
            command,
            env=self.rig.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield program
        finally:
            program.kill()
            program.communicate()

    @contextmanager
    def another_vendor(self) -> Iterator[FakeVendor]:
        """Lend a second vendor, on an address of its own."""
        vendor = FakeVendor()
        with vendor.served(self.rig.clock):
            yield vendor


def eventually(true: Callable[[], bool], what: str) -> None:
    """Wait until something is true."""
    ends = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < ends, what
        time.sleep(0.01)
