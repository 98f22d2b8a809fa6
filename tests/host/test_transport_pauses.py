"""How long we wait before a read is asked again, and what is given on to the host."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ireserve_integrations.errors import UnavailableError
from ireserve_integrations.kit.transport import Http, open_client

_NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_URL = "https://api.example.org/v8/sites/s-1"
_HEADERS = st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b""))
_WORDS = ["Mon,", "01", "99", "Jan", "0000", "2026", "9999", "00:00:00", "24:61", "GMT", "-0000"]
_DATES = st.lists(st.sampled_from([*_WORDS, "+9999999999"])).map(
    lambda words: " ".join(words).encode()
)


class _Vendor:
    """Gives its answers one after the other, and remembers what reached it."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.asked = threading.Event()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.asked.set()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _lend(vendor: _Vendor, *, deadline_s: float = 60, **options: Any) -> Http:
    options = {"clock": lambda: _NOW, "jitter": lambda: -0.5} | options  # no pause of our own
    return Http(open_client(httpx.MockTransport(vendor)), deadline_s=deadline_s, **options)


def _retry_at(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        ("31", 31.0),
        (" 3600 ", 3600.0),
        (_retry_at(_NOW + timedelta(seconds=90)), 90.0),
        ("Sat, 21 Nov 2026 10:01:00 +0100", 60.0),
        ("Sat, 21 Nov 2026 09:01:00 -0000", 60.0),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_pause_beyond_thirty_seconds_is_given_on(
    status: int, header: str, pause_s: float
) -> None:
    vendor = _Vendor(httpx.Response(status, headers={"Retry-After": header}))

    with pytest.raises(UnavailableError) as caught:
        _lend(vendor).exchange("GET", _URL)

    assert caught.value.retry_after_s == pause_s


def test_a_pause_beyond_the_deadline_is_given_on() -> None:
    vendor = _Vendor(httpx.Response(503, headers={"Retry-After": "25"}))

    with pytest.raises(UnavailableError) as caught:
        _lend(vendor, deadline_s=20).exchange("GET", _URL)

    assert caught.value.retry_after_s == 25


@pytest.mark.parametrize(
    ("now", "header"),
    [
        (_NOW, "0"),
        (_NOW, _retry_at(_NOW - timedelta(days=1))),
    ],
)
def test_a_pause_of_nothing_is_none(now: datetime, header: str) -> None:
    retry = httpx.Response(429, headers={"Retry-After": header})
    vendor = _Vendor(retry, retry, httpx.Response(200))

    response = _lend(vendor, clock=lambda: now, jitter=lambda: 1e9).exchange("GET", _URL)

    assert response.status_code == 200


def test_a_pause_is_kept_before_the_next_attempt() -> None:
    now = _NOW + timedelta(milliseconds=750)
    header = _retry_at(_NOW + timedelta(seconds=1))
    vendor = _Vendor(httpx.Response(429, headers={"Retry-After": header}), httpx.Response(200))
    began = time.monotonic()

    _lend(vendor, clock=lambda: now).exchange("GET", _URL)

    assert time.monotonic() - began >= 0.25


def test_a_pause_of_thirty_seconds_is_kept_but_no_longer_than_the_call() -> None:
    vendor = _Vendor(httpx.Response(503, headers={"Retry-After": "30"}))
    http = _lend(vendor)
    errors: list[Exception] = []

    def read() -> None:
        try:
            http.exchange("GET", _URL)
        except UnavailableError as error:
            errors.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    vendor.asked.wait(10)
    reader.join(0.2)
    waited = reader.is_alive()
    http.abandon()
    reader.join(10)

    assert waited
    assert [type(error) for error in errors] == [UnavailableError]
    assert len(vendor.requests) == 1


@pytest.mark.parametrize(("jitter", "pause_s"), [(0.0, 0.1), (1.0, 0.3)])
def test_our_own_pauses_are_spread(jitter: float, pause_s: float) -> None:
    vendor = _Vendor(httpx.ConnectError(""), httpx.Response(200))
    began = time.monotonic()

    _lend(vendor, jitter=lambda: jitter).exchange("GET", _URL)

    assert pause_s <= time.monotonic() - began


def test_our_own_pauses_grow() -> None:
    vendor = _Vendor(httpx.ConnectError(""), httpx.ConnectError(""), httpx.Response(200))
    began = time.monotonic()

    _lend(vendor, jitter=lambda: 0.0).exchange("GET", _URL)

    assert time.monotonic() - began >= 0.1 + 0.2


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"soon",
        b"-5",
        b"1.5",
        b"1e3",
        b"\xc2\xb2",
        b"0x10",
        b"120, 120",
        b"Mon, 99 Foo 2026",
        b"Mon, 01 Jan 2024 00:00:00 +99999999999999",
    ],
)
def test_a_pause_that_cannot_be_read_is_none(header: bytes) -> None:
    vendor = _Vendor(httpx.Response(429, headers={b"Retry-After": header}))

    with pytest.raises(UnavailableError) as caught:
        _lend(vendor).exchange("POST", _URL)

    assert caught.value.retry_after_s is None


def test_a_pause_that_is_over_is_given_on_as_nothing() -> None:
    header = _retry_at(_NOW - timedelta(days=1))
    vendor = _Vendor(httpx.Response(429, headers={"Retry-After": header}))

    with pytest.raises(UnavailableError) as caught:
        _lend(vendor).exchange("POST", _URL)

    assert caught.value.retry_after_s == 0


@pytest.mark.parametrize("header", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_an_endless_pause_can_still_be_added_to_a_date(header: str) -> None:
    vendor = _Vendor(httpx.Response(429, headers={"Retry-After": header}))

    with pytest.raises(UnavailableError) as caught:
        _lend(vendor).exchange("POST", _URL)

    assert caught.value.retry_after_s == timedelta(days=366).total_seconds()


@given(retry_after=_HEADERS | _DATES, date=_HEADERS | _DATES)
def test_no_header_makes_an_exchange_raise_anything_else(retry_after: bytes, date: bytes) -> None:
    headers = {b"Retry-After": retry_after, b"Date": date, b"X-Any": retry_after}
    vendor = _Vendor(httpx.Response(429, headers=headers))

    with pytest.raises(UnavailableError):
        _lend(vendor).exchange("POST", _URL)
