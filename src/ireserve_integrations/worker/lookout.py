"""Looks for what is due, and begins it: each integration in its turn, as far as its share goes."""

import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ..assembly import Workshop
from ..breaker import Breaker, Standing
from ..errors import IntegrationError
from ..ledger import PairKey
from ..ledger.outages import Outage
from ..roster import Member
from .pairs import Pairs
from .threads import Task, Threads, Turn

if TYPE_CHECKING:
    from ..host import IntegrationHost

_NEVER = math.inf
_AHEAD = 3  # pairs per thread that are looked up at once: a look costs a fifth of a pair
_PROBE_PAUSE_S = 1.0  # between two tries of one worker, of which the first told nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What a look at one integration showed."""

    limit: int
    """How many of its pairs may run; 0 where only a try is allowed."""
    cut: bool = False
    """Whether more is due than could begin."""
    again_at: float = _NEVER
    """When something becomes due, by `time.monotonic()`."""


class Lookout:
    """Looks for one worker; used by one thread, but for `begin`."""

    def __init__(self, host: "IntegrationHost", threads: Threads, pairs: Pairs) -> None:
        """Take whose, and what runs pairs."""
        self._host, self._threads, self._pairs = host, threads, pairs
        self._views: dict[str, _View] = {}
        self._ready: dict[str, deque[PairKey]] = {}
        self._waiting: frozenset[str] = frozenset()
        self._tried_at: dict[str, float] = {}
        self._turn = 0
        self._patient, self._patience_s = True, 0.0

    @property
    def cut(self) -> frozenset[str]:
        """The integrations of which more is due than could begin."""
        return self._waiting

    @property
    def next_s(self) -> float:
        """In how many seconds something becomes due; infinite for never."""
        return min((view.again_at for view in self._views.values()), default=_NEVER) - (
            time.monotonic()
        )

    def timely(self) -> frozenset[str]:
        """Return the integrations of which something has become due by time."""
        now = time.monotonic()
        return frozenset(name for name, view in self._views.items() if view.again_at <= now)

    def unfold(self) -> bool:
        """Let pairs owe what was handed over, some of it; tell whether there may be more.

        Raises:
            LedgerError: It cannot be done now.
        """
        return self._workshop.ledger.unfold()

    @property
    def patient(self) -> bool:
        """Whether a queue may bring pairs: none found no thread, and none failed, lately."""
        return self._patient

    def look(self, names: Collection[str] | None, *, patience_s: float = 0.0) -> None:
        """Begin what is due of these integrations, or of all.

        Args:
            names: Their ids; None for all.
            patience_s: How long a pair must have been due, while there is reason for patience.

        Raises:
            LedgerError: It cannot be read; some may not have been looked at.
        """
        self._patience_s = patience_s if self._patient else 0.0
        self._patient |= names is None
        roster = self._host.assembly.roster
        usable = [name for name, member in roster.items() if member.fault is None]
        self._views = {name: view for name, view in self._views.items() if name in usable}
        self._turn += 1  # who comes first takes the threads that are left
        start = self._turn % max(1, len(usable))
        for name in (*usable[start:], *usable[:start]):
            if names is None or name in names:
                self._views[name] = self._look_at(roster[name])
        self._waiting = frozenset(name for name, view in self._views.items() if view.cut)

    def begin(self, key: PairKey) -> "Future[None] | None":
        """Work one pair off, if it is due and its integration has a thread left; from any thread.

        Returns:
            None where not; the pair stays due.
        """
        member = self._host.assembly.roster.get(key.integration)
        if member is None or member.fault is not None or member.integration.vendor != key.vendor:
            return None
        view = self._views.get(key.integration)
        limit = self._threads.share if view is None else min(view.limit, self._threads.share)
        begun = self._threads.begin(key, limit, partial(self._pairs.work, key))
        self._patient &= begun is not None
        return begun

    def turns(self, integration: str) -> Iterator[Turn]:
        """Yield whose turn it is when a pair of an integration has ended; from any thread.

        Those that wait for a thread come first, then the integration itself.
        """
        for name in (*sorted(self._waiting - {integration}), integration):
            view = self._views.get(name)
            if view is not None and view.limit:
                limit = min(view.limit, self._threads.share)
                yield Turn(integration=name, limit=limit, take=partial(self._next, name))

    def _next(self, integration: str) -> Task | None:
        """Return what is next of an integration, as far as the last look saw."""
        try:
            key = self._ready[integration].popleft()
        except (KeyError, IndexError):
            return None
        return Task(key=key, do=partial(self._pairs.work, key))

    def forget(self, integration: str) -> None:
        """Look again before anything more of an integration begins; from any thread."""
        self._ready.pop(integration, None)
        self._patient = False

    # --- one integration ----------------------------------------------------------------------

    @property
    def _workshop(self) -> Workshop:
        workshop = self._host.assembly.workshop
        assert workshop is not None  # noqa: S101  # a worker has a ledger
        return workshop

    def _look_at(self, member: Member) -> _View:
        name, share = member.integration.id, self._threads.share
        pause_s = self._pairs.pause_s(name)
        if pause_s:
            return _View(limit=0, cut=True, again_at=time.monotonic() + pause_s)
        if self._threads.room(name, share) < 1:  # whoever ends has us look again
            known = self._views.get(name)
            return _View(limit=share if known is None else known.limit, cut=True)
        match self._workshop.breaker.standing(member):
            case Standing.FINE:
                return self._begin_due(member, share, ahead=_AHEAD * share)
            case Standing.SUSPECT:
                return self._begin_due(member, 1, ahead=0)
            case Standing.DOWN:
                return self._try(member, self._try_pair)
            case Standing.PARKED:
                return self._try(member, self._try_account)

    def _begin_due(self, member: Member, limit: int, *, ahead: int) -> _View:
        one, threads = member.integration, self._threads
        room = threads.room(one.id, limit)
        if room < 1:
            return _View(limit=limit, cut=True)
        taken = threads.taken(one.id)  # some of them may not be leased yet
        first = self._workshop.ledger.due.first(
            one.id, one.vendor, room + len(taken) + ahead, patience_s=self._patience_s
        )
        fresh = [key for key in first.due if key.booking not in taken]
        begun = [
            key for key in fresh[:room] if threads.begin(key, limit, partial(self._pairs.work, key))
        ]
        self._ready[one.id] = deque(fresh[room:])
        return _View(
            limit=limit,
            cut=first.more or len(begun) < len(fresh),
            again_at=self._monotonic(first.next_at),
        )

    # --- one whose vendor does not serve ------------------------------------------------------

    def _try(self, member: Member, begin: Callable[[Member], bool]) -> _View:
        """Begin a try, if it is time; else say when it is."""
        name = member.integration.id
        self._pairs.go_on(name)
        outage = self._outage(member)
        if outage is None:
            return _View(limit=0, again_at=time.monotonic())  # it has just ended
        probe_at = max(outage.probe_at, outage.probed_until or outage.probe_at)
        again_at = max(
            self._monotonic(probe_at), self._tried_at.get(name, -_NEVER) + _PROBE_PAUSE_S
        )
        if again_at <= time.monotonic():
            self._tried_at[name] = time.monotonic()
            again_at = time.monotonic() + _PROBE_PAUSE_S if begin(member) else _NEVER
        return _View(limit=0, again_at=again_at)

    def _try_pair(self, member: Member) -> bool:
        """Try with one pair whether a vendor is back; tell whether there was one."""
        one, workshop = member.integration, self._workshop
        key = workshop.ledger.due.waiting(one.id, one.vendor)
        if key is None:
            return False
        if workshop.breaker.claim_probe(member):
            task = partial(self._pairs.work, key, admitted=True)
            if self._threads.begin(key, self._threads.share, task) is None:
                workshop.ledger.outages.give_back(one.id, self._settings(member))
        return True

    def _try_account(self, member: Member) -> bool:
        """Ask whether an account is accepted again; tell whether that can be asked."""
        one, breaker = member.integration, self._workshop.breaker
        if not breaker.calls.plugins.offers(one.vendor, "sign_in"):
            return False
        key = PairKey(integration=one.id, vendor=one.vendor, booking="")  # of no booking
        self._threads.begin(key, self._threads.share, lambda: _sign_in(breaker, member))
        return True

    def _outage(self, member: Member) -> Outage | None:
        name = member.integration.id
        return self._workshop.ledger.outages.read(name, self._settings(member))

    def _settings(self, member: Member) -> str:
        return self._workshop.ledger.digests.of_settings(member.integration)

    def _monotonic(self, moment: datetime | None) -> float:
        """Return when a moment is, by `time.monotonic()`."""
        if moment is None:
            return _NEVER
        left = moment - self._workshop.ledger.due.clock()
        return time.monotonic() + left.total_seconds()


def _sign_in(breaker: Breaker, member: Member) -> None:
    with suppress(IntegrationError):  # not even a token can be asked for: it stays parked
        breaker.sign_in(member)
