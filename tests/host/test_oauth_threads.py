"""Threads share a token: it is fetched once however many ask, and nobody waits for good."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import pytest

from ireserve_integrations.errors import AuthError, IntegrationError, UnavailableError
from ireserve_integrations.kit.oauth import Token, Tokens
from ireserve_integrations.kit.transport import Http, open_client

_KEY = ("https://api.example.org", "cid", "hunter2")


class _Endpoint:
    """Hands out tok-1, tok-2 and so on, once it is released."""

    def __init__(self) -> None:
        self.fetches = 0
        self.failure: BaseException | None = None
        self.reached = threading.Event()
        self.released = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, http: Http) -> Token:
        with self._lock:
            self.fetches += 1
            value = f"tok-{self.fetches}"
        self.reached.set()
        self.released.wait(10)
        if self.failure is not None:
            raise self.failure
        return Token(value=value, expires_in_s=300)


class _Waiting(Http):
    """Tells when somebody looks how long there is to wait."""

    def __init__(self, client: httpx.Client, *, deadline_s: float) -> None:
        super().__init__(client, deadline_s=deadline_s)
        self.looked = threading.Event()

    @property
    def left_s(self) -> float:
        self.looked.set()
        return super().left_s


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=200) as pool:
        yield pool


def _lend(deadline_s: float = 60) -> Http:
    return Http(
        open_client(httpx.MockTransport(lambda _: httpx.Response(500))), deadline_s=deadline_s
    )


def _wait_for(
    pool: ThreadPoolExecutor, token: Callable[[Http], str], deadline_s: float = 60
) -> "Future[str]":
    """Ask on another thread; return when that waits for somebody else's fetch."""
    client = open_client(httpx.MockTransport(lambda _: httpx.Response(500)))
    http = _Waiting(client, deadline_s=deadline_s)
    asked = pool.submit(token, http)
    assert http.looked.wait(10)
    return asked


def test_two_hundred_threads_that_ask_at_once_fetch_one_token(pool: ThreadPoolExecutor) -> None:
    endpoint = _Endpoint()
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    start = threading.Barrier(201)

    def ask() -> str:
        start.wait(30)
        return account.token(_lend())

    asked = [pool.submit(ask) for _ in range(200)]
    start.wait(30)
    endpoint.reached.wait(10)
    endpoint.released.set()

    assert {future.result(30) for future in asked} == {"tok-1"}
    assert endpoint.fetches == 1


def test_a_failure_is_shared_by_those_who_waited(pool: ThreadPoolExecutor) -> None:
    endpoint = _Endpoint()
    endpoint.failure = AuthError("401")
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    fetching = pool.submit(account.token, _lend())
    endpoint.reached.wait(10)
    waiting = [_wait_for(pool, account.token) for _ in range(5)]

    endpoint.released.set()

    failures = {future.exception(10) for future in [fetching, *waiting]}
    assert failures == {endpoint.failure}
    assert endpoint.fetches == 1


@pytest.mark.parametrize("failure", [TypeError("hunter2"), SystemExit(3), KeyboardInterrupt()])
def test_a_fetch_that_breaks_leaves_the_others_with_a_plain_error(
    pool: ThreadPoolExecutor, failure: BaseException
) -> None:
    endpoint = _Endpoint()
    endpoint.failure = failure
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    fetching = pool.submit(account.token, _lend())
    endpoint.reached.wait(10)
    waiting = _wait_for(pool, account.token)

    endpoint.released.set()

    assert fetching.exception(10) is failure
    assert isinstance(waiting.exception(10), UnavailableError)
    assert "hunter2" not in str(waiting.exception())


def test_nobody_waits_past_the_own_deadline(pool: ThreadPoolExecutor) -> None:
    endpoint = _Endpoint()
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    fetching = pool.submit(account.token, _lend())
    endpoint.reached.wait(10)

    waiting = _wait_for(pool, account.token, deadline_s=0.1)

    assert isinstance(waiting.exception(10), UnavailableError)
    endpoint.released.set()
    assert fetching.result(10) == "tok-1"


def test_a_fetch_that_hangs_past_its_deadline_holds_up_nobody(pool: ThreadPoolExecutor) -> None:
    endpoint = _Endpoint()
    tokens = Tokens(margin_s=30)
    overdue = _lend(deadline_s=0.05)
    hanging = pool.submit(tokens.account(*_KEY, fetch=endpoint).token, overdue)
    endpoint.reached.wait(10)
    time.sleep(overdue.left_s)

    healthy = tokens.account(*_KEY, fetch=lambda _: Token(value="fresh", expires_in_s=300))
    fresh = healthy.token(_lend())
    endpoint.released.set()
    late = hanging.result(10)

    assert (fresh, late) == ("fresh", "tok-1")
    assert healthy.token(_lend()) == "fresh"


def test_a_hanging_fetch_that_fails_in_the_end_does_not_disturb_the_one_that_took_over(
    pool: ThreadPoolExecutor,
) -> None:
    hanging, second = _Endpoint(), _Endpoint()
    hanging.failure = UnavailableError("late")
    tokens = Tokens(margin_s=30)
    overdue = _lend(deadline_s=0.05)
    first = pool.submit(tokens.account(*_KEY, fetch=hanging).token, overdue)
    hanging.reached.wait(10)
    time.sleep(overdue.left_s)
    account = tokens.account(*_KEY, fetch=second)
    taken_over = pool.submit(account.token, _lend())
    second.reached.wait(10)

    hanging.released.set()
    failure = first.exception(10)
    joined = _wait_for(pool, account.token)
    second.released.set()

    assert isinstance(failure, IntegrationError)
    assert [taken_over.result(10), joined.result(10)] == ["tok-1", "tok-1"]
    assert second.fetches == 1


def test_threads_of_one_call_share_a_fetch_too(pool: ThreadPoolExecutor) -> None:
    endpoint = _Endpoint()
    account = Tokens(margin_s=30).account(*_KEY, fetch=endpoint)
    http = _Waiting(open_client(httpx.MockTransport(lambda _: httpx.Response(500))), deadline_s=60)
    fetching = pool.submit(account.token, http)
    endpoint.reached.wait(10)
    joining = pool.submit(account.token, http)
    assert http.looked.wait(10)

    endpoint.released.set()

    assert [fetching.result(10), joining.result(10)] == ["tok-1", "tok-1"]
    assert endpoint.fetches == 1
