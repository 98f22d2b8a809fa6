"""Over real sockets: nothing outlives its deadline, and nothing leaves after it."""

import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

import httpx
import pytest

from ireserve_integrations.errors import (
    IntegrationError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnavailableError,
)
from ireserve_integrations.kit.transport import Http, open_client

Reply = Callable[[BaseHTTPRequestHandler], None]
_HEAD = b"HTTP/1.1 %d Whatever\r\nContent-Length: 1000\r\n\r\n"


class _Server(ThreadingTCPServer):
    """Listens on loopback; `reply` writes what goes back."""

    daemon_threads = True

    def __init__(self, reply: Reply) -> None:
        self.requests: list[str] = []
        self.asked = threading.Event()
        super().__init__(("127.0.0.1", 0), self._handler(reply))
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def _handler(self, reply: Reply) -> type[BaseHTTPRequestHandler]:
        requests, asked = self.requests, self.asked

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                requests.append(self.requestline)
                asked.set()
                reply(self)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *args: object) -> None:
                pass

        return Handler

    def handle_error(self, *_: object) -> None:
        """Say nothing of a caller that went away."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def client(stack: ExitStack) -> httpx.Client:
    return stack.enter_context(open_client())


@pytest.fixture
def serve(stack: ExitStack) -> Callable[[Reply], _Server]:
    def start(reply: Reply) -> _Server:
        server = stack.enter_context(_Server(reply))
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        return server

    return start


def _drip(status: int) -> Reply:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(_HEAD % status)
        while True:  # until the caller has gone away
            time.sleep(0.02)
            handler.wfile.write(b"1")

    return reply


def _keep_silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def _stop_halfway(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(_HEAD % 200 + b'{"id": ')
    handler.close_connection = True


def _done(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def _until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not condition() and time.monotonic() < ends:
        time.sleep(0.001)
    assert condition()


@pytest.mark.parametrize(
    ("method", "status", "kind", "landed"),
    [
        ("GET", 200, UnavailableError, False),
        ("POST", 200, OutcomeUnknownError, True),
        ("GET", 404, RejectedError, False),
        ("POST", 404, RejectedError, False),
        ("GET", 503, UnavailableError, False),
        ("POST", 503, OutcomeUnknownError, True),
    ],
)
def test_a_dripping_body_ends_with_the_deadline(
    serve: Callable[[Reply], _Server],
    client: httpx.Client,
    *,
    method: str,
    status: int,
    kind: type[IntegrationError],
    landed: bool,
) -> None:
    server = serve(_drip(status))
    http = Http(client, deadline_s=0.3)
    began = time.monotonic()

    with pytest.raises(kind):
        http.exchange(method, f"{server.address}/doors")

    assert 0.3 <= time.monotonic() - began < 5
    assert http.write_may_have_landed is landed
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("method", "kind"), [("GET", UnavailableError), ("POST", OutcomeUnknownError)]
)
@pytest.mark.parametrize("reply", [_keep_silent, _hang_up, _stop_halfway])
def test_no_answer_is_later_for_a_read_and_unknown_for_a_write(
    serve: Callable[[Reply], _Server],
    client: httpx.Client,
    method: str,
    kind: type[IntegrationError],
    reply: Reply,
) -> None:
    http = Http(client, deadline_s=0.5, jitter=lambda: -0.5)

    with pytest.raises(kind):
        http.exchange(method, f"{serve(reply).address}/doors")

    assert http.write_may_have_landed is (method == "POST")


def test_a_late_head_leaves_the_body_no_more_than_the_rest_of_the_time(
    serve: Callable[[Reply], _Server], client: httpx.Client
) -> None:
    late = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        late.wait(0.7)
        handler.wfile.write(_HEAD % 200)
        handler.rfile.read(1)

    server = serve(reply)
    began = time.monotonic()

    with pytest.raises(UnavailableError):
        Http(client, deadline_s=1).exchange("GET", server.address)

    assert time.monotonic() - began < 1.5


def test_an_abandoned_call_lets_go_of_a_dripping_body(
    serve: Callable[[Reply], _Server], client: httpx.Client
) -> None:
    server = serve(_drip(200))
    http = Http(client, deadline_s=60)

    with ThreadPoolExecutor() as pool:
        call = pool.submit(http.exchange, "POST", server.address)
        server.asked.wait(10)
        landed = http.abandon()

    assert landed
    assert isinstance(call.exception(), OutcomeUnknownError)


def test_a_call_abandoned_while_it_waits_for_a_connection_sends_nothing_any_more(
    serve: Callable[[Reply], _Server], stack: ExitStack
) -> None:
    answer = threading.Event()

    def reply(handler: BaseHTTPRequestHandler) -> None:
        answer.wait(10)
        _done(handler)

    server = serve(reply)
    limits = httpx.Limits(max_connections=1)
    client = stack.enter_context(httpx.Client(limits=limits, trust_env=False))
    http = Http(client, deadline_s=60)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(Http(client, deadline_s=60).exchange, "GET", f"{server.address}/first")
        server.asked.wait(10)
        second = pool.submit(http.exchange, "POST", f"{server.address}/second")
        _until(lambda: http.write_may_have_landed)
        http.abandon()
        answer.set()

    assert first.result().status_code == 200
    assert isinstance(second.exception(), UnavailableError)
    assert not http.write_may_have_landed
    assert server.requests == ["GET /first HTTP/1.1"]


def test_a_connection_that_is_never_had_is_not_done(
    serve: Callable[[Reply], _Server], stack: ExitStack
) -> None:
    server = serve(_keep_silent)
    limits = httpx.Limits(max_connections=1)
    client = stack.enter_context(httpx.Client(limits=limits, trust_env=False))
    http = Http(client, deadline_s=0.2)

    with ThreadPoolExecutor() as pool:
        first = pool.submit(Http(client, deadline_s=1).exchange, "GET", server.address)
        server.asked.wait(10)
        with pytest.raises(UnavailableError, match="no connection in time"):
            http.exchange("POST", server.address)
        gave_up_first = not first.done()

    assert gave_up_first
    assert isinstance(first.exception(), UnavailableError)
    assert not http.write_may_have_landed
    assert len(server.requests) == 1


def test_a_closed_port_is_not_done(client: httpx.Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    http = Http(client, deadline_s=10)

    with pytest.raises(UnavailableError, match="refused"):
        http.exchange("POST", f"http://127.0.0.1:{port}/doors")

    assert not http.write_may_have_landed


@pytest.mark.parametrize(
    "header", ["hunter2\r\nX-Evil: 1", "hunter2\n", "hunter2\x00", " hunter2\r"], ids=ascii
)
def test_an_illegal_header_is_not_sent_and_not_quoted(
    serve: Callable[[Reply], _Server], client: httpx.Client, header: str
) -> None:
    server = serve(_done)
    http = Http(client, deadline_s=10)

    with pytest.raises(ProtocolError) as caught:
        http.exchange("POST", f"{server.address}/doors", headers={"Authorization": header})

    assert str(caught.value) == "POST /doors: the request cannot be sent as it stands"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    assert not http.write_may_have_landed
    assert server.requests == []
