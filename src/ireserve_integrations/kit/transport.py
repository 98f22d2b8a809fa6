"""One HTTP exchange with a vendor: a response, or one of our errors.

A read is retried in place; a write is sent once, and what is not surely undone is an
`OutcomeUnknownError`. httpx's timeouts are per operation, so a body is streamed against the call's
deadline and a size limit.
"""

import email.utils
import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx

from ..errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from .address import is_loopback, quote_segment, safe_address

__all__ = [
    "Bearer",
    "Http",
    "field_of",
    "is_loopback",
    "open_client",
    "quote_segment",
    "read_json",
    "safe_address",
]

T = TypeVar("T")

_ATTEMPTS = 3
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 30.0  # a Retry-After beyond this is the host's business
_CONNECT_S = 10.0
_LARGEST_BODY = 8 * 1024 * 1024
_LONGEST_PATH = 300  # in a message
_LONGEST_RETRY_AFTER_S = 366 * 86_400.0  # keeps whoever adds it to a date in range
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NOT_SENDABLE = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


class Bearer(Protocol):
    """Where a request's token comes from; `kit.oauth` has one."""

    def token(self, http: "Http") -> str:
        """Return a token, fetching one through `http` if need be."""

    def drop(self, token: str) -> None:
        """Forget a token that the vendor has refused."""


