"""Questions that threads share: what hangs, and what is forgotten."""

import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ireserve_integrations.errors import RejectedError, UnavailableError
from ireserve_integrations.kit.flight import Flights


class _Question:
    """Is answered once it is released."""

    def __init__(self, answer: str) -> None:
        self.asked, self.released = threading.Event(), threading.Event()
        self._answer = answer

    def __call__(self) -> str:
        self.asked.set()
        assert self.released.wait(10)
        return self._answer


def _never() -> str:
    raise AssertionError("nobody had to ask")


def _plenty() -> float:
    return 10.0


def _nothing() -> float:
    return 0.0


@pytest.fixture
def kept() -> dict[Hashable, str]:
    return {}


@pytest.fixture
def flights(kept: dict[Hashable, str]) -> Flights[str]:
    return Flights(kept, what="list of doors")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def test_an_answer_is_kept_for_whoever_asks_next(flights: Flights[str]) -> None:
    flights.get("a", lambda: "doors", left_s=_plenty)

    assert flights.get("a", _never, left_s=_nothing) == "doors"
    assert (flights.kept("a"), flights.kept("b")) == ("doors", None)


def test_a_question_that_hangs_past_its_time_holds_up_nobody(
    flights: Flights[str], pool: ThreadPoolExecutor
) -> None:
    hanging = _Question("late")
    first = pool.submit(flights.get, "a", hanging, left_s=_nothing)
    assert hanging.asked.wait(10)

    fresh = flights.get("a", lambda: "fresh", left_s=_plenty)
    hanging.released.set()

    assert (fresh, first.result(10)) == ("fresh", "late")
    assert flights.kept("a") == "fresh"


def test_who_waits_is_told_what_did_not_come(
    flights: Flights[str], pool: ThreadPoolExecutor
) -> None:
    question = _Question("doors")
    first = pool.submit(flights.get, "a", question, left_s=_plenty)
    assert question.asked.wait(10)

    with pytest.raises(UnavailableError, match=r"^no list of doors before the call's deadline$"):
        flights.get("a", _never, left_s=_nothing)
    question.released.set()
    assert first.result(10) == "doors"


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (lambda kept: None, None),
        (lambda kept: kept, None),
        (lambda kept: "".join(["do", "ors"]), "doors"),
    ],
    ids=["whatever it is", "this one", "one that is no longer kept"],
)
def test_what_is_kept_is_dropped(
    flights: Flights[str], answer: Callable[[str | None], str | None], left: str | None
) -> None:
    kept = flights.get("a", lambda: "doors", left_s=_plenty)

    flights.drop("a", answer(kept))

    assert flights.kept("a") == left


def test_after_a_failure_the_next_one_asks(flights: Flights[str]) -> None:
    def refuse() -> str:
        raise RejectedError("no")

    with pytest.raises(RejectedError):
        flights.get("a", refuse, left_s=_plenty)
    assert flights.get("a", lambda: "doors", left_s=_plenty) == "doors"
