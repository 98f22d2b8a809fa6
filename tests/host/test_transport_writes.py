"""A write is sent once, and what is not surely undone may have been done."""

import gzip
from collections.abc import Iterator

import httpx
import pytest

from ireserve_integrations.errors import (
    IntegrationError,
    OutcomeUnknownError,
    PluginError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

_URL = "https://api.example.org/v8/sites/s-1/authorizations"
_LATER = {"Retry-After": "7"}


class _Vendor:
    """Gives its answers one after the other, and remembers what reached it."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)


class _Cut(httpx.SyncByteStream):
    """A body that ends before its end."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"id": '
        raise httpx.ReadError("reset")


def _lend(vendor: _Vendor, *, writes: int = 1) -> Http:
    client = open_client(httpx.MockTransport(vendor))
    return Http(client, deadline_s=60, writes=writes, jitter=lambda: -0.5)  # a retry would be quick


def _name(value: object) -> str:
    return str(value.status_code) if isinstance(value, httpx.Response) else type(value).__name__


def _unreadable(status: int) -> httpx.Response:
    stream = httpx.ByteStream(b"this is no gzip")
    return httpx.Response(status, headers={"Content-Encoding": "gzip"}, stream=stream)


_REFUSALS = [
    (httpx.Response(400), RejectedError),
    (httpx.Response(403), RejectedError),
    (httpx.Response(404), RejectedError),
    (httpx.Response(408), RejectedError),
    (httpx.Response(409), RejectedError),
    (httpx.Response(422), RejectedError),
    (httpx.Response(400, stream=_Cut()), RejectedError),
    (_unreadable(400), RejectedError),
    (httpx.Response(429, headers=_LATER), UnavailableError),
    (httpx.Response(429, headers=_LATER, stream=_Cut()), UnavailableError),
    (httpx.ConnectError("Connection refused"), UnavailableError),
    (httpx.ConnectTimeout(""), UnavailableError),
    (httpx.PoolTimeout(""), UnavailableError),
    (httpx.ProxyError("502 Bad Gateway"), UnavailableError),
    (httpx.UnsupportedProtocol(""), ProtocolError),
    (httpx.LocalProtocolError("Illegal header value"), ProtocolError),
    (httpx.Response(301), ProtocolError),
    (httpx.Response(302), ProtocolError),
    (httpx.Response(307), ProtocolError),
    (httpx.Response(308), ProtocolError),
]
_UNKNOWN = [
    httpx.ReadTimeout(""),
    httpx.WriteTimeout(""),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.CloseError(""),
    httpx.RemoteProtocolError("peer closed connection"),
    httpx.Response(101),
    httpx.Response(201, stream=_Cut()),
    _unreadable(201),
    httpx.Response(303, headers={"Location": "/v8/authorizations/9"}),
    httpx.Response(500),
    httpx.Response(501),
    httpx.Response(502),
    httpx.Response(503, headers=_LATER),
    httpx.Response(504),
    httpx.Response(600),
]


@pytest.mark.parametrize(("trouble", "kind"), _REFUSALS, ids=_name)
def test_a_write_that_was_surely_not_done_says_so(
    trouble: httpx.Response | Exception, kind: type[IntegrationError]
) -> None:
    vendor = _Vendor(trouble)
    http = _lend(vendor)

    with pytest.raises(IntegrationError, match=r"^POST /v8/sites/s-1/authorizations: ") as caught:
        http.exchange("POST", _URL, json={})

    assert type(caught.value) is kind
    assert not http.write_may_have_landed
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(("trouble", "kind"), _REFUSALS, ids=_name)
def test_a_write_that_was_surely_not_done_may_be_mended_and_sent_again(
    trouble: httpx.Response | Exception, kind: type[IntegrationError]
) -> None:
    vendor = _Vendor(trouble, httpx.Response(201))
    http = _lend(vendor)

    with pytest.raises(kind):
        http.exchange("POST", _URL, json={"language": "xx"})
    response = http.exchange("POST", _URL, json={})

    assert response.status_code == 201
    assert http.write_may_have_landed


@pytest.mark.parametrize("trouble", _UNKNOWN, ids=_name)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_that_may_have_been_done_is_sent_once_and_says_so(
    trouble: httpx.Response | Exception, method: str
) -> None:
    vendor = _Vendor(trouble)
    http = _lend(vendor)

    with pytest.raises(OutcomeUnknownError, match=rf"^{method} /v8/sites/s-1/authorizations: "):
        http.exchange(method, _URL)

    assert http.write_may_have_landed
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("trouble", _UNKNOWN, ids=_name)
def test_after_a_write_that_may_have_been_done_no_other_is_sent(
    trouble: httpx.Response | Exception,
) -> None:
    vendor = _Vendor(trouble)
    http = _lend(vendor)

    with pytest.raises(OutcomeUnknownError):
        http.exchange("POST", _URL)
    with pytest.raises(PluginError, match="one write only"):
        http.exchange("POST", _URL)

    assert len(vendor.requests) == 1


def test_the_pause_of_a_429_is_given_on_and_not_waited_for() -> None:
    http = _lend(_Vendor(httpx.Response(429, headers=_LATER)))

    with pytest.raises(UnavailableError) as caught:
        http.exchange("POST", _URL)

    assert caught.value.retry_after_s == 7


def test_a_write_that_was_done_may_have_landed_and_no_other_is_sent() -> None:
    vendor = _Vendor(httpx.Response(201, json={"id": "auth-9"}))
    http = _lend(vendor)

    response = http.exchange("POST", _URL)
    with pytest.raises(PluginError, match="one write only"):
        http.exchange("DELETE", f"{_URL}/auth-8")

    assert response.json() == {"id": "auth-9"}
    assert http.write_may_have_landed
    assert len(vendor.requests) == 1


def test_a_read_may_follow_a_write() -> None:
    http = _lend(_Vendor(httpx.Response(201), httpx.Response(200, text="live")))

    http.exchange("POST", _URL)

    assert http.exchange("GET", _URL).text == "live"


@pytest.mark.parametrize("status", [404, 409, 429])
def test_an_accepted_refusal_is_handed_to_the_caller_as_not_done(status: int) -> None:
    http = _lend(_Vendor(httpx.Response(status)))

    response = http.exchange("DELETE", _URL, accept={404, 409, 429})

    assert response.status_code == status
    assert not http.write_may_have_landed


@pytest.mark.parametrize("status", [303, 500, 501, 503])
def test_what_may_have_been_done_is_unknown_even_where_it_is_accepted(status: int) -> None:
    http = _lend(_Vendor(httpx.Response(status)))

    with pytest.raises(OutcomeUnknownError):
        http.exchange("DELETE", _URL, accept={303, 500, 501, 503})


def test_a_second_write_that_was_refused_leaves_the_first_standing() -> None:
    http = _lend(_Vendor(httpx.Response(201), httpx.Response(400)), writes=2)

    http.exchange("POST", _URL)
    with pytest.raises(RejectedError):
        http.exchange("POST", _URL)

    assert http.write_may_have_landed


def test_as_many_writes_are_sent_as_are_allowed() -> None:
    vendor = _Vendor(httpx.Response(201), httpx.Response(201))
    http = _lend(vendor, writes=2)

    http.exchange("POST", _URL)
    http.exchange("POST", _URL)
    with pytest.raises(PluginError):
        http.exchange("POST", _URL)

    assert len(vendor.requests) == 2


def test_a_compressed_answer_to_a_write_is_read() -> None:
    packed = httpx.ByteStream(gzip.compress(b'{"id": "auth-9"}'))
    answer = httpx.Response(201, headers={"Content-Encoding": "gzip"}, stream=packed)

    response = _lend(_Vendor(answer)).exchange("POST", _URL)

    assert response.json() == {"id": "auth-9"}
