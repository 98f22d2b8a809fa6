"""The bearer tokens that a sandbox gives out."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from .exchange import Request


class BearerTokens:
    """What was given out and still counts; whoever uses it holds the sandbox's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._given: dict[str, tuple[datetime, str]] = {}

    def issue(self, lifetime_s: float, owner: str = "") -> str:
        """Return a new token that counts for so many seconds; `owner` is whose, where users are."""
        now = self._clock()
        self._given = {token: each for token, each in self._given.items() if each[0] > now}
        token = secrets.token_urlsafe(24)
        self._given[token] = now + timedelta(seconds=lifetime_s), owner
        return token

    def allow(self, request: Request) -> bool:
        """Tell whether a request carries a token that counts."""
        return self.owner(request) is not None

    def owner(self, request: Request) -> str | None:
        """Return whose token a request carries; None for one that does not count."""
        if not carries_token(request):
            return None
        token = request.headers["authorization"].partition(" ")[2]
        end, owner = self._given.get(token, (None, ""))
        return owner if end is not None and self._clock() < end else None

    def drop(self) -> None:
        """Let none of them count any longer."""
        self._given.clear()


def carries_token(request: Request) -> bool:
    """Tell whether a request carries a bearer token, one that counts or not."""
    return request.headers.get("authorization", "").startswith("Bearer ")
