"""What is never sent: too late, not allowed, or not a request at all."""

from typing import Any

import httpx
import pytest

from ireserve_integrations.errors import (
    ConfigError,
    PluginError,
    ProtocolError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

_URL = "https://api.example.org/v8/sites/s-1/authorizations"


class _Vendor:
    """Does all that it is asked, and remembers it."""

    def __init__(self, status: int = 201) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self._status)


class _Account:
    """Counts how often a token is asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def token(self, http: Http) -> str:
        self.asked += 1
        return "tok"

    def drop(self, token: str) -> None:
        raise AssertionError(token)


def _lend(vendor: _Vendor, *, deadline_s: float = 60, **options: Any) -> Http:
    return Http(open_client(httpx.MockTransport(vendor)), deadline_s=deadline_s, **options)


def test_where_no_write_is_allowed_the_reason_is_raised_before_anything_is_asked() -> None:
    vendor, account, reason = _Vendor(), _Account(), ConfigError("resivo-main is inactive")
    http = _lend(vendor, writes=0, no_write_reason=reason)

    with pytest.raises(ConfigError) as caught:
        http.exchange("POST", _URL, bearer=account)

    assert caught.value is reason
    assert (vendor.requests, account.asked) == ([], 0)
    assert not http.write_may_have_landed


def test_where_no_write_is_allowed_and_no_reason_given_the_plugin_is_at_fault() -> None:
    with pytest.raises(PluginError):
        _lend(_Vendor(), writes=0).exchange("POST", _URL)


def test_the_reason_for_no_write_is_not_one_for_no_second_write() -> None:
    http = _lend(_Vendor(), no_write_reason=ConfigError("inactive"))

    http.exchange("POST", _URL)

    with pytest.raises(PluginError):
        http.exchange("POST", _URL)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_after_the_deadline_nothing_is_sent(method: str) -> None:
    vendor, account = _Vendor(), _Account()
    http = _lend(vendor, deadline_s=0)

    with pytest.raises(UnavailableError, match="deadline has passed"):
        http.exchange(method, _URL, bearer=account)

    assert (vendor.requests, account.asked, http.left_s) == ([], 0, 0)
    assert not http.write_may_have_landed


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_abandoned_call_sends_nothing_more(method: str) -> None:
    vendor = _Vendor()
    http = _lend(vendor)

    landed = http.abandon()

    assert not landed
    with pytest.raises(UnavailableError, match="not sent"):
        http.exchange(method, _URL)
    assert vendor.requests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_abandoned_while_its_token_is_fetched_sends_nothing(method: str) -> None:
    class Slow(_Account):
        def token(self, http: Http) -> str:
            http.abandon()
            return "tok"

    vendor = _Vendor()
    done: list[None] = []
    http = _lend(vendor, before_write=lambda: done.append(None))

    with pytest.raises(UnavailableError, match="not sent"):
        http.exchange(method, _URL, bearer=Slow())

    assert (vendor.requests, done) == ([], [])
    assert not http.write_may_have_landed


def test_a_write_made_while_a_token_was_fetched_was_the_one_write() -> None:
    class Racing(_Account):
        def token(self, http: Http) -> str:
            http.exchange("POST", f"{_URL}/first")
            return "tok"

    vendor = _Vendor()

    with pytest.raises(PluginError, match="one write only"):
        _lend(vendor).exchange("POST", f"{_URL}/second", bearer=Racing())

    assert [request.url.path for request in vendor.requests] == [
        "/v8/sites/s-1/authorizations/first"
    ]


@pytest.mark.parametrize(("status", "landed"), [(201, True), (404, False)])
def test_abandoning_tells_whether_a_write_may_have_landed(status: int, landed: bool) -> None:
    http = _lend(_Vendor(status))

    http.exchange("DELETE", _URL, accept={404})

    assert http.abandon() is landed


def test_what_is_to_be_done_before_a_write_is_done_before_it_leaves() -> None:
    vendor = _Vendor()
    sent_before: list[int] = []
    http = _lend(vendor, before_write=lambda: sent_before.append(len(vendor.requests)))

    http.exchange("GET", _URL)
    http.exchange("POST", _URL)

    assert (sent_before, len(vendor.requests)) == ([1], 2)


def test_what_fails_before_a_write_keeps_it_from_leaving() -> None:
    vendor = _Vendor()

    def fail() -> None:
        raise UnavailableError("the label is not on disk")

    http = _lend(vendor, before_write=fail)

    with pytest.raises(UnavailableError, match="the label is not on disk"):
        http.exchange("POST", _URL)

    assert vendor.requests == []
    assert not http.write_may_have_landed


@pytest.mark.parametrize("options", [{"writes": 0}, {"deadline_s": 0}], ids=repr)
def test_before_a_write_that_is_refused_nothing_is_done(options: dict[str, Any]) -> None:
    done: list[None] = []
    http = _lend(_Vendor(), before_write=lambda: done.append(None), **options)

    with pytest.raises((PluginError, UnavailableError)):
        http.exchange("POST", _URL)

    assert done == []


def test_a_call_abandoned_before_its_write_leaves_does_not_send_it() -> None:
    vendor = _Vendor()
    http: Http

    def linger() -> None:
        http.abandon()

    http = _lend(vendor, before_write=linger)

    with pytest.raises(UnavailableError, match="not sent"):
        http.exchange("POST", _URL)

    assert vendor.requests == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_closed_client_sends_nothing(method: str) -> None:
    client = open_client(httpx.MockTransport(_Vendor()))
    http = Http(client, deadline_s=60)

    client.close()

    with pytest.raises(UnavailableError, match="the host is closed"):
        http.exchange(method, _URL)
    assert not http.write_may_have_landed


@pytest.mark.parametrize(
    "request_", [{"json": {"name": "\ud800"}}, {"headers": {"X-Name": "\ud800"}}], ids=str
)
def test_what_cannot_be_encoded_is_not_sent(request_: dict[str, Any]) -> None:
    vendor = _Vendor()
    http = _lend(vendor)

    with pytest.raises(ProtocolError, match="cannot be sent as it stands"):
        http.exchange("POST", _URL, **request_)

    assert vendor.requests == []
    assert not http.write_may_have_landed
