"""Bearer tokens: kept in memory, shared by threads, fetched once however many ask."""

import hashlib
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTimeError
from dataclasses import dataclass, field

from cachetools import TLRUCache

from ..errors import IntegrationError, UnavailableError
from .transport import Http

_ACCOUNTS = 1024  # far more than any host has; only a bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token endpoint answered."""

    value: str = field(repr=False)
    expires_in_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetch:
    """One that is under way."""

    http: Http
    token: Future[str] = field(default_factory=Future)


class Tokens:
    """The tokens of a plugin's accounts, each kept until shortly before it expires."""

    def __init__(self, *, margin_s: float, timer: Callable[[], float] = time.monotonic) -> None:
        """Renew `margin_s` seconds early: clock skew, and the time a request is under way."""
        self._lock = threading.Lock()
        self._fetching: dict[Hashable, _Fetch] = {}
        self._kept: TLRUCache[Hashable, Token] = TLRUCache(
            _ACCOUNTS, ttu=lambda _, token, now: now + _lifetime_s(token, margin_s), timer=timer
        )

    def account(self, *key: str, fetch: Callable[[Http], Token]) -> "Account":
        """Return the account that `key` names: addresses, ids and the secret."""
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return Account(self, digest, fetch)

    def get(self, key: Hashable, http: Http, fetch: Callable[[Http], Token]) -> str:
        """Return a kept token, or that of the one fetch under way, or of a fetch of our own.

        Nobody joins a fetch whose own call is past its deadline: it may hang for good.

        Raises:
            UnavailableError: No token in time.
            IntegrationError: As `fetch` raised it, for all who waited for it.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                return kept.value
            under_way = self._fetching.get(key)
            mine = under_way is None or not under_way.http.left_s
            if under_way is None or mine:
                under_way = self._fetching[key] = _Fetch(http=http)
        if mine:
            self._fetch(key, fetch, under_way)
        try:
            return under_way.token.result(timeout=http.left_s)
        except NotInTimeError:
            raise UnavailableError("no token before the call's deadline") from None

    def drop(self, key: Hashable, value: str) -> None:
        """Forget a token, unless another one has taken its place already."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.value == value:
                self._kept.pop(key, None)  # it may have expired by now

    def _fetch(self, key: Hashable, fetch: Callable[[Http], Token], mine: _Fetch) -> None:
        try:
            token = fetch(mine.http)
        except BaseException as error:
            self._end(key, mine, None)
            shared = isinstance(error, IntegrationError)
            failure = error if shared else UnavailableError("no token could be fetched")
            mine.token.set_exception(failure)
            if not shared:
                raise
            return
        self._end(key, mine, token)
        mine.token.set_result(token.value)

    def _end(self, key: Hashable, mine: _Fetch, token: Token | None) -> None:
        """Make room for the next fetch, unless that has begun, and keep what came."""
        with self._lock:
            if self._fetching.get(key) is not mine:
                return
            del self._fetching[key]
            if token is not None:
                self._kept[key] = token


class Account:
    """One account's tokens; a `kit.transport.Bearer`."""

    def __init__(self, tokens: Tokens, key: Hashable, fetch: Callable[[Http], Token]) -> None:
        self._tokens, self._key, self._fetch = tokens, key, fetch

    def token(self, http: Http) -> str:
        """Return a token that is not about to expire."""
        return self._tokens.get(self._key, http, self._fetch)

    def drop(self, token: str) -> None:
        """Forget a token that the vendor has refused."""
        self._tokens.drop(self._key, token)


def _lifetime_s(token: Token, margin_s: float) -> float:
    """Return how long to keep a token; one that lives shorter than the margin, half its life."""
    return max(token.expires_in_s - margin_s, token.expires_in_s / 2)
