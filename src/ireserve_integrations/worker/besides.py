"""The chores of a worker: the configuration file, upkeep, and writing back."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from .chores import SETTLED_S, Chore, Settings

if TYPE_CHECKING:
    from ..host import IntegrationHost


class Sweeping(Protocol):
    """What is done every sweep."""

    def sweep(self) -> None:
        """Do what is due; quick. May raise `LedgerError`."""

    def stop(self) -> None:
        """Let what is under way end, and begin nothing more."""


class Delivering(Protocol):
    """What writes back."""

    def deliver(self) -> datetime | None:
        """Deliver what is due; return when the next is. May raise `LedgerError`."""

    def stop(self) -> None:
        """Let what is under way end, and begin nothing more."""


class Chores:
    """The chores of one worker, under way until they are stopped."""

    def __init__(
        self,
        host: "IntegrationHost",
        *,
        upkeep: Sweeping | None,
        writing_back: Delivering | None,
        changed: Callable[[], None],
    ) -> None:
        """Begin.

        Args:
            host: Whose.
            upkeep: Instead of the host's own.
            writing_back: Instead of the host's own.
            changed: Called when the settings are other ones than before.
        """
        self._host, self._changed = host, changed
        self._settings = Settings(host)
        self._upkeep = upkeep or _own_upkeep(host)
        self._writing_back = writing_back or _own_writing_back(host)
        self._sweep = Chore("upkeep", self._sweep_once)
        self._deliver = Chore("writing back", self._deliver_once)

    @property
    def resting(self) -> bool:
        """Whether all is done that anybody asked for."""
        return self._sweep.resting and self._deliver.resting

    def deliver(self) -> None:
        """Have what is to be written back looked at soon."""
        self._deliver.wake()

    def stop(self) -> None:
        """Let what is under way end, and do nothing more."""
        self._writing_back.stop()
        self._sweep.stop()
        self._upkeep.stop()  # no sweep begins anything any more
        self._deliver.stop()

    @property
    def _sweep_s(self) -> float:
        return self._host.assembly.settings.sweep_s

    def _sweep_once(self) -> float:
        under_way = self._settings.under_way
        if not under_way and self._settings.take():
            self._changed()
        self._upkeep.sweep()
        return min(SETTLED_S, self._sweep_s) if under_way else self._sweep_s

    def _deliver_once(self) -> float:
        next_at = self._writing_back.deliver()
        if next_at is None:
            return self._sweep_s
        workshop = self._host.assembly.workshop
        assert workshop is not None  # noqa: S101  # a worker has a ledger
        left_s = (next_at - workshop.ledger.due.clock()).total_seconds()
        return min(left_s, self._sweep_s)


def _own_upkeep(host: "IntegrationHost") -> Sweeping:
    from ..upkeep import Upkeep  # noqa: PLC0415  # only a worker needs it

    return Upkeep(host)


def _own_writing_back(host: "IntegrationHost") -> Delivering:
    from ..writing_back import WritingBack  # noqa: PLC0415  # only a worker needs it

    return WritingBack(host)
