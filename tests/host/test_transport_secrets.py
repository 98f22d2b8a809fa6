"""No error, as it is printed with its whole chain, tells what a request or an answer carried."""

import traceback
from typing import Any

import httpx
import pytest

from ireserve_integrations.errors import IntegrationError
from ireserve_integrations.kit.oauth import Token, Tokens
from ireserve_integrations.kit.transport import Http, open_client, read_json

_TOKEN = "tok-hunter2"
_SECRET = "form-hunter2"
_BODY = '{"message": "body-hunter2 form-hunter2 tok-hunter2"}'
_QUERY = "email=query-hunter2"
_URL = f"https://api.example.org/oauth2/token?{_QUERY}"
_FORM = {"client_id": "cid", "client_secret": _SECRET}


class _Account:
    def __init__(self, token: str = _TOKEN) -> None:
        self._token = token

    def token(self, http: Http) -> str:
        assert http.left_s > 0
        return self._token

    def drop(self, token: str) -> None:
        assert token == self._token


def _printed(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


def _lend(answer: httpx.Response | Exception) -> Http:
    def give(request: httpx.Request) -> httpx.Response:
        assert _SECRET in request.content.decode()
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = open_client(httpx.MockTransport(give))
    return Http(client, deadline_s=10, jitter=lambda: -0.5)


def _answers() -> list[httpx.Response | Exception]:
    location = {"Location": f"https://evil.example/?{_BODY}"}
    packed = httpx.ByteStream(_BODY.encode())
    return [
        *(httpx.Response(status, text=_BODY) for status in (400, 401, 403, 404, 422, 429, 500)),
        *(httpx.Response(status, text=_BODY, headers=location) for status in (302, 303, 600)),
        httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=packed),
        httpx.ReadError(_BODY),
        httpx.RemoteProtocolError(_BODY),
        httpx.LocalProtocolError(f"Illegal header value b'Bearer {_TOKEN}'"),
        httpx.ProxyError(_BODY),
        httpx.ReadTimeout(_BODY),
        httpx.DecodingError(_BODY),
        httpx.UnsupportedProtocol(_BODY),
    ]


def _name(answer: httpx.Response | Exception) -> str:
    return repr(answer) if isinstance(answer, httpx.Response) else type(answer).__name__


@pytest.mark.parametrize("answer", _answers(), ids=_name)
@pytest.mark.parametrize("write", [False, True])
def test_what_went_to_and_fro_is_in_no_error(
    answer: httpx.Response | Exception, write: bool
) -> None:
    http = _lend(answer)

    with pytest.raises(IntegrationError) as caught:
        http.exchange("POST", _URL, bearer=_Account(), data=_FORM, write=write)

    assert "hunter2" not in _printed(caught.value)
    assert "POST /oauth2/token: " in str(caught.value)


@pytest.mark.parametrize("write", [False, True])
def test_an_undocumented_answer_is_in_no_error(write: bool) -> None:
    response = _lend(httpx.Response(200, text=_BODY)).exchange("POST", _URL, data=_FORM)

    with pytest.raises(IntegrationError) as caught:
        read_json(response, lambda raw: raw["access_token"], write=write)

    assert "hunter2" not in _printed(caught.value)


def _reject(raw: Any) -> str:
    raise ValueError(raw)


def test_what_a_parser_complains_of_is_in_no_error() -> None:
    response = _lend(httpx.Response(200, text=_BODY)).exchange("POST", _URL, data=_FORM)

    with pytest.raises(IntegrationError) as caught:
        read_json(response, _reject)

    assert "hunter2" not in _printed(caught.value)


def test_a_token_that_cannot_be_sent_is_in_no_error() -> None:
    account = _Account(f"{_TOKEN}\ud800")

    with pytest.raises(IntegrationError) as caught:
        _lend(httpx.Response(200)).exchange("GET", _URL, bearer=account)

    assert "hunter2" not in _printed(caught.value)


@pytest.mark.parametrize("part", ["json", "data"])
def test_a_body_that_cannot_be_sent_is_in_no_error(part: str) -> None:
    http = _lend(httpx.Response(200))
    body: dict[str, Any] = {part: {"client_secret": f"{_SECRET}\ud800"}}

    with pytest.raises(IntegrationError) as caught:
        http.exchange("POST", _URL, **body)

    assert "hunter2" not in _printed(caught.value)


def test_a_token_request_that_failed_tells_those_who_waited_nothing_secret() -> None:
    http = _lend(httpx.Response(400, text=_BODY))
    tokens = Tokens(margin_s=30)

    def fetch(lent: Http) -> Token:
        response = lent.exchange("POST", _URL, data=_FORM, write=False)
        return Token(value=response.text, expires_in_s=300)

    account = tokens.account("https://api.example.org", "cid", _SECRET, fetch=fetch)

    with pytest.raises(IntegrationError) as caught:
        account.token(http)

    assert "hunter2" not in _printed(caught.value)
    assert "hunter2" not in repr((tokens, account, vars(account)))
