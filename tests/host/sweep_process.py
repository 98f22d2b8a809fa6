"""Runs jobs in processes that die where they are told to; a program of its own.

It reads a job (JSON) a line, forks a process for it, and prints how that ended. The parent opens
nothing and starts no thread: a fork takes milliseconds where a new Python takes a second.

A job's process dies by SIGKILL at its n-th step: before a commit of a transaction that wrote, and
before and after every request. These are all that others can see of it.
"""

import json
import os
import signal
import sys
import threading
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, event

from ireserve_integrations.host import IntegrationHost

_WRITES = ("INSERT", "UPDATE", "DELETE")


class Death:
    """Comes at a step."""

    def __init__(self, at: int) -> None:
        self.steps, self._at = 0, at
        self._lock = threading.Lock()
        self._wrote: set[int] = set()

    def step(self) -> None:
        """Go on, or die."""
        with self._lock:
            self.steps += 1
            if self.steps == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def watch_ledger(self) -> None:
        """Step before every commit of what was written."""
        event.listen(Engine, "before_cursor_execute", self._executes)
        event.listen(Engine, "commit", self._commits)

    def _executes(self, connection: Connection, _: Any, statement: str, *__: Any) -> None:
        if statement.lstrip().upper().startswith(_WRITES):
            self._wrote.add(id(connection))

    def _commits(self, connection: Connection) -> None:
        if id(connection) in self._wrote:
            self._wrote.discard(id(connection))
            self.step()


class MortalTransport(httpx.HTTPTransport):
    """Steps before a request leaves, and once its answer is there."""

    def __init__(self, death: Death) -> None:
        super().__init__()
        self._death = death

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._death.step()
        response = super().handle_request(request)
        response.read()
        self._death.step()
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.content
        )


def run(job: dict[str, Any]) -> int:
    """Do a job's acts, one after another; return how many steps that took."""
    death, now = Death(job["die_at"]), [datetime.fromisoformat(job["acts"][0]["now"])]
    death.watch_ledger()
    with IntegrationHost.open(
        job["config"],
        database=job["database"],
        clock=lambda: now[0],
        transport=MortalTransport(death),
    ) as host:
        for act in job["acts"]:
            now[0] = datetime.fromisoformat(act["now"])
            _do(host, act)
    return death.steps


def _do(host: IntegrationHost, act: dict[str, Any]) -> None:
    match act["verb"]:
        case "submit":
            host.submit(act["events"])
        case "dispatch":
            host.dispatch(act["events"])
        case "worker":
            host.worker().run(drain=True)
        case "reconcile":
            host.reconciliation.run(None, fix=True)


def _in_a_process(job: dict[str, Any], answer: int) -> None:
    """Run a job and leave, past everything that a parent's process left to be tidied up."""
    try:
        os.write(answer, json.dumps({"steps": run(job)}).encode())
    except BaseException:  # noqa: BLE001  # for the test to read
        Path(job["log"]).write_text(traceback.format_exc(), encoding="utf-8")
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Read jobs until there are none."""
    for line in sys.stdin:
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            _in_a_process(json.loads(line), write)
        os.close(write)
        with os.fdopen(read) as told:
            said = told.read()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.write(json.dumps({"code": code} | json.loads(said or "{}")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
