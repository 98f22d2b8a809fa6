"""What an answer says: its JSON, its clock, and what stands in its way."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ireserve_integrations.errors import OutcomeUnknownError, ProtocolError, RejectedError
from ireserve_integrations.kit.transport import Http, field_of, open_client, read_json

_URL = "https://api.example.org/v8/sites/s-1"
_NOW = datetime(2026, 11, 21, 9, 0, 0, 999_999, tzinfo=UTC)
_MIB = 1024 * 1024


def _deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


class _Endless(httpx.SyncByteStream):
    """A body without end, which counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += _MIB
            yield bytes(_MIB)


def _answer(
    status: int = 200,
    body: bytes | httpx.SyncByteStream = b"",
    headers: dict[str, str] | dict[bytes, bytes] | None = None,
) -> tuple[Http, list[httpx.Request]]:
    """Return a lent client whose vendor gives this answer, and what reaches that vendor."""
    requests: list[httpx.Request] = []
    stream = httpx.ByteStream(body) if isinstance(body, bytes) else body

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, headers=headers, stream=stream)

    client = open_client(httpx.MockTransport(answer))
    return Http(client, deadline_s=60, clock=lambda: _NOW), requests


def _read_id(raw: Any) -> str:
    return field_of(raw, "id", str)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", _deflate),
        ("deflate, gzip", lambda body: gzip.compress(zlib.compress(body))),
        ("identity", bytes),
    ],
)
def test_a_packed_answer_is_unpacked_once(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    body = '{"id": "é"}'.encode()
    http, _ = _answer(body=pack(body), headers={"Content-Encoding": encoding})

    response = http.exchange("GET", _URL)

    assert response.content == body
    assert "Content-Encoding" not in response.headers


def test_headers_arrive_as_they_were_sent() -> None:
    headers = {b"X-Name": "Zoë".encode(), b"Link": b'</v8/sites?page=2>; rel="next"'}
    http, _ = _answer(body=b"[]", headers=headers)

    response = http.exchange("GET", _URL)

    assert response.headers["X-Name"] == "Zoë"
    assert response.links["next"]["url"] == "/v8/sites?page=2"


def test_an_answer_knows_its_request() -> None:
    http, _ = _answer()

    assert str(http.exchange("GET", _URL).request.url) == _URL


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (_Endless(), {}),
        (gzip.compress(bytes(9 * _MIB)), {"Content-Encoding": "gzip"}),
        (bytes(8 * _MIB + 1), {}),
    ],
    ids=["endless", "packed", "a byte too many"],
)
@pytest.mark.parametrize(
    ("method", "kind"), [("GET", ProtocolError), ("POST", OutcomeUnknownError)]
)
def test_an_answer_over_the_limit_is_not_read_to_its_end(
    method: str, kind: type[Exception], body: Any, headers: dict[str, str]
) -> None:
    http, requests = _answer(200, body, headers)

    with pytest.raises(kind, match="the answer is too large"):
        http.exchange(method, _URL)

    assert len(requests) == 1


def test_of_an_endless_answer_no_more_than_the_limit_is_taken() -> None:
    body = _Endless()
    http, _ = _answer(body=body)

    with pytest.raises(ProtocolError):
        http.exchange("GET", _URL)

    assert body.taken == 9 * _MIB


def test_an_answer_at_the_limit_is_read() -> None:
    http, _ = _answer(body=bytes(8 * _MIB))

    assert len(http.exchange("GET", _URL).content) == 8 * _MIB


def test_a_refusal_over_the_limit_is_a_refusal() -> None:
    http, _ = _answer(400, _Endless())

    with pytest.raises(RejectedError):
        http.exchange("POST", _URL)

    assert not http.write_may_have_landed


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", ProtocolError), ("POST", OutcomeUnknownError)]
)
def test_an_answer_that_cannot_be_unpacked_is_no_documented_reply(
    method: str, kind: type[Exception]
) -> None:
    http, requests = _answer(body=b"this is no gzip", headers={"Content-Encoding": "gzip"})

    with pytest.raises(kind, match="cannot be unpacked"):
        http.exchange(method, _URL)

    assert len(requests) == 1


