"""One run of a worker.

Pairs are begun by one thread, which looks whenever a change is handed over, a pair has ended, one
becomes due, or another process has written; and every `sweep_s` at the latest. So a wake-up that is
lost costs time, and nothing else.
"""

import threading
import time
from collections.abc import Collection, Iterable
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..errors import LedgerError
from ..ledger import PairKey
from ..queue import Carrier
from .besides import Chores, Delivering, Sweeping
from .lookout import Lookout
from .pairs import Pairs
from .threads import Threads, Turn
from .trouble import Trouble

if TYPE_CHECKING:
    from ..host import IntegrationHost

_STOP_S = 0.1  # after which a stop is noticed while the ledger cannot be used
_REST = 49  # times as long as its last look lasted, while everybody writes


class Shift:
    """A worker at work: the crew that a queue wakes."""

    def __init__(
        self,
        host: "IntegrationHost",
        *,
        pairs: Pairs,
        upkeep: Sweeping | None,
        writing_back: Delivering | None,
        drain: bool,
    ) -> None:
        """Take whose, and whether it ends when nothing is due any more."""
        self._host, self._drain = host, drain
        self._given = upkeep, writing_back
        self._bell, self._glanced, self._handed_over = _Bell(), threading.Event(), threading.Event()
        self._threads = Threads(lambda: self.threads, turns=self._turns, ended=self._ended)
        self._lookout = Lookout(host, self._threads, pairs)
        pairs.failed = self._lookout.forget
        self._ledger_trouble = Trouble("the ledger")
        self._chores: Chores | None = None
        self._carrier: Carrier | None = None
        self._sweep_at = self._glance_at = time.monotonic()
        self._quiet = False
        self._stop = threading.Event()

    # --- the crew, as a queue sees it ---------------------------------------------------------

    @property
    def threads(self) -> int:
        """How many pairs are worked off at the same time."""
        return self._host.assembly.settings.threads

    def wake(self, keys: Collection[PairKey]) -> None:
        """Look at the integrations of these pairs at once."""
        self._handed_over.set()
        self._bell.ring({key.integration for key in keys})

    def glance(self) -> None:
        """Look at every integration soon: something has changed."""
        self._glanced.set()
        self._bell.nudge()

    def begin(self, key: PairKey) -> "Future[None] | None":
        """Work a pair off, if it is due and its integration has a thread left."""
        return None if self._stop.is_set() else self._lookout.begin(key)

    # --- at work ------------------------------------------------------------------------------

    def work(self, stop: threading.Event) -> None:
        """Work off what is owed, until told to stop or until nothing is due; then let all end.

        Raises:
            LedgerError: What the queue needs is not installed.
        """
        self._stop, (upkeep, writing_back) = stop, self._given
        with ExitStack() as stack:
            carrier = self._carrier = self._host.queue.carry(self, drain=self._drain)
            stack.callback(carrier.close)
            self._chores = Chores(
                self._host,
                upkeep=upkeep,
                writing_back=writing_back,
                changed=self._bell.ring_all,
            )
            stack.callback(self._chores.stop)
            stack.callback(self._threads.close)  # first of all: nothing more begins
            while not stop.is_set():
                try:
                    self._round(carrier)
                except LedgerError as error:
                    _rest(self._ledger_trouble.failed(error), stop)
                    self._bell.ring_all()
                    continue
                if self._drain and self._is_drained(carrier):
                    return

    def _round(self, carrier: Carrier) -> None:
        """Wait until there may be something to begin, and begin it."""
        now = time.monotonic()
        glance_s = self._glance_at - now if self._glanced.is_set() else carrier.look_s
        rung = self._bell.wait(max(0.0, min(glance_s, carrier.look_s, self._lookout.next_s)))
        carrier.look()
        now = time.monotonic()
        if now >= self._sweep_at or (self._glanced.is_set() and now >= self._glance_at):
            rung = None
        elif rung is not None:
            rung |= self._lookout.timely()
            rung |= self._lookout.cut if rung else set()
        if (rung is None or rung) and not self._stop.is_set():
            self._look(rung, carrier.patience_s)

    def _look(self, names: set[str] | None, patience_s: float) -> None:
        if names is None or self._handed_over.is_set():
            self._unfold()
        began = time.monotonic()
        if names is None:
            self._glanced.clear()
            self._sweep_at = began + self._host.assembly.settings.sweep_s
        self._lookout.look(names, patience_s=patience_s)
        self._ledger_trouble.well()
        if names is None:
            now = time.monotonic()
            self._glance_at = now + _REST * (now - began)

    def _unfold(self) -> None:
        """Unfold what was handed over; what is more than some of it waits for the next look."""
        self._handed_over.clear()
        if self._lookout.unfold():
            self._bell.ring_all()

    def _turns(self, integration: str) -> Iterable[Turn]:
        """Return whose turn it is; have looked at what the pair wants written back."""
        if self._chores is not None:
            self._chores.deliver()
        return () if self._stop.is_set() else self._lookout.turns(integration)

    def _ended(self, integration: str) -> None:
        """Look for the next pair of an integration, unless the queue brings it."""
        look, carrier = self._lookout, self._carrier
        if carrier is None or not carrier.patience_s or not look.patient or integration in look.cut:
            self._bell.ring({integration})

    def _is_drained(self, carrier: Carrier) -> bool:
        """Tell whether nothing is due and nothing runs: twice, with a look at all in between."""
        chores = self._chores
        still = self._threads.idle and not self._bell.rung and carrier.resting
        quiet = still and (chores is None or chores.resting)
        if quiet and not self._quiet:
            self._bell.ring_all()
        elif quiet:
            return not self._lookout.cut
        self._quiet = quiet
        return False


def _rest(seconds: float, stop: threading.Event) -> None:
    """Wait, unless it is to stop.

    Never in `stop.wait`: a signal that sets the event just then would wait for its own thread.
    """
    ends = time.monotonic() + seconds
    while not stop.is_set() and time.monotonic() < ends:
        time.sleep(_STOP_S)


class _Bell:
    """Says at which integrations to look; from any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._names: set[str] | None = None
        self._nudged = False

    @property
    def rung(self) -> bool:
        """Whether anybody waits for a look."""
        return self._names is None or bool(self._names)

    def ring(self, names: Iterable[str]) -> None:
        """Have these integrations looked at."""
        with self._condition:
            if self._names is not None:
                self._names.update(names)
            self._condition.notify()

    def ring_all(self) -> None:
        """Have all looked at."""
        with self._condition:
            self._names = None
            self._condition.notify()

    def nudge(self) -> None:
        """Wake who waits, for another reason."""
        with self._condition:
            self._nudged = True
            self._condition.notify()

    def wait(self, seconds: float) -> set[str] | None:
        """Return who is to be looked at, waiting for the first; None for all, empty for none."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung or self._nudged, seconds)
            names, self._names = self._names, set()
            self._nudged = False
            return names
