"""Reading an answer to its end, within bounds, and why that did not come to pass."""

from collections.abc import Callable, Iterator

import httpx

_LARGEST_BODY = 8 * 1024 * 1024


class _TooMuchError(Exception):
    """A body that is too long."""


class _TooLargeError(_TooMuchError):
    """In bytes."""


class _TooLateError(_TooMuchError):
    """In seconds."""


UNREADABLE = (httpx.DecodingError, _TooLargeError)
UNANSWERED = (httpx.HTTPError, httpx.StreamError, _TooMuchError)


def read_parts(response: httpx.Response, *, over: Callable[[], bool]) -> Iterator[bytes]:
    """Read a streamed body against a size, and until it is `over`.

    Raises:
        httpx.HTTPError: Or another one of `UNANSWERED`.
    """
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > _LARGEST_BODY:
            raise _TooLargeError("the answer is too large")
        if over():
            raise _TooLateError("the answer did not end before the deadline")
        yield part


def reason_of(error: Exception) -> str:
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