@pytest.mark.parametrize(
    ("date", "skew_s"),
    [
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Sat, 21 Nov 2026 09:02:30 GMT", 150.0),
        ("Sat, 21 Nov 2026 08:59:00 GMT", -60.0),
        ("Sat, 21 Nov 2026 10:00:05 +0100", 5.0),
        ("Sat, 21 Nov 2026 09:00:00 -0000", 0.0),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_the_vendors_clock_is_compared_with_ours(status: int, date: str, skew_s: float) -> None:
    http, _ = _answer(status, headers={"Date": date})

    http.exchange("GET", _URL, accept={400})

    assert http.clock_skew_s == skew_s


@pytest.mark.parametrize("date", ["", "soon", "Sat, 21 Nov 2026 09:00:00 +99999999999999"])
def test_without_a_readable_date_the_vendors_clock_is_not_known(date: str) -> None:
    http, _ = _answer(headers={"Date": date})

    http.exchange("GET", _URL)

    assert http.clock_skew_s is None


def test_the_last_readable_date_counts() -> None:
    dates = iter([{"Date": "Sat, 21 Nov 2026 09:00:07 GMT"}, {}])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=next(dates)))
    http = Http(open_client(transport), deadline_s=60, clock=lambda: _NOW)

    http.exchange("GET", _URL)
    http.exchange("GET", _URL)

    assert http.clock_skew_s == timedelta(seconds=7).total_seconds()


def test_a_documented_answer_is_parsed() -> None:
    http, _ = _answer(body=b'{"id": "auth-9"}')

    assert read_json(http.exchange("GET", _URL), _read_id) == "auth-9"


_UNDOCUMENTED = [
    b"",
    b"<html>hunter2</html>",
    b'{"id": "hunter2"',
    b'\xff\xfe\xfa"hunter2"',
    b'"hunter2"',
    b"null",
    b"7",
    b"[]",
    b'["hunter2"]',
    b"{}",
    b'{"id": null}',
    b'{"id": 7, "secret": "hunter2"}',
    b'{"id": {"hunter2": 1}}',
    b'{"id": ["hunter2"]}',
    b"[" * 200_000,
    b'{"id":' * 100_000,
    b'{"id": ' + b"1" * 5000 + b"}",
]


@pytest.mark.parametrize("body", _UNDOCUMENTED, ids=lambda body: repr(body[:20]))
@pytest.mark.parametrize(("write", "kind"), [(False, ProtocolError), (True, OutcomeUnknownError)])
def test_an_undocumented_answer_is_named_by_its_path(
    write: bool, kind: type[Exception], body: bytes
) -> None:
    http, _ = _answer(body=body)
    response = http.exchange("GET", f"{_URL}/a%2Fb%0Ac?email=hunter2")

    with pytest.raises(kind) as caught:
        read_json(response, _read_id, write=write)

    assert str(caught.value) == "GET /v8/sites/s-1/a%2Fb%0Ac: the answer is not as documented"


@pytest.mark.parametrize(
    "parse",
    [
        lambda raw: raw["items"],
        lambda raw: raw["doors"][0],
        lambda raw: raw.id,
        lambda raw: int(raw["many"]),
        lambda raw: datetime.fromisoformat(raw["id"]),
        lambda raw: raw + 1,
    ],
    ids=["KeyError", "IndexError", "AttributeError", "OverflowError", "ValueError", "TypeError"],
)
def test_whatever_stops_a_parser_is_an_undocumented_answer(parse: Callable[[Any], Any]) -> None:
    http, _ = _answer(body=b'{"id": "auth-9", "doors": [], "many": 1e999}')

    with pytest.raises(ProtocolError):
        read_json(http.exchange("GET", _URL), parse)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("x", str), (7, int), (7.5, float), (True, bool), ([], list), ({}, dict), (True, object)],
)
def test_a_field_of_the_right_type_is_returned(value: Any, kind: type[Any]) -> None:
    assert field_of({"field": value}, "field", kind) == value


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({}, str),
        ({"field": None}, str),
        ({"field": 7}, str),
        ({"field": "7"}, int),
        ({"field": True}, int),
        ({"field": 1}, bool),
        ({"field": {}}, list),
    ],
)
def test_a_field_that_is_missing_or_of_another_type_is_refused(
    raw: dict[str, Any], kind: type[Any]
) -> None:
    with pytest.raises(TypeError, match=r"^field$"):
        field_of(raw, "field", kind)
