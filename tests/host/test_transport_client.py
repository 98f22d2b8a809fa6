"""The one client of a host: which way its requests go, and what it does not carry along."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

import httpx
import pytest

from ireserve_integrations.errors import ConfigError, UnavailableError
from ireserve_integrations.kit.transport import Http, open_client

_DEAD_PROXY = "http://127.0.0.1:9"  # discard: nobody listens there


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"here")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    """Listen on loopback."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Name a proxy that does not work in the environment, in every way that counts."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", _DEAD_PROXY)
    monkeypatch.setenv("HTTPS_PROXY", _DEAD_PROXY)
    monkeypatch.setenv("ALL_PROXY", _DEAD_PROXY)
    with open_client() as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reached_past_the_environments_proxy(
    proxied: httpx.Client, port: int, host: str
) -> None:
    response = Http(proxied, deadline_s=10).exchange("GET", f"http://{host}:{port}/")

    assert response.text == "here"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.2:8080/",
        "http://[::1]:8080/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
    ],
)
def test_no_loopback_address_is_left_to_a_proxy(proxied: httpx.Client, address: str) -> None:
    assert proxied._transport_for_url(httpx.URL(address)) is proxied._transport


def test_a_vendor_is_reached_through_the_environments_proxy(proxied: httpx.Client) -> None:
    http = Http(proxied, deadline_s=10, jitter=lambda: -0.5)

    with pytest.raises(UnavailableError):
        http.exchange("POST", "https://api.example.invalid/")

    assert proxied._transport_for_url(httpx.URL("https://api.example.invalid/")) is not (
        proxied._transport
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "ftp://user:hunter2@proxy.example"),
        ("HTTPS_PROXY", "http://user:hunter2@proxy.example:port"),
        ("ALL_PROXY", "nonsense://user:hunter2@proxy"),
        ("SSL_CERT_FILE", "/does/not/exist/hunter2.pem"),
    ],
)
def test_an_environment_that_cannot_be_used_is_a_fault_of_its_settings(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match=name) as caught:
        open_client()

    assert "hunter2" not in str(caught.value)


def test_one_accounts_session_is_not_carried_into_anothers_requests() -> None:
    cookies: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=first; Path=/"})

    client = open_client(httpx.MockTransport(answer))

    Http(client, deadline_s=10).exchange("GET", "https://api.example.org/v8")
    Http(client, deadline_s=10).exchange("GET", "https://api.example.org/v8")

    assert cookies == [None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_client_itself_follows_no_redirect(status: int) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"Location": "https://evil.example/"})

    response = open_client(httpx.MockTransport(answer)).post("https://api.example.org/")

    assert (response.status_code, response.history) == (status, [])


def test_an_answer_keeps_the_location_that_is_no_redirect() -> None:
    answer = httpx.Response(201, headers={"Location": "/v8/authorizations/9"})
    client = open_client(httpx.MockTransport(lambda _: answer))

    response = Http(client, deadline_s=10).exchange("POST", "https://api.example.org/v8")

    assert response.headers["Location"] == "/v8/authorizations/9"
