"""The bearer tokens that a sandbox gives out."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from .exchange import Request


class BearerTokens:
    """What was given out and still counts; whoever uses it holds the sandbox's lock."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ends: dict[str, datetime] = {}

    def issue(self, lifetime_s: float) -> str:
        """Return a new token that counts for so many seconds."""
        now = self._clock()
        self._ends = {token: end for token, end in self._ends.items() if end > now}
        token = secrets.token_urlsafe(24)
        self._ends[token] = now + timedelta(seconds=lifetime_s)
        return token

    def allow(self, request: Request) -> bool:
        """Tell whether a request carries a token that counts."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and token in self._ends and self._clock() < self._ends[token]

    def drop(self) -> None:
        """Let none of them count any longer."""
        self._ends.clear()
