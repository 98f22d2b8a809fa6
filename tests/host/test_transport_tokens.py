"""What a 401 leads to: one new token, one more try."""

import httpx
import pytest

from ireserve_integrations.errors import (
    AuthError,
    ConfigError,
    IntegrationError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

_URL = "https://api.example.org/v8/sites/s-1"


class _Account:
    """Hands out tok-1 until it is dropped, then tok-2 and so on."""

    def __init__(self, failure: IntegrationError | None = None) -> None:
        self.number = 1
        self.dropped: list[str] = []
        self._failure = failure

    def token(self, http: Http) -> str:
        assert http.left_s > 0
        if self.number > 1 and self._failure:
            raise self._failure
        return f"tok-{self.number}"

    def drop(self, token: str) -> None:
        self.dropped.append(token)
        self.number += token == f"tok-{self.number}"


class _Vendor:
    """Answers with one status after the other, and remembers the tokens that it saw."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.tokens: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        return httpx.Response(self.statuses.pop(0), headers={"Retry-After": "0"})


def _lend(vendor: _Vendor) -> Http:
    return Http(open_client(httpx.MockTransport(vendor)), deadline_s=60)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_carries_the_accounts_token(method: str) -> None:
    vendor, account = _Vendor(200), _Account()

    _lend(vendor).exchange(method, _URL, bearer=account)

    assert vendor.tokens == ["Bearer tok-1"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_token_is_replaced_once(method: str) -> None:
    vendor, account = _Vendor(401, 200), _Account()

    response = _lend(vendor).exchange(method, _URL, bearer=account)

    assert response.status_code == 200
    assert vendor.tokens == ["Bearer tok-1", "Bearer tok-2"]
    assert account.dropped == ["tok-1"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_account_whose_new_token_is_refused_too_is_to_be_reconnected(method: str) -> None:
    vendor, account = _Vendor(401, 401), _Account()
    http = _lend(vendor)

    with pytest.raises(AuthError, match=f"^{method} /v8/sites/s-1: 401"):
        http.exchange(method, _URL, bearer=account)

    assert len(vendor.tokens) == 2
    assert not http.write_may_have_landed


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_an_account_a_401_is_final(method: str) -> None:
    vendor = _Vendor(401)

    with pytest.raises(AuthError):
        _lend(vendor).exchange(method, _URL)

    assert vendor.tokens == [""]


@pytest.mark.parametrize(
    ("status", "kind", "landed"),
    [
        (400, RejectedError, False),
        (429, UnavailableError, False),
        (302, ProtocolError, False),
        (503, OutcomeUnknownError, True),
    ],
)
def test_the_second_try_of_a_write_is_judged_as_the_first(
    status: int, kind: type[IntegrationError], landed: bool
) -> None:
    vendor = _Vendor(401, status)
    http = _lend(vendor)

    with pytest.raises(IntegrationError) as caught:
        http.exchange("POST", _URL, bearer=_Account())

    assert type(caught.value) is kind
    assert http.write_may_have_landed is landed
    assert len(vendor.tokens) == 2


@pytest.mark.parametrize(
    "failure", [AuthError("no"), UnavailableError("later"), ConfigError("secret")], ids=repr
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_write_whose_new_token_cannot_be_had_was_not_done(
    method: str, failure: IntegrationError
) -> None:
    vendor = _Vendor(401)
    http = _lend(vendor)

    with pytest.raises(IntegrationError) as caught:
        http.exchange(method, _URL, bearer=_Account(failure))

    assert caught.value is failure
    assert not http.write_may_have_landed
    assert len(vendor.tokens) == 1


def test_a_token_that_cannot_be_had_is_not_asked_for_again_in_place() -> None:
    account = _Account(UnavailableError("later"))
    account.number = 2
    vendor = _Vendor()

    with pytest.raises(UnavailableError, match="later"):
        _lend(vendor).exchange("GET", _URL, bearer=account)

    assert vendor.tokens == []


def test_a_retried_read_does_not_come_back_with_a_refused_token() -> None:
    vendor, account = _Vendor(401, 503, 200), _Account()

    _lend(vendor).exchange("GET", _URL, bearer=account)

    assert vendor.tokens == ["Bearer tok-1", "Bearer tok-2", "Bearer tok-2"]


@pytest.mark.parametrize("status", [400, 403])
def test_another_refusal_leaves_the_token_alone(status: int) -> None:
    account = _Account()

    with pytest.raises(RejectedError):
        _lend(_Vendor(status)).exchange("GET", _URL, bearer=account)

    assert account.dropped == []


def test_a_token_that_cannot_be_encoded_is_not_sent() -> None:
    class Odd(_Account):
        def token(self, http: Http) -> str:
            return f"tok-\ud800{http.left_s}"

    vendor = _Vendor()

    with pytest.raises(ProtocolError, match="cannot be sent as it stands"):
        _lend(vendor).exchange("GET", _URL, bearer=Odd())

    assert vendor.tokens == []
