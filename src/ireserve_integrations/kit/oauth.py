"""Bearer tokens: kept in memory, shared by threads, fetched once however many ask."""

import hashlib
import re
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cachetools import TLRUCache

from .flight import Flights
from .transport import Http

_ACCOUNTS = 1024  # far more than any host has; only a bound
_ERROR = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a token endpoint answered."""

    value: str = field(repr=False)
    expires_in_s: float


class Tokens:
    """The tokens of a plugin's accounts, each kept until shortly before it expires."""

    def __init__(self, *, margin_s: float, timer: Callable[[], float] = time.monotonic) -> None:
        """Renew `margin_s` seconds early: clock skew, and the time a request is under way."""
        kept: TLRUCache[Hashable, Token] = TLRUCache(
            _ACCOUNTS, ttu=lambda _, token, now: now + _lifetime_s(token, margin_s), timer=timer
        )
        self._flights = Flights(kept, what="token")

    def account(self, *key: str, fetch: Callable[[Http], Token]) -> "Account":
        """Return the account that `key` names: addresses, ids and the secret."""
        digest = hashlib.sha256(repr(key).encode()).hexdigest()
        return Account(self, digest, fetch)

    def get(self, key: Hashable, http: Http, fetch: Callable[[Http], Token]) -> str:
        """Return a kept token, or that of the one fetch under way, or of a fetch of our own.

        Raises:
            UnavailableError: No token in time.
            IntegrationError: As `fetch` raised it, for all who waited for it.
        """
        return self._flights.get(key, partial(fetch, http), left_s=lambda: http.left_s).value

    def drop(self, key: Hashable, value: str | None = None) -> None:
        """Forget a token; with `value`, unless another one has taken its place already."""
        kept = self._flights.kept(key)
        if kept is not None and value in {None, kept.value}:
            self._flights.drop(key, kept)


class Account:
    """One account's tokens; a `kit.transport.Bearer`."""

    def __init__(self, tokens: Tokens, key: Hashable, fetch: Callable[[Http], Token]) -> None:
        self._tokens, self._key, self._fetch = tokens, key, fetch

    def token(self, http: Http) -> str:
        """Return a token that is not about to expire."""
        return self._tokens.get(self._key, http, self._fetch)

    def renew(self, http: Http, fetch: Callable[[Http], Token]) -> str:
        """Return a new token, fetched by `fetch`, whatever is kept.

        Raises:
            IntegrationError: As `fetch` raised it.
        """
        self._tokens.drop(self._key)
        return self._tokens.get(self._key, http, fetch)

    def drop(self, token: str) -> None:
        """Forget a token that the vendor has refused."""
        self._tokens.drop(self._key, token)


def parse_error(raw: Any) -> str:
    """Return the `error` code of an OAuth error; empty for anything else, whose words may vary."""
    code = raw.get("error") if isinstance(raw, Mapping) else None
    return code if isinstance(code, str) and _ERROR.fullmatch(code) else ""


def _lifetime_s(token: Token, margin_s: float) -> float:
    """Return how long to keep a token; one that lives shorter than the margin, half its life."""
    return max(token.expires_in_s - margin_s, token.expires_in_s / 2)