def open_client(transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return the one client that a host's exchanges share.

    It keeps no cookies, which would carry one account's session into another's requests. Loopback,
    and all that is not encrypted, never goes through a proxy.

    Raises:
        ConfigError: The environment names proxies or certificates that cannot be used.
    """
    direct = ("http://", "all://127.0.0.1", "all://localhost", "all://[::1]")
    try:
        return httpx.Client(
            transport=transport,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            mounts=dict.fromkeys(direct) if transport is None else None,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"response": [_ignore_location]},
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL):
        raise ConfigError(
            "the environment's proxies or certificates cannot be used: HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY, SSL_CERT_FILE or SSL_CERT_DIR"
        ) from None


def _ignore_location(response: httpx.Response) -> None:
    """Forget where a redirect leads: it is not followed, and httpx raises at a strange address."""
    if response.is_redirect:
        response.headers.pop("Location", None)


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
        accept: Collection[int] = (),
        refused: Callable[[httpx.Response, str], IntegrationError] | None = None,
        **request: Any,
    ) -> httpx.Response:
        """Send one request and return its 2xx, or `accept`ed, response, read to its end.

        Args:
            method: The HTTP method.
            url: A whole address, ids in it quoted by `quote_segment`.
            bearer: Where the token comes from; on a 401 it is replaced once.
            write: Whether the vendor does something; by default, whatever is no GET or HEAD.
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
        where = _where(method, url)
        build = partial(self._build, method, url, where, request)
        send = partial(self._authorised, build, where, bearer, write=write)
        for attempt in range(_ATTEMPTS):
            self._refuse(where, write=write)  # before a token is asked for
            token = bearer.token(self) if bearer else ""
            try:
                return self._judged(send(token), where, write, accept, refused)
            except UnavailableError as error:
                if write or attempt == _ATTEMPTS - 1 or not self._pause(attempt, error):
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
            raise ProtocolError(f"{where}: {_UNSENDABLE}") from None
        return built

    def _send(self, request: httpx.Request, where: str, *, write: bool) -> httpx.Response:
        self._start(where, write=write)
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
            raise UnavailableError(f"{where}: {_reason(error)}") from None
        except _NOT_SENDABLE:
            self._settle_write(write=write)
            raise ProtocolError(f"{where}: {_UNSENDABLE}") from None
        except _UNANSWERED as error:
            read = ProtocolError if isinstance(error, _UNREADABLE) else UnavailableError
            unknown = OutcomeUnknownError if write else read
            raise unknown(f"{where}: {_reason(error)}") from None

    def _hold_back(self, event: str, _: Mapping[str, Any]) -> None:
        """Send nothing after the deadline: waiting for a connection may have taken until then."""
        if event == "http11.send_request_headers.started" and self._over:
            raise httpx.ConnectTimeout("too late to send")

    def _read_body(self, response: httpx.Response, request: httpx.Request) -> httpx.Response:
        """Return a response that holds its body; of a refusal, the status alone is needed."""
        self._note_date(response)
        request.extensions["timeout"]["read"] = self.left_s
        try:
            content = b"".join(self._parts(response))
        except _UNANSWERED:
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

    def _parts(self, response: httpx.Response) -> Iterator[bytes]:
        """Read a streamed body against deadline and size."""
        size = 0
        for part in response.iter_bytes():
            size += len(part)
            if size > _LARGEST_BODY:
                raise _TooLargeError("the answer is too large")
            if self._over:
                raise _TooLateError("the answer did not end before the deadline")
            yield part

    def _judged(
        self,
        response: httpx.Response,
        where: str,
        write: bool,  # noqa: FBT001
        accept: Collection[int],
        refused: Callable[[httpx.Response, str], IntegrationError] | None,
    ) -> httpx.Response:
        status = response.status_code
        if response.is_success or (status in accept and not write):
            return response
        moved = response.is_redirect and status != httpx.codes.SEE_OTHER  # which follows the deed
        if write and not (moved or response.is_client_error):
            raise OutcomeUnknownError(f"{where}: {status}")
        if response.is_server_error:
            raise UnavailableError(f"{where}: {status}", retry_after_s=self._retry_after(response))
        self._settle_write(write=write)
        if status in accept:
            return response
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise UnavailableError(f"{where}: 429", retry_after_s=self._retry_after(response))
        if status == httpx.codes.UNAUTHORIZED:
            raise AuthError(f"{where}: 401, the vendor refuses this account's token")
        if not response.is_client_error:
            raise ProtocolError(f"{where}: {status}, and redirects are not followed")
        raise refused(response, where) if refused else RejectedError(f"{where}: {status}")

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
        date = _http_date(response.headers.get("Date", ""))
        if date is not None:
            self.clock_skew_s = (date - self._clock().replace(microsecond=0)).total_seconds()

    def _retry_after(self, response: httpx.Response) -> float | None:
        value = response.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return min(float(value), _LONGEST_RETRY_AFTER_S)
        date = _http_date(value)
        if date is None:
            return None
        pause_s = (date - self._clock()).total_seconds()
        return min(max(0.0, pause_s), _LONGEST_RETRY_AFTER_S)


def read_json(response: httpx.Response, parse: Callable[[Any], T], *, write: bool = False) -> T:
    """Return `parse` of the JSON body.

    Args:
        response: From `Http.exchange`.
        parse: Raises `LookupError`, `TypeError`, `ValueError`, `AttributeError` or
            `OverflowError` on another shape.
        write: Whether the response answers a write, which then has been carried out somehow.

    Raises:
        ProtocolError: The body is not as documented; the message quotes the path, not the body.
        OutcomeUnknownError: The same, after a write.
    """
    try:
        return parse(response.json())
    except _ANOTHER_SHAPE:
        where = _where(response.request.method, str(response.request.url))
        error = OutcomeUnknownError if write else ProtocolError
        raise error(f"{where}: the answer is not as documented") from None


def field_of(mapping: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return a member of a JSON object, for `parse` functions.

    Raises:
        TypeError: It is missing or of another type.
    """
    value = mapping.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(name)
    return value


class _TooMuchError(Exception):
    """A body that is too long."""


class _TooLargeError(_TooMuchError):
    """In bytes."""


class _TooLateError(_TooMuchError):
    """In seconds."""


_UNREADABLE = (httpx.DecodingError, _TooLargeError)
_UNANSWERED = (httpx.HTTPError, httpx.StreamError, _TooMuchError)
_UNSENDABLE = "the request cannot be sent as it stands"
_ANOTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def _where(method: str, address: str) -> str:
    """Return "GET /path" for messages: no host, no query, and not without end."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        raise ProtocolError(f"{method}: {_UNSENDABLE}, its address cannot be read") from None
    if not host:
        raise ProtocolError(f"{method}: {_UNSENDABLE}, its address names no host")
    return f"{method} {parts.path[:_LONGEST_PATH]}"


def _reason(error: Exception) -> str:
    """Say what happened, without what the request carried (httpx quotes illegal header values)."""
    match error:
        case httpx.ConnectError() | _TooMuchError():
            return str(error) or "no connection"
        case httpx.DecodingError():
            return "the answer cannot be unpacked"
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return "no connection in time"
        case httpx.TimeoutException():
            return "no answer in time"
        case _:
            return "the connection was cut"


def _http_date(value: str) -> datetime | None:
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
