"""One pair, worked off for a worker: what came of it, and when it is to be looked at again."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..assembly import Workshop
from ..convergence import Instruction
from ..errors import AuthError, LedgerError
from ..ledger import PairKey
from ..model import Outcome
from .trouble import Trouble

if TYPE_CHECKING:
    from ..host import IntegrationHost

_CALLS = 4  # deadlines of one call that a pair may take: search, make, and end what it replaces
_DUE = Instruction(wait=False, only_due=True)  # who has the pair sees to it
_WAITING = Instruction(wait=False)
_FIRST_S, _LONGEST_S = 0.1, 5.0


class Pairs:
    """Works pairs off for one worker; any number of threads may use it."""

    def __init__(self, host: "IntegrationHost") -> None:
        """Take whose."""
        self._host = host
        self.failed: Callable[[str], None] = lambda _: None
        """Called with the integration whenever a pair did not come out well."""
        self._lock = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        self._stuck: dict[str, tuple[int, float]] = {}
        self._troubles: dict[str, Trouble] = {}

    @property
    def outcomes(self) -> dict[str, int]:
        """How many pairs came out how."""
        with self._lock:
            return dict(sorted(self._outcomes.items()))

    def work(self, key: PairKey, *, admitted: bool = False) -> None:
        """Work a pair off, and see to it that it is looked at when it is due again.

        Args:
            key: The pair.
            admitted: Whether it is to try a vendor that is down, though it only waits for that.
        """
        ends = time.monotonic() + _CALLS * self._host.assembly.settings.call_deadline_s
        instruction = _WAITING if admitted else _DUE
        walk = self._workshop.backlog.walk(key, ends, instruction=instruction, admitted=admitted)
        if not walk.held:  # who has it sees to it, or has done so
            return
        outcome = walk.outcome
        with self._lock:
            self._outcomes[outcome.outcome] += 1
        if outcome.error is None:
            self.go_on(key.integration)
        else:
            self.failed(key.integration)
            self._see_to(key, outcome)

    def pause_s(self, integration: str) -> float:
        """Return for how long an integration is to be left alone: its pairs get nowhere."""
        with self._lock:
            _, until = self._stuck.get(integration, (0, 0.0))
        return max(0.0, until - time.monotonic())

    def go_on(self, integration: str) -> None:
        """Forget that an integration's pairs got nowhere."""
        if self._stuck:
            with self._lock:
                self._stuck.pop(integration, None)
                trouble = self._troubles.get(integration)
            if trouble is not None:
                trouble.well()

    @property
    def _workshop(self) -> Workshop:
        workshop = self._host.assembly.workshop
        assert workshop is not None  # noqa: S101  # a worker has a ledger
        return workshop

    def _see_to(self, key: PairKey, outcome: Outcome) -> None:
        """Have a pair that failed looked at when it is due again."""
        due = self._workshop.ledger.due
        try:
            due_at = due.due_at(key)
            stays = due_at is not None and due_at <= due.clock() and not due.is_held(key)
        except LedgerError as error:
            self._get_nowhere(key.integration, str(error))
            return
        if stays and outcome.error is not None and outcome.error.kind != AuthError.__name__:
            self._get_nowhere(key.integration, outcome.error.message)
        elif due_at is not None and not stays:
            self.go_on(key.integration)
            self._host.queue.later(key, due_at)

    def _get_nowhere(self, integration: str, why: str) -> None:
        """Leave an integration alone for a moment, longer each time; the first may be chance.

        What failed is still due, so that its failure could not be written down: the ledger takes
        nothing, or a change came in meanwhile.
        """
        with self._lock:
            times = self._stuck.get(integration, (0, 0.0))[0] + 1
            pause_s = 0.0 if times == 1 else min(_FIRST_S * 2.0 ** min(times, 30), _LONGEST_S)
            self._stuck[integration] = times, time.monotonic() + pause_s
            trouble = self._troubles.setdefault(integration, Trouble(f"integration {integration}"))
        if pause_s:
            trouble.failed(why)
