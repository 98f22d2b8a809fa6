"""Sending a request, within a call's deadline and its number of writes."""

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import httpx

from ...errors import (
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    UnavailableError,
)
from .answers import UNSENDABLE, Refused, http_date, is_refusal, judge, where_of
from .body import UNANSWERED, UNREADABLE, read_parts, reason_of

_ATTEMPTS = 3
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0  # a Retry-After beyond this is the host's business
_CONNECT_S = 10.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOT_SENDABLE = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class Bearer(Protocol):
    """Where a request's token comes from; `kit.oauth` has one."""

    def token(self, http: "Http") -> str:
        """Return a token, fetching one through `http` if need be."""

    def drop(self, token: str) -> None:
        """Forget a token that the vendor has refused."""


class Http:
    """The HTTP client that one hook call borrows."""

    def __init__(
        self,
        client: httpx.Client,
        *,
        deadline_s: float,
        writes: int = 1,
        no_write_reason: IntegrationError | None = None,
        before_write: Callable[[], None] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Lend `client` for `deadline_s` seconds.

        Args:
            client: Shared by all calls of a host.
            deadline_s: From now; afterwards everything is refused.
            writes: How many writes that may have been carried out this call is allowed.
            no_write_reason: What a write raises where `writes` is 0.
            before_write: Called before a write leaves; what it raises keeps it from leaving.
            clock: Compared with the vendor's `Date` header.
            jitter: Between 0 and 1, spreads pauses.
        """
        self._client = client
        self._ends = time.monotonic() + deadline_s
        self._writes_left = writes
        self._writes_open = 0
        self._no_write_reason = None if writes else no_write_reason
        self._before_write = before_write
        self._clock = clock
        self._jitter = jitter
        self._lock = threading.Lock()
        self._abandoned = threading.Event()
        self.clock_skew_s: float | None = None
        """The vendor's clock minus ours, from its last answer's `Date` (to the second)."""
        self.sent = 0
        """How many requests have left, those for tokens too."""

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._ends - time.monotonic())

    @property
    def write_may_have_landed(self) -> bool:
        """Whether a write has left of which we do not know that it was refused."""
        return self._writes_open > 0

    def abandon(self) -> bool:
        """Refuse everything from now on; tell whether a write may have landed."""
        with self._lock:
            self._abandoned.set()
            return self.write_may_have_landed

    def exchange(
        self,
        method: str,
        url: str,
        *,
        bearer: Bearer | None = None,
        write: bool | None = None,
        repeat: bool = True,
        accept: Collection[int] = (),
        refused: Refused | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Send one request and return its 2xx, or `accept`ed, response, read to its end.

        Args:
            method: The HTTP method.
            url: A whole address, ids in it quoted by `quote_segment`.
            bearer: Where the token comes from; on a 401 it is replaced once.
            write: Whether the vendor does something; by default, whatever is no GET or HEAD.
            repeat: Whether a read that was not answered is sent again after a pause.
            accept: Statuses of 4xx, for a read of 5xx too, that the caller reads itself.
            refused: Makes the error of any other 4xx from the response and "GET /path".
            request: What `httpx.Client.build_request` takes besides.

        Raises:
            AuthError: 401, again with a new token.
            RejectedError: A 4xx.
            UnavailableError: Not done; try later.
            OutcomeUnknownError: A write that may have been done.
            ProtocolError: A redirect, an answer that cannot be read, a request that cannot be sent.
            PluginError: A second write.
        """
        write = method not in {"GET", "HEAD"} if write is None else write
        where = where_of(method, url)
        build = partial(self._build, method, url, where, request)
        send = partial(self._authorised, build, where, bearer, write=write)
        last = _ATTEMPTS - 1 if repeat and not write else 0
        for attempt in range(_ATTEMPTS):
            self._refuse(where, write=write)  # before a token is asked for
            token = bearer.token(self) if bearer else ""
            try:
                return self._judged(send(token), where, write, accept, refused)
            except UnavailableError as error:
                if attempt == last or not self._pause(attempt, error):
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    def _authorised(
        self,
        build: Callable[[str], httpx.Request],
        where: str,
        bearer: Bearer | None,
        token: str,
        *,
        write: bool,
    ) -> httpx.Response:
        """Send with `token`; on a 401 once more with a new one, which the refusal made safe."""
        response = self._send(build(token), where, write=write)
        if bearer is None or response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        self._settle_write(write=write)
        bearer.drop(token)
        return self._send(build(bearer.token(self)), where, write=write)

    def _build(
        self, method: str, url: str, where: str, request: Mapping[str, Any], token: str
    ) -> httpx.Request:
        try:
            built = self._client.build_request(method, url, **request)
            if token:
                built.headers["Authorization"] = f"Bearer {token}"
        except (httpx.InvalidURL, UnicodeError):
            raise ProtocolError(f"{where}: {UNSENDABLE}") from None
        return built

    def _send(self, request: httpx.Request, where: str, *, write: bool) -> httpx.Response:
        self._start(where, write=write)
        self.sent += 1
        request.extensions["timeout"] = {
            "connect": min(_CONNECT_S, self.left_s),
            "read": self.left_s,
            "write": self.left_s,
            "pool": self.left_s,
        }
        request.extensions["trace"] = self._hold_back
        try:
            response = self._client.send(request, stream=True)
            try:
                return self._read_body(response, request)
            finally:
                response.close()
        except _NOT_SENT as error:
            self._settle_write(write=write)
            raise UnavailableError(f"{where}: {reason_of(error)}") from None
        except _NOT_SENDABLE:
            self._settle_write(write=write)
            raise ProtocolError(f"{where}: {UNSENDABLE}") from None
        except UNANSWERED as error:
            read = ProtocolError if isinstance(error, UNREADABLE) else UnavailableError
            unknown = OutcomeUnknownError if write else read
            raise unknown(f"{where}: {reason_of(error)}") from None

    def _hold_back(self, event: str, _: Mapping[str, Any]) -> None:
        """Send nothing after the deadline: waiting for a connection may have taken until then."""
        if event == "http11.send_request_headers.started" and self._over:
            raise httpx.ConnectTimeout("too late to send")

    def _read_body(self, response: httpx.Response, request: httpx.Request) -> httpx.Response:
        """Return a response that holds its body; of a refusal, the status alone is needed."""
        self._note_date(response)
        request.extensions["timeout"]["read"] = self.left_s
        try:
            content = b"".join(read_parts(response, over=lambda: self._over))
        except UNANSWERED:
            if response.is_success:
                raise
            content = b""
        headers = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() not in {b"content-encoding", b"content-length", b"transfer-encoding"}
        ]
        return httpx.Response(
            response.status_code, headers=headers, content=content, request=request
        )

    def _judged(
        self,
        response: httpx.Response,
        where: str,
        write: bool,  # noqa: FBT001
        accept: Collection[int],
        refused: Refused | None,
    ) -> httpx.Response:
        if is_refusal(response):
            self._settle_write(write=write)
        return judge(
            response, where, write=write, accept=accept, refused=refused, clock=self._clock
        )

    @property
    def _over(self) -> bool:
        return self._abandoned.is_set() or not self.left_s

    def _refuse(self, where: str, *, write: bool) -> None:
        """Raise if this may not be sent now."""
        if self._over:
            raise UnavailableError(f"{where}: not sent, the call's deadline has passed")
        if self._client.is_closed:
            raise UnavailableError(f"{where}: not sent, the host is closed")
        if write and self._writes_left <= 0:
            raise self._no_write_reason or PluginError(
                f"{where}: not sent, a hook call makes one write only"
            )

    def _start(self, where: str, *, write: bool) -> None:
        if write and self._before_write is not None:
            self._refuse(where, write=write)
            self._before_write()
        with self._lock:
            self._refuse(where, write=write)
            if write:
                self._writes_left -= 1
                self._writes_open += 1

    def _settle_write(self, *, write: bool) -> None:
        """Note that the write just sent was surely not carried out."""
        if write:
            with self._lock:
                self._writes_left += 1
                self._writes_open -= 1

    def _pause(self, attempt: int, error: UnavailableError) -> bool:
        pause = error.retry_after_s
        if pause is None:
            pause = _FIRST_PAUSE_S * 2**attempt * (0.5 + self._jitter())
        if pause > _LONGEST_PAUSE_S or pause >= self.left_s:
            return False
        return not self._abandoned.wait(pause)

    def _note_date(self, response: httpx.Response) -> None:
        date = http_date(response.headers.get("Date", ""))
        if date is not None:
            self.clock_skew_s = (date - self._clock().replace(microsecond=0)).total_seconds()
