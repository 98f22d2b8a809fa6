"""Rounds: reconciliations that are due, walked step by step beside everything else."""

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..assembly import Assembly, Workshop
from ..breaker import Standing
from ..errors import LedgerError

if TYPE_CHECKING:
    from ..host import IntegrationHost

_log = logging.getLogger(__name__)

_PAUSE = timedelta(minutes=10)  # after a round that broke off; it goes on where it was


class Rounds:
    """The rounds of one host, a thread for each integration, so that none waits for another."""

    def __init__(self, host: "IntegrationHost", *, pace_s: float) -> None:
        """Take whose, and the pause between two steps, which spares the vendor."""
        self._host, self._pace_s = host, pace_s
        self._stopped = threading.Event()
        self._under_way: dict[str, threading.Thread] = {}
        self._not_before: dict[str, datetime] = {}

    def begin(self, assembly: Assembly, workshop: Workshop) -> None:
        """Begin every round that is due."""
        now, reconciliation = workshop.means.clock(), self._host.reconciliation
        for name, member in assembly.roster.items():
            running = self._under_way.get(name)
            if (
                self._stopped.is_set()
                or (running is not None and running.is_alive())
                or now < self._not_before.get(name, now)
                or member.fault is not None
                or not reconciliation.due(name)
                or workshop.breaker.standing(member) in {Standing.DOWN, Standing.PARKED}
            ):
                continue
            thread = threading.Thread(
                target=self._walk, args=(name,), name=f"reconciling {name}", daemon=True
            )
            self._under_way[name] = thread
            thread.start()

    def stop(self) -> None:
        """Let the steps that are under way end, and wait for that."""
        self._stopped.set()
        for thread in self._under_way.values():
            thread.join()

    def _walk(self, name: str) -> None:
        """Take one step after the other; what breaks off goes on later."""
        try:
            while self._host.reconciliation.step(name):
                if self._stopped.wait(self._pace_s):
                    return
        except LedgerError:
            return  # the worker says so, and the next sweep begins again
        except Exception as error:  # noqa: BLE001  # whatever it is, the round goes on later
            self._break_off(name, error)

    def _break_off(self, name: str, error: Exception) -> None:
        workshop = self._host.assembly.workshop
        if workshop is not None:
            self._not_before[name] = workshop.means.clock() + _PAUSE
        _log.warning("reconciling %s broke off: %s", name, type(error).__name__)
