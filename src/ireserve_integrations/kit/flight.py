"""Answers that threads share: each asked for once however many want it, and kept for a while."""

import threading
from collections.abc import Callable, Hashable, MutableMapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from ..errors import IntegrationError, UnavailableError

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flight(Generic[V]):
    """A question that is under way."""

    left_s: Callable[[], float]
    answer: Future[V] = field(default_factory=Future)


class Flights(Generic[V]):
    """Questions by their keys, one at a time for each, and what they were answered."""

    def __init__(self, kept: MutableMapping[Hashable, V], *, what: str) -> None:
        """Keep answers in `kept`, which lets go of them; `what` is asked for, in the singular."""
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, _Flight[V]] = {}
        self._kept = kept
        self._what = what

    def kept(self, key: Hashable) -> V | None:
        """Return the kept answer; None for none."""
        with self._lock:
            return self._kept.get(key)

    def get(self, key: Hashable, ask: Callable[[], V], *, left_s: Callable[[], float]) -> V:
        """Return a kept answer, or that of the one question under way, or of our own.

        Nobody joins a question whose own time is over: it may hang for good.

        Args:
            key: What is asked.
            ask: Asks it.
            left_s: How many seconds the caller has left.

        Raises:
            UnavailableError: No answer in time.
            IntegrationError: As `ask` raised it, for all who waited for it.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                return kept
            flight = self._under_way.get(key)
            mine = flight is None or not flight.left_s()
            if flight is None or mine:
                flight = self._under_way[key] = _Flight(left_s=left_s)
        if mine:
            self._ask(key, ask, flight)
        try:
            return flight.answer.result(timeout=left_s())
        except NotInTimeError:
            raise UnavailableError(f"no {self._what} before the call's deadline") from None

    def drop(self, key: Hashable, answer: V | None = None) -> None:
        """Forget what is kept; with `answer`, unless another one has taken its place already."""
        with self._lock:
            if answer is None or self._kept.get(key) is answer:
                self._kept.pop(key, None)  # it may have expired by now

    def _ask(self, key: Hashable, ask: Callable[[], V], mine: _Flight[V]) -> None:
        try:
            answer = ask()
        except BaseException as error:
            self._end(key, mine, None)
            shared = isinstance(error, IntegrationError)
            mine.answer.set_exception(
                error if shared else UnavailableError(f"no {self._what} came")
            )
            if not shared:
                raise
            return
        self._end(key, mine, answer)
        mine.answer.set_result(answer)

    def _end(self, key: Hashable, mine: _Flight[V], answer: V | None) -> None:
        """Make room for the next question, unless that has begun, and keep what came."""
        with self._lock:
            if self._under_way.get(key) is not mine:
                return
            del self._under_way[key]
            if answer is not None:
                self._kept[key] = answer
