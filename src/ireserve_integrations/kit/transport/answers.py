"""What an answer means, and what it says."""

import email.utils
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import httpx

from ...errors import (
    AuthError,
    IntegrationError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)

T = TypeVar("T")
Refused: TypeAlias = Callable[[httpx.Response, str], IntegrationError]
"""Makes the error of a 4xx from the response and "GET /path"."""

UNSENDABLE = "the request cannot be sent as it stands"
_LONGEST_PATH = 300  # in a message
_LONGEST_RETRY_AFTER_S = 366 * 86_400.0  # keeps whoever adds it to a date in range
_ANOTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def is_refusal(response: httpx.Response) -> bool:
    """Tell whether a write that is so answered was surely not carried out."""
    moved = response.is_redirect and response.status_code != httpx.codes.SEE_OTHER
    return moved or response.is_client_error  # a 303 follows the deed


def judge(
    response: httpx.Response,
    where: str,
    *,
    write: bool,
    accept: Collection[int],
    refused: Refused | None,
    clock: Callable[[], datetime],
) -> httpx.Response:
    """Return a response that is 2xx or `accept`ed.

    Raises:
        IntegrationError: What any other one means, see `Http.exchange`.
    """
    status = response.status_code
    if response.is_success or (status in accept and not write):
        return response
    if write and not is_refusal(response):
        raise OutcomeUnknownError(f"{where}: {status}")
    if response.is_server_error:
        raise UnavailableError(f"{where}: {status}", retry_after_s=_retry_after(response, clock))
    if status in accept:
        return response
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise UnavailableError(f"{where}: 429", retry_after_s=_retry_after(response, clock))
    if status == httpx.codes.UNAUTHORIZED:
        raise AuthError(f"{where}: 401, the vendor refuses this account's token")
    if not response.is_client_error:
        raise ProtocolError(f"{where}: {status}, and redirects are not followed")
    raise refused(response, where) if refused else RejectedError(f"{where}: {status}")


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
        where = where_of(response.request.method, str(response.request.url))
        error = OutcomeUnknownError if write else ProtocolError
        raise error(f"{where}: the answer is not as documented") from None


def json_of(response: httpx.Response) -> Any:
    """Return a refusal's JSON; None where the body is empty, HTML or worse."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def field_of(mapping: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """Return a member of a JSON object, for `parse` functions.

    Raises:
        TypeError: It is missing or of another type.
    """
    value = mapping.get(name)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(name)
    return value


def where_of(method: str, address: str) -> str:
    """Return "GET /path" for messages: no host, no query, and not without end."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").encode("idna")
    except ValueError:
        raise ProtocolError(f"{method}: {UNSENDABLE}, its address cannot be read") from None
    if not host:
        raise ProtocolError(f"{method}: {UNSENDABLE}, its address names no host")
    return f"{method} {parts.path[:_LONGEST_PATH]}"


def http_date(value: str) -> datetime | None:
    """Return the moment of an HTTP date, None if it is none."""
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _retry_after(response: httpx.Response, clock: Callable[[], datetime]) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), _LONGEST_RETRY_AFTER_S)
    date = http_date(value)
    if date is None:
        return None
    return min(max(0.0, (date - clock()).total_seconds()), _LONGEST_RETRY_AFTER_S)
