"""Reads are retried in place, and say what came of it."""

import httpx
import pytest

from ireserve_integrations.errors import (
    ConfigError,
    IntegrationError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

_URL = "https://api.example.org/v8/sites/s-1"
_PASSING = [
    httpx.ConnectError("Connection refused"),
    httpx.ConnectTimeout(""),
    httpx.PoolTimeout(""),
    httpx.ProxyError("502 Bad Gateway"),
    httpx.ReadTimeout(""),
    httpx.WriteTimeout(""),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.RemoteProtocolError("peer closed connection"),
    httpx.Response(429),
    httpx.Response(500),
    httpx.Response(502),
    httpx.Response(503),
    httpx.Response(504),
]


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
        return answer


def _lend(vendor: _Vendor, *, writes: int = 1) -> Http:
    client = open_client(httpx.MockTransport(vendor))
    return Http(client, deadline_s=60, writes=writes, jitter=lambda: -0.5)  # no pause of our own


def _name(value: object) -> str:
    return str(value.status_code) if isinstance(value, httpx.Response) else type(value).__name__


@pytest.mark.parametrize("trouble", _PASSING, ids=_name)
def test_a_read_is_asked_again_after_what_passes(trouble: httpx.Response | Exception) -> None:
    vendor = _Vendor(trouble, httpx.Response(200, text="doors"))

    response = _lend(vendor).exchange("GET", _URL)

    assert response.text == "doors"
    assert len(vendor.requests) == 2


@pytest.mark.parametrize("trouble", _PASSING, ids=_name)
def test_a_read_is_given_up_after_three_attempts(trouble: httpx.Response | Exception) -> None:
    vendor = _Vendor(trouble, trouble, trouble)
    http = _lend(vendor)

    with pytest.raises(UnavailableError, match=r"^GET /v8/sites/s-1: "):
        http.exchange("GET", _URL)

    assert len(vendor.requests) == 3
    assert not http.write_may_have_landed


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 418, 422, 451])
def test_a_refused_read_is_not_asked_again(status: int) -> None:
    vendor = _Vendor(httpx.Response(status))

    with pytest.raises(RejectedError, match=f"^GET /v8/sites/s-1: {status}$"):
        _lend(vendor).exchange("GET", _URL)


@pytest.mark.parametrize("status", [404, 405, 429, 501])
def test_an_accepted_status_of_a_read_is_handed_to_the_caller(status: int) -> None:
    vendor = _Vendor(httpx.Response(status, json={"message": "no"}))

    response = _lend(vendor).exchange("GET", _URL, accept={404, 405, 429, 501})

    assert (response.status_code, response.json()) == (status, {"message": "no"})


def test_the_caller_words_a_refusal() -> None:
    vendor = _Vendor(httpx.Response(422, json={"message": "no such site"}))

    def word(response: httpx.Response, where: str) -> IntegrationError:
        return ConfigError(f"{where}: {response.json()['message']}")

    with pytest.raises(ConfigError, match=r"^GET /v8/sites/s-1: no such site$"):
        _lend(vendor).exchange("GET", _URL, refused=word)


@pytest.mark.parametrize("status", [101, 300, 301, 302, 303, 304, 307, 308, 600, 999])
def test_a_read_that_is_neither_answered_nor_refused_is_no_documented_reply(status: int) -> None:
    vendor = _Vendor(httpx.Response(status, headers={"Location": "https://evil.example/"}))

    with pytest.raises(ProtocolError, match=f"^GET /v8/sites/s-1: {status}"):
        _lend(vendor).exchange("GET", _URL)

    assert len(vendor.requests) == 1


@pytest.mark.parametrize(
    "location", ["mailto:a@b", "https:evil", "https://[bad", "//", "\n", "https://a:x"]
)
def test_where_a_redirect_leads_is_not_even_read(location: str) -> None:
    vendor = _Vendor(httpx.Response(302, headers={"Location": location}))

    with pytest.raises(ProtocolError, match=r"^GET /v8/sites/s-1: 302"):
        _lend(vendor).exchange("GET", _URL)


@pytest.mark.parametrize(("method", "write"), [("POST", False), ("HEAD", None), ("GET", None)])
def test_what_changes_nothing_is_a_read(method: str, write: bool | None) -> None:
    vendor = _Vendor(httpx.Response(503), httpx.Response(200))
    http = _lend(vendor, writes=0)

    response = http.exchange(method, _URL, write=write)

    assert response.status_code == 200
    assert [request.method for request in vendor.requests] == [method, method]


def test_reads_are_not_counted() -> None:
    vendor = _Vendor(*(httpx.Response(200) for _ in range(5)))
    http = _lend(vendor, writes=1)

    answers = [http.exchange("GET", _URL).status_code for _ in range(5)]

    assert answers == [200] * 5


def test_a_message_names_the_path_and_neither_host_nor_query() -> None:
    vendor = _Vendor(httpx.Response(400))

    with pytest.raises(RejectedError, match=r"^GET /v8/sites/s-1: 400$"):
        _lend(vendor).exchange("GET", f"{_URL}?email=ada@example.org#x")


def test_a_message_does_not_repeat_an_endless_path() -> None:
    vendor = _Vendor(httpx.Response(400))

    with pytest.raises(RejectedError) as caught:
        _lend(vendor).exchange("GET", f"{_URL}/{'a' * 10_000}")

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/v8/sites",
        "v8/sites",
        "https://",
        "https:///v8",
        "https://[::1",
        "https://a..b/v8",
        "https://xn--/v8",
        "https://a.example:port/",
        "https://a.example/\x00",
        f"https://a.example/{'a' * 70_000}",
    ],
)
def test_an_address_that_cannot_be_asked_is_not_asked(address: str) -> None:
    vendor = _Vendor()

    with pytest.raises(ProtocolError, match="cannot be sent as it stands"):
        _lend(vendor).exchange("GET", address)


@pytest.mark.parametrize("trouble", _PASSING, ids=_name)
def test_a_read_that_is_not_to_be_repeated_is_sent_once(
    trouble: httpx.Response | Exception,
) -> None:
    vendor = _Vendor(trouble, httpx.Response(200))

    with pytest.raises(UnavailableError):
        _lend(vendor).exchange("GET", _URL, repeat=False)
    assert len(vendor.requests) == 1
